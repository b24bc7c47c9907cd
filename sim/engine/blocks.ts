/**
 * Where each node of a function is evaluated: unconditionally, or only inside an arm of a multiplexer or a group of
 * stores that needs it. An arm gets a block of its own (an `if`) when what only it needs is costly enough to skip.
 */
import type { Action, StoresAction } from './actions.ts';
import { rootsOf } from './actions.ts';
import type { Graph, Node } from './nodes.ts';

/** Cost of an arm, in simple operations, from which it is worth a branch. */
const MIN_ARM = 6;
const MIN_GROUP = 8;

function costOf(n: Node): number {
  switch (n.op) {
    case 'const':
      return 0;
    case 'mul':
      return 3;
    case 'load':
      return n.args.length > 0 ? 3 : 1;
    case 'select':
      return 2;
    default:
      return 1;
  }
}

/** Arms of a multiplexer that are blocks. */
export interface Arms {
  readonly then: number;
  readonly else: number;
}

export class Blocks {
  private readonly parent: number[] = [-1];
  private readonly depth: number[] = [0];
  private readonly cost: number[] = [0];
  /** Blocks that turned out too cheap are one with their parent. */
  private readonly merged: boolean[] = [false];
  private readonly placedIn: Int32Array;
  private readonly useCount: Int32Array;
  private readonly armsOf = new Map<Node, Arms>();
  private readonly groupOf = new Map<Action, number>();
  private readonly needed = new Map<number, Node[]>();
  /** Nodes in use, operands after users. */
  readonly nodes: readonly Node[];

  /** `isLeaf`: nodes whose operands do not matter because their value is at hand. `minGroup`: least cost of a group of stores. */
  constructor(graph: Graph, actions: readonly Action[], isLeaf: (n: Node) => boolean, minGroup = 0) {
    this.placedIn = new Int32Array(graph.nodes.length).fill(-1);
    this.useCount = new Int32Array(graph.nodes.length);
    this.nodes = reachable(graph, actions, isLeaf);
    const owners: { block: Arms | number; stores: number }[] = [];
    for (const a of actions) {
      const block = a.kind === 'write' || a.kind === 'checks' || (a.kind === 'stores' && a.enable) ? this.open(0) : 0;
      if (block !== 0) {
        this.groupOf.set(a, block);
        if (a.kind === 'stores') owners.push({ block, stores: a.stores.length });
      }
      const guard = a.kind === 'stores' ? a.enable : a.kind === 'write' ? a.enable : a.kind === 'checks' ? a.any : undefined;
      for (const n of rootsOf(a)) this.use(n, n === guard ? 0 : block);
    }
    for (const n of this.nodes) {
      const block = this.placedIn[n.id];
      this.cost[block] += costOf(n);
      if (isLeaf(n)) continue;
      if (n.op === 'select' && n.args[1].args.length + n.args[2].args.length > 0) {
        const arms = { then: this.open(block), else: this.open(block) };
        this.armsOf.set(n, arms);
        owners.push({ block: arms, stores: 0 });
        this.use(n.args[0], block);
        this.use(n.args[1], arms.then);
        this.use(n.args[2], arms.else);
      } else {
        for (const x of n.args) this.use(x, block);
      }
    }
    // Inner blocks were opened after outer ones.
    for (const o of owners.reverse()) {
      if (typeof o.block === 'number') {
        this.settle([o.block], this.cost[o.block] + 2 * o.stores >= minGroup);
      } else {
        const cost = this.cost[o.block.then] + this.cost[o.block.else];
        this.settle([o.block.then, o.block.else], cost >= MIN_ARM);
      }
    }
    this.findNeeds(actions, isLeaf);
  }

  private open(parent: number): number {
    this.parent.push(parent);
    this.depth.push(this.depth[parent] + 1);
    this.cost.push(0);
    this.merged.push(false);
    return this.parent.length - 1;
  }

  private settle(blocks: readonly number[], keep: boolean): void {
    for (const b of blocks) {
      this.cost[this.parent[b]] += this.cost[b];
      this.merged[b] = !keep;
    }
  }

  private use(n: Node, block: number): void {
    this.useCount[n.id]++;
    const old = this.placedIn[n.id];
    this.placedIn[n.id] = old < 0 ? block : this.common(old, block);
  }

  private common(x: number, y: number): number {
    let [a, b] = [x, y];
    while (this.depth[a] > this.depth[b]) a = this.parent[a];
    while (this.depth[b] > this.depth[a]) b = this.parent[b];
    while (a !== b) [a, b] = [this.parent[a], this.parent[b]];
    return a;
  }

  private resolve(block: number): number {
    let b = block;
    while (this.merged[b]) b = this.parent[b];
    return b;
  }

  /** For each block the values from directly outside that it uses, and that must exist before it is entered. */
  private findNeeds(actions: readonly Action[], isLeaf: (n: Node) => boolean): void {
    const lists = new Map<number, Set<Node>>();
    const note = (n: Node, from: number): void => {
      const home = this.resolve(this.placedIn[n.id]);
      let block = this.resolve(from);
      if (block === home) return;
      while (this.resolve(this.parent[block]) !== home) block = this.resolve(this.parent[block]);
      const list = lists.get(block);
      if (list) list.add(n);
      else lists.set(block, new Set([n]));
    };
    for (const a of actions) {
      const block = this.groupOf.get(a);
      if (block === undefined) continue;
      const guard = a.kind === 'stores' || a.kind === 'write' ? a.enable : a.kind === 'checks' ? a.any : undefined;
      for (const n of rootsOf(a)) if (n !== guard) note(n, block);
    }
    for (const n of this.nodes) {
      if (isLeaf(n)) continue;
      const arms = this.armsOf.get(n);
      for (const [i, x] of n.args.entries()) note(x, arms && i > 0 ? (i === 1 ? arms.then : arms.else) : this.placedIn[n.id]);
    }
    for (const [block, list] of lists)
      this.needed.set(
        block,
        [...list].filter((n) => n.op !== 'const').sort((a, b) => a.id - b.id),
      );
  }

  uses(n: Node): number {
    return this.useCount[n.id];
  }

  /** The blocks of a multiplexer, if it is a branch. */
  arms(n: Node): Arms | undefined {
    const a = this.armsOf.get(n);
    return a && !this.merged[a.then] ? a : undefined;
  }

  /** The block of an action's conditional part, if it has one. */
  group(a: Action): number | undefined {
    const b = this.groupOf.get(a);
    return b !== undefined && !this.merged[b] ? b : undefined;
  }

  needs(block: number): readonly Node[] {
    return this.needed.get(block) ?? [];
  }
}

function reachable(graph: Graph, actions: readonly Action[], isLeaf: (n: Node) => boolean): Node[] {
  const seen = new Uint8Array(graph.nodes.length);
  const out: Node[] = [];
  const stack = actions.flatMap(rootsOf);
  for (let n = stack.pop(); n; n = stack.pop()) {
    if (seen[n.id]) continue;
    seen[n.id] = 1;
    out.push(n);
    if (!isLeaf(n)) for (const a of n.args) stack.push(a);
  }
  return out.sort((a, b) => b.id - a.id);
}

/** Replaces groups of stores that are too cheap to be skipped by unconditional stores. */
export function settleGroups<A extends Action>(
  graph: Graph,
  actions: readonly A[],
  isLeaf: (n: Node) => boolean = () => false,
): (A | StoresAction)[] {
  const blocks = new Blocks(graph, actions, isLeaf, MIN_GROUP);
  return actions.map((a) => {
    if (a.kind !== 'stores' || !a.enable || blocks.group(a) !== undefined) return a;
    return { kind: 'stores', stores: a.always, always: a.always };
  });
}
