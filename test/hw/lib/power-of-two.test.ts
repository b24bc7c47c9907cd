/** Powers of two are told from their neighbours, however large. */
import { expect, it } from 'vitest';
import { isPowerOfTwo } from '../../../hw/lib/power-of-two.ts';

it('powers of two are those numbers and no others', () => {
  for (let i = 0; i <= 52; i++) {
    expect(isPowerOfTwo(2 ** i)).toBe(true);
    if (i > 1) for (const near of [2 ** i - 1, 2 ** i + 1]) expect(isPowerOfTwo(near)).toBe(false);
  }
  for (const other of [0, -1, -2, 0.5, 1.5, 3, 2 ** 40 + 2 ** 39, NaN, Infinity]) expect(isPowerOfTwo(other)).toBe(false);
});
