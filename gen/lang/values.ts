/**
 * Hardware values as the designer handles them: thin typed handles around IR expressions. Every operation says in its name
 * what happens to the width (Grow, Wrap, Sat, trunc, zext, sext); nothing truncates or changes sign silently.
 */
import { DesignError } from '../design-error.ts';
import type { BinaryFn, Expr, UnaryFn } from '../ir/expr.ts';
import { BOOL, indexWidth, sameType, sintType, typeName, uintType, widthOf } from '../ir/types.ts';
import type { BundleType, EnumType, ScalarType, Type, VecType } from '../ir/types.ts';
import { here } from '../site.ts';
import type { Site } from '../site.ts';
import type { Add, Max } from './widths.ts';

/** Key under which an aggregate (bundle record) carries its expression. */
export const EXPR = Symbol('expr');

type Num = number | bigint;

function operatorTrap(): never {
  throw new DesignError('operator', 'a signal was used with a JavaScript operator or in a template', here(), undefined,
    'use the methods: a.addWrap(b), a.lt(b), a.eq(b), cond.mux(a, b)');
}

/** What all hardware values share. */
export abstract class Value {
  constructor(readonly expr: Expr) {}
  /** Reinterprets the bits as an unsigned number of the same width. */
  abstract asUInt(): UInt;
  [Symbol.toPrimitive](): never {
    return operatorTrap();
  }
}

/** Makes the literal's bit pattern, checking its range. */
export function literal(type: ScalarType, value: Num | boolean, site: Site): Expr {
  const v = typeof value === 'boolean' ? (value ? 1n : 0n) : toBigInt(value, site);
  const w = BigInt(widthOf(type));
  const [lo, hi] = type.kind === 'sint' ? [-(1n << (w - 1n)), (1n << (w - 1n)) - 1n] : [0n, (1n << w) - 1n];
  if (v < lo || v > hi) {
    throw new DesignError('literal-range', `${v} does not fit ${typeName(type)} (${lo}..${hi})`, site, undefined, 'use a value in range or a wider type');
  }
  return { op: 'lit', type, value: v & ((1n << w) - 1n), site };
}

function toBigInt(value: Num, site: Site): bigint {
  if (typeof value === 'number' && !Number.isSafeInteger(value)) {
    throw new DesignError('literal-range', `${value} is not a whole number`, site, undefined, 'use an integer or a bigint');
  }
  return BigInt(value);
}

function unary(fn: UnaryFn, type: ScalarType, a: Value): Expr {
  return { op: 'unary', fn, type, a: a.expr, site: here() };
}

/** Binary operator on operands of one type. */
function same(fn: BinaryFn, a: Value, b: Value | Num | boolean | string, result?: ScalarType): Expr {
  const site = here();
  const bx = toExpr(b, a.expr.type, site);
  return { op: 'binary', fn, type: result ?? (a.expr.type as ScalarType), a: a.expr, b: bx, site };
}

export function extendTo(e: Expr, type: ScalarType, site = e.site): Expr {
  if (widthOf(e.type) === widthOf(type)) return e;
  return e.op === 'lit' ? { ...e, type, value: signExtend(e, widthOf(type)) } : { op: 'extend', type, of: e, site };
}

function signExtend(e: Expr & { op: 'lit' }, width: number): bigint {
  const w = widthOf(e.type);
  if (e.type.kind !== 'sint' || e.value < 1n << BigInt(w - 1)) return e.value;
  return (e.value - (1n << BigInt(w))) & ((1n << BigInt(width)) - 1n);
}

function checkedWidth(w: number, what: string, site: Site): number {
  if (!Number.isInteger(w) || w < 1) throw new DesignError('bad-width', `${what} of ${w} bits`, site, undefined, 'a width is a whole number, at least 1');
  return w;
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

export function castTo(e: Expr, type: Type, site?: Site): Expr {
  if (sameType(e.type, type)) return e;
  if (e.op === 'cast') return castTo(e.of, type, site);
  return { op: 'cast', type, of: e, site: site ?? e.site };
}

function shiftExpr(fn: 'shl' | 'shr', a: Value, amount: UInt | number): Expr {
  const site = here();
  if (typeof amount === 'number') {
    const w = widthOf(a.expr.type);
    if (!Number.isInteger(amount) || amount < 0) throw new DesignError('out-of-range', `shift by ${amount}`, site, undefined, 'shift by 0 or more');
    const b: Expr = { op: 'lit', type: uintType(indexWidth(Math.max(amount + 1, w + 1))), value: BigInt(amount) };
    return { op: 'binary', fn, type: a.expr.type as ScalarType, a: a.expr, b, site };
  }
  // Verilator computes with amounts of up to 32 bits; whatever does not fit shifts everything out anyway.
  const b = amount.width > 31 ? amount.sat(31) : amount;
  return { op: 'binary', fn, type: a.expr.type as ScalarType, a: a.expr, b: b.expr, site };
}

/** Converts what the user gave to an expression of `type`, with the language's checks. */
export function toExpr(v: unknown, type: Type, site: Site, declared?: Site, name?: string): Expr {
  if (v instanceof Value) return checkType(v.expr, type, site, declared, name);
  if (v !== null && typeof v === 'object' && EXPR in v) return checkType((v as { [EXPR]: Expr })[EXPR], type, site, declared, name);
  if (type.kind === 'bundle' && v !== null && typeof v === 'object') {
    const given = v as Record<string, unknown>;
    for (const key of Object.keys(given)) {
      if (!type.fields.some((f) => f.name === key)) {
        throw new DesignError('type-mismatch', `${typeName(type)} has no field '${key}'`, site, declared, `fields are ${type.fields.map((f) => f.name).join(', ')}`);
      }
    }
    const fields = type.fields.map((f) => {
      if (!(f.name in given)) throw new DesignError('type-mismatch', `field '${f.name}' of ${typeName(type)} is missing`, site, declared, 'give every field');
      return toExpr(given[f.name], f.type, site, declared, f.name);
    });
    return { op: 'bundle', type, fields, site };
  }
  if (type.kind === 'vec' && Array.isArray(v)) {
    if (v.length !== type.length) throw new DesignError('width-mismatch', `${v.length} elements for ${typeName(type)}`, site, declared, 'give one value an element');
    return { op: 'vec', type, items: v.map((x) => toExpr(x, type.element, site, declared)), site };
  }
  if (type.kind === 'enum' && typeof v === 'string') {
    const i = type.members.indexOf(v);
    if (i < 0) throw new DesignError('type-mismatch', `${type.name} has no member '${v}'`, site, declared, `members are ${type.members.join(', ')}`);
    return { op: 'lit', type, value: BigInt(i), site };
  }
  if ((typeof v === 'number' || typeof v === 'bigint' || typeof v === 'boolean') && (type.kind === 'uint' || type.kind === 'sint' || type.kind === 'bool')) {
    return literal(type, v, site);
  }
  throw new DesignError('type-mismatch', `${describe(v)} where ${typeName(type)} is expected`, site, declared, 'convert it by name');
}

function describe(v: unknown): string {
  if (v === undefined) return 'undefined';
  return v === null ? 'null' : typeof v === 'object' ? 'an object' : `${typeof v} ${String(v)}`;
}

function checkType(e: Expr, type: Type, site: Site, declared?: Site, name?: string): Expr {
  if (sameType(e.type, type)) return e;
  const target = name ? `${name} (${typeName(type)})` : typeName(type);
  if (e.type.kind === type.kind && (type.kind === 'uint' || type.kind === 'sint')) {
    const wider = widthOf(e.type) > widthOf(type);
    const mend = wider ? 'trunc(), sat() or widen the target' : type.kind === 'uint' ? 'zext()' : 'sext()';
    throw new DesignError('width-mismatch', `${target} ← ${exprName(e)} (${typeName(e.type)})`, site, declared ?? declaredAt(e), mend);
  }
  throw new DesignError('type-mismatch', `${target} ← ${exprName(e)} (${typeName(e.type)})`, site, declared ?? declaredAt(e), castHint(e.type, type));
}

function castHint(from: Type, to: Type): string {
  if (to.kind === 'bool') return 'use ne(0), bit(i) or asBool()';
  if (from.kind === 'bool') return to.kind === 'uint' ? 'use asUInt().zext()' : 'use asUInt().zext().asSInt()';
  if (to.kind === 'sint' && from.kind === 'uint') return 'use asSInt() or zext().asSInt()';
  if (to.kind === 'uint') return 'use asUInt()';
  return 'convert it by name';
}

function declaredAt(e: Expr): Site | undefined {
  return e.op === 'ref' ? e.signal.site : e.op === 'field' || e.op === 'slice' ? declaredAt(e.of) : undefined;
}

/** How an error names an expression: the signal's path, or what kind of operation it is. */
export function exprName(e: Expr): string {
  switch (e.op) {
    case 'ref':
      return e.signal.name;
    case 'field':
      return `${exprName(e.of)}.${e.name}`;
    case 'index':
      return `${exprName(e.of)}[${typeof e.index === 'number' ? e.index : '…'}]`;
    case 'lit':
      return String(e.value);
    case 'binary':
    case 'unary':
      return e.fn;
    default:
      return e.op;
  }
}

/** One-bit truth value. */
export class Bool extends Value {
  declare readonly kind: 'bool';
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
    if (!type) throw new DesignError('type-mismatch', 'mux of two literals has no type', site, undefined, 'write one of them as U(width).lit(value)');
    const e: Expr = { op: 'mux', type, cond: this.expr, a: toExpr(a, type, site), b: toExpr(b, type, site), site };
    return wrap(e) as T;
  }
  asUInt(): UInt<1> {
    return new UInt<1>(castTo(this.expr, uintType(1)));
  }
}

/** What UInt and SInt share. */
abstract class Bits<W extends number> extends Value {
  get width(): W {
    return widthOf(this.expr.type) as W;
  }
  protected abstract make<V extends number>(e: Expr): unknown & { readonly width: V };
  eq(o: this | Num): Bool {
    return new Bool(same('eq', this, o, BOOL));
  }
  ne(o: this | Num): Bool {
    return new Bool(same('ne', this, o, BOOL));
  }
  lt(o: this | Num): Bool {
    return new Bool(same('lt', this, o, BOOL));
  }
  le(o: this | Num): Bool {
    return new Bool(same('le', this, o, BOOL));
  }
  gt(o: this | Num): Bool {
    return this.le(o).not();
  }
  ge(o: this | Num): Bool {
    return this.lt(o).not();
  }
  /** Bit `i` as a truth value; a dynamic index past the end reads 0. */
  bit(i: number | UInt): Bool {
    if (typeof i === 'number') return new Bool(castTo(sliceExpr(this, i, i), BOOL));
    return new Bool(castTo(sliceExpr(new UInt(shiftExpr('shr', this.asUInt(), i)), 0, 0), BOOL));
  }
  /** Bits `hi` down to `lo`, unsigned. */
  slice(hi: number, lo: number): UInt {
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
export class UInt<W extends number = number> extends Bits<W> {
  declare readonly kind: 'uint';
  protected make<V extends number>(e: Expr): UInt<V> {
    return new UInt<V>(e);
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
  addSat(o: UInt<W>): UInt<W> {
    return (this.addGrow(o) as UInt).sat(this.width) as UInt<W>;
  }
  /** Difference, or 0 if it is negative. */
  subSat(o: UInt<W>): UInt<W> {
    return this.lt(o as this).mux<UInt<W>>(0, this.subWrap(o));
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
    return amount === 0 ? new UInt(this.expr) : new UInt(cat(this, new UInt(literal(uintType(amount), 0, here()))).expr);
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
    if (width >= this.width) return this.zext(width);
    const over = this.slice(this.width - 1, width).orR();
    return over.mux<UInt<V>>((1n << BigInt(width)) - 1n, this.trunc(width));
  }
  /** Fits a width that is only known at elaboration to a literal one; the widths must be equal. */
  exact<V extends number>(width: V): UInt<V> {
    return new UInt(toExpr(this, uintType(width), here()));
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
export class SInt<W extends number = number> extends Bits<W> {
  declare readonly kind: 'sint';
  protected make<V extends number>(e: Expr): SInt<V> {
    return new SInt<V>(e);
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
  addSat(o: SInt<W>): SInt<W> {
    return (this.addGrow(o) as SInt).sat(this.width) as SInt<W>;
  }
  subSat(o: SInt<W>): SInt<W> {
    return (this.subGrow(o) as SInt).sat(this.width) as SInt<W>;
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
    if (width >= this.width) return this.sext(width);
    const top = this.slice(this.width - 1, width - 1);
    const fits = top.andR().or(top.orR().not());
    const max = (1n << BigInt(width - 1)) - 1n;
    const limit = this.isNegative().mux<SInt<V>>(new SInt<V>(literal(sintType(width), -max - 1n, here())), max);
    return fits.mux(this.trunc(width), limit);
  }
  isNegative(): Bool {
    return this.bit(this.width - 1);
  }
  exact<V extends number>(width: V): SInt<V> {
    return new SInt(toExpr(this, sintType(width), here()));
  }
  asUInt(): UInt<W> {
    return new UInt(castTo(this.expr, uintType(this.width)));
  }
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
  declare readonly kind: 'enum';
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

/** Packed vector of equal elements. */
export class Vec<V> extends Value {
  declare readonly kind: 'vec';
  declare readonly elementType?: V;
  constructor(
    expr: Expr,
    private readonly assign?: (index: number | UInt, value: unknown, site: Site) => void,
  ) {
    super(expr);
  }
  private get type(): VecType {
    return this.expr.type as VecType;
  }
  get length(): number {
    return this.type.length;
  }
  /** Element `i`; a dynamic index past the end reads 0. */
  at(i: number | UInt): V {
    const site = here();
    if (typeof i === 'number' && !(Number.isInteger(i) && i >= 0 && i < this.length)) {
      throw new DesignError('out-of-range', `element ${i} of ${typeName(this.type)}`, site, declaredAt(this.expr), `use 0..${this.length - 1}`);
    }
    const element = this.type.element;
    if (typeof i === 'number' && this.expr.op === 'vec') return wrap(this.expr.items[i]) as V;
    return wrap({ op: 'index', type: element, of: this.expr, index: typeof i === 'number' ? i : i.expr, site }) as V;
  }
  /** Drives element `i`; a dynamic index past the end drives nothing. */
  put(i: number | UInt, value: V): void {
    const site = here();
    if (!this.assign) throw new DesignError('drive-value', `${exprName(this.expr)} is a value, not a wire, register or output`, site, declaredAt(this.expr), 'assign to a wire');
    if (typeof i === 'number' && !(Number.isInteger(i) && i >= 0 && i < this.length)) {
      throw new DesignError('out-of-range', `element ${i} of ${typeName(this.type)}`, site, declaredAt(this.expr), `use 0..${this.length - 1}`);
    }
    this.assign(i, value, site);
  }
  toArray(): V[] {
    return Array.from({ length: this.length }, (_, i) => this.at(i));
  }
  map<T>(f: (v: V, i: number) => T): T[] {
    return this.toArray().map(f);
  }
  asUInt(): UInt {
    return new UInt(castTo(this.expr, uintType(widthOf(this.type))));
  }
}

/** Vector made of values, element 0 first. All must have the type of the first. */
export function vecOf<V>(items: readonly V[]): Vec<V> {
  const site = here();
  const first = items[0];
  const e = first instanceof Value ? first.expr : first !== null && typeof first === 'object' && EXPR in first ? (first as { [EXPR]: Expr })[EXPR] : undefined;
  if (!e) throw new DesignError('type-mismatch', 'a vector needs at least one hardware value', site, undefined, 'give signals, not numbers');
  const type: VecType = { kind: 'vec', element: e.type, length: items.length };
  return new Vec<V>({ op: 'vec', type, items: items.map((x) => toExpr(x, e.type, site)), site });
}

/** Concatenation, most significant first. */
export function cat(...parts: readonly Value[]): UInt {
  const exprs = parts.map((p) => p.asUInt().expr);
  if (exprs.length === 1) return new UInt(exprs[0]);
  return new UInt({ op: 'cat', type: uintType(exprs.reduce((s, e) => s + widthOf(e.type), 0)), parts: exprs, site: here() });
}

/** `value` repeated `times`, as one number. */
export function repeat(value: Value, times: number): UInt {
  return cat(...Array.from({ length: times }, () => value));
}

/** Handle for an expression. Bundles become records of handles. */
export function wrap(e: Expr): unknown {
  switch (e.type.kind) {
    case 'bool':
      return new Bool(e);
    case 'uint':
      return new UInt(e);
    case 'sint':
      return new SInt(e);
    case 'enum':
      return new Enum(e);
    case 'vec':
      return new Vec(e);
    case 'bundle':
      return wrapBundle(e, e.type);
  }
}

function wrapBundle(e: Expr, type: BundleType): object {
  const record = { [EXPR]: e };
  for (const [i, f] of type.fields.entries()) {
    Object.defineProperty(record, f.name, {
      enumerable: true,
      get: () => wrap(e.op === 'bundle' ? e.fields[i] : { op: 'field', type: f.type, of: e, name: f.name, site: here() }),
      set: () => {
        throw new DesignError('drive-value', `${exprName(e)}.${f.name} is a value, not a wire, register or output`, here(), declaredAt(e), 'assign to a wire');
      },
    });
  }
  return record;
}

/** The expression of any hardware value, records included. */
export function exprOf(v: unknown): Expr {
  if (v instanceof Value) return v.expr;
  if (v !== null && typeof v === 'object' && EXPR in v) return (v as { [EXPR]: Expr })[EXPR];
  throw new DesignError('type-mismatch', `${describe(v)} is not a hardware value`, here(), undefined, 'give a signal');
}

/** Unsigned view of any hardware value, records included. */
export function bitsOf(v: unknown): UInt {
  const e = exprOf(v);
  return new UInt(castTo(e, uintType(widthOf(e.type))));
}

export type { EnumType };
