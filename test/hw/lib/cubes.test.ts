import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { complement, minimise, minimiseExactly } from '../../../hw/lib/cubes.ts';
import type { Cube } from '../../../hw/lib/cubes.ts';
import { checkProperty } from '../../support/property.ts';

const BITS = 6;
const cube = fc.tuple(fc.nat(63), fc.nat(63)).map(([match, mask]): Cube => ({ match: match & mask, mask: (mask | 0xffff_ffc0) >>> 0 }));
const holds = (cubes: readonly Cube[], word: number): boolean => cubes.some((c) => ((word ^ c.match) & c.mask) === 0);
const words = Array.from({ length: 2 ** BITS }, (_, i) => i);

describe('minimised sets of words', () => {
  it('hold every member and nothing that is excluded', () => {
    checkProperty(fc.property(fc.array(cube, { minLength: 1, maxLength: 6 }), fc.array(cube, { maxLength: 6 }), (on, candidates) => {
      const off = candidates.filter((c) => !words.some((w) => holds([c], w) && holds(on, w)));
      const result = minimise(on, off);
      for (const w of words) {
        if (holds(on, w)) expect(holds(result, w)).toBe(true);
        if (holds(off, w)) expect(holds(result, w)).toBe(false);
      }
    }));
  });

  it('are the same set when nothing is free', () => {
    checkProperty(fc.property(fc.array(cube, { minLength: 1, maxLength: 6 }), (on) => {
      const result = minimiseExactly(on);
      for (const w of words) expect(holds(result, w)).toBe(holds(on, w));
      expect(holds(result, 64)).toBe(false);
    }));
  });

  it('and their complement share no word', () => {
    checkProperty(fc.property(fc.array(cube, { maxLength: 6 }), (on) => {
      for (const w of words) expect(holds(complement(on), w)).toBe(!holds(on, w));
    }));
  });

  it('are refused when a word is both in and out', () => {
    expect(() => minimise([{ match: 1, mask: 1 }], [{ match: 3, mask: 3 }])).toThrow('a word is both in and out of the set');
  });

  it('merge neighbours', () => {
    expect(minimiseExactly([0, 1, 2, 3].map((match) => ({ match, mask: 0xffff_ffff })))).toEqual([{ match: 0, mask: 0xffff_fffc }]);
  });
});
