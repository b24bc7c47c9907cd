/**
 * Encodings of RV32I, M, Zicsr, Zifencei and the machine-mode privileged instructions, as data.
 * Source: RISC-V unprivileged specification, chapters "RV32I", "M", "Zicsr", "Zifencei" and the instruction listing;
 * privileged specification, chapter "Machine-level ISA". Must not know who decodes or executes them.
 */
import type { Format, Instruction } from './instruction.ts';

const OPCODE = {
  load: 0x03, miscMem: 0x0f, opImm: 0x13, auipc: 0x17, store: 0x23, op: 0x33, lui: 0x37, branch: 0x63, jalr: 0x67, jal: 0x6f, system: 0x73,
} as const;

/** Which bits are fixed, by how much of the word the opcode takes. */
const MASK = { opcode: 0x7f, funct3: 0x707f, funct7: 0xfe00_707f, funct12: 0xfff0_707f, all: 0xffff_ffff } as const;

const make = (extension: string, format: Format, mask: number) =>
  (mnemonic: string, match: number, summary: string): Instruction =>
    ({ mnemonic, extension, format, match: match >>> 0, mask, summary });

const f3 = (opcode: number, funct3: number): number => opcode | (funct3 << 12);
const f7 = (funct7: number, funct3: number, opcode: number = OPCODE.op): number => (f3(opcode, funct3) | (funct7 << 25)) >>> 0;

const upper = make('I', 'U', MASK.opcode);
const jump = make('I', 'J', MASK.opcode);
const branch = make('I', 'branch', MASK.funct3);
const load = make('I', 'load', MASK.funct3);
const store = make('I', 'store', MASK.funct3);
const immediate = make('I', 'I', MASK.funct3);
const shift = make('I', 'shift', MASK.funct7);
const register = make('I', 'R', MASK.funct7);
const multiply = make('M', 'R', MASK.funct7);
const csr = make('Zicsr', 'csr', MASK.funct3);
const csri = make('Zicsr', 'csri', MASK.funct3);

export const RV32I = {
  lui: upper('lui', OPCODE.lui, 'rd = imm'),
  auipc: upper('auipc', OPCODE.auipc, 'rd = pc + imm'),
  jal: jump('jal', OPCODE.jal, 'rd = address of the next instruction; pc += imm'),
  jalr: immediate('jalr', f3(OPCODE.jalr, 0), 'rd = address of the next instruction; pc = (rs1 + imm) with bit 0 cleared'),
  beq: branch('beq', f3(OPCODE.branch, 0), 'branches if rs1 = rs2'),
  bne: branch('bne', f3(OPCODE.branch, 1), 'branches if rs1 ≠ rs2'),
  blt: branch('blt', f3(OPCODE.branch, 4), 'branches if rs1 < rs2, signed'),
  bge: branch('bge', f3(OPCODE.branch, 5), 'branches if rs1 ≥ rs2, signed'),
  bltu: branch('bltu', f3(OPCODE.branch, 6), 'branches if rs1 < rs2, unsigned'),
  bgeu: branch('bgeu', f3(OPCODE.branch, 7), 'branches if rs1 ≥ rs2, unsigned'),
  lb: load('lb', f3(OPCODE.load, 0), 'loads a byte, sign-extended'),
  lh: load('lh', f3(OPCODE.load, 1), 'loads a halfword, sign-extended'),
  lw: load('lw', f3(OPCODE.load, 2), 'loads a word'),
  lbu: load('lbu', f3(OPCODE.load, 4), 'loads a byte, zero-extended'),
  lhu: load('lhu', f3(OPCODE.load, 5), 'loads a halfword, zero-extended'),
  sb: store('sb', f3(OPCODE.store, 0), 'stores the low byte of rs2'),
  sh: store('sh', f3(OPCODE.store, 1), 'stores the low halfword of rs2'),
  sw: store('sw', f3(OPCODE.store, 2), 'stores rs2'),
  addi: immediate('addi', f3(OPCODE.opImm, 0), 'rd = rs1 + imm'),
  slti: immediate('slti', f3(OPCODE.opImm, 2), 'rd = rs1 < imm, signed'),
  sltiu: immediate('sltiu', f3(OPCODE.opImm, 3), 'rd = rs1 < imm, unsigned after sign extension'),
  xori: immediate('xori', f3(OPCODE.opImm, 4), 'rd = rs1 xor imm'),
  ori: immediate('ori', f3(OPCODE.opImm, 6), 'rd = rs1 or imm'),
  andi: immediate('andi', f3(OPCODE.opImm, 7), 'rd = rs1 and imm'),
  slli: shift('slli', f7(0x00, 1, OPCODE.opImm), 'rd = rs1 << shamt'),
  srli: shift('srli', f7(0x00, 5, OPCODE.opImm), 'rd = rs1 >> shamt, zeros in'),
  srai: shift('srai', f7(0x20, 5, OPCODE.opImm), 'rd = rs1 >> shamt, signs in'),
  add: register('add', f7(0x00, 0), 'rd = rs1 + rs2'),
  sub: register('sub', f7(0x20, 0), 'rd = rs1 − rs2'),
  sll: register('sll', f7(0x00, 1), 'rd = rs1 << rs2[4:0]'),
  slt: register('slt', f7(0x00, 2), 'rd = rs1 < rs2, signed'),
  sltu: register('sltu', f7(0x00, 3), 'rd = rs1 < rs2, unsigned'),
  xor: register('xor', f7(0x00, 4), 'rd = rs1 xor rs2'),
  srl: register('srl', f7(0x00, 5), 'rd = rs1 >> rs2[4:0], zeros in'),
  sra: register('sra', f7(0x20, 5), 'rd = rs1 >> rs2[4:0], signs in'),
  or: register('or', f7(0x00, 6), 'rd = rs1 or rs2'),
  and: register('and', f7(0x00, 7), 'rd = rs1 and rs2'),
  // The unused fields of fence (fm, rs1, rd) are reserved for finer fences and must be ignored, so they are not in the mask.
  fence: make('I', 'fence', MASK.funct3)('fence', f3(OPCODE.miscMem, 0), 'orders earlier memory accesses before later ones'),
  ecall: make('I', 'none', MASK.all)('ecall', OPCODE.system, 'raises an environment-call exception'),
  ebreak: make('I', 'none', MASK.all)('ebreak', OPCODE.system | (1 << 20), 'raises a breakpoint exception'),
} as const satisfies Record<string, Instruction>;

export const RV32M = {
  mul: multiply('mul', f7(1, 0), 'rd = low word of rs1 · rs2'),
  mulh: multiply('mulh', f7(1, 1), 'rd = high word of rs1 · rs2, both signed'),
  mulhsu: multiply('mulhsu', f7(1, 2), 'rd = high word of rs1 · rs2, rs1 signed, rs2 unsigned'),
  mulhu: multiply('mulhu', f7(1, 3), 'rd = high word of rs1 · rs2, both unsigned'),
  div: multiply('div', f7(1, 4), 'rd = rs1 / rs2, signed, toward zero; by 0: −1; overflow: rs1'),
  divu: multiply('divu', f7(1, 5), 'rd = rs1 / rs2, unsigned; by 0: 2³²−1'),
  rem: multiply('rem', f7(1, 6), 'rd = rs1 mod rs2, sign of rs1; by 0: rs1; overflow: 0'),
  remu: multiply('remu', f7(1, 7), 'rd = rs1 mod rs2, unsigned; by 0: rs1'),
} as const satisfies Record<string, Instruction>;

export const ZICSR = {
  csrrw: csr('csrrw', f3(OPCODE.system, 1), 'rd = CSR; CSR = rs1; does not read when rd = x0'),
  csrrs: csr('csrrs', f3(OPCODE.system, 2), 'rd = CSR; sets the bits of rs1; does not write when rs1 = x0'),
  csrrc: csr('csrrc', f3(OPCODE.system, 3), 'rd = CSR; clears the bits of rs1; does not write when rs1 = x0'),
  csrrwi: csri('csrrwi', f3(OPCODE.system, 5), 'rd = CSR; CSR = uimm; does not read when rd = x0'),
  csrrsi: csri('csrrsi', f3(OPCODE.system, 6), 'rd = CSR; sets the bits of uimm; does not write when uimm = 0'),
  csrrci: csri('csrrci', f3(OPCODE.system, 7), 'rd = CSR; clears the bits of uimm; does not write when uimm = 0'),
} as const satisfies Record<string, Instruction>;

export const ZIFENCEI = {
  // As with fence, the unused fields are reserved for finer fences and must be ignored.
  'fence.i': make('Zifencei', 'none', MASK.funct3)(
    'fence.i', f3(OPCODE.miscMem, 1), 'makes earlier stores visible to later instruction fetches',
  ),
} as const satisfies Record<string, Instruction>;

export const PRIVILEGED = {
  mret: make('Machine', 'none', MASK.all)('mret', OPCODE.system | (0x302 << 20), 'returns from a machine-mode trap handler'),
  wfi: make('Machine', 'none', MASK.all)('wfi', OPCODE.system | (0x105 << 20), 'may wait until an enabled interrupt is pending'),
} as const satisfies Record<string, Instruction>;
