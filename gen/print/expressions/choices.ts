/** Choices inside of expressions that a `case` says better: which they are, and its text. Must not know where the `case` stands. */
import { operands } from '../../ir/expr.ts';
import type { Expr } from '../../ir/expr.ts';
import { baseOfAll } from '../constants.ts';
import type { Constants } from '../constants.ts';
import type { TableText } from '../hoisted.ts';
import type { Inner } from './inner.ts';
import { tableOf } from '../tables.ts';
import type { Table } from '../tables.ts';

export class ChoicePrinter {
  private readonly tables = new Map<Expr, Table<Expr> | 'none'>();

  constructor(private readonly inner: Pick<Inner, 'isApart' | 'inline' | 'rightSide'>, private readonly constants: Constants) {}

  isTable(e: Expr): boolean {
    return this.tableOf(e) !== undefined;
  }

  text(e: Expr): TableText | undefined {
    const table = this.tableOf(e);
    if (!table) return undefined;
    const base = baseOfAll([...table.arms.map(({ of }) => of), table.otherwise].filter((of) => of.op === 'lit'));
    const side = (of: Expr): string => (of.op === 'lit' ? this.constants.noted(of, base) : this.inner.rightSide(of));
    const on = this.inner.inline(table.on);
    const labels = this.constants.labels(table.arms.map((arm) => arm.labels));
    return { on, arms: table.arms.map(({ of }, i) => ({ labels: labels[i], value: side(of) })), otherwise: side(table.otherwise) };
  }

  private tableOf(e: Expr): Table<Expr> | undefined {
    if (e.op !== 'mux') return undefined;
    let table = this.tables.get(e);
    if (table === undefined) {
      const found = tableOf(e, this.inner.isApart);
      const parts = found && [found.on, ...found.arms.map(({ of }) => of), found.otherwise];
      this.tables.set(e, (table = parts && !this.selectsParts(parts) ? found : 'none'));
    }
    return table === 'none' ? undefined : table;
  }

  /** Whether the text would select bits of a name by number: of that in an `always_comb` Icarus 11 says that it is sorry. */
  private selectsParts(roots: readonly Expr[]): boolean {
    const seen = new Set<Expr>();
    const stack = [...roots];
    for (let e = stack.pop(); e; e = stack.pop()) {
      if (seen.has(e) || this.inner.isApart(e)) continue;
      seen.add(e);
      if (e.op === 'slice' || e.op === 'field' || (e.op === 'index' && typeof e.index === 'number')) return true;
      if (e.op === 'extend' && e.type.kind === 'sint') return true;
      for (const o of operands(e)) stack.push(o);
    }
    return false;
  }
}
