/**
 * Loops over lanes as the engine sees them: which ones stay loops, and for each signal that such a loop drives, what a round of it drives
 * and where. Whether a loop is run as one or written out is decided here and nowhere else. Must not know values or nodes.
 */
import { largestOf, pushAll } from '../../gen/collections.ts';
import type { Expr } from '../../gen/ir/expr.ts';
import { isLaneIndex, operands, walkUp } from '../../gen/ir/expr.ts';
import type { Lanes } from '../../gen/ir/lanes.ts';
import { expressionsOf, fieldPlace, moduleExpressions, walkExpressions, walkStatements } from '../../gen/ir/leaves.ts';
import type { Assign, For, Module, PathElement, Signal, Statement } from '../../gen/ir/module.ts';
import { widthOf } from '../../gen/ir/types.ts';
import type { Type } from '../../gen/ir/types.ts';
import type { Range, Unit } from './drivers.ts';

/** Lanes from which a loop runs as one: fewer are written out, where every lane has its own constants and branches. */
export interface LeastLanes {
  /** Where all that a round does has a vector form, so that up to 16 rounds are made at a time. */
  readonly inVectors: number;
  /** Otherwise. */
  readonly oneByOne: number;
}

/**
 * Measured (docs/simulation.md): at 64 lanes most loops are faster in vectors than written out, but not those of which only few lanes are
 * needed; one by one they are slower until what is written out no longer fits the processor's caches.
 */
export const LEAST_LANES: LeastLanes = { inVectors: 128, oneByOne: 1024 };

/** Whether a statement can stay a loop at all: long enough, and nothing but assignments to signals in it. */
export function isLong(s: For, least: LeastLanes): boolean {
  const { count } = s.lanes;
  let fits = count >= Math.min(least.inVectors, least.oneByOne);
  if (fits) walkStatements(s.body, (x) => (fits &&= x.kind !== 'memWrite'));
  return fits && count >= (hasVectorForm(s) ? least.inVectors : least.oneByOne);
}

/** As far as this can be said before anything is lowered. */
function hasVectorForm(s: For): boolean {
  const roots: Expr[] = [];
  let fits = true;
  walkStatements(s.body, (x) => {
    pushAll(roots, expressionsOf(x));
    if (x.kind !== 'assign') return;
    for (const p of x.path) if ('index' in p && typeof p.index !== 'number') fits &&= p.index.op === 'lane' && p.index.scale === 1;
    fits &&= widestLeaf(x.target.type) <= 64;
  });
  walkExpressions(roots, (e) => {
    if (!fits || !hasLane(e)) return;
    if (e.op === 'memRead') fits = false;
    else if (e.op === 'index') fits = typeof e.index === 'number' || e.index.op === 'lane' || !hasLane(e.index);
    else if (e.op === 'lane') fits = (e.scale & (e.scale - 1)) === 0;
    else if (e.op === 'unary') fits = e.fn !== 'xorR';
    else if (e.op === 'binary') fits = widthOf(e.a.type) <= 64 && ((e.fn !== 'shl' && e.fn !== 'shr') || e.b.op === 'lit');
  });
  return fits;
}

function widestLeaf(type: Type): number {
  if (type.kind === 'vec') return widestLeaf(type.element);
  return type.kind === 'bundle' ? largestOf(type.fields.map((f) => widestLeaf(f.type)), 0) : widthOf(type);
}

/** Bits by which the place moves from one round of a loop to the next. */
export type Strides = ReadonlyMap<Lanes, number>;

/** Where a path leads: from `lo` bits on in round 0. */
interface LanePlace {
  readonly lo: number;
  readonly type: Type;
  readonly strides: Strides;
}

/** Undefined if an index is computed. */
function placeOf(whole: Type, path: readonly PathElement[]): LanePlace | undefined {
  let type = whole;
  let lo = 0;
  const strides = new Map<Lanes, number>();
  for (const p of path) {
    if ('field' in p) {
      const field = fieldPlace(type, p.field);
      lo += field.lo;
      type = field.type;
      continue;
    }
    if (type.kind !== 'vec') return undefined;
    const w = widthOf(type.element);
    if (typeof p.index === 'number') {
      lo += p.index * w;
    } else if (isLaneIndex(p.index, type)) {
      const { lanes, scale, offset } = p.index;
      lo += offset * w;
      strides.set(lanes, (strides.get(lanes) ?? 0) + scale * w);
    } else {
      return undefined;
    }
    type = type.element;
  }
  return { lo, type, strides };
}

/** What a nest of loops does to a signal. */
export interface LaneDriver {
  /** The outermost first. */
  readonly nest: readonly Lanes[];
  readonly strides: Strides;
  /** What a round drives, as it lies in round 0. */
  readonly units: readonly Unit[];
}

export interface LoopedSignal {
  readonly drivers: readonly LaneDriver[];
  /** What drives the parts that no loop does. */
  readonly rest: readonly Unit[];
  /** Nothing keeps what it had. */
  readonly isWhole: boolean;
}

/** Statements directly under the same loops. */
interface Nested {
  readonly nest: readonly Lanes[];
  readonly body: Statement[];
}

/** Undefined where a loop stands in a condition. */
function nestsOf(body: readonly Statement[]): Nested[] | undefined {
  const found: Nested[] = [];
  const visit = (list: readonly Statement[], nest: readonly Lanes[]): boolean => {
    const own: Statement[] = [];
    let fits = true;
    for (const s of list) {
      if (s.kind === 'for') {
        fits &&= visit(s.body, [...nest, s.lanes]);
      } else {
        walkStatements([s], (x) => (fits &&= x.kind !== 'for'));
        own.push(s);
      }
    }
    if (own.length > 0) found.push({ nest, body: own });
    return fits;
  };
  return visit(body, []) ? found : undefined;
}

const assignmentsOf = (body: readonly Statement[]): Assign[] => {
  const found: Assign[] = [];
  walkStatements(body, (s) => {
    if (s.kind === 'assign') found.push(s);
  });
  return found;
};

/** How the bodies of a driver are divided among ranges of bits. */
export type SplitInto = (body: readonly Statement[], ranges: readonly Range[], reachOf: (s: Assign) => Range) => Unit[];

/** Undefined if the loops in the body, which drive one signal, must be written out. */
export function loopedSignal(signal: Signal, body: readonly Statement[], split: SplitInto): LoopedSignal | undefined {
  const nests = nestsOf(body);
  if (!nests) return undefined;
  const drivers: LaneDriver[] = [];
  const rest: Statement[] = [];
  for (const { nest, body: own } of nests) {
    if (nest.length === 0) {
      pushAll(rest, own);
      continue;
    }
    const driver = driverOf(signal, nest, own, split);
    if (!driver) return undefined;
    drivers.push(driver);
  }
  const places = placesOf(signal, rest);
  if (!places) return undefined;
  const others = unitsAt(rest, places, split);
  const driven = drivenBits(drivers, others);
  return driven === undefined ? undefined : { drivers, rest: others, isWhole: driven === widthOf(signal.type) };
}

/** Undefined if an index is computed. */
function placesOf(signal: Signal, body: readonly Statement[]): Map<Assign, LanePlace> | undefined {
  const places = new Map<Assign, LanePlace>();
  for (const s of assignmentsOf(body)) {
    const place = placeOf(signal.type, s.path);
    if (!place) return undefined;
    places.set(s, place);
  }
  return places;
}

/** Divided wherever something that is assigned begins or ends. */
function unitsAt(body: readonly Statement[], places: ReadonlyMap<Assign, LanePlace>, split: SplitInto): Unit[] {
  const rangeOf = (s: Assign): Range => {
    const place = places.get(s);
    if (!place) throw new Error('engine: an assignment without a place');
    return { lo: place.lo, width: widthOf(place.type) };
  };
  const ends = [...new Set([...places.keys()].flatMap((s) => [rangeOf(s).lo, rangeOf(s).lo + rangeOf(s).width]))].sort((a, b) => a - b);
  const ranges = ends.slice(1).map((end, i) => ({ lo: ends[i], width: end - ends[i] }));
  return split(body, ranges, rangeOf).filter((u) => u.body.length > 0);
}

function driverOf(signal: Signal, nest: readonly Lanes[], body: readonly Statement[], split: SplitInto): LaneDriver | undefined {
  const places = placesOf(signal, body);
  const [first] = places?.values() ?? [];
  if (!places || !first) return undefined;
  const { strides } = first;
  for (const p of places.values()) {
    if (p.strides.size !== nest.length || nest.some((l) => p.strides.get(l) !== strides.get(l))) return undefined;
  }
  const units = unitsAt(body, places, split);
  return roundsAreApart(nest, strides, units) ? { nest, strides, units } : undefined;
}

/** Whether no round drives what another one drives. */
function roundsAreApart(nest: readonly Lanes[], strides: Strides, units: readonly Unit[]): boolean {
  const last = units[units.length - 1];
  let span = last.lo + last.width - units[0].lo;
  for (const [lanes, stride] of [...strides].sort((a, b) => a[1] - b[1])) {
    if (stride < span) return false;
    span += stride * (lanes.count - 1);
  }
  return nest.every((l) => strides.has(l));
}

/** Number of bits that are driven; undefined if some are driven from two sides. */
function drivenBits(drivers: readonly LaneDriver[], rest: readonly Unit[]): number | undefined {
  const all = rest.map((u) => ({ lo: u.lo, end: u.lo + u.width }));
  for (const { nest, strides, units } of drivers) {
    const visit = (depth: number, at: number): void => {
      if (depth === nest.length) {
        for (const u of units) all.push({ lo: at + u.lo, end: at + u.lo + u.width });
        return;
      }
      for (let i = 0; i < nest[depth].count; i++) visit(depth + 1, at + i * (strides.get(nest[depth]) ?? 0));
    };
    visit(0, 0);
  }
  all.sort((a, b) => a.lo - b.lo);
  if (all.some((r, i) => i > 0 && r.lo < all[i - 1].end)) return undefined;
  return all.reduce((n, r) => n + r.end - r.lo, 0);
}

const dependent = new WeakMap<Expr, boolean>();

/** Whether an expression differs from lane to lane of a loop around it. */
export function hasLane(e: Expr): boolean {
  const known = dependent.get(e);
  if (known !== undefined) return known;
  walkUp(e, (x) => dependent.has(x), (x) => dependent.set(x, x.op === 'lane' || operands(x).some((o) => dependent.get(o) === true)));
  return dependent.get(e) === true;
}

/**
 * Wires with an element a lane that only bodies over the same lanes read, each its own element, with those lanes: there they are part of
 * the body. All others lie in memory.
 */
export function readAtOwnLane(m: Module): ReadonlyMap<Signal, Lanes> {
  const own = new Map<Signal, Lanes>();
  const elsewhere = new Set<Signal>();
  const roots = moduleExpressions(m);
  for (const e of roots) if (e.op === 'ref') elsewhere.add(e.signal);
  walkExpressions(roots, (e) => {
    for (const o of operands(e)) {
      if (o.op !== 'ref') continue;
      const lanes = e.op === 'index' && e.of === o ? ownLane(e.index, o.type) : undefined;
      if (!lanes || (own.get(o.signal) ?? lanes) !== lanes) elsewhere.add(o.signal);
      else own.set(o.signal, lanes);
    }
  });
  for (const s of own.keys()) if (elsewhere.has(s) || s.kind !== 'wire') own.delete(s);
  return own;
}

function ownLane(index: Expr | number, of: Type): Lanes | undefined {
  return isLaneIndex(index, of) && index.scale === 1 && index.offset === 0 ? index.lanes : undefined;
}
