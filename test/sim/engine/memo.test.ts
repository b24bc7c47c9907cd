/** Modules of logic whose results the engine remembers. */
import { describe, expect, it } from 'vitest';
import { B, In, Out, U, bool, bundle, cat, elaborate, hw, vec, vecOf } from '../../../gen/index.ts';
import type { UInt } from '../../../gen/index.ts';
import { Compilation } from '../../../sim/engine/compile.ts';
import { createWasmSimulator } from '../../../sim/engine/index.ts';
import type { Simulator } from '../../../sim/simulator.ts';

/** Everything is remembered. */
const ALWAYS = { minMemoOperations: 1 };
const Byte = U<number>(8);
const Word = U<number>(32);
const Long = U<number>(64);

const Increment = hw('Increment', { x: In(Byte), y: Out(Byte) }, (_, io) => {
  io.y = io.x.addWrap(1);
});
const Invert = hw('Invert', { x: In(Word), y: Out(Word), low: Out(B) }, (_, io) => {
  io.y = io.x.not();
  io.low = io.x.bit(0);
});
const Square = hw('Square', { x: In(Long), y: Out(U(64)), high: Out(Word) }, (_, io) => {
  const sum = io.x.addWrap(io.x.slice(31, 0).zext(64));
  io.y = sum.exact(64);
  io.high = sum.slice(63, 32).exact(32);
});

/** Number of instances that have a table. */
function tablesOf(def: Parameters<typeof elaborate>[0]): number {
  const compilation = new Compilation(elaborate(def), ALWAYS.minMemoOperations);
  compilation.encode();
  return compilation.lowering.memos.tables.length;
}

function checkInvert(sim: Simulator, x: bigint): void {
  sim.poke('x', x);
  expect(sim.peek('y'), `of ${x.toString(16)}`).toBe(x ^ 0xffff_ffffn);
}

describe('remembered results', () => {
  it('are those of the inputs at hand, for modules with keys of several widths in one design', () => {
    const Top = hw('Top', { x: In(Word), z: In(Long), y: Out(Word), little: Out(Byte), sum: Out(U(64)), high: Out(Word) }, (m, io) => {
      const [a, b, c] = [m.inst('a', Increment), m.inst('b', Invert), m.inst('c', Square)];
      a.x = io.x.slice(31, 24).exact(8);
      b.x = io.x;
      c.x = io.z;
      io.little = a.y;
      io.y = b.y;
      io.sum = c.y;
      io.high = c.high;
    });
    expect(tablesOf(Top)).toBe(3);
    const sim = createWasmSimulator(elaborate(Top), ALWAYS);
    // The first lookups of all: of key 0, of all ones, and of what an empty entry might be taken for.
    for (const x of [0n, 0xffff_ffffn, 0n, 1n, 0x8000_0000n, 0x1234_5678n, 0n]) {
      checkInvert(sim, x);
      expect(sim.peek('little')).toBe(((x >> 24n) + 1n) & 0xffn);
    }
    for (const z of [0n, 1n, 0xffff_ffff_ffff_ffffn, 0x1_0000_0000n, 0xdead_beef_0000_0001n, 0n]) {
      sim.poke('z', z);
      const sum = BigInt.asUintN(64, z + (z & 0xffff_ffffn));
      expect([sim.peek('sum'), sim.peek('high')]).toEqual([sum, sum >> 32n]);
    }
  });

  it('give way to others and are computed again: more inputs than a table has entries', () => {
    const Top = hw('Top', { x: In(Word), y: Out(Word) }, (m, io) => {
      const b = m.inst('b', Invert);
      b.x = io.x;
      io.y = b.y;
    });
    const sim = createWasmSimulator(elaborate(Top), ALWAYS);
    for (let round = 0; round < 2; round++) for (let i = 0; i < 10_000; i++) checkInvert(sim, BigInt((i * 0x9e37_79b1) >>> 0));
  });

  it('are kept for each instance of a module, in steps as well as between them', () => {
    const Top = hw('Top', { x: In(Byte), out: Out(Byte), twice: Out(Byte) }, (m, io) => {
      const [a, b] = [m.inst('a', Increment), m.inst('b', Increment)];
      const r = m.regs({ r: U<number>(8, 0) });
      a.x = r.r;
      b.x = a.y;
      r.r = b.y;
      io.out = r.r;
      const c = m.inst('c', Increment);
      c.x = io.x;
      io.twice = c.y.addWrap(a.y);
    });
    expect(tablesOf(Top)).toBe(3);
    const sim = createWasmSimulator(elaborate(Top), ALWAYS);
    for (let i = 0; i < 600; i++) {
      sim.poke('x', i & 255);
      expect(sim.peek('out')).toBe(BigInt((2 * i) & 255));
      expect(sim.peek('twice')).toBe(BigInt((i + 2 + 2 * i) & 255));
      sim.step();
    }
  });

  it('hold bundles, vectors and words of more than 64 bits, and parts of them', () => {
    const Pair = bundle('Pair', { flag: B, items: vec(U<number>(5), 3) });
    const Wide = hw('Wide', { x: In(U<number>(12)), pair: Out(Pair), wide: Out(U<number>(100)) }, (_, io) => {
      const item = (n: number): UInt => io.x.slice(4, 0).addWrap(n);
      io.pair = { flag: io.x.xorR(), items: vecOf([item(1), item(2), item(3)]) };
      io.wide = cat(io.x, io.x.not(), U<number>(76).lit(5));
    });
    const Top = hw('Top', { x: In(U<number>(12)), pair: Out(Pair), wide: Out(U<number>(100)), part: Out(U<number>(7)) }, (m, io) => {
      const w = m.inst('w', Wide);
      w.x = io.x;
      io.pair = w.pair;
      io.wide = w.wide;
      io.part = w.wide.slice(84, 78).exact(7);
    });
    expect(tablesOf(Top)).toBe(1);
    const [sim, reference] = [createWasmSimulator(elaborate(Top), ALWAYS), createWasmSimulator(elaborate(Top), { minMemoOperations: 1e9 })];
    for (let x = 0; x < 4096; x += 7) {
      for (const s of [sim, reference]) s.poke('x', x);
      for (const path of ['pair_flag', 'pair_items', 'pair_items[1]', 'wide', 'part']) expect(sim.peek(path), `${path} of ${x}`).toBe(reference.peek(path));
    }
  });

  it('are not kept for an instance whose input depends on its own outputs', () => {
    const Two = hw('Two', { a: In(Byte), b: In(Byte), x: Out(Byte), y: Out(Byte) }, (_, io) => {
      io.x = io.a.addWrap(1);
      io.y = io.b.addWrap(2);
    });
    const Top = hw('Top', { a: In(Byte), y: Out(Byte) }, (m, io) => {
      const t = m.inst('t', Two);
      t.a = io.a;
      t.b = t.x;
      io.y = t.y;
    });
    expect(tablesOf(Top)).toBe(0);
    const sim = createWasmSimulator(elaborate(Top), ALWAYS);
    sim.poke('a', 7);
    expect(sim.peek('y')).toBe(10n);
  });

  it('nest: a module of logic within another one has a table in each of its places', () => {
    const Outer = hw('Outer', { x: In(Byte), y: Out(Byte) }, (m, io) => {
      const [a, b] = [m.inst('a', Increment), m.inst('b', Increment)];
      a.x = io.x;
      b.x = a.y;
      io.y = b.y.addWrap(io.x);
    });
    const Top = hw('Top', { x: In(Byte), y: Out(Byte), z: Out(Byte) }, (m, io) => {
      const [p, q] = [m.inst('p', Outer), m.inst('q', Outer)];
      p.x = io.x;
      q.x = p.y;
      io.y = p.y;
      io.z = q.y;
    });
    const sim = createWasmSimulator(elaborate(Top), ALWAYS);
    for (let x = 255; x >= 0; x--) {
      sim.poke('x', x);
      expect([sim.peek('y'), sim.peek('z')]).toEqual([BigInt((2 * x + 2) & 255), BigInt((4 * x + 6) & 255)]);
    }
  });

  it('can be watched where nothing else uses them, like tables of constants', () => {
    const Keeper = hw('Keeper', { x: In(U<number>(3)), y: Out(Word) }, (m, io) => {
      const b = m.inst('b', Invert);
      b.x = io.x.zext(32).exact(32);
      const { looked } = m.let({ looked: vecOf([9, 8, 7, 6, 5, 4, 3, 2].map((v) => Byte.lit(v))).at(io.x) });
      const { inverted } = m.let({ inverted: b.y });
      io.y = inverted.addWrap(looked.zext(32));
    });
    const Top = hw('Top', { x: In(U<number>(3)), y: Out(B) }, (m, io) => {
      const k = m.inst('k', Keeper);
      k.x = io.x;
      io.y = bool(true);
    });
    const sim = createWasmSimulator(elaborate(Top), ALWAYS);
    for (const x of [0n, 5n, 0n]) {
      sim.poke('x', x);
      expect(sim.peek('k.inverted')).toBe(x ^ 0xffff_ffffn);
      expect(sim.peek('k.looked')).toBe(9n - x);
    }
  });
});
