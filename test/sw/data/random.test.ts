import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Random } from '../../../sw/data/random.ts';
import { checkProperty } from '../../support/property.ts';

/** xoshiro128++ in BigInt, straight from its definition. */
function* definition(state: bigint[]): Generator<bigint> {
  const word = (value: bigint): bigint => BigInt.asUintN(32, value);
  const rotate = (value: bigint, count: bigint): bigint => word(value << count) | (value >> (32n - count));
  const s = [...state];
  for (;;) {
    yield word(rotate(word(s[0] + s[3]), 7n) + s[0]);
    const shifted = word(s[1] << 9n);
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= shifted;
    s[3] = rotate(s[3], 11n);
  }
}

describe('Random', () => {
  it('follows the definition of xoshiro128++ for every seed', () => {
    checkProperty(fc.property(fc.integer(), (seed) => {
      const random = new Random(seed);
      const state = [...(random as unknown as { state: Uint32Array }).state].map(BigInt);
      const expected = definition(state);
      for (let index = 0; index < 20; index += 1) expect(BigInt(random.uint32())).toBe(expected.next().value);
    }), { runs: 50 });
  });

  it('makes every number below a bound that divides 2³² unevenly equally likely', () => {
    const random = new Random(5);
    // Without rejection the numbers below 2³⁰ would come twice as often as the others.
    const low = Array.from({ length: 6000 }, () => random.below(3 * 2 ** 30)).filter((value) => value < 2 ** 30).length;
    expect(low / 6000).toBeGreaterThan(0.3);
    expect(low / 6000).toBeLessThan(0.37);
  });

  it('never changes its stream: trained models and splits depend on it', () => {
    const random = new Random(1);
    expect(Array.from({ length: 4 }, () => random.uint32())).toMatchInlineSnapshot(`
      [
        3187778163,
        3899520863,
        270678034,
        2950105546,
      ]
    `);
  });

  it('is even below a bound, and shuffles into a permutation', () => {
    const random = new Random(5);
    const counts = new Array<number>(6).fill(0);
    for (let index = 0; index < 60000; index += 1) counts[random.below(6)] += 1;
    for (const count of counts) expect(Math.abs(count - 10000)).toBeLessThan(500);
    const items = random.shuffle(Uint8Array.from({ length: 100 }, (_, index) => index));
    expect([...items].sort((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, index) => index));
    expect([...items]).not.toEqual([...items].sort((a, b) => a - b));
  });
});
