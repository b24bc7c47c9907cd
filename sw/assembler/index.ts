/**
 * The assembler: as a builder for programs that make programs, and as a reader of source text.
 */
export { Assembler } from './assembler.ts';
export type { AssemblerOptions, Operand } from './assembler.ts';
export { assemble, assembleInto } from './source.ts';
export { programToElf } from './program-elf.ts';
export type { AssembledProgram, AssembledSection } from './sections.ts';
