/** From instruction tables to decoding hardware: fields and immediates of a word. Must not know any instruction. */
import { U, cat, repeat } from '../../gen/index.ts';
import type { Bool, UInt } from '../../gen/index.ts';
import { immediateOf } from '../isa/encoding.ts';
import type { Format, Instruction } from '../isa/instruction.ts';
import { oneHot } from './word.ts';

/** Members of a table that have one of the formats. */
export const ofFormat = (table: readonly Instruction[], ...formats: readonly Format[]): Instruction[] =>
  table.filter((i) => formats.includes(i.format));

/** For each bit of a field that `extract` takes from a word: the bit of the word. */
function sourceBits(extract: (word: number) => number, width: number): (number | undefined)[] {
  const all = Array.from({ length: 32 }, (_, j) => j);
  return Array.from({ length: width }, (_, i) => all.find((j) => ((extract(2 ** j | 0) >>> i) & 1) === 1));
}

/** A field of an instruction word that is a run of its bits, such as a register number. */
export function fieldOf(word: UInt, extract: (word: number) => number, width: number): UInt {
  const bits = sourceBits(extract, width);
  return word.slice(bits[width - 1] ?? 0, bits[0] ?? 0);
}

/** Where a run of an immediate's bits comes from: zeros, one bit repeated, or a run of the word's bits. */
type Piece = { readonly top: number | undefined; readonly repeated: boolean };
/** The instruction has one of the formats. */
type FormatIs = (...formats: Format[]) => Bool;
const samePiece = (a: Piece, b: Piece): boolean => a.top === b.top && (a.repeated === b.repeated || a.top === undefined);

/** Bits of `sources` from `hi` down to `lo` as one piece; undefined when they are not. */
function pieceOf(sources: readonly (number | undefined)[], hi: number, lo: number): Piece | undefined {
  const top = sources[hi];
  const range = Array.from({ length: hi - lo + 1 }, (_, k) => sources[hi - k]);
  if (range.every((s) => s === top)) return { top, repeated: hi > lo };
  return top !== undefined && range.every((s, k) => s === top - k) ? { top, repeated: false } : undefined;
}

/**
 * The 32-bit immediate of the instruction, whose format is one of `formats`; `formatIs` tells which. Bits that several formats
 * take from the same place are selected together.
 */
export function immediate(word: UInt, formats: readonly Format[], formatIs: FormatIs): UInt {
  const sources = formats.map((f) => sourceBits((w) => immediateOf(f, w), 32));
  const parts: UInt[] = [];
  for (let hi = 31; hi >= 0;) {
    let lo = hi;
    while (lo > 0 && sources.every((s) => pieceOf(s, hi, lo - 1)) && sameGroups(sources, hi, lo - 1)) lo--;
    parts.push(choose(word, formats, sources.map((s) => pieceOf(s, hi, lo) as Piece), hi - lo + 1, formatIs));
    hi = lo - 1;
  }
  return cat(...parts);
}

/** Lengthening a run must not tear apart formats that share its upper bits. */
function sameGroups(sources: readonly (readonly (number | undefined)[])[], hi: number, lo: number): boolean {
  const groups = (from: number): string => sources.map((s) => sources.findIndex((t) => t[from] === s[from])).join();
  return groups(hi) === groups(lo);
}

/** One run of an immediate's bits, from the pieces that the formats have there. */
function choose(word: UInt, formats: readonly Format[], pieces: readonly Piece[], width: number, formatIs: FormatIs): UInt {
  const distinct = pieces.filter((p, i) => p.top !== undefined && pieces.findIndex((q) => samePiece(p, q)) === i);
  if (distinct.length === 0) return U<number>(width).lit(0);
  const bits = ({ top = 0, repeated }: Piece): UInt => (repeated ? repeat(word.bit(top), width) : word.slice(top, top - width + 1));
  if (distinct.length === 1 && pieces.every((p) => p.top !== undefined)) return bits(distinct[0]);
  return oneHot(distinct.map((p) => [formatIs(...formats.filter((_, i) => samePiece(pieces[i], p))), bits(p)] as const));
}
