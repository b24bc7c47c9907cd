/** Which instructions a configuration has, and groups of them by what the data path does. Must not know encodings nor hardware. */
import type { Instruction } from '../isa/instruction.ts';
import { PRIVILEGED, RV32I, RV32M, ZBA, ZBB, ZBS, ZICSR, ZIFENCEI } from '../isa/riscv.ts';
import type { CoreIsa } from './config.ts';

/** Every 32-bit instruction that the core itself executes. */
export function instructionsOf(isa: CoreIsa): Instruction[] {
  return [
    RV32I, ZICSR, ZIFENCEI, PRIVILEGED, isa.m ? RV32M : {}, isa.zba ? ZBA : {}, isa.zbb ? ZBB : {}, isa.zbs ? ZBS : {},
  ].flatMap((table): Instruction[] => Object.values(table));
}

const { add, sub, addi, slt, sltu, slti, sltiu, xor, xori, or, ori, and, andi, sll, slli, srl, srli, sra, srai } = RV32I;
const { beq, bne, blt, bge, bltu, bgeu, lui, auipc, jal, jalr } = RV32I;

/** Groups; members that a configuration lacks are ignored by its decoder. */
export const GROUP = {
  branch: [beq, bne, blt, bge, bltu, bgeu],
  branchOnLess: [blt, bge, bltu, bgeu],
  branchInverted: [bne, bge, bgeu],
  jump: [jal, jalr],
  /** The address adder's sum is the result. */
  address: [lui, auipc],
  relativeToPc: [auipc, jal, beq, bne, blt, bge, bltu, bgeu],
  sum: [add, sub, addi, ZBA.sh1add, ZBA.sh2add, ZBA.sh3add],
  /** The second operand goes inverted into adder and logic. */
  inverted: [
    sub, slt, sltu, slti, sltiu, beq, bne, blt, bge, bltu, bgeu, ZBB.andn, ZBB.orn, ZBB.xnor, ZBB.min, ZBB.minu, ZBB.max, ZBB.maxu,
  ],
  less: [slt, sltu, slti, sltiu],
  unsignedOrder: [sltu, sltiu, bltu, bgeu, ZBB.minu, ZBB.maxu],
  xor: [xor, xori, ZBB.xnor],
  or: [or, ori, ZBB.orn],
  and: [and, andi, ZBB.andn],
  shift: [sll, slli, srl, srli, sra, srai, ZBB.rol, ZBB.ror, ZBB.rori],
  shiftRight: [srl, srli, sra, srai, ZBB.ror, ZBB.rori],
  arithmeticShift: [sra, srai],
  rotate: [ZBB.rol, ZBB.ror, ZBB.rori],
  minMax: [ZBB.min, ZBB.minu, ZBB.max, ZBB.maxu],
  max: [ZBB.max, ZBB.maxu],
  setBit: [ZBS.bset, ZBS.bseti],
  clearBit: [ZBS.bclr, ZBS.bclri],
  invertBit: [ZBS.binv, ZBS.binvi],
  extractBit: [ZBS.bext, ZBS.bexti],
  csr: Object.values(ZICSR),
  csrImmediate: [ZICSR.csrrwi, ZICSR.csrrsi, ZICSR.csrrci],
  csrReplace: [ZICSR.csrrw, ZICSR.csrrwi],
  csrClear: [ZICSR.csrrc, ZICSR.csrrci],
  mulDiv: Object.values(RV32M),
  divide: [RV32M.div, RV32M.divu, RV32M.rem, RV32M.remu],
  /** The high word of a product, or the remainder. */
  upperResult: [RV32M.mulh, RV32M.mulhsu, RV32M.mulhu, RV32M.rem, RV32M.remu],
  signedFirst: [RV32M.mulh, RV32M.mulhsu, RV32M.div, RV32M.rem],
  signedSecond: [RV32M.mulh, RV32M.div, RV32M.rem],
} as const satisfies Record<string, readonly Instruction[]>;
