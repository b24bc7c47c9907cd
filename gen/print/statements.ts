/** Statements as SystemVerilog: which of them form one block, and the text of a block. */
import type { Expr } from '../ir/expr.ts';
import { leafRange, walkStatements } from '../ir/leaves.ts';
import type { Assign, Memory, Signal, Statement } from '../ir/module.ts';
import { widthOf } from '../ir/types.ts';
import { onCycles } from '../passes/comb-paths.ts';
import type { ExpressionPrinter } from './expressions.ts';
import { literalText } from './types.ts';

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

function kindOf(t: Target): 'comb' | 'reg' | 'regNoReset' | 'memory' {
  if (!isSignal(t)) return 'memory';
  if (t.kind !== 'reg') return 'comb';
  return t.reset?.every((r) => r !== undefined) ? 'reg' : 'regNoReset';
}

export function targetsOf(s: Statement): Set<Target> {
  const found = new Set<Target>();
  walkStatements([s], (x) => {
    const t = targetOf(x);
    if (t) found.add(t);
  });
  return found;
}

/**
 * Groups statements into blocks: targets that one `when` or `switch` drives together stay together, as long as they are of
 * one kind and do not follow each other within the cycle, be it through other blocks: a block of blocking assignments would
 * read half-way values, and blocks that wake each other may never come to rest. `follows`: see `signalGraph`.
 */
export function blocksOf(body: readonly Statement[], follows: ReadonlyMap<string, ReadonlySet<string>>): Block[] {
  const parent = new Map<Target, Target>();
  const find = (t: Target): Target => {
    let root = t;
    for (let p = parent.get(root); p && p !== root; p = parent.get(root)) root = p;
    return root;
  };
  const statementTargets = body.map(targetsOf);
  for (const targets of statementTargets) {
    const first = new Map<string, Target>();
    for (const t of targets) {
      if (!parent.has(t)) parent.set(t, t);
      const kind = kindOf(t);
      const other = first.get(kind);
      if (!other) first.set(kind, t);
      else if (kind !== 'memory') parent.set(find(t), find(other));
    }
  }
  const groups = new Map<Target, Set<Target>>();
  for (const t of parent.keys()) {
    const root = find(t);
    const g = groups.get(root);
    if (g) g.add(t);
    else groups.set(root, new Set([t]));
  }
  const entangled = entangledTargets([...groups.values()], follows);
  const blocks: Block[] = [];
  for (const targets of groups.values()) {
    const kind = kindOf([...targets][0]);
    const apart = [...targets].some((t) => entangled.has(t)) ? [...targets].map((t) => new Set([t])) : [targets];
    for (const own of apart) {
      const statements = body.filter((_, i) => [...statementTargets[i]].some((t) => own.has(t)));
      blocks.push({ kind: kind === 'regNoReset' ? 'reg' : kind, targets: own, statements });
    }
  }
  return mergeSmall(blocks);
}

/** Targets of groups that depend on themselves when each group is seen as one. */
function entangledTargets(groups: readonly ReadonlySet<Target>[], follows: ReadonlyMap<string, ReadonlySet<string>>): Set<Target> {
  const together = groups.filter((g) => g.size > 1 && [...g].every((t) => kindOf(t) === 'comb'));
  const nodeOf = new Map(together.flatMap((g, i) => [...g].map((t) => [t.name, `#${i}`])));
  const node = (name: string): string => nodeOf.get(name) ?? name;
  const graph = new Map<string, Set<string>>();
  for (const [from, to] of follows) {
    const set = graph.get(node(from)) ?? new Set<string>();
    for (const t of to) set.add(node(t));
    graph.set(node(from), set);
  }
  const cycles = onCycles(graph);
  return new Set(together.filter((_, i) => cycles.has(`#${i}`)).flatMap((g) => [...g]));
}

/** Registers of one kind whose updates are short read best in one block. */
function mergeSmall(blocks: readonly Block[]): Block[] {
  const result: Block[] = [];
  for (const b of blocks) {
    const last = result[result.length - 1];
    const sameKind = last?.kind === 'reg' && b.kind === 'reg' && kindOf([...last.targets][0]) === kindOf([...b.targets][0]);
    if (sameKind && last.statements.length + b.statements.length <= 12) {
      const statements = [...last.statements, ...b.statements.filter((s) => !last.statements.includes(s))];
      result[result.length - 1] = { kind: 'reg', targets: new Set([...last.targets, ...b.targets]), statements };
    } else {
      result.push(b);
    }
  }
  return result;
}

/** True if the target is driven by unconditional assignments only: then `assign` says it best. */
export function isUnconditional(b: Block): boolean {
  if (b.kind !== 'comb') return false;
  // Folding a constant condition can leave an assignment that a later one replaces: two `assign`s would drive against each other.
  const driven: { readonly target: Target; readonly start: number; readonly end: number }[] = [];
  return b.statements.every((s) => {
    if (s.kind !== 'assign') return false;
    const { start, end, exact } = leafRange(s.target.type, s.path);
    if (!exact || driven.some((d) => d.target === s.target && d.start < end && start < d.end)) return false;
    driven.push({ target: s.target, start, end });
    return true;
  });
}

/** Text of the statements of a block that drive its targets. `op` is `=` or `<=`. */
export function printStatements(p: ExpressionPrinter, body: readonly Statement[], targets: ReadonlySet<Target>, op: '=' | '<=', indent: string): string[] {
  const lines: string[] = [];
  for (const s of body) {
    const t = targetOf(s);
    if (t) {
      if (!targets.has(t)) continue;
      if (s.kind === 'assign') lines.push(...printAssign(p, s, op, indent));
      else if (s.kind === 'memWrite') {
        const place = `${s.mem.name}[${p.address(s.addr)}]`;
        if (s.mask) {
          const lanes = widthOf(s.mask.type);
          const w = widthOf(s.mem.type) / lanes;
          const mask = p.inlineSelectable(s.mask);
          const data = p.inlineSelectable(s.data);
          if (lanes === 1) lines.push(`${indent}if (${mask}) ${place} <= ${data};`);
          else {
            const i = p.loopVariable;
            const range = w === 1 ? `[${i}]` : `[${i} * ${w} +: ${w}]`;
            lines.push(`${indent}for (int ${i} = 0; ${i} < ${lanes}; ${i}++) begin`, `${indent}  if (${mask}[${i}]) ${place}${range} <= ${data}${range};`, `${indent}end`);
          }
        } else {
          lines.push(`${indent}${place} <= ${p.rightSide(s.data)};`);
        }
      }
    } else if (s.kind === 'when') {
      lines.push(...printWhen(p, s.cond, s.then, s.else, targets, op, indent, ''));
    } else if (s.kind === 'switch') {
      lines.push(...printSwitch(p, s, targets, op, indent));
    }
  }
  return lines;
}

function printAssign(p: ExpressionPrinter, s: Assign, op: '=' | '<=', indent: string): string[] {
  const place = p.place(s.target, s.path);
  const text = `${place.text} ${op} ${place.dynamic ? p.atomic(s.value) : p.rightSide(s.value)};`;
  return [place.guard ? `${indent}if (${place.guard}) ${text}` : `${indent}${text}`];
}

function drives(body: readonly Statement[], targets: ReadonlySet<Target>): boolean {
  return body.some((s) => [...targetsOf(s)].some((t) => targets.has(t)));
}

function printWhen(p: ExpressionPrinter, cond: Expr, then: readonly Statement[], otherwise: readonly Statement[], targets: ReadonlySet<Target>, op: '=' | '<=', indent: string, lead: string): string[] {
  const hasThen = drives(then, targets);
  const hasElse = drives(otherwise, targets);
  if (!hasThen && !hasElse) return [];
  if (!hasThen) {
    return [`${indent}${lead}if (${p.negated(cond)}) begin`, ...printStatements(p, otherwise, targets, op, `${indent}  `), `${indent}end`];
  }
  const lines = [`${indent}${lead}if (${p.inline(cond)}) begin`, ...printStatements(p, then, targets, op, `${indent}  `)];
  if (!hasElse) return [...lines, `${indent}end`];
  const relevant = otherwise.filter((s) => drives([s], targets));
  const only = relevant.length === 1 ? relevant[0] : undefined;
  if (only?.kind === 'when' && drives(only.then, targets)) {
    return [...lines, ...printWhen(p, only.cond, only.then, only.else, targets, op, indent, 'end else ').map((l) => l)];
  }
  return [...lines, `${indent}end else begin`, ...printStatements(p, otherwise, targets, op, `${indent}  `), `${indent}end`];
}

function printSwitch(p: ExpressionPrinter, s: Statement & { kind: 'switch' }, targets: ReadonlySet<Target>, op: '=' | '<=', indent: string): string[] {
  const branch = (label: string, body: readonly Statement[]): string[] => {
    const lines = printStatements(p, body, targets, op, `${indent}    `);
    if (lines.length === 0) return [`${indent}  ${label}: ;`];
    if (lines.length === 1) return [`${indent}  ${label}: ${lines[0].trim()}`];
    return [`${indent}  ${label}: begin`, ...lines, `${indent}  end`];
  };
  const cases = s.cases.filter((c) => drives(c.body, targets) || drives(s.default, targets));
  if (cases.length === 0 && !drives(s.default, targets)) return [];
  return [
    `${indent}case (${p.inline(s.on)})`,
    ...cases.flatMap((c) => branch(c.values.map((v) => literalText(s.on.type, v)).join(', '), c.body)),
    ...branch('default', s.default),
    `${indent}endcase`,
  ];
}
