/** Where the parts of an expression lie that puts others side by side. Must not know values or nodes. */
import type { Expr } from '../../gen/ir/expr.ts';
import { widthOf } from '../../gen/ir/types.ts';
import type { Range } from './drivers.ts';

export type Joining = Extract<Expr, { readonly op: 'cat' | 'vec' | 'bundle' }>;

export interface Part extends Range {
  readonly of: Expr;
}

/** Remembered: an index that is computed asks a vector for each of its elements, and may not look through all of them each time. */
const known = new WeakMap<Joining, readonly Part[]>();

/** The least significant first. */
export function partsOf(e: Joining): readonly Part[] {
  let parts = known.get(e);
  if (!parts) {
    let lo = 0;
    parts = leastFirst(e).map((of) => {
      const width = widthOf(of.type);
      lo += width;
      return { of, lo: lo - width, width };
    });
    known.set(e, parts);
  }
  return parts;
}

function leastFirst(e: Joining): readonly Expr[] {
  return e.op === 'vec' ? e.items : [...(e.op === 'cat' ? e.parts : e.fields)].reverse();
}
