import { describe, expect, it } from 'vitest';
import { Random } from '../../../sw/data/random.ts';
import { windowed } from '../../../sw/layers/layer.ts';
import { randomNumbers, windowedReference } from '../../../sw/layers/numbers.ts';
import { requantise } from '../../../sw/quantise/requantise.ts';

describe('numbers of a pool', () => {
  it('round the mean of a window as TFLite does: halves away from zero', () => {
    for (const [height, width] of [[1, 1], [1, 2], [2, 2], [3, 3], [1, 6], [4, 4], [8, 8], [25, 5], [16, 16], [13, 31]]) {
      const pixels = height * width;
      const layer = windowed('averagePool', 'pool', { height, width, channels: 1 }, { kernel: [height, width], padding: 'valid' });
      const { multiplier: [multiplier], shift: [shift], outputZeroPoint, clampMin, clampMax } = randomNumbers(layer, new Random(1));
      for (let sum = -128 * pixels; sum <= 127 * pixels; sum += 1) {
        // The reference kernel of AVERAGE_POOL_2D for int8: (sum ± count / 2) / count, a division that cuts.
        const mean = Math.trunc((sum > 0 ? sum + Math.floor(pixels / 2) : sum - Math.floor(pixels / 2)) / pixels);
        if (requantise(sum, multiplier, shift, outputZeroPoint, clampMin, clampMax) !== mean) expect(sum).toBe(`not ${mean} of ${pixels}`);
      }
    }
  });
});

describe('the reference', () => {
  it('sums over the window, pixels beside the image left out', () => {
    const layer = windowed('conv', 'one', { height: 2, width: 2, channels: 1 }, { kernel: [3, 3] });
    const numbers = {
      weights: Int8Array.from([1, 2, 3, 4, 5, 6, 7, 8, 9]), inputZeroPoint: 1, bias: Int32Array.from([10]),
      multiplier: Int32Array.from([2 ** 30]),
      shift: Uint8Array.from([31]), outputZeroPoint: 3, clampMin: -128, clampMax: 100,
    };
    // Input less zero point: 1 2 / 3 4. The first output: (10 + 5·1 + 6·2 + 8·3 + 9·4) / 2 + 3.
    expect([...windowedReference(layer, numbers, Int8Array.from([2, 3, 4, 5]))]).toEqual([47, 42, 32, 27]);
  });
});
