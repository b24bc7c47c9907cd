/** Removes wires, registers and memories that nothing observable depends on. Instances and ports always stay. */
import type { Expr } from '../ir/expr.ts';
import { expressionsOf, mapStatements, walkExpressions } from '../ir/leaves.ts';
import type { Memory, Module, Signal, Statement } from '../ir/module.ts';

export function removeDead(m: Module): Module {
  // Per target: the expressions it depends on (values and the conditions around them).
  const uses = new Map<Signal | Memory, Expr[]>();
  const note = (target: Signal | Memory, exprs: readonly Expr[]): void => {
    const list = uses.get(target);
    if (list) list.push(...exprs);
    else uses.set(target, [...exprs]);
  };
  const collect = (body: readonly Statement[], conds: readonly Expr[]): void => {
    for (const s of body) {
      if (s.kind === 'assign') note(s.target, [...expressionsOf(s), ...conds]);
      else if (s.kind === 'memWrite') note(s.mem, [...expressionsOf(s), ...conds]);
      else if (s.kind === 'when') {
        collect(s.then, [...conds, s.cond]);
        collect(s.else, [...conds, s.cond]);
      } else {
        for (const c of s.cases) collect(c.body, [...conds, s.on]);
        collect(s.default, [...conds, s.on]);
      }
    }
  };
  collect(m.body, []);

  const live = new Set<Signal | Memory>();
  const queue: (Signal | Memory)[] = [];
  const mark = (x: Signal | Memory): void => {
    if (!live.has(x)) {
      live.add(x);
      queue.push(x);
    }
  };
  const markExprs = (exprs: readonly Expr[]): void =>
    walkExpressions(exprs, (e) => {
      if (e.op === 'ref') mark(e.signal);
      else if (e.op === 'memRead') mark(e.mem);
    });
  for (const p of m.ports) mark(p);
  for (const i of m.instances) for (const s of i.connections.values()) mark(s);
  for (const g of m.grids) {
    for (const i of g.inputs.values()) mark(i.signal);
    for (const o of g.outputs) mark(o.signal);
  }
  markExprs(m.checks.map((c) => c.cond));
  for (let x = queue.pop(); x; x = queue.pop()) markExprs(uses.get(x) ?? []);

  return {
    ...m,
    wires: m.wires.filter((s) => live.has(s)),
    regs: m.regs.filter((s) => live.has(s)),
    memories: m.memories.filter((s) => live.has(s)),
    body: mapStatements(m.body, (e) => e, (s) => (s.kind === 'assign' ? live.has(s.target) : s.kind !== 'memWrite' || live.has(s.mem))),
  };
}
