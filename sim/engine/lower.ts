/**
 * From expressions and assignments to ropes, on demand and bit range by bit range: what is asked for is evaluated, so a
 * module is never an atomic node and only real dependencies order the circuit. Must not know tasks or code.
 */
import { DesignError } from '../../gen/design-error.ts';
import type { Expr, LaneIndex } from '../../gen/ir/expr.ts';
import { fieldPlace } from '../../gen/ir/leaves.ts';
import type { Grid, GridInput, MemWrite, PathElement, Signal, Statement } from '../../gen/ir/module.ts';
import { widthOf } from '../../gen/ir/types.ts';
import { Arithmetic } from './arithmetic.ts';
import { LaneContext } from './context.ts';
import type { Context, Placed, Shared, Where } from './context.ts';
import { firstEndingAbove } from './drivers.ts';
import type { Guard, Unit } from './drivers.ts';
import { DynamicReads } from './dynamic-reads.ts';
import { ElementReads } from './element-reads.ts';
import { portNamed, portOf, readCellInput, readGridOutput } from './grid-reads.ts';
import { hasLane } from './lane-drivers.ts';
import { LaneLoops, LoopRefused } from './lane-loops.ts';
import { Memos, NotMemoisable } from './memo.ts';
import type { Graph, Node } from './nodes.ts';
import type { Storage } from './offsets.ts';
import type { Joining } from './parts.ts';
import { partsOf } from './parts.ts';
import type { Rope } from './rope.ts';
import { boxRope, concatRopes, constRope, nodeRope, sliceRope } from './rope.ts';
import type { Arena } from './slots.ts';
import { isReduction, reduceStored } from './stored-reductions.ts';
import type { Reduction } from './stored-reductions.ts';
import { WholeSignals } from './whole-signals.ts';
import type { Shown } from './whole-signals.ts';

/** Thrown out of a deep recursion: do this first, then start again. Results so far are remembered. */
class Suspend {
  constructor(
    readonly key: string,
    readonly first: () => void,
    /** Whose loops are being lowered. */
    readonly pending: LaneLoops['pending'],
  ) {}
}

/** Thrown when a unit turns out to depend on another part of itself: its signal must be cut finer, then start again. */
class CutFiner {}

/** Units and expressions nested within one stretch of the JavaScript stack. */
const MAX_DEPTH = 150;

/** Values of a context. */
interface Values {
  readonly whole: Map<Expr, Rope>;
  readonly parts: Map<Expr, Map<number, Rope>>;
  readonly units: Map<Unit, Rope>;
  readonly fine: Set<Signal>;
  /** Units being evaluated. */
  readonly open: Set<Unit>;
}

const baseOf = (where: Where): Context => (where instanceof LaneContext ? where.base : where);

/** How a loop's cell reads its inputs. */
export interface LoopInputs {
  read(ctx: Context, grid: Grid, input: GridInput, port: Signal, lo: number, width: number): Rope;
}

export class Lowering {
  readonly arithmetic: Arithmetic;
  private readonly values = new Map<Where, Values>();
  private readonly opened: { readonly values: Values; readonly unit: Unit }[] = [];
  private depth = 0;
  private serial = 0;
  private readonly names = new Map<object, number>();
  /** Set while a grid's loop is lowered. */
  loopInputs: LoopInputs | undefined;
  readonly dynamic: DynamicReads;
  readonly memos: Memos;
  readonly lanes: LaneLoops;
  readonly wholes: WholeSignals;
  private readonly elements: ElementReads;

  constructor(
    readonly graph: Graph,
    readonly arena: Arena,
    shared: Shared,
    minMemoOperations: number,
    private readonly topInput: { rope(signal: Signal, lo: number, width: number): Rope; placed(signal: Signal): readonly Placed[] },
  ) {
    this.arithmetic = new Arithmetic(graph);
    this.dynamic = new DynamicReads(this.arithmetic, arena);
    const read = this.read.bind(this);
    this.memos = new Memos({ graph, words: this.arithmetic.words, arena, shared, read }, minMemoOperations);
    this.lanes = new LaneLoops(this);
    this.wholes = new WholeSignals(this.lanes, this.memos, (signal) => this.topInput.placed(signal));
    this.elements = new ElementReads(this);
  }

  private suspend(key: string, first: () => void): Suspend {
    return new Suspend(key, first, this.lanes.pending);
  }

  /** Runs `f`, which reads values, restarting it as often as deep recursions make it necessary. */
  run<T>(f: () => T): T {
    const stack: Suspend[] = [];
    const waiting = new Set<string>();
    for (;;) {
      try {
        this.depth = 0;
        const next = stack.at(-1);
        if (!next) return f();
        next.first();
        stack.pop();
        waiting.delete(next.key);
      } catch (e) {
        for (const o of this.opened.splice(0)) o.values.open.delete(o.unit);
        this.memos.restart();
        this.lanes.restart();
        this.elements.restart();
        if (e instanceof CutFiner || e instanceof NotMemoisable || e instanceof LoopRefused) continue;
        if (!(e instanceof Suspend)) throw e;
        if (waiting.has(e.key)) {
          // A circle; if it leads through loops, written out it may be none.
          const loops = stack.slice(stack.findIndex((s) => s.key === e.key)).concat(e).flatMap((s) => s.pending);
          if (loops.length === 0) throw this.loopInputs ? new NotLoopable() : loopError(e.key);
          this.lanes.refuse(loops);
          stack.length = 0;
          waiting.clear();
          continue;
        }
        waiting.add(e.key);
        stack.push(e);
      }
    }
  }

  private valuesOf(ctx: Where): Values {
    let v = this.values.get(ctx);
    if (!v) {
      v = { whole: new Map(), parts: new Map(), units: new Map(), fine: new Set(), open: new Set() };
      this.values.set(ctx, v);
    }
    return v;
  }

  private nameOf(o: object): number {
    let n = this.names.get(o);
    if (n === undefined) this.names.set(o, (n = this.serial++));
    return n;
  }

  word(ctx: Where, e: Expr): Node {
    return this.arithmetic.words.word(this.whole(ctx, e));
  }

  whole(ctx: Where, e: Expr): Rope {
    return this.bits(ctx, e, 0, widthOf(e.type));
  }

  // ── signals ──

  /** Settled value of some bits of a signal; of a register, its present value. */
  read(ctx: Context, signal: Signal, lo: number, width: number): Rope {
    switch (signal.kind) {
      case 'input':
        return this.readInput(ctx, signal, lo, width);
      case 'reg':
        return this.readRegister(ctx, signal, lo, width);
      case 'instOut': {
        const { instance, port } = portOf(signal);
        const child = ctx.instance(instance);
        const output = portNamed(child, port);
        return this.memos.output(child, output, lo, width) ?? this.read(child, output, lo, width);
      }
      case 'gridOut':
        return readGridOutput(this, ctx, signal, lo, width);
      default:
        return this.readDriven(ctx, signal, lo, width);
    }
  }

  private readInput(ctx: Context, signal: Signal, lo: number, width: number): Rope {
    const link = ctx.link;
    switch (link.kind) {
      case 'top':
        return this.topInput.rope(signal, lo, width);
      case 'given':
        return sliceRope(link.inputs.get(signal.name) ?? [], lo, width);
      case 'instance': {
        const s = link.connections.get(signal.name);
        return s ? this.read(link.parent, s, lo, width) : constRope(0n, width);
      }
      case 'cell':
        return readCellInput(this, link, signal, lo, width);
      case 'loop': {
        const input = link.grid.inputs.get(signal.name);
        if (!this.loopInputs) throw new Error('engine: no loop is open');
        return input ? this.loopInputs.read(ctx, link.grid, input, signal, lo, width) : constRope(0n, width);
      }
    }
  }

  private readRegister(ctx: Context, signal: Signal, lo: number, width: number): Rope {
    return this.readPlaced(ctx.register(signal), lo, width);
  }

  private readPlaced(placed: readonly Placed[], lo: number, width: number): Rope {
    const parts: Rope[] = [];
    for (let i = firstEndingAbove(placed, lo); i < placed.length && placed[i].lo < lo + width; i++) {
      const p = placed[i];
      const start = Math.max(lo, p.lo);
      parts.push(boxRope(p.box, start - p.lo, Math.min(lo + width, p.lo + p.box.width) - start));
    }
    return concatRopes(parts);
  }

  private readDriven(ctx: Context, signal: Signal, lo: number, width: number): Rope {
    const array = this.lanes.array(ctx, signal);
    if (array) return this.readPlaced(array.placed, lo, width);
    const units = ctx.drivers.of(signal).units(this.valuesOf(ctx).fine.has(signal));
    if (units.length === 1) return this.part(this.unit(ctx, signal, units[0]), lo, width, units[0].width);
    const parts: Rope[] = [];
    for (let i = firstEndingAbove(units, lo); i < units.length && units[i].lo < lo + width; i++) {
      const u = units[i];
      const start = Math.max(lo, u.lo);
      parts.push(this.part(this.unit(ctx, signal, u), start - u.lo, Math.min(lo + width, u.lo + u.width) - start, u.width));
    }
    return concatRopes(parts);
  }

  private part(r: Rope, lo: number, width: number, of: number): Rope {
    return lo === 0 && width === of ? r : sliceRope(r, lo, width);
  }

  private unit(ctx: Context, signal: Signal, unit: Unit): Rope {
    const values = this.valuesOf(ctx);
    const known = values.units.get(unit);
    if (known) return known;
    if (values.open.has(unit)) {
      // In a loop the cell stands for its neighbours too: this is a chain through cells, not necessarily a loop.
      if (this.loopInputs) throw new NotLoopable();
      if (values.fine.has(signal) || ctx.drivers.of(signal).units(true).length === ctx.drivers.of(signal).units(false).length)
        throw loopError(ctx.pathOf(signal.name));
      values.fine.add(signal);
      throw new CutFiner();
    }
    if (++this.depth > MAX_DEPTH)
      throw this.suspend(`${ctx.pathOf(signal.name)}[${unit.lo + unit.width - 1}:${unit.lo}]`, () => this.unit(ctx, signal, unit));
    values.open.add(unit);
    this.opened.push({ values, unit });
    const result = this.block(ctx, unit.body, unit, undefined) ?? constRope(0n, unit.width);
    this.opened.pop();
    values.open.delete(unit);
    this.depth--;
    values.units.set(unit, result);
    return result;
  }

  /** What the statements of a loop's unit make of `start`, remembered by unit. */
  unitValue(where: Where, unit: Unit, start: Rope | undefined): Rope {
    const values = this.valuesOf(where);
    const known = values.units.get(unit);
    if (known) return known;
    const result = this.block(where, unit.body, unit, start) ?? constRope(0n, unit.width);
    values.units.set(unit, result);
    return result;
  }

  storageOf(ctx: Context, signal: Signal): Storage | undefined {
    return this.wholes.storageOf(ctx, signal);
  }

  behind(ctx: Context, signal: Signal): Shown | undefined {
    return this.wholes.behind(ctx, signal);
  }

  /** Of a whole signal that lies in memory because loops drive it. */
  private reduced(ctx: Context, fn: Reduction, of: Expr): Node | undefined {
    let whole = of;
    while (whole.op === 'cast') whole = whole.of;
    const storage = whole.op === 'ref' ? this.wholes.storageBehind(ctx, whole.signal) : undefined;
    return storage?.after && reduceStored(this.graph, this.arena, storage, fn, (most) => this.lanes.ownRound(most));
  }

  gather(value: Rope): ReturnType<LaneLoops['gather']> {
    return this.lanes.gather(value);
  }

  atOwnLane(...given: Parameters<LaneLoops['atOwnLane']>): Rope | undefined {
    return this.lanes.atOwnLane(...given);
  }

  /** What a register takes at the next edge if it is not reset; undefined for one that is never assigned. */
  nextState(ctx: Context, reg: Signal): Rope | undefined {
    if (!ctx.drivers.isDriven(reg)) return undefined;
    return concatRopes(
      ctx.drivers
        .of(reg)
        .units(false)
        .map((u) => this.block(ctx, u.body, u, this.readRegister(ctx, reg, u.lo, u.width)) ?? constRope(0n, u.width)),
    );
  }

  // ── statements ──

  private block(ctx: Where, body: readonly Statement[], unit: Unit, start: Rope | undefined): Rope | undefined {
    let value = start;
    for (const s of body) {
      if (s.kind === 'assign') {
        value = this.assign(ctx, s.path, s.target.type, s.value, unit, value);
      } else if (s.kind === 'when') {
        const c = this.word(ctx, s.cond);
        if (c.op === 'const') {
          value = this.block(ctx, c.value !== 0n ? s.then : s.else, unit, value);
        } else {
          const a = this.block(ctx, s.then, unit, value);
          const b = this.block(ctx, s.else, unit, value);
          value = this.choose(c, a, b);
        }
      } else if (s.kind === 'switch') {
        const before = value;
        value = this.block(ctx, s.default, unit, before);
        // Cases are disjoint, so their order is free.
        for (const c of [...s.cases].reverse())
          value = this.choose(this.matches(ctx, s.on, c.values), this.block(ctx, c.body, unit, before), value);
      }
    }
    return value;
  }

  /** A value that is missing on one side is never used: the checks before have excluded latches. */
  private choose(cond: Node, a: Rope | undefined, b: Rope | undefined): Rope | undefined {
    if (!a || !b) return a ?? b;
    return this.arithmetic.mux(cond, a, b);
  }

  matches(ctx: Where, on: Expr, values: readonly bigint[]): Node {
    const g = this.graph;
    const x = this.whole(ctx, on);
    const width = widthOf(on.type);
    let any = g.bool(false);
    for (const v of values)
      any = g.binary('or', any, this.arithmetic.words.word(this.arithmetic.binary('eq', x, constRope(v, width), false)));
    return any;
  }

  private assign(
    ctx: Where,
    path: readonly PathElement[],
    type: Expr['type'],
    value: Expr,
    unit: Unit,
    before: Rope | undefined,
  ): Rope | undefined {
    let lo = 0;
    let t = type;
    let cond: Node | undefined;
    for (const p of path) {
      if ('field' in p) {
        const field = fieldPlace(t, p.field);
        lo += field.lo;
        t = field.type;
      } else {
        if (t.kind !== 'vec') throw new Error('engine: element of no vector');
        const w = widthOf(t.element);
        if (typeof p.index === 'number') {
          lo += p.index * w;
        } else if (p.index.op === 'lane' && ctx instanceof LaneContext) {
          // A unit of a loop lies as it does in round 0.
          lo += p.index.offset * w;
        } else {
          const k = Math.floor((unit.lo - lo) / w);
          if (k < 0 || k >= t.length) return before;
          const hit = this.indexIs(ctx, p.index, k);
          cond = cond ? this.graph.binary('and', cond, hit) : hit;
          lo += k * w;
        }
        t = t.element;
      }
    }
    if (unit.lo < lo || unit.lo + unit.width > lo + widthOf(t)) return before;
    if (cond?.op === 'const' && cond.value === 0n) return before;
    const v = this.bits(ctx, value, unit.lo - lo, unit.width);
    // An element that nothing else drives: what is read where the index misses does not matter.
    return cond ? this.arithmetic.mux(cond, v, before ?? constRope(0n, unit.width)) : v;
  }

  private indexIs(ctx: Where, index: Expr, k: number): Node {
    const width = widthOf(index.type);
    if (BigInt(k) >> BigInt(width) !== 0n) return this.graph.bool(false);
    return this.arithmetic.words.word(this.arithmetic.binary('eq', this.whole(ctx, index), constRope(BigInt(k), width), false));
  }

  /** Whether a guarded statement is reached. */
  guard(ctx: Where, guards: readonly Guard[]): Node {
    const g = this.graph;
    let all = g.bool(true);
    for (const x of guards) {
      const hit = x.kind === 'when' ? this.word(ctx, x.cond) : this.matches(ctx, x.on, x.values);
      all = g.binary('and', all, x.holds ? hit : g.not(hit));
    }
    return all;
  }

  // ── expressions ──

  /** Bits `lo + width - 1 .. lo` of an expression. */
  bits(where: Where, e: Expr, lo: number, width: number): Rope {
    if (e.op === 'lit') return constRope(e.value >> BigInt(lo), width);
    if (e.op === 'ref') return this.read(baseOf(where), e.signal, lo, width);
    const ctx = where instanceof LaneContext && !hasLane(e) ? where.base : where;
    const values = this.valuesOf(ctx);
    const total = widthOf(e.type);
    const known = values.whole.get(e);
    if (known) return this.part(known, lo, width, total);
    const isWhole = lo === 0 && width === total;
    const key = lo * 0x100000 + width;
    const part = isWhole ? undefined : values.parts.get(e)?.get(key);
    if (part) return part;
    if (++this.depth > MAX_DEPTH) throw this.suspend(`${ctx.path}#${this.nameOf(e)}:${key}`, () => this.bits(ctx, e, lo, width));
    const result = this.evaluate(ctx, e, lo, width, total);
    this.depth--;
    if (isWhole) {
      values.whole.set(e, result);
    } else {
      let m = values.parts.get(e);
      if (!m) values.parts.set(e, (m = new Map()));
      m.set(key, result);
    }
    return result;
  }

  private evaluate(ctx: Where, e: Exclude<Expr, { op: 'lit' | 'ref' }>, lo: number, width: number, total: number): Rope {
    const a = this.arithmetic;
    switch (e.op) {
      case 'lane':
        return this.part(this.lane(ctx, e, total), lo, width, total);
      case 'field': {
        if (e.of.type.kind !== 'bundle') throw new Error('engine: field of no bundle');
        return this.bits(ctx, e.of, fieldPlace(e.of.type, e.name).lo + lo, width);
      }
      case 'slice':
        return this.bits(ctx, e.of, e.lo + lo, width);
      case 'cast':
        return this.bits(ctx, e.of, lo, width);
      case 'cat':
      case 'vec':
      case 'bundle':
        return this.joined(ctx, e, lo, width);
      case 'index':
        if (ctx instanceof LaneContext && typeof e.index !== 'number') return this.elements.element(ctx, e, { lo, terms: [] }, width);
        return this.index(ctx, e.of, e.index, lo, width, total);
      case 'mux': {
        const c = this.word(ctx, e.cond);
        if (c.op === 'const') return this.bits(ctx, c.value !== 0n ? e.a : e.b, lo, width);
        return a.mux(c, this.bits(ctx, e.a, lo, width), this.bits(ctx, e.b, lo, width));
      }
      case 'memRead':
        return this.memoryRead(ctx, e, lo, width);
      case 'extend': {
        const from = widthOf(e.of.type);
        if (lo + width <= from) return this.bits(ctx, e.of, lo, width);
        return this.part(a.extend(this.whole(ctx, e.of), total, e.of.type.kind === 'sint'), lo, width, total);
      }
      case 'unary':
        if (e.fn === 'not' && total > 64) return a.unary('not', this.bits(ctx, e.a, lo, width));
        if (isReduction(e.fn)) {
          const reduced = this.reduced(baseOf(ctx), e.fn, e.a);
          if (reduced) return nodeRope(reduced, 1);
        }
        return this.part(a.unary(e.fn, this.whole(ctx, e.a)), lo, width, total);
      case 'binary': {
        const bitwise = e.fn === 'and' || e.fn === 'or' || e.fn === 'xor';
        if (bitwise && total > 64) return a.binary(e.fn, this.bits(ctx, e.a, lo, width), this.bits(ctx, e.b, lo, width), false);
        return this.part(a.binary(e.fn, this.whole(ctx, e.a), this.whole(ctx, e.b), e.a.type.kind === 'sint'), lo, width, total);
      }
    }
  }

  private lane(ctx: Where, { lanes, scale, offset }: LaneIndex, total: number): Rope {
    const round = ctx instanceof LaneContext ? ctx.rounds.get(lanes) : undefined;
    if (!round) throw new Error('engine: a lane outside of its loop');
    const g = this.graph;
    const value = g.binary('add', g.binary('mul', round, g.constant('i32', scale)), g.constant('i32', offset));
    return nodeRope(g.mask(value, total), total);
  }

  private joined(ctx: Where, e: Joining, lo: number, width: number): Rope {
    const out: Rope[] = [];
    const parts = partsOf(e);
    for (let i = firstEndingAbove(parts, lo); i < parts.length && parts[i].lo < lo + width; i++) {
      const p = parts[i];
      const start = Math.max(lo, p.lo);
      out.push(this.bits(ctx, p.of, start - p.lo, Math.min(lo + width, p.lo + p.width) - start));
    }
    return concatRopes(out);
  }

  private index(ctx: Where, of: Expr, index: Expr | number, lo: number, width: number, w: number): Rope {
    if (of.type.kind !== 'vec') throw new Error('engine: element of no vector');
    const n = of.type.length;
    if (typeof index === 'number') return index < n ? this.bits(ctx, of, index * w + lo, width) : constRope(0n, width);
    const i = this.whole(ctx, index);
    if (i.every((p) => p.kind === 'const')) {
      const k = i.reduceRight((v, p) => (v << BigInt(p.width)) | (p.kind === 'const' ? p.value : 0n), 0n);
      return k < BigInt(n) ? this.bits(ctx, of, Number(k) * w + lo, width) : constRope(0n, width);
    }
    const elements = Array.from({ length: n }, (_, k) => this.bits(ctx, of, k * w + lo, width));
    return this.dynamic.read(elements, i, width);
  }

  /** Place of a memory's element: the byte offset as a node; past the end it is the element of zeros. */
  address(ctx: Where, mem: MemWrite['mem'], addr: Expr): { offset: Node; inside: Node } {
    const { home } = baseOf(ctx);
    if (home.kind === 'loop') throw new NotLoopable();
    const s = baseOf(ctx).memory(mem);
    const { index, inside } = this.dynamic.bounded(this.whole(ctx, addr), mem.depth, mem.depth);
    return { offset: this.graph.binary('mul', index, this.graph.constant('i32', s.elementBytes)), inside };
  }

  private memoryRead(ctx: Where, e: Expr & { op: 'memRead' }, lo: number, width: number): Rope {
    const { offset } = this.address(ctx, e.mem, e.addr);
    const s = baseOf(ctx).memory(e.mem);
    return boxRope(
      { slot: s.slot, base: 'dynamic', dynamic: offset, address: s.address, width: widthOf(e.mem.type), bytes: s.elementBytes },
      lo,
      width,
    );
  }
}

/** The cell does something that a grid's loop cannot express; the grid must be unrolled. */
export class NotLoopable extends Error {}

function loopError(path: string): DesignError {
  return new DesignError('combinational-loop', `${path} depends on itself`, undefined, undefined, 'put a register into the loop');
}
