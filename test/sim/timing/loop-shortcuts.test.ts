/** Programs of loops, as the compiler makes them, by hand: iterations that are left out take as long as those that are followed. */
import { describe, expect, it } from 'vitest';
import { packFields } from '../../../hw/isa/instruction.ts';
import { TENSOR } from '../../../hw/isa/tensor.ts';
import { loadConfig } from '../../../hw/soc/config-file.ts';
import { programTime } from '../../../sim/timing/program-timing.ts';
import { ProgramWalk } from '../../../sim/timing/program-walk.ts';
import type { Code } from '../../../sim/timing/program-walk.ts';
import { Assembler } from '../../../sw/assembler/index.ts';

const { tensor } = loadConfig(new URL('../../../configs/bench/gemm-8x8.toml', import.meta.url).pathname);
const MEMORY = { memoryLatencyCycles: 2, memoryOutstanding: 16 } as const;
const FETCH = {
  prefetch: 2, predicts: true, isLate: false, cacheBytes: 4096, lineBytes: 16, busBytes: 16, prefetchesLines: false,
} as const;

/** The body between two readings of the clock. */
function codeOf(body: (a: Assembler) => void): { code: Code; entry: number; from: number; to: number } {
  const a = new Assembler({ file: 'test' });
  a.section('.text').global('_start').label('_start');
  const from = a.offset;
  a.op('csrr', 'sp', 'mcycle');
  body(a);
  a.op('tn.fence', 'a0');
  const to = a.offset;
  a.op('csrr', 'a1', 'mcycle').label('end').j('end');
  const { sections, entry } = a.assemble();
  const { bytes, address } = sections[0];
  const words = new Uint32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
  return { code: { base: address, words }, entry, from: address + from, to: address + to };
}

/** Loads of two buffers in turn, a product of each, and every fourth time a store. */
const alternating = (count: number, rows: number) => (a: Assembler): void => {
  a.li('s0', count).li('a0', 0x8000_1000).li('a1', packFields(TENSOR.ld.rs2, { row: 0, count: rows }));
  a.li('a2', packFields(TENSOR.mm.rs1, { aRow: 0, wRow: 256 })).li('a3', packFields(TENSOR.mm.rs2, { accRow: 0, count: rows, columnsMinus1: 7, accumulate: 1 }));
  a.li('t2', 64).label('loop');
  a.op('tn.ld', 'a0', 'a1').op('tn.mm', 'a2', 'a3').op('add', 'a1', 'a1', 't2').op('add', 'a2', 'a2', 't2').op('sub', 't2', 'zero', 't2');
  a.op('addi', 'a0', 'a0', 24).op('addi', 's0', 's0', -1).op('bnez', 's0', 'loop');
};

describe('iterations that are left out', () => {
  const PROGRAMS = [[1, 8], [2, 8], [7, 8], [60, 8], [61, 1], [200, 3], [333, 20], [1000, 1], [1001, 5]] as const;
  it.each(PROGRAMS)('of %i with %i rows take as long as followed ones', (count, rows) => {
    const program = codeOf(alternating(count, rows));
    const input = { tensor, fetch: FETCH, ...MEMORY, ...program };
    const thorough = programTime({ ...input, isThorough: true }).cycles;
    expect(programTime(input).cycles).toBe(thorough);
    expect(thorough).toBeGreaterThan(count * rows);
  });

  it('cost nothing, however many there are', () => {
    const cyclesOf = (count: number): number =>
      programTime({ tensor, fetch: FETCH, ...MEMORY, ...codeOf(alternating(count, 8)) }).cycles ?? NaN;
    const start = performance.now();
    const [million, twoMillion] = [cyclesOf(1_000_000), cyclesOf(2_000_000)];
    expect(performance.now() - start).toBeLessThan(5_000);
    expect(twoMillion - million).toBe(1_000_000 * ((cyclesOf(3_000_000) - twoMillion) / 1_000_000));
  });
});

describe('a program that is followed for too long', () => {
  it('has no cycles, and costs no more than was allowed', () => {
    const input = { tensor, fetch: FETCH, ...MEMORY, isThorough: true, ...codeOf(alternating(1_000_000, 8)) };
    expect(programTime({ ...input, mostFollowed: 5_000 })).toEqual({ cycles: undefined, followed: 5_000 });
    const { cycles, followed } = programTime({ ...input, most: 3_000 });
    expect(cycles).toBeUndefined();
    expect(followed).toBeLessThan(4_000);
  });
});

describe('a walk through a program', () => {
  it('refuses what compiled programs do not have, by word and address', () => {
    const { code, entry } = codeOf((a) => a.op('mul', 'a0', 'a0', 'a0'));
    const walk = new ProgramWalk(code, entry);
    walk.step();
    expect(() => walk.step()).toThrow(`0x2a50533 at 0x${(entry + 4).toString(16)} is no instruction of a compiled program`);
  });

  it('does what the instructions say', () => {
    const { code, entry, to } = codeOf((a) => {
      a.li('a0', 5).li('a1', -3).op('add', 'a2', 'a0', 'a1').op('sub', 'a3', 'a1', 'a0').li('s0', 3).label('loop');
      a.op('addi', 'a4', 'a4', 7).op('addi', 's0', 's0', -1).op('bnez', 's0', 'loop').op('tn.st', 'a2', 'a3');
    });
    const walk = new ProgramWalk(code, entry);
    const given = [];
    while (walk.pc !== to) given.push(walk.step().tensor);
    expect(given.filter((command) => command !== undefined)).toEqual([{ op: 'st', rs1: 2, rs2: -8 }, { op: 'fence', rs1: 0, rs2: 0 }]);
    expect(walk.x[14]).toBe(21);
  });
});
