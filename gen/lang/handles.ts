/**
 * Handles by kind of value. What makes them says so here, and whoever has an expression of any type gets the handle for it here: so the
 * kinds need not know each other. Must not know any kind.
 */
import type { Expr } from '../ir/expr.ts';
import type { Type } from '../ir/types.ts';

type Make = (e: Expr) => unknown;

const MAKERS = new Map<Type['kind'], Make>();

/** Says how handles of a kind are made. */
export function handle(kind: Type['kind'], make: Make): void {
  MAKERS.set(kind, make);
}

/** Handle for an expression. Bundles become records of handles. */
export function wrap(e: Expr): unknown {
  const make = MAKERS.get(e.type.kind);
  if (!make) throw new Error(`nothing makes handles for ${e.type.kind}`);
  return make(e);
}
