/**
 * Combinational dependencies at the granularity of leaves: finds loops, and summarises which outputs of a module follow
 * which inputs without a register in between. Loops through instances are found because a parent sees its children's summaries.
 * So closely only modules are looked at in which a signal as a whole may follow itself.
 */
import { DesignError } from '../design-error.ts';
import type { Expr } from '../ir/expr.ts';
import { operands } from '../ir/expr.ts';
import { countLeaves, expressionsOf, fieldPlace, indexExpressions, leafRange, leavesInBits, leavesOf, walkStatements } from '../ir/leaves.ts';
import type { Scope } from '../ir/leaves.ts';
import type { Assign, Grid, Module, Signal, Statement } from '../ir/module.ts';
import { widthOf } from '../ir/types.ts';
import type { Site } from '../site.ts';
import { blackBoxSummary, gridSummary } from './port-paths.ts';
import type { CombSummary } from './port-paths.ts';
import { quickSummary } from './quick-paths.ts';
import { unrolledModule } from './unroll.ts';

class Graph {
  readonly edges = new Map<string, string[]>();
  readonly sites = new Map<string, Site>();
  constructor(readonly namesOf: NamesOf) {}

  add(from: string, to: string): void {
    const list = this.edges.get(from);
    if (list) list.push(to);
    else this.edges.set(from, [to]);
  }
}

/** Throws DesignError `combinational-loop` where a leaf of a module follows itself within the cycle; those below it are checked before. */
export function checkPaths(m: Module): void {
  if (mayHaveLoops(m)) combPaths(m);
}

const looks = new WeakMap<Module, CombSummary | 'loops'>();

/** What a quick look shows. */
function look(m: Module): CombSummary | 'loops' {
  let seen = looks.get(m);
  if (!seen) {
    seen = m.blackBox ? blackBoxSummary(m) : quickSummary(m, roughSummary) ?? 'loops';
    looks.set(m, seen);
  }
  return seen;
}

/** Each output follows at most these inputs. */
function roughSummary(m: Module): CombSummary {
  const summary = look(m);
  return summary === 'loops' ? combPaths(m) : summary;
}

/** Whether a signal as a whole may follow itself within the cycle. */
export function mayHaveLoops(m: Module): boolean {
  return look(m) === 'loops';
}

const summaries = new WeakMap<Module, CombSummary>();

/** Summary of a module to the leaf. Throws DesignError `combinational-loop`. */
export function combPaths(m: Module): CombSummary {
  let summary = summaries.get(m);
  if (!summary) {
    if (m.blackBox) summary = blackBoxSummary(m);
    else {
      const graph = dependencyGraph(m, unrolledModule(m), LEAVES, combPaths);
      findLoop(m, graph);
      summary = summarise(m, graph);
    }
    summaries.set(m, summary);
  }
  return summary;
}

/**
 * Names of the signals that each combinational signal of the module follows within the cycle, in any of its parts. `summaryOf`: of a module
 * below; without it one that may say too much where a module is taken apart and put together again.
 */
export function signalGraph(m: Module, summaryOf: (below: Module) => CombSummary = roughSummary): Map<string, Set<string>> {
  const graph = dependencyGraph(m, m, WHOLE, summaryOf);
  return new Map([...graph.edges].map(([from, to]) => [from, new Set(to)]));
}

/** Nodes of a graph that lie on a cycle, or between two cycles: what is left when ends are taken away again and again. */
export function onCycles(graph: ReadonlyMap<string, ReadonlySet<string>>): Set<string> {
  const back = new Map<string, string[]>();
  for (const [from, to] of graph) {
    for (const t of to) {
      const list = back.get(t);
      if (list) list.push(from);
      else back.set(t, [from]);
    }
  }
  const left = new Set<string>([...graph.keys(), ...back.keys()]);
  // How many neighbours of each are left, after it and before it.
  const after = new Map([...left].map((n) => [n, graph.get(n)?.size ?? 0]));
  const before = new Map([...left].map((n) => [n, back.get(n)?.length ?? 0]));
  const queue = [...left].filter((n) => after.get(n) === 0 || before.get(n) === 0);
  const lose = (counts: Map<string, number>, n: string): void => {
    const count = (counts.get(n) ?? 0) - 1;
    counts.set(n, count);
    if (count === 0) queue.push(n);
  };
  for (let n = queue.pop(); n !== undefined; n = queue.pop()) {
    if (!left.delete(n)) continue;
    for (const t of graph.get(n) ?? []) lose(before, t);
    for (const f of back.get(n) ?? []) lose(after, f);
  }
  return left;
}

/** `written`: the module, or with its loops written out where single elements matter. */
function dependencyGraph(m: Module, written: Module, namesOf: NamesOf, summaryOf: (below: Module) => CombSummary): Graph {
  const graph = new Graph(namesOf);
  new Dependencies(graph, written).add();
  for (const i of m.instances) addChild(graph, summaryOf(i.module), (port) => i.connections.get(port));
  for (const g of m.grids) addGrid(graph, m, g, summaryOf);
  return graph;
}

/** Nodes that stand for a signal: one a leaf, or one for all of them. */
type NamesOf = (s: Signal) => readonly string[];

const namesOfLeaves = new WeakMap<Signal, readonly string[]>();

const LEAVES: NamesOf = (s) => {
  let names = namesOfLeaves.get(s);
  if (!names) namesOfLeaves.set(s, (names = countLeaves(s.type) === 1 ? [s.name] : leavesOf(s.type).map((l) => s.name + l.suffix)));
  return names;
};
const WHOLE: NamesOf = (s) => [s.name];

/** Leaves `lo..hi` of an expression. */
interface Part {
  readonly e: Expr;
  readonly lo: number;
  readonly hi: number;
}

const HUB = '#';

/**
 * Adds what the statements say. What many leaves follow together stands in the graph once, as a node between them and what it follows:
 * the conditions around statements, expressions that are used more than once, signals as wholes. So the graph grows as the module does.
 */
class Dependencies {
  private readonly uses = new Map<Expr, number>();
  private readonly scopes = new Map<Scope, string>();
  private readonly parts = new Map<Expr, Map<string, string>>();
  private readonly wholes = new Set<Signal>();
  private hubs = 0;

  constructor(
    private readonly graph: Graph,
    private readonly m: Module,
  ) {}

  add(): void {
    const found: Expr[] = [];
    const use = (e: Expr): void => {
      const known = this.uses.get(e);
      this.uses.set(e, (known ?? 0) + 1);
      if (known === undefined) found.push(e);
    };
    walkStatements(this.m.body, (s) => {
      if (isCombinational(s)) expressionsOf(s).forEach(use);
    });
    for (let e = found.pop(); e; e = found.pop()) operands(e).forEach(use);
    walkStatements(this.m.body, (s, scope) => {
      if (isCombinational(s) && s.kind === 'assign') this.assign(s, scope);
    });
  }

  private assign(s: Assign, scope: Scope | undefined): void {
    const { start, end, exact } = leafRange(s.target.type, s.path);
    const control = scope && this.scope(scope);
    let all: string | undefined;
    if (!exact) {
      all = this.hub();
      this.follow(all, whole(s.value));
      for (const e of indexExpressions(s)) this.follow(all, whole(e));
    }
    const names = this.graph.namesOf(s.target);
    const isWhole = names.length === 1;
    for (let i = isWhole ? 0 : start; i < (isWhole ? 1 : end); i++) {
      const from = names[i];
      this.graph.sites.set(from, s.site);
      if (all !== undefined) this.graph.add(from, all);
      else this.follow(from, isWhole ? whole(s.value) : { e: s.value, lo: i - start, hi: i - start + 1 });
      if (control !== undefined) this.graph.add(from, control);
    }
  }

  private hub(): string {
    return `${HUB}:${this.hubs++}`;
  }

  /** The node for the conditions around a statement. */
  private scope(innermost: Scope): string {
    const name = this.scopes.get(innermost) ?? this.hub();
    let from = name;
    for (let s: Scope | undefined = innermost; s && !this.scopes.has(s);) {
      this.scopes.set(s, from);
      this.follow(from, whole(s.cond));
      s = s.outer;
      if (!s) break;
      const outer = this.scopes.get(s) ?? this.hub();
      this.graph.add(from, outer);
      from = outer;
    }
    return name;
  }

  /** Edges from a node to the combinational leaves behind a part of an expression: depth first, operands in their order. */
  private follow(from: string, part: Part): void {
    const stack: { readonly from: string; readonly part: Part; readonly often: boolean }[] = [{ from, part, often: false }];
    for (let top = stack.pop(); top; top = stack.pop()) {
      const { e, lo, hi } = top.part;
      if (e.op === 'ref') {
        this.reference(top.from, e.signal, lo, hi);
        continue;
      }
      let at = top.from;
      if (operands(e).length > 0 && (top.often || (this.uses.get(e) ?? 0) > 1)) {
        const known = this.parts.get(e);
        const key = `${lo}:${hi}`;
        const shared = known?.get(key);
        at = shared ?? this.hub();
        this.graph.add(top.from, at);
        if (shared !== undefined) continue;
        if (known) known.set(key, at);
        else this.parts.set(e, new Map([[key, at]]));
      }
      const below = partsBelow(top.part);
      // Several leaves of one expression may all follow the whole of its operand.
      const leaves = countLeaves(e.type);
      for (let i = below.length - 1; i >= 0; i--) stack.push({ from: at, part: below[i], often: leaves > 1 });
    }
  }

  private reference(from: string, signal: Signal, lo: number, hi: number): void {
    if (signal.kind === 'reg') return;
    const names = this.graph.namesOf(signal);
    if (names.length === 1) {
      this.graph.add(from, names[0]);
      return;
    }
    if (hi - lo < names.length) {
      for (let i = lo; i < hi; i++) this.graph.add(from, names[i]);
      return;
    }
    const hub = `${HUB}=${signal.name}`;
    this.graph.add(from, hub);
    if (this.wholes.has(signal)) return;
    this.wholes.add(signal);
    for (const leaf of names) this.graph.add(hub, leaf);
  }
}

function isCombinational(s: Statement): boolean {
  return s.kind !== 'memWrite' && (s.kind !== 'assign' || s.target.kind !== 'reg');
}

/** Parts of the operands that a part of an expression depends on. */
function partsBelow({ e, lo, hi }: Part): Part[] {
  switch (e.op) {
    case 'lit':
    case 'lane':
    case 'ref':
      return [];
    case 'field': {
      const base = fieldPlace(e.of.type, e.name).leaf;
      return [{ e: e.of, lo: base + lo, hi: base + hi }];
    }
    case 'index': {
      if (typeof e.index !== 'number') return [whole(e.index), whole(e.of)];
      const base = leafRange(e.of.type, [{ index: e.index }]).start;
      return [{ e: e.of, lo: base + lo, hi: base + hi }];
    }
    case 'mux':
      return [whole(e.cond), { e: e.a, lo, hi }, { e: e.b, lo, hi }];
    case 'vec': {
      const n = countLeaves(e.type.element);
      return e.items.slice(Math.floor(lo / n), Math.ceil(hi / n)).map((item, i) => {
        const at = (Math.floor(lo / n) + i) * n;
        return { e: item, lo: Math.max(0, lo - at), hi: Math.min(n, hi - at) };
      });
    }
    case 'bundle': {
      const parts: Part[] = [];
      let at = 0;
      for (const item of e.fields) {
        const n = countLeaves(item.type);
        if (at < hi && at + n > lo) parts.push({ e: item, lo: Math.max(0, lo - at), hi: Math.min(n, hi - at) });
        at += n;
      }
      return parts;
    }
    case 'slice':
      return partsOfBits(e.of, e.lo, e.lo + widthOf(e.type));
    default:
      return operands(e).map(whole);
  }
}

const whole = (e: Expr): Part => ({ e, lo: 0, hi: countLeaves(e.type) });

/** Bits `lo..hi` of a packed expression: only the leaves that hold them. */
function partsOfBits(packed: Expr, lo: number, hi: number): Part[] {
  let e = packed;
  while (e.op === 'cast') e = e.of;
  return leavesInBits(e.type, lo, hi).map((i) => ({ e, lo: i, hi: i + 1 }));
}

function addChild(graph: Graph, summary: CombSummary, signalOf: (port: string) => Signal | undefined): void {
  for (const [output, inputs] of summary) {
    const out = signalOf(output);
    if (out) addAll(graph, out, [...inputs].flatMap((i) => signalOf(i) ?? []));
  }
}

/** Every leaf of `from` follows every leaf of `to`: through one node between them, because there can be thousands of both. */
function addAll(graph: Graph, from: Signal, to: readonly Signal[]): void {
  const hub = `${HUB}${from.name}`;
  if (to.length > 0) for (const leaf of graph.namesOf(from)) graph.add(leaf, hub);
  for (const s of to) for (const leaf of graph.namesOf(s)) graph.add(hub, leaf);
}

/** A grid's outputs depend on what feeds the inputs that its cells' outputs reach, neighbours included. */
function addGrid(graph: Graph, m: Module, g: Grid, summaryOf: (below: Module) => CombSummary): void {
  let { reach, toAndFro } = gridSummary(g, summaryOf(g.module));
  // What says too much accuses nobody.
  if (toAndFro !== undefined) ({ reach, toAndFro } = gridSummary(g, combPaths(g.module)));
  if (toAndFro !== undefined) {
    throw new DesignError('combinational-loop', `cells of grid ${m.name}.${g.name} pass ${toAndFro} back and forth`, g.site, g.module.site, 'put a register into the cell');
  }
  for (const o of g.outputs) {
    addAll(graph, o.signal, [...(reach.get(o.port) ?? [])].flatMap((i) => g.inputs.get(i)?.signal ?? []));
  }
}

function findLoop(m: Module, graph: Graph): void {
  const state = new Map<string, 'open' | 'done'>();
  for (const start of graph.edges.keys()) {
    if (state.has(start)) continue;
    // Depth first without recursion: chains of thousands of leaves must not exhaust the stack.
    const path: { node: string; next: number }[] = [{ node: start, next: 0 }];
    state.set(start, 'open');
    while (path.length > 0) {
      const top = path[path.length - 1];
      const to = graph.edges.get(top.node)?.[top.next++];
      if (to === undefined) {
        state.set(top.node, 'done');
        path.pop();
      } else if (!state.has(to)) {
        state.set(to, 'open');
        path.push({ node: to, next: 0 });
      } else if (state.get(to) === 'open') {
        const loop = path.slice(path.findIndex((p) => p.node === to)).map((p) => p.node);
        const places = [...loop, to].filter((n) => !n.startsWith(HUB)).map((n) => `${n}${graph.sites.has(n) ? ` (${graph.sites.get(n)})` : ''}`);
        throw new DesignError('combinational-loop', `${m.name}: ${places.join(' ← ')}`, undefined, undefined, 'put a register into the loop');
      }
    }
  }
}

function summarise(m: Module, graph: Graph): CombSummary {
  const inputs = new Map<string, string>();
  for (const p of m.ports) if (p.kind === 'input') for (let i = 0; i < countLeaves(p.type); i++) inputs.set(LEAVES(p)[i], p.name);
  const summary = new Map<string, Set<string>>();
  for (const p of m.ports) {
    if (p.kind !== 'output') continue;
    const found = new Set<string>();
    const seen = new Set<string>();
    const stack = Array.from({ length: countLeaves(p.type) }, (_, i) => LEAVES(p)[i]);
    for (let n = stack.pop(); n !== undefined; n = stack.pop()) {
      if (seen.has(n)) continue;
      seen.add(n);
      const input = inputs.get(n);
      if (input !== undefined) found.add(input);
      for (const to of graph.edges.get(n) ?? []) stack.push(to);
    }
    summary.set(p.name, found);
  }
  return summary;
}
