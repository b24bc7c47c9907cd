/**
 * From an assembled program to an executable file. Must not know how either is made.
 */
import { writeElf } from '../elf-writer.ts';
import type { AssembledProgram } from './sections.ts';

/** The ELF file of a program; the symbol `tohost`, if defined, ends a simulation. */
export function programToElf(program: AssembledProgram): Uint8Array {
  return writeElf({
    entry: program.entry,
    segments: program.sections,
    symbols: [...program.symbols].map(([name, value]) => ({ name, value })),
  });
}
