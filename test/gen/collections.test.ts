/** Lists that are longer than what JavaScript takes as arguments. */
import { describe, expect, it } from 'vitest';
import { largestOf, pushAll } from '../../gen/collections.ts';

const LONG = Array.from({ length: 1_000_000 }, (_, i) => i);

describe('lists of a million', () => {
  it('are appended', () => {
    const into = [7];
    pushAll(into, LONG);
    expect([into.length, into[0], into[1], into.at(-1)]).toEqual([1_000_001, 7, 0, 999_999]);
  });

  it('have a largest', () => {
    expect(largestOf(LONG, 5)).toBe(999_999);
    expect(largestOf([], 5)).toBe(5);
    expect(largestOf([1, 4], 5)).toBe(5);
  });
});
