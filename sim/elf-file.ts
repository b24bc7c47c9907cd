/** Programs as files. Must not know what is in them. */
import { openInput, readInput } from '../gen/files/input.ts';
import type { InputKind } from '../gen/files/input.ts';
import { HEADER_BYTES, mustBeProgram, parseElf } from './elf.ts';
import type { ElfImage } from './elf.ts';

/** As much as the largest memory of a chip. */
const ELF_FILE: InputKind = { wanted: 'give a linked RISC-V program', mostBytes: 2 ** 30 };

/** @throws UserError where there is no such file or no program in it */
export function readElf(path: string): ElfImage {
  const input = openInput(path, ELF_FILE);
  // What is large and no program is not read to its end. Files that the kernel makes up say that they have no bytes.
  if (input.byteLength > 0) mustBeProgram(input.read(0, Math.min(HEADER_BYTES, input.byteLength)), path);
  return parseElf(readInput(path, ELF_FILE), path);
}
