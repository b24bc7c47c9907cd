// From a 32-bit accumulator to an int8 result, exactly as the chip's vector stage does it: TFLite's int8 scheme with single rounding.
// Must not know: layers, graphs.

export const MIN_SHIFT = 1;
export const MAX_SHIFT = 62;
/** The largest multiplier there is, just below 2^30. */
const LARGEST: FixedMultiplier = { multiplier: 2 ** 31 - 1, shift: MIN_SHIFT };

/** Stands for the real number `multiplier / 2^shift`; multiplier in [0, 2^31), shift in 1..62. */
export interface FixedMultiplier {
  readonly multiplier: number;
  readonly shift: number;
}

/**
 * The fixed multiplier nearest to `real`, ties away from zero, with 31 significant bits: multiplier in [2^30, 2^31).
 *
 * Below about 2^-32 the shift would have to exceed 62; then it stays 62 and the multiplier is denormalised: it loses leading bits and
 * at last becomes 0. TFLite makes such multipliers 0 at once. Both give the same results, because |acc| <= 2^31 times less than
 * 2^-32 rounds to 0 either way. From 2^30 on the largest multiplier there is stands in: every accumulator but 0 then lands far beyond
 * any int8 clamp, as it would with the true one.
 * @param real at least 0; infinity is allowed
 * @throws RangeError for a negative number or NaN, which no scales can give
 */
export function fixedMultiplier(real: number): FixedMultiplier {
  if (!(real >= 0)) throw new RangeError(`requantisation multiplier ${real} is not a number from 0`);
  if (real >= 2 ** 30) return LARGEST;
  if (real < 2 ** -32) return denormalised(real);
  // real = fraction * 2^exponent with fraction in [1/2, 1): scaling by two is exact.
  let fraction = real;
  let exponent = 0;
  for (; fraction >= 1; fraction /= 2) exponent += 1;
  for (; fraction < 0.5; fraction *= 2) exponent -= 1;
  const mantissa = Math.round(fraction * 2 ** 31);
  // A fraction just below 1 rounds up to 2^31, which is 2^30 of the next binade.
  const multiplier = mantissa === 2 ** 31 ? 2 ** 30 : mantissa;
  const shift = 31 - exponent - (mantissa === 2 ** 31 ? 1 : 0);
  return shift < MIN_SHIFT ? LARGEST : { multiplier, shift };
}

function denormalised(real: number): FixedMultiplier {
  return { multiplier: Math.round(real * 2 ** MAX_SHIFT), shift: MAX_SHIFT };
}

/** What turns an accumulator into an int8: the parameters of one output channel. */
export interface Requantisation extends FixedMultiplier {
  readonly outputZeroPoint: number;
  readonly clampMin: number;
  readonly clampMax: number;
}

/**
 * `clamp(outputZeroPoint + ((acc * multiplier + 2^(shift-1)) >> shift), clampMin, clampMax)`, the shift arithmetic: one rounding to
 * nearest, ties towards plus infinity. The product and the sum are those of integers, never wrapped: they stay inside 64 bits.
 *
 * Computed in doubles that hold integers: `acc * multiplier` is split into a signed high and an unsigned low word of 32 bits. The quotient
 * may exceed 2^53 and lose low bits, but then it lies far outside the clamp.
 * @param accumulator an int32
 */
export function requantise(
  accumulator: number, multiplier: number, shift: number, outputZeroPoint: number, clampMin: number, clampMax: number,
): number {
  const lowProduct = accumulator * (multiplier & 0xffff);
  const carry = Math.floor(lowProduct / 0x10000);
  const upper = accumulator * (multiplier >>> 16) + carry;
  let high = Math.floor(upper / 0x10000);
  let low = (upper - high * 0x10000) * 0x10000 + (lowProduct - carry * 0x10000);

  let quotient: number;
  if (shift <= 32) {
    low += 2 ** (shift - 1);
    quotient = high * 2 ** (32 - shift) + Math.floor(low / 2 ** shift);
  } else {
    high += 2 ** (shift - 33);
    quotient = Math.floor(high / 2 ** (shift - 32));
  }
  return Math.min(Math.max(outputZeroPoint + quotient, clampMin), clampMax);
}
