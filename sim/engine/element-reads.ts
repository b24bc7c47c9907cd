/**
 * Parts of values at places that differ from round to round of a loop: an element at the lane, its neighbours, a bit of a word. What lies
 * in memory is loaded from there, what is computed is computed for that part alone; only what can be neither is first put into memory as a
 * whole. Must not know which loops there are.
 */
import type { Expr } from '../../gen/ir/expr.ts';
import { isLaneIndex } from '../../gen/ir/expr.ts';
import type { LaneIndex } from '../../gen/ir/expr.ts';
import { fieldPlace } from '../../gen/ir/leaves.ts';
import type { Signal, Statement } from '../../gen/ir/module.ts';
import { widthOf } from '../../gen/ir/types.ts';
import type { Arithmetic } from './arithmetic.ts';
import { LaneContext } from './context.ts';
import type { Context, Where } from './context.ts';
import type { DynamicReads } from './dynamic-reads.ts';
import { hasLane } from './lane-drivers.ts';
import type { Node } from './nodes.ts';
import { along, bitNumber, cutOut, further, isBitOfLane, reachOf, readPacked, readStored } from './offsets.ts';
import type { Offset, Storage, Term } from './offsets.ts';
import type { Box, Rope } from './rope.ts';
import { RopeReader, constRope, nodeRope, ropeWidth, sameRope, sliceRope } from './rope.ts';

/** What these reads need of the rest of the lowering. */
export interface ElementHost {
  readonly arithmetic: Arithmetic;
  readonly dynamic: DynamicReads;
  read(ctx: Context, signal: Signal, lo: number, width: number): Rope;
  bits(where: Where, e: Expr, lo: number, width: number): Rope;
  matches(where: Where, on: Expr, values: readonly bigint[]): Node;
  /** Where a signal's value lies, if it does. */
  storageOf(ctx: Context, signal: Signal): Storage | undefined;
  /** The signal that an input or an instance's output shows, and where. */
  behind(ctx: Context, signal: Signal): { readonly ctx: Context; readonly signal: Signal } | undefined;
  /** Element of the round's own lane, if the signal is part of the loop's body. */
  atOwnLane(where: LaneContext, signal: Signal, index: LaneIndex, lo: number, width: number): Rope | undefined;
  /** Puts a value into memory, densely. */
  gather(value: Rope): Box;
}

/** Parts of a concatenation between which a chain of choices is made. */
const MOST_PARTS = 8;
/** Bits by which a place may miss what it is meant for: so many bytes stand before and behind everything in memory. */
const MOST_LOOSE = 64;
/** Expressions within each other of which a part is taken; below these the whole is computed, which need not fit the JavaScript stack. */
const MOST_NESTED = 60;

export class ElementReads {
  private readonly gathered = new Map<object, Map<object, Box>>();

  private depth = 0;

  constructor(private readonly host: ElementHost) {}

  /** To be called before values are read again after an exception. */
  restart(): void {
    this.depth = 0;
  }

  /** Bits of element `index` of a vector. */
  element(where: Where, e: Expr & { op: 'index' }, o: Offset, width: number): Rope {
    const { of, index } = e;
    if (of.type.kind !== 'vec') throw new Error('engine: element of no vector');
    const w = widthOf(e.type);
    const n = of.type.length;
    if (typeof index === 'number') return index < n ? this.at(where, of, further(o, index * w), width) : constRope(0n, width);
    if (where instanceof LaneContext && isLaneIndex(index, of.type)) {
      if (of.op === 'ref' && o.terms.length === 0) {
        const own = this.host.atOwnLane(where, of.signal, index, o.lo, width);
        if (own) return own;
      }
      const lane = where.rounds.get(index.lanes);
      if (!lane) throw new Error('engine: a lane outside of its loop');
      const term: Term = { index: lane, stride: index.scale * w, least: 0, most: index.lanes.count - 1 };
      return this.at(where, of, along(further(o, index.offset * w), term), width);
    }
    const i = this.host.bits(where, index, 0, widthOf(index.type));
    const { index: bounded, inside } = this.host.dynamic.bounded(i, n, 0);
    if (bounded.op === 'const') {
      const value = this.at(where, of, further(o, Number(bounded.value) * w), width);
      return this.host.arithmetic.mux(inside, value, constRope(0n, width));
    }
    const value = this.at(where, of, along(o, { index: bounded, stride: w, least: 0, most: n - 1 }), width);
    return this.host.arithmetic.mux(inside, value, constRope(0n, width));
  }

  private at(where: Where, e: Expr, o: Offset, width: number): Rope {
    if (o.terms.length === 0) return this.host.bits(where, e, o.lo, width);
    this.depth++;
    const value = this.depth > MOST_NESTED ? this.computed(where, e, o, width) : this.part(where, e, o, width);
    this.depth--;
    return value;
  }

  private part(where: Where, e: Expr, o: Offset, width: number): Rope {
    const { host } = this;
    const a = host.arithmetic;
    const total = widthOf(e.type);
    switch (e.op) {
      case 'ref':
        return this.signal(where instanceof LaneContext ? where.base : where, e.signal, o, width);
      case 'index':
        return this.element(where, e, o, width);
      case 'field':
        return this.at(where, e.of, further(o, fieldPlace(e.of.type, e.name).lo), width);
      case 'cast':
        return this.at(where, e.of, o, width);
      case 'slice':
        return this.at(where, e.of, further(o, e.lo), width);
      case 'mux': {
        const c = a.words.word(host.bits(where, e.cond, 0, 1));
        if (c.op === 'const') return this.at(where, c.value !== 0n ? e.a : e.b, o, width);
        return a.mux(c, this.at(where, e.a, o, width), this.at(where, e.b, o, width));
      }
      case 'unary':
        return e.fn === 'not' && total > 64 ? a.unary('not', this.at(where, e.a, o, width)) : this.computed(where, e, o, width);
      case 'binary': {
        const isBitwise = e.fn === 'and' || e.fn === 'or' || e.fn === 'xor';
        if (!isBitwise || total <= 64) return this.computed(where, e, o, width);
        return a.binary(e.fn, this.at(where, e.a, o, width), this.at(where, e.b, o, width), false);
      }
      case 'cat':
        return this.joined(where, [...e.parts].reverse(), o, width) ?? this.computed(where, e, o, width);
      case 'bundle':
        return this.joined(where, [...e.fields].reverse(), o, width) ?? this.computed(where, e, o, width);
      case 'vec':
        return this.joined(where, e.items, o, width) ?? this.computed(where, e, o, width);
      default:
        return this.computed(where, e, o, width);
    }
  }

  /** Of what is joined of few parts, the least significant first; undefined where a piece would lie in two of them. */
  private joined(where: Where, parts: readonly Expr[], o: Offset, width: number): Rope | undefined {
    const g = this.host.arithmetic.graph;
    const term = o.terms.reduce((x, y) => (y.stride > x.stride ? y : x));
    const others: Offset = { lo: o.lo, terms: o.terms.filter((t) => t !== term) };
    const { lo, end } = reachOf(others, width);
    const choices: { readonly part: Expr; readonly from: number; readonly first: number; readonly last: number }[] = [];
    let next = term.least;
    let from = 0;
    for (const part of parts) {
      const to = from + widthOf(part.type);
      const first = Math.max(next, Math.ceil((from - lo) / term.stride));
      const last = Math.min(term.most, Math.floor((to - end) / term.stride));
      if (first <= last) {
        if (first !== next || choices.length === MOST_PARTS) return undefined;
        choices.push({ part, from, first, last });
        next = last + 1;
      }
      from = to;
    }
    if (next !== term.most + 1) return undefined;
    let value: Rope | undefined;
    for (const c of choices.reverse()) {
      const inPart = further(others, -c.from);
      const own = c.first === c.last
        ? this.at(where, c.part, further(inPart, term.stride * c.first), width)
        : this.at(where, c.part, along(inPart, this.narrowed(term, c.first, c.last)), width);
      value = value ? this.host.arithmetic.mux(g.binary('ltU', term.index, g.constant('i32', c.last + 1)), own, value) : own;
    }
    return value;
  }

  /** The same index where it lies between two bounds; elsewhere it does not matter, but may not lead out of memory. */
  private narrowed(t: Term, least: number, most: number): Term {
    const g = this.host.arithmetic.graph;
    if (least === t.least && most === t.most) return t;
    const miss = Math.max(least - t.least, t.most - most) * t.stride;
    if (!t.isLoose && miss <= MOST_LOOSE) return { ...t, least, most, isLoose: true };
    const [low, high] = [g.constant('i32', least), g.constant('i32', most)];
    const above = least > 0 ? g.select(g.binary('ltS', t.index, low), low, t.index) : t.index;
    return { index: g.select(g.binary('ltS', high, above), high, above), stride: t.stride, least, most };
  }

  private signal(ctx: Context, signal: Signal, o: Offset, width: number): Rope {
    const { host } = this;
    const storage = host.storageOf(ctx, signal);
    const stored = storage && readStored(host.arithmetic.words, storage, o, width);
    if (stored) return stored;
    const behind = host.behind(ctx, signal);
    if (behind) return this.signal(behind.ctx, behind.signal, o, width);
    if (signal.kind !== 'reg' && signal.kind !== 'input' && signal.kind !== 'instOut' && signal.kind !== 'gridOut') {
      const units = ctx.drivers.of(signal).units(false);
      if (units.length === 1 && !ctx.drivers.looped(signal) && drivesWholes(units[0].body)) {
        return this.driven(ctx, units[0].body, o, width, undefined) ?? constRope(0n, width);
      }
    }
    return this.inMemory(ctx, signal, () => host.read(ctx, signal, 0, widthOf(signal.type)), o, width);
  }

  /** Of a signal that is driven as a whole only. */
  private driven(ctx: Context, body: readonly Statement[], o: Offset, width: number, before: Rope | undefined): Rope | undefined {
    const { host } = this;
    const { arithmetic } = host;
    const choose = (c: Node, a: Rope | undefined, b: Rope | undefined): Rope | undefined => (a && b ? arithmetic.mux(c, a, b) : (a ?? b));
    let value = before;
    for (const s of body) {
      if (s.kind === 'assign') {
        value = this.at(ctx, s.value, o, width);
      } else if (s.kind === 'when') {
        const c = arithmetic.words.word(host.bits(ctx, s.cond, 0, 1));
        if (c.op === 'const') value = this.driven(ctx, c.value !== 0n ? s.then : s.else, o, width, value);
        else value = choose(c, this.driven(ctx, s.then, o, width, value), this.driven(ctx, s.else, o, width, value));
      } else if (s.kind === 'switch') {
        const start = value;
        value = this.driven(ctx, s.default, o, width, start);
        for (const c of [...s.cases].reverse()) {
          value = choose(host.matches(ctx, s.on, c.values), this.driven(ctx, c.body, o, width, start), value);
        }
      }
    }
    return value;
  }

  /** Of what is computed as a whole. */
  private computed(where: Where, e: Expr, o: Offset, width: number): Rope {
    const { host } = this;
    const total = widthOf(e.type);
    if (!(where instanceof LaneContext)) return this.inMemory(where, e, () => host.bits(where, e, 0, total), o, width);
    if (!hasLane(e)) return this.inMemory(where.base, e, () => host.bits(where, e, 0, total), o, width);
    const whole = host.bits(where, e, 0, total);
    const { words } = host.arithmetic;
    if (total <= 64) return cutOut(words, whole, o, width);
    return sliceRope(host.arithmetic.binary('shr', whole, nodeRope(bitNumber(words.graph, o), 32), false), 0, width);
  }

  private inMemory(ctx: Context, what: object, whole: () => Rope, o: Offset, width: number): Rope {
    const { words } = this.host.arithmetic;
    const known = this.gathered.get(ctx)?.get(what);
    if (known) return readPacked(words, known, o, width);
    const value = whole();
    if (ropeWidth(value) <= 64 && !isBitOfLane(o, width)) return cutOut(words, value, o, width);
    const table = this.fromTable(value, o, width);
    if (table) return table;
    const [only] = value;
    const lies = value.length === 1 && only.kind === 'box' && only.lo % 8 === 0;
    const box = lies ? { ...only.box, address: only.box.address + only.lo / 8 } : this.host.gather(value);
    const ofContext = this.gathered.get(ctx) ?? new Map<object, Box>();
    this.gathered.set(ctx, ofContext);
    ofContext.set(what, box);
    return readPacked(words, box, o, width);
  }

  /** Elements that are constants, or lie in memory at equal distances. */
  private fromTable(value: Rope, o: Offset, width: number): Rope | undefined {
    const [term, second] = o.terms;
    if (second || o.lo + term.stride * term.least < 0) return undefined;
    const reader = new RopeReader(value);
    const elements = Array.from({ length: term.most + 1 }, (_, i) => reader.slice(o.lo + term.stride * Math.max(i, term.least), width));
    if (elements.every((e) => sameRope(e, elements[0]))) return elements[0];
    return this.host.dynamic.table(elements, { index: term.index, inside: this.host.arithmetic.graph.bool(true) }, width);
  }
}

function drivesWholes(body: readonly Statement[]): boolean {
  return body.every((s) => {
    switch (s.kind) {
      case 'assign':
        return s.path.length === 0;
      case 'when':
        return drivesWholes(s.then) && drivesWholes(s.else);
      case 'switch':
        return s.cases.every((c) => drivesWholes(c.body)) && drivesWholes(s.default);
      default:
        return false;
    }
  });
}
