/**
 * What drives each signal of a module: its assignments with the conditions around them, split into units (ranges of bits)
 * that are assigned independently, and the memory writes with their guards. One result per module, shared by all its
 * instances. Must not know values or nodes.
 */
import type { Expr } from '../../gen/ir/expr.ts';
import type { Lanes } from '../../gen/ir/lanes.ts';
import { branchesOf, fieldPlace, walkStatements } from '../../gen/ir/leaves.ts';
import type { Assign, MemWrite, Module, PathElement, Signal, Statement, Switch } from '../../gen/ir/module.ts';
import { BOOL, isScalar, widthOf } from '../../gen/ir/types.ts';
import type { Type } from '../../gen/ir/types.ts';
import { hasLoops, unrolled, unrolledModule } from '../../gen/passes/unroll.ts';
import { isLong, loopedSignal, readAtOwnLane } from './lane-drivers.ts';
import type { LeastLanes, LoopedSignal } from './lane-drivers.ts';

export interface Range {
  readonly lo: number;
  readonly width: number;
}

/** A range of a signal's bits and the statements that can touch it. */
export interface Unit extends Range {
  readonly body: readonly Statement[];
}

/** A condition around a statement: an expression's value, or a switch that takes (or misses) some values. */
export type Guard =
  | { readonly kind: 'when'; readonly cond: Expr; readonly holds: boolean }
  | { readonly kind: 'case'; readonly on: Expr; readonly values: readonly bigint[]; readonly holds: boolean };

/** An assignment with what must hold for it to be reached. */
export interface GuardedAssign {
  readonly assign: Assign;
  readonly guards: readonly Guard[];
}

export interface GuardedWrite {
  readonly write: MemWrite;
  readonly guards: readonly Guard[];
}

/** The bits that a path can reach: exact as far as its indices are static. */
function reach(type: Type, path: readonly PathElement[]): Range {
  let lo = 0;
  let t = type;
  for (const p of path) {
    if ('field' in p && t.kind === 'bundle') {
      const field = fieldPlace(t, p.field);
      lo += field.lo;
      t = field.type;
    } else if ('index' in p && t.kind === 'vec') {
      if (typeof p.index !== 'number') break;
      lo += p.index * widthOf(t.element);
      t = t.element;
    }
  }
  return { lo, width: widthOf(t) };
}

/** Statements by the keys of the assignments in them, nesting kept. */
function splitBy<K>(body: readonly Statement[], keysOf: (s: Assign) => Iterable<K>): Map<K, Statement[]> {
  const result = new Map<K, Statement[]>();
  const add = (key: K, s: Statement): void => {
    const list = result.get(key);
    if (list) list.push(s);
    else result.set(key, [s]);
  };
  for (const s of body) {
    if (s.kind === 'assign') {
      for (const key of keysOf(s)) add(key, s);
    } else if (s.kind === 'when') {
      const a = splitBy(s.then, keysOf);
      const b = splitBy(s.else, keysOf);
      for (const key of new Set([...a.keys(), ...b.keys()])) add(key, { ...s, then: a.get(key) ?? [], else: b.get(key) ?? [] });
    } else if (s.kind === 'switch') {
      splitSwitch(s, keysOf, add);
    } else if (s.kind === 'for') {
      for (const [key, inner] of splitBy(s.body, keysOf)) add(key, { ...s, body: inner });
    }
  }
  return result;
}

function splitSwitch<K>(s: Switch, keysOf: (s: Assign) => Iterable<K>, add: (key: K, s: Statement) => void): void {
  const rest = splitBy(s.default, keysOf);
  // Per key its own cases only, by number: where each case has a key of its own, all cases of all keys would be the square of them.
  const own = new Map<K, Map<number, readonly Statement[]>>();
  for (const [i, c] of s.cases.entries()) {
    for (const [key, body] of splitBy(c.body, keysOf)) {
      const bodies = own.get(key);
      if (bodies) bodies.set(i, body);
      else own.set(key, new Map([[i, body]]));
    }
  }
  for (const key of new Set([...own.keys(), ...rest.keys()])) {
    const otherwise = rest.get(key) ?? [];
    const bodies = own.get(key) ?? new Map<number, readonly Statement[]>();
    // Cases without the key matter where the default has it.
    const numbers = otherwise.length === 0 ? bodies.keys() : s.cases.keys();
    add(key, { ...s, cases: [...numbers].map((i) => ({ values: s.cases[i].values, body: bodies.get(i) ?? [] })), default: otherwise });
  }
}

/** Levels of `when` and `switch` that walks over statements take by recursion. */
const MOST_NESTED = 64;

function levelsOf(s: Statement): number {
  let levels = 0;
  const stack = [{ s, level: 0 }];
  for (let top = stack.pop(); top; top = stack.pop()) {
    levels = Math.max(levels, top.level);
    for (const body of branchesOf(top.s)) for (const inner of body) stack.push({ s: inner, level: top.level + 1 });
  }
  return levels;
}

/**
 * The same with each statement that is nested deeper taken apart into its assignments and writes, side by side, each under all its
 * conditions at once: walks may then be recursive, and the time they take does not grow with the depth.
 */
function flattened(body: readonly Statement[]): readonly Statement[] {
  return body.flatMap((s): readonly Statement[] => {
    if (s.kind === 'for') return [{ ...s, body: flattened(s.body) }];
    return levelsOf(s) > MOST_NESTED ? sideBySide([s]) : [s];
  });
}

function sideBySide(body: readonly Statement[]): Statement[] {
  const out: Statement[] = [];
  interface Visit {
    readonly body: readonly Statement[];
    next: number;
    readonly reached: Expr | undefined;
  }
  const stack: Visit[] = [{ body, next: 0, reached: undefined }];
  const all = (a: Expr | undefined, b: Expr): Expr => (a ? { op: 'binary', fn: 'and', type: BOOL, a, b } : b);
  const not = (a: Expr): Expr => ({ op: 'unary', fn: 'not', type: BOOL, a });
  for (let top = stack.at(-1); top; top = stack.at(-1)) {
    if (top.next === top.body.length) {
      stack.pop();
      continue;
    }
    const s = top.body[top.next++];
    const { reached } = top;
    if (s.kind === 'when') {
      stack.push({ body: s.else, next: 0, reached: all(reached, not(s.cond)) }, { body: s.then, next: 0, reached: all(reached, s.cond) });
    } else if (s.kind === 'switch') {
      const { on } = s;
      const { type } = on;
      if (!isScalar(type)) throw new Error('engine: switch on no scalar');
      const is = (values: readonly bigint[]): Expr => values
        .map((value): Expr => ({ op: 'binary', fn: 'eq', type: BOOL, a: on, b: { op: 'lit', type, value } }))
        .reduce((a, b): Expr => ({ op: 'binary', fn: 'or', type: BOOL, a, b }));
      const values = s.cases.flatMap((c) => c.values);
      stack.push({ body: s.default, next: 0, reached: values.length === 0 ? reached : all(reached, not(is(values))) });
      for (const c of [...s.cases].reverse()) stack.push({ body: c.body, next: 0, reached: all(reached, is(c.values)) });
    } else if (reached) {
      out.push({ kind: 'when', cond: reached, then: [s], else: [], site: s.site });
    } else {
      out.push(s);
    }
  }
  return out;
}

function assignments(body: readonly Statement[]): Assign[] {
  const found: Assign[] = [];
  walkStatements(body, (s) => {
    if (s.kind === 'assign') found.push(s);
  });
  return found;
}

/** Where a signal is cut: bundles into fields, vectors of scalars only if `paths` go into them (or always, if `fine`). */
function cuts(
  type: Type,
  paths: readonly (readonly PathElement[])[],
  fine: boolean,
  lo: number,
  out: Range[],
): void {
  if (type.kind === 'bundle') {
    for (const f of type.fields) {
      const inner = paths.filter((p) => p.length > 0 && 'field' in p[0] && p[0].field === f.name).map((p) => p.slice(1));
      cuts(f.type, inner, fine, lo + fieldPlace(type, f.name).lo, out);
    }
  } else if (type.kind === 'vec' && (fine || !isScalar(type.element) || paths.some((p) => p.length > 0))) {
    const w = widthOf(type.element);
    const everywhere: (readonly PathElement[])[] = [];
    const own = new Map<number, (readonly PathElement[])[]>();
    for (const [first, ...rest] of paths) {
      if (first === undefined || !('index' in first)) continue;
      if (typeof first.index !== 'number') everywhere.push(rest);
      else own.set(first.index, [...(own.get(first.index) ?? []), rest]);
    }
    for (let i = 0; i < type.length; i++) cuts(type.element, [...everywhere, ...(own.get(i) ?? [])], fine, lo + i * w, out);
  } else {
    out.push({ lo, width: widthOf(type) });
  }
}

/** Number of the first of ascending, touching ranges of bits that ends above `lo`. */
export function firstEndingAbove(ranges: readonly Range[], lo: number): number {
  let [from, to] = [0, ranges.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    if (ranges[middle].lo + ranges[middle].width > lo) to = middle;
    else from = middle + 1;
  }
  return from;
}

export class SignalDrivers {
  private coarse: readonly Unit[] | undefined;
  private finest: readonly Unit[] | undefined;
  constructor(
    private readonly type: Type,
    private readonly body: readonly Statement[],
  ) {}

  get assigned(): readonly Assign[] {
    return assignments(this.body);
  }

  /** In the order of the text. */
  get guarded(): readonly GuardedAssign[] {
    return guardedStatements(this.body, []).flatMap(({ statement, guards }) => (statement.kind === 'assign' ? [{ assign: statement, guards }] : []));
  }

  /** Units in ascending order of bits. `fine`: down to scalars, for a signal whose elements depend on each other. */
  units(fine: boolean): readonly Unit[] {
    if (fine) return (this.finest ??= this.split(true));
    return (this.coarse ??= this.split(false));
  }

  private split(fine: boolean): Unit[] {
    const ranges: Range[] = [];
    cuts(
      this.type,
      assignments(this.body).map((s) => s.path),
      fine,
      0,
      ranges,
    );
    ranges.sort((a, b) => a.lo - b.lo);
    return unitsOf(this.body, ranges, (s) => reach(this.type, s.path));
  }
}

/** The statements by the ranges, ascending, that their assignments reach. */
function unitsOf(body: readonly Statement[], ranges: readonly Range[], reachOf: (s: Assign) => Range): Unit[] {
  if (ranges.length === 1) return [{ ...ranges[0], body }];
  const bodies = splitBy(body, (s) => {
    const r = reachOf(s);
    const hit: number[] = [];
    for (let i = firstEndingAbove(ranges, r.lo); i < ranges.length && ranges[i].lo < r.lo + r.width; i++) hit.push(i);
    return hit;
  });
  return ranges.map((r, i) => ({ ...r, body: bodies.get(i) ?? [] }));
}

export class ModuleDrivers {
  private readonly bySignal = new Map<Signal, SignalDrivers>();
  private readonly loops = new Map<Signal, LoopedSignal | undefined>();
  readonly writes: readonly GuardedWrite[];
  private readonly bodies: ReadonlyMap<Signal, readonly Statement[]>;
  private ownLanes: ReadonlyMap<Signal, Lanes> | undefined;

  /** `least`: see `isLong`. */
  constructor(
    private readonly module: Module,
    least: LeastLanes,
  ) {
    let someLong = false;
    walkStatements(module.body, (s) => (someLong ||= s.kind === 'for' && isLong(s, least)));
    const body = flattened(someLong ? unrolled(module.body, (s) => !isLong(s, least)) : unrolledModule(module).body);
    this.bodies = splitBy(body, (s) => [s.target]);
    this.writes = guardedStatements(body, []).flatMap(({ statement, guards }) => (statement.kind === 'memWrite' ? [{ write: statement, guards }] : []));
  }

  isDriven(signal: Signal): boolean {
    return this.bodies.has(signal);
  }

  /** With loops written out. */
  of(signal: Signal): SignalDrivers {
    let d = this.bySignal.get(signal);
    if (!d) {
      const body = this.bodies.get(signal) ?? [];
      d = new SignalDrivers(signal.type, hasLoops(body) ? unrolled(body) : body);
      this.bySignal.set(signal, d);
    }
    return d;
  }

  /** With the loops that drive it; undefined if there are none, or they must be written out. */
  looped(signal: Signal): LoopedSignal | undefined {
    if (!this.loops.has(signal)) {
      const body = this.bodies.get(signal) ?? [];
      this.loops.set(signal, body.some((s) => s.kind === 'for') ? loopedSignal(signal, body, unitsOf) : undefined);
    }
    return this.loops.get(signal);
  }

  /** The lanes in whose bodies alone the signal is read, if it needs no memory. */
  ownLane(signal: Signal): Lanes | undefined {
    return (this.ownLanes ??= readAtOwnLane(this.module)).get(signal);
  }
}

interface Guarded {
  readonly statement: Assign | MemWrite;
  readonly guards: readonly Guard[];
}

function guardedStatements(body: readonly Statement[], guards: readonly Guard[]): Guarded[] {
  return body.flatMap((s): Guarded[] => {
    switch (s.kind) {
      case 'assign':
      case 'memWrite':
        return [{ statement: s, guards }];
      case 'when':
        return [
          ...guardedStatements(s.then, [...guards, { kind: 'when', cond: s.cond, holds: true }]),
          ...guardedStatements(s.else, [...guards, { kind: 'when', cond: s.cond, holds: false }]),
        ];
      case 'for':
        return [];
      case 'switch': {
        const all = s.cases.flatMap((c) => c.values);
        return [
          ...s.cases.flatMap((c) => guardedStatements(c.body, [...guards, { kind: 'case', on: s.on, values: c.values, holds: true }])),
          ...guardedStatements(s.default, [...guards, { kind: 'case', on: s.on, values: all, holds: false }]),
        ];
      }
    }
  });
}
