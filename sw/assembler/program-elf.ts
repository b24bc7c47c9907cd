/**
 * From an assembled program to an executable file. Must not know how either is made.
 */
import { archOf } from '../../hw/isa/arch-string.ts';
import type { ExitReason } from '../../sim/exit-reasons.ts';
import { writeElf } from '../elf-writer.ts';
import type { AssembledProgram } from './sections.ts';

/** The ELF file of a program; the symbol `tohost`, if defined, ends a simulation. It says which extensions the program needs. */
export function programToElf(program: AssembledProgram, exitReasons: readonly ExitReason[] = []): Uint8Array {
  return writeElf({
    entry: program.entry,
    segments: program.sections,
    symbols: [...program.symbols].map(([name, value]) => ({ name, value })),
    arch: archOf(program.extensions), exitReasons,
  });
}
