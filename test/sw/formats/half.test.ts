import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { halfToNumber, numberToHalf } from '../../../sw/formats/half.ts';
import { checkProperty } from '../../support/property.ts';

describe('half', () => {
  it('comes back unchanged for each of the 65,536 bit patterns that is not a NaN', () => {
    const changed = Array.from({ length: 65536 }, (_, bits) => bits)
      .filter((bits) => !Number.isNaN(halfToNumber(bits)) && numberToHalf(halfToNumber(bits)) !== bits);
    expect(changed).toEqual([]);
  });

  it('knows the values of the standard', () => {
    expect([0x3c00, 0xc000, 0x7bff, 0x0400, 0x0001, 0x7c00, 0xfc00].map(halfToNumber))
      .toEqual([1, -2, 65504, 2 ** -14, 2 ** -24, Infinity, -Infinity]);
    expect(halfToNumber(0x7e00)).toBeNaN();
    expect(numberToHalf(NaN)).toBe(0x7e00);
    expect(numberToHalf(-0)).toBe(0x8000);
  });

  it('rounds to the nearest half, ties to even', () => {
    expect(numberToHalf(1 + 2 ** -11)).toBe(0x3c00);
    expect(numberToHalf(1 + 3 * 2 ** -11)).toBe(0x3c02);
    expect(numberToHalf(65519.99)).toBe(0x7bff);
    expect(numberToHalf(65520)).toBe(0x7c00);
    expect(numberToHalf(2 ** -25)).toBe(0);
    checkProperty(fc.property(fc.double({ min: -65504, max: 65504, noNaN: true }), (value) => {
      const bits = numberToHalf(value);
      const error = Math.abs(halfToNumber(bits) - value);
      for (const neighbour of [bits - 1, bits + 1]) {
        const other = halfToNumber(neighbour & 0xffff);
        if (Number.isFinite(other)) expect(error).toBeLessThanOrEqual(Math.abs(other - value));
      }
    }));
  });
});
