/** Pieces of random programs in which values hurry from one instruction to the next. Must not know how a core forwards them. */
import { CSR } from '../../../hw/isa/csr.ts';
import { GP, S0, S10, SP } from './builder.ts';
import type { Builder } from './builder.ts';
import { encodeShort } from './emitter.ts';
import { loop, skip } from './control-flow.ts';

/** What needs a value that has only just been loaded. */
function use(b: Builder, value: number, offset: number): void {
  switch (b.below(8)) {
    case 0: return b.e.add('add', { rd: b.destination(), rs1: value, rs2: value });
    case 1: return b.e.add('sw', { rs1: S0, rs2: value, imm: offset });
    case 2: {
      const label = b.freshLabel();
      b.e.toLabel(b.pick(b.branches), label, { rs1: value, rs2: b.source() });
      b.one();
      return b.e.label(label);
    }
    case 3: return b.e.add(b.isa.m ? b.pick(['mul', 'mulh', 'div', 'remu'] as const) : 'sll', { rd: value, rs1: value, rs2: b.source() });
    case 4: return b.e.add('csrrw', { rd: b.destination(), rs1: value, imm: CSR.mscratch.address });
    case 5: return b.e.add(b.pick(['sb', 'sh'] as const), { rs1: SP, rs2: value, imm: (offset & ~3) + 2 });
    case 6: return b.e.add('sra', { rd: b.destination(), rs1: b.source(), rs2: value });
    default: return b.e.add('lw', { rd: value, rs1: SP, imm: offset });
  }
}

/** Loads of what was just stored, and uses of what was just loaded. */
export function loadUse(b: Builder): void {
  const offset = (b.below(256) - 128) * 4;
  const value = 10 + b.below(6);
  for (let n = 2 + b.below(4); n > 0; n--) {
    if (b.chance(50)) b.e.add(b.pick(['sb', 'sh', 'sw'] as const), { rs1: SP, rs2: b.source(), imm: offset });
    if (b.chance(40)) b.e.add(b.pick(['lb', 'lbu'] as const), { rd: value, rs1: SP, imm: offset + b.below(4) });
    else if (b.chance(40)) b.e.add(b.pick(['lh', 'lhu'] as const), { rd: value, rs1: SP, imm: offset + 2 * b.below(2) });
    else b.e.add('lw', { rd: value, rs1: SP, imm: offset });
    use(b, value, offset);
  }
}

/** A pointer goes through memory and is used at once: for data, and to jump to. */
export function pointers(b: Builder): void {
  const offset = (b.below(256) - 128) * 4;
  b.e.add('sw', { rs1: SP, rs2: S0, imm: offset });
  b.e.add('lw', { rd: S10, rs1: SP, imm: offset });
  if (b.chance(50)) b.e.add('lw', { rd: b.destination(), rs1: S10, imm: offset });
  else b.e.add('sb', { rs1: S10, rs2: b.source(), imm: offset });
  const label = b.freshLabel();
  b.loadAddress(S10, label);
  b.e.add('sw', { rs1: SP, rs2: S10, imm: offset });
  if (b.chance(50)) b.maybe(1);
  b.e.add('addi', { rd: S10, rs1: 0, imm: 0 });
  // Whatever `maybe` stored there, the pointer is stored again.
  b.loadAddress(S10, label);
  b.e.add('sw', { rs1: SP, rs2: S10, imm: offset });
  b.e.add('lw', { rd: S10, rs1: SP, imm: offset });
  if (b.isa.c && b.chance(50)) b.e.half(encodeShort(b.pick(['c.jr', 'c.jalr']), { rs1: S10 }));
  else b.e.add('jalr', { rd: b.destination(), rs1: S10, imm: 0 });
  b.maybe(2);
  b.e.label(label);
}

/** A loop whose number of rounds stands in memory and is counted down there. */
export function memoryLoop(b: Builder): void {
  const [top, out] = [b.freshLabel(), b.freshLabel()];
  // Out of reach of all other accesses.
  const place = 1536;
  const count = 5;
  b.e.add('addi', { rd: count, rs1: 0, imm: 1 + b.below(5) });
  b.e.add('sw', { rs1: S0, rs2: count, imm: place });
  b.e.label(top);
  b.maybe(3);
  b.e.add('lw', { rd: count, rs1: S0, imm: place });
  b.e.add('addi', { rd: count, rs1: count, imm: -1 });
  b.e.add('sw', { rs1: S0, rs2: count, imm: place });
  if (b.chance(50)) b.e.add('lw', { rd: count, rs1: S0, imm: place });
  if (b.chance(50)) b.e.toLabel('blt', top, { rs1: 0, rs2: count });
  else {
    b.e.toLabel('beq', out, { rs1: count, rs2: 0 });
    b.e.toLabel('jal', top, { rd: 0 });
  }
  b.e.label(out);
}

/** Multiplications and divisions in a row, with branches, loads and each other's results between them. */
export function longOperations(b: Builder): void {
  const body = (): void => {
    for (let n = 2 + b.below(4); n > 0; n--) {
      b.mulDivOne();
      if (b.chance(30)) b.accessOne();
      if (b.chance(30)) skip(b);
      if (b.chance(20)) b.e.add('add', { rd: b.destination(), rs1: GP, rs2: b.source() });
    }
  };
  if (b.chance(30)) loop(b, body);
  else body();
}
