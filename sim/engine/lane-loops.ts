/**
 * Lowers loops over lanes. A body is evaluated once, for a round whose number is a node; what it makes goes into arrays that a sweep fills
 * (`sweeps.ts`): for a wire those that others load from, for registers next values that are copied over the present ones at the end of the
 * step. Whatever turns out not to fit is refused, signal by signal, and then written out by those who asked. Must not know code.
 */
import { pushAll } from '../../gen/collections.ts';
import type { LaneIndex } from '../../gen/ir/expr.ts';
import type { Lanes } from '../../gen/ir/lanes.ts';
import type { Signal } from '../../gen/ir/module.ts';
import { widthOf } from '../../gen/ir/types.ts';
import type { CopyAction, Store, WriteAction, WritePart } from './actions.ts';
import { splitEnable, storesOf } from './actions.ts';
import type { Arithmetic } from './arithmetic.ts';
import { LaneContext, place } from './context.ts';
import type { Context, Placed, Where } from './context.ts';
import type { Unit } from './drivers.ts';
import type { DynamicReads } from './dynamic-reads.ts';
import type { LaneDriver, LoopedSignal } from './lane-drivers.ts';
import { columnsAtOnce } from './lanes.ts';
import type { Node } from './nodes.ts';
import { locate, readStored, storedBytes } from './offsets.ts';
import type { Offset, Storage, Term } from './offsets.ts';
import type { Box, Rope } from './rope.ts';
import { RopeReader, concatRopes, sliceRope } from './rope.ts';
import type { Arena, Slot } from './slots.ts';
import { storageBytes } from './slots.ts';
import { sweepNode } from './sweeps.ts';
import type { Copy, Fill, Rounds } from './sweeps.ts';

/** Thrown when a signal is refused: start again. */
export class LoopRefused {}

/** What loops need of the rest of the lowering. */
export interface LaneHost {
  readonly arithmetic: Arithmetic;
  readonly dynamic: DynamicReads;
  readonly arena: Arena;
  /** What a unit's statements make of `start`, remembered by unit. */
  unitValue(where: Where, unit: Unit, start: Rope | undefined): Rope;
}

/** The settled value of a signal that loops drive. */
export interface LaneArray {
  readonly storage: Storage;
  readonly placed: readonly Placed[];
}

/** A store, and the offset that is computed in the design, if there is one. */
interface Placing {
  readonly store: Store;
  readonly dynamic: Node | undefined;
}

/** Next values of a register. */
interface Next {
  readonly signal: Signal;
  readonly looped: LoopedSignal;
  readonly shadow: Storage;
  readonly present: Storage;
  readonly fills: readonly Fill[];
  readonly enable: Node;
}

export class LaneLoops {
  private readonly contexts = new Map<string, LaneContext>();
  private readonly numbers = new Map<object, number>();
  private readonly arrays = new Map<Context, Map<Signal, LaneArray>>();
  private readonly rooms = new Map<Context, Map<Signal, readonly Placed[]>>();
  private readonly refused = new Map<Context, Set<Signal>>();
  private open: { readonly ctx: Context; readonly signal: Signal }[] = [];

  constructor(private readonly host: LaneHost) {}

  /** To be called before values are read again after an exception. */
  restart(): void {
    this.open = [];
  }

  /** Signals whose loops are being lowered. */
  get pending(): readonly { readonly ctx: Context; readonly signal: Signal }[] {
    return [...this.open];
  }

  /** From now on these are written out. */
  refuse(signals: readonly { readonly ctx: Context; readonly signal: Signal }[]): void {
    for (const { ctx, signal } of signals) {
      const set = this.refused.get(ctx);
      if (set) set.add(signal);
      else this.refused.set(ctx, new Set([signal]));
    }
  }

  private looped(ctx: Context, signal: Signal): LoopedSignal | undefined {
    if (ctx.home.kind !== 'plain' || ctx.link.kind === 'given' || this.refused.get(ctx)?.has(signal)) return undefined;
    return ctx.drivers.looped(signal);
  }

  private numberOf(o: object): number {
    let n = this.numbers.get(o);
    if (n === undefined) this.numbers.set(o, (n = this.numbers.size));
    return n;
  }

  /** The numbers of the present rounds. */
  private roundsOf(nest: readonly Lanes[]): Rounds[] {
    const op = nest.length === 1 ? 'lane' : 'level';
    return nest.map((l) => ({ round: this.host.arithmetic.graph.round(op, this.numberOf(l), l.count - 1), count: l.count }));
  }

  /** The number of the round of a loop that no other one shares. */
  ownRound(most: number): Node {
    return this.host.arithmetic.graph.round('level', this.numberOf({}), most);
  }

  private roundOf(ctx: Context, nest: readonly Lanes[]): LaneContext {
    const key = [ctx, ...nest].map((x) => this.numberOf(x)).join();
    let c = this.contexts.get(key);
    if (!c) {
      const rounds = new Map(this.roundsOf(nest).map(({ round }, i) => [nest[i], round]));
      this.contexts.set(key, (c = new LaneContext(ctx, rounds, this.contexts.size)));
    }
    return c;
  }

  /** Memory for what loops make of a signal. */
  private roomFor(ctx: Context, signal: Signal): readonly Placed[] {
    const ofContext = this.rooms.get(ctx) ?? new Map<Signal, readonly Placed[]>();
    this.rooms.set(ctx, ofContext);
    let room = ofContext.get(signal);
    if (!room) {
      ofContext.set(signal, (room = place(this.host.arena, `lanes of ${ctx.pathOf(signal.name)}`, signal.type)));
      // Loops over cells may run past the end.
      this.host.arena.allocate(ROOM_PAST_END);
    }
    return room;
  }

  // ── wires ──

  /** The array of a signal, if loops drive it. */
  array(ctx: Context, signal: Signal): LaneArray | undefined {
    const known = this.arrays.get(ctx)?.get(signal);
    if (known) return known;
    const looped = this.looped(ctx, signal);
    if (!looped) return undefined;
    const cycle = this.open.findIndex((o) => o.ctx === ctx && o.signal === signal);
    if (cycle >= 0) {
      // Parts of it depend on others: written out they are looked at one by one.
      this.refuse(this.open.slice(cycle));
      throw new LoopRefused();
    }
    this.open.push({ ctx, signal });
    const placed = this.roomFor(ctx, signal);
    const { slot, address } = placed[0].box;
    const fills = this.fillsOf(ctx, looped, { slot, address, type: signal.type }, undefined).fills;
    this.open.pop();
    const after = sweepNode(this.host.arithmetic.graph, fills, [], new Set([slot]));
    const result: LaneArray = {
      storage: { slot, address, type: signal.type, after },
      placed: placed.map((p) => ({ ...p, box: { ...p.box, after } })),
    };
    const ofContext = this.arrays.get(ctx) ?? new Map<Signal, LaneArray>();
    this.arrays.set(ctx, ofContext);
    ofContext.set(signal, result);
    return result;
  }

  /** Bits of the round's own element of a wire that is part of the body of the round's loop. */
  atOwnLane(where: LaneContext, signal: Signal, index: LaneIndex, lo: number, width: number): Rope | undefined {
    const { lanes, scale, offset } = index;
    if (scale !== 1 || offset !== 0 || where.base.drivers.ownLane(signal) !== lanes) return undefined;
    const looped = this.looped(where.base, signal);
    const driver = looped?.drivers.length === 1 ? looped.drivers[0] : undefined;
    if (!driver || !looped?.isWhole || looped.rest.length > 0 || driver.nest.length !== 1 || driver.nest[0] !== lanes) return undefined;
    const { type } = signal;
    const w = type.kind === 'vec' ? widthOf(type.element) : 0;
    const isOfElement = driver.units[0].lo === 0 && driver.units.reduce((n, u) => n + u.width, 0) === w;
    if (driver.strides.get(lanes) !== w || !isOfElement) return undefined;
    const round = this.roundOf(where.base, [lanes]);
    return sliceRope(concatRopes(driver.units.map((u) => this.host.unitValue(round, u, undefined))), lo, width);
  }

  // ── registers ──

  /** What becomes of the registers of a context that loops drive; those that are refused are left out. */
  commits(ctx: Context, regs: readonly Signal[]): { readonly actions: readonly CopyAction[]; readonly done: ReadonlySet<Signal> } {
    const groups = new Map<string, Next[]>();
    const done = new Set<Signal>();
    for (const signal of regs) {
      const looped = this.looped(ctx, signal);
      if (!looped) continue;
      const next = this.nextOf(ctx, signal, looped);
      done.add(signal);
      if (this.host.arithmetic.graph.isConst(next.enable, 0n)) continue;
      // Of one loop under one condition: what they have in common is then computed once.
      const nest = looped.drivers.length === 1 && looped.rest.length === 0 ? looped.drivers[0].nest.map((l) => this.numberOf(l)).join() : `=${this.numberOf(signal)}`;
      const key = `${nest}:${next.enable.id}`;
      const group = groups.get(key);
      if (group) group.push(next);
      else groups.set(key, [next]);
    }
    return { actions: [...groups.values()].map((g) => this.commit(g)), done };
  }

  private commit(group: readonly Next[]): CopyAction {
    const copy = (slot: Slot, from: Storage, to: Storage): Copy =>
      ({ slot, from: from.address, to: to.address, bytes: storedBytes(to.type) });
    const kept = group.filter((n) => !n.looped.isWhole).map((n) => copy(n.present.slot, n.present, n.shadow));
    const fills = group.flatMap((n) => n.fills).reduce<Fill[]>(joinedLast, []);
    const after = sweepNode(this.host.arithmetic.graph, fills, kept, new Set(group.map((n) => n.shadow.slot)));
    return { kind: 'copy', enable: group[0].enable, after, copies: group.map((n) => copy(n.present.slot, n.shadow, n.present)) };
  }

  private nextOf(ctx: Context, signal: Signal, looped: LoopedSignal): Next {
    const { box } = ctx.register(signal)[0];
    const present: Storage = { slot: box.slot, address: box.address, type: signal.type };
    const [first] = this.roomFor(ctx, signal);
    const shadow: Storage = { slot: first.box.slot, address: first.box.address, type: signal.type };
    return { signal, looped, shadow, present, ...this.fillsOf(ctx, looped, shadow, present) };
  }

  /** `enable`: where it is 0, nothing differs from `present`. */
  private fillsOf(
    ctx: Context, looped: LoopedSignal, into: Storage, present: Storage | undefined,
  ): { readonly fills: readonly Fill[]; readonly enable: Node } {
    const g = this.host.arithmetic.graph;
    const fills: Fill[] = [];
    let enable = g.bool(present === undefined);
    const add = (where: Where, nest: readonly Lanes[], units: readonly Unit[], strides: LaneDriver['strides']): void => {
      const rounds = this.roundsOf(nest);
      const stores: Placing[] = [];
      const terms = nest.map((l, i): Term => ({ index: rounds[i].round, stride: strides.get(l) ?? 0, least: 0, most: l.count - 1 }));
      for (const u of units) {
        const offset: Offset = { lo: u.lo, terms };
        const start = present && readStored(this.host.arithmetic.words, present, offset, u.width);
        const value = this.host.unitValue(where, u, start);
        if (present) enable = g.binary('or', enable, this.mayChange(value, present, offset, u.width));
        pushAll(stores, this.placings(value, into, offset, u.width));
      }
      fills.push(this.fill(rounds, stores, looped.isWhole));
    };
    // What a row of cells overwrites past its end is put right by those that begin there.
    const drivers = [...looped.drivers].sort((a, b) => a.units[0].lo - b.units[0].lo);
    for (const d of drivers) add(this.roundOf(ctx, d.nest), d.nest, d.units, d.strides);
    if (looped.rest.length > 0) add(ctx, [], looped.rest, new Map());
    return { fills: [...fills.filter((f) => f.kind === 'cells'), ...fills.filter((f) => f.kind !== 'cells')], enable };
  }

  /** What a loop stores, if it can in a row of cells. `mayOverrun`: what lies behind it is stored afterwards. */
  private fill(rounds: readonly Rounds[], placings: readonly Placing[], mayOverrun: boolean): Fill {
    const g = this.host.arithmetic.graph;
    const isRow = rounds.length === 1 && placings.every((p) => p.store.base === 'cell');
    if (isRow && (mayOverrun || rounds[0].count % columnsAtOnce(rounds[0].count) === 0)) {
      const stores = placings.map((p) => p.store);
      return { kind: 'cells', count: rounds[0].count, actions: [{ kind: 'stores', stores, always: stores }] };
    }
    const zero = g.constant('i32', 0);
    const writes = new Map<Node, WriteAction & { parts: WritePart[] }>();
    for (const { store: { slot, base, address, bytes, value }, dynamic } of placings) {
      const offset = dynamic ?? (base === 'cell' ? g.binary('mul', rounds[0].round, g.constant('i32', bytes)) : zero);
      let write = writes.get(offset);
      if (!write) writes.set(offset, (write = { kind: 'write', slot, enable: g.bool(true), offset, parts: [], full: [] }));
      write.parts.push({ address, bytes, value });
    }
    return { kind: 'nest', nest: rounds, actions: [...writes.values()] };
  }

  private placings(value: Rope, into: Storage, offset: Offset, width: number): Placing[] {
    const { words } = this.host.arithmetic;
    const parts = locate(words.graph, into, offset, width);
    if (!parts) throw new Error(`engine: a loop drives a place in ${into.slot.name} that cannot be said`);
    const reader = new RopeReader(value);
    let at = 0;
    return parts.flatMap(({ box, width: n }) => {
      const part = reader.slice(at, n);
      at += n;
      return storesOf(words, part, box, true).map((store): Placing => ({ store, dynamic: box.dynamic }));
    });
  }

  /** 0 only if in no round a value differs from the present one. */
  private mayChange(value: Rope, present: Storage, offset: Offset, width: number): Node {
    const { words } = this.host.arithmetic;
    const g = words.graph;
    let any = g.bool(false);
    const reader = new RopeReader(value);
    let at = 0;
    for (const { box, width: n } of locate(g, present, offset, width) ?? []) {
      for (const s of storesOf(words, reader.slice(at, n), box)) any = g.binary('or', any, this.inSomeRound(splitEnable(g, s.value, s.present).enable, 0));
      at += n;
    }
    return any;
  }

  /** A condition that holds whenever the given one does in some round. */
  private inSomeRound(n: Node, depth: number): Node {
    const g = this.host.arithmetic.graph;
    if (!n.isVariant) return n.unsignedBits <= 1 ? n : g.not(g.not(n));
    if (depth > MAX_DEPTH) return g.bool(true);
    if ((n.op === 'and' || n.op === 'or') && n.unsignedBits <= 1) return g.binary(n.op, this.inSomeRound(n.args[0], depth + 1), this.inSomeRound(n.args[1], depth + 1));
    if (n.op !== 'select') return g.bool(true);
    const [a, b] = [this.inSomeRound(n.args[1], depth + 1), this.inSomeRound(n.args[2], depth + 1)];
    return n.args[0].isVariant ? g.binary('or', a, b) : g.select(n.args[0], a, b);
  }

  // ── other values in memory ──

  /** Puts a value into memory, densely. */
  gather(value: Rope): Box {
    const { words } = this.host.arithmetic;
    const g = words.graph;
    const width = value.reduce((n, p) => n + p.width, 0);
    if (value.every((p) => p.kind === 'const')) {
      return this.host.dynamic.constants(value.reduceRight((v, p) => (v << BigInt(p.width)) | (p.kind === 'const' ? p.value : 0n), 0n), width);
    }
    const bytes = storageBytes(width);
    const slot: Slot = this.host.arena.slot('gathered');
    const address = this.host.arena.allocate(bytes);
    const parts = words.limbs(value).map((word, i): WritePart => ({ address: address + 8 * i, bytes: 8, value: word }));
    const write: WriteAction = { kind: 'write', slot, enable: g.bool(true), offset: g.constant('i32', 0), parts, full: [] };
    const after = sweepNode(g, [{ kind: 'nest', nest: [], actions: [write] }], [], new Set([slot]));
    return { slot, base: 'abs', address, width, bytes, after };
  }
}

/** Conditions within each other that are looked through. */
const MAX_DEPTH = 24;
/** 16 elements of the largest size. */
const ROOM_PAST_END = 128;

/** Fills over the same rounds become one. */
function joinedLast(done: Fill[], next: Fill): Fill[] {
  const last = done.at(-1);
  if (last?.kind === 'cells' && next.kind === 'cells' && last.count === next.count) {
    const stores = [...last.actions, ...next.actions].flatMap((a) => a.stores);
    return [...done.slice(0, -1), { ...last, actions: [{ kind: 'stores', stores, always: stores }] }];
  }
  const isSame = last?.kind === 'nest' && next.kind === 'nest' && last.nest.length === next.nest.length && last.nest.every((r, i) => r.round === next.nest[i].round);
  return isSame ? [...done.slice(0, -1), { ...last, actions: [...last.actions, ...next.actions] }] : [...done, next];
}
