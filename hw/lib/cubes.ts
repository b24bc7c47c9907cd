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

export function contains(outer: Cube, inner: Cube): boolean {
  return (outer.mask & ~inner.mask) === 0 && ((outer.match ^ inner.match) & outer.mask) === 0;
}

const fix = (cube: Cube, bit: number, value: number): Cube => ({
  match: (cube.match | (value & bit)) >>> 0,
  mask: (cube.mask | bit) >>> 0,
});
/** The bits of a mask, lowest first. */
function bitsOf(mask: number): number[] {
  const bits: number[] = [];
  for (let rest = mask; rest !== 0; rest &= rest - 1) bits.push((rest & -rest) >>> 0);
  return bits;
}
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
  // For each of `off`: the bits that still keep it apart. Where one is left, it must stay.
  const apart = new Int32Array(off.length);
  for (let i = 0; i < off.length; i++) apart[i] = (match ^ off[i].match) & mask & off[i].mask;
  let kept = lastBits(apart, 0);
  for (const bit of order) {
    if ((mask & bit) === 0 || (kept & bit) !== 0) continue;
    match = (match & ~bit) >>> 0;
    mask = (mask & ~bit) >>> 0;
    kept |= lastBits(apart, bit);
  }
  return { match, mask };
}

/** Takes `bit` from all sets of bits; those of the sets in which one is left. */
function lastBits(sets: Int32Array, bit: number): number {
  let last = 0;
  for (let i = 0; i < sets.length; i++) {
    const set = (sets[i] &= ~bit);
    if ((set & (set - 1)) === 0) last |= set;
  }
  return last;
}

/** Whether the cubes together hold all words of `cube`. */
function cover(cubes: readonly Cube[], cube: Cube): boolean {
  let left: Cube[] = [cube];
  for (const c of cubes) {
    if (left.length === 0) return true;
    if (left.some((l) => intersects(l, c))) left = left.flatMap((l) => subtract(l, c));
  }
  return left.length === 0;
}

/** Drops cubes whose part of `on` the others hold already. */
function irredundant(cubes: readonly Cube[], on: readonly Cube[]): Cube[] {
  const result = cubes.filter((c, i) => !cubes.some((d, k) => contains(d, c) && (k < i || !contains(c, d))));
  for (const { c } of result.map((cube) => ({ c: cube, cost: literals([cube]) })).sort((a, b) => b.cost - a.cost)) {
    const others = result.filter((d) => d !== c);
    const needed = on.some((o) => intersects(o, c) && !cover(others, o));
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
  const spread = new Map(used.map((bit) => [bit, Math.min(...[0, bit].map((v) => on.filter((c) => (c.match & bit) === v).length))]));
  const bySpread = [...used].sort((a, b) => (spread.get(b) ?? 0) - (spread.get(a) ?? 0));
  const orders = [used, [...used].reverse(), bySpread, [...bySpread].reverse()];
  const candidates = orders.map((order) => {
    const cubes = irredundant(on.map((c) => expand(c, off, order)), on);
    return { cubes, cost: literals(cubes) };
  });
  return candidates.reduce((best, c) => (c.cost < best.cost ? c : best)).cubes;
}

/** Exactly the words of `on`, in few cubes. */
export function minimiseExactly(on: readonly Cube[]): Cube[] {
  return minimise(on, complement(on));
}
