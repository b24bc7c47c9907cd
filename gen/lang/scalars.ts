/**
 * Truth values, numbers and enumerations as the designer handles them: thin typed handles around IR expressions. Every
 * operation says in its name what happens to the width (Grow, Wrap, Sat, trunc, zext, sext); nothing truncates or changes
 * sign silently.
 */
import { DesignError } from '../design-error.ts';
import { giveHint, laneRange } from '../ir/expr.ts';
import type { BinaryFn, Expr, LaneIndex, UnaryFn } from '../ir/expr.ts';
import { BOOL, indexWidth, sintType, typeName, uintType, widthOf } from '../ir/types.ts';
import type { ScalarType } from '../ir/types.ts';
import { here } from '../site.ts';
import type { Site } from '../site.ts';
import { ANY, INDEX, LITERAL, NUMBER, SINT, TEXT, UINT, VALUE, guard } from './arguments.ts';
import { handle, wrap } from './handles.ts';
import { LIMITS, checkedWidth } from './limits.ts';
import { EXPR, Value, castTo, declaredAt, describe, exprName, exprOf, extendTo, literal, toExpr } from './value.ts';
import type { Num } from './value.ts';
import type { Add, Max, Span } from './widths.ts';

function unary(fn: UnaryFn, type: ScalarType, a: Value): Expr {
  return { op: 'unary', fn, type, a: a.expr, site: here() };
}

/** Binary operator on operands of one type. */
function same(fn: BinaryFn, a: Value, b: Value | Num | boolean | string, result?: ScalarType): Expr {
  const site = here();
  const bx = toExpr(b, a.expr.type, site);
  return { op: 'binary', fn, type: result ?? (a.expr.type as ScalarType), a: a.expr, b: bx, site };
}

/** A lane is compared with any whole number: with one beyond its width all lanes compare alike. */
function compared(fn: 'eq' | 'ne' | 'lt' | 'le', a: Value, b: Value | Num): Bool {
  const isNumber = typeof b === 'bigint' || (typeof b === 'number' && Number.isSafeInteger(b));
  if (!isNumber || a.expr.op !== 'lane' || (b >= 0 && BigInt(b) < 1n << BigInt(widthOf(a.expr.type)))) return new Bool(same(fn, a, b, BOOL));
  return new Bool(literal(BOOL, fn === 'ne' || (fn !== 'eq' && b >= 0), here()));
}

function sliceExpr(v: Value, hi: number, lo: number): Expr {
  const site = here();
  const w = widthOf(v.expr.type);
  if (!(Number.isInteger(hi) && Number.isInteger(lo) && lo >= 0 && hi >= lo && hi < w)) {
    throw new DesignError('out-of-range', `bits ${hi}:${lo} of a ${w}-bit value`, site, undefined, `use ${w - 1} >= hi >= lo >= 0`);
  }
  const type = uintType(hi - lo + 1);
  return lo === 0 && hi === w - 1 ? castTo(v.expr, type, site) : { op: 'slice', type, of: v.expr, lo, site };
}

function shiftExpr(fn: 'shl' | 'shr', a: Value, amount: UInt | number): Expr {
  const site = here();
  if (typeof amount === 'number') {
    const w = widthOf(a.expr.type);
    if (!Number.isInteger(amount) || amount < 0 || amount > LIMITS.width.most) {
      throw new DesignError('out-of-range', `shift by ${amount}`, site, undefined, `shift by 0 or more, and at most ${LIMITS.width.most}`);
    }
    const b: Expr = { op: 'lit', type: uintType(indexWidth(Math.max(amount + 1, w + 1))), value: BigInt(amount) };
    return { op: 'binary', fn, type: a.expr.type as ScalarType, a: a.expr, b, site };
  }
  // Verilator computes with amounts of up to 32 bits; whatever does not fit shifts everything out anyway.
  const b = amount.width > 31 ? amount.sat(31) : amount;
  return { op: 'binary', fn, type: a.expr.type as ScalarType, a: a.expr, b: b.expr, site };
}

/** What the language makes of a value that has a name, on the way to what was asked for, is called after it: `live_from`. */
export function hintAfter(of: Value, role: string, made: Value): void {
  let e = of.expr;
  while (e.op === 'cast') e = e.of;
  const name = e.op === 'ref' ? e.signal.name : e.op === 'field' ? e.name : e.hint;
  if (name !== undefined && made.expr.hint === undefined) giveHint(made.expr, `${name}_${role}`);
}

/** One-bit truth value. */
export class Bool extends Value {
  get kind(): 'bool' {
    return 'bool';
  }
  get width(): 1 {
    return 1;
  }
  and(o: Bool | boolean): Bool {
    return new Bool(same('and', this, o));
  }
  or(o: Bool | boolean): Bool {
    return new Bool(same('or', this, o));
  }
  xor(o: Bool | boolean): Bool {
    return new Bool(same('xor', this, o));
  }
  not(): Bool {
    return new Bool(unary('not', BOOL, this));
  }
  eq(o: Bool | boolean): Bool {
    return new Bool(same('eq', this, o, BOOL));
  }
  ne(o: Bool | boolean): Bool {
    return new Bool(same('ne', this, o, BOOL));
  }
  /** `this ? a : b`. Both of one type; a number is a literal of the other's type. */
  mux<T>(a: T | Num, b: T | Num): T {
    const site = here();
    const typed = [a, b].map((x) => (x instanceof Value ? x.expr : x !== null && typeof x === 'object' && EXPR in x ? (x as { [EXPR]: Expr })[EXPR] : undefined));
    const type = (typed[0] ?? typed[1])?.type;
    if (!type) {
      const what = [a, b].some((x) => typeof x === 'object' || typeof x === 'function') ? `mux of ${describe(a)} and ${describe(b)}` : 'mux of two literals';
      throw new DesignError('type-mismatch', `${what} has no type`, site, undefined, 'write one of them as U(width).lit(value)');
    }
    const e: Expr = { op: 'mux', type, cond: this.expr, a: toExpr(a, type, site), b: toExpr(b, type, site), site };
    return wrap(e) as T;
  }
  asUInt(): UInt<1> {
    return new UInt<1>(castTo(this.expr, uintType(1)));
  }
}

/** What UInt and SInt share. `Same`: what they compare with, numbers of the same kind and width. */
abstract class Bits<W extends number, Same extends Value> extends Value {
  get width(): W {
    return widthOf(this.expr.type) as W;
  }
  /** A number as a literal of this value's type: `r.count = r.count.lit(0)`. */
  abstract lit(value: Num): Value;
  eq(o: Same | Num): Bool {
    return compared('eq', this, o);
  }
  ne(o: Same | Num): Bool {
    return compared('ne', this, o);
  }
  lt(o: Same | Num): Bool {
    return compared('lt', this, o);
  }
  le(o: Same | Num): Bool {
    return compared('le', this, o);
  }
  gt(o: Same | Num): Bool {
    return this.le(o).not();
  }
  ge(o: Same | Num): Bool {
    return this.lt(o).not();
  }
  /** Bit `i` as a truth value; a dynamic index past the end reads 0. */
  bit(i: number | UInt): Bool {
    if (typeof i === 'number') return new Bool(castTo(sliceExpr(this, i, i), BOOL));
    if (i.expr.op === 'lane') return new Bool(laneBit(this, i.expr));
    const shifted = new UInt(shiftExpr('shr', this.asUInt(), i));
    hintAfter(this, 'from', shifted);
    return new Bool(castTo(sliceExpr(shifted, 0, 0), BOOL));
  }
  /** Bits `hi` down to `lo`, unsigned. */
  slice<H extends number, L extends number>(hi: H, lo: L): UInt<Span<H, L>> {
    return new UInt(sliceExpr(this, hi, lo));
  }
  /** This value above the others: `{this, ...others}`. */
  cat(...others: readonly Value[]): UInt {
    return cat(this, ...others);
  }
  /** All bits are 1. */
  andR(): Bool {
    return new Bool(unary('andR', BOOL, this));
  }
  /** Some bit is 1. */
  orR(): Bool {
    return new Bool(unary('orR', BOOL, this));
  }
  /** Parity. */
  xorR(): Bool {
    return new Bool(unary('xorR', BOOL, this));
  }
}

/** Unsigned number of `W` bits. */
export class UInt<W extends number = number> extends Bits<W, UInt<W>> {
  get kind(): 'uint' {
    return 'uint';
  }
  lit(value: Num): UInt<W> {
    return new UInt(literal(uintType(this.width), value, here()));
  }
  /** Exact sum: one bit wider than the wider operand. */
  addGrow<V extends number>(o: UInt<V>): UInt<Add<Max<W, V>, 1>> {
    return new UInt(grow('add', this, o, 'uint'));
  }
  /** Exact difference: signed, one bit wider than the wider operand. */
  subGrow<V extends number>(o: UInt<V>): SInt<Add<Max<W, V>, 1>> {
    return new SInt(grow('sub', this, o, 'sint'));
  }
  addWrap(o: UInt<W> | Num): UInt<W> {
    return new UInt(same('add', this, o));
  }
  subWrap(o: UInt<W> | Num): UInt<W> {
    return new UInt(same('sub', this, o));
  }
  /** Sum, or the largest value if it does not fit. */
  addSat(o: UInt<W> | Num): UInt<W> {
    return (this.addGrow(new UInt<W>(toExpr(o, this.expr.type, here()))) as UInt).sat(this.width) as UInt<W>;
  }
  /** Difference, or 0 if it is negative. */
  subSat(o: UInt<W> | Num): UInt<W> {
    return this.lt(o).mux<UInt<W>>(0, this.subWrap(o));
  }
  /** Exact product. */
  mul<V extends number>(o: UInt<V>): UInt<Add<W, V>> {
    return new UInt({ op: 'binary', fn: 'mul', type: uintType(this.width + o.width), a: this.expr, b: o.expr, site: here() });
  }
  and(o: UInt<W> | Num): UInt<W> {
    return new UInt(same('and', this, o));
  }
  or(o: UInt<W> | Num): UInt<W> {
    return new UInt(same('or', this, o));
  }
  xor(o: UInt<W> | Num): UInt<W> {
    return new UInt(same('xor', this, o));
  }
  not(): UInt<W> {
    return new UInt(unary('not', this.expr.type as ScalarType, this));
  }
  /** Left shift; bits shifted out are lost, the width stays. */
  shlWrap(amount: UInt | number): UInt<W> {
    return new UInt(shiftExpr('shl', this, amount));
  }
  /** Left shift by a constant that keeps every bit: `amount` bits wider. */
  shlGrow<N extends number>(amount: N): UInt<Add<W, N>> {
    if (amount === 0) return new UInt(this.expr);
    const site = here();
    const low: Expr = { op: 'lit', type: uintType(checkedWidth(amount, 'left shift', site)), value: 0n, site };
    return new UInt(cat(this, new UInt(low)).expr);
  }
  /** Logical right shift; the width stays. */
  shr(amount: UInt | number): UInt<W> {
    return new UInt(shiftExpr('shr', this, amount));
  }
  zext<V extends number>(width: V): UInt<V> {
    return new UInt(extendChecked(this, uintType(width)));
  }
  /** Drops high bits. */
  trunc<V extends number>(width: V): UInt<V> {
    return new UInt(truncChecked(this, width, uintType(width)));
  }
  /** The value, or the largest of `width` bits. */
  sat<V extends number>(width: V): UInt<V> {
    checkedWidth(width, 'saturation', here());
    if (width >= this.width) return this.zext(width);
    const over = this.slice(this.width - 1, width).orR();
    return over.mux<UInt<V>>((1n << BigInt(width)) - 1n, this.trunc(width));
  }
  /** Fits a width that is only known at elaboration to a literal one; the widths must be equal. */
  exact<V extends number>(width: V): UInt<V> {
    const site = here();
    return new UInt(toExpr(this, uintType(checkedWidth(width, 'number', site)), site));
  }
  asSInt(): SInt<W> {
    return new SInt(castTo(this.expr, sintType(this.width)));
  }
  asUInt(): UInt<W> {
    return this;
  }
  /** One bit as a truth value. */
  asBool(this: UInt<1> | UInt): Bool {
    return new Bool(toExpr(new Bool(castTo(toExpr(this, uintType(1), here()), BOOL)), BOOL, here()));
  }
}

/** Two's complement number of `W` bits. */
export class SInt<W extends number = number> extends Bits<W, SInt<W>> {
  get kind(): 'sint' {
    return 'sint';
  }
  lit(value: Num): SInt<W> {
    return new SInt(literal(sintType(this.width), value, here()));
  }
  addGrow<V extends number>(o: SInt<V>): SInt<Add<Max<W, V>, 1>> {
    return new SInt(grow('add', this, o, 'sint'));
  }
  subGrow<V extends number>(o: SInt<V>): SInt<Add<Max<W, V>, 1>> {
    return new SInt(grow('sub', this, o, 'sint'));
  }
  addWrap(o: SInt<W> | Num): SInt<W> {
    return new SInt(same('add', this, o));
  }
  subWrap(o: SInt<W> | Num): SInt<W> {
    return new SInt(same('sub', this, o));
  }
  addSat(o: SInt<W> | Num): SInt<W> {
    return (this.addGrow(new SInt<W>(toExpr(o, this.expr.type, here()))) as SInt).sat(this.width) as SInt<W>;
  }
  subSat(o: SInt<W> | Num): SInt<W> {
    return (this.subGrow(new SInt<W>(toExpr(o, this.expr.type, here()))) as SInt).sat(this.width) as SInt<W>;
  }
  mul<V extends number>(o: SInt<V>): SInt<Add<W, V>> {
    return new SInt({ op: 'binary', fn: 'mul', type: sintType(this.width + o.width), a: this.expr, b: o.expr, site: here() });
  }
  /** Negation; the most negative value stays itself. */
  negWrap(): SInt<W> {
    return new SInt(unary('neg', this.expr.type as ScalarType, this));
  }
  and(o: SInt<W> | Num): SInt<W> {
    return new SInt(same('and', this, o));
  }
  or(o: SInt<W> | Num): SInt<W> {
    return new SInt(same('or', this, o));
  }
  xor(o: SInt<W> | Num): SInt<W> {
    return new SInt(same('xor', this, o));
  }
  not(): SInt<W> {
    return new SInt(unary('not', this.expr.type as ScalarType, this));
  }
  shlWrap(amount: UInt | number): SInt<W> {
    return new SInt(shiftExpr('shl', this, amount));
  }
  /** Arithmetic right shift; the width stays. */
  shr(amount: UInt | number): SInt<W> {
    return new SInt(shiftExpr('shr', this, amount));
  }
  sext<V extends number>(width: V): SInt<V> {
    return new SInt(extendChecked(this, sintType(width)));
  }
  trunc<V extends number>(width: V): SInt<V> {
    return new SInt(truncChecked(this, width, sintType(width)));
  }
  /** The value, or the nearest that `width` bits can hold. */
  sat<V extends number>(width: V): SInt<V> {
    checkedWidth(width, 'saturation', here());
    if (width >= this.width) return this.sext(width);
    const top = this.slice(this.width - 1, width - 1);
    hintAfter(this, 'top', top);
    const fits = top.andR().or(top.orR().not());
    const max = (1n << BigInt(width - 1)) - 1n;
    const limit = this.isNegative().mux<SInt<V>>(new SInt<V>(literal(sintType(width), -max - 1n, here())), max);
    return fits.mux(this.trunc(width), limit);
  }
  isNegative(): Bool {
    return this.bit(this.width - 1);
  }
  exact<V extends number>(width: V): SInt<V> {
    const site = here();
    return new SInt(toExpr(this, sintType(checkedWidth(width, 'number', site)), site));
  }
  asUInt(): UInt<W> {
    return new UInt(castTo(this.expr, uintType(this.width)));
  }
}

/** The bit of a lane: known to exist, so nothing need be shifted. */
function laneBit(v: Value, index: LaneIndex): Expr {
  const site = here();
  const width = widthOf(v.expr.type);
  const { most } = laneRange(index);
  if (most >= width) throw new DesignError('out-of-range', `bit ${most} of ${exprName(v.expr)} (${typeName(v.expr.type)})`, site, declaredAt(v.expr), `use 0..${width - 1}`);
  return { op: 'index', type: BOOL, of: castTo(v.expr, { kind: 'vec', element: BOOL, length: width }), index, site };
}

function grow(fn: 'add' | 'sub', a: Value, b: Value, kind: 'uint' | 'sint'): Expr {
  const w = Math.max(widthOf(a.expr.type), widthOf(b.expr.type)) + 1;
  const operandType = a.expr.type.kind === 'sint' ? sintType(w) : uintType(w);
  const e: Expr = { op: 'binary', fn, type: operandType, a: extendTo(a.expr, operandType), b: extendTo(b.expr, operandType), site: here() };
  return castTo(e, kind === 'sint' ? sintType(w) : uintType(w));
}

function extendChecked(v: Value, type: ScalarType): Expr {
  const site = here();
  const w = checkedWidth(widthOf(type), 'extension', site);
  if (w < widthOf(v.expr.type)) {
    throw new DesignError('width-mismatch', `extension of ${exprName(v.expr)} (${typeName(v.expr.type)}) to ${w} bits`, site, declaredAt(v.expr), 'trunc() or sat()');
  }
  return extendTo(v.expr, type, site);
}

function truncChecked(v: Value, width: number, type: ScalarType): Expr {
  const site = here();
  const w = checkedWidth(width, 'truncation', site);
  if (w > widthOf(v.expr.type)) {
    const mend = type.kind === 'sint' ? 'sext()' : 'zext()';
    throw new DesignError('width-mismatch', `truncation of ${exprName(v.expr)} (${typeName(v.expr.type)}) to ${w} bits`, site, declaredAt(v.expr), mend);
  }
  return castTo(sliceExpr(v, w - 1, 0), type, site);
}

/** Member of an enumeration. */
export class Enum<M extends string = string> extends Value {
  get kind(): 'enum' {
    return 'enum';
  }
  declare readonly member: M;
  eq(o: Enum<M> | M): Bool {
    return new Bool(same('eq', this, o, BOOL));
  }
  ne(o: Enum<M> | M): Bool {
    return new Bool(same('ne', this, o, BOOL));
  }
  /** The state is one of these. */
  isOneOf(first: M, ...rest: readonly M[]): Bool {
    return rest.reduce((any, m) => any.or(this.eq(m)), this.eq(first));
  }
  asUInt(): UInt {
    return new UInt(castTo(this.expr, uintType(widthOf(this.expr.type))));
  }
}

/** Concatenation, most significant first. Parts of no bits vanish. */
export function cat(...parts: readonly Value[]): UInt {
  if (parts.length === 0) throw new DesignError('bad-width', 'concatenation of nothing', here(), undefined, 'give at least one value');
  return joined(parts, here());
}

function joined(parts: readonly Value[], site: Site): UInt {
  const exprs = parts.map((p) => p.asUInt().expr).filter((e) => widthOf(e.type) > 0);
  if (exprs.length === 1) return new UInt(exprs[0]);
  return new UInt({ op: 'cat', type: uintType(exprs.reduce((s, e) => s + widthOf(e.type), 0)), parts: exprs, site });
}

/** `value` repeated `times`, as one number. Zero times it has no bits: then it may stand in `cat` only, where it vanishes. */
export function repeat(value: Value, times: number): UInt {
  const site = here();
  if (!Number.isInteger(times) || times < 0) throw new DesignError('bad-width', `${times} repetitions`, site, undefined, 'repeat a whole number of times, 0 or more');
  if (times > 0) checkedWidth(widthOf(value.expr.type) * times, 'repetition', site);
  const bits = value.asUInt();
  return joined(Array.from({ length: times }, () => bits), site);
}

/** Unsigned view of any hardware value, records included. */
export function bitsOf(v: unknown): UInt {
  const e = exprOf(v);
  return new UInt(castTo(e, uintType(widthOf(e.type))));
}

const COMMON = { asUInt: {}, named: { name: TEXT }, note: { text: TEXT } };
const EQUALITY = { eq: { other: ANY }, ne: { other: ANY } };
const COMPARISONS = { ...EQUALITY, lt: { other: ANY }, le: { other: ANY }, gt: { other: ANY }, ge: { other: ANY } };
const BITS = { bit: { i: INDEX }, slice: { hi: NUMBER, lo: NUMBER }, cat: { '...others': VALUE }, andR: {}, orR: {}, xorR: {}, lit: { value: LITERAL } };
const LOGIC = { and: { other: ANY }, or: { other: ANY }, xor: { other: ANY }, not: {} };
const WRAPPING = {
  addWrap: { other: ANY }, subWrap: { other: ANY }, addSat: { other: ANY }, subSat: { other: ANY }, shlWrap: { amount: INDEX },
  shr: { amount: INDEX },
};
const WIDTHS = { trunc: { width: NUMBER }, sat: { width: NUMBER }, exact: { width: NUMBER } };
/** What two numbers of different widths may do must at least be told their sign. */
const exact = (same: typeof UINT) => ({ addGrow: { other: same }, subGrow: { other: same }, mul: { other: same } });

guard(Bool, 'Bool', { ...LOGIC, ...EQUALITY, mux: { a: ANY, b: ANY }, ...COMMON });
guard<UInt>(UInt, 'UInt', {
  ...COMPARISONS, ...BITS, ...LOGIC, ...WRAPPING, ...WIDTHS, ...exact(UINT),
  shlGrow: { amount: NUMBER }, zext: { width: NUMBER }, asSInt: {}, asBool: {}, ...COMMON,
});
guard<SInt>(SInt, 'SInt', {
  ...COMPARISONS, ...BITS, ...LOGIC, ...WRAPPING, ...WIDTHS, ...exact(SINT),
  sext: { width: NUMBER }, negWrap: {}, isNegative: {}, ...COMMON,
});
guard<Enum>(Enum, 'Enum', { ...EQUALITY, isOneOf: { first: TEXT, '...rest': TEXT }, ...COMMON });

handle('bool', (e) => new Bool(e));
handle('uint', (e) => new UInt(e));
handle('sint', (e) => new SInt(e));
handle('enum', (e) => new Enum(e));
