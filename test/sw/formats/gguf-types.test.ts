import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TENSOR_TYPES, alignUp, quoteName, tensorTypeOfCode } from '../../../sw/formats/gguf-types.ts';
import { checkProperty } from '../../support/property.ts';

describe('GGUF nouns', () => {
  it('finds every tensor type by its code, and none for the codes that were removed', () => {
    for (const [type, { code }] of Object.entries(TENSOR_TYPES)) expect(tensorTypeOfCode(code)).toBe(type);
    expect([4, 5, 31, 32, 33, 36, 37, 38, 43].map(tensorTypeOfCode)).toEqual(new Array(9).fill(undefined));
  });

  it('aligns up to the next multiple', () => {
    expect([0, 1, 31, 32, 33].map((offset) => alignUp(offset, 32))).toEqual([0, 32, 32, 32, 64]);
  });

  it('quotes any name as one short printable line', () => {
    checkProperty(fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (name) => {
      const quoted = quoteName(name);
      expect(quoted).toMatch(/^"[^\p{C}\p{Zl}\p{Zp}]*"$/u);
      expect(quoted.length).toBeLessThanOrEqual(64 * 10 + 3);
    }));
    expect(quoteName('fc1.weight')).toBe('"fc1.weight"');
    expect(quoteName('x'.repeat(65))).toBe(`"${'x'.repeat(64)}…"`);
  });
});
