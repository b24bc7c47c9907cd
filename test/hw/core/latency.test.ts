// The cycles that docs/core.md promises.
import { describe, expect, it } from 'vitest';
import { balancedCore, clockedCore, fastCore, smallCore } from '../../../hw/core/config.ts';
import type { CoreConfig } from '../../../hw/core/config.ts';
import type { Instruction } from '../../../hw/isa/instruction.ts';
import { RV32I, RV32M, ZBB, ZICSR, ZIFENCEI, encode } from '../../../hw/isa/riscv.ts';
import { CSR, INTERRUPT, MSTATUS } from '../../../hw/isa/csr.ts';
import { RAM_BASE } from '../../../hw/soc/memory-map.ts';
import { bench, costs, trace } from '../../support/retired.ts';

const { addi, lui, jal, jalr } = RV32I;
const nop = encode(addi);
/** x2 points to RAM, x3 holds 5. */
const lead = [encode(lui, { rd: 2, imm: RAM_BASE }), encode(addi, { rd: 3, rs1: 0, imm: 5 }), nop, nop, nop, nop];
const withM = (config: CoreConfig): CoreConfig => ({ ...config, isa: { ...config.isa, m: true } });

/** Cycles of one instruction between others of one cycle. */
function costOf(config: CoreConfig, word: number): number {
  return costs(bench(config), [...lead, word, nop, nop], 3)[0];
}

describe('cycles with memories of one cycle', () => {
  const op = (i: Instruction) => encode(i, { rd: 5, rs1: 3, rs2: 3 });
  it('of arithmetic, logic and CSR instructions are one', () => {
    for (const config of [smallCore, balancedCore, clockedCore, fastCore]) {
      for (const i of [RV32I.add, RV32I.sltu, RV32I.xor]) expect(costOf(config, op(i))).toBe(1);
      expect(costOf(config, encode(ZICSR.csrrw, { rd: 5, rs1: 3, imm: CSR.mscratch.address }))).toBe(1);
      expect(costOf(config, encode(RV32I.fence))).toBe(1);
    }
    expect(costOf(fastCore, encode(ZBB.cpop, { rd: 5, rs1: 3 }))).toBe(1);
  });

  it('of shifts depend on the shifter', () => {
    expect(costOf(fastCore, op(RV32I.sll))).toBe(1);
    expect(costOf(smallCore, op(RV32I.sll))).toBe(6);
    expect(costOf({ ...balancedCore, shifter: 'serial' }, op(RV32I.sll))).toBe(6);
  });

  it('of multiplication and division depend on the multiplier', () => {
    for (const config of [fastCore, withM(smallCore)]) {
      expect(costOf({ ...config, multiplier: 'single' }, op(RV32M.mul))).toBe(1);
      expect(costOf({ ...config, multiplier: 'stepped' }, op(RV32M.mulhu))).toBe(4);
      expect(costOf({ ...config, multiplier: 'iterative' }, op(RV32M.mulh))).toBe(34);
      for (const i of [RV32M.div, RV32M.remu]) expect(costOf(config, op(i))).toBe(35);
    }
  });

  /** Cycles from the interrupt's line to the trap, for a line that goes up in each cycle in which `word` may be under way. */
  function heldOff(config: CoreConfig, word: number): number[] {
    const enable = [
      encode(addi, { rd: 4, rs1: 0, imm: 1 << INTERRUPT.timer }), encode(ZICSR.csrrw, { rd: 0, rs1: 4, imm: CSR.mie.address }),
      encode(ZICSR.csrrwi, { rd: 0, rs1: MSTATUS.MIE, imm: CSR.mstatus.address }),
    ];
    const words = [...lead, ...enable, nop, nop, word, nop, nop, nop];
    const sim = bench(config);
    const at = lead.length + enable.length + 2;
    const undisturbed = trace(sim, words, at + 1);
    const [before, done] = [undisturbed[at - 1].cycle, undisturbed[at].cycle];
    return Array.from({ length: done - before }, (_, i) => {
      const from = before + i;
      const trap = trace(sim, words, at + 3, from).find((e) => e.trap);
      expect(trap?.cause).toBe(INTERRUPT.timer);
      return trap!.cycle - from;
    });
  }

  it('for which an instruction under way holds an interrupt off: what is left of it, of a division up to 35', () => {
    for (const config of [fastCore, withM(smallCore)]) {
      const most = (word: number): number => Math.max(...heldOff(config, word));
      expect(most(nop)).toBeLessThanOrEqual(1);
      const cost = costOf({ ...config, multiplier: 'iterative' }, op(RV32M.mul));
      expect(Math.max(...heldOff({ ...config, multiplier: 'iterative' }, op(RV32M.mul)))).toBe(cost);
      for (const i of [RV32M.div, RV32M.remu]) expect(most(op(i))).toBe(35);
    }
  });

  it('of jumps depend on where fetch hears of them', () => {
    // The cost shows at the instruction that the jump goes to.
    const next = (config: CoreConfig): number => costs(bench(config), [...lead, encode(jal, { rd: 0, imm: 8 }), nop, nop, nop], 3)[1];
    expect(next(fastCore)).toBe(2);
    expect(next(clockedCore)).toBe(3);
    expect(next(smallCore)).toBe(2);
  });

  it('of a jalr that goes elsewhere than the last time are one more', () => {
    // x5 counts up by 8: the same jalr goes to another place in every round.
    const words = [...lead, encode(addi, { rd: 5, rs1: 2, imm: 0x80 }), nop, encode(jalr, { rd: 0, rs1: 5, imm: 0 })];
    const image = [...words, ...Array<number>(0x80 / 4 - words.length).fill(nop)];
    for (let i = 0; i < 8; i++) image.push(encode(addi, { rd: 5, rs1: 5, imm: 8 }), encode(jal, { rd: 0, imm: 28 - (0x80 + 8 * i + 4) }));
    const events = trace(bench(fastCore), image, 30);
    const after = events.flatMap((e, i) => (i > 0 && events[i - 1].pc === RAM_BASE + 32 ? [e.cycle - events[i - 1].cycle] : []));
    expect(after.slice(0, 3)).toEqual([2, 3, 3]);
  });

  it('of fence.i are three', () => {
    for (const config of [fastCore, smallCore]) expect(costs(bench(config), [...lead, encode(ZIFENCEI['fence.i']), nop, nop], 2)).toEqual([2, 2]);
  });

  it('from an exception to the handler are those of a jump', () => {
    const program = [...lead, encode(lui, { rd: 4, imm: RAM_BASE }), encode(addi, { rd: 4, rs1: 4, imm: 0x40 }),
      encode(ZICSR.csrrw, { rd: 0, rs1: 4, imm: CSR.mtvec.address }), nop, encode(RV32I.ecall), nop];
    const events = trace(bench(fastCore), program, 13);
    const at = events.findIndex((e) => e.trap);
    expect(events[at + 1].pc).toBe(RAM_BASE + 0x40);
    expect(events[at + 1].cycle - events[at].cycle).toBe(2);
  });
});
