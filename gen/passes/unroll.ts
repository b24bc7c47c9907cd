/**
 * A body with every `for` written out: its statements once a round, with the round's numbers in place of the lane's. What is exact for
 * single lanes only is worked out on this form. Must not know why someone asks.
 */
import { pushAll } from '../collections.ts';
import type { Expr } from '../ir/expr.ts';
import { keepHint, mapOperands, operands, walkUp } from '../ir/expr.ts';
import type { Lanes } from '../ir/lanes.ts';
import { expressionsOf, fieldPlace, mapStatements, rebuildStatements, rebuilt, walkStatements, withExpressions } from '../ir/leaves.ts';
import type { For, Module, PathElement, Statement } from '../ir/module.ts';
import type { Type } from '../ir/types.ts';
import { simplifier, simplifyNode } from './simplify.ts';

const written = new WeakMap<Module, Module>();

/** The module with loops written out; the module itself if it has none. */
export function unrolledModule(m: Module): Module {
  let result = written.get(m);
  if (!result) {
    result = hasLoops(m.body) ? { ...m, body: unrolled(m.body) } : m;
    written.set(m, result);
  }
  return result;
}

export function hasLoops(body: readonly Statement[], which: (s: For) => boolean = () => true): boolean {
  let found = false;
  walkStatements(body, (s) => (found ||= s.kind === 'for' && which(s)));
  return found;
}

/** `which`: the loops to write out; the others stay. */
export function unrolled(body: readonly Statement[], which: (s: For) => boolean = () => true): Statement[] {
  return writtenOut(body, which, { rewrite: simplifyNode, map: mapStatements });
}

/** As the designer would have written it: conditions that are constant in a round are conditions. `which`: the loops; the others stay. */
export function unrolledAsIs(body: readonly Statement[], which: (s: For) => boolean = () => true): readonly Statement[] {
  return hasLoops(body, which) ? writtenOut(body, which, { rewrite: (e) => e, map: withExpressions }) : body;
}

/** What becomes of an expression whose operands are those of a round, and of statements. */
interface Form {
  readonly rewrite: (e: Expr) => Expr;
  readonly map: (body: readonly Statement[], f: (e: Expr) => Expr) => Statement[];
}

function writtenOut(body: readonly Statement[], which: (s: For) => boolean, form: Form): Statement[] {
  return rebuildStatements(body, (s, branches) => (s.kind === 'for' && which(s) ? rounds(s.lanes, branches[0], form) : [rebuilt(s, branches)]));
}

function rounds(lanes: Lanes, body: readonly Statement[], { rewrite, map }: Form): Statement[] {
  const result: Statement[] = [];
  const roots: Expr[] = [];
  walkStatements(body, (s) => pushAll(roots, expressionsOf(s)));
  const dependent = dependentOn(lanes, roots);
  for (let round = 0; round < lanes.count; round++) {
    const value = inRound(lanes, round, dependent, rewrite);
    for (const s of withFixedPlaces(map(body, value))) result.push(s);
  }
  return result;
}

/** Expressions below the roots, themselves included, that differ from lane to lane. */
export function dependentOn(lanes: Lanes, roots: readonly Expr[]): Set<Expr> {
  const dependent = new Set<Expr>();
  const seen = new Set<Expr>();
  for (const root of roots) {
    walkUp(root, (e) => seen.has(e), (e) => {
      seen.add(e);
      if ((e.op === 'lane' && e.lanes === lanes) || operands(e).some((o) => dependent.has(o))) dependent.add(e);
    });
  }
  return dependent;
}

/** The value of an expression in one round. What does not depend on the lane stays shared between the rounds. */
function inRound(lanes: Lanes, round: number, dependent: ReadonlySet<Expr>, rewrite: (e: Expr) => Expr): (e: Expr) => Expr {
  const done = new Map<Expr, Expr>();
  const known = (e: Expr): Expr => done.get(e) ?? e;
  return (root) => {
    walkUp(root, (e) => done.has(e) || !dependent.has(e), (e) => {
      const value = e.op === 'lane' && e.lanes === lanes
        ? { op: 'lit' as const, type: e.type, value: BigInt(e.scale * round + e.offset) }
        : keepHint(e, rewrite(mapOperands(e, known)));
      done.set(e, value);
    });
    return known(root);
  };
}

/** Places whose index became a number: past the end they are none. */
export function withFixedPlaces(body: readonly Statement[]): Statement[] {
  return rebuildStatements(body, (s, branches) => {
    if (s.kind !== 'assign') return [rebuilt(s, branches)];
    const path = fixedPath(s.target.type, s.path);
    return path ? [{ ...s, path }] : [];
  });
}

/** A number where the lanes alone decide. */
function fixedIndex(index: Expr): Expr | number {
  const simple = simplifier()(index);
  return simple.op === 'lit' ? Number(simple.value) : index;
}

function fixedPath(whole: Type, path: readonly PathElement[]): PathElement[] | undefined {
  let type = whole;
  const fixed: PathElement[] = [];
  for (const p of path) {
    const at = 'index' in p && typeof p.index !== 'number' ? { index: fixedIndex(p.index) } : p;
    if ('index' in at && type.kind === 'vec') {
      if (typeof at.index === 'number' && at.index >= type.length) return undefined;
      type = type.element;
    } else if ('field' in at) type = fieldPlace(type, at.field).type;
    fixed.push(at);
  }
  return fixed;
}

/** The same statements for other lanes of equal count. */
export function relaned(body: readonly Statement[], from: Lanes, to: Lanes): Statement[] {
  const roots: Expr[] = [];
  walkStatements(body, (s) => pushAll(roots, expressionsOf(s)));
  const dependent = dependentOn(from, roots);
  const done = new Map<Expr, Expr>();
  const known = (e: Expr): Expr => done.get(e) ?? e;
  return mapStatements(body, (root) => {
    walkUp(root, (e) => done.has(e) || !dependent.has(e), (e) => {
      done.set(e, e.op === 'lane' && e.lanes === from ? { ...e, lanes: to } : mapOperands(e, known));
    });
    return known(root);
  });
}
