/**
 * A quick look at what follows what within the cycle: signals and values are seen as wholes, and a loop over lanes as one round. It may
 * see too much (a vector whose parts follow each other follows itself), but misses nothing: only where it sees a loop need anybody look
 * closely.
 */
import { pushAll } from '../collections.ts';
import { operands } from '../ir/expr.ts';
import type { Expr } from '../ir/expr.ts';
import { indexExpressions, walkStatements } from '../ir/leaves.ts';
import type { Scope } from '../ir/leaves.ts';
import type { Module, Signal } from '../ir/module.ts';
import { gridSummary } from './port-paths.ts';
import type { CombSummary } from './port-paths.ts';

/** What something is computed from: a signal from what drives it and the conditions around that. */
type Node = Signal | Expr | Scope;

/** Inputs that an output may follow, by output; `undefined`: some signal may follow itself. `summaryOf`: of a module below. */
export function quickSummary(m: Module, summaryOf: (below: Module) => CombSummary): CombSummary | undefined {
  const behind = nodesBehind(m, summaryOf);
  if (!behind) return undefined;
  const inputs = m.ports.filter((p) => p.kind === 'input');
  // A bit an input.
  const followed = new Map<Node, bigint>(inputs.map((p, i) => [p, 1n << BigInt(i)]));
  for (const signal of behind.keys()) if (!follow(signal, behind, followed)) return undefined;
  const namesOf = (bits: bigint): Set<string> => new Set(inputs.flatMap((p, i) => ((bits >> BigInt(i)) & 1n ? [p.name] : [])));
  return new Map(m.ports.filter((p) => p.kind === 'output').map((p) => [p.name, namesOf(followed.get(p) ?? 0n)]));
}

function nodesBehind(m: Module, summaryOf: (below: Module) => CombSummary): Map<Signal, Node[]> | undefined {
  const behind = new Map<Signal, Node[]>();
  const listOf = (s: Signal): Node[] => {
    let list = behind.get(s);
    if (!list) behind.set(s, (list = []));
    return list;
  };
  walkStatements(m.body, (s, scope) => {
    if (s.kind !== 'assign' || s.target.kind === 'reg') return;
    const list = listOf(s.target);
    pushAll(list, [s.value, ...indexExpressions(s)]);
    if (scope) list.push(scope);
  });
  for (const i of m.instances) {
    for (const [output, inputs] of summaryOf(i.module)) {
      const out = i.connections.get(output);
      if (out) pushAll(listOf(out), [...inputs].flatMap((port) => i.connections.get(port) ?? []));
    }
  }
  for (const g of m.grids) {
    const { reach, toAndFro } = gridSummary(g, summaryOf(g.module));
    if (toAndFro !== undefined) return undefined;
    for (const o of g.outputs) pushAll(listOf(o.signal), [...(reach.get(o.port) ?? [])].flatMap((i) => g.inputs.get(i)?.signal ?? []));
  }
  return behind;
}

interface Visit {
  readonly node: Node;
  readonly below: readonly Node[];
  next: number;
  bits: bigint;
}

/** Notes in `followed` what a signal and all behind it follow; false if one follows itself. Without recursion: chains may be long. */
function follow(signal: Signal, behind: ReadonlyMap<Signal, readonly Node[]>, followed: Map<Node, bigint>): boolean {
  const open = new Set<Node>();
  const stack: Visit[] = [];
  const below = (node: Node): readonly Node[] => {
    if ('kind' in node) return behind.get(node) ?? [];
    if ('op' in node) return operands(node);
    return node.outer ? [node.cond, node.outer] : [node.cond];
  };
  const enter = (node: Node): void => {
    if ('kind' in node) open.add(node);
    stack.push({ node, below: below(node), next: 0, bits: 0n });
  };
  if (!followed.has(signal)) enter(signal);
  for (let top = stack.at(-1); top; top = stack.at(-1)) {
    if (top.next === top.below.length) {
      stack.pop();
      followed.set(top.node, top.bits);
      open.delete(top.node);
      const outer = stack.at(-1);
      if (outer) outer.bits |= top.bits;
      continue;
    }
    const next = top.below[top.next++];
    const node = 'op' in next && next.op === 'ref' ? next.signal : next;
    if ('op' in node ? node.op === 'lit' || node.op === 'lane' : 'kind' in node && node.kind === 'reg') continue;
    const bits = followed.get(node);
    if (bits !== undefined) top.bits |= bits;
    else if (open.has(node)) return false;
    else enter(node);
  }
  return true;
}
