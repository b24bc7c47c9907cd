import { describe, expect, it } from 'vitest';
import { numberText } from '../../gen/number-text.ts';
import { QUANTITIES, valuesOf } from '../../explore/quantities.ts';
import { loadConfig } from '../../hw/soc/config-file.ts';
import { measurementOf } from './fakes.ts';

describe('quantities', () => {
  it('have one value each at a measured point', () => {
    const point = { name: 'p', config: loadConfig('nano') };
    const measured = { measurement: measurementOf(4, 4), key: 'k', isReused: false, seconds: 1 };
    const values = valuesOf({ point, measured, objectives: { score: 2 }, isOnFront: true });
    expect(Object.keys(values)).toEqual([...QUANTITIES.map((q) => q.name), 'score']);
    const { tensor, soc } = point.config;
    expect(values).toMatchObject({
      rows: tensor.rows, scratchpadBytes: tensor.rows * tensor.scratchpadRows,
      accumulatorBytes: 4 * tensor.columns * tensor.accumulatorRows,
      clockHz: soc.clockHz, dsp: 16, bram: 12.5, score: 2,
    });
    expect(Object.keys(valuesOf({ point, error: 'x' }))).toEqual(QUANTITIES.slice(0, 9).map((q) => q.name));
  });

  it('are written for people', () => {
    expect([numberText(1234567, 'count'), numberText(38.5, 'count'), numberText(-1200, 'count'), numberText(262144, 'bytes'), numberText(600, 'bytes'), numberText(0.98765, 'share'), numberText(12e6, 'frequency')])
      .toEqual(['1,234,567', '38.5', '-1,200', '256 KiB', '600 B', '98.77 %', '12 MHz']);
    expect([0, 1612.6, 6.4432, 0.00012346, 1e-9, 2e21].map((n) => numberText(n, 'decimal'))).toEqual(['0', '1,613', '6.443', '0.0001235', '1e-9', '2e+21']);
    expect([null, undefined].map((n) => numberText(n, 'count'))).toEqual(['–', '–']);
  });
});
