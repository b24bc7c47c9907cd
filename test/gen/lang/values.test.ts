/** What each operation computes, against arithmetic on BigInts: the IR that it builds is evaluated, not the JavaScript around it. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { B, S, U, bitsOf, bool, bundle, cat, enumeration, fromBits, repeat, valueOf, vec, vecOf } from '../../../gen/index.ts';
import type { Value } from '../../../gen/index.ts';
import { exprOf } from '../../../gen/lang/value.ts';
import { evaluate, toNumber } from '../evaluate.ts';
import { checkProperty } from '../../support/property.ts';

const NOTHING = { signals: new Map(), memories: new Map() };
/** The number that a constant expression stands for. */
const valueIn = (v: Value): bigint => toNumber(v.expr.type, evaluate(v.expr, NOTHING));
const truth = (v: Value): boolean => valueIn(v) === 1n;

const width = fc.integer({ min: 1, max: 70 });
const unsigned = (w: number): fc.Arbitrary<bigint> => fc.bigInt({ min: 0n, max: (1n << BigInt(w)) - 1n });
const signed = (w: number): fc.Arbitrary<bigint> => fc.bigInt({ min: -(1n << BigInt(w - 1)), max: (1n << BigInt(w - 1)) - 1n });
const clamp = (v: bigint, lo: bigint, hi: bigint): bigint => (v < lo ? lo : v > hi ? hi : v);
const pair = (number: (w: number) => fc.Arbitrary<bigint>) => width.chain((w) => fc.tuple(fc.constant(w), number(w), number(w)));
const twoWidths = (number: (w: number) => fc.Arbitrary<bigint>) =>
  fc.tuple(width, width).chain(([v, w]) => fc.tuple(fc.constant(v), number(v), fc.constant(w), number(w)));

describe('unsigned numbers', () => {
  it('add, subtract and multiply modulo, exactly and saturating', () => {
    checkProperty(fc.property(pair(unsigned), ([w, x, y]) => {
      const [a, b] = [U(w).lit(x), U(w).lit(y)];
      const top = (1n << BigInt(w)) - 1n;
      expect(valueIn(a.addWrap(b))).toBe(BigInt.asUintN(w, x + y));
      expect(valueIn(a.subWrap(b))).toBe(BigInt.asUintN(w, x - y));
      expect(valueIn(a.addSat(b))).toBe(clamp(x + y, 0n, top));
      expect(valueIn(a.subSat(b))).toBe(clamp(x - y, 0n, top));
      expect([a.lt(b), a.le(b), a.gt(b), a.ge(b), a.eq(b), a.ne(b)].map(truth)).toEqual([x < y, x <= y, x > y, x >= y, x === y, x !== y]);
    }));
    checkProperty(fc.property(twoWidths(unsigned), ([v, x, w, y]) => {
      const [a, b] = [U(v).lit(x), U(w).lit(y)];
      expect([valueIn(a.addGrow(b)), a.addGrow(b).width]).toEqual([x + y, Math.max(v, w) + 1]);
      expect([valueIn(a.subGrow(b)), a.subGrow(b).width]).toEqual([x - y, Math.max(v, w) + 1]);
      expect([valueIn(a.mul(b)), a.mul(b).width]).toEqual([x * y, v + w]);
      expect(valueIn(a.cat(b))).toBe((x << BigInt(w)) | y);
      expect(valueIn(a.sat(w))).toBe(clamp(x, 0n, (1n << BigInt(w)) - 1n));
      expect(valueIn(w < v ? a.trunc(w) : a.zext(w))).toBe(BigInt.asUintN(w, x));
      expect([valueIn(a.shlGrow(w)), a.shlGrow(w).width]).toEqual([x << BigInt(w), v + w]);
    }));
  });

  it('shift by constants and by signals, past their width too', () => {
    checkProperty(fc.property(pair(unsigned), fc.integer({ min: 0, max: 80 }), ([w, x], n) => {
      for (const amount of [n, U(7).lit(n)]) {
        expect(valueIn(U(w).lit(x).shr(amount))).toBe(x >> BigInt(n));
        expect(valueIn(U(w).lit(x).shlWrap(amount))).toBe(BigInt.asUintN(w, x << BigInt(n)));
      }
      expect(truth(U(w).lit(x).bit(U(7).lit(n)))).toBe(((x >> BigInt(n)) & 1n) === 1n);
      if (n < w) expect(truth(U(w).lit(x).bit(n))).toBe(((x >> BigInt(n)) & 1n) === 1n);
    }));
  });

  it('reduce, invert and slice', () => {
    checkProperty(fc.property(pair(unsigned), fc.nat(69), fc.nat(69), ([w, x], i, j) => {
      const [lo, hi] = [Math.min(i % w, j % w), Math.max(i % w, j % w)];
      const a = U(w).lit(x);
      expect(valueIn(a.slice(hi, lo))).toBe(BigInt.asUintN(hi - lo + 1, x >> BigInt(lo)));
      expect([truth(a.andR()), truth(a.orR())]).toEqual([x === (1n << BigInt(w)) - 1n, x !== 0n]);
      expect(valueIn(a.not())).toBe(BigInt.asUintN(w, ~x));
      expect(valueIn(a.asSInt())).toBe(BigInt.asIntN(w, x));
    }));
    expect(truth(U(5).lit(0b10110).xorR())).toBe(true);
  });
});

describe('signed numbers', () => {
  it('add, subtract, negate and multiply modulo, exactly and saturating', () => {
    checkProperty(fc.property(pair(signed), ([w, x, y]) => {
      const [a, b] = [S(w).lit(x), S(w).lit(y)];
      const [lo, hi] = [-(1n << BigInt(w - 1)), (1n << BigInt(w - 1)) - 1n];
      expect(valueIn(a.addWrap(b))).toBe(BigInt.asIntN(w, x + y));
      expect(valueIn(a.subWrap(b))).toBe(BigInt.asIntN(w, x - y));
      expect(valueIn(a.negWrap())).toBe(BigInt.asIntN(w, -x));
      expect(valueIn(a.addSat(b))).toBe(clamp(x + y, lo, hi));
      expect(valueIn(a.subSat(b))).toBe(clamp(x - y, lo, hi));
      expect([a.lt(b), a.le(b), a.gt(b), a.ge(b), a.isNegative()].map(truth)).toEqual([x < y, x <= y, x > y, x >= y, x < 0n]);
    }));
    checkProperty(fc.property(twoWidths(signed), ([v, x, w, y]) => {
      const [a, b] = [S(v).lit(x), S(w).lit(y)];
      expect([valueIn(a.addGrow(b)), a.addGrow(b).width]).toEqual([x + y, Math.max(v, w) + 1]);
      expect([valueIn(a.subGrow(b)), a.subGrow(b).width]).toEqual([x - y, Math.max(v, w) + 1]);
      expect([valueIn(a.mul(b)), a.mul(b).width]).toEqual([x * y, v + w]);
      expect(valueIn(a.sat(w))).toBe(clamp(x, -(1n << BigInt(w - 1)), (1n << BigInt(w - 1)) - 1n));
      expect(valueIn(w < v ? a.trunc(w) : a.sext(w))).toBe(BigInt.asIntN(w, x));
    }));
  });

  it('shift right with their sign', () => {
    checkProperty(fc.property(pair(signed), fc.integer({ min: 0, max: 80 }), ([w, x], n) => {
      for (const amount of [n, U(7).lit(n)]) expect(valueIn(S(w).lit(x).shr(amount))).toBe(x >> BigInt(n));
    }));
  });
});

describe('truth values', () => {
  it('combine and choose', () => {
    for (const x of [false, true]) {
      for (const y of [false, true]) {
        const [a, b] = [bool(x), bool(y)];
        expect([a.and(b), a.or(b), a.xor(b), a.eq(b), a.ne(b)].map(truth)).toEqual([x && y, x || y, x !== y, x === y, x !== y]);
        expect(truth(a.not())).toBe(!x);
      }
      expect(valueIn(bool(x).mux(U(4).lit(3), 9))).toBe(x ? 3n : 9n);
      expect(valueIn(bool(x).mux<Value>(S(4).lit(-3), S(4).lit(2)))).toBe(x ? -3n : 2n);
      expect(valueIn(bool(x).asUInt())).toBe(x ? 1n : 0n);
    }
  });
});

describe('aggregates', () => {
  const Pair = bundle('Pair', { high: U(4), low: S(3) });

  it('pack the first field highest and element 0 lowest', () => {
    expect(valueIn(bitsOf(valueOf(Pair, { high: 0xa, low: -1 })))).toBe(0b1010_111n);
    expect(valueIn(valueOf(vec(U(4), 3), [1, 2, 3]).asUInt())).toBe(0x321n);
    expect(valueIn(cat(U(4).lit(1), S(4).lit(-1), bool(true)))).toBe(0b0001_1111_1n);
    expect(valueIn(repeat(U(2).lit(2), 3))).toBe(0b101010n);
  });

  it('come back from their bits', () => {
    const p = fromBits(Pair, U(7).lit(0b1010_111));
    expect([valueIn(p.high), valueIn(p.low)]).toEqual([10n, -1n]);
    expect(valueIn(fromBits(vec(S(4), 2), U(8).lit(0xf1)).at(1))).toBe(-1n);
  });

  it('are chosen as wholes', () => {
    const chosen = bool(false).mux(valueOf(Pair, { high: 1, low: 1 }), valueOf(Pair, { high: 2, low: -2 }));
    expect([valueIn(chosen.high), valueIn(chosen.low)]).toEqual([2n, -2n]);
  });

  it('read 0 past the end of a dynamic index', () => {
    const v = vecOf([5, 6, 7].map((x) => U(4).lit(x)));
    expect([0, 1, 2, 3].map((i) => valueIn(v.at(U(2).lit(i))))).toEqual([5n, 6n, 7n, 0n]);
    expect(v.map((x, i) => valueIn(x) - BigInt(i))).toEqual([5n, 5n, 5n]);
    expect(v.length).toBe(3);
  });
});

describe('enumerations', () => {
  it('number their members from 0 and compare by name', () => {
    const State = enumeration('State', 'idle', 'busy', 'done');
    expect([State.idle, State.busy, State.done].map((s) => valueIn(s.asUInt()))).toEqual([0n, 1n, 2n]);
    expect([truth(State.busy.eq('busy')), truth(State.busy.ne(State.done)), truth(State.busy.isOneOf('idle', 'done'))]).toEqual([true, true, false]);
    expect(State.width).toBe(2);
  });
});

describe('shapes', () => {
  it('know their width', () => {
    expect([B.width, U(7).width, S(9).width, vec(bundle('P', { a: U(3), b: B }), 5).width]).toEqual([1, 7, 9, 20]);
    expect(exprOf(U(8).lit(0xffn)).type).toEqual({ kind: 'uint', width: 8 });
  });
});

describe('a number beside a signal', () => {
  const SAME = ['addWrap', 'subWrap', 'addSat', 'subSat', 'and', 'or', 'xor', 'eq', 'ne', 'lt', 'le', 'gt', 'ge'] as const;
  const GROWING = ['addGrow', 'subGrow', 'mul'] as const;

  it.each(SAME)('is a literal of its type: %s', (method) => {
    for (const [number, other] of [[U(8).lit(200), 100], [S(8).lit(-100), -100], [S(8).lit(100), 7n]] as const) {
      const apply = number[method].bind(number) as (o: unknown) => Value;
      expect(valueIn(apply(other))).toBe(valueIn(apply(number.lit(other))));
      expect(() => apply(256)).toThrow(/literal-range/);
    }
  });

  it.each(GROWING)('has no width of its own: %s', (method) => {
    for (const number of [U(8).lit(200), S(8).lit(-100)]) {
      const apply = number[method].bind(number) as (o: unknown) => Value;
      expect(() => apply(3)).toThrow(/type-mismatch/);
    }
  });

  it('is as good as a choice is: of two things that are no values it is not said that they are literals', () => {
    const mux = bool(true).mux.bind(bool(true)) as (a: unknown, b: unknown) => unknown;
    expect(() => mux(1, 2)).toThrow('type-mismatch: mux of two literals has no type');
    expect(() => mux({ valid: bool(true), index: U(2).lit(1) }, 0)).toThrow('type-mismatch: mux of an object and number 0 has no type');
  });
});
