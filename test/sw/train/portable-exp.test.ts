import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { portableExp } from '../../../sw/train/portable-exp.ts';
import { checkProperty } from '../../support/property.ts';

describe('portableExp', () => {
  it('agrees with Math.exp as closely as it promises', () => {
    checkProperty(fc.property(fc.double({ min: -700, max: 0, noNaN: true }), (x) => {
      expect(Math.abs(portableExp(x) / Math.exp(x) - 1)).toBeLessThan(1e-15 * (1 + Math.abs(x)));
    }), { runs: 2000 });
  });

  it('knows its ends', () => {
    expect([0, -0, -701, -Infinity].map(portableExp)).toEqual([1, 1, 0, 0]);
    expect(portableExp(NaN)).toBeNaN();
  });
});
