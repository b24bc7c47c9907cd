/**
 * The C extension for RV32 without floating point: each 16-bit encoding as data that says which 32-bit instruction it stands
 * for and where that instruction's operands are in the halfword.
 * Source: RISC-V unprivileged specification, chapter "C: compressed instructions", tables of the RVC quadrants.
 * Must not know who expands or executes them.
 */
import type { Instruction } from './instruction.ts';
import { encode } from './encoding.ts';
import { RV32I } from './riscv-base.ts';

/**
 * Where a register operand comes from: a full 5-bit field at a bit, a 3-bit field naming x8…x15 at a bit, or a constant.
 */
export type CompressedRegister =
  | { readonly at: number; readonly bits: 5 | 3 }
  | { readonly constant: number };

/** `width` bits of the halfword from bit `from` become bits of the immediate from bit `to`. */
export interface ImmediatePiece {
  readonly from: number;
  readonly width: number;
  readonly to: number;
}

/** One compressed instruction: `half & mask === match`, and no operand named in `nonZero` is 0. */
export interface CompressedInstruction {
  readonly mnemonic: string;
  readonly match: number;
  readonly mask: number;
  /** The instruction that it stands for. */
  readonly expandsTo: Instruction;
  readonly rd?: CompressedRegister;
  readonly rs1?: CompressedRegister;
  readonly rs2?: CompressedRegister;
  readonly immediate: readonly ImmediatePiece[];
  /** Bit of the immediate that is its sign; -1: zero-extended. */
  readonly signBit: number;
  /** Operands whose value 0 makes the encoding reserved (or another instruction): illegal. */
  readonly nonZero: readonly ('imm' | 'rd' | 'rs1' | 'rs2')[];
  /** True where rd must not be x2, because that encoding is another instruction. */
  readonly rdNotSp: boolean;
  readonly summary: string;
}

const FULL_7: CompressedRegister = { at: 7, bits: 5 };
const FULL_2: CompressedRegister = { at: 2, bits: 5 };
const PRIME_7: CompressedRegister = { at: 7, bits: 3 };
const PRIME_2: CompressedRegister = { at: 2, bits: 3 };
const X0: CompressedRegister = { constant: 0 };
const RA: CompressedRegister = { constant: 1 };
const SP: CompressedRegister = { constant: 2 };

/**
 * Reads the specification's notation for a scattered immediate: the bit positions from the halfword's bit `top` downward,
 * e.g. `5:4|9:6|2|3` at 12.
 */
function pieces(top: number, notation: string): ImmediatePiece[] {
  let bit = top;
  return notation.split('|').map((part) => {
    const [high, low = high] = part.split(':').map(Number) as [number, number?];
    const width = high - low + 1;
    bit -= width;
    return { from: bit + 1, width, to: low };
  });
}

const SHIFT_PIECES = pieces(6, '4:0');
const SIX_BITS = [...pieces(12, '5'), ...pieces(6, '4:0')];
const WORD_OFFSET = [...pieces(12, '5:3'), ...pieces(6, '2|6')];
const JUMP_OFFSET = pieces(12, '11|4|9:8|10|6|7|3:1|5');
const BRANCH_OFFSET = [...pieces(12, '8|4:3'), ...pieces(6, '7:6|2:1|5')];

interface Row {
  /** Quadrant, bits 1:0. */
  q: number;
  /** Bits 15:13. */
  f3: number;
  /** Further fixed bits as [lowest bit, width, value]. */
  fixed?: readonly (readonly [number, number, number])[];
  to: Instruction;
  rd?: CompressedRegister;
  rs1?: CompressedRegister;
  rs2?: CompressedRegister;
  imm?: readonly ImmediatePiece[];
  sign?: number;
  nonZero?: CompressedInstruction['nonZero'];
  rdNotSp?: boolean;
  summary: string;
}

function compressed(mnemonic: string, row: Row): CompressedInstruction {
  let match = row.q | (row.f3 << 13);
  let mask = 0xe003;
  for (const [lo, width, value] of row.fixed ?? []) {
    match |= value << lo;
    mask |= (2 ** width - 1) << lo;
  }
  return {
    mnemonic, match, mask, expandsTo: row.to, rd: row.rd, rs1: row.rs1, rs2: row.rs2, immediate: row.imm ?? [],
    signBit: row.sign ?? -1, nonZero: row.nonZero ?? [], rdNotSp: row.rdNotSp ?? false, summary: row.summary,
  };
}

const arithmetic = (mnemonic: string, to: Instruction, funct2: number, summary: string): CompressedInstruction =>
  compressed(mnemonic, { q: 1, f3: 4, fixed: [[10, 3, 3], [5, 2, funct2]], to, rd: PRIME_7, rs1: PRIME_7, rs2: PRIME_2, summary });
const shiftRight = (mnemonic: string, to: Instruction, funct2: number, summary: string): CompressedInstruction =>
  // Bit 12 is shamt[5]: set is reserved for custom use on RV32.
  compressed(mnemonic, { q: 1, f3: 4, fixed: [[10, 3, funct2]], to, rd: PRIME_7, rs1: PRIME_7, imm: SHIFT_PIECES, summary });
const branch = (mnemonic: string, to: Instruction, f3: number, summary: string): CompressedInstruction =>
  compressed(mnemonic, { q: 1, f3, to, rs1: PRIME_7, rs2: X0, imm: BRANCH_OFFSET, sign: 8, summary });

/**
 * All encodings. Those that the specification calls hints (such as c.li to x0 or a shift by 0) are legal and do what their
 * expansion does: nothing.
 */
export const COMPRESSED: readonly CompressedInstruction[] = [
  compressed('c.addi4spn', { q: 0, f3: 0, to: RV32I.addi, rd: PRIME_2, rs1: SP, imm: pieces(12, '5:4|9:6|2|3'), nonZero: ['imm'],
    summary: 'rd = sp + imm, imm > 0, a multiple of 4' }),
  compressed('c.lw', { q: 0, f3: 2, to: RV32I.lw, rd: PRIME_2, rs1: PRIME_7, imm: WORD_OFFSET, summary: 'loads a word' }),
  compressed('c.sw', { q: 0, f3: 6, to: RV32I.sw, rs1: PRIME_7, rs2: PRIME_2, imm: WORD_OFFSET, summary: 'stores a word' }),
  compressed('c.nop', { q: 1, f3: 0, fixed: [[7, 5, 0]], to: RV32I.addi, rd: X0, rs1: X0, imm: SIX_BITS, sign: 5,
    summary: 'does nothing' }),
  compressed('c.addi', { q: 1, f3: 0, to: RV32I.addi, rd: FULL_7, rs1: FULL_7, imm: SIX_BITS, sign: 5, nonZero: ['rd'],
    summary: 'rd = rd + imm' }),
  compressed('c.jal', { q: 1, f3: 1, to: RV32I.jal, rd: RA, imm: JUMP_OFFSET, sign: 11, summary: 'jumps and links ra' }),
  compressed('c.li', { q: 1, f3: 2, to: RV32I.addi, rd: FULL_7, rs1: X0, imm: SIX_BITS, sign: 5, summary: 'rd = imm' }),
  compressed('c.addi16sp', {
    q: 1, f3: 3, fixed: [[7, 5, 2]], to: RV32I.addi, rd: SP, rs1: SP,
    imm: [...pieces(12, '9'), ...pieces(6, '4|6|8:7|5')], sign: 9, nonZero: ['imm'],
    summary: 'sp = sp + imm, a multiple of 16',
  }),
  compressed('c.lui', {
    q: 1, f3: 3, to: RV32I.lui, rd: FULL_7, imm: [...pieces(12, '17'), ...pieces(6, '16:12')], sign: 17, nonZero: ['imm'], rdNotSp: true,
    summary: 'rd = imm',
  }),
  shiftRight('c.srli', RV32I.srli, 0, 'rd = rd >> shamt, zeros in'),
  shiftRight('c.srai', RV32I.srai, 1, 'rd = rd >> shamt, signs in'),
  compressed('c.andi', { q: 1, f3: 4, fixed: [[10, 2, 2]], to: RV32I.andi, rd: PRIME_7, rs1: PRIME_7, imm: SIX_BITS, sign: 5,
    summary: 'rd = rd and imm' }),
  arithmetic('c.sub', RV32I.sub, 0, 'rd = rd − rs2'),
  arithmetic('c.xor', RV32I.xor, 1, 'rd = rd xor rs2'),
  arithmetic('c.or', RV32I.or, 2, 'rd = rd or rs2'),
  arithmetic('c.and', RV32I.and, 3, 'rd = rd and rs2'),
  compressed('c.j', { q: 1, f3: 5, to: RV32I.jal, rd: X0, imm: JUMP_OFFSET, sign: 11, summary: 'jumps' }),
  branch('c.beqz', RV32I.beq, 6, 'branches if rs1 = 0'),
  branch('c.bnez', RV32I.bne, 7, 'branches if rs1 ≠ 0'),
  compressed('c.slli', { q: 2, f3: 0, fixed: [[12, 1, 0]], to: RV32I.slli, rd: FULL_7, rs1: FULL_7, imm: SHIFT_PIECES,
    summary: 'rd = rd << shamt' }),
  compressed('c.lwsp', {
    q: 2, f3: 2, to: RV32I.lw, rd: FULL_7, rs1: SP, imm: [...pieces(12, '5'), ...pieces(6, '4:2|7:6')], nonZero: ['rd'],
    summary: 'loads a word from the stack',
  }),
  compressed('c.jr', { q: 2, f3: 4, fixed: [[12, 1, 0], [2, 5, 0]], to: RV32I.jalr, rd: X0, rs1: FULL_7, nonZero: ['rs1'],
    summary: 'jumps to rs1' }),
  compressed('c.mv', { q: 2, f3: 4, fixed: [[12, 1, 0]], to: RV32I.add, rd: FULL_7, rs1: X0, rs2: FULL_2, nonZero: ['rs2'],
    summary: 'rd = rs2' }),
  compressed('c.ebreak', { q: 2, f3: 4, fixed: [[12, 1, 1], [7, 5, 0], [2, 5, 0]], to: RV32I.ebreak,
    summary: 'raises a breakpoint exception' }),
  compressed('c.jalr', { q: 2, f3: 4, fixed: [[12, 1, 1], [2, 5, 0]], to: RV32I.jalr, rd: RA, rs1: FULL_7, nonZero: ['rs1'],
    summary: 'jumps to rs1 and links ra' }),
  compressed('c.add', { q: 2, f3: 4, fixed: [[12, 1, 1]], to: RV32I.add, rd: FULL_7, rs1: FULL_7, rs2: FULL_2, nonZero: ['rs2'],
    summary: 'rd = rd + rs2' }),
  compressed('c.swsp', { q: 2, f3: 6, to: RV32I.sw, rs1: SP, rs2: FULL_2, imm: pieces(12, '5:2|7:6'),
    summary: 'stores a word to the stack' }),
];

/** Operand values of a halfword under a table entry, in the sense of `encode`. */
export interface CompressedOperands {
  readonly rd: number;
  readonly rs1: number;
  readonly rs2: number;
  readonly imm: number;
}

function registerOf(source: CompressedRegister | undefined, half: number): number {
  if (source === undefined) return 0;
  if ('constant' in source) return source.constant;
  return source.bits === 5 ? (half >>> source.at) & 31 : 8 + ((half >>> source.at) & 7);
}

/** Extracts the operands of a halfword; the caller has checked `match` and `mask`. */
export function compressedOperands(entry: CompressedInstruction, half: number): CompressedOperands {
  let imm = 0;
  for (const { from, width, to } of entry.immediate) imm |= ((half >>> from) & (2 ** width - 1)) << to;
  if (entry.signBit >= 0) imm = (imm << (31 - entry.signBit)) >> (31 - entry.signBit);
  return { rd: registerOf(entry.rd, half), rs1: registerOf(entry.rs1, half), rs2: registerOf(entry.rs2, half), imm };
}

/** Entries by quadrant and funct3, so that a look-up tries at most a handful. */
const BUCKETS: readonly (readonly CompressedInstruction[])[] = Array.from({ length: 32 }, (_, bucket) =>
  COMPRESSED.filter((entry) => (entry.match & 3) === (bucket & 3) && entry.match >>> 13 === bucket >>> 2));

export interface DecodedCompressed {
  readonly entry: CompressedInstruction;
  readonly operands: CompressedOperands;
}

/** The compressed instruction that a halfword encodes, with its operands; undefined: reserved, or the start of a 32-bit word. */
export function decodeCompressed(half: number): DecodedCompressed | undefined {
  half &= 0xffff;
  for (const entry of BUCKETS[(half & 3) | ((half >>> 13) << 2)]!) {
    if ((half & entry.mask) !== entry.match) continue;
    const operands = compressedOperands(entry, half);
    if (entry.nonZero.some((name) => operands[name] === 0) || (entry.rdNotSp && operands.rd === 2)) continue;
    return { entry, operands };
  }
  return undefined;
}

/** The 32-bit word that a 16-bit instruction stands for; undefined: illegal (reserved, floating point, RV64) or not 16 bits long. */
export function expandCompressed(half: number): number | undefined {
  const found = decodeCompressed(half);
  return found && encode(found.entry.expandsTo, found.operands);
}
