/** Leaves: the scalar parts of aggregate types, numbered in a fixed order, and the walk over statements that passes share. */
import { pushAll } from '../collections.ts';
import type { Expr } from './expr.ts';
import { operands } from './expr.ts';
import type { Assign, MemWrite, Module, PathElement, Signal, Statement } from './module.ts';
import { isScalar, widthOf } from './types.ts';
import type { BundleType, ScalarType, Type } from './types.ts';

export interface Leaf {
  /** Suffix such as `.addr` or `[3]`; empty for a scalar. */
  readonly suffix: string;
  readonly type: ScalarType;
  /** Position of the least significant bit in the packed whole. */
  readonly lo: number;
}

/** Leaves in declaration order: fields of bundles first to last, vector elements 0 upwards. */
export function leavesOf(type: Type): Leaf[] {
  if (isScalar(type)) return [{ suffix: '', type, lo: 0 }];
  if (type.kind === 'vec') {
    const inner = leavesOf(type.element);
    const w = widthOf(type.element);
    return Array.from({ length: type.length }, (_, i) => inner.map((l) => ({ suffix: `[${i}]${l.suffix}`, type: l.type, lo: i * w + l.lo }))).flat();
  }
  return type.fields.flatMap((f) => {
    const { lo } = fieldPlace(type, f.name);
    return leavesOf(f.type).map((l) => ({ suffix: `.${f.name}${l.suffix}`, type: l.type, lo: lo + l.lo }));
  });
}

export function countLeaves(type: Type): number {
  if (isScalar(type)) return 1;
  return type.kind === 'vec' ? type.length * countLeaves(type.element) : placesOf(type).leaves;
}

/** Where a field lies in its bundle. */
export interface FieldPlace {
  readonly type: Type;
  /** Number among the fields. */
  readonly at: number;
  /** Position of its least significant bit. */
  readonly lo: number;
  /** Number of its first leaf. */
  readonly leaf: number;
}

const places = new WeakMap<BundleType, { readonly byName: ReadonlyMap<string, FieldPlace>; readonly leaves: number }>();

function placesOf(type: BundleType): { readonly byName: ReadonlyMap<string, FieldPlace>; readonly leaves: number } {
  let known = places.get(type);
  if (!known) {
    const byName = new Map<string, FieldPlace>();
    let lo = widthOf(type);
    let leaf = 0;
    for (const [at, f] of type.fields.entries()) {
      lo -= widthOf(f.type);
      byName.set(f.name, { type: f.type, at, lo, leaf });
      leaf += countLeaves(f.type);
    }
    places.set(type, (known = { byName, leaves: leaf }));
  }
  return known;
}

/** Undefined where there is no such field. */
export function findField(type: Type, name: string): FieldPlace | undefined {
  return type.kind === 'bundle' ? placesOf(type).byName.get(name) : undefined;
}

/** @throws Error where there is no such field */
export function fieldPlace(type: Type, name: string): FieldPlace {
  const place = findField(type, name);
  if (!place) throw new Error(`no field ${name} in ${type.kind === 'bundle' ? type.name : type.kind}`);
  return place;
}

/** Range of leaves that a static path selects; a dynamic index selects all elements and `exact` is false. */
export function leafRange(type: Type, path: readonly PathElement[]): { start: number; end: number; exact: boolean } {
  let start = 0;
  let t = type;
  for (const p of path) {
    if ('field' in p && t.kind === 'bundle') {
      const place = fieldPlace(t, p.field);
      start += place.leaf;
      t = place.type;
    } else if ('index' in p && t.kind === 'vec') {
      if (typeof p.index !== 'number') return { start, end: start + countLeaves(t), exact: false };
      start += p.index * countLeaves(t.element);
      t = t.element;
    }
  }
  return { start, end: start + countLeaves(t), exact: true };
}

/** Numbers of the leaves that hold some of the bits `lo` to `hi` (exclusive) of a packed value. */
export function leavesInBits(type: Type, lo: number, hi: number, from = 0): number[] {
  if (isScalar(type)) return lo < widthOf(type) && hi > 0 ? [from] : [];
  if (type.kind === 'bundle') {
    return type.fields.flatMap((f) => {
      const place = fieldPlace(type, f.name);
      return leavesInBits(f.type, lo - place.lo, hi - place.lo, from + place.leaf);
    });
  }
  const w = widthOf(type.element);
  const leaves = countLeaves(type.element);
  const found: number[] = [];
  const end = Math.min(type.length, Math.ceil(hi / w));
  for (let i = Math.max(0, Math.floor(lo / w)); i < end; i++) {
    for (const leaf of leavesInBits(type.element, lo - i * w, hi - i * w, from + i * leaves)) found.push(leaf);
  }
  return found;
}

/** Conditions around a statement: the innermost, and those around it. Both branches of a `when` have one scope. */
export interface Scope {
  readonly cond: Expr;
  readonly outer: Scope | undefined;
}

/** Statement lists directly inside a statement, in order. */
export function branchesOf(s: Statement): readonly (readonly Statement[])[] {
  switch (s.kind) {
    case 'when':
      return [s.then, s.else];
    case 'switch':
      return [...s.cases.map((c) => c.body), s.default];
    case 'for':
      return [s.body];
    default:
      return [];
  }
}

/** Calls `visit` for every statement, outer before inner. Statements may be nested deeper than the JavaScript stack. */
export function walkStatements(body: readonly Statement[], visit: (s: Statement, scope: Scope | undefined) => void): void {
  interface Visit {
    readonly body: readonly Statement[];
    next: number;
    readonly scope: Scope | undefined;
  }
  const stack: Visit[] = [{ body, next: 0, scope: undefined }];
  for (let top = stack.at(-1); top; top = stack.at(-1)) {
    if (top.next === top.body.length) {
      stack.pop();
      continue;
    }
    const s = top.body[top.next++];
    visit(s, top.scope);
    const branches = branchesOf(s);
    if (branches.length === 0) continue;
    const scope = scopeWithin(s, top.scope);
    for (let i = branches.length - 1; i >= 0; i--) stack.push({ body: branches[i], next: 0, scope });
  }
}

function scopeWithin(s: Statement, outer: Scope | undefined): Scope | undefined {
  if (s.kind === 'when') return { cond: s.cond, outer };
  return s.kind === 'switch' ? { cond: s.on, outer } : outer;
}

/** Expressions that one statement itself evaluates (not those of nested statements). */
export function expressionsOf(s: Statement): Expr[] {
  switch (s.kind) {
    case 'assign':
      return [s.value, ...indexExpressions(s)];
    case 'when':
      return [s.cond];
    case 'switch':
      return [s.on];
    case 'for':
      return [];
    case 'memWrite':
      return s.mask ? [s.addr, s.data, s.mask] : [s.addr, s.data];
  }
}

export function indexExpressions(s: Assign): Expr[] {
  return s.path.flatMap((p) => ('index' in p && typeof p.index !== 'number' ? [p.index] : []));
}

/** Calls `visit` once for every distinct expression node reachable from the roots; `seen`: not for these, nor what only they reach. */
export function walkExpressions(roots: Iterable<Expr>, visit: (e: Expr) => void, seen = new Set<Expr>()): void {
  const stack = [...roots];
  for (let e = stack.pop(); e; e = stack.pop()) {
    if (seen.has(e)) continue;
    seen.add(e);
    visit(e);
    for (const o of operands(e)) stack.push(o);
  }
}

/** Every expression that a module evaluates, at statement level. */
export function moduleExpressions(m: Module): Expr[] {
  const roots: Expr[] = [];
  walkStatements(m.body, (s) => pushAll(roots, expressionsOf(s)));
  for (const c of m.checks) roots.push(c.cond);
  return roots;
}

/** Signals that the body must or may assign. */
export function drivenSignals(m: Module): Signal[] {
  return [
    ...m.ports.filter((p) => p.kind === 'output'),
    ...m.wires,
    ...m.regs,
    ...m.instances.flatMap((i) => [...i.connections.values()].filter((s) => s.kind === 'instIn')),
    ...m.grids.flatMap((g) => [...g.inputs.values()].map((i) => i.signal)),
  ];
}

/** What a statement becomes, given what the lists inside it became (`branchesOf`). */
export type Rebuild = (s: Statement, branches: readonly (readonly Statement[])[]) => readonly Statement[];

/** Rebuilds a statement tree from the inside out. */
export function rebuildStatements(body: readonly Statement[], rebuild: Rebuild): Statement[] {
  const result: Statement[] = [];
  interface Frame {
    readonly body: readonly Statement[];
    next: number;
    readonly out: Statement[];
    /** Of the last branch of a statement: puts the statement together. */
    readonly finish?: () => void;
  }
  const stack: Frame[] = [{ body, next: 0, out: result }];
  for (let top = stack.at(-1); top; top = stack.at(-1)) {
    if (top.next === top.body.length) {
      stack.pop();
      top.finish?.();
      continue;
    }
    const s = top.body[top.next++];
    const { out } = top;
    const branches = branchesOf(s);
    const built = branches.map((): Statement[] => []);
    const finish = (): void => {
      for (const x of rebuild(s, built)) out.push(x);
    };
    if (branches.length === 0) finish();
    for (let i = branches.length - 1; i >= 0; i--) {
      stack.push({ body: branches[i], next: 0, out: built[i], ...(i === branches.length - 1 ? { finish } : {}) });
    }
  }
  return result;
}

/** A statement with other lists inside it (`branchesOf`). */
export function rebuilt(s: Statement, branches: readonly (readonly Statement[])[]): Statement {
  switch (s.kind) {
    case 'assign':
    case 'memWrite':
      return s;
    case 'when':
      return { ...s, then: branches[0], else: branches[1] };
    case 'switch':
      return { ...s, cases: s.cases.map((c, i) => ({ ...c, body: branches[i] })), default: branches[s.cases.length] };
    case 'for':
      return { ...s, body: branches[0] };
  }
}

/** The statements with other expressions, and nothing else changed. */
export function withExpressions(body: readonly Statement[], f: (e: Expr) => Expr): Statement[] {
  return rebuildStatements(body, (s, branches) => {
    const same = rebuilt(s, branches);
    switch (same.kind) {
      case 'assign':
      case 'memWrite':
        return [withOperands(same, f)];
      case 'when':
        return [{ ...same, cond: f(same.cond) }];
      case 'switch':
        return [{ ...same, on: f(same.on) }];
      case 'for':
        return [same];
    }
  });
}

function withOperands(s: Assign | MemWrite, f: (e: Expr) => Expr): Assign | MemWrite {
  if (s.kind === 'memWrite') return { ...s, addr: f(s.addr), data: f(s.data), ...(s.mask ? { mask: f(s.mask) } : {}) };
  return { ...s, value: f(s.value), path: s.path.map((p) => ('index' in p && typeof p.index !== 'number' ? { index: f(p.index) } : p)) };
}

/** Rebuilds a statement tree, mapping expressions; `keep` may drop leaf statements. Empty branches vanish. */
export function mapStatements(body: readonly Statement[], f: (e: Expr) => Expr, keep: (s: Statement) => boolean = () => true): Statement[] {
  return rebuildStatements(body, (s, branches) => {
    switch (s.kind) {
      case 'assign':
      case 'memWrite':
        return keep(s) ? [withOperands(s, f)] : [];
      case 'when': {
        const cond = f(s.cond);
        const [then, otherwise] = branches;
        if (cond.op === 'lit') return cond.value === 1n ? then : otherwise;
        if (then.length > 0) return [{ ...s, cond, then, else: otherwise }];
        if (otherwise.length === 0) return [];
        return [{ ...s, cond: { op: 'unary', fn: 'not', type: { kind: 'bool' }, a: cond }, then: otherwise, else: [] }];
      }
      case 'for':
        return branches[0].length === 0 ? [] : [{ ...s, body: branches[0] }];
      case 'switch': {
        if (branches.every((b) => b.length === 0)) return [];
        const on = f(s.on);
        const last = branches.length - 1;
        if (on.op === 'lit') {
          const at = s.cases.findIndex((c) => c.values.includes(on.value));
          return branches[at < 0 ? last : at];
        }
        return [{ ...s, on, cases: s.cases.map((c, i) => ({ ...c, body: branches[i] })), default: branches[last] }];
      }
    }
  });
}
