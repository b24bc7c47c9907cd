/**
 * How large things may be: what is beyond is refused at once instead of filling the memory. Each bound is one that some tool has, or
 * far beyond what fits a chip. Must not know what the things are for.
 */
import { largestOf } from '../collections.ts';
import { DesignError } from '../design-error.ts';
import type { Rule } from '../design-error.ts';
import { countLeaves } from '../ir/leaves.ts';
import { isScalar, widthOf } from '../ir/types.ts';
import type { Type } from '../ir/types.ts';
import { here } from '../site.ts';
import type { Site } from '../site.ts';

interface Limit {
  readonly most: number;
  readonly rule: Rule;
  /** How an error asks for a number of them. */
  readonly mend: string;
}

const whole = (what: string, most: number, least = 1): string => `${what} is a whole number, at least ${least} and at most ${most}`;

export const LIMITS = {
  /** Bits of a number: Verilator takes no longer literal. */
  width: { most: 65_536, rule: 'bad-width', mend: 'a width is a whole number, at least 1 and at most 65536' },
  /** Bits of a vector or bundle. */
  bits: { most: 2 ** 26, rule: 'bad-width', mend: `give at most 2^26 bits; use a memory for more` },
  /** Scalars in a vector or bundle. */
  leaves: { most: 2 ** 20, rule: 'bad-width', mend: 'give at most 2^20 elements; use a memory for more' },
  /** Bundles and vectors in each other: what is done to a type recurses over it. */
  nesting: { most: 200, rule: 'bad-width', mend: 'nest bundles and vectors at most 200 deep' },
  /** Words of a memory. */
  words: { most: 2 ** 32, rule: 'memory', mend: whole('a depth', 2 ** 32) },
  /** Bits of a memory: as many as WebAssembly can address. */
  memoryBits: { most: 2 ** 35, rule: 'memory', mend: 'give at most 2^35 bits' },
  /** Rounds of a loop. */
  lanes: { most: 2 ** 20, rule: 'out-of-range', mend: whole('a number of lanes', 2 ** 20, 0) },
  /** Elements that a loop makes. */
  elements: { most: 2 ** 20, rule: 'out-of-range', mend: whole('a number of lanes', 2 ** 20) },
  /** Cells of a grid. */
  cells: { most: 2 ** 20, rule: 'grid-wiring', mend: 'give at least one row and one column, and at most 2^20 cells' },
  /** Modules in each other: their bodies run in each other too, on JavaScript's stack. */
  levels: { most: 400, rule: 'no-module', mend: 'end the recursion: modules stand at most 400 deep in each other' },
} as const satisfies Readonly<Record<string, Limit>>;

/** `n` if it is a whole number of at least 1 within the limit. */
export function within(limit: keyof typeof LIMITS, n: number, what: string, site: Site): number {
  const { most, rule, mend } = LIMITS[limit];
  if (!Number.isInteger(n) || n < 1 || n > most) throw new DesignError(rule, what, site, undefined, mend);
  return n;
}

/** `n` if it counts something. */
export function count(n: number, what: string): number {
  if (!Number.isSafeInteger(n) || n < 0) throw new DesignError('out-of-range', what, here(), undefined, 'give a whole number, 0 or more');
  return n;
}

export function checkedWidth(width: number, what: string, site: Site): number {
  return within('width', width, `${what}${what === '' ? '' : ' of '}${width} bits`, site);
}

const known = new WeakMap<Type, number>();

/** Levels of bundles and vectors; those inside were measured when they were made. */
function nestingOf(type: Type): number {
  if (isScalar(type)) return 0;
  let levels = known.get(type);
  if (levels === undefined) {
    const inner = type.kind === 'vec' ? [type.element] : type.fields.map((f) => f.type);
    known.set(type, (levels = 1 + largestOf(inner.map(nestingOf), 0)));
  }
  return levels;
}

/** A vector or bundle that is not too large. */
export function checkedType<T extends Type>(type: T, site: Site): T {
  if (!isScalar(type)) {
    within('nesting', nestingOf(type), `${type.kind === 'vec' ? 'vector' : 'bundle'} of ${nestingOf(type)} levels`, site);
    within('bits', widthOf(type), `${type.kind === 'vec' ? 'vector' : 'bundle'} of ${widthOf(type)} bits`, site);
    within('leaves', countLeaves(type), `${type.kind === 'vec' ? 'vector' : 'bundle'} of ${countLeaves(type)} scalars`, site);
  }
  return type;
}
