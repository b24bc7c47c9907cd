/** Powers of two are told from their neighbours, however large. */
import { expect, it } from 'vitest';
import { isPowerOfTwo, powerOfTwoAtLeast, powerOfTwoAtMost } from '../../../hw/lib/power-of-two.ts';

it('powers of two are those numbers and no others', () => {
  for (let i = 0; i <= 52; i++) {
    expect(isPowerOfTwo(2 ** i)).toBe(true);
    if (i > 1) for (const near of [2 ** i - 1, 2 ** i + 1]) expect(isPowerOfTwo(near)).toBe(false);
  }
  for (const other of [0, -1, -2, 0.5, 1.5, 3, 2 ** 40 + 2 ** 39, NaN, Infinity]) expect(isPowerOfTwo(other)).toBe(false);
});

it('the nearest powers of two lie on both sides of a number, and are the number itself where it is one', () => {
  for (let i = 0; i <= 52; i++) {
    const power = 2 ** i;
    expect([powerOfTwoAtMost(power), powerOfTwoAtLeast(power)]).toEqual([power, power]);
    if (i > 1) expect([powerOfTwoAtMost(power - 1), powerOfTwoAtLeast(power - 1)]).toEqual([power / 2, power]);
    if (i > 0) expect([powerOfTwoAtMost(power + 1), powerOfTwoAtLeast(power + 1)]).toEqual([power, 2 * power]);
  }
  expect([powerOfTwoAtMost(5.5), powerOfTwoAtLeast(5.5)]).toEqual([4, 8]);
  for (const none of [0, -3, 0.25]) expect([powerOfTwoAtMost(none), powerOfTwoAtLeast(none)]).toEqual([1, 1]);
});
