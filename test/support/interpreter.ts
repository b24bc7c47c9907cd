/**
 * A slow interpreter of the intermediate representation in BigInt, written for being obviously right: every value is
 * computed from its definition when it is asked for. The engines are measured against it. Must share no code with them
 * but the representation itself.
 */
import type { Expr } from '../../gen/ir/expr.ts';
import type { Lanes } from '../../gen/ir/lanes.ts';
import { leavesOf } from '../../gen/ir/leaves.ts';
import type { For, Grid, Memory, Module, PathElement, Signal, Statement } from '../../gen/ir/module.ts';
import type { Type } from '../../gen/ir/types.ts';
import { widthOf } from '../../gen/ir/types.ts';

const cut = (v: bigint, lo: number, width: number): bigint => BigInt.asUintN(width, v >> BigInt(lo));
const patch = (v: bigint, lo: number, width: number, part: bigint): bigint =>
  v ^ ((cut(v, lo, width) ^ BigInt.asUintN(width, part)) << BigInt(lo));

/** Position and type of a part of a packed value. */
function partOf(type: Type, p: { readonly field: string } | { readonly index: number }): { lo: number; type: Type } {
  if ('field' in p) {
    if (type.kind !== 'bundle') throw new Error('no bundle');
    const i = type.fields.findIndex((f) => f.name === p.field);
    return { lo: type.fields.slice(i + 1).reduce((n, f) => n + widthOf(f.type), 0), type: type.fields[i].type };
  }
  if (type.kind !== 'vec') throw new Error('no vector');
  return { lo: p.index * widthOf(type.element), type: type.element };
}

/** One place of a module in the hierarchy. */
class Place {
  readonly regs = new Map<Signal, bigint>();
  readonly memories = new Map<Memory, bigint[]>();
  readonly children = new Map<string, Place>();
  /** Rounds that the loops around the present statement are in. */
  private readonly rounds = new Map<Lanes, number>();
  /** Settled leaves of this cycle. */
  settled = new Map<string, bigint>();
  readonly module: Module;

  constructor(
    module: Module,
    readonly path: string,
    /** Value of some bits of an input. */
    readonly input: (port: Signal, lo: number, width: number) => bigint,
  ) {
    this.module = module.blackBox?.behaviour ?? module;
    for (const r of this.module.regs) this.regs.set(r, 0n);
    for (const m of this.module.memories) {
      this.memories.set(
        m,
        Array.from({ length: m.depth }, (_, i) => BigInt.asUintN(widthOf(m.type), m.init?.[i] ?? 0n)),
      );
    }
    const prefix = path === '' ? '' : `${path}.`;
    for (const i of this.module.instances) {
      this.children.set(
        i.name,
        new Place(i.module, prefix + i.name, (port, lo, width) => this.read(i.connections.get(port.name) as Signal, lo, width)),
      );
    }
    for (const g of this.module.grids) {
      for (let r = 0; r < g.rows; r++) {
        for (let c = 0; c < g.columns; c++) {
          const name = `${g.name}[${r}][${c}]`;
          this.children.set(name, new Place(g.module, prefix + name, (port, lo, width) => this.cellInput(g, r, c, port, lo, width)));
        }
      }
    }
  }

  private child(name: string): Place {
    return this.children.get(name) as Place;
  }

  private cellInput(g: Grid, r: number, c: number, port: Signal, lo: number, width: number): bigint {
    const input = g.inputs.get(port.name);
    if (!input) throw new Error(`${port.name} is not wired`);
    const element = (i: number): bigint => this.read(input.signal, i * widthOf(port.type) + lo, width);
    switch (input.kind) {
      case 'all':
        return element(0);
      case 'row':
        return element(r);
      case 'column':
        return element(c);
      case 'cell':
        return element(r * g.columns + c);
      case 'neighbour': {
        const [nr, nc] = { west: [r, c - 1], east: [r, c + 1], north: [r - 1, c], south: [r + 1, c] }[input.from];
        if (nr < 0 || nr >= g.rows) return element(c);
        if (nc < 0 || nc >= g.columns) return element(r);
        const place = this.child(`${g.name}[${nr}][${nc}]`);
        return place.read(place.port(input.output), lo, width);
      }
    }
  }

  port(name: string): Signal {
    return this.module.ports.find((p) => p.name === name) as Signal;
  }

  private gridOutput(signal: Signal, lo: number, width: number): bigint {
    for (const g of this.module.grids) {
      const o = g.outputs.find((x) => x.signal === signal);
      if (!o) continue;
      const w = widthOf((g.module.ports.find((p) => p.name === o.port) as Signal).type);
      let value = 0n;
      for (let bit = lo; bit < lo + width; bit++) {
        const i = Math.floor(bit / w);
        const [r, c] = o.kind === 'row' ? [o.row, i] : o.kind === 'column' ? [i, o.column] : [Math.floor(i / g.columns), i % g.columns];
        const place = this.child(`${g.name}[${r}][${c}]`);
        value |= place.read(place.port(o.port), bit - i * w, 1) << BigInt(bit - lo);
      }
      return value;
    }
    throw new Error(`${signal.name} comes from no grid`);
  }

  /** Settled bits of a signal; of a register, what it holds. */
  read(signal: Signal, lo: number, width: number): bigint {
    switch (signal.kind) {
      case 'input':
        return this.input(signal, lo, width);
      case 'reg':
        return cut(this.regs.get(signal) as bigint, lo, width);
      case 'instOut': {
        const place = this.child(signal.port?.instance ?? '');
        return place.read(place.port(signal.port?.port ?? ''), lo, width);
      }
      case 'gridOut':
        return this.gridOutput(signal, lo, width);
      default: {
        let value = 0n;
        for (const leaf of leavesOf(signal.type)) {
          const w = widthOf(leaf.type);
          if (leaf.lo < lo + width && lo < leaf.lo + w) value |= this.leaf(signal, leaf.lo, w) << BigInt(leaf.lo);
        }
        return cut(value, lo, width);
      }
    }
  }

  /** The last assignment to a leaf that is reached. */
  private leaf(signal: Signal, lo: number, width: number): bigint {
    const key = `${signal.name}:${lo}`;
    const known = this.settled.get(key);
    if (known !== undefined) return known;
    const value = this.run(this.module.body, signal, lo, width, 0n);
    this.settled.set(key, value);
    return value;
  }

  private run(body: readonly Statement[], signal: Signal, lo: number, width: number, before: bigint): bigint {
    let value = before;
    for (const s of body) {
      if (s.kind === 'assign') {
        if (s.target !== signal) continue;
        const at = this.target(signal.type, s.path);
        if (at && at.lo <= lo && lo + width <= at.lo + at.width) value = this.part(s.value, lo - at.lo, width);
      } else if (s.kind === 'when') {
        if (mentions(s, signal)) value = this.run(this.value(s.cond) === 1n ? s.then : s.else, signal, lo, width, value);
      } else if (s.kind === 'switch') {
        if (!mentions(s, signal)) continue;
        const on = this.value(s.on);
        value = this.run(s.cases.find((c) => c.values.includes(on))?.body ?? s.default, signal, lo, width, value);
      } else if (s.kind === 'for' && mentions(s, signal)) {
        this.everyRound(s, () => (value = this.run(s.body, signal, lo, width, value)));
      }
    }
    return value;
  }

  private everyRound({ lanes }: For, visit: () => void): void {
    // Settling another signal may go through the same loop.
    const outer = this.rounds.get(lanes);
    for (let round = 0; round < lanes.count; round++) {
      this.rounds.set(lanes, round);
      visit();
    }
    if (outer === undefined) this.rounds.delete(lanes);
    else this.rounds.set(lanes, outer);
  }

  /** The bits that a path selects now; undefined if an index is past the end. */
  private target(type: Type, path: readonly PathElement[]): { lo: number; width: number } | undefined {
    let lo = 0;
    let t = type;
    for (const p of path) {
      const index = 'field' in p ? p : { index: typeof p.index === 'number' ? p.index : Number(this.value(p.index)) };
      if ('index' in index && (t.kind !== 'vec' || index.index >= t.length)) return undefined;
      const part = partOf(t, index);
      lo += part.lo;
      t = part.type;
    }
    return { lo, width: widthOf(t) };
  }

  /** Some bits of an expression, without asking for the others where a reference would have to settle them. */
  private part(e: Expr, lo: number, width: number): bigint {
    switch (e.op) {
      case 'ref':
        return this.read(e.signal, lo, width);
      case 'field':
        return this.part(e.of, partOf(e.of.type, { field: e.name }).lo + lo, width);
      case 'index':
        if (typeof e.index === 'number') return this.part(e.of, e.index * widthOf(e.type) + lo, width);
        break;
      case 'mux':
        return this.part(this.value(e.cond) === 1n ? e.a : e.b, lo, width);
      case 'bundle':
      case 'vec': {
        let value = 0n;
        const items =
          e.op === 'vec'
            ? e.items.map((x, i) => ({ x, at: i * widthOf(x.type) }))
            : e.fields.map((x, i) => ({ x, at: partOf(e.type, { field: e.type.fields[i].name }).lo }));
        for (const { x, at } of items) {
          const w = widthOf(x.type);
          const from = Math.max(lo, at);
          const to = Math.min(lo + width, at + w);
          if (from < to) value |= this.part(x, from - at, to - from) << BigInt(from - lo);
        }
        return value;
      }
      default:
    }
    return cut(this.value(e), lo, width);
  }

  value(e: Expr): bigint {
    const width = widthOf(e.type);
    const signed = (x: Expr): bigint => (x.type.kind === 'sint' ? BigInt.asIntN(widthOf(x.type), this.value(x)) : this.value(x));
    const fit = (v: bigint): bigint => BigInt.asUintN(width, v);
    const truth = (b: boolean): bigint => (b ? 1n : 0n);
    switch (e.op) {
      case 'lit':
        return e.value;
      case 'lane': {
        const round = this.rounds.get(e.lanes);
        if (round === undefined) throw new Error('a lane outside of its loop');
        return BigInt(e.scale * round + e.offset);
      }
      case 'ref':
      case 'field':
      case 'mux':
      case 'bundle':
      case 'vec':
        return this.part(e, 0, width);
      case 'index': {
        const i = typeof e.index === 'number' ? BigInt(e.index) : this.value(e.index);
        return e.of.type.kind === 'vec' && i < BigInt(e.of.type.length) ? this.part(e.of, Number(i) * width, width) : 0n;
      }
      case 'slice':
        return cut(this.value(e.of), e.lo, width);
      case 'cast':
        return this.value(e.of);
      case 'extend':
        return fit(signed(e.of));
      case 'cat':
        return e.parts.reduce((v, p) => (v << BigInt(widthOf(p.type))) | this.value(p), 0n);
      case 'memRead':
        return this.memories.get(e.mem)?.[Number(this.value(e.addr))] ?? 0n;
      case 'unary': {
        const a = this.value(e.a);
        const ones = (1n << BigInt(widthOf(e.a.type))) - 1n;
        switch (e.fn) {
          case 'not':
            return fit(~a);
          case 'neg':
            return fit(-a);
          case 'andR':
            return truth(a === ones);
          case 'orR':
            return truth(a !== 0n);
          case 'xorR':
            return BigInt([...a.toString(2)].filter((d) => d === '1').length % 2);
        }
      }

      case 'binary': {
        const a = signed(e.a);
        const b = signed(e.b);
        switch (e.fn) {
          case 'add':
            return fit(a + b);
          case 'sub':
            return fit(a - b);
          case 'mul':
            return fit(a * b);
          case 'and':
            return fit(a & b);
          case 'or':
            return fit(a | b);
          case 'xor':
            return fit(a ^ b);
          case 'shl':
            return b >= BigInt(width) ? 0n : fit(a << b);
          case 'shr':
            return b >= BigInt(width) ? fit(a < 0n ? -1n : 0n) : fit(a >> b);
          case 'eq':
            return truth(a === b);
          case 'ne':
            return truth(a !== b);
          case 'lt':
            return truth(a < b);
          case 'le':
            return truth(a <= b);
        }
      }
    }
  }

  /** Next values, computed before any of them is stored. */
  next(isReset: boolean): () => void {
    const regs = new Map<Signal, bigint>();
    for (const r of this.module.regs) {
      let value = this.regs.get(r) as bigint;
      for (const [i, leaf] of leavesOf(r.type).entries()) {
        const w = widthOf(leaf.type);
        const lit = isReset ? r.reset?.[i] : undefined;
        value = patch(value, leaf.lo, w, lit ? lit.value : this.run(this.module.body, r, leaf.lo, w, cut(value, leaf.lo, w)));
      }
      regs.set(r, value);
    }
    const writes: (() => void)[] = [];
    this.collectWrites(this.module.body, writes);
    const below = [...this.children.values()].map((c) => c.next(isReset));
    return () => {
      for (const [r, v] of regs) this.regs.set(r, v);
      for (const w of writes) w();
      for (const b of below) b();
    };
  }

  private collectWrites(body: readonly Statement[], out: (() => void)[]): void {
    for (const s of body) {
      if (s.kind === 'when') {
        this.collectWrites(this.value(s.cond) === 1n ? s.then : s.else, out);
      } else if (s.kind === 'switch') {
        const on = this.value(s.on);
        this.collectWrites(s.cases.find((c) => c.values.includes(on))?.body ?? s.default, out);
      } else if (s.kind === 'for') {
        this.everyRound(s, () => this.collectWrites(s.body, out));
      } else if (s.kind === 'memWrite') {
        const words = this.memories.get(s.mem) as bigint[];
        const address = Number(this.value(s.addr));
        const data = this.value(s.data);
        const lanes = s.mask ? widthOf(s.mask.type) : 1;
        const mask = s.mask ? this.value(s.mask) : 1n;
        const lane = widthOf(s.mem.type) / lanes;
        out.push(() => {
          if (address >= words.length) return;
          for (let i = 0; i < lanes; i++)
            if (cut(mask, i, 1) === 1n) words[address] = patch(words[address], i * lane, lane, cut(data, i * lane, lane));
        });
      }
    }
  }

  forget(): void {
    this.settled = new Map();
    for (const c of this.children.values()) c.forget();
  }

  all(): Place[] {
    return [this, ...[...this.children.values()].flatMap((c) => c.all())];
  }
}

function mentions(s: Statement, signal: Signal): boolean {
  if (s.kind === 'assign') return s.target === signal;
  if (s.kind === 'when') return [...s.then, ...s.else].some((x) => mentions(x, signal));
  if (s.kind === 'for') return s.body.some((x) => mentions(x, signal));
  return s.kind === 'switch' && [...s.cases.flatMap((c) => c.body), ...s.default].some((x) => mentions(x, signal));
}

export class Interpreter {
  private readonly inputs = new Map<string, bigint>();
  private readonly root: Place;
  private readonly places: ReadonlyMap<string, Place>;
  readonly covers = new Map<string, number>();
  /** Paths of the assertions that did not hold, with their cycles. */
  readonly failures: { path: string; cycle: number }[] = [];
  cycle = 0;

  constructor(top: Module) {
    this.root = new Place(top, '', (port, lo, width) => cut(this.inputs.get(port.name) ?? 0n, lo, width));
    this.places = new Map(this.root.all().map((p) => [p.path, p]));
  }

  poke(port: string, value: bigint): void {
    this.inputs.set(port, value);
    this.root.forget();
  }

  /** A register, port or wire; `path` names the whole signal. */
  peek(path: string): bigint {
    const dot = path.lastIndexOf('.');
    const place = this.places.get(dot < 0 ? '' : path.slice(0, dot)) as Place;
    const signal = [...place.module.ports, ...place.module.regs, ...place.module.wires].find((s) => s.name === path.slice(dot + 1));
    if (!signal) throw new Error(`no signal ${path}`);
    return place.read(signal, 0, widthOf(signal.type));
  }

  memory(path: string): readonly bigint[] {
    const dot = path.lastIndexOf('.');
    const place = this.places.get(dot < 0 ? '' : path.slice(0, dot)) as Place;
    for (const [m, words] of place.memories) if (m.name === path.slice(dot + 1)) return words;
    throw new Error(`no memory ${path}`);
  }

  step(): void {
    const isReset = (this.inputs.get('rst') ?? 0n) === 1n;
    for (const p of this.places.values()) {
      for (const c of p.module.checks) {
        const path = p.path === '' ? c.name : `${p.path}.${c.name}`;
        const holds = !isReset && p.value(c.cond) === 1n;
        if (c.kind === 'cover') this.covers.set(path, (this.covers.get(path) ?? 0) + (holds ? 1 : 0));
        else if (!isReset && !holds) this.failures.push({ path, cycle: this.cycle });
      }
    }
    this.root.next(isReset)();
    this.root.forget();
    this.cycle++;
  }

  /** Paths of all registers, ports and wires, and of all memories. */
  names(): { signals: string[]; memories: string[] } {
    const places = [...this.places.values()];
    const name = (p: Place, s: string): string => (p.path === '' ? s : `${p.path}.${s}`);
    return {
      signals: places.flatMap((p) => [...p.module.ports, ...p.module.regs, ...p.module.wires].map((s) => name(p, s.name))),
      memories: places.flatMap((p) => p.module.memories.map((m) => name(p, m.name))),
    };
  }
}
