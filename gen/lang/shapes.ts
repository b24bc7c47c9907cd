/** Shapes: hardware types as the designer writes them, with the handle's static type and the reset value. */
import { DesignError } from '../design-error.ts';
import type { Expr, Lit } from '../ir/expr.ts';
import { countLeaves } from '../ir/leaves.ts';
import { BOOL, sintType, typeName, uintType, widthOf } from '../ir/types.ts';
import type { ScalarType, Type } from '../ir/types.ts';
import { here } from '../site.ts';
import type { Site } from '../site.ts';
import type { Vec } from './aggregates.ts';
import { wrap } from './handles.ts';
import { checkedType, checkedWidth } from './limits.ts';
import { checkName } from './names.ts';
import { Bool, Enum, SInt, UInt } from './scalars.ts';
import { strictObject } from './strict.ts';
import { castTo, declaredAt, describe, exprName, exprOf, literal, toExpr } from './value.ts';
import type { Value } from './value.ts';

/** Value handle `V` in hardware. `reset` has one entry per scalar leaf. */
export interface Shape<V> {
  readonly type: Type;
  readonly width: number;
  readonly reset: readonly (Lit | undefined)[];
  readonly handle?: V;
}

/** Shape of a number: also makes literals. */
export interface NumberShape<V> extends Shape<V> {
  lit(value: number | bigint): V;
}

function scalar<V>(type: ScalarType, make: (e: Expr) => V, reset?: number | bigint | boolean): NumberShape<V> {
  const site = here();
  return strictObject('shape', {
    type,
    width: checkedWidth(widthOf(type), '', site),
    reset: [reset === undefined ? undefined : (literal(type, reset, site) as Lit)],
    lit: (value: number | bigint) => make(literal(type, value, here())),
  });
}

/** Unsigned number of `width` bits; registers of this shape reset to `reset` if it is given. */
export function U<W extends number>(width: W, reset?: number | bigint): NumberShape<UInt<W>> {
  return scalar(uintType(width), (e) => new UInt<W>(e), reset);
}

/** Two's complement number of `width` bits. */
export function S<W extends number>(width: W, reset?: number | bigint): NumberShape<SInt<W>> {
  return scalar(sintType(width), (e) => new SInt<W>(e), reset);
}

/** Truth value without reset; `Flag(false)` resets. */
export const B: Shape<Bool> = scalar(BOOL, (e) => new Bool(e));
/** Truth value that resets to `reset`. */
export function Flag(reset: boolean): Shape<Bool> {
  return scalar(BOOL, (e) => new Bool(e), reset);
}

/** Constant truth value. */
export function bool(value: boolean): Bool {
  return new Bool(literal(BOOL, value, here()));
}

/** A enumeration's shape carries its members as literals: `State.idle`. */
export type EnumShape<M extends string> = Shape<Enum<M>> & { readonly [K in M]: Enum<M> } & { resetTo(member: M): Shape<Enum<M>> };

/** Properties that an enumeration's shape has besides its members. */
const SHAPE_KEYS: readonly string[] = ['type', 'width', 'reset', 'resetTo', 'handle'];

/** Enumeration with members numbered from 0. */
export function enumeration<const M extends string>(name: string, ...members: readonly M[]): EnumShape<M> {
  const site = here();
  if (members.length === 0) throw new DesignError('bad-width', `enumeration ${name} has no members`, site, undefined, 'give at least one member');
  checkName(name, site);
  for (const [i, m] of members.entries()) {
    if (typeof m !== 'string') throw new DesignError('type-mismatch', `member ${i} of ${name} is ${describe(m)}`, site, undefined, 'give the names of the members');
    if (!/^[A-Za-z][A-Za-z0-9_]*$/.test(m)) throw new DesignError('bad-name', `'${m}' is no identifier`, site, undefined, 'use letters, digits and _, starting with a letter');
    if (SHAPE_KEYS.includes(m)) throw new DesignError('reserved-name', `'${m}' cannot be a member of ${name}`, site, undefined, 'choose another name');
    if (members.indexOf(m) !== i) throw new DesignError('duplicate-name', `'${m}' is twice a member of ${name}`, site, undefined, 'keep one');
  }
  const type = { kind: 'enum', name, members } as const;
  const value = (m: M): Expr => ({ op: 'lit', type, value: BigInt(members.indexOf(m)) });
  const shape = {
    type,
    width: widthOf(type),
    reset: [undefined],
    resetTo: (m: M): Shape<Enum<M>> => {
      const lit = toExpr(m, type, here()) as Lit;
      return strictObject('shape', { type, width: widthOf(type), reset: [lit] });
    },
  };
  for (const m of members) Object.defineProperty(shape, m, { enumerable: true, value: new Enum<M>(value(m)) });
  return strictObject('shape', shape) as unknown as EnumShape<M>;
}

type Handles<F> = { [K in keyof F]: F[K] extends Shape<infer V> ? V : never };

/** Record of fields, packed in the order given (first field most significant). The name becomes a packed struct. */
export function bundle<F extends Readonly<Record<string, Shape<unknown>>>>(
  name: string, fields: F,
): Shape<Handles<F>> & { readonly fields: F } {
  const list = Object.entries(fields);
  const site = here();
  if (list.length === 0) throw new DesignError('bad-width', `bundle ${name} has no fields`, site, undefined, 'give at least one field');
  checkName(name, site);
  for (const [field] of list) checkName(field, site);
  const type = checkedType({ kind: 'bundle', name, fields: list.map(([n, s]) => ({ name: n, type: s.type })) } as const, site);
  return strictObject('shape', { type, width: widthOf(type), reset: list.flatMap(([, s]) => s.reset), fields });
}

/** `length` elements of one shape. */
export function vec<V>(element: Shape<V>, length: number): Shape<Vec<V>> {
  if (!Number.isInteger(length) || length < 1) throw new DesignError('bad-width', `vector of ${length} elements`, here(), undefined, 'give at least one element');
  const type = checkedType({ kind: 'vec', element: element.type, length } as const, here());
  return strictObject('shape', { type, width: widthOf(type), reset: Array.from({ length }, () => element.reset).flat() });
}

/** The bits of an unsigned number seen as a value of `shape`; widths must be equal. */
export function fromBits<V>(shape: Shape<V>, bits: UInt): V {
  const site = here();
  const e = toExpr(bits, uintType(shape.width), site);
  return wrap(castTo(e, shape.type, site)) as V;
}

/** A literal or signal as a value of `shape`, with the language's checks: makes bundles from plain records. */
export function valueOf<V>(shape: Shape<V>, value: unknown): V {
  return wrap(toExpr(value, shape.type, here())) as V;
}

/** The same shape with a reset that is written as a value is: of a vector one for each element, of a bundle a record. */
export function resetTo<V>(shape: Shape<V>, value: unknown): Shape<V> {
  const site = here();
  const { type, width } = shape;
  return strictObject('shape', { type, width, reset: constantsIn(toExpr(value, type, site), site) });
}

/** One a leaf. */
function constantsIn(e: Expr, site: Site): Lit[] {
  if (e.op === 'lit') return [e];
  if (e.op === 'vec') return e.items.flatMap((x) => constantsIn(x, site));
  if (e.op === 'bundle') return e.fields.flatMap((x) => constantsIn(x, site));
  throw new DesignError('type-mismatch', `${exprName(e)} (${typeName(e.type)}) in a reset`, site, declaredAt(e), 'a reset is constant: give numbers, or load the register after reset');
}

/** Shape of an existing value, without reset. */
export function shapeOf<V extends Value>(value: V): Shape<V> {
  const { type } = exprOf(value);
  return strictObject('shape', { type, width: widthOf(type), reset: Array.from({ length: countLeaves(type) }, () => undefined) });
}
