import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { DIGIT_PIXELS, loadMnistSplit } from '../../../sw/data/mnist-digits.ts';
import type { DigitSet } from '../../../sw/data/mnist-digits.ts';
import { encodeGguf, parseGguf, readGgufFile } from '../../../sw/formats/gguf.ts';
import { trainMnistFc } from '../../../sw/train/train-mnist-fc.ts';
import { DEFAULT_TRAIN_OPTIONS } from '../../../sw/train/train-options.ts';

const first = ({ pixels, labels }: DigitSet, count: number): DigitSet => ({
  count, pixels: pixels.slice(0, count * DIGIT_PIXELS), labels: labels.slice(0, count),
});
const { train, heldOut } = loadMnistSplit();
const SMALL = {
  ...DEFAULT_TRAIN_OPTIONS, epochs: 4, hidden: 24, learningRate: 5e-3, distortion: 0.5,
  digits: { train: first(train, 1500), heldOut: first(heldOut, 300) },
};
const committed = fileURLToPath(new URL('../../../models/mnist-fc.gguf', import.meta.url));

describe('training', () => {
  it('learns, reports each epoch, and gives the same file for the same seed only', () => {
    const epochs: number[] = [];
    const shares: number[] = [];
    const result = trainMnistFc(SMALL, ({ epoch, epochs: all, confidence }) => {
      expect(all).toBe(4);
      epochs.push(epoch);
      expect(confidence).toBeGreaterThan(0.1);
    }, { note: () => undefined, start: () => ({ at: (share) => shares.push(share), end: () => undefined }) });
    expect(shares).toEqual(Array.from({ length: 120 }, (_, step) => (step + 1) / 120));
    expect(epochs).toEqual([1, 2, 3, 4]);
    expect(result.heldOutCorrect / result.heldOutCount).toBeGreaterThan(0.75);
    const bytes = encodeGguf(result.content);
    expect(Buffer.from(encodeGguf(trainMnistFc(SMALL).content)).equals(bytes)).toBe(true);
    expect(Buffer.from(encodeGguf(trainMnistFc({ ...SMALL, seed: 2 }).content)).equals(bytes)).toBe(false);
  });

  it('gives the layout that ggml reads: one key, four F32 tensors in row-major order', () => {
    const result = trainMnistFc({ ...SMALL, epochs: 1 });
    for (const [file, hidden] of [[parseGguf(encodeGguf(result.content), 'f'), 24], [readGgufFile(committed), 500]] as const) {
      expect([...file.keyValues]).toEqual([['general.architecture', { type: 'string', value: 'mnist-fc' }]]);
      expect([...file.tensors.values()].map(({ name, type, dimensions }) => [name, type, ...dimensions])).toEqual([
        ['fc1.weight', 'F32', 784, hidden], ['fc1.bias', 'F32', hidden], ['fc2.weight', 'F32', hidden, 10], ['fc2.bias', 'F32', 10],
      ]);
    }
    // The net keeps its first weights by pixel; the file keeps them by unit.
    const data = new Float32Array(result.content.tensors[0].data.buffer);
    expect(data[5 * 784 + 400]).toBe(result.net.weights1[400 * 24 + 5]);
  });
});
