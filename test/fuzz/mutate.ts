// Damages inputs the way fuzzers do: bits, bytes, cuts, repetitions, numbers at the edges, words of the format in wrong places. The same
// seed always does the same damage.
// Must not know: any format.
import { Random } from '../../sw/data/random.ts';

/** Numbers at which sizes and offsets go wrong, of 1, 2, 4 and 8 bytes. */
const EDGES = [
  0n, 1n, 0x7fn, 0xffn, 0x7fffn, 0xffffn, 0x7fff_ffffn, 0x8000_0000n,
  0xffff_fff0n, 0xffff_ffffn, 0x7fff_ffff_ffff_ffffn, 0xffff_ffff_ffff_ffffn,
];
const MOST_CHANGES = 6;
const LONGEST_PIECE = 64;

type Change = (bytes: Uint8Array, random: Random, words: readonly Uint8Array[]) => Uint8Array;

const splice = (bytes: Uint8Array, at: number, removed: number, inserted: Uint8Array): Uint8Array => {
  const out = new Uint8Array(bytes.length - removed + inserted.length);
  out.set(bytes.subarray(0, at));
  out.set(inserted, at);
  out.set(bytes.subarray(at + removed), at + inserted.length);
  return out;
};
const place = (bytes: Uint8Array, random: Random): number => random.below(bytes.length + 1);
const piece = (bytes: Uint8Array, at: number, random: Random): number => Math.min(random.below(LONGEST_PIECE), bytes.length - at);
const written = (bytes: Uint8Array, at: number, patch: Uint8Array): Uint8Array =>
  splice(bytes, at, Math.min(patch.length, bytes.length - at), patch);

const CHANGES: readonly Change[] = [
  (bytes, random) => written(bytes, place(bytes, random), Uint8Array.of(random.below(256))),
  (bytes, random) => {
    const at = place(bytes, random);
    return written(bytes, at, Uint8Array.of((bytes[at] ?? 0) ^ (1 << random.below(8))));
  },
  (bytes, random) => {
    const edge = new DataView(new ArrayBuffer(8));
    edge.setBigUint64(0, EDGES[random.below(EDGES.length)], true);
    // Fields are aligned more often than not.
    const at = random.below(2) === 0 ? place(bytes, random) : place(bytes, random) & ~3;
    return written(bytes, at, new Uint8Array(edge.buffer, 0, 1 << random.below(4)));
  },
  (bytes, random) => bytes.subarray(0, place(bytes, random)),
  (bytes, random) => {
    const at = place(bytes, random);
    return splice(bytes, at, piece(bytes, at, random), new Uint8Array(0));
  },
  (bytes, random) => {
    const from = place(bytes, random);
    return splice(bytes, place(bytes, random), 0, bytes.slice(from, from + piece(bytes, from, random)));
  },
  (bytes, random, words) => words.length === 0 ? bytes : splice(bytes, place(bytes, random), 0, words[random.below(words.length)]),
  (bytes, random) => splice(bytes, place(bytes, random), 0, new Uint8Array(1 + random.below(LONGEST_PIECE)).fill(random.below(256))),
];

/** `bytes` with one to six kinds of damage. @param words pieces of the format, to be put where they do not belong */
export function mutate(bytes: Uint8Array, seed: number, words: readonly Uint8Array[] = []): Uint8Array {
  const random = new Random(seed);
  let damaged = bytes;
  for (let left = 1 + random.below(MOST_CHANGES); left > 0; left--) damaged = CHANGES[random.below(CHANGES.length)](damaged, random, words);
  return Uint8Array.from(damaged);
}
