/**
 * One short program with something of everything, to be interrupted at every place: always the same instructions, so that cycle c is
 * always the same place. Must not know when it is interrupted.
 */
import { CSR, INTERRUPT, MSTATUS } from '../../../hw/isa/csr.ts';
import type { CoreIsa } from '../../../hw/core/config.ts';
import { RISCV, encode } from '../../../hw/isa/riscv.ts';
import { RAM_BASE, addressOf } from '../../../hw/soc/memory-map.ts';
import { emitEnd, emitHandler, emitStart, finish } from '../random-program.ts';
import type { RandomProgram } from '../random-program.ts';
import { Builder, DATA, GP, RAM_BYTES, S0, S0_OFFSET, S10, S11, SP, T5, TP } from './builder.ts';
import { encodeShort } from './emitter.ts';

/** What the handler sets when it has been called for an interrupt, as seen from s0. */
const INTERRUPTED = 1024;

/** `waits`: at its end the program sleeps until it has been interrupted. */
export function interruptTarget(isa: CoreIsa, waits: boolean): RandomProgram {
  const b = new Builder(1, isa);
  const { e } = b;
  emitStart(b, 1 << INTERRUPT.timer);
  e.add('csrrsi', { rd: 0, rs1: MSTATUS.MIE, imm: CSR.mstatus.address });
  b.loadConstant(TP, 2);
  e.label('again');
  // Loads and what uses them, stores and what reads them back.
  e.add('sw', { rs1: SP, rs2: 10, imm: 0 });
  e.add('lw', { rd: 11, rs1: SP, imm: 0 });
  e.add('add', { rd: 12, rs1: 11, rs2: 11 });
  e.add('sh', { rs1: SP, rs2: 12, imm: 2 });
  e.add('lbu', { rd: 13, rs1: SP, imm: 3 });
  e.add('csrrw', { rd: 14, rs1: 13, imm: CSR.mscratch.address });
  // Long operations, one behind the other and behind a load.
  e.add(isa.m ? 'div' : 'sra', { rd: 14, rs1: 12, rs2: 13 });
  e.add(isa.m ? 'mulhu' : 'sll', { rd: 15, rs1: 14, rs2: 12 });
  e.add('lw', { rd: 5, rs1: S0, imm: 4 });
  e.add(isa.m ? 'rem' : 'srl', { rd: 5, rs1: 5, rs2: 13 });
  // A loop, a call through a register and a return.
  e.add('addi', { rd: GP, rs1: 0, imm: 3 });
  e.label('loop');
  b.loadAddress(S10, 'function');
  if (isa.c) e.half(encodeShort('c.jalr', { rs1: S10 }));
  else e.add('jalr', { rd: 1, rs1: S10, imm: 0 });
  e.add('addi', { rd: GP, rs1: GP, imm: -1 });
  e.toLabel('bne', 'loop', { rs1: GP, rs2: 0 });
  e.toLabel('jal', 'behind', { rd: 0 });
  e.label('function');
  e.add('xor', { rd: 6, rs1: 6, rs2: 5 });
  e.toLabel('beq', 'odd', { rs1: GP, rs2: 6 });
  if (isa.c) e.half(encodeShort('c.jr', { rs1: 1 }));
  else e.add('jalr', { rd: 0, rs1: 1, imm: 0 });
  e.label('odd');
  e.add('jalr', { rd: 0, rs1: 1, imm: 0 });
  e.label('behind');
  // Short instructions, and a long one that is entered at its second half every other time.
  if (isa.c) {
    e.half(encodeShort('c.li', { rd: 10, imm: 5 }));
    e.shortToLabel('c.bnez', 'near', 10);
    e.half(encodeShort('c.addi', { rd: 10, imm: 1 }));
    e.label('near');
    e.shortToLabel('c.beqz', 'nearer', 10);
    e.add('andi', { rd: 11, rs1: TP, imm: 1 });
    const from = e.offset;
    e.wordFrom((resolve) => encode(RISCV.bne, { rs1: 11, rs2: 0, imm: resolve('nearer') + 2 - from }));
    e.label('nearer');
    e.half(encode(RISCV.lui, { rd: 12, imm: 0 }) & 0xffff);
    e.half(encodeShort('c.addi', { rd: 13, imm: 3 }));
  }
  // Exceptions beside accesses and long operations.
  e.add('ecall');
  e.add('lw', { rd: 10, rs1: SP, imm: 1 });
  e.add('sw', { rs1: SP, rs2: 10, imm: 8 });
  e.word(0xffff_ffff);
  b.loadConstant(S10, RAM_BASE + RAM_BYTES);
  e.add('lw', { rd: 10, rs1: S10, imm: 0 });
  e.add(isa.m ? 'mul' : 'sub', { rd: 10, rs1: 12, rs2: 13 });
  e.add('sb', { rs1: S10, rs2: 10, imm: 0 });
  b.loadAddress(S11, 'landed');
  e.add('jalr', { rd: 0, rs1: S10, imm: 0 });
  e.label('landed');
  // Interrupts off and on; the counter of instructions.
  e.add('csrrci', { rd: 10, rs1: MSTATUS.MIE, imm: CSR.mstatus.address });
  e.add('csrrs', { rd: 11, rs1: 0, imm: CSR.minstret.address });
  e.add('csrrsi', { rd: 10, rs1: MSTATUS.MIE, imm: CSR.mstatus.address });
  e.add('csrrci', { rd: 10, rs1: MSTATUS.MIE, imm: CSR.mstatus.address });
  e.add('csrrsi', { rd: 10, rs1: MSTATUS.MIE, imm: CSR.mstatus.address });
  e.add('csrrw', { rd: 11, rs1: 12, imm: CSR.minstret.address });
  // An instruction is written and executed: another one in each round.
  b.loadAddress(S10, 'slot');
  b.loadConstant(S11, encode(RISCV.addi, { rd: 7, rs1: 7, imm: 1 }));
  e.add('slli', { rd: 10, rs1: TP, imm: 20 });
  e.add('add', { rd: S11, rs1: S11, rs2: 10 });
  e.add('sw', { rs1: S10, rs2: S11, imm: 0 });
  e.add('fence.i');
  if (isa.c && e.offset % 4 !== 0) e.half(encodeShort('c.nop', {}));
  e.label('slot');
  e.add('ebreak');
  // A software interrupt that is not taken, and sleep that it ends at once.
  b.loadConstant(S10, addressOf('msip'));
  e.add('csrrci', { rd: 0, rs1: MSTATUS.MIE, imm: CSR.mstatus.address });
  e.add('csrrsi', { rd: 0, rs1: 1 << INTERRUPT.software, imm: CSR.mie.address });
  e.add('addi', { rd: S11, rs1: 0, imm: 1 });
  e.add('sw', { rs1: S10, rs2: S11, imm: 0 });
  e.add('wfi');
  e.add('csrrci', { rd: 0, rs1: 1 << INTERRUPT.software, imm: CSR.mie.address });
  e.add('sw', { rs1: S10, rs2: 0, imm: 0 });
  e.add('csrrsi', { rd: 0, rs1: MSTATUS.MIE, imm: CSR.mstatus.address });
  e.add('addi', { rd: TP, rs1: TP, imm: -1 });
  e.toLabel('beq', 'done', { rs1: TP, rs2: 0 });
  e.toLabel('jal', 'again', { rd: 0 });
  e.label('done');
  if (waits) {
    e.label('sleep');
    e.add('csrrci', { rd: 0, rs1: MSTATUS.MIE, imm: CSR.mstatus.address });
    e.add('lw', { rd: 10, rs1: S0, imm: INTERRUPTED });
    e.toLabel('bne', 'woken', { rs1: 10, rs2: 0 });
    e.add('wfi');
    e.add('csrrsi', { rd: 0, rs1: MSTATUS.MIE, imm: CSR.mstatus.address });
    e.toLabel('jal', 'sleep', { rd: 0 });
    e.label('woken');
  }
  emitEnd(b);
  emitHandler(b, () => {
    b.loadConstant(T5, DATA + S0_OFFSET + INTERRUPTED);
    e.add('sw', { rs1: T5, rs2: T5, imm: 0 });
  });
  const program = finish(b);
  new DataView(program.bytes.buffer).setUint32(DATA + S0_OFFSET + INTERRUPTED - RAM_BASE, 0, true);
  return program;
}
