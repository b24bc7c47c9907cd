/**
 * Where the operands of a 32-bit RISC-V instruction are (unprivileged specification, chapter "RV32I", section "Immediate
 * encoding variants"): extracting, packing, register names and table look-up. Shared by decoder, assembler, disassembler,
 * golden model and RTL. Must not know any particular instruction.
 */
import type { Format, Instruction } from './instruction.ts';

/** ABI names of x0…x31 (RISC-V ELF psABI, "Integer register convention"). */
export const ABI_NAMES = [
  'zero', 'ra', 'sp', 'gp', 'tp', 't0', 't1', 't2', 's0', 's1', 'a0', 'a1', 'a2', 'a3', 'a4', 'a5',
  'a6', 'a7', 's2', 's3', 's4', 's5', 's6', 's7', 's8', 's9', 's10', 's11', 't3', 't4', 't5', 't6',
] as const;

const REGISTER_NUMBERS: ReadonlyMap<string, number> = new Map([
  ...ABI_NAMES.map((name, i): [string, number] => [name, i]),
  ...ABI_NAMES.map((_, i): [string, number] => [`x${i}`, i]),
  ['fp', 8],
]);

/** Number of a register by its ABI name, `x0`…`x31` or `fp`; undefined when there is none of that name. */
export function registerNumber(name: string): number | undefined {
  return REGISTER_NUMBERS.get(name);
}

/** Destination register field, 0…31. */
export const rdOf = (word: number): number => (word >>> 7) & 31;
/** First source register field, 0…31; also the 5-bit immediate of the `csri` format. */
export const rs1Of = (word: number): number => (word >>> 15) & 31;
/** Second source register field, 0…31. */
export const rs2Of = (word: number): number => (word >>> 20) & 31;

/**
 * The immediate of a 32-bit instruction as a JavaScript number:
 * I, load, store, branch, J: sign-extended byte value; U: the upper 20 bits in place, as a signed int32 multiple of 4096;
 * shift: 0…31; csr and csri: the CSR address 0…4095; fence: fm, pred, succ as 12 bits; formats without one: 0.
 */
export function immediateOf(format: Format, word: number): number {
  switch (format) {
    case 'I':
    case 'load':
      return word >> 20;
    case 'store':
      return ((word >> 25) << 5) | ((word >>> 7) & 0x1f);
    case 'branch':
      return ((word >> 31) << 12) | (((word >>> 7) & 1) << 11) | (((word >>> 25) & 0x3f) << 5) | (((word >>> 8) & 0xf) << 1);
    case 'U':
      return word & 0xffff_f000;
    case 'J':
      return ((word >> 31) << 20) | (word & 0xf_f000) | (((word >>> 20) & 1) << 11) | (((word >>> 21) & 0x3ff) << 1);
    case 'shift':
      return (word >>> 20) & 31;
    case 'csr':
    case 'csri':
    case 'fence':
      return word >>> 20;
    case 'R':
    case 'unary':
    case 'none':
      return 0;
  }
}

interface ImmediateRange {
  readonly min: number;
  readonly max: number;
  readonly multipleOf: number;
}

const range = (min: number, max: number, multipleOf = 1): ImmediateRange => ({ min, max, multipleOf });

/** What each format's immediate may be, in the sense of `immediateOf`. U also takes the unsigned reading of the same bits. */
export const IMMEDIATE_RANGES: Readonly<Record<Format, ImmediateRange>> = {
  R: range(0, 0), unary: range(0, 0), none: range(0, 0),
  I: range(-2048, 2047), load: range(-2048, 2047), store: range(-2048, 2047),
  shift: range(0, 31), csr: range(0, 4095), csri: range(0, 4095), fence: range(0, 4095),
  branch: range(-4096, 4094, 2), J: range(-1048576, 1048574, 2), U: range(-2147483648, 4294963200, 4096),
};

/** True when `value` can be the immediate of an instruction of this format. */
export function fitsImmediate(format: Format, value: number): boolean {
  const { min, max, multipleOf } = IMMEDIATE_RANGES[format];
  return Number.isInteger(value) && value >= min && value <= max && value % multipleOf === 0;
}

/**
 * The bits that stand for `value` in an instruction of this format; inverse of `immediateOf`.
 * Throws RangeError when the value does not fit.
 */
export function packImmediate(format: Format, value: number): number {
  if (!fitsImmediate(format, value)) {
    const { min, max, multipleOf } = IMMEDIATE_RANGES[format];
    throw new RangeError(`immediate ${value} does not fit: ${min}…${max}${multipleOf > 1 ? `, a multiple of ${multipleOf}` : ''}`);
  }
  switch (format) {
    case 'I':
    case 'load':
    case 'shift':
    case 'csr':
    case 'csri':
    case 'fence':
      return (value << 20) >>> 0;
    case 'store':
      return (((value >> 5) << 25) | ((value & 0x1f) << 7)) >>> 0;
    case 'branch':
      return (((value >> 12) << 31) | (((value >> 5) & 0x3f) << 25) | (((value >> 1) & 0xf) << 8) | (((value >> 11) & 1) << 7)) >>> 0;
    case 'U':
      return (value & 0xffff_f000) >>> 0;
    case 'J':
      return (((value >> 20) << 31) | (((value >> 1) & 0x3ff) << 21) | (((value >> 11) & 1) << 20) | (value & 0xf_f000)) >>> 0;
    case 'R':
    case 'unary':
    case 'none':
      return 0;
  }
}

/** Operand values of one instruction; what a format lacks is ignored, what is left out is 0. */
export interface Operands {
  readonly rd?: number;
  /** Register number; the 5-bit immediate of a `csri` instruction. */
  readonly rs1?: number;
  readonly rs2?: number;
  /** In the sense of `immediateOf`. */
  readonly imm?: number;
}

/** Which register fields a format has. */
export const FORMAT_FIELDS: Readonly<Record<Format, { readonly rd: boolean; readonly rs1: boolean; readonly rs2: boolean }>> = {
  R: { rd: true, rs1: true, rs2: true },
  I: { rd: true, rs1: true, rs2: false },
  shift: { rd: true, rs1: true, rs2: false },
  unary: { rd: true, rs1: true, rs2: false },
  load: { rd: true, rs1: true, rs2: false },
  store: { rd: false, rs1: true, rs2: true },
  branch: { rd: false, rs1: true, rs2: true },
  U: { rd: true, rs1: false, rs2: false },
  J: { rd: true, rs1: false, rs2: false },
  csr: { rd: true, rs1: true, rs2: false },
  csri: { rd: true, rs1: true, rs2: false },
  fence: { rd: false, rs1: false, rs2: false },
  none: { rd: false, rs1: false, rs2: false },
};

/** True when an instruction of this format writes rd. */
export function formatWritesRd(format: Format): boolean {
  return FORMAT_FIELDS[format].rd;
}

/** The 32-bit word of an instruction. Throws RangeError when a register number or the immediate does not fit. */
export function encode(instruction: Instruction, operands: Operands = {}): number {
  const fields = FORMAT_FIELDS[instruction.format];
  const register = (present: boolean, value: number | undefined, lo: number): number => {
    if (!present || value === undefined) return 0;
    if (!Number.isInteger(value) || value < 0 || value > 31) throw new RangeError(`${value} does not fit a 5-bit operand: 0…31`);
    return value << lo;
  };
  return (
    (instruction.match |
      register(fields.rd, operands.rd, 7) |
      register(fields.rs1, operands.rs1, 15) |
      register(fields.rs2, operands.rs2, 20) |
      packImmediate(instruction.format, operands.imm ?? 0)) >>>
    0
  );
}

/**
 * Makes a look-up `word → table entry` from match/mask pairs. Entries are bucketed by opcode and funct3 (bits 6:0 and 14:12);
 * the entry with more mask bits wins where two match. undefined: no entry matches.
 */
export function makeDecoder<T extends Instruction>(table: readonly T[]): (word: number) => T | undefined {
  const bucketOf = (word: number): number => (word & 0x7f) | ((word >>> 5) & 0x380);
  const maskBits = (entry: T): number => [...(entry.mask >>> 0).toString(2)].filter((bit) => bit === '1').length;
  const buckets: T[][] = Array.from({ length: 1024 }, () => []);
  for (const entry of [...table].sort((a, b) => maskBits(b) - maskBits(a))) {
    for (let bucket = 0; bucket < buckets.length; bucket++) {
      const probe = (bucket & 0x7f) | ((bucket & 0x380) << 5);
      if (((probe ^ entry.match) & entry.mask & 0x707f) === 0) buckets[bucket]!.push(entry);
    }
  }
  return (word) => {
    for (const entry of buckets[bucketOf(word)]!) if (((word ^ entry.match) & entry.mask) === 0) return entry;
    return undefined;
  };
}
