import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FormulaError, evaluateFormula, evaluateWithMathJs } from '../../../hw/soc/formula.ts';
import { checkProperty } from '../../support/property.ts';

const none = (): undefined => undefined;

describe('a formula', () => {
  it('of a number and a usual unit is worth the same with and without mathjs', () => {
    const quantity = fc.tuple(fc.nat(4096), fc.constantFrom('', '.5', '.25'), fc.constantFrom('', ' '), fc.constantFrom('B', 'KiB', 'MiB', 'GiB', 'Hz', 'kHz', 'MHz', 'GHz'));
    checkProperty(fc.property(quantity, ([whole, fraction, gap, unit]) => {
      const text = `${whole}${fraction}${gap}${unit}`;
      const dimension = unit.endsWith('Hz') ? 'frequency' : 'size';
      expect(evaluateFormula(text, dimension, none)).toBeCloseTo(evaluateWithMathJs(text, dimension, none), 3);
    }), { runs: 60 });
  });

  it('keeps dimensions apart', () => {
    const lookup = (name: string) => ({ bytes: { value: 16, dimension: 'size' as const }, rows: { value: 4, dimension: 'count' as const } })[name];
    expect(evaluateFormula('bytes / 4 B', 'count', lookup)).toBe(4);
    expect(evaluateFormula('rows * bytes', 'size', lookup)).toBe(64);
    expect(evaluateFormula('2^rows', 'count', lookup)).toBe(16);
    expect(() => evaluateFormula('rows + bytes', 'size', lookup)).toThrow(FormulaError);
    expect(() => evaluateFormula('bytes * bytes', 'size', lookup)).toThrow('"bytes * bytes" is no size; give a size, such as "64 KiB"');
  });

  it.each(['a = 3', '[1, 2]', '"text"', '3 +', 'f(x) = x', 'createUnit("x")', 'rows[1]'])('%j is no way in', (text) => {
    expect(() => evaluateFormula(text, 'count', none)).toThrow(FormulaError);
  });
});
