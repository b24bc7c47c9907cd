import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { DIGIT_PIXELS, loadMnistDigits, loadMnistSplit, splitDigits } from '../../../sw/data/mnist-digits.ts';
import type { DigitSet } from '../../../sw/data/mnist-digits.ts';

const digest = (set: DigitSet): string => createHash('sha256').update(set.pixels).update(set.labels).digest('hex').slice(0, 16);
const pictures = ({ count, pixels }: DigitSet): string[] => Array.from({ length: count }, (_, index) => (
  Buffer.from(pixels.subarray(index * DIGIT_PIXELS, (index + 1) * DIGIT_PIXELS)).toString('base64')
));

describe('MNIST digits', () => {
  const digits = loadMnistDigits();

  it('are ten thousand, of all classes, in the order of the package', () => {
    expect(digits.count).toBe(10000);
    expect(digits.pixels).toHaveLength(10000 * DIGIT_PIXELS);
    const counts = new Array<number>(10).fill(0);
    for (const label of digits.labels) counts[label] += 1;
    expect(counts).toEqual([1001, 1127, 991, 1032, 980, 863, 1014, 1070, 944, 978]);
    expect([...digits.labels]).toEqual([...digits.labels].sort((a, b) => a - b));
    expect(digest(digits)).toMatchInlineSnapshot(`"bc6b63550c8a82f6"`);
  });

  it('are split into 1,500 held out and 8,500 to train with, none in both, always the same', () => {
    const { train, heldOut } = loadMnistSplit();
    expect([train.count, heldOut.count]).toEqual([8500, 1500]);
    const held = new Set(pictures(heldOut));
    expect(pictures(train).filter((picture) => held.has(picture))).toEqual([]);
    expect(new Set([...pictures(train), ...held])).toEqual(new Set(pictures(digits)));
    expect([digest(train), digest(heldOut)]).toMatchInlineSnapshot(`
      [
        "12f80f5769ebd66e",
        "2a66f68682b6adbe",
      ]
    `);
  });

  it('are split otherwise by another seed', () => {
    expect(digest(splitDigits(digits, 1500, 1).heldOut)).not.toBe(digest(splitDigits(digits, 1500, 2).heldOut));
  });
});
