// Numbers for the sum of two images that is measured by itself, and what it must then be.
// Must not know: chips, memories.
import { packRecords } from '../compiler/layout.ts';
import type { Random } from '../data/random.ts';
import { fixedMultiplier } from '../quantise/requantise.ts';
import type { FixedMultiplier } from '../quantise/requantise.ts';

/** One of three numbers of a sum: `a`, `b` and the output. Of the output the zero point is added, of the others it is taken away. */
export interface AddTerm extends FixedMultiplier {
  readonly zeroPoint: number;
}

export interface AddNumbers {
  readonly a: AddTerm;
  readonly b: AddTerm;
  readonly output: AddTerm;
}

/** Bits of a fraction that both terms have before they are added (TFLite's ADD of int8). */
const FRACTION = 20;

/** Scales as TFLite's ADD prepares them: each input by twice the larger scale, the sum back from there. */
export function randomAdd(random: Random): AddNumbers {
  const scale = (): number => 0.01 + random.unit() / 20;
  const [a, b, output] = [scale(), scale(), scale()];
  const twice = 2 * Math.max(a, b);
  const term = (real: number): AddTerm => ({ ...fixedMultiplier(real), zeroPoint: random.below(100) - 50 });
  return { a: term(a / twice), b: term(b / twice), output: term(twice / (output * 2 ** FRACTION)) };
}

export function addReference({ a, b, output }: AddNumbers, first: Int8Array, second: Int8Array): Int8Array {
  return first.map((value, index) => {
    const sum = rounded((value - a.zeroPoint) * 2 ** FRACTION, a) + rounded((second[index] - b.zeroPoint) * 2 ** FRACTION, b);
    return Math.min(Math.max(rounded(sum, output) + output.zeroPoint, -128), 127);
  });
}

/** To the nearest, halves up. */
function rounded(value: number, { multiplier, shift }: FixedMultiplier): number {
  const product = BigInt(value) * BigInt(multiplier);
  return Number((product + (1n << BigInt(shift - 1))) >> BigInt(shift));
}

/** Channel records for each lane of the vector stage: those of `a`, of `b` and of the output. */
export function packAddRecords({ a, b, output }: AddNumbers, lanes: number): Uint8Array {
  const terms = [a, b, output].flatMap((term) => Array.from({ length: lanes }, () => term));
  return packRecords({
    outputs: terms.length, bias: Int32Array.from(terms, ({ zeroPoint }, index) => (index < 2 * lanes ? -zeroPoint : 0)),
    multiplier: Int32Array.from(terms, ({ multiplier }) => multiplier), shift: Uint8Array.from(terms, ({ shift }) => shift),
    outputZeroPoint: output.zeroPoint, clampMin: -128, clampMax: 127,
  });
}
