/**
 * Puts every `for` where it can be printed as a loop of equal, independent blocks: at the top level of the body, or directly in another,
 * with conditions inside of it. Afterwards each of them drives, in each round, elements that nothing else drives: what else drives the
 * same vectors as wholes joins the loop. Where that is not so (a later lane wins, loops of different length meet in one vector), the
 * loop is written out.
 */
import { isLaneIndex } from '../ir/expr.ts';
import type { Expr } from '../ir/expr.ts';
import type { Lanes } from '../ir/lanes.ts';
import { countLeaves, fieldPlace, leafRange, rebuildStatements, rebuilt, walkStatements } from '../ir/leaves.ts';
import type { Assign, For, MemWrite, Memory, Module, PathElement, Signal, Statement, When } from '../ir/module.ts';
import { indexWidth, uintType } from '../ir/types.ts';
import type { Type, VecType } from '../ir/types.ts';
import { simplify } from './simplify.ts';
import { hasLoops, relaned, unrolled } from './unroll.ts';

type Target = Signal | Memory;

export function placeLoops(m: Module): Module {
  // Of one lane there is nothing to repeat.
  return hasLoops(m.body) ? simplify({ ...m, body: place(unrolled(m.body, (s) => s.lanes.count === 1), 0) }) : m;
}

/** `depth`: how many loops stand around the body; the paths in it begin with so many indices. */
function place(body: readonly Statement[], depth: number): Statement[] {
  const inLoops = new Set<Target>();
  walkStatements(body, (s) => {
    if (s.kind === 'for') for (const t of targetsOf(s.body)) inLoops.add(t);
  });
  const items = body.flatMap((s) => apartFrom(s, inLoops)).flatMap(lifted).flatMap(components);
  const placed = groupsOf(items, inLoops).flatMap((group) => joined(group, depth));
  return byLanes(placed).map((s) => (s.kind === 'for' ? { ...s, body: place(s.body, depth + 1) } : s));
}

const leafTarget = (s: Assign | MemWrite): Target => (s.kind === 'assign' ? s.target : s.mem);

function targetsOf(body: readonly Statement[]): Set<Target> {
  const found = new Set<Target>();
  walkStatements(body, (s) => {
    if (s.kind === 'assign' || s.kind === 'memWrite') found.add(leafTarget(s));
  });
  return found;
}

/** A statement without what drives other targets; none if nothing is left. */
function restricted(s: Statement, isKept: (t: Target) => boolean): Statement[] {
  return rebuildStatements([s], (x, branches) => {
    if (x.kind === 'assign' || x.kind === 'memWrite') return isKept(leafTarget(x)) ? [x] : [];
    return branches.every((b) => b.length === 0) ? [] : [rebuilt(x, branches)];
  });
}

/** A statement as two: what drives vectors of loops, and the rest. */
function apartFrom(s: Statement, inLoops: ReadonlySet<Target>): Statement[] {
  const own = [...targetsOf([s])];
  if (own.every((t) => inLoops.has(t)) || !own.some((t) => inLoops.has(t))) return [s];
  return [...restricted(s, (t) => !inLoops.has(t)), ...restricted(s, (t) => inLoops.has(t))];
}

/** Loops out of the conditions around them: each takes them along. What stands before and after one stays before and after it. */
function lifted(s: Statement): Statement[] {
  return rebuildStatements([s], (x, branches) => {
    if ((x.kind !== 'when' && x.kind !== 'switch') || !branches.some((b) => b.some((y) => y.kind === 'for'))) return [rebuilt(x, branches)];
    return branches.flatMap((branch, at) => runs(branch).map((run): Statement => {
      const [first] = run;
      const around = (inner: readonly Statement[]): Statement => rebuilt(x, branches.map((_, i) => (i === at ? inner : [])));
      return first.kind === 'for' ? { ...first, body: [around(first.body)] } : around(run);
    }));
  });
}

/** Each loop alone, and what stands between them together. */
function runs(body: readonly Statement[]): Statement[][] {
  const result: Statement[][] = [];
  for (const s of body) {
    const last = result.at(-1);
    if (last && s.kind !== 'for' && last[0].kind !== 'for') last.push(s);
    else result.push([s]);
  }
  return result;
}

/** A loop as several, each of statements that share targets. */
function components(s: Statement): Statement[] {
  if (s.kind !== 'for' || s.body.length < 2) return [s];
  return groupsOf(s.body, targetsOf(s.body)).map((body) => ({ ...s, body }));
}

/** Statements that share targets among the given ones, in the order of their first. The others stay on their own. */
function groupsOf(items: readonly Statement[], among: ReadonlySet<Target>): Statement[][] {
  const parent = new Map<Target, Target>();
  const find = (t: Target): Target => {
    let root = t;
    for (let up = parent.get(root); up && up !== root; up = parent.get(root)) root = up;
    return root;
  };
  const own = items.map((item) => [...targetsOf([item])].filter((t) => among.has(t)));
  for (const targets of own) {
    for (const t of targets) {
      if (!parent.has(t)) parent.set(t, t);
      parent.set(find(t), find(targets[0]));
    }
  }
  const groups = new Map<Target | Statement, Statement[]>();
  for (const [i, item] of items.entries()) {
    const key = own[i].length > 0 ? find(own[i][0]) : item;
    const list = groups.get(key);
    if (list) list.push(item);
    else groups.set(key, [item]);
  }
  return [...groups.values()];
}

/** Statements that drive the same vectors: as one loop, as loops and statements that do not meet, or written out. */
function joined(group: readonly Statement[], depth: number): readonly Statement[] {
  if (!group.some((s) => s.kind === 'for')) return group;
  const targets = [...targetsOf(group)];
  if (!targets.every((t) => 'kind' in t && hasEqualLanes(t)) || hasDynamicPlaces(group)) return together(unrolled(group));
  const one = asOne(group, depth);
  if (one) return [one];
  return depth === 0 && areApart(group) ? group : together(unrolled(group));
}

/** Conditions within each other of which the rounds are put together; deeper ones stay as they are. */
const MOST_TOGETHER = 64;

/** What one condition stands around in rounds that follow each other, as one statement. */
function together(body: readonly Statement[], depth = 0): Statement[] {
  const runs: Statement[][] = [];
  for (const s of body) {
    const first = runs.at(-1)?.[0];
    if (s.kind === 'when' && first?.kind === 'when' && first.cond === s.cond) runs.at(-1)?.push(s);
    else runs.push([s]);
  }
  return depth === MOST_TOGETHER ? [...body] : runs.map((run) => {
    const [first] = run;
    if (first.kind !== 'when' || run.length === 1) return first;
    const branch = (of: (s: When) => readonly Statement[]): Statement[] => together(run.flatMap((s) => (s.kind === 'when' ? of(s) : [])), depth + 1);
    return { ...first, then: branch((s) => s.then), else: branch((s) => s.else) };
  });
}

/** Whether all elements of a vector are reset alike: a loop says it once. */
function hasEqualLanes({ type, reset }: Signal): boolean {
  if (type.kind !== 'vec' || !reset) return true;
  const n = countLeaves(type.element);
  return reset.every((l, i) => l?.value === reset[i % n]?.value);
}

/** To Yosys an assignment to a place that is found at run time drives the whole vector: the block of a lane would drive all lanes. */
function hasDynamicPlaces(group: readonly Statement[]): boolean {
  let found = false;
  walkStatements(group, (s) => {
    if (s.kind !== 'assign') return;
    let type = s.target.type;
    for (const p of s.path) {
      if ('field' in p) type = fieldPlace(type, p.field).type;
      else if (type.kind === 'vec') {
        found ||= typeof p.index !== 'number' && !isLaneIndex(p.index, type);
        type = type.element;
      }
    }
  });
  return found;
}

function asOne(group: readonly Statement[], depth: number): For | undefined {
  const loops = group.filter((s) => s.kind === 'for');
  const [{ lanes, site }] = loops;
  if (loops.some((s) => s.lanes.count !== lanes.count)) return undefined;
  const body = group.flatMap((s) => (s.kind === 'for' ? relaned(s.body, s.lanes, lanes) : inLanes(s, lanes)));
  let fits = true;
  walkStatements(body, (s) => {
    if (s.kind === 'memWrite') fits = false;
    if (s.kind !== 'assign') return;
    const index = indexOf(s.path[depth]);
    fits &&= index?.op === 'lane' && index.lanes === lanes && index.scale === 1 && index.offset === 0 && lengthAt(s.target.type, s.path, depth) === lanes.count;
  });
  return fits ? { kind: 'for', lanes, body, site } : undefined;
}

function indexOf(p: PathElement | undefined): Expr | undefined {
  return p && 'index' in p && typeof p.index !== 'number' ? p.index : undefined;
}

function typeAt(type: Type, path: readonly PathElement[], depth: number): Type | undefined {
  let t: Type | undefined = type;
  for (let i = 0; i < depth; i++) t = t?.kind === 'vec' && path[i] && 'index' in path[i] ? t.element : undefined;
  return t;
}

function lengthAt(type: Type, path: readonly PathElement[], depth: number): number | undefined {
  const t = typeAt(type, path, depth);
  return t?.kind === 'vec' ? t.length : undefined;
}

/** A statement that drives vectors as wholes, lane by lane. Other assignments stay as they are. */
function inLanes(s: Statement, lanes: Lanes): Statement[] {
  const index: Expr = { op: 'lane', type: uintType(indexWidth(lanes.count)), lanes, scale: 1, offset: 0 };
  return rebuildStatements([s], (x, branches) => {
    if (x.kind !== 'assign') return [rebuilt(x, branches)];
    const { value } = x;
    const type: VecType | undefined = value.type.kind === 'vec' ? value.type : undefined;
    if (!type) return [x];
    const element: Expr = value.op === 'vec' && value.items.every((item) => item === value.items[0]) ? value.items[0] : { op: 'index', type: type.element, of: value, index };
    return [{ ...x, path: [...x.path, { index }], value: element }];
  });
}

/**
 * Whether no part of a target is driven by two of the statements, or in two rounds. Combinational parts side by side must each be plain
 * assignments: one vector cannot be driven by an `assign` and by a block.
 */
function areApart(group: readonly Statement[]): boolean {
  const driven = new Map<Target, Map<number, string>>();
  let fits = true;
  const mark = (s: Assign, lanes: Lanes | undefined, round: number, by: string): void => {
    const path = s.path.map((p): PathElement => {
      const index = indexOf(p);
      return index?.op === 'lane' && index.lanes === lanes ? { index: index.scale * round + index.offset } : p;
    });
    const { start, end, exact } = leafRange(s.target.type, path);
    if (!exact) fits = false;
    const leaves = driven.get(s.target) ?? new Map<number, string>();
    driven.set(s.target, leaves);
    for (let leaf = start; fits && leaf < end; leaf++) {
      if ((leaves.get(leaf) ?? by) !== by) fits = false;
      leaves.set(leaf, by);
    }
  };
  for (const [i, item] of group.entries()) {
    const lanes = item.kind === 'for' ? item.lanes : undefined;
    for (let round = 0; fits && round < (lanes?.count ?? 1); round++) {
      walkStatements(item.kind === 'for' ? item.body : [item], (s) => {
        if (s.kind === 'assign') mark(s, lanes, round, `${i}:${round}`);
        else if (s.kind === 'for' || s.kind === 'memWrite') fits = false;
        else if (group.length > 1 && [...targetsOf([s])].some((t) => 'kind' in t && t.kind !== 'reg')) fits = false;
      });
    }
  }
  // Twice in one statement is its own order, but no plain assignment.
  return fits && (group.length === 1 || group.every(isOnce));
}

/** Whether the plain assignments of a statement drive each place once. */
function isOnce(s: Statement): boolean {
  const plain = (s.kind === 'for' ? s.body : [s]).filter((x) => x.kind === 'assign' && x.target.kind !== 'reg');
  return plain.length <= new Set(plain.map((x) => (x.kind === 'assign' ? `${x.target.name} ${x.path.map(pathKey).join()}` : ''))).size;
}

function pathKey(p: PathElement): string {
  if ('field' in p) return p.field;
  const { index } = p;
  return typeof index === 'number' ? String(index) : index.op === 'lane' ? `${index.scale}i${index.offset}` : '?';
}

/** Loops over the same lanes as one, at the place of the first. */
function byLanes(body: readonly Statement[]): Statement[] {
  const result: Statement[] = [];
  const at = new Map<Lanes, number>();
  for (const s of body) {
    const known = s.kind === 'for' ? at.get(s.lanes) : undefined;
    const first = known === undefined ? undefined : result[known];
    if (s.kind === 'for' && known !== undefined && first?.kind === 'for') result[known] = { ...first, body: [...first.body, ...s.body] };
    else {
      if (s.kind === 'for') at.set(s.lanes, result.length);
      result.push(s);
    }
  }
  return result;
}
