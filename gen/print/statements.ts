/** Statements as SystemVerilog: which of them form one block, and what stands in it. */
import type { Expr, Lit } from '../ir/expr.ts';
import { leafRange, rebuildStatements, walkStatements } from '../ir/leaves.ts';
import type { Assign, MemWrite, Memory, PathElement, Signal, Statement, Switch, SwitchCase, When } from '../ir/module.ts';
import { isScalar, widthOf } from '../ir/types.ts';
import { onCycles } from '../passes/comb-paths.ts';
import { BitSet } from './bit-set.ts';
import type { Stmt, SvAssign } from '../verilog/form.ts';
import type { ExpressionPrinter } from './expressions.ts';
import type { TableText } from './hoisted.ts';
import { casesOf } from './tables.ts';

export type Target = Signal | Memory;

/** Statements of the module that drive a set of targets together. */
export interface Block {
  readonly kind: 'comb' | 'reg' | 'memory';
  readonly targets: ReadonlySet<Target>;
  /** Top-level statements, in source order; those that drive none of the targets are left out. */
  readonly statements: readonly Statement[];
}

const isSignal = (t: Target): t is Signal => 'kind' in t;
const targetOf = (s: Statement): Target | undefined => (s.kind === 'assign' ? s.target : s.kind === 'memWrite' ? s.mem : undefined);

type Kind = 'comb' | 'reg' | 'regNoReset' | 'memory';
const kinds = new WeakMap<Target, Kind>();

function kindOf(t: Target): Kind {
  let kind = kinds.get(t);
  if (!kind) {
    if (!isSignal(t)) kind = 'memory';
    else if (t.kind !== 'reg') kind = 'comb';
    else kind = t.reset?.every((r) => r !== undefined) ? 'reg' : 'regNoReset';
    kinds.set(t, kind);
  }
  return kind;
}

export function targetsOf(s: Statement): Set<Target> {
  const found = new Set<Target>();
  walkStatements([s], (x) => {
    const t = targetOf(x);
    if (t) found.add(t);
  });
  return found;
}

/** Conditions that two blocks would both ask, from which one block for registers with and without reset reads better. */
const COMMON = 2;

/** Whether a statement drives registers with and without reset under a `switch` or several conditions that are common to them. */
function joinsKinds(s: Statement): boolean {
  let common = 0;
  rebuildStatements([s], (x, branches) => {
    if (branches.length === 0) return [x];
    // One statement of each kind tells what is driven inside.
    const found = new Map<Kind, Statement>();
    for (const inner of branches.flat()) {
      const t = targetOf(inner);
      if (t) found.set(kindOf(t), inner);
    }
    if (found.has('reg') && found.has('regNoReset')) common += x.kind === 'switch' ? COMMON : 1;
    return [...found.values()];
  });
  return common >= COMMON;
}

/**
 * Groups statements into blocks: targets that one `when` or `switch` drives together stay together, as long as they are of
 * one kind and do not follow each other within the cycle, be it through other blocks: a block of blocking assignments would
 * read half-way values, and blocks that wake each other may never come to rest. `follows`: see `signalGraph`. Registers with and
 * without reset are of one kind where two blocks would repeat a `switch` or several conditions.
 */
export function blocksOf(body: readonly Statement[], follows: () => ReadonlyMap<string, ReadonlySet<string>>): Block[] {
  const parent = new Map<Target, Target>();
  const find = (t: Target): Target => {
    let root = t;
    for (let p = parent.get(root); p && p !== root; p = parent.get(root)) root = p;
    return root;
  };
  const statementTargets = body.map(targetsOf);
  for (const [i, targets] of statementTargets.entries()) {
    const first = new Map<Kind, Target>();
    for (const t of targets) {
      if (!parent.has(t)) parent.set(t, t);
      const kind = kindOf(t);
      const other = first.get(kind);
      if (!other) first.set(kind, t);
      else if (kind !== 'memory') parent.set(find(t), find(other));
    }
    const [reset, free] = [first.get('reg'), first.get('regNoReset')];
    if (reset && free && joinsKinds(body[i])) parent.set(find(free), find(reset));
  }
  const groups = new Map<Target, Set<Target>>();
  for (const t of parent.keys()) {
    const root = find(t);
    const g = groups.get(root);
    if (g) g.add(t);
    else groups.set(root, new Set([t]));
  }
  const entangled = entangledTargets([...groups.values()], follows);
  const driving = new Map<Target, number[]>();
  for (const [i, targets] of statementTargets.entries()) {
    for (const t of targets) {
      const list = driving.get(t);
      if (list) list.push(i);
      else driving.set(t, [i]);
    }
  }
  const blocks: Block[] = [];
  for (const targets of groups.values()) {
    const kind = kindOf([...targets][0]);
    const apart = [...targets].some((t) => entangled.has(t)) ? [...targets].map((t) => new Set([t])) : [targets];
    for (const own of apart) {
      const numbers = [...new Set([...own].flatMap((t) => driving.get(t) ?? []))].sort((a, b) => a - b);
      const statements = numbers.map((i) => body[i]);
      blocks.push({ kind: kind === 'regNoReset' ? 'reg' : kind, targets: own, statements });
    }
  }
  return mergeSmall(blocks);
}

/** Targets of groups that depend on themselves when each group is seen as one. */
function entangledTargets(groups: readonly ReadonlySet<Target>[], follows: () => ReadonlyMap<string, ReadonlySet<string>>): Set<Target> {
  const together = groups.filter((g) => g.size > 1 && [...g].every((t) => kindOf(t) === 'comb'));
  if (together.length === 0) return new Set();
  const nodeOf = new Map(together.flatMap((g, i) => [...g].map((t) => [t.name, `#${i}`])));
  const node = (name: string): string => nodeOf.get(name) ?? name;
  const graph = new Map<string, Set<string>>();
  for (const [from, to] of follows()) {
    const set = graph.get(node(from)) ?? new Set<string>();
    for (const t of to) set.add(node(t));
    graph.set(node(from), set);
  }
  const cycles = onCycles(graph);
  return new Set(together.filter((_, i) => cycles.has(`#${i}`)).flatMap((g) => [...g]));
}

/** The kind of all targets of a block, if they have but one. */
function onlyKind(b: Block): Kind | undefined {
  const [kind, ...others] = new Set([...b.targets].map(kindOf));
  return others.length === 0 ? kind : undefined;
}

/** Registers of one kind whose updates are short read best in one block. */
function mergeSmall(blocks: readonly Block[]): Block[] {
  const result: Block[] = [];
  for (const b of blocks) {
    const last = result[result.length - 1];
    const kind = last?.kind === 'reg' && b.kind === 'reg' ? onlyKind(last) : undefined;
    if (kind !== undefined && kind === onlyKind(b) && last.statements.length + b.statements.length <= 12) {
      const statements = [...last.statements, ...b.statements.filter((s) => !last.statements.includes(s))];
      result[result.length - 1] = { kind: 'reg', targets: new Set([...last.targets, ...b.targets]), statements };
    } else {
      result.push(b);
    }
  }
  return result;
}

/** In a loop places that differ do so in each of its lanes. */
function inFirstLane(path: readonly PathElement[]): PathElement[] {
  return path.map((p) => ('index' in p && typeof p.index !== 'number' && p.index.op === 'lane' ? { index: p.index.offset } : p));
}

/** True if the target is driven by unconditional assignments only: then `assign` says it best. */
export function isUnconditional(b: Block): boolean {
  if (b.kind !== 'comb') return false;
  // Folding a constant condition can leave an assignment that a later one replaces: two `assign`s would drive against each other.
  const driven = new Map<Target, BitSet>();
  return b.statements.every((s) => {
    if (s.kind !== 'assign') return false;
    const { start, end, exact } = leafRange(s.target.type, inFirstLane(s.path));
    if (!exact) return false;
    const leaves = driven.get(s.target) ?? new BitSet();
    for (let i = start; i < end; i++) if (leaves.has(i)) return false;
    leaves.add(start, end - start);
    driven.set(s.target, leaves);
    return true;
  });
}

/** Statements of a block, with those inside them, that drive one of its targets. */
function drivingStatements(body: readonly Statement[], targets: ReadonlySet<Target>): Set<Statement> {
  const found = new Set<Statement>();
  rebuildStatements(body, (s, branches) => {
    const t = targetOf(s);
    if (t ? !targets.has(t) : branches.every((b) => b.length === 0)) return [];
    found.add(s);
    return [s];
  });
  return found;
}

/** Rounds of a loop that Verilator 5.006 unrolls; in others it takes no assignment to a memory. */
const MOST_UNROLLED = 64;

/** The statements of a block that drive its targets. `op` is `=` or `<=`. */
export function printStatements(p: ExpressionPrinter, body: readonly Statement[], targets: ReadonlySet<Target>, op: '=' | '<='): Stmt[] {
  return new BlockPrinter(p, drivingStatements(body, targets), op).print(body);
}

/** Prints from an explicit stack of what is still to do, because statements may be nested deeper than the JavaScript stack. */
class BlockPrinter {
  /** The next step last. */
  private readonly steps: (() => void)[] = [];

  constructor(
    private readonly p: ExpressionPrinter,
    private readonly driving: ReadonlySet<Statement>,
    private readonly op: '=' | '<=',
  ) {}

  print(body: readonly Statement[]): Stmt[] {
    const out: Stmt[] = [];
    this.steps.push(this.body(body, out));
    for (let step = this.steps.pop(); step; step = this.steps.pop()) step();
    return out;
  }

  /** Steps in the order in which they are to be done. */
  private then(steps: readonly (() => void)[]): void {
    for (let i = steps.length - 1; i >= 0; i--) this.steps.push(steps[i]);
  }

  private body(body: readonly Statement[], out: Stmt[]): () => void {
    let i = 0;
    const next = (): void => {
      while (i < body.length && !this.driving.has(body[i])) i++;
      if (i === body.length) return;
      this.steps.push(next);
      this.statement(body[i++], out);
    };
    return next;
  }

  private statement(s: Statement, out: Stmt[]): void {
    switch (s.kind) {
      case 'assign':
        out.push(this.assign(s));
        return;
      case 'memWrite':
        this.write(s, out);
        return;
      case 'when': {
        const table = casesOf(s, (body) => this.only(body), (e) => this.p.isApart(e));
        if (table) {
          const labels = this.p.labels(table.arms.map((arm) => arm.labels));
          this.cases(table.on, table.arms.map(({ of }, i) => ({ labels: labels[i], body: of })), table.otherwise, out);
          return;
        }
        const arms: IfArm[] = [];
        const rest: Stmt[] = [];
        out.push({ kind: 'if', arms, else: rest });
        this.when(s, arms, rest);
        return;
      }
      case 'switch':
        this.switch(s, out);
        return;
      case 'for':
        throw new Error('loops are placed around blocks');
    }
  }

  private set(target: string, value: string): SvAssign {
    return { kind: 'set', target, op: this.op, value };
  }

  private assign(s: Assign): Stmt {
    const place = this.p.place(s.target, s.path);
    const table = place.dynamic ? undefined : this.p.table(s.value);
    if (table) return caseOf(table, (value) => this.set(place.text, value));
    const then = this.set(place.text, place.dynamic ? this.p.atomic(s.value) : this.p.rightSide(s.value));
    return place.guard ? { kind: 'guarded', cond: place.guard, then } : then;
  }

  private write(s: MemWrite, out: Stmt[]): void {
    const { p } = this;
    const place = `${s.mem.name}[${p.address(s.addr)}]`;
    if (!s.mask) {
      out.push(this.set(place, p.rightSide(s.data)));
      return;
    }
    const lanes = widthOf(s.mask.type);
    const w = widthOf(s.mem.type) / lanes;
    const mask = p.inlineSelectable(s.mask);
    const data = p.inlineSelectable(s.data);
    if (lanes === 1) {
      out.push({ kind: 'guarded', cond: mask, then: this.set(place, data) });
      return;
    }
    const i = p.loopVariable;
    const range = w === 1 ? `[${i}]` : `[${i} * ${w} +: ${w}]`;
    const body: Stmt[] = [{ kind: 'guarded', cond: `${mask}[${i}]`, then: this.set(`${place}${range}`, `${data}${range}`) }];
    for (let from = 0; from < lanes; from += MOST_UNROLLED) {
      out.push({ kind: 'for', variable: i, from, to: Math.min(from + MOST_UNROLLED, lanes), body });
    }
  }

  private drives(body: readonly Statement[]): boolean {
    return body.some((s) => this.driving.has(s));
  }

  /** `arms` and `rest`: where they go. */
  private when(s: When, arms: IfArm[], rest: Stmt[]): void {
    const body: Stmt[] = [];
    if (!this.drives(s.then)) {
      arms.push({ cond: this.p.negated(s.cond), body });
      this.then([this.body(s.else, body)]);
      return;
    }
    arms.push({ cond: this.p.inline(s.cond), body });
    const only = this.only(s.else);
    const next = only?.kind === 'when' && this.drives(only.then) ? () => this.when(only, arms, rest) : this.body(s.else, rest);
    this.then([this.body(s.then, body), next]);
  }

  /** The one statement of a body that drives something, if there is but one. */
  private only(body: readonly Statement[]): Statement | undefined {
    const relevant = body.filter((s) => this.driving.has(s));
    return relevant.length === 1 ? relevant[0] : undefined;
  }

  private switch(s: Switch, out: Stmt[]): void {
    const { type } = s.on;
    if (!isScalar(type)) throw new Error('a switch is on one value');
    const literalsOf = ({ values, names }: SwitchCase): Lit[] => values.map((value, i) => {
      const hint = names?.[i];
      return { op: 'lit', type, value, ...(hint === undefined ? {} : { hint }) };
    });
    const labels = this.p.labels(s.cases.map(literalsOf));
    this.cases(s.on, s.cases.map((c, i) => ({ labels: labels[i], body: c.body })), s.default, out);
  }

  private cases(on: Expr, all: readonly Branch[], otherwise: readonly Statement[], out: Stmt[]): void {
    const hasDefault = this.drives(otherwise);
    const cases = all.filter((c) => hasDefault || this.drives(c.body));
    const arms: CaseArm[] = [];
    out.push({ kind: 'case', on: this.p.inline(on), arms });
    const arm = (labels: readonly string[], of: readonly Statement[]) => (): void => {
      const body: Stmt[] = [];
      arms.push({ labels, body });
      this.then([this.body(of, body)]);
    };
    this.then([
      ...cases.map((c) => arm(c.labels, c.body)),
      arm(['default'], otherwise),
    ]);
  }
}

/** A value that a `case` gives, put where `set` says. */
export function caseOf(table: TableText, set: (value: string) => Stmt): Stmt {
  const arms = table.arms.map(({ labels, value }) => ({ labels, body: [set(value)] }));
  return { kind: 'case', on: table.on, arms: [...arms, { labels: ['default'], body: [set(table.otherwise)] }] };
}

/** A branch of a `case`. */
interface Branch {
  readonly labels: readonly string[];
  readonly body: readonly Statement[];
}

type IfArm = Extract<Stmt, { kind: 'if' }>['arms'][number];
type CaseArm = Extract<Stmt, { kind: 'case' }>['arms'][number];
