import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fixedMultiplier, requantise } from '../../../sw/quantise/requantise.ts';
import { checkProperty } from '../../support/property.ts';

/** The formula of the chip, in integers without limit. */
function definition(acc: number, multiplier: number, shift: number, zeroPoint: number, min: number, max: number): number {
  const scaled = (BigInt(acc) * BigInt(multiplier) + (1n << BigInt(shift - 1))) >> BigInt(shift);
  const sum = BigInt(zeroPoint) + scaled;
  return Number(sum < min ? BigInt(min) : sum > max ? BigInt(max) : sum);
}

const INT32_ENDS = [-(2 ** 31), -(2 ** 31) + 1, -65537, -65536, -65535, -1, 0, 1, 65535, 65536, 65537, 2 ** 31 - 1];
const MULTIPLIER_ENDS = [0, 1, 65535, 65536, 65537, 2 ** 30 - 1, 2 ** 30, 2 ** 30 + 1, 2 ** 31 - 1];
const int32 = fc.oneof(fc.integer(), fc.integer({ min: -70000, max: 70000 }), fc.constantFrom(...INT32_ENDS));
const multipliers = fc.oneof(
  fc.integer({ min: 0, max: 2 ** 31 - 1 }), fc.integer({ min: 2 ** 30, max: 2 ** 31 - 1 }), fc.constantFrom(...MULTIPLIER_ENDS),
);
const shifts = fc.integer({ min: 1, max: 62 });
const int8 = fc.integer({ min: -128, max: 127 });

describe('requantise', () => {
  it('is the formula for all accumulators, multipliers, shifts, zero points and clamps', () => {
    checkProperty(fc.property(int32, multipliers, shifts, int8, int8, int8, (acc, multiplier, shift, zeroPoint, a, b) => {
      const [min, max] = [Math.min(a, b), Math.max(a, b)];
      expect(requantise(acc, multiplier, shift, zeroPoint, min, max)).toBe(definition(acc, multiplier, shift, zeroPoint, min, max));
    }), { runs: 5000 });
  });

  it('is the formula where the result is inside the clamp', () => {
    checkProperty(fc.property(multipliers, shifts, fc.integer({ min: -300, max: 300 }), int8, fc.integer({ min: -3, max: 3 }), (
      multiplier, shift, target, zeroPoint, jitter,
    ) => {
      // An accumulator near the border between `target` and its neighbour.
      const border = (BigInt(2 * target + 1) << BigInt(shift - 1)) / BigInt(Math.max(multiplier, 1)) + BigInt(jitter);
      const acc = Number(BigInt.asIntN(32, border));
      expect(requantise(acc, multiplier, shift, zeroPoint, -128, 127)).toBe(definition(acc, multiplier, shift, zeroPoint, -128, 127));
    }), { runs: 5000 });
  });

  it('is the formula at every end of every range', () => {
    for (const acc of INT32_ENDS) {
      for (const multiplier of MULTIPLIER_ENDS) {
        for (let shift = 1; shift <= 62; shift += 1) {
          const found = requantise(acc, multiplier, shift, -3, -128, 127);
          if (found !== definition(acc, multiplier, shift, -3, -128, 127)) expect.fail(`${acc} * ${multiplier} >> ${shift}`);
        }
      }
    }
  });

  it('rounds halves towards plus infinity', () => {
    expect([-3, -1, 1, 3].map((acc) => requantise(acc, 2 ** 30, 31, 0, -128, 127))).toEqual([-1, 0, 1, 2]);
  });
});

describe('fixedMultiplier', () => {
  it('is within half a unit of the 31st bit for every real from 2^-32', () => {
    const reals = fc.tuple(fc.double({ min: 1, max: 2, maxExcluded: true, noNaN: true }), fc.integer({ min: -32, max: 28 }));
    checkProperty(fc.property(reals, ([fraction, exponent]) => {
      const real = fraction * 2 ** exponent;
      const { multiplier, shift } = fixedMultiplier(real);
      expect(multiplier).toBeGreaterThanOrEqual(2 ** 30);
      expect(multiplier).toBeLessThan(2 ** 31);
      expect(shift).toBeGreaterThanOrEqual(1);
      expect(shift).toBeLessThanOrEqual(62);
      expect(Math.abs(multiplier / 2 ** shift / real - 1)).toBeLessThanOrEqual(2 ** -31);
    }), { runs: 3000 });
  });

  it('knows its corners', () => {
    expect(fixedMultiplier(1)).toEqual({ multiplier: 2 ** 30, shift: 30 });
    expect(fixedMultiplier(0.75)).toEqual({ multiplier: 0.75 * 2 ** 31, shift: 31 });
    expect(fixedMultiplier(1 - 2 ** -40)).toEqual({ multiplier: 2 ** 30, shift: 30 });
    expect(fixedMultiplier(2 ** 29)).toEqual({ multiplier: 2 ** 30, shift: 1 });
    expect(fixedMultiplier(2 ** -32)).toEqual({ multiplier: 2 ** 30, shift: 62 });
    expect(fixedMultiplier(2 ** -40)).toEqual({ multiplier: 2 ** 22, shift: 62 });
    expect(fixedMultiplier(1.3e-11)).toEqual({ multiplier: Math.round(1.3e-11 * 2 ** 62), shift: 62 });
    expect(fixedMultiplier(1e-300)).toEqual({ multiplier: 0, shift: 62 });
    expect(fixedMultiplier(0)).toEqual({ multiplier: 0, shift: 62 });
    for (const large of [2 ** 30 - 2 ** -2, 2 ** 30, 1e300, Infinity]) {
      expect(fixedMultiplier(large)).toEqual({ multiplier: 2 ** 31 - 1, shift: 1 });
    }
    for (const bad of [-1, NaN, -Infinity]) expect(() => fixedMultiplier(bad)).toThrow(RangeError);
  });

  it('below 2^-32 turns every accumulator into the zero point, as a multiplier of 0 does', () => {
    checkProperty(fc.property(fc.double({ min: 0, max: 2 ** -32, maxExcluded: true, noNaN: true }), int32, (real, acc) => {
      const { multiplier, shift } = fixedMultiplier(real);
      expect(requantise(acc, multiplier, shift, 5, -128, 127)).toBe(5);
    }));
  });

  it('from 2^30 sends every accumulator but 0 to a clamp, as the true multiplier would', () => {
    const { multiplier, shift } = fixedMultiplier(2 ** 40);
    const results = [-(2 ** 31), -1, 0, 1, 2 ** 31 - 1].map((acc) => requantise(acc, multiplier, shift, 5, -128, 127));
    expect(results).toEqual([-128, -128, 5, 127, 127]);
  });
});
