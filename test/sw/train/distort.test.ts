import { describe, expect, it } from 'vitest';
import { DIGIT_COLUMNS, DIGIT_PIXELS, loadMnistDigits } from '../../../sw/data/mnist-digits.ts';
import { Random } from '../../../sw/data/random.ts';
import { distortDigit, randomDistortion } from '../../../sw/train/distort.ts';

const IDENTITY = { rowPerRow: 1, rowPerColumn: 0, columnPerRow: 0, columnPerColumn: 1, down: 0, right: 0 };

describe('distortDigit', () => {
  const digit = loadMnistDigits().pixels.slice(DIGIT_PIXELS, 2 * DIGIT_PIXELS);
  const padded = Uint8Array.of(9, 9, ...digit);

  it('leaves the digit as it is under the identity and at strength 0', () => {
    const target = new Uint8Array(DIGIT_PIXELS);
    distortDigit(target, padded, 2, IDENTITY);
    expect(target).toEqual(digit);
    distortDigit(target, padded, 2, randomDistortion(new Random(3), 0));
    expect(target).toEqual(digit);
  });

  it('moves by whole pixels exactly and fills with background', () => {
    const target = new Uint8Array(DIGIT_PIXELS);
    distortDigit(target, padded, 2, { ...IDENTITY, down: 2, right: -1 });
    const expected = Uint8Array.from({ length: DIGIT_PIXELS }, (_, index) => {
      const row = Math.floor(index / DIGIT_COLUMNS) + 2;
      const column = index % DIGIT_COLUMNS - 1;
      return row < 28 && column >= 0 ? digit[row * DIGIT_COLUMNS + column] : 0;
    });
    expect(target).toEqual(expected);
  });

  it('interpolates half-way places', () => {
    const dot = new Uint8Array(DIGIT_PIXELS);
    dot[10 * DIGIT_COLUMNS + 10] = 200;
    const target = new Uint8Array(DIGIT_PIXELS);
    distortDigit(target, dot, 0, { ...IDENTITY, right: 0.5 });
    expect([9, 10, 11].map((column) => target[10 * DIGIT_COLUMNS + column])).toEqual([100, 100, 0]);
  });
});
