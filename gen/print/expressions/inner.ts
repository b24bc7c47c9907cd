/**
 * What the files that write one kind of expression ask of the one that writes them all, `../expressions.ts`, about what stands inside of
 * theirs. Each takes only those of these that it needs. Must not know how anything is written.
 */
import type { Binary, Expr } from '../../ir/expr.ts';
import type { Operator, Text } from './operators.ts';

export interface Inner {
  /** Whether an expression is read by a name of its own. */
  isApart(e: Expr): boolean;
  /** That name; made on first use. */
  name(e: Expr): string;
  /** Text as an operand of something else. */
  print(e: Expr): Text;
  /** Text inside of another construct. */
  inline(e: Expr): string;
  /** Text of a binary operation, with another operator if need be. */
  binary(e: Binary, fn?: Operator): Text;
  /** Text to which a bit select can be appended. */
  selectable(e: Expr): string;
  /** Text of an index. */
  address(e: Expr): string;
  /** Text that stands alone on the right of an assignment. */
  rightSide(e: Expr): string;
}
