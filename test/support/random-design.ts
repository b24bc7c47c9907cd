/**
 * Random designs that keep the language's rules (everything driven, nothing driven twice, no latch, no loop): expression
 * trees over all operations, registers with and without reset, memories with masks, nested `when` and `switch`, partial
 * and dynamic assignments, instances, grids with neighbours. For comparing engines. Equal seeds give equal designs.
 */
import { elaborate } from '../../gen/passes/elaborate.ts';
import type { Expr, Lit } from '../../gen/ir/expr.ts';
import { leavesOf } from '../../gen/ir/leaves.ts';
import type {
  Check,
  Design,
  Grid,
  GridInput,
  GridOutput,
  Instance,
  Memory,
  Module,
  PathElement,
  Signal,
  SignalKind,
  Statement,
} from '../../gen/ir/module.ts';
import { BOOL, indexWidth, isScalar, sameType, sintType, uintType, widthOf } from '../../gen/ir/types.ts';
import type { EnumType, ScalarType, Type } from '../../gen/ir/types.ts';
import { here } from '../../gen/site.ts';
import { Rng } from '../gen/rng.ts';

export interface RandomDesignOptions {
  /** Widest scalar; default 200. */
  readonly maxWidth?: number;
  /** Levels of modules below the top; default 2. */
  readonly depth?: number;
  /** Grids may be up to this many cells on a side; 0: no grids. Default 5. */
  readonly maxGridSide?: number;
  /** Modules below the top are logic only, without state, checks and grids. */
  readonly pureChildren?: boolean;
}

const site = here();
const COLOUR: EnumType = { kind: 'enum', name: 'Colour', members: ['red', 'green', 'blue'] };

/** What an expression may read. */
interface Scope {
  readonly readable: Signal[];
  readonly memories: readonly Memory[];
}

class Expressions {
  /** Only what an engine may do for many cells at once: shifts by constants, narrow scalars. */
  isPlain = false;

  constructor(
    readonly rng: Rng,
    readonly maxWidth: number,
  ) {}

  width(): number {
    const r = this.rng;
    if (this.isPlain) return r.pick([1, 2, 5, 7, 8, 8, 9, 15, 16, 17, 31, 32, 33, 40, 64]);
    if (r.chance(0.5)) return Math.min(this.maxWidth, r.between(1, 9));
    if (r.chance(0.5)) return Math.min(this.maxWidth, r.pick([8, 16, 31, 32, 33, 63, 64, 65, 128]));
    return r.between(1, this.maxWidth);
  }

  scalar(): ScalarType {
    const k = this.rng.below(10);
    if (k < 2) return BOOL;
    if (k < 3) return COLOUR;
    return k < 7 ? uintType(this.width()) : sintType(this.width());
  }

  type(depth = 2): Type {
    const k = this.rng.below(10);
    if (depth === 0 || k < 6) return this.scalar();
    if (k < 8) return { kind: 'vec', element: this.type(depth - 1), length: this.rng.between(2, 9) };
    const n = this.rng.between(1, 3);
    return { kind: 'bundle', name: '', fields: Array.from({ length: n }, (_, i) => ({ name: `f${i}`, type: this.type(depth - 1) })) };
  }

  literal(type: ScalarType): Lit {
    const value = type.kind === 'enum' ? BigInt(this.rng.below(type.members.length)) : this.rng.bits(widthOf(type));
    return { op: 'lit', type, value };
  }

  /** An expression of `type` that reads what the scope offers. */
  expr(scope: Scope, type: Type, depth: number): Expr {
    const r = this.rng;
    const same = scope.readable.filter((s) => sameType(s.type, type));
    if (same.length > 0 && r.chance(depth > 0 ? 0.25 : 0.7)) return ref(r.pick(same));
    if (depth > 0 && r.chance(0.2))
      return {
        op: 'mux',
        type,
        cond: this.expr(scope, BOOL, depth - 1),
        a: this.expr(scope, type, depth - 1),
        b: this.expr(scope, type, depth - 1),
      };
    if (type.kind === 'bundle') {
      if (r.chance(0.2) && !hasEnum(type)) return { op: 'cast', type, of: this.expr(scope, uintType(widthOf(type)), depth) };
      return { op: 'bundle', type, fields: type.fields.map((f) => this.expr(scope, f.type, Math.max(0, depth - 1))) };
    }
    if (type.kind === 'vec') {
      if (r.chance(0.2) && !hasEnum(type)) return { op: 'cast', type, of: this.expr(scope, uintType(widthOf(type)), depth) };
      return { op: 'vec', type, items: Array.from({ length: type.length }, () => this.expr(scope, type.element, Math.max(0, depth - 2))) };
    }
    if (type.kind === 'enum') return this.literal(type);
    if (depth === 0) return r.chance(0.3) ? this.literal(type) : this.leaf(scope, type, 0);
    if (type.kind === 'bool') return this.boolean(scope, depth - 1);
    return type.kind === 'uint' && r.chance(0.35) ? this.shape(scope, type.width, depth - 1) : this.operation(scope, type, depth - 1);
  }

  private boolean(scope: Scope, depth: number): Expr {
    const r = this.rng;
    const k = r.below(6);
    if (k < 2) {
      const type: ScalarType = r.chance(0.5) ? uintType(this.width()) : sintType(this.width());
      return {
        op: 'binary',
        fn: r.pick(['eq', 'ne', 'lt', 'le'] as const),
        type: BOOL,
        a: this.expr(scope, type, depth),
        b: this.expr(scope, type, depth),
      };
    }
    if (k === 2)
      return {
        op: 'binary',
        fn: r.pick(['and', 'or', 'xor', 'eq', 'ne'] as const),
        type: BOOL,
        a: this.expr(scope, BOOL, depth),
        b: this.expr(scope, BOOL, depth),
      };
    if (k === 3)
      return { op: 'unary', fn: r.pick(['andR', 'orR', 'xorR'] as const), type: BOOL, a: this.expr(scope, uintType(this.width()), depth) };
    if (k === 4) return { op: 'unary', fn: 'not', type: BOOL, a: this.expr(scope, BOOL, depth) };
    return this.leaf(scope, BOOL, depth);
  }

  private operation(scope: Scope, type: ScalarType & { width: number }, depth: number): Expr {
    const r = this.rng;
    const of = (t: Type): Expr => this.expr(scope, t, depth);
    switch (r.below(6)) {
      case 0:
        return { op: 'binary', fn: r.pick(['add', 'sub'] as const), type, a: of(type), b: of(type) };
      case 1:
        return { op: 'binary', fn: r.pick(['and', 'or', 'xor'] as const), type, a: of(type), b: of(type) };
      case 2:
        if (this.isPlain) return { op: 'binary', fn: r.pick(['shl', 'shr'] as const), type, a: of(type), b: this.literal(uintType(5)) };
        return { op: 'binary', fn: r.pick(['shl', 'shr'] as const), type, a: of(type), b: of(uintType(r.pick([1, 3, 5, 6, 7, 8, 9, 34]))) };
      case 3: {
        if (type.width < 2) return this.leaf(scope, type, depth);
        const left = r.between(1, type.width - 1);
        const make = (w: number): ScalarType => (type.kind === 'sint' ? sintType(w) : uintType(w));
        return { op: 'binary', fn: 'mul', type, a: of(make(left)), b: of(make(type.width - left)) };
      }
      case 4:
        return { op: 'unary', fn: type.kind === 'sint' && r.chance(0.5) ? 'neg' : 'not', type, a: of(type) };
      default:
        return this.leaf(scope, type, depth);
    }
  }

  /** Slices, concatenations and extensions. */
  private shape(scope: Scope, width: number, depth: number): Expr {
    const r = this.rng;
    if (width > 1 && r.chance(0.5)) {
      const cutAt = r.between(1, width - 1);
      return {
        op: 'cat',
        type: uintType(width),
        parts: [this.expr(scope, uintType(width - cutAt), depth), this.expr(scope, uintType(cutAt), depth)],
      };
    }
    if (width > 1 && r.chance(0.3))
      return { op: 'extend', type: uintType(width), of: this.expr(scope, uintType(r.between(1, width - 1)), depth) };
    const wider = width + r.between(1, 40);
    return { op: 'slice', type: uintType(width), of: this.expr(scope, uintType(wider), depth), lo: r.between(0, wider - width) };
  }

  /** Something that is there, brought to the type by casts, slices and extensions. */
  private leaf(scope: Scope, type: ScalarType, depth: number): Expr {
    const r = this.rng;
    if (scope.memories.length > 0 && r.chance(0.25)) {
      const mem = r.pick(scope.memories);
      const addr = this.expr(scope, uintType(indexWidth(mem.depth)), Math.min(depth, 1));
      return this.adapt({ op: 'memRead', type: mem.type, mem, addr }, type);
    }
    if (scope.readable.length === 0) return this.literal(type);
    let e = ref(r.pick(scope.readable));
    while (!isScalar(e.type) && r.chance(0.85)) {
      if (e.type.kind === 'bundle') {
        const f = r.pick(e.type.fields);
        e = { op: 'field', type: f.type, of: e, name: f.name };
      } else {
        const { length, element } = e.type;
        const index = r.chance(0.5) || depth <= 0 ? r.below(length) : this.expr(scope, uintType(indexWidth(length)), 0);
        e = { op: 'index', type: element, of: e, index };
      }
    }
    return this.adapt(e, type);
  }

  private adapt(from: Expr, type: ScalarType): Expr {
    if (sameType(from.type, type)) return from;
    if (type.kind === 'enum') return this.literal(type);
    const width = widthOf(from.type);
    const want = widthOf(type);
    let e: Expr = from.type.kind === 'uint' ? from : { op: 'cast', type: uintType(width), of: from };
    if (width > want) {
      e = { op: 'slice', type: uintType(want), of: e, lo: this.rng.between(0, width - want) };
    } else if (width < want) {
      e =
        type.kind === 'sint'
          ? { op: 'extend', type, of: { op: 'cast', type: sintType(width), of: e } }
          : { op: 'extend', type: uintType(want), of: e };
    }
    return sameType(e.type, type) ? e : { op: 'cast', type, of: e };
  }
}

function ref(signal: Signal): Expr {
  return { op: 'ref', type: signal.type, signal };
}

function hasEnum(t: Type): boolean {
  if (t.kind === 'vec') return hasEnum(t.element);
  return t.kind === 'bundle' ? t.fields.some((f) => hasEnum(f.type)) : t.kind === 'enum';
}

let moduleNumber = 0;
class Modules {
  private readonly x: Expressions;
  /** Grids around the module that is being made. */
  private gridsAround = 0;
  constructor(
    private readonly rng: Rng,
    private readonly options: Required<RandomDesignOptions>,
  ) {
    this.x = new Expressions(rng, options.maxWidth);
  }

  private signal(name: string, kind: SignalKind, type: Type): Signal {
    const resets = kind === 'reg' && this.rng.chance(0.6);
    if (!resets) return { name, kind, type, site };
    return { name, kind, type, site, reset: leavesOf(type).map((l) => (this.rng.chance(0.8) ? this.x.literal(l.type) : undefined)) };
  }

  private ports(kind: 'input' | 'output', n: number, type: () => Type): Signal[] {
    return Array.from({ length: n }, (_, i) => this.signal(`${kind === 'input' ? 'i' : 'o'}${i}`, kind, type()));
  }

  module(depth: number): Module {
    const r = this.rng;
    const ports = [
      ...this.ports('input', r.between(1, 4), () => this.x.type()),
      ...this.ports('output', r.between(1, 4), () => this.x.type()),
    ];
    return this.fill(depth, ports);
  }

  /** A body for the ports: state, wires in an order in which each reads only what comes before it, children among them. */
  private fill(depth: number, ports: readonly Signal[]): Module {
    const r = this.rng;
    const name = `M${moduleNumber++}`;
    const pure = this.options.pureChildren && depth < this.options.depth;
    const regs = Array.from({ length: pure ? 0 : r.between(0, 4) }, (_, i) => this.signal(`r${i}`, 'reg', this.x.type()));
    const memories = !pure && r.chance(0.5) ? Array.from({ length: r.between(1, 2) }, (_, i) => this.memory(`m${i}`)) : [];
    const wires = Array.from({ length: r.between(0, 4) }, (_, i) => this.signal(`w${i}`, 'wire', this.x.type()));
    const scope: Scope = { readable: [...ports.filter((p) => p.kind === 'input'), ...regs], memories };
    const body: Statement[] = [];
    const instances: Instance[] = [];
    const grids: Grid[] = [];
    const children = depth > 0 ? r.between(0, 2) : 0;
    for (let i = 0; i < children; i++) this.instance(`u${i}`, depth, scope, body, instances);
    if (!pure && depth > 0 && this.options.maxGridSide > 0 && r.chance(0.5)) this.grid('g0', scope, body, grids);
    for (const w of wires) {
      this.drive(w, scope, body);
      scope.readable.push(w);
    }
    for (const o of ports.filter((p) => p.kind === 'output')) this.drive(o, scope, body);
    for (const reg of regs) this.drive(reg, scope, body);
    for (const m of memories) for (let i = r.between(1, 2); i > 0; i--) body.push(...this.nest(scope, [this.write(m, scope)]));
    const checks: Check[] = !pure && r.chance(0.4) ? [{ kind: 'cover', name: 'c0', cond: this.x.expr(scope, BOOL, 2), message: '', site }] : [];
    const clocked = regs.length + memories.length + checks.length > 0 || [...instances, ...grids].some((c) => c.module.clocked);
    return { name, site, doc: '', ports, wires, regs, memories, instances, grids, body, checks, clocked };
  }

  private memory(name: string): Memory {
    const r = this.rng;
    const type = r.chance(0.8) ? this.x.scalar() : this.x.type(1);
    const depth = r.between(2, 20);
    const legal = !hasEnum(type);
    const init = r.chance(0.5) ? Array.from({ length: r.between(1, depth) }, () => (legal ? r.bits(widthOf(type)) : 0n)) : undefined;
    return { name, type, depth, site, style: 'auto', collisionFree: false, ...(init ? { init } : {}) };
  }

  private write(mem: Memory, scope: Scope): Statement {
    const width = widthOf(mem.type);
    const lanes = Array.from({ length: Math.min(width, 64) }, (_, i) => i + 1).filter((n) => width % n === 0);
    const mask = this.rng.chance(0.5) ? { mask: this.x.expr(scope, uintType(this.rng.pick(lanes)), 1) } : {};
    return {
      kind: 'memWrite',
      mem,
      addr: this.x.expr(scope, uintType(indexWidth(mem.depth)), 1),
      data: this.x.expr(scope, mem.type, 2),
      ...mask,
      site,
    };
  }

  /** Perhaps a condition around statements. */
  private nest(scope: Scope, inner: Statement[]): Statement[] {
    const r = this.rng;
    if (r.chance(0.3)) return inner;
    if (r.chance(0.6))
      return [
        { kind: 'when', cond: this.x.expr(scope, BOOL, 1), then: r.chance(0.7) ? inner : [], else: r.chance(0.4) ? inner : [], site },
      ];
    return [this.switch(scope, () => (r.chance(0.5) ? inner : []))];
  }

  private switch(scope: Scope, body: () => Statement[]): Statement {
    const r = this.rng;
    const width = r.between(1, 3);
    const values = Array.from({ length: 2 ** width }, (_, i) => BigInt(i)).filter(() => r.chance(0.6));
    const cases: { values: bigint[]; body: Statement[] }[] = [];
    while (values.length > 0) cases.push({ values: values.splice(0, r.between(1, 2)), body: body() });
    return { kind: 'switch', on: this.x.expr(scope, uintType(width), 1), cases, default: body(), site };
  }

  /** Assignments to a signal: a default for what is no register, then exceptions. */
  private drive(signal: Signal, scope: Scope, body: Statement[]): void {
    const r = this.rng;
    const whole: Statement = { kind: 'assign', target: signal, path: [], value: this.x.expr(scope, signal.type, 3), site };
    // A condition may turn out never to hold: then only a reset gives a register its value.
    if (!signal.reset?.some((l) => l !== undefined) || r.chance(0.3)) body.push(whole);
    else body.push({ kind: 'when', cond: this.x.expr(scope, BOOL, 2), then: [whole], else: [], site });
    for (let i = r.below(3); i > 0; i--) body.push(this.exception(signal, scope, 2));
  }

  private exception(signal: Signal, scope: Scope, depth: number): Statement {
    const r = this.rng;
    const inner = (): Statement[] => {
      const out: Statement[] = r.chance(0.7) ? [this.assignPart(signal, scope)] : [];
      if (depth > 0 && r.chance(0.4)) out.push(this.exception(signal, scope, depth - 1));
      return out;
    };
    if (r.chance(0.6)) return { kind: 'when', cond: this.x.expr(scope, BOOL, 2), then: inner(), else: r.chance(0.5) ? inner() : [], site };
    return this.switch(scope, inner);
  }

  private assignPart(signal: Signal, scope: Scope): Statement {
    const r = this.rng;
    const path: PathElement[] = [];
    let type = signal.type;
    while (!isScalar(type) && r.chance(0.7)) {
      if (type.kind === 'bundle') {
        const f = r.pick(type.fields);
        path.push({ field: f.name });
        type = f.type;
      } else {
        path.push({ index: r.chance(0.5) ? r.below(type.length) : this.x.expr(scope, uintType(indexWidth(type.length)), 1) });
        type = type.element;
      }
    }
    return { kind: 'assign', target: signal, path, value: this.x.expr(scope, type, 2), site };
  }

  private instance(name: string, depth: number, scope: Scope, body: Statement[], instances: Instance[]): void {
    const again = instances.length > 0 && this.rng.chance(0.4);
    const module = again ? instances[0].module : this.module(depth - 1);
    const connections = new Map<string, Signal>();
    for (const p of module.ports) {
      const kind = p.kind === 'input' ? 'instIn' : 'instOut';
      connections.set(p.name, { name: `${name}_${p.name}`, kind, type: p.type, site, port: { instance: name, port: p.name } });
    }
    for (const s of connections.values()) if (s.kind === 'instIn') this.drive(s, scope, body);
    scope.readable.push(...[...connections.values()].filter((s) => s.kind === 'instOut'));
    instances.push({ name, module, site, connections });
  }

  private grid(name: string, scope: Scope, body: Statement[], grids: Grid[]): void {
    const r = this.rng;
    const line = r.chance(0.3);
    const side = this.gridsAround > 0 ? 2 : this.options.maxGridSide;
    const rows = line ? 1 : r.between(1, side);
    const columns = line ? r.between(2, 4 * side) : r.between(1, side);
    // Combinational cells may only pass values on from west and north; else every neighbour output is a register.
    const isChain = r.chance(0.3);
    const directions = isChain ? (['west', 'north'] as const) : (['west', 'north', 'east', 'south'] as const);
    const small = (): Type =>
      r.chance(0.7) ? (r.chance(0.5) ? sintType(r.pick([8, 8, 16, 32, 5, 64, 70])) : uintType(r.between(1, 40))) : this.x.type(1);
    const neighbours = Array.from({ length: r.between(1, 3) }, () => ({ type: small(), from: r.pick(directions) }));
    const inputs = [
      ...neighbours.map((n, i) => this.signal(`n${i}`, 'input', n.type)),
      ...Array.from({ length: r.between(1, 3) }, (_, i) => this.signal(`i${i}`, 'input', small())),
    ];
    const outputs = neighbours.map((n, i) => this.signal(`q${i}`, 'output', n.type));
    this.gridsAround++;
    const cell = this.cell(inputs, outputs, isChain);
    this.gridsAround--;
    const wiring = new Map<string, GridInput>();
    const feed = (port: string, suffix: string, type: Type): Signal => {
      const signal = this.signal(`${name}_${port}${suffix}`, 'gridIn', type);
      this.drive(signal, scope, body);
      return signal;
    };
    const vec = (element: Type, length: number): Type => ({ kind: 'vec', element, length });
    for (const [i, n] of neighbours.entries()) {
      const length = n.from === 'west' || n.from === 'east' ? rows : columns;
      wiring.set(`n${i}`, { kind: 'neighbour', from: n.from, output: `q${i}`, signal: feed(`n${i}`, '_edge', vec(n.type, length)) });
    }
    for (const p of inputs.slice(neighbours.length)) {
      const kind = r.pick(['all', 'row', 'column', 'cell'] as const);
      const length = { all: 1, row: rows, column: columns, cell: rows * columns }[kind];
      const suffix = { all: '', row: '_row', column: '_col', cell: '_cell' }[kind];
      wiring.set(p.name, { kind, signal: feed(p.name, suffix, kind === 'all' ? p.type : vec(p.type, length)) });
    }
    const gathered: GridOutput[] = [];
    for (const o of cell.ports.filter((p) => p.kind === 'output')) {
      const kind = r.pick(['row', 'column', 'all'] as const);
      const length = { row: columns, column: rows, all: rows * columns }[kind];
      const row = r.below(rows);
      const column = r.below(columns);
      const suffix = kind === 'all' ? 'all' : kind === 'row' ? `row${row}` : `col${column}`;
      const signal = this.signal(`${name}_${o.name}_${suffix}`, 'gridOut', vec(o.type, length));
      const which = { row: { kind: 'row', row }, column: { kind: 'column', column }, all: { kind: 'all' } } as const;
      gathered.push({ signal, port: o.name, ...which[kind] });
      scope.readable.push(signal);
    }
    grids.push({ name, module: cell, rows, columns, site, inputs: wiring, outputs: gathered });
  }

  private cell(inputs: readonly Signal[], outputs: readonly Signal[], isChain: boolean): Module {
    const extra = this.signal('o0', 'output', this.x.scalar());
    const ports = [...inputs, ...outputs, extra];
    if (isChain) return this.fill(this.rng.chance(0.3) ? 1 : 0, ports);
    const r = this.rng;
    this.x.isPlain = r.chance(0.6);
    const regs = [...outputs.map((o, i) => this.signal(`s${i}`, 'reg', o.type)), this.signal('t0', 'reg', this.x.type(1))];
    const w = this.signal('w0', 'wire', this.x.scalar());
    const scope: Scope = { readable: [...inputs, ...regs], memories: [] };
    const body: Statement[] = [];
    this.drive(w, scope, body);
    scope.readable.push(w);
    for (const reg of regs) this.drive(reg, scope, body);
    // Neighbours see a register, or something made of registers only.
    const own: Scope = { readable: regs, memories: [] };
    for (const [i, o] of outputs.entries()) {
      const value = r.chance(0.7) ? ref(regs[i]) : this.x.expr(own, o.type, 2);
      body.push({ kind: 'assign', target: o, path: [], value, site });
    }
    // What reaches an output may come from one side only.
    this.drive(extra, { readable: [...inputs.filter((i) => !i.name.startsWith('n')), ...regs], memories: [] }, body);
    this.x.isPlain = false;
    return {
      name: `Cell${moduleNumber++}`,
      site,
      doc: '',
      ports,
      wires: [w],
      regs,
      memories: [],
      instances: [],
      grids: [],
      body,
      checks: [],
      clocked: true,
    };
  }
}

/** A design from a seed, checked and simplified by the language's passes. */
export function randomDesign(seed: number, options: RandomDesignOptions = {}): Design {
  moduleNumber = 0;
  const rng = new Rng(seed);
  const full = { maxWidth: 200, depth: 2, maxGridSide: 5, pureChildren: false, ...options };
  const top = new Modules(rng, full).module(full.depth);
  return elaborate({ name: top.name, ports: {}, elaborate: () => top });
}

/** A value for every input of the top module, and sometimes a reset; often only some change. */
export function* randomInputs(seed: number, top: Module, cycles: number): Generator<readonly (readonly [port: string, value: bigint])[]> {
  const rng = new Rng(seed ^ 0x5eed);
  const ports = top.ports.filter((p) => p.kind === 'input');
  const value = (t: Type): bigint => {
    // Enumerations take only their members' values.
    let v = rng.bits(widthOf(t));
    for (const l of leavesOf(t)) {
      if (l.type.kind !== 'enum') continue;
      const w = widthOf(l.type);
      const now = BigInt.asUintN(w, v >> BigInt(l.lo));
      if (now >= BigInt(l.type.members.length)) v ^= now << BigInt(l.lo);
    }
    return v;
  };
  for (let i = 0; i < cycles; i++) {
    const changed = ports.filter(() => i === 0 || rng.chance(0.6)).map((p) => [p.name, value(p.type)] as const);
    const reset = top.clocked ? ([['rst', rng.chance(0.08) ? 1n : 0n]] as const) : [];
    yield [...changed, ...reset];
  }
}
