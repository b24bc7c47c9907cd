/** Programs as files. Must not know what is in them. */
import { readInput } from '../gen/files/input.ts';
import type { InputKind } from '../gen/files/input.ts';
import { parseElf } from './elf.ts';
import type { ElfImage } from './elf.ts';

/** As much as the largest memory of a chip. */
const ELF_FILE: InputKind = { wanted: 'give a linked RISC-V program', mostBytes: 2 ** 30 };

/** @throws UserError where there is no such file or no program in it */
export function readElf(path: string): ElfImage {
  return parseElf(readInput(path, ELF_FILE), path);
}
