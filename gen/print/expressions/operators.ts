/** Operators of SystemVerilog: how they are written, and what needs parentheses beside what. Must not know expressions. */
import type { BinaryFn } from '../../ir/expr.ts';

/** Text with the precedence of its outermost operator. */
export interface Text {
  readonly text: string;
  readonly prec: number;
}

/** Those of the IR, and those that only the text has. */
export type Operator = BinaryFn | 'gt' | 'ge' | 'logicalAnd' | 'logicalOr';

/** Names, literals, selections, concatenations. */
export const PRIMARY = 20;
export const UNARY = 12;
export const BINARY: Readonly<Record<Operator, { text: string; prec: number }>> = {
  mul: { text: '*', prec: 10 }, add: { text: '+', prec: 9 }, sub: { text: '-', prec: 9 }, shl: { text: '<<', prec: 8 }, shr: { text: '>>', prec: 8 },
  lt: { text: '<', prec: 7 }, le: { text: '<=', prec: 7 }, gt: { text: '>', prec: 7 }, ge: { text: '>=', prec: 7 },
  eq: { text: '==', prec: 6 }, ne: { text: '!=', prec: 6 },
  and: { text: '&', prec: 5 }, xor: { text: '^', prec: 4 }, or: { text: '|', prec: 3 }, logicalAnd: { text: '&&', prec: 2 }, logicalOr: { text: '||', prec: 1 },
};

/** Comparison that holds where the given one does not. */
export const OPPOSITE: Readonly<Partial<Record<BinaryFn, Operator>>> = { lt: 'ge', le: 'gt', eq: 'ne', ne: 'eq' };

export function paren(t: Text, atLeast: number): string {
  return t.prec >= atLeast ? t.text : `(${t.text})`;
}

/** Operand of a binary operator: only what every reader knows goes without parentheses. */
export function operand(t: Text, prec: number, chains: boolean): string {
  const compares = (p: number): boolean => p === BINARY.eq.prec || p === BINARY.lt.prec;
  const obvious = t.prec >= UNARY || (chains && t.prec === prec)
    || (prec <= BINARY.logicalAnd.prec && compares(t.prec)) || (compares(prec) && t.prec === BINARY.add.prec);
  return obvious ? t.text : `(${t.text})`;
}
