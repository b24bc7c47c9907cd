/** Vectors and records of values, and the handle for an expression of any type. */
import { DesignError } from '../design-error.ts';
import type { Expr } from '../ir/expr.ts';
import { typeName, uintType, widthOf } from '../ir/types.ts';
import type { BundleType, VecType } from '../ir/types.ts';
import { here } from '../site.ts';
import type { Site } from '../site.ts';
import { ANY, BODY, INDEX, TEXT, guard } from './arguments.ts';
import { checkedType } from './limits.ts';
import { Bool, Enum, SInt, UInt } from './scalars.ts';
import { closed } from './strict.ts';
import { EXPR, Value, bundleRecord, castTo, declaredAt, exprName, noValue, toExpr } from './value.ts';

/** Packed vector of equal elements. */
export class Vec<V> extends Value {
  declare readonly elementType?: V;
  readonly #assign: ((index: number | UInt, value: unknown, site: Site) => void) | undefined;
  constructor(expr: Expr, assign?: (index: number | UInt, value: unknown, site: Site) => void) {
    super(expr);
    // JavaScript may call this with anything.
    if (assign !== undefined && typeof assign !== 'function') throw noValue(assign);
    this.#assign = assign;
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
  /** Element `i`; a dynamic index past the end reads 0. */
  at(i: number | UInt): V {
    const site = here();
    this.#check(i, site);
    return this.#element(i, site);
  }
  #check(i: number | UInt, site: Site): void {
    if (typeof i === 'number' && !(Number.isInteger(i) && i >= 0 && i < this.length)) {
      throw new DesignError('out-of-range', `element ${i} of ${typeName(this.#type)}`, site, declaredAt(this.expr), `use 0..${this.length - 1}`);
    }
  }
  #element(i: number | UInt, site: Site): V {
    if (typeof i === 'number' && this.expr.op === 'vec') return wrap(this.expr.items[i]) as V;
    return wrap({ op: 'index', type: this.#type.element, of: this.expr, index: typeof i === 'number' ? i : i.expr, site }) as V;
  }
  /** Drives element `i`; a dynamic index past the end drives nothing. */
  put(i: number | UInt, value: V): void {
    const site = here();
    if (!this.#assign) throw new DesignError('drive-value', `${exprName(this.expr)} is a value, not a wire, register or output`, site, declaredAt(this.expr), 'assign to a wire');
    this.#check(i, site);
    this.#assign(i, value, site);
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
guard<Vec<unknown>>(Vec, {
  at: { i: INDEX }, put: { i: INDEX, value: ANY }, toArray: {}, map: { f: BODY }, asUInt: {}, named: { name: TEXT },
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
