/** Zbb and Zbs beyond what the ALU does: minimum and maximum, single bits, counts, extensions, byte permutations. */
import { B, In, Out, cat, hw, repeat } from '../../gen/index.ts';
import type { UInt } from '../../gen/index.ts';
import type { CoreConfig } from './config.ts';
import { BitControl } from './decoder.ts';
import { Word, oneHot } from './word.ts';

export function BitUnit(config: CoreConfig) {
  return hw('BitUnit', {
    control: In(BitControl),
    a: In(Word),
    b: In(Word),
    /** a < b in the order asked for; from the ALU. */
    less: In(B),
    /** 0 where the operation is none of this unit's. */
    result: Out(Word),
  }, (m, io) => {
    m.doc('Bit manipulation in one cycle.');
    const { control: is, a, b } = io;
    const choices: Parameters<typeof oneHot>[0][number][] = [];
    if (config.isa.zbb) {
      const { takeA } = m.let({ takeA: io.less.ne(is.max) });
      // Trailing zeros are the leading zeros of the mirrored word; the population is that of the word itself.
      const { mirrored } = m.let({ mirrored: is.isTrailingZeros.mux(cat(...Array.from({ length: 32 }, (_, i) => a.bit(i))), a) });
      const { leadingZeros } = m.let({ leadingZeros: countLeadingZeros(mirrored) });
      const { population } = m.let({ population: sumOf(Array.from({ length: 32 }, (_, i) => a.slice(i, i))) });
      choices.push(
        [is.isMinMax, takeA.mux(a, b)],
        [is.isLeadingZeros.or(is.isTrailingZeros), leadingZeros.zext(32)],
        [is.isPopulation, population.zext(32)],
        [is.isSignByte, cat(repeat(a.bit(7), 24), a.slice(7, 0))],
        [is.isSignHalf, cat(repeat(a.bit(15), 16), a.slice(15, 0))],
        [is.isZeroHalf, a.slice(15, 0).zext(32)],
        [is.isOrBytes, cat(...[3, 2, 1, 0].map((i) => repeat(a.slice(8 * i + 7, 8 * i).orR(), 8)))],
        [is.isReverseBytes, cat(...[0, 1, 2, 3].map((i) => a.slice(8 * i + 7, 8 * i)))],
      );
    }
    if (config.isa.zbs) {
      const { oneBit } = m.let({ oneBit: Word.lit(1).shlWrap(b.slice(4, 0)) });
      choices.push(
        [is.isSetBit, a.or(oneBit)],
        [is.isClearBit, a.and(oneBit.not())],
        [is.isInvertBit, a.xor(oneBit)],
        [is.isExtractBit, a.and(oneBit).orR().asUInt().zext(32)],
      );
    }
    io.result = choices.length > 0 ? oneHot(choices) : Word.lit(0);
  });
}

/** Number of zeros above the highest 1: halves are counted first, then put together. Bit 0 is bit `lo` of the whole. */
function countLeadingZeros(word: UInt, lo = 0): UInt {
  if (word.width === 1) return word.not();
  const half = word.width / 2;
  const upper = countLeadingZeros(word.slice(word.width - 1, half), lo + half);
  const lower = countLeadingZeros(word.slice(half - 1, 0), lo);
  const place = `${lo + word.width - 1}_${lo}`;
  const full = upper.bit(upper.width - 1);
  const bits = upper.width;
  // Both halves empty: only the new top bit. Upper half empty: half plus what the lower half counts.
  const allZero = full.and(lower.bit(bits - 1)).named(`allZero_${place}`);
  const rest = bits > 1 ? [full.mux(lower.slice(bits - 2, 0), upper.slice(bits - 2, 0))] : [];
  return cat(allZero, full.and(allZero.not()), ...rest).named(`zeros_${place}`);
}

/** Exact sum, as a balanced tree. */
function sumOf(values: readonly UInt[]): UInt {
  if (values.length === 1) return values[0];
  const half = values.length / 2;
  return sumOf(values.slice(0, half)).addGrow(sumOf(values.slice(half)));
}
