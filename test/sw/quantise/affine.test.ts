import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { affineParams, dequantiseValues, quantiseValue, quantiseValues, roundAwayFromZero } from '../../../sw/quantise/affine.ts';
import { checkProperty } from '../../support/property.ts';

const real = fc.float({ noNaN: true, noDefaultInfinity: true });

describe('affine int8', () => {
  it('keeps 0 exact for every range, and every real of the range to half a step and the rounding of the zero point', () => {
    checkProperty(fc.property(real, real, fc.double({ min: 0, max: 1, noNaN: true }), (a, b, t) => {
      const range = { min: Math.min(a, b), max: Math.max(a, b) };
      const params = affineParams(range);
      expect(params.scale).toBe(Math.fround(params.scale));
      expect(params.zeroPoint).toBe(Math.trunc(params.zeroPoint));
      expect(quantiseValue(0, params)).toBe(params.zeroPoint);
      const value = range.min * (1 - t) + range.max * t;
      const back = (quantiseValue(value, params) - params.zeroPoint) * params.scale;
      expect(Math.abs(back - value)).toBeLessThanOrEqual(params.scale * 1.001);
    }));
  });

  it('knows common ranges', () => {
    expect(affineParams({ min: 0, max: 255 })).toEqual({ scale: 1, zeroPoint: -128 });
    expect(affineParams({ min: -128, max: 127 })).toEqual({ scale: 1, zeroPoint: 0 });
    expect(affineParams({ min: -255, max: -1 })).toEqual({ scale: 1, zeroPoint: 127 });
    expect(affineParams({ min: 0, max: 0 })).toEqual({ scale: 1, zeroPoint: 0 });
  });

  it('rounds away from zero and saturates', () => {
    expect([-2.5, -0.5, -0.2, 0.5, 2.5].map(roundAwayFromZero)).toEqual([-3, -1, 0, 1, 3]);
    const params = { scale: 2, zeroPoint: 100 };
    expect([...quantiseValues(Float32Array.of(-1e9, 0, 3, 53, Infinity, NaN), params)]).toEqual([-128, 100, 102, 127, 127, 100]);
    expect([...dequantiseValues(Int8Array.of(-128, 100, 127), params)]).toEqual([-456, 0, 54]);
  });
});
