/**
 * Sweeps: loops over lanes (and stores without one) that fill arrays in memory. A sweep is a node of the graph without a value: what loads
 * from its arrays has it as an operand, so it runs once a step, before the first of them and before anything that it reads itself is
 * overwritten; where nothing needs the arrays it does not run at all. Must not know signals or code.
 */
import type { StoresAction, WriteAction } from './actions.ts';
import { rootsOf } from './actions.ts';
import type { Graph, Node } from './nodes.ts';
import type { Slot } from './slots.ts';

/** Rounds of loops within each other; `round` is the node that is the number of the present one. */
export interface Rounds {
  readonly round: Node;
  readonly count: number;
}

/** What one nest of loops stores, or with no loop around it, what is stored once. */
export interface NestFill {
  readonly kind: 'nest';
  /** The outermost first. */
  readonly nest: readonly Rounds[];
  readonly actions: readonly WriteAction[];
}

/** A row of cells: each round stores elements that follow those of the round before it. Up to 16 elements past the end are overwritten. */
export interface CellsFill {
  readonly kind: 'cells';
  readonly count: number;
  readonly actions: readonly StoresAction[];
}

export type Fill = NestFill | CellsFill;

/** Bytes that are copied before the first fill. */
export interface Copy {
  readonly slot: Slot;
  readonly from: number;
  readonly to: number;
  readonly bytes: number;
}

export interface SweepWork {
  readonly copies: readonly Copy[];
  readonly fills: readonly Fill[];
}

/** The node that fills `own` arrays. */
export function sweepNode(g: Graph, fills: readonly Fill[], copies: readonly Copy[], own: ReadonlySet<Slot>): Node {
  const reads = new Set<Slot>(copies.map((c) => c.slot));
  const args = new Set<Node>();
  let size = 0;
  const seen = new Set<Node>();
  const stack = fills.flatMap((f) => f.actions.flatMap(rootsOf));
  for (let n = stack.pop(); n; n = stack.pop()) {
    if (seen.has(n)) continue;
    seen.add(n);
    size++;
    if (!n.isVariant) {
      if (n.op !== 'const') args.add(n);
      continue;
    }
    if (n.access && !own.has(n.access.slot)) reads.add(n.access.slot);
    for (const a of n.args) stack.push(a);
  }
  const node = g.sweep({ reads, size }, [...args].sort((a, b) => a.id - b.id));
  works.set(node, { copies, fills });
  return node;
}

const works = new WeakMap<Node, SweepWork>();

export function workOf(sweep: Node): SweepWork {
  const work = works.get(sweep);
  if (!work) throw new Error('engine: a sweep that does nothing');
  return work;
}
