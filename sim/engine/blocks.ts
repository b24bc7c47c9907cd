/**
 * Where each node of a function is evaluated: unconditionally, or only where it is needed: inside an arm of a multiplexer, an
 * operand of a conjunction or disjunction that the other one does not decide, a group of stores. Such a place gets a block of its
 * own (an `if`) when what only it needs is costly enough to skip.
 */
import type { Action, StoresAction } from './actions.ts';
import { rootsOf } from './actions.ts';
import type { Graph, Node } from './nodes.ts';

/**
 * Costs, in simple operations, from which something is worth a branch: both arms of a multiplexer, a group of stores, one operand
 * of a conjunction or disjunction. Found by trying; programs make most conditions easy to predict.
 */
const MIN_ARM = 2;
const MIN_GROUP = 3;
const MIN_OPERAND = 3;
/** Blocks within blocks; what would be deeper is evaluated always. Far more than programs profit from, few enough to walk up. */
const MOST_NESTED = 256;
/** Beyond this all costs are alike. */
const BIG = 1000;

function costOf(n: Node): number {
  switch (n.op) {
    case 'const':
    case 'lane':
    case 'level':
      return 0;
    case 'sweep':
      return BIG;
    case 'mul':
      return 3;
    case 'load':
      return n.args.length > 0 ? 3 : 1;
    case 'select':
      return 2;
    case 'memo':
      return 8;
    default:
      return 1;
  }
}

/** What decides whether the conditional part of an action happens. */
function guardOf(a: Action): Node | undefined {
  return a.kind === 'stores' || a.kind === 'write' || a.kind === 'copy' ? a.enable : a.kind === 'checks' ? a.any : undefined;
}

/** A multiplexer, or a conjunction or disjunction of booleans seen as one, whose arms are blocks. */
export interface Arms {
  readonly condition: Node;
  readonly then: Arm;
  readonly else: Arm;
}
export interface Arm {
  readonly block: number;
  readonly value: Node;
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
    // Short circuits need them.
    graph.bool(false);
    graph.bool(true);
    this.placedIn = new Int32Array(graph.nodes.length).fill(-1);
    this.useCount = new Int32Array(graph.nodes.length);
    this.nodes = reachable(graph, actions, isLeaf);
    const sizes = treeSizes(this.nodes);
    const owners: { block: Arms | number; stores: number; least: number }[] = [];
    for (const a of actions) {
      const guard = guardOf(a);
      // What always happens is no part of its own.
      const block = guard && (guard.op !== 'const' || a.kind === 'checks') ? this.open(0) : 0;
      if (block !== 0) {
        this.groupOf.set(a, block);
        if (a.kind === 'stores') owners.push({ block, stores: a.stores.length, least: minGroup });
      }
      for (const n of rootsOf(a)) this.use(n, n === guard ? 0 : block);
    }
    for (const n of this.nodes) {
      const block = this.placedIn[n.id];
      this.cost[block] += costOf(n);
      if (isLeaf(n)) continue;
      const choice = this.depth[block] >= MOST_NESTED ? undefined : n.op === 'select' ? n.args : shortCircuit(graph, n, sizes);
      if (choice && choice[1].args.length + choice[2].args.length > 0) {
        const [condition, a, b] = choice;
        const arms = { condition, then: { block: this.open(block), value: a }, else: { block: this.open(block), value: b } };
        this.armsOf.set(n, arms);
        owners.push({ block: arms, stores: 0, least: n.op === 'select' ? MIN_ARM : MIN_OPERAND });
        this.use(condition, block);
        this.use(a, arms.then.block);
        this.use(b, arms.else.block);
      } else {
        for (const x of n.args) this.use(x, block);
      }
    }
    // Inner blocks were opened after outer ones.
    for (const o of owners.reverse()) {
      if (typeof o.block === 'number') {
        this.settle([o.block], this.cost[o.block] + 2 * o.stores >= o.least);
      } else {
        const arms = [o.block.then.block, o.block.else.block];
        this.settle(arms, this.cost[arms[0]] + this.cost[arms[1]] >= o.least);
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
      const guard = guardOf(a);
      for (const n of rootsOf(a)) if (n !== guard) note(n, block);
    }
    for (const n of this.nodes) {
      if (isLeaf(n)) continue;
      const arms = this.armsOf.get(n);
      if (!arms) {
        for (const x of n.args) note(x, this.placedIn[n.id]);
        continue;
      }
      note(arms.condition, this.placedIn[n.id]);
      for (const { value, block } of [arms.then, arms.else]) note(value, block);
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
    return a && !this.merged[a.then.block] ? a : undefined;
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

/** Operations behind each node, shared ones counted as often as they are used, at most BIG. */
function treeSizes(nodes: readonly Node[]): ReadonlyMap<Node, number> {
  const sizes = new Map<Node, number>();
  for (let i = nodes.length - 1; i >= 0; i--) {
    const n = nodes[i];
    let size = costOf(n);
    for (const a of n.args) size += sizes.get(a) ?? 0;
    sizes.set(n, Math.min(size, BIG));
  }
  return sizes;
}

/** A conjunction or disjunction of booleans as condition and arms: its larger operand need not be known if the other one decides. */
function shortCircuit(graph: Graph, n: Node, sizes: ReadonlyMap<Node, number>): readonly [Node, Node, Node] | undefined {
  if ((n.op !== 'and' && n.op !== 'or') || n.type !== 'i32') return undefined;
  if (n.args.some((a) => a.op === 'const' || a.unsignedBits > 1)) return undefined;
  // Of a chain each operand is weighed on its own.
  const weight = (a: Node): number => (a.op === n.op ? -1 : (sizes.get(a) ?? 0));
  const [x, y] = n.args;
  const [other, large] = weight(x) > weight(y) ? [y, x] : [x, y];
  if (weight(large) < MIN_OPERAND) return undefined;
  return n.op === 'and' ? [other, large, graph.bool(false)] : [other, graph.bool(true), large];
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
