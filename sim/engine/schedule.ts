/**
 * Orders a step's actions so that state is read before it is overwritten (what cannot be ordered is evaluated early),
 * and divides them among functions, with the values that cross from one to another. Must not know modules or code.
 */
import { pushAll } from '../../gen/collections.ts';
import type { Action, EvaluateAction, SpillAction } from './actions.ts';
import { rootsOf, slotsWritten } from './actions.ts';
import type { Graph, Node } from './nodes.ts';
import type { Arena, Slot } from './slots.ts';

/** Actions whose relative order matters; at least one. */
export type Task = readonly Action[];

export interface FunctionPlan {
  readonly actions: readonly Action[];
  /** Values that earlier functions left in memory. */
  readonly kept: ReadonlyMap<Node, number>;
  /** Sweeps that earlier functions have made. */
  readonly made: ReadonlySet<Node>;
}

/** Operations after which a function is full. */
const FUNCTION_NODES = 4000;
/** Writers of one slot from which their order is found by way of the slot. */
const MANY_WRITERS = 64;
/** Node visits spent on finding a good order. */
const ORDER_BUDGET = 20_000_000;

/** What a node itself reads of memory. */
function slotsRead(n: Node): Iterable<Slot> {
  return n.access ? [n.access.slot] : (n.sweep?.reads ?? []);
}

/** Per node whether it is made of something that a writer changes. */
function readers(graph: Graph, writers: ReadonlyMap<Slot, unknown>): Uint8Array {
  const reads = new Uint8Array(graph.nodes.length);
  for (const n of graph.nodes) {
    let isReader = n.args.some((a) => reads[a.id] === 1);
    for (const slot of slotsRead(n)) isReader ||= writers.has(slot);
    if (isReader) reads[n.id] = 1;
  }
  return reads;
}

/** Readers of a slot come before its writers as far as there is such an order. */
export function orderTasks(graph: Graph, tasks: readonly Task[]): Task[] {
  const writers = new Map<Slot, number[]>();
  for (const [i, t] of tasks.entries()) {
    for (const slot of new Set(t.flatMap(slotsWritten))) {
      const list = writers.get(slot);
      if (list) list.push(i);
      else writers.set(slot, [i]);
    }
  }
  // Of a slot with many writers, one number of its own stands between its readers and them.
  const crowded = new Map<Slot, number>();
  for (const [slot, list] of writers) if (list.length > MANY_WRITERS) crowded.set(slot, tasks.length + crowded.size);
  const before: number[][] = Array.from({ length: tasks.length + crowded.size }, () => []);
  for (const [slot, hub] of crowded) for (const w of writers.get(slot) ?? []) before[w].push(hub);
  const reads = readers(graph, writers);
  const stamp = new Int32Array(graph.nodes.length).fill(-1);
  let budget = ORDER_BUDGET;
  for (const [i, t] of tasks.entries()) {
    if (budget <= 0) break;
    const slots = new Set<Slot>();
    const stack = t.flatMap(rootsOf);
    for (let n = stack.pop(); n; n = stack.pop()) {
      if (stamp[n.id] === i || !reads[n.id]) continue;
      stamp[n.id] = i;
      budget--;
      for (const slot of slotsRead(n)) slots.add(slot);
      for (const a of n.args) stack.push(a);
    }
    for (const slot of slots) {
      const hub = crowded.get(slot);
      if (hub !== undefined) before[hub].push(i);
      else for (const w of writers.get(slot) ?? []) if (w !== i) before[w].push(i);
    }
  }
  const state = new Uint8Array(before.length);
  const out: Task[] = [];
  for (let root = 0; root < tasks.length; root++) {
    if (state[root] !== 0) continue;
    state[root] = 1;
    const path = [{ task: root, next: 0 }];
    for (let top = path.at(-1); top; top = path.at(-1)) {
      const list = before[top.task];
      if (top.next < list.length) {
        const t = list[top.next++];
        if (state[t] === 0) {
          state[t] = 1;
          path.push({ task: t, next: 0 });
        }
      } else {
        if (top.task < tasks.length) out.push(tasks[top.task]);
        path.pop();
      }
    }
  }
  return out;
}

/** Cost of a loop in terms of operations, so that large loops get functions of their own. */
function loopWeight(a: Action): number {
  return a.kind === 'loop' ? 200 + a.passes.reduce((n, p) => n + 20 * p.actions.length, 0) : 1;
}

/** When each node is evaluated, as the index of an action; NEVER for nodes that are not used. */
interface Evaluation {
  readonly at: Int32Array;
  /** Loads and sweeps that must be made before the action because it, or an earlier one, overwrites what they read. */
  readonly early: ReadonlyMap<number, readonly Node[]>;
  readonly newNodes: Float64Array;
  readonly firstWriter: ReadonlyMap<Slot, number>;
}
const NEVER = 0x7fffffff;

function evaluation(graph: Graph, actions: readonly Action[], isLeaf: (n: Node) => boolean): Evaluation {
  const count = graph.nodes.length;
  const firstWriter = new Map<Slot, number>();
  for (const [i, a] of actions.entries()) for (const s of slotsWritten(a)) if (!firstWriter.has(s)) firstWriter.set(s, i);
  // With its first user, but a load at the latest before its slot is written.
  const at = new Int32Array(count).fill(NEVER);
  for (const [i, a] of actions.entries()) for (const n of rootsOf(a)) if (at[n.id] > i) at[n.id] = i;
  const early = new Map<number, Node[]>();
  const newNodes = new Float64Array(actions.length);
  for (let id = count - 1; id >= 0; id--) {
    const n = graph.nodes[id];
    if (at[id] === NEVER || isLeaf(n)) continue;
    let writer = NEVER;
    for (const slot of slotsRead(n)) writer = Math.min(writer, firstWriter.get(slot) ?? NEVER);
    if (writer < at[id]) {
      at[id] = writer;
      const list = early.get(writer);
      if (list) list.push(n);
      else early.set(writer, [n]);
    }
    newNodes[at[id]] += 1 + (n.sweep?.size ?? 0);
    for (const a of n.args) if (at[a.id] > at[id]) at[a.id] = at[id];
  }
  for (const list of early.values()) list.sort((x, y) => x.id - y.id);
  return { at, early, newNodes, firstWriter };
}

const evaluate = (nodes: readonly Node[] | undefined): EvaluateAction[] => (nodes ?? []).map((node) => ({ kind: 'evaluate', node }));

/** The actions, with early evaluation of loads that later actions need. */
export function withEarlyLoads(graph: Graph, actions: readonly Action[], isLeaf: (n: Node) => boolean): Action[] {
  const { early } = evaluation(graph, actions, isLeaf);
  return actions.flatMap((a, i) => [...evaluate(early.get(i)), a]);
}

/** Operations from which one action is too much for one function: WebAssembly's functions have at most 50,000 variables. */
const LARGE_ACTION = 5 * FUNCTION_NODES;

/**
 * Actions that need more operations than a function should have, with the values on the way evaluated by actions of their own before
 * them: those that are used after every so many operations.
 */
function withSmallSteps(graph: Graph, actions: readonly Action[]): readonly Action[] {
  const { at, newNodes } = evaluation(graph, actions, () => false);
  if (newNodes.every((n) => n <= LARGE_ACTION)) return actions;
  const large = new Map<number, Node[]>();
  for (const n of graph.nodes) {
    const i = at[n.id];
    if (i === NEVER || newNodes[i] <= LARGE_ACTION) continue;
    const list = large.get(i);
    if (list) list.push(n);
    else large.set(i, [n]);
  }
  return actions.flatMap((a, i): Action[] => {
    const nodes = large.get(i);
    return nodes ? [...evaluate(lastingValues(nodes)), a] : [a];
  });
}

/** Of nodes in the order of their evaluation those that another one uses which belongs to a later function. */
function lastingValues(nodes: readonly Node[]): Node[] {
  const place = new Map(nodes.map((n, i) => [n, Math.floor(i / FUNCTION_NODES)]));
  const lasting = new Set<Node>();
  for (const [n, p] of place) {
    for (const a of n.args) if (a.op !== 'const' && (place.get(a) ?? p) < p) lasting.add(a);
  }
  return [...lasting].sort((a, b) => a.id - b.id);
}

/** Functions to be called in order; together they do what the actions say, all reads before the writes. */
export function planFunctions(graph: Graph, arena: Arena, given: readonly Action[]): FunctionPlan[] {
  const actions = withSmallSteps(graph, given);
  const { at: evaluatedAt, early, newNodes, firstWriter } = evaluation(graph, actions, () => false);
  const functionOf = new Int32Array(actions.length);
  const lastAction: number[] = [];
  let load = 0;
  let current = 0;
  for (const [i, a] of actions.entries()) {
    const weight = newNodes[i] + loopWeight(a);
    if (load > 0 && load + weight > FUNCTION_NODES) {
      current++;
      load = 0;
    }
    load += weight;
    functionOf[i] = current;
    lastAction[current] = i;
  }

  const lists: Action[][] = Array.from({ length: current + 1 }, () => []);
  const kept: Map<Node, number>[] = lists.map(() => new Map());
  const made: Set<Node>[] = lists.map(() => new Set());
  for (const [i, a] of actions.entries()) {
    pushAll(lists[functionOf[i]], [...evaluate(early.get(i)), a]);
  }
  const spills = new Map<Node, number>();
  const isReloadable = (n: Node, f: number, depth: number): boolean => {
    if (n.op === 'const') return true;
    if (n.op === 'load') return n.args.length === 0 && n.access !== undefined && (firstWriter.get(n.access.slot) ?? NEVER) > lastAction[f];
    return depth < 2 && n.op !== 'mul' && n.op !== 'memo' && n.op !== 'sweep' && n.args.every((x) => isReloadable(x, f, depth + 1));
  };
  for (let f = 1; f < lists.length; f++) {
    const seen = new Set<Node>();
    const stack = lists[f].flatMap(rootsOf);
    for (let n = stack.pop(); n; n = stack.pop()) {
      if (seen.has(n)) continue;
      seen.add(n);
      const isEarlier = functionOf[evaluatedAt[n.id]] < f;
      if (isEarlier && n.sweep) {
        made[f].add(n);
      } else if (isEarlier && !isReloadable(n, f, 0)) {
        let address = spills.get(n);
        if (address === undefined) spills.set(n, (address = arena.allocate(8)));
        kept[f].set(n, address);
      } else {
        for (const a of n.args) stack.push(a);
      }
    }
  }
  // Whatever the function that makes them needs of them itself.
  for (const node of new Set(made.flatMap((m) => [...m]))) lists[functionOf[evaluatedAt[node.id]]].push({ kind: 'evaluate', node });
  for (const [node, address] of spills) {
    const spill: SpillAction = { kind: 'spill', node, address };
    lists[functionOf[evaluatedAt[node.id]]].push(spill);
  }
  return lists.map((list, f) => ({ actions: list, kept: kept[f], made: made[f] }));
}
