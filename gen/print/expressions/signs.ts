/** What SystemVerilog takes for signed, which is not all that is. Must not know text. */
import type { Binary, Expr } from '../../ir/expr.ts';

/** Whether every tool takes the printed text as signed. A signed member of a struct is unsigned to Icarus. `isApart`: is read by a name. */
export function isSigned(e: Expr, isApart: (e: Expr) => boolean): boolean {
  if (isApart(e)) return e.type.kind === 'sint';
  switch (e.op) {
    case 'ref':
    case 'lit':
      return e.type.kind === 'sint';
    case 'cast':
      return isSigned(e.of, isApart);
    case 'unary':
      return e.type.kind === 'sint' && isSigned(e.a, isApart);
    case 'binary':
      if (e.fn === 'mul' || e.fn === 'shr') return e.type.kind === 'sint';
      return e.type.kind === 'sint' && isSigned(e.a, isApart) && (e.fn === 'shl' || isSigned(e.b, isApart));
    case 'mux':
      return e.type.kind === 'sint' && isSigned(e.a, isApart) && isSigned(e.b, isApart);
    default:
      return false;
  }
}

export function isArithmeticShift(e: Binary): boolean {
  return e.fn === 'shr' && e.type.kind === 'sint';
}

/** Whether a part is taken of something that may be declared with a sign. */
export function readsSigned(e: Expr): boolean {
  let at = e;
  for (; at.type.kind !== 'sint'; at = at.of) if (at.op !== 'cast' && at.op !== 'slice' && at.op !== 'field' && at.op !== 'index') return false;
  return true;
}
