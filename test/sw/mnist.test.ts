import { describe, expect, it } from 'vitest';
import { DIGIT_PIXELS } from '../../sw/data/mnist-digits.ts';
import type { DigitSet } from '../../sw/data/mnist-digits.ts';
import { firstDigits } from '../../sw/mnist.ts';

/** Digits whose label and ink are their number from `first`. */
const digits = (first: number, count: number): DigitSet => ({
  count, labels: Uint8Array.from({ length: count }, (_, i) => first + i),
  pixels: Uint8Array.from({ length: count * DIGIT_PIXELS }, (_, i) => first + Math.floor(i / DIGIT_PIXELS)),
});

describe('firstDigits', () => {
  it.each([
    [2, { heldOut: 2, training: 0 }, [0, 1]],
    [3, { heldOut: 3, training: 0 }, [0, 1, 2]],
    [5, { heldOut: 3, training: 2 }, [0, 1, 2, 10, 11]],
  ])('takes those held out of training first: %i', (count, split, labels) => {
    const first = firstDigits({ heldOut: digits(0, 3), train: digits(10, 4) }, count);
    expect(first).toMatchObject({ count, split });
    expect([...first.labels]).toEqual(labels);
    expect(first.pixels).toHaveLength(count * DIGIT_PIXELS);
    expect(labels.map((_, i) => first.pixels[(i + 1) * DIGIT_PIXELS - 1])).toEqual(labels);
  });
});
