/** What must not be the case, said without negating negations. Must not know statements. */
import type { Binary, Expr } from '../../ir/expr.ts';
import type { Inner } from './inner.ts';
import { BINARY, OPPOSITE, UNARY, operand, paren } from './operators.ts';
import type { Text } from './operators.ts';

export class ConditionPrinter {
  constructor(private readonly inner: Pick<Inner, 'isApart' | 'print' | 'binary'>) {}

  /** Text of `!cond`, without a double negation. */
  negated(cond: Expr): string {
    const { inner } = this;
    if (cond.op === 'unary' && cond.fn === 'not' && !inner.isApart(cond)) return inner.print(cond.a).text;
    return this.opposite(cond)?.text ?? `!${paren(inner.print(cond), UNARY + 1)}`;
  }

  /** The opposite of a comparison, as a comparison: `!(a < b)` is `a >= b`. */
  opposite(e: Expr): Text | undefined {
    if (e.op !== 'binary' || this.inner.isApart(e)) return undefined;
    const fn = OPPOSITE[e.fn];
    return fn === undefined ? undefined : this.inner.binary(e, fn);
  }

  /** Operand of `&&` that holds where `e` does not. What is only joined by or is negated part by part, if that takes a negation away. */
  negatedOperand(e: Expr): string {
    const parts = this.alternatives(e);
    return parts.some((x) => this.isNot(x)) ? parts.map((x) => this.negatedPart(x)).join(' && ') : this.negatedPart(e);
  }

  private negatedPart(e: Expr): string {
    if (e.op === 'unary' && this.isNot(e)) return paren(this.inner.print(e.a), BINARY.logicalAnd.prec);
    // Where not all of several things hold one of them does not: better said of each, if that takes a negation away.
    if (this.isPlain(e) && e.fn === 'and' && (this.isNot(e.a) || this.isNot(e.b))) return `(${this.alternative(e.a)} || ${this.alternative(e.b)})`;
    return this.negated(e);
  }

  /** Operand of `||` that holds where `e` does not. */
  private alternative(e: Expr): string {
    return e.op === 'unary' && this.isNot(e) ? operand(this.inner.print(e.a), BINARY.logicalOr.prec, true) : this.negated(e);
  }

  private isNot(e: Expr): boolean {
    return e.op === 'unary' && e.fn === 'not' && e.note === undefined && !this.inner.isApart(e);
  }

  /** An operation that has no name and no note. */
  private isPlain(e: Expr): e is Binary {
    return e.op === 'binary' && e.note === undefined && !this.inner.isApart(e);
  }

  /** Of `a || b || c` the operands, as many as there are without a name or a note. */
  private alternatives(root: Expr): readonly Expr[] {
    const found: Expr[] = [];
    const stack = [root];
    for (let e = stack.pop(); e; e = stack.pop()) {
      if (this.isPlain(e) && e.fn === 'or' && e.type.kind === 'bool') stack.push(e.b, e.a);
      else found.push(e);
    }
    return found;
  }
}
