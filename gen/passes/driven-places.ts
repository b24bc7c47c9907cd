/**
 * Where an assignment drives its signal, as ranges of leaves: in loops over lanes, of all rounds at once. Must not know conditions or
 * rules.
 */
import type { LaneIndex } from '../ir/expr.ts';
import type { Lanes } from '../ir/lanes.ts';
import { countLeaves, fieldPlace, walkStatements } from '../ir/leaves.ts';
import type { Assign, For, PathElement, Signal } from '../ir/module.ts';
import type { Type, VecType } from '../ir/types.ts';

export interface LeafRange {
  readonly start: number;
  readonly end: number;
  /** Not where an index is found at run time: then it is some place of the range. */
  readonly exact: boolean;
}

const laneAt = (p: PathElement | undefined): LaneIndex | undefined =>
  (p && 'index' in p && typeof p.index !== 'number' && p.index.op === 'lane' ? p.index : undefined);

/** Ranges that an assignment drives in all rounds of the loops around it, neighbours as one. Past the end of a vector there is nothing. */
export function drivenRanges(s: Assign): LeafRange[] {
  const lanes = s.path.flatMap((p) => laneAt(p)?.lanes ?? []);
  const twice = lanes.find((x, i) => lanes.includes(x, i + 1));
  if (!twice) return rangesIn(s.target.type, s.path, 0);
  // A diagonal: both places are of one round.
  const ofRound = (round: number): Assign => ({ ...s, path: s.path.map((p) => inRound(p, twice, round)) });
  return Array.from({ length: twice.count }, (_, round) => drivenRanges(ofRound(round))).flat();
}

function inRound(p: PathElement, lanes: Lanes, round: number): PathElement {
  const lane = laneAt(p);
  return lane?.lanes === lanes ? { index: lane.scale * round + lane.offset } : p;
}

function rangesIn(type: Type, path: readonly PathElement[], from: number): LeafRange[] {
  const [first, ...rest] = path;
  const lane = laneAt(first);
  if (!lane || type.kind !== 'vec') {
    if (!first) return [{ start: from, end: from + countLeaves(type), exact: true }];
    if ('field' in first) {
      const place = fieldPlace(type, first.field);
      return rangesIn(place.type, rest, from + place.leaf);
    }
    if (typeof first.index !== 'number') return type.kind === 'vec' ? inSomeElement(type, rest, from) : [];
    const { index } = first;
    return type.kind === 'vec' && index < type.length ? rangesIn(type.element, rest, from + index * countLeaves(type.element)) : [];
  }
  const leaves = countLeaves(type.element);
  const inner = rangesIn(type.element, rest, 0);
  const ranges: LeafRange[] = [];
  for (let round = 0; round < lane.lanes.count; round++) {
    const element = lane.scale * round + lane.offset;
    if (element >= type.length) break;
    for (const r of inner) {
      const start = from + element * leaves + r.start;
      const last = ranges.at(-1);
      if (last && r.exact === last.exact && last.end === start) ranges[ranges.length - 1] = { ...last, end: start + r.end - r.start };
      else ranges.push({ start, end: start + r.end - r.start, exact: r.exact });
    }
  }
  return ranges;
}

/** Of each element the same leaves: an index that is found at run time chooses one element, but never another of its fields. */
function inSomeElement(type: VecType, rest: readonly PathElement[], from: number): LeafRange[] {
  const leaves = countLeaves(type.element);
  const inner = rangesIn(type.element, rest, 0);
  const isWhole = inner.length === 1 && inner[0].start === 0 && inner[0].end === leaves;
  if (isWhole) return [{ start: from, end: from + leaves * type.length, exact: false }];
  return Array.from({ length: type.length }, (_, element) =>
    inner.map(({ start, end }) => ({ start: from + element * leaves + start, end: from + element * leaves + end, exact: false }))).flat();
}

/**
 * Whether rounds of a loop drive different leaves of everything that it drives: somewhere in the places of a signal stands the loop's own
 * lane, and never is one of them in two rounds. Then one round tells of all; else the last round that drives a leaf matters.
 */
export function drivesApart(loop: For): boolean {
  const places = new Map<Signal, (readonly PathElement[])[]>();
  walkStatements(loop.body, (s) => {
    if (s.kind !== 'assign') return;
    const list = places.get(s.target);
    if (list) list.push(s.path);
    else places.set(s.target, [s.path]);
  });
  return [...places.values()].every((paths) => arePlacesApart(paths, loop.lanes));
}

function arePlacesApart(paths: readonly (readonly PathElement[])[], lanes: Lanes): boolean {
  const at = paths[0].findIndex((p) => laneAt(p)?.lanes === lanes);
  if (at < 0) return false;
  const first = laneAt(paths[0][at]) as LaneIndex;
  return paths.every((path) => {
    const own = laneAt(path[at]);
    // The lane once, and what stands before it in the place known.
    if (own?.lanes !== lanes || path.some((p, i) => (i !== at && laneAt(p)?.lanes === lanes) || (i < at && !isFixed(p)))) return false;
    return own.scale === first.scale && (own.offset === first.offset || (own.offset - first.offset) % own.scale !== 0);
  });
}

function isFixed(p: PathElement): boolean {
  return 'field' in p || typeof p.index === 'number' || p.index.op === 'lane';
}
