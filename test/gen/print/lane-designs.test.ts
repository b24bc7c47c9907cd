/**
 * Loops in the forms in which faults would hide: each design is computed once more, lane by lane and in plain numbers, and compared with
 * the built-in engine, with Icarus on the text, and with what Yosys makes of it; Verilator has nothing to say.
 */
import { describe, expect, it } from 'vitest';
import { B, In, Out, U, bool, elaborate, hw, vec, vecOf } from '../../../gen/index.ts';
import type { Design, UInt } from '../../../gen/index.ts';
import type { PortMap } from '../../../gen/index.ts';
import { printDesign } from '../../../gen/print/systemverilog.ts';
import { has, inDirectory, lintWithVerilator, simulate, throughYosys } from '../tools.ts';
import { engineLines, testbench, vectorsFor } from './side-by-side.ts';

/** Element `k` of input `name`. */
type Bits = (name: string, k: number, width?: number) => number;

interface Case {
  readonly design: Design;
  /** Output before the edge, and the state after it. */
  readonly model: (bits: Bits, state: number[], isReset: boolean) => { readonly out: readonly number[]; readonly next?: number[] };
  /** Of an element of the output `y`. */
  readonly width: number;
  /** Of the elements of the state. */
  readonly reset?: number[];
}

const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);
const designOf = <P extends PortMap>(ports: P, body: Parameters<typeof hw<P>>[2]): Design => elaborate(hw('Top', ports, body));
const nibbles = (n: number) => vec(U(4), n);

const CASES: Readonly<Record<string, () => Case>> = {
  'a later lane wins in a register': () => ({
    design: designOf({ m: In(U(4)), y: Out(U(2)) }, (m, io) => {
      const r = m.regs({ r: U(2, 1) });
      m.each(4, (i) => m.when(io.m.bit(i), () => (r.r = i.exact(2))));
      io.y = r.r;
    }),
    model: (bits, [r], isReset) => ({ out: [r], next: [isReset ? 1 : [3, 2, 1, 0].find((k) => bits('m', k, 1) === 1) ?? r] }), width: 2, reset: [1],
  }),
  'near() of a place that is not the lane': () => ({
    design: designOf({ a: In(nibbles(8)), y: Out(nibbles(4)) }, (m, io) =>
      m.each(4, (i) => io.y.put(i, io.a.near(i.times(2).plus(1), 1, U(4).lit(9))))),
    model: (bits) => ({ out: range(4).map((k) => (2 * k + 2 < 8 ? bits('a', 2 * k + 2) : 9)) }), width: 4,
  }),
  'near() with an edge of the lane': () => ({
    design: designOf({ a: In(nibbles(4)), b: In(nibbles(4)), y: Out(nibbles(4)) }, (m, io) =>
      m.each(4, (i) => io.y.put(i, io.a.near(i, 2, io.b.at(i))))),
    model: (bits) => ({ out: range(4).map((k) => (k < 2 ? bits('a', k + 2) : bits('b', k))) }), width: 4,
  }),
  'a reduction in each lane': () => ({
    design: designOf({ a: In(vec(nibbles(3), 2)), y: Out(vec(U(6), 2)) }, (m, io) => m.each(2, (i) => io.y.put(i, m.sum('s', io.a.at(i)).exact(6)))),
    model: (bits) => ({ out: range(2).map((k) => range(3).reduce((sum, j) => sum + bits('a', 3 * k + j), 0)) }), width: 6,
  }),
  'a fold that does not commute': () => ({
    design: designOf({ a: In(nibbles(5)), y: Out(U(4)) }, (m, io) => {
      io.y = m.fold('chosen', io.a, (p, q) => p.gt(11).mux(q, p));
    }),
    model: (bits) => {
      const join = (p: number, q: number): number => (p > 11 ? q : p);
      const [a, b, c, d, e] = range(5).map((k) => bits('a', k));
      return { out: [join(join(join(a, b), join(c, d)), e)] };
    }, width: 4,
  }),
  'a whole that is longer than the loop': () => ({
    design: designOf({ c: In(B), x: In(U(4)), y: Out(nibbles(5)) }, (m, io) => {
      const r = m.regs({ v: vec(U(4, 1), 5) });
      m.when(io.c, () => {
        r.v = vecOf(range(5).map((k) => U(4).lit(k + 1)));
      });
      m.each(3, (i) => m.when(io.c.not(), () => r.v.put(i, r.v.at(i).addWrap(io.x))));
      io.y = r.v;
    }),
    model: (bits, v, isReset) => ({ out: v, next: v.map((q, k) => (isReset ? 1 : bits('c', 0, 1) ? k + 1 : k < 3 ? (q + bits('x', 0)) & 15 : q)) }),
    width: 4, reset: [1, 1, 1, 1, 1],
  }),
  'statements before and after a loop in one branch': () => ({
    design: designOf({ c: In(B), x: In(nibbles(3)), y: Out(nibbles(3)) }, (m, io) => {
      const r = m.regs({ v: vec(U(4, 1), 3) });
      m.when(io.c, () => {
        m.when(io.x.at(0).bit(3), () => r.v.put(1, U(4).lit(5)));
        m.each(3, (i) => m.when(io.x.at(i).bit(0), () => r.v.put(i, io.x.at(i))));
        m.when(io.x.at(2).bit(1), () => r.v.put(1, U(4).lit(9)));
      });
      io.y = r.v;
    }),
    model: (bits, v, isReset) => ({
      out: v,
      next: v.map((q, k) => {
        if (isReset) return 1;
        if (bits('c', 0, 1) === 0) return q;
        if (k === 1 && (bits('x', 2) & 2) > 0) return 9;
        if ((bits('x', k) & 1) > 0) return bits('x', k);
        return k === 1 && (bits('x', 0) & 8) > 0 ? 5 : q;
      }),
    }), width: 4, reset: [1, 1, 1],
  }),
  'registers in two places a round': () => ({
    design: designOf({ x: In(nibbles(3)), y: Out(nibbles(6)) }, (m, io) => {
      const r = m.regs({ v: vec(U(4, 1), 6) });
      m.each(3, (i) => {
        r.v.put(i.times(2), io.x.at(i));
        r.v.put(i.times(2).plus(1), r.v.at(i));
      });
      io.y = r.v;
    }),
    model: (bits, v, isReset) => ({ out: v, next: v.map((_, k) => (isReset ? 1 : k % 2 ? v[(k - 1) / 2] : bits('x', k / 2))) }), width: 4, reset: [1, 1, 1, 1, 1, 1],
  }),
  'places of a lane as values': () => ({
    design: designOf({ x: In(U(4)), y: Out(nibbles(3)) }, (m, io) => m.each(3, (i) => {
      const value = (n: UInt): UInt<4> => n.zext(4);
      io.y.put(i, io.x.xor(value(i.plus(1))).addWrap(value(i.times(3))).xor(value(i.times(2))));
    })),
    model: (bits) => ({ out: range(3).map((k) => (((bits('x', 0) ^ (k + 1)) + 3 * k) & 15) ^ (2 * k)) }), width: 4,
  }),
  'conditions and a plain assignment side by side': () => ({
    design: designOf({ a: In(U(4)), b: In(U(4)), y: Out(nibbles(3)) }, (m, io) => {
      m.each(2, (i) => {
        io.y.put(i, io.a);
        m.when(io.b.bit(i), () => io.y.put(i, io.b));
      });
      io.y.put(2, io.a);
    }),
    model: (bits) => ({ out: [0, 1, 2].map((k) => (k < 2 && (bits('b', 0) >> k) & 1 ? bits('b', 0) : bits('a', 0))) }), width: 4,
  }),
  'wires that depend on two lanes': () => ({
    design: designOf({ a: In(nibbles(3)), b: In(nibbles(2)), y: Out(vec(vec(B, 2), 3)) }, (m, io) =>
      m.each(3, (i) => m.each(2, (j) => io.y.at(i).put(j, io.a.at(i).addWrap(io.b.at(j)).bit(2))))),
    model: (bits) => ({ out: range(6).map((k) => ((bits('a', k >> 1) + bits('b', k & 1)) >> 2) & 1) }), width: 1,
  }),
  'inner places with an offset': () => ({
    design: designOf({ a: In(vec(nibbles(4), 2)), y: Out(vec(nibbles(3), 2)) }, (m, io) =>
      m.each(2, (i) => m.each(3, (j) => io.y.at(i).put(j, io.a.at(i).at(j.plus(1)))))),
    model: (bits) => ({ out: range(6).map((k) => bits('a', 4 * Math.floor(k / 3) + (k % 3) + 1)) }), width: 4,
  }),
  'two dimensions with one row, under a condition': () => ({
    design: designOf({ load: In(B), x: In(vec(nibbles(3), 1)), y: Out(nibbles(3)) }, (m, io) => {
      const r = m.regs({ kept: vec(vec(U(4, 3), 3), 1) });
      m.when(io.load, () => m.each(1, (i) => m.each(3, (j) => r.kept.at(i).put(j, io.x.at(i).at(j)))));
      io.y = r.kept.at(0);
    }),
    model: (bits, v, isReset) => ({ out: v, next: v.map((q, k) => (isReset ? 3 : bits('load', 0, 1) ? bits('x', k) : q)) }), width: 4, reset: [3, 3, 3],
  }),
  'elements that only a switched-off condition drives': () => ({
    design: designOf({ x: In(U(4)), y: Out(nibbles(3)) }, (m, io) => {
      const r = m.regs({ a: vec(U(4, 9), 3) });
      m.each(2, (i) => r.a.put(i, r.a.at(i.plus(1)).xor(io.x)));
      m.when(bool(false), () => r.a.put(2, io.x));
      io.y = r.a;
    }),
    model: (bits, v, isReset) => ({ out: v, next: v.map((_, k) => (isReset || k === 2 ? 9 : v[k + 1] ^ bits('x', 0))) }), width: 4, reset: [9, 9, 9],
  }),
  'an index that only some lanes have': () => ({
    design: designOf({ a: In(nibbles(3)), b: In(nibbles(7)), y: Out(nibbles(7)) }, (m, io) => m.each(7, (i) => {
      const looked = vecOf([io.a.at(0).addWrap(1), io.b.at(i), io.a.at(2)]);
      io.y.put(i, looked.at(i.zext(5).trunc(3)).xor(io.a.at(i.zext(5).trunc(3))));
    })),
    model: (bits) => ({
      out: range(7).map((k) => [((bits('a', 0) + 1) & 15) ^ bits('a', 0), bits('b', 1) ^ bits('a', 1), 0][k] ?? 0),
    }), width: 4,
  }),
  'own bits, diagonals and orders': () => ({
    design: designOf({ a: In(vec(nibbles(3), 3)), n: In(U(2)), y: Out(nibbles(3)) }, (m, io) => m.each(3, (i) => {
      const own = io.a.at(i).at(i).addWrap(3).bit(i);
      io.y.put(i, io.a.at(i).at(i).xor(own.and(i.lt(io.n)).asUInt().zext(4)));
    })),
    model: (bits) => ({
      out: range(3).map((k) => bits('a', 4 * k) ^ (k < bits('n', 0, 2) ? (((bits('a', 4 * k) + 3) & 15) >> k) & 1 : 0)),
    }), width: 4,
  }),
};

/** What the model shows for the vectors, each output element beside the other. */
function expected({ model, width, reset = [] }: Case, vectors: readonly ReadonlyMap<string, bigint>[]): bigint[] {
  let state = reset;
  return vectors.map((v, cycle) => {
    const bits = (name: string, k: number, w = 4): number => Number(((v.get(name) ?? 0n) >> BigInt(k * w)) & ((1n << BigInt(w)) - 1n));
    const { out, next } = model(bits, state, cycle === 0);
    state = next ?? state;
    return out.reduceRight((whole, x) => (whole << BigInt(width)) | BigInt(x), 0n);
  });
}

describe.each(Object.keys(CASES))('%s', (name) => {
  const one = CASES[name]();
  const files = printDesign(one.design);
  const vectors = [1, 2, 3].flatMap((seed) => vectorsFor(one.design, seed));
  // Cycle 0 is the first reset: registers have no value before it.
  const wanted = expected(one, vectors).slice(1).map(String);

  it('is right in the built-in engine', () => {
    expect(engineLines(one.design, vectors).slice(1)).toEqual(wanted);
  });

  it.skipIf(!has('iverilog'))('is right in Icarus', () => {
    expect(simulate(files, testbench(one.design, vectors)).slice(1)).toEqual(wanted);
  });

  it.skipIf(!has('iverilog') || !has('yosys'))('is right after Yosys', () => {
    expect(simulate([throughYosys(files)], testbench(one.design, vectors)).slice(1)).toEqual(wanted);
  });

  it.skipIf(!has('verilator'))('passes Verilator without a warning', () => {
    expect(inDirectory(files, (dir) => lintWithVerilator(dir, files, 'Top'))).toBe('');
  });
});
