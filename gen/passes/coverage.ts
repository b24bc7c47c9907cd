/**
 * On which paths a body drives each part of each signal. The time it takes grows with the assignments, not with how deep they stand:
 * of the statements around them only those count at which two assignments to one part meet. Rounds of a loop that drive different parts
 * are one round to it; others must be written out. Must not know rules or errors.
 */
import { branchesOf, countLeaves } from '../ir/leaves.ts';
import type { Assign, Signal, Statement } from '../ir/module.ts';
import { drivenRanges } from './driven-places.ts';

/** Neighbouring leaves of a signal that are assigned together wherever they are. */
export interface Covered {
  readonly leaves: number;
  readonly driven: 'no' | 'some' | 'all';
  /** The first assignment, if there is one. */
  readonly first: Assign | undefined;
}

export interface Coverage {
  /** In the order of the leaves. */
  of(signal: Signal): readonly Covered[];
  /** The first assignment that makes an earlier one of the same list, or below it, pointless, and one leaf that both drive. */
  readonly again: { readonly by: Assign; readonly first: Assign; readonly leaf: number } | undefined;
}

/** A list of statements, or a statement that holds lists. */
interface Place {
  readonly outer: Place | undefined;
  /** One far above, so that the way up is short: distances double as they can. */
  readonly jump: Place | undefined;
  readonly depth: number;
  /** Statements around it that leave something else to choose. */
  readonly forks: number;
  /** Of a statement: how many lists it chooses from; 0 of a list. */
  readonly branches: number;
  /** Places opened before this one, and before its end: those between are inside. */
  readonly start: number;
  end: number;
}

interface Event {
  readonly assign: Assign;
  readonly place: Place;
  readonly order: number;
  readonly start: number;
  readonly end: number;
  readonly exact: boolean;
}

/** Assignments to each signal, in the order of the text. */
function eventsOf(body: readonly Statement[]): Map<Signal, Event[]> {
  const events = new Map<Signal, Event[]>();
  let places = 0;
  let order = 0;
  const open = (outer: Place | undefined, branches: number): Place => {
    const far = outer?.jump;
    const jump = outer && far?.jump && outer.depth - far.depth === far.depth - far.jump.depth ? far.jump : outer;
    const depth = outer ? outer.depth + 1 : 0;
    return { outer, jump, depth, forks: (outer?.forks ?? 0) + (branches > 1 ? 1 : 0), branches, start: places++, end: Infinity };
  };
  interface Visit {
    readonly body: readonly Statement[];
    next: number;
    readonly outer: Place | undefined;
    /** Opened when its turn comes: places are numbered in the order of the text. */
    place: Place | undefined;
    /** Whether the statement around it ends with it. */
    readonly isLast: boolean;
    /** Of a loop: it runs always, so that its statements are some of the list around it. */
    readonly isInline: boolean;
  }
  const stack: Visit[] = [{ body, next: 0, outer: undefined, place: undefined, isLast: false, isInline: false }];
  for (let top = stack.at(-1); top; top = stack.at(-1)) {
    const place = (top.place ??= open(top.outer, 0));
    if (top.next === top.body.length) {
      if (!top.isInline) place.end = places;
      if (top.isLast && top.outer) top.outer.end = places;
      stack.pop();
      continue;
    }
    const s = top.body[top.next++];
    if (s.kind === 'assign') {
      const list = events.get(s.target) ?? [];
      events.set(s.target, list);
      for (const range of drivenRanges(s)) list.push({ assign: s, place, order, ...range });
      order++;
      continue;
    }
    if (s.kind === 'for') stack.push({ body: s.body, next: 0, outer: place, place, isLast: false, isInline: true });
    const branches = s.kind === 'for' ? [] : branchesOf(s);
    if (branches.length === 0) continue;
    const statement = open(place, branches.length);
    for (let i = branches.length - 1; i >= 0; i--) {
      stack.push({ body: branches[i], next: 0, outer: statement, place: undefined, isLast: i === branches.length - 1, isInline: false });
    }
  }
  return events;
}

const contains = (outer: Place, inner: Place): boolean => outer.start <= inner.start && inner.start < outer.end;

/** The innermost place around both. */
function meeting(a: Place, b: Place): Place {
  let at = a;
  while (!contains(at, b)) {
    const { jump, outer } = at;
    const next = jump && !contains(jump, b) ? jump : outer;
    if (!next) break;
    at = next;
  }
  return at;
}

const NO = 0;
const SOME = 1;
const ALL = 2;
type State = typeof NO | typeof SOME | typeof ALL;
const DRIVEN = ['no', 'some', 'all'] as const;

/** What is known of a part so far in an open place. */
interface Frame {
  readonly place: Place;
  state: State;
  /** The first assignment that drives the part for certain where it is reached, not some part that an index chooses. */
  exact: Event | undefined;
  /** Of a statement: lists that drive the part on all their paths. */
  full: number;
  first: Event | undefined;
}

interface PartResult {
  readonly state: State;
  readonly first: Event | undefined;
  readonly again: Overdriven | undefined;
  /** Assignments to a part that an index chooses: here what they drive is driven again. */
  readonly loose: readonly Overdriven[];
}

interface Overdriven {
  readonly by: Event;
  readonly first: Event;
}

/**
 * One part's assignments, in the order of the text. `stack`: the places around the present one at which assignments met so far, each
 * inside the one before it; one that the present place is not inside is closed, and says what it knows to the next one out.
 */
function coverPart(events: readonly Event[]): PartResult {
  const stack: Frame[] = [];
  let again: PartResult['again'];
  const loose: Overdriven[] = [];
  /** Assignments at an index that nothing has driven again. In the order of the text: what stands in an open place are the last ones. */
  const open: Event[] = [];
  const enter = (place: Place): Frame => {
    const frame: Frame = { place, state: NO, exact: undefined, full: 0, first: undefined };
    stack.push(frame);
    return frame;
  };
  const hand = (from: Frame, to: Frame): void => {
    const own: State = from.place.branches === 0 ? from.state : from.full === from.place.branches ? ALL : SOME;
    // A statement between the two that chooses from other lists as well leaves a way round.
    const isCertain = (from.place.outer?.forks ?? 0) === to.place.forks;
    const state = own === ALL && !isCertain ? SOME : own;
    to.first ??= from.first;
    to.exact ??= from.exact;
    if (to.place.branches > 0 && state === ALL) to.full++;
    if (state > to.state) to.state = state;
  };
  const at = (place: Place): Frame => {
    for (let top = stack.at(-1); top && !contains(top.place, place); top = stack.at(-1)) {
      stack.pop();
      const met = meeting(top.place, place);
      const below = stack.at(-1);
      hand(top, below && below.place.depth >= met.depth ? below : enter(met));
    }
    const top = stack.at(-1);
    return top?.place === place ? top : enter(place);
  };
  for (const e of events) {
    const frame = at(e.place);
    if (e.exact) {
      if (frame.exact) again ??= { by: e, first: frame.exact };
      frame.exact ??= e;
      for (let last = open.at(-1); last && last.place.start >= e.place.start; last = open.at(-1)) {
        loose.push({ by: e, first: last });
        open.pop();
      }
    } else {
      open.push(e);
    }
    frame.state = e.exact ? ALL : frame.state === NO ? SOME : frame.state;
    frame.first ??= e;
  }
  const { state, first } = at(outermost(events[0].place));
  return { state, first, again, loose };
}

function outermost(place: Place): Place {
  let at = place;
  for (let up = at.jump; up; up = at.jump) at = up;
  return at;
}

interface Part {
  readonly start: number;
  readonly leaves: number;
  readonly events: Event[];
}

/** Assignments by the parts of their signal: it is cut wherever one of them begins or ends. */
function partsOf(signal: Signal, events: readonly Event[]): Part[] {
  const cuts = [...new Set([0, countLeaves(signal.type), ...events.flatMap((e) => [e.start, e.end])])].sort((a, b) => a - b);
  const parts = cuts.slice(0, -1).map((start, i): Part => ({ start, leaves: cuts[i + 1] - start, events: [] }));
  const number = new Map(cuts.map((leaf, i) => [leaf, i]));
  for (const e of events) {
    const end = number.get(e.end) ?? 0;
    for (let i = number.get(e.start) ?? 0; i < end; i++) parts[i].events.push(e);
  }
  return parts;
}

/** Of assignments at an index those that are driven again wherever it leads, each with the last one that does. */
function pointless<T extends Overdriven>(parts: readonly Part[], found: readonly T[]): T[] {
  if (found.length === 0) return [];
  const left = new Map<Assign, number>();
  for (const { events } of parts) for (const e of events) if (!e.exact) left.set(e.assign, (left.get(e.assign) ?? 0) + 1);
  const last = new Map<Assign, T>();
  for (const f of found) {
    const { assign } = f.first;
    left.set(assign, (left.get(assign) ?? 0) - 1);
    const known = last.get(assign);
    if (!known || known.by.order < f.by.order) last.set(assign, f);
  }
  return [...last].filter(([assign]) => left.get(assign) === 0).map(([, f]) => f);
}

/** `body`: with loops only whose rounds drive different parts (`drivesApart`). */
export function coverageOf(body: readonly Statement[]): Coverage {
  const covered = new Map<Signal, readonly Covered[]>();
  let again: (Overdriven & { readonly leaf: number }) | undefined;
  const note = (found: Overdriven, leaf: number): void => {
    if (!again || found.by.order < again.by.order) again = { ...found, leaf };
  };
  for (const [signal, events] of eventsOf(body)) {
    const parts = partsOf(signal, events);
    const loose: (Overdriven & { readonly leaf: number })[] = [];
    covered.set(signal, parts.map((part): Covered => {
      if (part.events.length === 0) return { leaves: part.leaves, driven: 'no', first: undefined };
      const result = coverPart(part.events);
      if (result.again) note(result.again, part.start);
      for (const l of result.loose) loose.push({ ...l, leaf: part.start });
      return { leaves: part.leaves, driven: DRIVEN[result.state], first: result.first?.assign };
    }));
    for (const l of pointless(parts, loose)) note(l, l.leaf);
  }
  return {
    of: (signal) => covered.get(signal) ?? [{ leaves: countLeaves(signal.type), driven: 'no', first: undefined }],
    again: again && { by: again.by.assign, first: again.first.assign, leaf: again.leaf },
  };
}
