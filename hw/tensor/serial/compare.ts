/** Comparisons with constants, as small as they can be: a carry chain would take a logic cell a bit. */
import { bool } from '../../../gen/index.ts';
import type { Bool, UInt } from '../../../gen/index.ts';

/** `x >= limit`. */
export function isAtLeast(x: UInt, limit: number): Bool {
  const power = Math.log2(limit);
  if (limit <= 0) return bool(true);
  if (limit >= 2 ** x.width) return bool(false);
  if (Number.isInteger(power)) return x.slice(x.width - 1, power).orR();
  // What is above the highest bit of the limit, or equal in it and at least as much below.
  const top = Math.floor(power);
  const below = x.bit(top).and(isAtLeast(x.slice(top - 1, 0), limit - 2 ** top));
  return x.width > top + 1 ? x.slice(x.width - 1, top + 1).orR().or(below) : below;
}

/** `x > limit`. */
export const isMoreThan = (x: UInt, limit: number): Bool => isAtLeast(x, limit + 1);
