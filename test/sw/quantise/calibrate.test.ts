import { describe, expect, it } from 'vitest';
import { calibrate } from '../../../sw/quantise/calibrate.ts';
import { chain } from '../graph/graphs.ts';

const graph = chain([{ weights: [[1], [-2]], bias: [1, 0], relu: true }]);

describe('calibrate', () => {
  it('gives the range of every value that is computed', () => {
    const ranges = calibrate(graph, Float32Array.of(-3, 0, 5), 3);
    expect(Object.fromEntries(ranges)).toEqual({
      x: { min: -3, max: 5 }, 'l0.product': { min: -10, max: 6 }, 'l0.sum': { min: -10, max: 6 }, 'l0.relu': { min: 0, max: 6 },
    });
  });

  it('cuts outliers off both ends at a percentile, to a bin of the histogram', () => {
    const data = Float32Array.from({ length: 1001 }, (_, index) => index - 500);
    data[0] = -9000;
    data[1000] = 9000;
    const range = calibrate(graph, data, 1001, { percentile: 99 }).get('x');
    const bin = 18000 / 4096;
    expect(range?.min).toBeGreaterThanOrEqual(-490 - bin);
    expect(range?.min).toBeLessThanOrEqual(-490);
    expect(range?.max).toBeGreaterThanOrEqual(490);
    expect(range?.max).toBeLessThanOrEqual(490 + bin);
    expect(calibrate(graph, Float32Array.of(4, 4), 2, { percentile: 99 }).get('x')).toEqual({ min: 4, max: 4 });
  });

  it('refuses what it cannot use', () => {
    expect(() => calibrate(graph, new Float32Array(0), 0)).toThrow('graph chain: calibration has no items; give at least one');
    for (const percentile of [50, 101, NaN]) {
      expect(() => calibrate(graph, Float32Array.of(1), 1, { percentile })).toThrow(
        `calibration: percentile ${percentile}: is not above 50 and at most 100; give such a number`,
      );
    }
    expect(() => calibrate(chain([{ weights: [[3e38]], relu: false }]), Float32Array.of(9), 1)).toThrow(
      'graph chain: value l0.product: overflows float32 on the calibration data; use a model with sane weights and data in range',
    );
  });
});
