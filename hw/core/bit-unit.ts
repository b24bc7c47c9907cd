/** Zbb and Zbs beyond what the ALU does: minimum and maximum, single bits, counts, extensions, byte permutations. */
import { B, In, Out, U, cat, fromBits, hw, repeat, vec } from '../../gen/index.ts';
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
      const byte = (i: number): UInt => a.slice(8 * i + 7, 8 * i);
      const { takeA } = m.let({ takeA: io.less.ne(is.max) });
      // Leading zeros are the trailing zeros of the mirrored word: as many as stand below its first 1.
      const mirrored = cat(...Array.from({ length: 32 }, (_, i) => a.bit(i)));
      const { counted } = m.let({ counted: is.isLeadingZeros.mux(mirrored, a) });
      const firstOne = m.first('firstOne', fromBits(vec(B, 32), counted));
      const { zeros } = m.let({ zeros: cat(firstOne.valid.not(), firstOne.index) });
      const population = m.sum('population', fromBits(vec(U(1), 32), a));
      choices.push(
        [is.isMinMax, takeA.mux(a, b)],
        [is.isLeadingZeros.or(is.isTrailingZeros), zeros.zext(32)],
        [is.isPopulation, population.zext(32)],
        [is.isSignByte, cat(repeat(a.bit(7), 24), a.slice(7, 0))],
        [is.isSignHalf, cat(repeat(a.bit(15), 16), a.slice(15, 0))],
        [is.isZeroHalf, a.slice(15, 0).zext(32)],
        [is.isOrBytes, cat(...[3, 2, 1, 0].map((i) => repeat(byte(i).orR(), 8)))],
        [is.isReverseBytes, cat(...[0, 1, 2, 3].map(byte))],
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
