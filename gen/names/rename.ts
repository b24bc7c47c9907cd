/** A module in which some signals and memories have other names; what drives and reads them is the same. Must not know why. */
import { rewriter } from '../ir/expr.ts';
import { mapStatements, rebuildStatements, rebuilt } from '../ir/leaves.ts';
import type { Memory, Module, Signal, Statement } from '../ir/module.ts';

export function renamed(m: Module, others: ReadonlyMap<Signal | Memory, string>): Module {
  if (others.size === 0) return m;
  const signals = new Map<Signal, Signal>();
  const memories = new Map(m.memories.map((x): [Memory, Memory] => [x, { ...x, name: others.get(x) ?? x.name }]));
  const signal = (s: Signal): Signal => {
    const name = others.get(s);
    if (name === undefined) return s;
    let other = signals.get(s);
    if (!other) signals.set(s, (other = { ...s, name }));
    return other;
  };
  const memory = (x: Memory): Memory => memories.get(x) ?? x;

  const expr = rewriter((e) => {
    if (e.op === 'ref' && others.has(e.signal)) return { ...e, signal: signal(e.signal) };
    return e.op === 'memRead' && others.has(e.mem) ? { ...e, mem: memory(e.mem) } : e;
  });
  const body = rebuildStatements(m.body, (s, branches): Statement[] => {
    switch (s.kind) {
      case 'assign':
        return [{ ...s, target: signal(s.target) }];
      case 'memWrite':
        return [{ ...s, mem: memory(s.mem) }];
      default:
        return [rebuilt(s, branches)];
    }
  });
  return {
    ...m,
    wires: m.wires.map(signal),
    regs: m.regs.map(signal),
    memories: m.memories.map(memory),
    instances: m.instances.map((i) => ({ ...i, connections: new Map([...i.connections].map(([port, s]) => [port, signal(s)])) })),
    grids: m.grids.map((g) => ({
      ...g,
      inputs: new Map([...g.inputs].map(([port, i]) => [port, { ...i, signal: signal(i.signal) }])),
      outputs: g.outputs.map((o) => ({ ...o, signal: signal(o.signal) })),
    })),
    body: mapStatements(body, expr),
    checks: m.checks.map((c) => ({ ...c, cond: expr(c.cond) })),
  };
}
