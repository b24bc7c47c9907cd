/**
 * Pieces of random programs that write instructions and execute them after a fence.i: ahead, where the old ones have perhaps been
 * fetched already, and behind, where branches have been learnt. What is written is never executed before the fence.
 */
import { RISCV, encode } from '../../../hw/isa/riscv.ts';
import { GP, S1, S10, S11 } from './builder.ts';
import type { Builder } from './builder.ts';
import { encodeShort } from './emitter.ts';
import type { Resolve } from './emitter.ts';

/** Contents of a slot of four bytes at label `slot`; those that jump go to `target`, at most 200 bytes further on. */
type Content = (resolve: Resolve) => number;

function content(b: Builder, slot: string, target: string): Content {
  const short = (at: number): Content => {
    const mnemonic = b.pick(['c.j', 'c.beqz', 'c.bnez', 'c.jal', 'harmless', 'harmless'] as const);
    const rs1 = 10 + b.below(6);
    const harmless = b.shortInstruction();
    return (resolve) => (mnemonic === 'harmless' ? harmless : encodeShort(mnemonic, { rs1, imm: resolve(target) - resolve(slot) - at }));
  };
  if (b.isa.c && b.chance(40)) {
    const [lower, upper] = [short(0), short(2)];
    return (resolve) => (lower(resolve) | (upper(resolve) << 16)) >>> 0;
  }
  const kind = b.below(4);
  if (kind === 0) {
    const rd = b.destination();
    return (resolve) => encode(RISCV.jal, { rd, imm: resolve(target) - resolve(slot) });
  }
  if (kind === 1) {
    const [mnemonic, rs1, rs2] = [b.pick(b.branches), b.source(), b.source()];
    return (resolve) => encode(RISCV[mnemonic], { rs1, rs2, imm: resolve(target) - resolve(slot) });
  }
  // Now and then something that traps.
  const word = b.chance(10) ? encode(RISCV.ecall) : b.arithmeticInstruction();
  return () => word;
}

/** Stores s11 to the four bytes at s10, whatever their alignment. */
function storeSlot(b: Builder, isAligned: boolean): void {
  if (isAligned && b.chance(70)) return b.e.add('sw', { rs1: S10, rs2: S11, imm: 0 });
  const upper = b.pick([10, 11, 12]);
  b.e.add('srli', { rd: upper, rs1: S11, imm: 16 });
  b.e.add('sh', { rs1: S10, rs2: upper, imm: 2 });
  b.e.add('sh', { rs1: S10, rs2: S11, imm: 0 });
}

/** s11 = a content. */
function loadContent(b: Builder, make: Content): void {
  b.e.wordFrom((resolve) => encode(RISCV.lui, { rd: S11, imm: ((make(resolve) + 0x800) & 0xffff_f000) >>> 0 }));
  b.e.wordFrom((resolve) => encode(RISCV.addi, { rd: S11, rs1: S11, imm: (make(resolve) << 20) >> 20 }));
}

/** Writes an instruction a little ahead. */
export function patchAhead(b: Builder): void {
  const [slot, target] = [b.freshLabel(), b.freshLabel()];
  const isUpper = b.isa.c && b.chance(40);
  b.loadAddress(S10, slot);
  loadContent(b, content(b, slot, target));
  if (b.chance(30)) b.mulDivOne();
  storeSlot(b, !isUpper);
  if (b.chance(30)) b.maybe(2);
  if (b.chance(20)) b.accessOne();
  b.e.add('fence.i');
  if (b.chance(50)) b.maybe(3);
  b.align(isUpper);
  b.e.label(slot);
  b.e.wordFrom(content(b, slot, target));
  b.maybe(3);
  b.e.label(target);
}

/** A loop in which every round writes another instruction to a place that it goes through. */
export function patchLoop(b: Builder): void {
  const [table, top, slot, target, start] = [b.freshLabel(), b.freshLabel(), b.freshLabel(), b.freshLabel(), b.freshLabel()];
  const isUpper = b.isa.c && b.chance(40);
  const rounds = 3 + b.below(4);
  b.e.toLabel('jal', start, { rd: 0 });
  if (b.isa.c && b.e.offset % 4 !== 0) b.e.half(1);
  b.e.label(table);
  for (let i = 0; i <= rounds; i++) b.e.wordFrom(content(b, slot, target));
  b.e.label(start);
  b.e.add('addi', { rd: GP, rs1: 0, imm: rounds });
  b.e.label(top);
  b.maybe(3);
  b.align(isUpper);
  b.e.label(slot);
  b.e.wordFrom(content(b, slot, target));
  b.maybe(3);
  b.e.label(target);
  b.maybe(1);
  b.loadAddress(S10, table);
  b.e.add('slli', { rd: S11, rs1: GP, imm: 2 });
  b.e.add('add', { rd: S10, rs1: S10, rs2: S11 });
  b.e.add('lw', { rd: S11, rs1: S10, imm: 0 });
  b.loadAddress(S10, slot);
  storeSlot(b, !isUpper);
  b.e.add('addi', { rd: GP, rs1: GP, imm: -1 });
  b.e.add('fence.i');
  b.e.toLabel('bne', top, { rs1: GP, rs2: 0 });
}

/** A loop whose own branch is overwritten when it has been left, and which is entered again. */
export function patchLoopBranch(b: Builder): void {
  const [again, top, slot] = [b.freshLabel(), b.freshLabel(), b.freshLabel()];
  const isUpper = b.isa.c && b.chance(40);
  /** Branches that end some time, and what is none. */
  const loopEnd = (): Content => {
    const word = b.arithmeticInstruction();
    const offset = (resolve: Resolve): number => resolve(top) - resolve(slot);
    return b.pick<Content>([
      (resolve) => encode(RISCV.bne, { rs1: GP, rs2: 0, imm: offset(resolve) }),
      (resolve) => encode(RISCV.blt, { rs1: 0, rs2: GP, imm: offset(resolve) }),
      (resolve) => encode(RISCV.bltu, { rs1: 0, rs2: GP, imm: offset(resolve) }),
      () => encode(RISCV.jal, { rd: 0, imm: 4 }),
      () => encode(RISCV.beq, { rs1: 0, rs2: 0, imm: 4 }),
      () => word,
    ]);
  };
  b.e.add('addi', { rd: S1, rs1: 0, imm: 2 + b.below(3) });
  b.e.label(again);
  b.e.add('addi', { rd: GP, rs1: 0, imm: 2 + b.below(4) });
  b.e.label(top);
  b.maybe(4);
  b.e.add('addi', { rd: GP, rs1: GP, imm: -1 });
  b.align(isUpper);
  b.e.label(slot);
  b.e.wordFrom(loopEnd());
  b.maybe(1);
  b.loadAddress(S10, slot);
  loadContent(b, loopEnd());
  const other = b.freshLabel();
  if (b.chance(60)) {
    // Which one depends on data.
    b.branchTo(other, false);
    loadContent(b, loopEnd());
  }
  b.e.label(other);
  storeSlot(b, !isUpper);
  b.e.add('addi', { rd: S1, rs1: S1, imm: -1 });
  b.e.add('fence.i');
  b.e.toLabel('bne', again, { rs1: S1, rs2: 0 });
}
