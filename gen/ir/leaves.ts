/** Leaves: the scalar parts of aggregate types, numbered in a fixed order, and the walk over statements that passes share. */
import type { Expr } from './expr.ts';
import { operands } from './expr.ts';
import type { Assign, Module, PathElement, Signal, Statement } from './module.ts';
import { isScalar, widthOf } from './types.ts';
import type { ScalarType, Type } from './types.ts';

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
  let top = widthOf(type);
  return type.fields.flatMap((f) => {
    top -= widthOf(f.type);
    const base = top;
    return leavesOf(f.type).map((l) => ({ suffix: `.${f.name}${l.suffix}`, type: l.type, lo: base + l.lo }));
  });
}

export function countLeaves(type: Type): number {
  if (isScalar(type)) return 1;
  return type.kind === 'vec' ? type.length * countLeaves(type.element) : type.fields.reduce((n, f) => n + countLeaves(f.type), 0);
}

/** Range of leaves that a static path selects; a dynamic index selects all elements and `exact` is false. */
export function leafRange(type: Type, path: readonly PathElement[]): { start: number; end: number; exact: boolean } {
  let start = 0;
  let t = type;
  const exact = true;
  for (const p of path) {
    if ('field' in p && t.kind === 'bundle') {
      for (const f of t.fields) {
        if (f.name === p.field) {
          t = f.type;
          break;
        }
        start += countLeaves(f.type);
      }
    } else if ('index' in p && t.kind === 'vec') {
      if (typeof p.index !== 'number') return { start, end: start + countLeaves(t), exact: false };
      start += p.index * countLeaves(t.element);
      t = t.element;
    }
  }
  return { start, end: start + countLeaves(t), exact };
}

/** Calls `visit` for every statement, outer before inner. */
export function walkStatements(body: readonly Statement[], visit: (s: Statement) => void): void {
  for (const s of body) {
    visit(s);
    if (s.kind === 'when') {
      walkStatements(s.then, visit);
      walkStatements(s.else, visit);
    } else if (s.kind === 'switch') {
      for (const c of s.cases) walkStatements(c.body, visit);
      walkStatements(s.default, visit);
    }
  }
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
    case 'memWrite':
      return s.mask ? [s.addr, s.data, s.mask] : [s.addr, s.data];
  }
}

export function indexExpressions(s: Assign): Expr[] {
  return s.path.flatMap((p) => ('index' in p && typeof p.index !== 'number' ? [p.index] : []));
}

/** Calls `visit` once for every distinct expression node reachable from the roots. */
export function walkExpressions(roots: Iterable<Expr>, visit: (e: Expr) => void): void {
  const seen = new Set<Expr>();
  const stack = [...roots];
  for (let e = stack.pop(); e; e = stack.pop()) {
    if (seen.has(e)) continue;
    seen.add(e);
    visit(e);
    stack.push(...operands(e));
  }
}

/** Every expression that a module evaluates, at statement level. */
export function moduleExpressions(m: Module): Expr[] {
  const roots: Expr[] = [];
  walkStatements(m.body, (s) => roots.push(...expressionsOf(s)));
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

/** Rebuilds a statement tree, mapping expressions; `keep` may drop leaf statements. Empty branches vanish. */
export function mapStatements(body: readonly Statement[], f: (e: Expr) => Expr, keep: (s: Statement) => boolean = () => true): Statement[] {
  const result: Statement[] = [];
  for (const s of body) {
    if (s.kind === 'assign') {
      if (keep(s)) result.push({ ...s, value: f(s.value), path: s.path.map((p) => ('index' in p && typeof p.index !== 'number' ? { index: f(p.index) } : p)) });
    } else if (s.kind === 'memWrite') {
      if (keep(s)) result.push({ ...s, addr: f(s.addr), data: f(s.data), ...(s.mask ? { mask: f(s.mask) } : {}) });
    } else if (s.kind === 'when') {
      const cond = f(s.cond);
      const thenBody = mapStatements(s.then, f, keep);
      const elseBody = mapStatements(s.else, f, keep);
      if (cond.op === 'lit') result.push(...(cond.value === 1n ? thenBody : elseBody));
      else if (thenBody.length > 0) result.push({ ...s, cond, then: thenBody, else: elseBody });
      else if (elseBody.length > 0) result.push({ ...s, cond: { op: 'unary', fn: 'not', type: { kind: 'bool' }, a: cond }, then: elseBody, else: [] });
    } else {
      const cases = s.cases.map((c) => ({ values: c.values, body: mapStatements(c.body, f, keep) }));
      const rest = mapStatements(s.default, f, keep);
      if (rest.length > 0 || cases.some((c) => c.body.length > 0)) result.push({ ...s, on: f(s.on), cases, default: rest });
    }
  }
  return result;
}
