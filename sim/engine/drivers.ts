/**
 * What drives each signal of a module: its assignments with the conditions around them, split into units (ranges of bits)
 * that are assigned independently, and the memory writes with their guards. One result per module, shared by all its
 * instances. Must not know values or nodes.
 */
import type { Expr } from '../../gen/ir/expr.ts';
import type { MemWrite, Module, PathElement, Signal, Statement } from '../../gen/ir/module.ts';
import { isScalar, widthOf } from '../../gen/ir/types.ts';
import type { BundleType, Type } from '../../gen/ir/types.ts';

/** A range of a signal's bits and the statements that can touch it. */
export interface Unit {
  readonly lo: number;
  readonly width: number;
  readonly body: readonly Statement[];
}

/** A condition around a statement: an expression's value, or a switch that takes (or misses) some values. */
export type Guard =
  | { readonly kind: 'when'; readonly cond: Expr; readonly holds: boolean }
  | { readonly kind: 'case'; readonly on: Expr; readonly values: readonly bigint[]; readonly holds: boolean };

export interface GuardedWrite {
  readonly write: MemWrite;
  readonly guards: readonly Guard[];
}

/** Position of a field's least significant bit in its bundle. */
export function fieldOffset(t: BundleType, name: string): number {
  let lo = widthOf(t);
  for (const f of t.fields) {
    lo -= widthOf(f.type);
    if (f.name === name) return lo;
  }
  throw new Error(`engine: no field ${name} in ${t.name}`);
}

export function fieldType(t: BundleType, name: string): Type {
  const f = t.fields.find((x) => x.name === name);
  if (!f) throw new Error(`engine: no field ${name} in ${t.name}`);
  return f.type;
}

/** The bits that a path can reach: exact as far as its indices are static. */
function reach(type: Type, path: readonly PathElement[]): { lo: number; width: number } {
  let lo = 0;
  let t = type;
  for (const p of path) {
    if ('field' in p && t.kind === 'bundle') {
      lo += fieldOffset(t, p.field);
      t = fieldType(t, p.field);
    } else if ('index' in p && t.kind === 'vec') {
      if (typeof p.index !== 'number') break;
      lo += p.index * widthOf(t.element);
      t = t.element;
    }
  }
  return { lo, width: widthOf(t) };
}

/** Statements per assigned signal, nesting kept. */
function splitBySignal(body: readonly Statement[]): Map<Signal, Statement[]> {
  const result = new Map<Signal, Statement[]>();
  const add = (signal: Signal, s: Statement): void => {
    const list = result.get(signal);
    if (list) list.push(s);
    else result.set(signal, [s]);
  };
  for (const s of body) {
    if (s.kind === 'assign') {
      add(s.target, s);
    } else if (s.kind === 'when') {
      const a = splitBySignal(s.then);
      const b = splitBySignal(s.else);
      for (const signal of new Set([...a.keys(), ...b.keys()])) add(signal, { ...s, then: a.get(signal) ?? [], else: b.get(signal) ?? [] });
    } else if (s.kind === 'switch') {
      const cases = s.cases.map((c) => splitBySignal(c.body));
      const rest = splitBySignal(s.default);
      for (const signal of new Set([...cases.flatMap((c) => [...c.keys()]), ...rest.keys()])) {
        add(signal, {
          ...s,
          cases: s.cases.map((c, i) => ({ values: c.values, body: cases[i].get(signal) ?? [] })),
          default: rest.get(signal) ?? [],
        });
      }
    }
  }
  return result;
}

function restrict(body: readonly Statement[], type: Type, lo: number, width: number): Statement[] {
  const out: Statement[] = [];
  for (const s of body) {
    if (s.kind === 'assign') {
      const r = reach(type, s.path);
      if (r.lo < lo + width && lo < r.lo + r.width) out.push(s);
    } else if (s.kind === 'when') {
      const then = restrict(s.then, type, lo, width);
      const other = restrict(s.else, type, lo, width);
      if (then.length + other.length > 0) out.push({ ...s, then, else: other });
    } else if (s.kind === 'switch') {
      const cases = s.cases.map((c) => ({ values: c.values, body: restrict(c.body, type, lo, width) }));
      const rest = restrict(s.default, type, lo, width);
      if (rest.length > 0 || cases.some((c) => c.body.length > 0)) out.push({ ...s, cases, default: rest });
    }
  }
  return out;
}

function assignments(body: readonly Statement[]): (Statement & { kind: 'assign' })[] {
  return body.flatMap((s) => {
    if (s.kind === 'assign') return [s];
    if (s.kind === 'when') return [...assignments(s.then), ...assignments(s.else)];
    return s.kind === 'switch' ? [...s.cases.flatMap((c) => assignments(c.body)), ...assignments(s.default)] : [];
  });
}

/** Where a signal is cut: bundles into fields, vectors of scalars only if `paths` go into them (or always, if `fine`). */
function cuts(
  type: Type,
  paths: readonly (readonly PathElement[])[],
  fine: boolean,
  lo: number,
  out: { lo: number; width: number }[],
): void {
  if (type.kind === 'bundle') {
    for (const f of type.fields) {
      const inner = paths.filter((p) => p.length > 0 && 'field' in p[0] && p[0].field === f.name).map((p) => p.slice(1));
      cuts(f.type, inner, fine, lo + fieldOffset(type, f.name), out);
    }
  } else if (type.kind === 'vec' && (fine || !isScalar(type.element) || paths.some((p) => p.length > 0))) {
    const w = widthOf(type.element);
    for (let i = 0; i < type.length; i++) {
      const inner = paths
        .filter((p) => p.length > 0 && 'index' in p[0] && (p[0].index === i || typeof p[0].index !== 'number'))
        .map((p) => p.slice(1));
      cuts(type.element, inner, fine, lo + i * w, out);
    }
  } else {
    out.push({ lo, width: widthOf(type) });
  }
}

export class SignalDrivers {
  private coarse: readonly Unit[] | undefined;
  private finest: readonly Unit[] | undefined;
  constructor(
    private readonly type: Type,
    private readonly body: readonly Statement[],
  ) {}

  /** Units in ascending order of bits. `fine`: down to scalars, for a signal whose elements depend on each other. */
  units(fine: boolean): readonly Unit[] {
    if (fine) return (this.finest ??= this.split(true));
    return (this.coarse ??= this.split(false));
  }

  private split(fine: boolean): Unit[] {
    const ranges: { lo: number; width: number }[] = [];
    cuts(
      this.type,
      assignments(this.body).map((s) => s.path),
      fine,
      0,
      ranges,
    );
    ranges.sort((a, b) => a.lo - b.lo);
    if (ranges.length === 1) return [{ ...ranges[0], body: this.body }];
    return ranges.map((r) => ({ ...r, body: restrict(this.body, this.type, r.lo, r.width) }));
  }
}

export class ModuleDrivers {
  private readonly bySignal = new Map<Signal, SignalDrivers>();
  readonly writes: readonly GuardedWrite[];
  private readonly bodies: Map<Signal, Statement[]>;
  constructor(module: Module) {
    this.bodies = splitBySignal(module.body);
    this.writes = guardedWrites(module.body, []);
  }

  isDriven(signal: Signal): boolean {
    return this.bodies.has(signal);
  }

  of(signal: Signal): SignalDrivers {
    let d = this.bySignal.get(signal);
    if (!d) {
      d = new SignalDrivers(signal.type, this.bodies.get(signal) ?? []);
      this.bySignal.set(signal, d);
    }
    return d;
  }
}

function guardedWrites(body: readonly Statement[], guards: readonly Guard[]): GuardedWrite[] {
  return body.flatMap((s) => {
    if (s.kind === 'memWrite') return [{ write: s, guards }];
    if (s.kind === 'when') {
      return [
        ...guardedWrites(s.then, [...guards, { kind: 'when', cond: s.cond, holds: true }]),
        ...guardedWrites(s.else, [...guards, { kind: 'when', cond: s.cond, holds: false }]),
      ];
    }
    if (s.kind !== 'switch') return [];
    const all = s.cases.flatMap((c) => c.values);
    return [
      ...s.cases.flatMap((c) => guardedWrites(c.body, [...guards, { kind: 'case', on: s.on, values: c.values, holds: true }])),
      ...guardedWrites(s.default, [...guards, { kind: 'case', on: s.on, values: all, holds: false }]),
    ];
  });
}
