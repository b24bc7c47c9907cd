/**
 * Random designs have bundles on the ports of modules and bundles without names; the language gives each field a port of
 * its own and names every bundle, so the printer knows neither. This makes such a design one that can be printed.
 */
import { mapOperands, type Expr } from '../../../gen/ir/expr.ts';
import type { Assign, Design, Grid, GridInput, Memory, Module, PathElement, Signal, Statement } from '../../../gen/ir/module.ts';
import { uintType, widthOf, type Type } from '../../../gen/ir/types.ts';
import { UInt } from '../../../gen/index.ts';
import { here } from '../../../gen/site.ts';

const site = here();

/** The language saturates wider shift amounts: tools compute with 32 bits. */
const MAX_AMOUNT_BITS = 31;

/** Every bundle gets a name made from its structure. */
function named(t: Type): Type {
  if (t.kind === 'vec') return { ...t, element: named(t.element) };
  if (t.kind !== 'bundle') return t;
  const fields = t.fields.map((f) => ({ name: f.name, type: named(f.type) }));
  return { ...t, fields, name: t.name || `b_${fields.map((f) => spelled(f.type)).join('_')}_e` };
}

function spelled(t: Type): string {
  if (t.kind === 'vec') return `v${t.length}${spelled(t.element)}`;
  return t.kind === 'bundle' || t.kind === 'enum' ? t.name : `${t.kind}${widthOf(t)}`;
}

/** Every bundle becomes a number. */
function flat(t: Type): Type {
  if (t.kind === 'vec') return { ...t, element: flat(t.element) };
  return t.kind === 'bundle' ? uintType(widthOf(t)) : t;
}

function hasBundle(t: Type): boolean {
  return t.kind === 'vec' ? hasBundle(t.element) : t.kind === 'bundle';
}

export function emittable(design: Design): Design {
  const now = new Map<Module, Module>();
  for (const m of design.modules) now.set(m, new Rewriter(m, now).module());
  return { top: now.get(design.top) as Module, modules: [...now.values()] };
}

class Rewriter {
  /** What expressions and assignments within the module use for a signal. */
  private readonly inner = new Map<Signal, Signal>();
  private readonly outer = new Map<Signal, Signal>();
  private readonly memories = new Map<Memory, Memory>();
  private readonly wires: Signal[] = [];
  private readonly bridges: Assign[] = [];

  constructor(
    private readonly m: Module,
    private readonly now: ReadonlyMap<Module, Module>,
  ) {
    for (const s of m.wires) this.inner.set(s, { ...s, type: named(s.type) });
    for (const s of m.regs) this.inner.set(s, { ...s, type: named(s.type) });
    for (const x of m.memories) this.memories.set(x, { ...x, type: named(x.type) });
    const connections = m.instances.flatMap((i) => [...i.connections.values()]);
    const wiring = m.grids.flatMap((g) => [...[...g.inputs.values()].map((i) => i.signal), ...g.outputs.map((o) => o.signal)]);
    for (const s of [...m.ports, ...connections, ...wiring]) this.boundary(s);
  }

  private boundary(s: Signal): void {
    const outer: Signal = { ...s, type: flat(s.type) };
    this.outer.set(s, outer);
    this.inner.set(s, outer);
    if (!hasBundle(s.type)) return;
    const wire: Signal = { name: `${s.name}_whole`, kind: 'wire', type: named(s.type), site };
    this.inner.set(s, wire);
    this.wires.push(wire);
    const isSource = s.kind === 'input' || s.kind === 'instOut' || s.kind === 'gridOut';
    const [target, from] = isSource ? [wire, outer] : [outer, wire];
    const value: Expr = { op: 'cast', type: target.type, of: { op: 'ref', type: from.type, signal: from } };
    this.bridges.push({ kind: 'assign', target, path: [], value, site });
  }

  private of<K, V>(map: ReadonlyMap<K, V>, key: K): V {
    const value = map.get(key);
    if (value === undefined) throw new Error('a signal that the module does not declare');
    return value;
  }

  private expr(e: Expr): Expr {
    if (e.op === 'ref') {
      const signal = this.of(this.inner, e.signal);
      return { ...e, signal, type: signal.type };
    }
    const moved = mapOperands(e, (x) => this.expr(x));
    if (moved.op === 'binary' && (moved.fn === 'shl' || moved.fn === 'shr') && widthOf(moved.b.type) > MAX_AMOUNT_BITS) {
      return { ...moved, b: new UInt(moved.b).sat(MAX_AMOUNT_BITS).expr, type: named(e.type) } as Expr;
    }
    const mem = moved.op === 'memRead' ? { mem: this.of(this.memories, moved.mem) } : {};
    return { ...moved, ...mem, type: named(e.type) } as Expr;
  }

  private path(path: readonly PathElement[]): PathElement[] {
    return path.map((p) => ('index' in p && typeof p.index !== 'number' ? { index: this.expr(p.index) } : p));
  }

  private body(body: readonly Statement[]): Statement[] {
    return body.map((s): Statement => {
      switch (s.kind) {
        case 'assign':
          return { ...s, target: this.of(this.inner, s.target), path: this.path(s.path), value: this.expr(s.value) };
        case 'when':
          return { ...s, cond: this.expr(s.cond), then: this.body(s.then), else: this.body(s.else) };
        case 'switch':
          return {
            ...s,
            on: this.expr(s.on),
            cases: s.cases.map((c) => ({ ...c, body: this.body(c.body) })),
            default: this.body(s.default),
          };
        case 'for':
          return { ...s, body: this.body(s.body) };
        case 'memWrite': {
          const mask = s.mask ? { mask: this.expr(s.mask) } : {};
          return { ...s, mem: this.of(this.memories, s.mem), addr: this.expr(s.addr), data: this.expr(s.data), ...mask };
        }
      }
    });
  }

  module(): Module {
    const { m } = this;
    const outer = (s: Signal): Signal => this.of(this.outer, s);
    const child = (c: Module): Module => this.of(this.now, c);
    const input = (i: GridInput): GridInput => ({ ...i, signal: outer(i.signal) });
    const grid = (g: Grid): Grid => ({
      ...g,
      module: child(g.module),
      inputs: new Map([...g.inputs].map(([port, i]) => [port, input(i)])),
      outputs: g.outputs.map((o) => ({ ...o, signal: outer(o.signal) })),
    });
    return {
      ...m,
      ports: m.ports.map(outer),
      regs: m.regs.map((r) => this.of(this.inner, r)),
      wires: [...m.wires.map((w) => this.of(this.inner, w)), ...this.wires],
      memories: m.memories.map((x) => this.of(this.memories, x)),
      instances: m.instances.map((i) => {
        const connections = new Map([...i.connections].map(([port, s]) => [port, outer(s)]));
        return { ...i, module: child(i.module), connections };
      }),
      grids: m.grids.map(grid),
      checks: m.checks.map((c) => ({ ...c, cond: this.expr(c.cond) })),
      body: [...this.bridges, ...this.body(m.body)],
    };
  }
}
