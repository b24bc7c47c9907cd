/**
 * Takes apart aggregate signals whose parts depend on each other within the cycle (`v.put(i + 1, f(v.at(i)))`). The circuit
 * has no loop, but a signal that is computed from itself has one in the eyes of event-driven simulators and linters: there
 * each part becomes a wire of its own, called after its place (`v_0`, `req_addr`).
 */
import type { Expr } from '../ir/expr.ts';
import { rewriter } from '../ir/expr.ts';
import { fieldPlace, mapStatements, rebuildStatements, rebuilt, walkStatements } from '../ir/leaves.ts';
import type { Assign, For, Module, PathElement, Signal, Statement } from '../ir/module.ts';
import { BOOL, indexWidth, isScalar, uintType, widthOf } from '../ir/types.ts';
import type { Type } from '../ir/types.ts';
import { NamePool } from '../names/pool.ts';
import { combPaths, mayHaveLoops, onCycles, signalGraph } from './comb-paths.ts';
import { simplify } from './simplify.ts';
import { unrolled } from './unroll.ts';

/** What a body drives, if it is not a register. */
const DRIVEN: ReadonlySet<Signal['kind']> = new Set(['wire', 'output', 'instIn', 'gridIn']);

export function splitLoops(m: Module): Module {
  const aggregates = [...m.wires, ...m.ports, ...connectionsOf(m)].filter((s) => !isScalar(s.type) && DRIVEN.has(s.kind));
  if (aggregates.length === 0 || !mayHaveLoops(m)) return m;
  const loops = onCycles(signalGraph(m, combPaths));
  const split = aggregates.filter((s) => loops.has(s.name));
  // Parts may be aggregates in turn: the next round finds those that still depend on themselves.
  return split.length === 0 ? m : splitLoops(simplify(splitSignals(m, new Set(split))));
}

/** Signals between the module and its instances and grids. */
function connectionsOf(m: Module): Signal[] {
  return [
    ...m.instances.flatMap((i) => [...i.connections.values()]),
    ...m.grids.flatMap((g) => [...[...g.inputs.values()].map((i) => i.signal), ...g.outputs.map((o) => o.signal)]),
  ];
}

interface Parts {
  readonly signals: readonly Signal[];
  /** The whole again, made of the parts. */
  readonly whole: Expr;
}

function splitSignals(m: Module, split: ReadonlySet<Signal>): Module {
  const named = [...m.ports, ...m.wires, ...m.regs, ...m.memories, ...m.instances, ...m.grids, ...m.checks, ...connectionsOf(m)];
  const names = new NamePool(named.map((x) => x.name));
  const parts = new Map([...split].map((s) => [s, partsOf(s, names)]));

  const visit = rewriter((e) => (e.op === 'ref' ? (parts.get(e.signal)?.whole ?? e) : e));
  const drivesPart = (loop: For): boolean => {
    let drives = false;
    walkStatements(loop.body, (s) => (drives ||= s.kind === 'assign' && split.has(s.target)));
    return drives;
  };
  const body = rebuildStatements(unrolled(m.body, drivesPart), (s, branches) => {
    const own = s.kind === 'assign' ? parts.get(s.target) : undefined;
    return s.kind === 'assign' && own ? assignParts(s, own.signals) : [rebuilt(s, branches)];
  });
  // What is seen from outside keeps its signal and gathers the parts.
  const outside = [...parts].filter(([s]) => s.kind !== 'wire');
  const gathered = outside.map(([s, p]): Assign => ({ kind: 'assign', target: s, path: [], value: p.whole, site: s.site }));
  return {
    ...m,
    wires: [...m.wires.flatMap((s) => parts.get(s)?.signals ?? [s]), ...outside.flatMap(([, p]) => p.signals)],
    body: [...mapStatements(body, visit), ...gathered],
    checks: m.checks.map((c) => ({ ...c, cond: visit(c.cond) })),
  };
}

function partsOf(s: Signal, names: NamePool): Parts {
  const make = (suffix: string, type: Type): Signal => ({ name: names.fresh(`${s.name}_${suffix}`), kind: 'wire', type, site: s.site });
  const ref = (signal: Signal): Expr => ({ op: 'ref', type: signal.type, signal });
  if (s.type.kind === 'bundle') {
    const signals = s.type.fields.map((f) => make(f.name, f.type));
    return { signals, whole: { op: 'bundle', type: s.type, fields: signals.map(ref) } };
  }
  if (s.type.kind !== 'vec') throw new Error(`${s.name} has no parts`);
  const { element, length } = s.type;
  const signals = Array.from({ length }, (_, i) => make(String(i), element));
  return { signals, whole: { op: 'vec', type: s.type, items: signals.map(ref) } };
}

/** An assignment to a signal, or to a place in it, as assignments to its parts. */
function assignParts(s: Assign, parts: readonly Signal[]): Statement[] {
  const [first, ...rest] = s.path;
  const { type } = s.target;
  const to = (target: Signal, path: readonly PathElement[], value: Expr): Assign => ({ kind: 'assign', target, path, value, site: s.site });
  if (first === undefined) {
    const part = (i: number, t: Type): Expr =>
      type.kind === 'bundle' ? { op: 'field', type: t, of: s.value, name: type.fields[i].name } : { op: 'index', type: t, of: s.value, index: i };
    return parts.map((p, i) => to(p, [], part(i, p.type)));
  }
  if ('field' in first) return [to(parts[fieldPlace(type, first.field).at], rest, s.value)];
  const { index } = first;
  if (typeof index === 'number') return [to(parts[index], rest, s.value)];
  const width = Math.max(widthOf(index.type), indexWidth(parts.length));
  const wide: Expr = width === widthOf(index.type) ? index : { op: 'extend', type: uintType(width), of: index };
  return parts.map((p, i) => ({
    kind: 'when',
    cond: { op: 'binary', fn: 'eq', type: BOOL, a: wide, b: { op: 'lit', type: uintType(width), value: BigInt(i) } },
    then: [to(p, rest, s.value)], else: [], site: s.site,
  }));
}
