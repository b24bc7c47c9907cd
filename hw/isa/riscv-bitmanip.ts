/**
 * Encodings of the bit-manipulation extensions Zba, Zbb and Zbs for RV32, as data.
 * Source: RISC-V unprivileged specification, chapter "B: bit manipulation". Must not know who decodes or executes them.
 */
import type { Format, Instruction } from './instruction.ts';

const OP = 0x33;
const OP_IMM = 0x13;
const MASK_FUNCT7 = 0xfe00_707f;
/** rs2 is part of the opcode. */
const MASK_UNARY = 0xfff0_707f;

const entry = (
  extension: string, format: Format, mnemonic: string, funct7: number, rs2: number, funct3: number, opcode: number, summary: string,
): Instruction => ({
  mnemonic, extension, format, summary,
  match: ((funct7 << 25) | (rs2 << 20) | (funct3 << 12) | opcode) >>> 0,
  mask: format === 'unary' ? MASK_UNARY : MASK_FUNCT7,
});

const register = (extension: string) => (mnemonic: string, funct7: number, funct3: number, summary: string): Instruction =>
  entry(extension, 'R', mnemonic, funct7, 0, funct3, OP, summary);
const shift = (extension: string) => (mnemonic: string, funct7: number, funct3: number, summary: string): Instruction =>
  entry(extension, 'shift', mnemonic, funct7, 0, funct3, OP_IMM, summary);
const unary = (mnemonic: string, funct7: number, rs2: number, funct3: number, summary: string, opcode = OP_IMM): Instruction =>
  entry('Zbb', 'unary', mnemonic, funct7, rs2, funct3, opcode, summary);

const zba = register('Zba');
const zbb = register('Zbb');
const zbs = register('Zbs');
const zbbShift = shift('Zbb');
const zbsShift = shift('Zbs');

export const ZBA = {
  sh1add: zba('sh1add', 0x10, 2, 'rd = rs2 + (rs1 << 1)'),
  sh2add: zba('sh2add', 0x10, 4, 'rd = rs2 + (rs1 << 2)'),
  sh3add: zba('sh3add', 0x10, 6, 'rd = rs2 + (rs1 << 3)'),
} as const satisfies Record<string, Instruction>;

export const ZBB = {
  andn: zbb('andn', 0x20, 7, 'rd = rs1 and not rs2'),
  orn: zbb('orn', 0x20, 6, 'rd = rs1 or not rs2'),
  xnor: zbb('xnor', 0x20, 4, 'rd = not (rs1 xor rs2)'),
  clz: unary('clz', 0x30, 0, 1, 'rd = number of leading zero bits, 32 for 0'),
  ctz: unary('ctz', 0x30, 1, 1, 'rd = number of trailing zero bits, 32 for 0'),
  cpop: unary('cpop', 0x30, 2, 1, 'rd = number of one bits'),
  'sext.b': unary('sext.b', 0x30, 4, 1, 'rd = low byte, sign-extended'),
  'sext.h': unary('sext.h', 0x30, 5, 1, 'rd = low halfword, sign-extended'),
  'zext.h': unary('zext.h', 0x04, 0, 4, 'rd = low halfword, zero-extended', OP),
  min: zbb('min', 0x05, 4, 'rd = smaller of rs1 and rs2, signed'),
  minu: zbb('minu', 0x05, 5, 'rd = smaller of rs1 and rs2, unsigned'),
  max: zbb('max', 0x05, 6, 'rd = larger of rs1 and rs2, signed'),
  maxu: zbb('maxu', 0x05, 7, 'rd = larger of rs1 and rs2, unsigned'),
  rol: zbb('rol', 0x30, 1, 'rd = rs1 rotated left by rs2[4:0]'),
  ror: zbb('ror', 0x30, 5, 'rd = rs1 rotated right by rs2[4:0]'),
  rori: zbbShift('rori', 0x30, 5, 'rd = rs1 rotated right by shamt'),
  'orc.b': unary('orc.b', 0x14, 7, 5, 'rd = each byte 0xff if it was not zero, else 0'),
  rev8: unary('rev8', 0x34, 24, 5, 'rd = rs1 with its bytes in reverse order'),
} as const satisfies Record<string, Instruction>;

export const ZBS = {
  bclr: zbs('bclr', 0x24, 1, 'rd = rs1 with bit rs2[4:0] cleared'),
  bclri: zbsShift('bclri', 0x24, 1, 'rd = rs1 with bit shamt cleared'),
  bext: zbs('bext', 0x24, 5, 'rd = bit rs2[4:0] of rs1'),
  bexti: zbsShift('bexti', 0x24, 5, 'rd = bit shamt of rs1'),
  binv: zbs('binv', 0x34, 1, 'rd = rs1 with bit rs2[4:0] inverted'),
  binvi: zbsShift('binvi', 0x34, 1, 'rd = rs1 with bit shamt inverted'),
  bset: zbs('bset', 0x14, 1, 'rd = rs1 with bit rs2[4:0] set'),
  bseti: zbsShift('bseti', 0x14, 1, 'rd = rs1 with bit shamt set'),
} as const satisfies Record<string, Instruction>;
