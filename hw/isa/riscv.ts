/**
 * Every standard 32-bit instruction of the core in one table, found by mnemonic or by word. The facade through which other
 * rooms see the standard instruction set. Must not know the tensor unit's instructions nor what instructions do.
 */
import type { Instruction } from './instruction.ts';
import { makeDecoder } from './encoding.ts';
import { PRIVILEGED, RV32I, RV32M, ZICSR, ZIFENCEI } from './riscv-base.ts';
import { ZBA, ZBB, ZBS } from './riscv-bitmanip.ts';

export { PRIVILEGED, RV32I, RV32M, ZICSR, ZIFENCEI } from './riscv-base.ts';
export { ZBA, ZBB, ZBS } from './riscv-bitmanip.ts';
export { ABI_NAMES, encode, fitsImmediate, immediateOf, packImmediate, rdOf, registerNumber, rs1Of, rs2Of } from './encoding.ts';
export type { Operands } from './encoding.ts';
export { COMPRESSED, decodeCompressed, expandCompressed } from './riscv-compressed.ts';
export type { CompressedInstruction } from './riscv-compressed.ts';

/** All standard instructions by mnemonic. */
export const RISCV = { ...RV32I, ...RV32M, ...ZICSR, ...ZIFENCEI, ...PRIVILEGED, ...ZBA, ...ZBB, ...ZBS } as const;

/** Mnemonic of a standard 32-bit instruction. */
export type Mnemonic = keyof typeof RISCV;

export const RISCV_INSTRUCTIONS: readonly Instruction[] = Object.values(RISCV);

/** The standard instruction that a 32-bit word encodes, whatever extensions a chip has; undefined: illegal or not standard. */
export const decode: (word: number) => Instruction | undefined = makeDecoder(RISCV_INSTRUCTIONS);
