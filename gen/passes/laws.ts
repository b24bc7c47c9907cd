/**
 * Laws of operators: what an operation is worth whatever its operands are, because one of them is a special constant or because they are
 * one value. Each says its pattern, its result and why it holds in every width and sign that its operator takes; the test tries them all.
 * A law makes no new work. Must not know what makes up operands: of them it asks whether they are constants, negations or the same node.
 */
import type { Binary, BinaryFn, Cat, Expr, Lit, Mux, Unary, UnaryFn } from '../ir/expr.ts';
import { BOOL, indexWidth, numeric, sameType, uintType, widthOf } from '../ir/types.ts';
import type { ScalarType, Type } from '../ir/types.ts';

export interface Law<E extends Expr> {
  /** Pattern and result: `x`, `y` any operand, `c` a condition, `0`, `1`, `-1` (all ones), `min`, `max` constants of the operand's type. */
  readonly says: string;
  readonly because: string;
  /** The result; nothing where the pattern does not fit. */
  apply(e: E): Expr | undefined;
}

const mask = (w: number): bigint => (1n << BigInt(w)) - 1n;

export function lit(type: ScalarType, value: bigint): Lit {
  return { op: 'lit', type, value: value & mask(widthOf(type)) };
}

const isLit = (x: Expr, v: bigint): boolean => x.op === 'lit' && x.value === v;
const isZero = (x: Expr): boolean => isLit(x, 0n);
const isOnes = (x: Expr): boolean => isLit(x, mask(widthOf(x.type)));
/** The number 1: of one signed bit there is none. */
const isOne = (x: Expr): boolean => x.op === 'lit' && numeric(x.type, x.value) === 1n;
const isMin = (x: Expr): boolean => x.op === 'lit' && numeric(x.type, x.value) === (x.type.kind === 'sint' ? -(1n << BigInt(x.type.width - 1)) : 0n);
const isMax = (x: Expr): boolean => x.op === 'lit' && numeric(x.type, x.value) === (x.type.kind === 'sint' ? mask(x.type.width - 1) : mask(widthOf(x.type)));
const isNot = (x: Expr, of: Expr): boolean => x.op === 'unary' && x.fn === 'not' && x.a === of;

/** `false`, as `undefined`: the pattern does not fit. */
function law<E extends Expr>(says: string, because: string, apply: (e: E) => Expr | undefined | false): Law<E> {
  return { says, because, apply: (e) => apply(e) || undefined };
}

/** Of an operation whose operands may change places: the other operand of one that fits. */
const beside = ({ a, b }: Binary, fits: (x: Expr) => boolean): Expr | undefined => (fits(b) ? a : fits(a) ? b : undefined);
const some = ({ a, b }: Binary, fits: (x: Expr) => boolean): boolean => fits(a) || fits(b);
const areOne = ({ a, b }: Binary): boolean => a === b;
const areOpposite = ({ a, b }: Binary): boolean => isNot(a, b) || isNot(b, a);

const sited = (e: Expr): { readonly site?: Expr['site'] } => (e.site ? { site: e.site } : {});
const not = (e: Expr, a: Expr, type: ScalarType = BOOL): Unary => ({ op: 'unary', fn: 'not', type, a, ...sited(e) });
const both = (e: Expr, a: Expr, b: Expr): Binary => ({ op: 'binary', fn: 'and', type: BOOL, a, b, ...sited(e) });
const either = (e: Expr, a: Expr, b: Expr): Binary => ({ op: 'binary', fn: 'or', type: BOOL, a, b, ...sited(e) });
const seenAs = (of: Expr, type: Type): Expr => (sameType(of.type, type) ? of : { op: 'cast', type, of });
const widened = (of: Expr, type: ScalarType): Expr => (widthOf(of.type) === widthOf(type) ? seenAs(of, type) : { op: 'extend', type, of });

const OF_ONE_BIT = law<Unary>('&x, |x, ^x = x of one bit', 'one bit is all of its bits, any of them, and their parity',
  (e) => widthOf(e.a.type) === 1 && seenAs(e.a, e.type));
const TWICE = law<Unary>('~~x = x, -(-x) = x', 'both undo themselves, modulo 2^width too', (e) => e.a.op === 'unary' && e.a.fn === e.fn && e.a.a);

export const UNARY_LAWS: Readonly<Record<UnaryFn, readonly Law<Unary>[]>> = {
  not: [TWICE], neg: [TWICE], andR: [OF_ONE_BIT], orR: [OF_ONE_BIT], xorR: [OF_ONE_BIT],
};

const EQUAL_TO_CONSTANT = law<Binary>('c == 1, c != 0 = c; c == 0, c != 1 = !c', 'a truth value is what it is compared with or the opposite', (e) => {
  if (e.a.type.kind !== 'bool' || e.b.op !== 'lit') return undefined;
  return (e.b.value === 1n) === (e.fn === 'eq') ? e.a : not(e, e.a);
});
const SHIFTED_BY_NONE = law<Binary>('x << 0, x >> 0, 0 << x, 0 >> x = the left operand', 'no bit moves, or none is 1; the sign that moves in is 0',
  (e) => (isZero(e.a) || isZero(e.b)) && e.a);
const SHIFTED_FAR = law<Binary>('x << k, x >> k of k >= width = 0, or the sign', 'all bits are shifted out; a signed number leaves its sign, as by width - 1', (e) => {
  if (e.b.op !== 'lit') return undefined;
  const w = widthOf(e.type);
  const keepsSign = e.fn === 'shr' && e.type.kind === 'sint';
  if (e.b.value >= BigInt(w) && !keepsSign) return lit(e.type, 0n);
  const amount = e.b.value < BigInt(w) ? e.b.value : BigInt(w - 1);
  if (amount === 0n) return e.a;
  // In as many bits as it needs; tools refuse wide ones.
  const type = uintType(indexWidth(w));
  return sameType(type, e.b.type) && amount === e.b.value ? undefined : { ...e, b: lit(type, amount) };
});

export const BINARY_LAWS: Readonly<Record<BinaryFn, readonly Law<Binary>[]>> = {
  and: [
    law('x & 0 = 0', 'no bit is 1 in 0', (e) => some(e, isZero) && lit(e.type, 0n)),
    law('x & -1 = x', 'every bit is 1 in -1', (e) => beside(e, isOnes)),
    law('x & x = x', 'bit by bit', (e) => areOne(e) && e.a),
    law('x & ~x = 0', 'no bit is 1 in both', (e) => areOpposite(e) && lit(e.type, 0n)),
  ],
  or: [
    law('x | -1 = -1', 'every bit is 1 in -1', (e) => some(e, isOnes) && lit(e.type, mask(widthOf(e.type)))),
    law('x | 0 = x', 'no bit is 1 in 0', (e) => beside(e, isZero)),
    law('x | x = x', 'bit by bit', (e) => areOne(e) && e.a),
    law('x | ~x = -1', 'every bit is 1 in one of them', (e) => areOpposite(e) && lit(e.type, mask(widthOf(e.type)))),
  ],
  xor: [
    law('x ^ 0 = x', 'no bit is 1 in 0', (e) => beside(e, isZero)),
    law('x ^ x = 0', 'no bit differs', (e) => areOne(e) && lit(e.type, 0n)),
    law('x ^ ~x = -1', 'every bit differs', (e) => areOpposite(e) && lit(e.type, mask(widthOf(e.type)))),
    law('c ^ 1 = !c', 'of numbers the constant stays, for it may have a meaning', (e) => {
      const x = e.type.kind === 'bool' ? beside(e, isOnes) : undefined;
      return x && not(e, x);
    }),
  ],
  add: [law('x + 0 = x', 'modulo 2^width too', (e) => beside(e, isZero))],
  sub: [
    law('x - 0 = x', 'modulo 2^width too', (e) => isZero(e.b) && e.a),
    law('x - x = 0', 'modulo 2^width too', (e) => areOne(e) && lit(e.type, 0n)),
  ],
  mul: [
    law('x * 0 = 0', 'in every width', (e) => some(e, isZero) && lit(e.type, 0n)),
    law('x * 1 = x, extended to the width of the product', 'the product has the sign of its operands', (e) => {
      const x = beside(e, isOne);
      return x && widened(x, e.type);
    }),
  ],
  shl: [SHIFTED_BY_NONE, SHIFTED_FAR],
  shr: [SHIFTED_BY_NONE, SHIFTED_FAR],
  eq: [EQUAL_TO_CONSTANT, law('x == x = 1', 'one value in one cycle', (e) => areOne(e) && lit(e.type, 1n))],
  ne: [EQUAL_TO_CONSTANT, law('x != x = 0', 'one value in one cycle', (e) => areOne(e) && lit(e.type, 0n))],
  lt: [
    law('x < min, max < x = 0', 'nothing is beyond the ends of the type', (e) => (isMin(e.b) || isMax(e.a)) && lit(e.type, 0n)),
    law('x < x = 0', 'one value in one cycle', (e) => areOne(e) && lit(e.type, 0n)),
  ],
  le: [
    law('min <= x, x <= max = 1', 'nothing is beyond the ends of the type', (e) => (isMin(e.a) || isMax(e.b)) && lit(e.type, 1n)),
    law('x <= x = 1', 'one value in one cycle', (e) => areOne(e) && lit(e.type, 1n)),
  ],
};

/** Comparisons of a value with constants: such a choice may be an arm of a `case`, which shows more than the same in gates would. */
function isLabel(cond: Expr): boolean {
  let last = cond;
  while (last.op === 'binary' && last.fn === 'or') last = last.b;
  return last.op === 'binary' && last.fn === 'eq' && last.b.op === 'lit';
}
const isBool = (e: Mux): boolean => e.type.kind === 'bool';
const isGate = (e: Mux): boolean => isBool(e) && !isLabel(e.cond);

export const MUX_LAWS: readonly Law<Mux>[] = [
  law('1 ? x : y = x, 0 ? x : y = y', 'the other is never taken', (e) => e.cond.op === 'lit' && (e.cond.value === 1n ? e.a : e.b)),
  law('c ? x : x = x', 'both are taken alike', (e) => e.a === e.b && e.a),
  law('!c ? x : y = c ? y : x', 'the other is taken', (e) => e.cond.op === 'unary' && e.cond.fn === 'not' && { ...e, cond: e.cond.a, a: e.b, b: e.a }),
  law('c ? 1 : 0 = c', 'of truth values', (e) => isBool(e) && isLit(e.a, 1n) && isLit(e.b, 0n) && e.cond),
  law('c ? 0 : 1 = !c', 'of truth values', (e) => isBool(e) && isLit(e.a, 0n) && isLit(e.b, 1n) && not(e, e.cond)),
  law('c ? 1 : y, c ? c : y = c | y', 'of truth values', (e) => isGate(e) && (isLit(e.a, 1n) || e.a === e.cond) && either(e, e.cond, e.b)),
  law('c ? x : 0, c ? x : c = c & x', 'of truth values', (e) => isGate(e) && (isLit(e.b, 0n) || e.b === e.cond) && both(e, e.cond, e.a)),
  law('c ? 0 : y = !c & y', 'of truth values', (e) => isGate(e) && isLit(e.a, 0n) && both(e, not(e, e.cond), e.b)),
  law('c ? x : 1 = !c | x', 'of truth values', (e) => isGate(e) && isLit(e.b, 1n) && either(e, not(e, e.cond), e.a)),
];

export const CAT_LAWS: readonly Law<Cat>[] = [
  law('{x} = x', 'the same bits, as a number without sign', (e) => e.parts.length === 1 && seenAs(e.parts[0], e.type)),
];

/** What the first law that fits makes of a node. */
export function byLaw<E extends Expr>(laws: readonly Law<E>[], e: E): Expr | undefined {
  for (const l of laws) {
    const result = l.apply(e);
    if (result) return result;
  }
  return undefined;
}
