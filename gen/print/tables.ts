/**
 * Chains that compare one value with one constant after the other, for which people write a `case`: choices inside of expressions, and
 * conditions around statements. Must not know text.
 */
import type { Expr, Lit } from '../ir/expr.ts';
import type { Statement, When } from '../ir/module.ts';
import { numeric } from '../ir/types.ts';

/** `on` is none of the labels of the arms before; the first arm that has its value is taken, or what is left over. */
export interface Table<T> {
  readonly on: Expr;
  readonly arms: readonly { readonly labels: readonly Lit[]; readonly of: T }[];
  readonly otherwise: T;
}

/** Arms from which a `case` says it better. */
const FEWEST = 3;

/** A choice as a table, its labels in ascending order. `isApart`: has a name of its own, and is read by it. */
export function tableOf(e: Expr, isApart: (e: Expr) => boolean): Table<Expr> | undefined {
  const table = chain(e, (x) => (x.op === 'mux' && (x === e || !isApart(x)) ? { cond: x.cond, then: x.a, else: x.b } : undefined), isApart);
  const first = ({ labels: [l] }: { readonly labels: readonly Lit[] }): bigint => numeric(l.type, l.value);
  return table && { ...table, arms: [...table.arms].sort((a, b) => (first(a) < first(b) ? -1 : 1)) };
}

/** Conditions after each other as a table. `only`: the one statement of a body that matters, if there is but one. */
export function casesOf(
  s: When, only: (body: readonly Statement[]) => Statement | undefined, isApart: (e: Expr) => boolean,
): Table<readonly Statement[]> | undefined {
  return chain<readonly Statement[]>([s], (body) => {
    const x = body.length === 1 && body[0] === s ? s : only(body);
    return x?.kind === 'when' ? { cond: x.cond, then: x.then, else: x.else } : undefined;
  }, isApart);
}

interface Fork<T> {
  readonly cond: Expr;
  readonly then: T;
  readonly else: T;
}

function chain<T>(from: T, forkOf: (x: T) => Fork<T> | undefined, isApart: (e: Expr) => boolean): Table<T> | undefined {
  const arms: { readonly labels: readonly Lit[]; readonly of: T }[] = [];
  const seen = new Set<bigint>();
  let on: Expr | undefined;
  let rest = from;
  for (let fork = forkOf(rest); fork; fork = forkOf(rest)) {
    const comparison = comparisonOf(fork.cond, isApart);
    if (!comparison || (on && comparison.on !== on)) break;
    on = comparison.on;
    // What was asked for before is not reached again.
    const labels = comparison.labels.filter((l) => !seen.has(l.value) && seen.add(l.value));
    if (labels.length > 0) arms.push({ labels, of: fork.then });
    rest = fork.else;
  }
  return on && arms.length >= FEWEST ? { on, arms, otherwise: rest } : undefined;
}

/** `on == a || on == b …`. */
function comparisonOf(cond: Expr, isApart: (e: Expr) => boolean): { readonly on: Expr; readonly labels: readonly Lit[] } | undefined {
  const labels: Lit[] = [];
  let on: Expr | undefined;
  const stack = [cond];
  for (let e = stack.pop(); e; e = stack.pop()) {
    if (e.op !== 'binary' || isApart(e)) return undefined;
    if (e.fn === 'or') stack.push(e.b, e.a);
    // A lane is a constant in each round: of the arms only one would ever be looked at.
    else if (e.fn !== 'eq' || e.b.op !== 'lit' || e.a.op === 'lit' || e.a.op === 'lane' || (on && on !== e.a)) return undefined;
    else {
      on = e.a;
      labels.push(e.note === undefined ? e.b : { ...e.b, note: e.note });
    }
  }
  return on && { on, labels };
}
