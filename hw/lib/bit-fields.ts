/** Packing and unpacking words by masks that say which of their bits matter. Must not know what the words mean. */
import { U, cat } from '../../gen/index.ts';
import type { Bool, UInt } from '../../gen/index.ts';

/** The set bits of a mask as runs of neighbours, highest first. */
export function runsOf(mask: number): { hi: number; lo: number }[] {
  const runs: { hi: number; lo: number }[] = [];
  for (let i = 31; i >= 0; i--) {
    if (((mask >>> i) & 1) === 0) continue;
    const last = runs[runs.length - 1];
    if (last?.lo === i + 1) last.lo = i;
    else runs.push({ hi: i, lo: i });
  }
  return runs;
}

/** Numbers of the set bits, lowest first. */
export const fieldBits = (mask: number): number[] => Array.from({ length: 32 }, (_, i) => i).filter((i) => ((mask >>> i) & 1) === 1);

/** Number of the highest set bit. */
export const bitIndex = (mask: number): number => 31 - Math.clz32(mask);
export const countBits = (mask: number): number => fieldBits(mask).length;

/** What `gather` does to a word, done to a number. */
export const gathered = (value: number, mask: number): number =>
  fieldBits(mask).reduce((all, bit, i) => (all | (((value >>> bit) & 1) << i)) >>> 0, 0);

/** The bits of a word that a mask names, side by side. */
export const gather = (word: UInt, mask: number): UInt => cat(...runsOf(mask).map(({ hi, lo }) => word.slice(hi, lo)));

/** The 32-bit word whose masked bits are `stored`, in the order of `gather`; the others are 0. */
export function scatter(stored: UInt, mask: number): UInt {
  const parts: UInt[] = [];
  let at = stored.width;
  let above = 32;
  for (const { hi, lo } of runsOf(mask)) {
    if (above > hi + 1) parts.push(U<number>(above - hi - 1).lit(0));
    parts.push(stored.slice(at - 1, at - (hi - lo + 1)));
    at -= hi - lo + 1;
    above = lo;
  }
  if (above > 0) parts.push(U<number>(above).lit(0));
  return cat(...parts);
}

/** A 32-bit word with some of its bits driven and zeros elsewhere. */
export function bitsAt(bits: readonly (readonly [number, Bool])[]): UInt {
  const parts: UInt[] = [];
  let above = 32;
  for (const [bit, value] of [...bits].sort((a, b) => b[0] - a[0])) {
    if (above > bit + 1) parts.push(U<number>(above - bit - 1).lit(0));
    parts.push(value.asUInt());
    above = bit;
  }
  if (above > 0) parts.push(U<number>(above).lit(0));
  return cat(...parts);
}
