/**
 * A reference interpreter of the IR on BigInts, written from the comments of `gen/ir/` alone: slow, obvious, and independent
 * of printer, passes and engines. Modules with instances or grids are out of its reach.
 */
import type { Binary, Expr, Unary } from '../../gen/ir/expr.ts';
import type { Lanes } from '../../gen/ir/lanes.ts';
import { leavesOf } from '../../gen/ir/leaves.ts';
import type { Assign, Memory, Module, Signal, Statement } from '../../gen/ir/module.ts';
import { widthOf } from '../../gen/ir/types.ts';
import type { Type } from '../../gen/ir/types.ts';

export interface State {
  readonly signals: Map<Signal, bigint>;
  readonly memories: Map<Memory, bigint[]>;
  /** Rounds that the loops around are in. */
  readonly rounds?: ReadonlyMap<Lanes, number>;
}

const ones = (w: number): bigint => (1n << BigInt(w)) - 1n;

/** The number that a bit pattern stands for. */
export function toNumber(type: Type, bits: bigint): bigint {
  return type.kind === 'sint' ? BigInt.asIntN(type.width, bits) : bits;
}

/** Bit pattern of an expression. */
export function evaluate(root: Expr, state: State): bigint {
  const known = new Map<Expr, bigint>();
  const visit = (e: Expr): bigint => {
    let v = known.get(e);
    if (v === undefined) known.set(e, (v = once(e, visit, state) & ones(widthOf(e.type))));
    return v;
  };
  return visit(root);
}

function once(e: Expr, visit: (e: Expr) => bigint, state: State): bigint {
  switch (e.op) {
    case 'lit':
      return e.value;
    case 'lane': {
      const round = state.rounds?.get(e.lanes);
      if (round === undefined) throw new Error('a lane outside of its loop');
      return BigInt(e.scale * round + e.offset);
    }
    case 'ref': {
      const v = state.signals.get(e.signal);
      if (v === undefined) throw new Error(`no value for ${e.signal.name}`);
      return v;
    }
    case 'field':
      return visit(e.of) >> BigInt(fieldLo(e.of.type, e.name));
    case 'index': {
      const w = BigInt(widthOf(e.type));
      const i = typeof e.index === 'number' ? BigInt(e.index) : visit(e.index);
      return e.of.type.kind === 'vec' && i < BigInt(e.of.type.length) ? visit(e.of) >> (i * w) : 0n;
    }
    case 'unary':
      return evaluateUnary(e, visit(e.a));
    case 'binary':
      return evaluateBinary(e, visit(e.a), visit(e.b));
    case 'mux':
      return visit(e.cond) === 1n ? visit(e.a) : visit(e.b);
    case 'slice':
      return visit(e.of) >> BigInt(e.lo);
    case 'cat':
    case 'bundle':
      return (e.op === 'cat' ? e.parts : e.fields).reduce((v, p) => (v << BigInt(widthOf(p.type))) | visit(p), 0n);
    case 'vec':
      return [...e.items].reverse().reduce((v, p) => (v << BigInt(widthOf(p.type))) | visit(p), 0n);
    case 'cast':
      return visit(e.of);
    case 'extend':
      return toNumber(e.of.type, visit(e.of));
    case 'memRead':
      return state.memories.get(e.mem)?.[Number(visit(e.addr))] ?? 0n;
  }
}

function fieldLo(type: Type, name: string): number {
  if (type.kind !== 'bundle') throw new Error('field of no bundle');
  let lo = widthOf(type);
  for (const f of type.fields) {
    lo -= widthOf(f.type);
    if (f.name === name) return lo;
  }
  throw new Error(`no field ${name}`);
}

function evaluateUnary(e: Unary, a: bigint): bigint {
  const w = widthOf(e.a.type);
  switch (e.fn) {
    case 'not':
      return ~a;
    case 'neg':
      return -a;
    case 'andR':
      return a === ones(w) ? 1n : 0n;
    case 'orR':
      return a !== 0n ? 1n : 0n;
    case 'xorR':
      return BigInt([...a.toString(2)].filter((d) => d === '1').length % 2);
  }
}

function evaluateBinary(e: Binary, a: bigint, b: bigint): bigint {
  const x = toNumber(e.a.type, a);
  const y = toNumber(e.b.type, b);
  const truth = (v: boolean): bigint => (v ? 1n : 0n);
  switch (e.fn) {
    case 'add':
      return x + y;
    case 'sub':
      return x - y;
    case 'mul':
      return x * y;
    case 'and':
      return a & b;
    case 'or':
      return a | b;
    case 'xor':
      return a ^ b;
    case 'shl':
      return b >= BigInt(widthOf(e.type)) ? 0n : a << b;
    case 'shr':
      return x >> (b > 4096n ? 4096n : b);
    case 'eq':
      return truth(a === b);
    case 'ne':
      return truth(a !== b);
    case 'lt':
      return truth(x < y);
    case 'le':
      return truth(x <= y);
  }
}

/** A module in motion: `set` inputs, `settle`, `get`, `tick`. */
export class Interpreter {
  private readonly rounds = new Map<Lanes, number>();
  readonly state: State = { signals: new Map(), memories: new Map(), rounds: this.rounds };
  private readonly comb: Signal[];

  constructor(private readonly module: Module) {
    if (module.instances.length > 0 || module.grids.length > 0) throw new Error('flat modules only');
    this.comb = [...module.ports.filter((p) => p.kind === 'output'), ...module.wires];
    for (const s of [...module.ports, ...module.wires, ...module.regs]) this.state.signals.set(s, 0n);
    for (const m of module.memories) this.state.memories.set(m, Array.from({ length: m.depth }, (_, i) => m.init?.[i] ?? 0n));
  }

  set(port: string, value: bigint): void {
    this.state.signals.set(this.find(port), value);
  }

  get(name: string): bigint {
    return this.state.signals.get(this.find(name)) as bigint;
  }

  /** Runs the combinational part until nothing changes: an acyclic circuit comes to rest. */
  settle(): void {
    for (let round = 0; round < 10_000; round++) {
      const next = new Map<Signal, bigint>(this.comb.map((s) => [s, 0n]));
      this.run(this.module.body, (s) => this.assign(s, next), () => undefined);
      let changed = false;
      for (const [s, v] of next) {
        if (this.state.signals.get(s) !== v) changed = true;
        this.state.signals.set(s, v);
      }
      if (!changed) return;
    }
    throw new Error('does not settle');
  }

  /** One clock edge; `reset` is the level of `rst` at the edge. */
  tick(reset = false): void {
    this.settle();
    const next = new Map(this.module.regs.map((r) => [r, this.state.signals.get(r) as bigint]));
    const writes: (() => void)[] = [];
    this.run(this.module.body, (s) => this.assign(s, next), (w) => writes.push(w));
    for (const [r, v] of next) this.state.signals.set(r, reset ? afterReset(r, v) : v);
    for (const w of writes) w();
    this.settle();
  }

  /** Sets registers and memories to 0. */
  clear(names: readonly string[]): void {
    for (const m of this.module.memories) if (names.includes(m.name)) this.state.memories.get(m)?.fill(0n);
    for (const r of this.module.regs) if (names.includes(r.name)) this.state.signals.set(r, 0n);
    this.settle();
  }

  private find(name: string): Signal {
    const all = [...this.module.ports, ...this.module.wires, ...this.module.regs];
    const found = all.find((s) => s.name === name);
    if (!found) throw new Error(`no signal ${name}`);
    return found;
  }

  private run(body: readonly Statement[], assign: (s: Assign) => void, write: (apply: () => void) => void): void {
    for (const s of body) {
      if (s.kind === 'assign') assign(s);
      else if (s.kind === 'when') this.run(evaluate(s.cond, this.state) === 1n ? s.then : s.else, assign, write);
      else if (s.kind === 'switch') {
        const on = evaluate(s.on, this.state);
        this.run(s.cases.find((c) => c.values.includes(on))?.body ?? s.default, assign, write);
      } else if (s.kind === 'for') {
        for (let round = 0; round < s.lanes.count; round++) {
          this.rounds.set(s.lanes, round);
          this.run(s.body, assign, write);
        }
        this.rounds.delete(s.lanes);
      } else {
        const words = this.state.memories.get(s.mem) as bigint[];
        const addr = Number(evaluate(s.addr, this.state));
        const data = evaluate(s.data, this.state);
        const width = widthOf(s.mem.type);
        let mask = ones(width);
        if (s.mask) {
          const lanes = widthOf(s.mask.type);
          const enable = evaluate(s.mask, this.state);
          mask = 0n;
          for (let i = 0; i < lanes; i++) if ((enable >> BigInt(i)) & 1n) mask |= ones(width / lanes) << BigInt((i * width) / lanes);
        }
        if (addr < s.mem.depth) write(() => (words[addr] = (words[addr] & ~mask) | (data & mask)));
      }
    }
  }

  /** Does an assignment to one of the signals in `values`. */
  private assign(s: Assign, values: Map<Signal, bigint>): void {
    const before = values.get(s.target);
    if (before !== undefined) values.set(s.target, this.assigned(s, before));
  }

  /** `before` with the part that the statement drives replaced. */
  private assigned(s: Assign, before: bigint): bigint {
    let type = s.target.type;
    let lo = 0;
    for (const p of s.path) {
      if ('field' in p) {
        lo += fieldLo(type, p.field);
        type = type.kind === 'bundle' ? (type.fields.find((f) => f.name === p.field)?.type as Type) : type;
      } else if (type.kind === 'vec') {
        const i = typeof p.index === 'number' ? BigInt(p.index) : evaluate(p.index, this.state);
        if (i >= BigInt(type.length)) return before;
        lo += Number(i) * widthOf(type.element);
        type = type.element;
      }
    }
    const mask = ones(widthOf(type)) << BigInt(lo);
    return (before & ~mask) | (evaluate(s.value, this.state) << BigInt(lo));
  }
}

function afterReset(r: Signal, next: bigint): bigint {
  let v = next;
  for (const [i, leaf] of leavesOf(r.type).entries()) {
    const reset = r.reset?.[i];
    if (!reset) continue;
    const mask = ones(widthOf(leaf.type)) << BigInt(leaf.lo);
    v = (v & ~mask) | (reset.value << BigInt(leaf.lo));
  }
  return v;
}
