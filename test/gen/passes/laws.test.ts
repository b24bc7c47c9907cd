/** Every law of operators holds for all values of small widths, with and without sign, and says what the text shows. */
import { describe, expect, it } from 'vitest';
import { B, In, Out, S, U, bool, cat, elaborate, hw } from '../../../gen/index.ts';
import { operands } from '../../../gen/ir/expr.ts';
import type { Binary, BinaryFn, Expr } from '../../../gen/ir/expr.ts';
import type { Signal } from '../../../gen/ir/module.ts';
import { BOOL, sameType, sintType, typeName, uintType, widthOf } from '../../../gen/ir/types.ts';
import type { ScalarType, Type } from '../../../gen/ir/types.ts';
import { BINARY_LAWS, CAT_LAWS, MUX_LAWS, UNARY_LAWS } from '../../../gen/passes/laws.ts';
import type { Law } from '../../../gen/passes/laws.ts';
import { simplifier } from '../../../gen/passes/simplify.ts';
import { printDesign } from '../../../gen/print/systemverilog.ts';
import { here } from '../../../gen/site.ts';
import { evaluate } from '../evaluate.ts';

const WIDTHS = [1, 2, 3];
const NUMBERS: readonly ScalarType[] = WIDTHS.flatMap((w) => [uintType(w), sintType(w)]);
const TYPES: readonly ScalarType[] = [BOOL, ...NUMBERS];

const signals = new Map<string, Signal>();

/** One signal a name and type. */
function signal(name: string, type: Type): Expr {
  const key = `${name} ${typeName(type)}`;
  const known = signals.get(key) ?? { name: key, kind: 'input' as const, type, site: here() };
  signals.set(key, known);
  return { op: 'ref', type, signal: known };
}

const constant = (type: ScalarType, value: bigint): Expr => ({ op: 'lit', type, value });
const negation = (fn: 'not' | 'neg', type: ScalarType, a: Expr): Expr => ({ op: 'unary', fn, type, a });

/** Two signals, one of them negated too, and all constants. */
const operandsOf = new Map(TYPES.map((type) => {
  const x = signal('x', type);
  return [type, [
    x, signal('y', type), negation('not', type, x), ...(type.kind === 'bool' ? [] : [negation('neg', type, x)]),
    ...Array.from({ length: 2 ** widthOf(type) }, (_, v) => constant(type, BigInt(v))),
  ]] as const;
}));
const of = (type: ScalarType): readonly Expr[] => operandsOf.get(type) ?? [];
const pairs = (first: readonly Expr[], second = first): (readonly [Expr, Expr])[] =>
  first.flatMap((a) => second.map((b) => [a, b] as const));

/** Every operation of the operands that its operator takes. */
function binaries(fn: BinaryFn): Binary[] {
  const made = (type: ScalarType, all: readonly (readonly [Expr, Expr])[]): Binary[] =>
    all.map(([a, b]) => ({ op: 'binary', fn, type, a, b }));
  switch (fn) {
    case 'add':
    case 'sub':
      return NUMBERS.flatMap((t) => made(t, pairs(of(t))));
    case 'and':
    case 'or':
    case 'xor':
      return TYPES.flatMap((t) => made(t, pairs(of(t))));
    case 'mul':
      return NUMBERS.flatMap((a) => NUMBERS.filter((b) => b.kind === a.kind).flatMap((b) =>
        made(a.kind === 'sint' ? sintType(widthOf(a) + widthOf(b)) : uintType(widthOf(a) + widthOf(b)), pairs(of(a), of(b)))));
    case 'shl':
    case 'shr':
      return NUMBERS.flatMap((a) => WIDTHS.flatMap((w) => made(a, pairs(of(a), of(TYPES.find((t) => sameType(t, uintType(w))) ?? a)))));
    default:
      return TYPES.flatMap((t) => made(BOOL, pairs(of(t))));
  }
}

const conditions = of(BOOL);
const UNARY = (['not', 'neg', 'andR', 'orR', 'xorR'] as const).map((fn) => [fn, UNARY_LAWS[fn],
  (fn === 'not' ? TYPES : NUMBERS).flatMap((t) => of(t).map((a) => ({ op: 'unary', fn, type: /not|neg/.test(fn) ? t : BOOL, a } as const)))] as const);
const BINARY = (Object.keys(BINARY_LAWS) as BinaryFn[]).map((fn) => [fn, BINARY_LAWS[fn], binaries(fn)] as const);
const MUX = TYPES.flatMap((type) => conditions.flatMap((cond) => pairs(of(type)).map(([a, b]) => ({ op: 'mux', type, cond, a, b } as const))));
const CAT = TYPES.flatMap((t) => of(t).flatMap((a) => [[a], [a, a]].map((parts) =>
  ({ op: 'cat', type: uintType(parts.length * widthOf(t)), parts } as const))));

const nodes = (e: Expr): number => 1 + operands(e).reduce((n, o) => n + nodes(o), 0);

function signalsIn(e: Expr, found = new Set<Signal>()): Set<Signal> {
  if (e.op === 'ref') found.add(e.signal);
  for (const o of operands(e)) signalsIn(o, found);
  return found;
}

/** The first values for which two expressions differ. */
function difference(before: Expr, after: Expr): object | undefined {
  const inputs = [...signalsIn(before)];
  const bits = inputs.reduce((n, s) => n + widthOf(s.type), 0);
  for (let v = 0; v < 2 ** bits; v++) {
    let rest = v;
    const values = new Map(inputs.map((s) => {
      const own = rest % 2 ** widthOf(s.type);
      rest = Math.floor(rest / 2 ** widthOf(s.type));
      return [s, BigInt(own)] as const;
    }));
    const state = { signals: values, memories: new Map() };
    const [is, was] = [evaluate(after, state), evaluate(before, state)];
    if (is !== was) return { values: [...values].map(([s, x]) => `${s.name} = ${x}`), is, was };
  }
  return undefined;
}

/** Tries a law wherever its pattern fits; the types of what it fits. */
function tried<E extends Expr>(law: Law<E>, all: readonly E[]): Set<string> {
  const types = new Set<string>();
  for (const e of all) {
    const result = law.apply(e);
    if (!result) continue;
    for (const o of operands(e)) types.add(typeName(o.type));
    expect(typeName(result.type)).toBe(typeName(e.type));
    expect(nodes(result)).toBeLessThanOrEqual(nodes(e));
    expect(difference(e, result)).toBeUndefined();
  }
  return types;
}

/** Those whose text speaks of truth values, `c`, or of one bit hold for these alone. */
const isNarrow = ({ says }: { readonly says: string }): boolean => /\bc\b|of one bit/.test(says);

describe('laws of operators', () => {
  const all = [...UNARY, ...BINARY];
  it.each(all.flatMap(([fn, laws, each]) => laws.map((law) => [fn, law.says, law, each] as const)))('%s: %s', (_, __, law, each) => {
    const types = tried(law as Law<Expr>, each);
    const taken = new Set(each.flatMap((e) => operands(e).map((o) => typeName(o.type))));
    if (isNarrow(law)) expect(types.size).toBeGreaterThan(0);
    else expect(types).toEqual(taken);
  });

  it.each(MUX_LAWS.map((law) => [law.says, law] as const))('%s', (_, law) => {
    expect(tried(law, MUX).size).toBeGreaterThan(0);
  });

  it.each(CAT_LAWS.map((law) => [law.says, law] as const))('%s', (_, law) => {
    expect(tried(law, CAT).size).toBe(TYPES.length);
  });

  it('leave nothing that a second look would change', () => {
    for (const e of [...UNARY.flatMap(([, , each]) => each), ...BINARY.flatMap(([, , each]) => each), ...MUX, ...CAT]) {
      const simple = simplifier()(e);
      expect(simplifier()(simple)).toEqual(simple);
    }
  });
});

it('the text shows what operations are worth', () => {
  const [u8, s8, bit] = [Out(U(8)), Out(S(8)), Out(B)];
  const Laws = hw('Laws', {
    a: In(U(8)), b: In(U(8)), s: In(S(8)), c: In(B), d: In(B),
    equal: bit, notEqual: bit, less: bit, notLess: bit, minus: u8, differing: u8, opposite: u8, sums: u8, twice: bit, negated: s8,
    inverted: u8, product: Out(U(9)), signedProduct: Out(S(10)), negative: Out(S(9)),
    oneOf: bit, bothOf: bit, notAnd: bit, notOr: bit, none: bit, alike: bit,
    arm: bit, all: bit, any: bit, parity: bit, joined: Out(U<number>(8)),
  }, (_, io) => {
    const { a, b, s, c, d } = io;
    io.equal = a.eq(a);
    io.notEqual = a.ne(a);
    io.less = a.lt(a);
    io.notLess = s.ge(s);
    io.minus = a.subWrap(a);
    io.differing = a.xor(a);
    io.opposite = a.and(a.not());
    io.sums = a.addWrap(b).subWrap(a.addWrap(b));
    io.twice = s.subWrap(s).le(0).asUInt().le(s.subWrap(s).le(0).asUInt());
    io.negated = s.negWrap().negWrap();
    io.inverted = a.not().not();
    io.product = a.mul(U(1).lit(1));
    io.signedProduct = s.mul(S(2).lit(1));
    // Of one signed bit there is no 1.
    io.negative = s.mul(S(1).lit(-1));
    io.oneOf = c.mux(bool(true), d);
    io.bothOf = c.mux(d, bool(false));
    io.notAnd = c.mux(bool(false), d);
    io.notOr = c.mux(d, bool(true));
    io.none = c.mux(bool(false), bool(true));
    io.alike = c.mux(bool(false), c.not());
    // May be an arm of a `case`.
    io.arm = a.eq(3).mux(d, bool(false));
    io.all = a.slice(0, 0).andR();
    io.any = a.slice(1, 1).orR();
    io.parity = a.slice(2, 2).xorR();
    io.joined = cat(a);
  });
  const [{ text }] = printDesign(elaborate(Laws));
  expect(Object.fromEntries([...text.matchAll(/assign (\w+) = (.*);/g)].map(([, name, value]) => [name, value]))).toEqual({
    equal: '1\'b1', notEqual: '1\'b0', less: '1\'b0', notLess: '1\'b1', minus: '8\'d0', differing: '8\'d0', opposite: '8\'d0', sums: '8\'d0',
    twice: '1\'b1', negated: 's', inverted: 'a', product: '{1\'d0, a}', signedProduct: '{{2{s[7]}}, s}', negative: 's * -9\'sd1',
    oneOf: 'c || d', bothOf: 'c && d', notAnd: '!c && d', notOr: '!c || d', none: '!c', alike: '!c', arm: 'a == 8\'d3 ? d : 1\'b0',
    all: 'a[0]', any: 'a[1]', parity: 'a[2]', joined: 'a', unused: '&{1\'b0, b}',
  });
});
