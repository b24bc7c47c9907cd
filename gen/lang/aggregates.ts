/** Vectors and records of values, and the handle for an expression of any type. */
import { DesignError } from '../design-error.ts';
import { dependsOnLane, laneRange } from '../ir/expr.ts';
import type { Expr, LaneIndex } from '../ir/expr.ts';
import { indexWidth, typeName, uintType, widthOf } from '../ir/types.ts';
import type { VecType } from '../ir/types.ts';
import { here } from '../site.ts';
import type { Site } from '../site.ts';
import { ANY, BODY, INDEX, NUMBER, TEXT, UINT, guard } from './arguments.ts';
import { handle, wrap } from './handles.ts';
import { LIMITS, checkedType } from './limits.ts';
import { UInt, hintAfter } from './scalars.ts';
import { closed } from './strict.ts';
import { EXPR, Value, bundleRecord, castTo, declaredAt, exprName, noValue, toExpr } from './value.ts';

/** Where a vector that can be driven lies. */
export interface VecPlace {
  drive(index: number | Expr, value: unknown, site: Site): void;
  /** Handle of an element that has parts of its own. */
  element(index: number | Expr, expr: Expr): unknown;
}

/** Only the language makes places. */
const PLACES = new WeakSet<VecPlace>();

export function placedVec(expr: Expr, place: VecPlace): Vec<unknown> {
  PLACES.add(place);
  return new Vec(expr, place);
}

/** Packed vector of equal elements. */
export class Vec<V> extends Value {
  declare readonly elementType?: V;
  readonly #place: VecPlace | undefined;
  constructor(expr: Expr, place?: VecPlace) {
    super(expr);
    // JavaScript may call this with anything.
    if (place !== undefined && !PLACES.has(place)) throw noValue(place);
    this.#place = place;
  }
  get kind(): 'vec' {
    return 'vec';
  }
  get #type(): VecType {
    return this.expr.type as VecType;
  }
  get length(): number {
    return this.#type.length;
  }
  /** Element `i`; a dynamic index past the end reads 0. Elements of elements can be driven where the vector can. */
  at(i: number | UInt): V {
    const site = here();
    this.#check(i, site);
    return this.#element(i, site);
  }
  #check(i: number | UInt, site: Site): void {
    if (typeof i === 'number' && !(Number.isInteger(i) && i >= 0 && i < this.length)) {
      throw new DesignError('out-of-range', `element ${i} of ${typeName(this.#type)}`, site, declaredAt(this.expr), `use 0..${this.length - 1}`);
    }
    if (typeof i !== 'number' && i.expr.op === 'lane') {
      const { least, most } = laneRange(i.expr);
      if (most < this.length) return;
      const mend = `it has ${this.length} elements; near(lane, offset, edge) says what stands beyond`;
      throw new DesignError('out-of-range', `lanes ${least}..${most} of ${typeName(this.#type)}`, site, declaredAt(this.expr), mend);
    }
  }
  /** Element `lane + offset`, or `edge` where there is none. */
  near(lane: UInt, offset: number, edge: V): V {
    const site = here();
    const { expr } = lane;
    if (expr.op !== 'lane') throw new DesignError('type-mismatch', `near() of ${exprName(expr)}`, site, undefined, 'give the lane that each() gives');
    if (!Number.isSafeInteger(offset) || Math.abs(offset) > LIMITS.leaves.most) throw new DesignError('out-of-range', `offset ${offset}`, site, undefined, 'give a whole number');
    const { least, most } = laneRange(expr);
    const below = Math.max(0, -(least + offset));
    const above = Math.max(0, most + offset - (this.length - 1));
    const type = checkedType<VecType>({ kind: 'vec', element: this.#type.element, length: below + this.length + above }, site);
    const beyond = toExpr(edge, type.element, site, declaredAt(this.expr));
    // What stands beyond stands in the vector, once for all lanes; of each lane its own stands beside it.
    const isOwn = dependsOnLane(beyond);
    const bits = (e: Expr): Expr => castTo(e, uintType(widthOf(e.type)));
    const pad: Expr = isOwn ? { op: 'lit', type: uintType(widthOf(type.element)), value: 0n, site } : bits(beyond);
    const times = (n: number): Expr[] => Array.from({ length: n }, () => pad);
    const parts = [...times(above), bits(this.expr), ...times(below)];
    const of: Expr = parts.length === 1 ? this.expr : castTo({ op: 'cat', type: uintType(widthOf(type)), parts, site }, type);
    if (parts.length > 1) hintAfter(this, 'padded', new Vec(of));
    const at = offset + below;
    const index: LaneIndex = { ...expr, type: uintType(indexWidth(most + at + 1)), offset: expr.offset + at };
    const element: Expr = { op: 'index', type: type.element, of, index, site };
    if (!isOwn || parts.length === 1) return wrap(element) as V;
    const place = new UInt(index);
    const [isBefore, isAfter] = [place.lt(below), place.ge(below + this.length)];
    const isBeyond = above === 0 ? isBefore : below === 0 ? isAfter : isBefore.or(isAfter);
    return wrap({ op: 'mux', type: type.element, cond: isBeyond.expr, a: beyond, b: element, site }) as V;
  }
  #element(i: number | UInt, site: Site): V {
    if (typeof i === 'number' && this.expr.op === 'vec') return wrap(this.expr.items[i]) as V;
    const index = typeof i === 'number' ? i : i.expr;
    const element: Expr = { op: 'index', type: this.#type.element, of: this.expr, index, site };
    return (this.#place?.element(index, element) ?? wrap(element)) as V;
  }
  /** Drives element `i`; a dynamic index past the end drives nothing. */
  put(i: number | UInt, value: V): void {
    const site = here();
    if (!this.#place) throw new DesignError('drive-value', `${exprName(this.expr)} is a value, not a wire, register or output`, site, declaredAt(this.expr), 'assign to a wire');
    this.#check(i, site);
    this.#place.drive(typeof i === 'number' ? i : i.expr, value, site);
  }
  toArray(): V[] {
    const site = here();
    return Array.from({ length: this.length }, (_, i) => this.#element(i, site));
  }
  map<T>(f: (v: V, i: number) => T): T[] {
    return this.toArray().map(f);
  }
  asUInt(): UInt {
    return new UInt(castTo(this.expr, uintType(widthOf(this.#type))));
  }
}
guard<Vec<unknown>>(Vec, 'Vec', {
  at: { i: INDEX }, near: { lane: UINT, offset: NUMBER, edge: ANY }, put: { i: INDEX, value: ANY },
  toArray: {}, map: { f: BODY }, asUInt: {}, named: { name: TEXT }, note: { text: TEXT },
});

/** Vector made of values, element 0 first. All must have the type of the first. */
export function vecOf<V>(items: readonly V[]): Vec<V> {
  const site = here();
  const first = items[0];
  const e = first instanceof Value ? first.expr : first !== null && typeof first === 'object' && EXPR in first ? (first as { [EXPR]: Expr })[EXPR] : undefined;
  if (!e) throw new DesignError('type-mismatch', 'a vector needs at least one hardware value', site, undefined, 'give signals, not numbers');
  const type = checkedType<VecType>({ kind: 'vec', element: e.type, length: items.length }, site);
  return new Vec<V>({ op: 'vec', type, items: Array.from(items, (x) => toExpr(x, e.type, site)), site });
}

function wrapBundle(e: Expr): object {
  const { type } = e;
  if (type.kind !== 'bundle') throw noValue(e);
  const record = bundleRecord(e);
  for (const [i, f] of type.fields.entries()) {
    Object.defineProperty(record, f.name, {
      enumerable: true,
      get: () => wrap(e.op === 'bundle' ? e.fields[i] : { op: 'field', type: f.type, of: e, name: f.name, site: here() }),
      set: () => {
        throw new DesignError('drive-value', `${exprName(e)}.${f.name} is a value, not a wire, register or output`, here(), declaredAt(e), 'assign to a wire');
      },
    });
  }
  return closed(record);
}

handle('vec', (e) => new Vec(e));
handle('bundle', wrapBundle);
