/**
 * Removes wires, registers and memories that nothing observable depends on. Instances and ports always stay, and so do wires that hold a
 * constant: they cost nothing, and someone may look at them.
 */
import type { Expr } from '../ir/expr.ts';
import { expressionsOf, mapStatements, walkExpressions, walkStatements } from '../ir/leaves.ts';
import type { Scope } from '../ir/leaves.ts';
import type { Memory, Module, Signal, Statement } from '../ir/module.ts';
import { constantWires } from './carry-constants.ts';

export function removeDead(m: Module): Module {
  // Per target: the statements that drive it, with the conditions around them.
  const uses = new Map<Signal | Memory, { readonly statement: Statement; readonly scope: Scope | undefined }[]>();
  walkStatements(m.body, (statement, scope) => {
    const target = statement.kind === 'assign' ? statement.target : statement.kind === 'memWrite' ? statement.mem : undefined;
    if (!target) return;
    const list = uses.get(target);
    if (list) list.push({ statement, scope });
    else uses.set(target, [{ statement, scope }]);
  });

  const live = new Set<Signal | Memory>();
  const queue: (Signal | Memory)[] = [];
  const mark = (x: Signal | Memory): void => {
    if (!live.has(x)) {
      live.add(x);
      queue.push(x);
    }
  };
  const seen = new Set<Expr>();
  const markExprs = (exprs: readonly Expr[]): void =>
    walkExpressions(exprs, (e) => {
      if (e.op === 'ref') mark(e.signal);
      else if (e.op === 'memRead') mark(e.mem);
    }, seen);
  const markedScopes = new Set<Scope>();
  const markScope = (innermost: Scope | undefined): void => {
    for (let s = innermost; s && !markedScopes.has(s); s = s.outer) {
      markedScopes.add(s);
      markExprs([s.cond]);
    }
  };
  for (const p of m.ports) mark(p);
  for (const s of constantWires(m).keys()) mark(s);
  for (const i of m.instances) for (const s of i.connections.values()) mark(s);
  for (const g of m.grids) {
    for (const i of g.inputs.values()) mark(i.signal);
    for (const o of g.outputs) mark(o.signal);
  }
  markExprs(m.checks.map((c) => c.cond));
  for (let x = queue.pop(); x; x = queue.pop()) {
    for (const { statement, scope } of uses.get(x) ?? []) {
      markExprs(expressionsOf(statement));
      markScope(scope);
    }
  }

  return {
    ...m,
    wires: m.wires.filter((s) => live.has(s)),
    regs: m.regs.filter((s) => live.has(s)),
    memories: m.memories.filter((s) => live.has(s)),
    body: mapStatements(m.body, (e) => e, (s) => (s.kind === 'assign' ? live.has(s.target) : s.kind !== 'memWrite' || live.has(s.mem))),
  };
}
