/**
 * Pieces of random programs that jump: loops, calls, tables, branches side by side, and code that is entered in the middle of its
 * instructions. Every piece goes on behind itself, whatever the registers hold.
 */
import { RISCV, encode } from '../../../hw/isa/riscv.ts';
import { RAM_BASE } from '../../../hw/soc/memory-map.ts';
import { GP, LINKS, S1, S10, isHarmlessHalf, isHarmlessWord } from './builder.ts';
import type { Builder } from './builder.ts';
import { encodeShort } from './emitter.ts';

/** A branch over some instructions. */
export function skip(b: Builder): void {
  const label = b.freshLabel();
  b.branchTo(label);
  b.maybe(4);
  b.e.label(label);
}

/** A jump over some instructions. */
export function jump(b: Builder): void {
  const label = b.freshLabel();
  if (b.isa.c && b.chance(30)) b.e.shortToLabel(b.chance(50) ? 'c.j' : 'c.jal', label);
  else b.e.toLabel('jal', label, { rd: b.destination() });
  b.maybe(3);
  b.e.label(label);
}

/** A counted loop, with exits and shortcuts that depend on data. */
export function loop(b: Builder, body: () => void = () => b.some(5)): void {
  const [top, out, next] = [b.freshLabel(), b.freshLabel(), b.freshLabel()];
  b.e.add('addi', { rd: GP, rs1: 0, imm: 1 + b.below(6) });
  b.e.label(top);
  body();
  if (b.chance(40)) {
    b.accessOne(['lb', 'lbu', 'lh', 'lw'], 0);
    b.branchTo(out);
  }
  if (b.chance(30)) b.branchTo(next);
  b.maybe(3);
  b.e.label(next);
  b.e.add('addi', { rd: GP, rs1: GP, imm: -1 });
  b.e.toLabel('bne', top, { rs1: GP, rs2: 0 });
  b.e.label(out);
}

/** A loop of two or three 16-bit instructions; a small one around it in which the inner one is predicted anew. */
export function tightLoop(b: Builder): void {
  const [top, inner] = [b.freshLabel(), b.freshLabel()];
  const nested = b.chance(50);
  if (nested) b.e.add('addi', { rd: GP, rs1: 0, imm: 2 + b.below(3) });
  b.align(b.chance(50));
  b.e.label(top);
  if (b.isa.c) b.e.half(encodeShort('c.li', { rd: S1, imm: 1 + b.below(7) }));
  else b.e.add('addi', { rd: S1, rs1: 0, imm: 1 + b.below(7) });
  b.e.label(inner);
  if (b.chance(40)) b.one();
  if (b.isa.c) {
    b.e.half(encodeShort('c.addi', { rd: S1, imm: -1 }));
    b.e.shortToLabel('c.bnez', inner, S1);
  } else {
    b.e.add('addi', { rd: S1, rs1: S1, imm: -1 });
    b.e.toLabel('bne', inner, { rs1: S1, rs2: 0 });
  }
  if (nested) {
    b.e.add('addi', { rd: GP, rs1: GP, imm: -1 });
    b.e.toLabel('bne', top, { rs1: GP, rs2: 0 });
  }
}

/** Functions that call functions of one depth more, and calls from a loop. */
export function calls(b: Builder): void {
  const behind = b.freshLabel();
  b.e.toLabel('jal', behind, { rd: 0 });
  const names = LINKS.map(() => [b.freshLabel(), b.freshLabel()]);
  const call = (depth: number): void => {
    const name = b.pick(names[depth]);
    if (b.chance(30)) {
      b.loadAddress(S10, name);
      if (b.isa.c && b.chance(50)) {
        b.e.half(encodeShort('c.jalr', { rs1: S10 }));
        return;
      }
      b.e.add('jalr', { rd: 1, rs1: S10, imm: 0 });
    } else if (b.isa.c && b.chance(40)) b.e.shortToLabel('c.jal', name);
    else b.e.toLabel('jal', name, { rd: 1 });
  };
  for (const [depth, pair] of names.entries()) {
    const link = LINKS[depth];
    for (const name of pair) {
      b.e.label(name);
      if (b.isa.c && b.chance(50)) b.e.half(encodeShort('c.mv', { rd: link, rs2: 1 }));
      else b.e.add('addi', { rd: link, rs1: 1, imm: 0 });
      b.maybe(2);
      if (depth + 1 < LINKS.length) for (let n = b.below(3); n > 0; n--) call(depth + 1);
      if (b.chance(40)) skip(b);
      if (b.isa.c && b.chance(50)) b.e.half(encodeShort('c.jr', { rs1: link }));
      else b.e.add('jalr', { rd: b.chance(70) ? 0 : 1, rs1: link, imm: 0 });
    }
  }
  b.e.label(behind);
  loop(b, () => {
    call(b.below(LINKS.length));
    b.maybe(2);
    if (b.chance(60)) call(0);
  });
}

/** A loop that jumps to one of several places by an address from a table; the next place depends on data. */
export function jumpTable(b: Builder): void {
  const [table, behind, join] = [b.freshLabel(), b.freshLabel(), b.freshLabel()];
  const cases = Array.from({ length: 4 }, () => b.freshLabel());
  b.e.toLabel('jal', behind, { rd: 0 });
  if (b.isa.c && b.e.offset % 4 !== 0) b.e.half(1);
  b.e.label(table);
  const oddBit = b.chance(30) ? 1 : 0;
  for (const label of cases) b.e.wordFrom((resolve) => (RAM_BASE + resolve(label) + oddBit) >>> 0);
  b.e.label(behind);
  loop(b, () => {
    const index = b.chance(50) ? GP : 10 + b.below(6);
    b.loadAddress(S10, table);
    const offset = 5;
    b.e.add('andi', { rd: offset, rs1: index, imm: 3 });
    b.e.add('slli', { rd: offset, rs1: offset, imm: 2 });
    b.e.add('add', { rd: S10, rs1: S10, rs2: offset });
    b.e.add('lw', { rd: S10, rs1: S10, imm: 0 });
    if (b.isa.c && b.chance(40)) b.e.half(encodeShort('c.jr', { rs1: S10 }));
    else b.e.add('jalr', { rd: b.chance(50) ? 0 : b.destination(), rs1: S10, imm: 0 });
    for (const [i, label] of cases.entries()) {
      b.e.label(label);
      b.maybe(3);
      if (i < cases.length - 1 && b.chance(70)) {
        if (b.isa.c && b.chance(50)) b.e.shortToLabel('c.j', join);
        else b.e.toLabel('jal', join, { rd: 0 });
      }
    }
    b.e.label(join);
  });
}

/** Branches and jumps one beside the other, over a few of each other. */
export function denseBranches(b: Builder): void {
  const dense = (): void => {
    const count = 3 + b.below(8);
    const labels = Array.from({ length: count + 1 }, () => b.freshLabel());
    b.align(b.chance(50));
    for (let i = 0; i < count; i++) {
      b.e.label(labels[i]);
      const target = labels[Math.min(count, i + 1 + b.below(4))];
      if (b.chance(70)) b.branchTo(target, b.isa.c && b.chance(65));
      else if (b.isa.c && b.chance(60)) b.e.shortToLabel(b.chance(60) ? 'c.j' : 'c.jal', target);
      else if (b.chance(50)) b.e.toLabel('jal', target, { rd: b.destination() });
      else b.one();
    }
    b.e.label(labels[count]);
  };
  if (b.chance(70)) {
    loop(b, () => {
      dense();
      b.arithmeticOne();
    });
  } else dense();
}

/**
 * A long instruction that is also entered at its second half, where other instructions begin: which way is taken changes from
 * round to round, so that what was learnt of one way is met on the other one. Only with 16-bit instructions.
 */
export function overlapping(b: Builder): void {
  if (!b.isa.c) return denseBranches(b);
  const [after, far] = [b.freshLabel(), b.freshLabel()];
  const one = (): void => {
    const start = b.e.offset;
    const kind = b.below(4);
    // The lower half of a lui lets the upper half be anything; a few others do, too.
    const low = b.chance(60) ? encode(RISCV.lui, { rd: b.destination(), imm: 0 }) & 0xffff : lowerHalf(b);
    if (kind === 0) {
      b.e.half(low);
      b.e.half(harmlessUpper(b, low));
    } else if (kind === 1) {
      // The second half jumps.
      const mnemonic = b.pick(['c.j', 'c.beqz', 'c.bnez'] as const);
      const rs1 = 10 + b.below(6);
      b.e.half(encode(RISCV.lui, { rd: b.destination(), imm: 0 }) & 0xffff);
      const target = b.chance(70) ? after : far;
      b.e.halfFrom((resolve) => encodeShort(mnemonic, { rs1, imm: resolve(target) - start - 2 }));
    } else {
      // From the second half on another long instruction, which ends with the short one behind the first.
      for (;;) {
        const inner = kind === 2 ? b.arithmeticInstruction() : innerBranch(b);
        if (!isHarmlessHalf(inner >>> 16)) continue;
        b.e.half(encode(RISCV.lui, { rd: b.destination(), imm: 0 }) & 0xffff);
        b.e.word(inner);
        break;
      }
    }
  };
  loop(b, () => {
    const entry = b.freshLabel();
    b.align(b.chance(50));
    const test = 5;
    b.e.add('andi', { rd: test, rs1: b.chance(60) ? GP : b.source(), imm: 1 });
    b.e.wordFrom((resolve) => encode(RISCV.beq, { rs1: test, rs2: 0, imm: resolve(entry) + 2 - at }));
    const at = b.e.offset - 4;
    if (b.chance(30)) b.one();
    b.e.label(entry);
    one();
    // Branches of `innerBranch` end here at the latest.
    for (let n = 0; n < 4; n++) b.e.half(b.shortInstruction());
    b.e.label(after);
    b.maybe(2);
  });
  b.e.label(far);
}

/** Lower half of a harmless instruction whose upper half matters little. */
function lowerHalf(b: Builder): number {
  for (;;) {
    const word = b.arithmeticInstruction();
    if (isHarmlessWord(word)) return word & 0xffff;
  }
}

/** Upper half that is a harmless short instruction and makes a harmless long one of the lower half. */
function harmlessUpper(b: Builder, low: number): number {
  for (let tries = 0; tries < 2000; tries++) {
    const half = b.shortInstruction();
    if (isHarmlessWord(((half << 16) | low) >>> 0)) return half;
  }
  throw new Error(`no upper half for ${low.toString(16)}`);
}

/** A long branch over two to eight halves behind its own end: into short instructions. */
function innerBranch(b: Builder): number {
  return encode(RISCV[b.pick(b.branches)], { rs1: b.source(), rs2: b.source(), imm: 4 + 2 * b.below(4) });
}
