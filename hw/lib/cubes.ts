/**
 * Two-level logic minimisation for instruction decoders: a set of words is a list of cubes, each a pattern of fixed and free
 * bits. Small sets only (a few hundred cubes). Must not know hardware nor instructions.
 */

/** The words w with `w & mask === match`. Both are unsigned 32-bit numbers. */
export interface Cube {
  readonly match: number;
  readonly mask: number;
}

const EVERYTHING: Cube = { match: 0, mask: 0 };

export function intersects(a: Cube, b: Cube): boolean {
  return ((a.match ^ b.match) & a.mask & b.mask) === 0;
}

function contains(outer: Cube, inner: Cube): boolean {
  return (outer.mask & ~inner.mask) === 0 && ((outer.match ^ inner.match) & outer.mask) === 0;
}

const fix = (cube: Cube, bit: number, value: number): Cube => ({
  match: (cube.match | (value & bit)) >>> 0,
  mask: (cube.mask | bit) >>> 0,
});
const bitsOf = (mask: number): number[] => Array.from({ length: 32 }, (_, i) => 2 ** i).filter((bit) => (mask & bit) !== 0);
/** Fixed bits, as a measure of cost. */
const literals = (cubes: readonly Cube[]): number => cubes.reduce((n, c) => n + bitsOf(c.mask).length, 0);

/** The words of `from` that are not in `cube`, as disjoint cubes. */
export function subtract(from: Cube, cube: Cube): Cube[] {
  if (!intersects(from, cube)) return [from];
  const parts: Cube[] = [];
  let rest = from;
  for (const bit of bitsOf(cube.mask & ~from.mask)) {
    parts.push(fix(rest, bit, ~cube.match));
    rest = fix(rest, bit, cube.match);
  }
  return parts;
}

/** All words of `width` bits that no cube contains. */
export function complement(cubes: readonly Cube[]): Cube[] {
  let rest: Cube[] = [EVERYTHING];
  for (const cube of cubes) rest = rest.flatMap((r) => subtract(r, cube));
  return rest;
}

/** Frees bits of a cube, in the order given, as long as it meets nothing of `off`. */
function expand(cube: Cube, off: readonly Cube[], order: readonly number[]): Cube {
  let { match, mask } = cube;
  for (const bit of order) {
    if ((mask & bit) === 0) continue;
    const wider: Cube = { match: (match & ~bit) >>> 0, mask: (mask & ~bit) >>> 0 };
    if (!off.some((o) => intersects(wider, o))) ({ match, mask } = wider);
  }
  return { match, mask };
}

/** Drops cubes whose part of `on` the others hold already. */
function irredundant(cubes: readonly Cube[], on: readonly Cube[]): Cube[] {
  const result = cubes.filter((c, i) => !cubes.some((d, k) => contains(d, c) && (k < i || !contains(c, d))));
  for (const c of [...result].sort((a, b) => literals([b]) - literals([a]))) {
    const others = result.filter((d) => d !== c);
    const leftOf = (o: Cube): Cube[] => others.reduce((left, d) => left.flatMap((l) => subtract(l, d)), [o]);
    const needed = on.some((o) => intersects(o, c) && leftOf(o).length > 0);
    if (!needed) result.splice(result.indexOf(c), 1);
  }
  return result;
}

/**
 * Few cubes with few fixed bits that contain every word of `on` and none of `off`; all other words may go either way.
 * Throws RangeError when `on` and `off` overlap.
 */
export function minimise(on: readonly Cube[], off: readonly Cube[]): Cube[] {
  if (on.some((a) => off.some((b) => intersects(a, b)))) throw new RangeError('a word is both in and out of the set');
  const used = bitsOf(on.reduce((m, c) => m | c.mask, 0));
  // Bits that differ between members first: freeing one of those merges members.
  const spread = (bit: number): number => Math.min(...[0, bit].map((v) => on.filter((c) => (c.match & bit) === v).length));
  const bySpread = [...used].sort((a, b) => spread(b) - spread(a));
  const orders = [used, [...used].reverse(), bySpread, [...bySpread].reverse()];
  const candidates = orders.map((order) => irredundant(on.map((c) => expand(c, off, order)), on));
  return candidates.reduce((best, c) => (literals(c) < literals(best) ? c : best));
}

/** Exactly the words of `on`, in few cubes. */
export function minimiseExactly(on: readonly Cube[]): Cube[] {
  return minimise(on, complement(on));
}
