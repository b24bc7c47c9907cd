// Numbers for a layer that is measured by itself, and what it must then compute, by plain loops over the definition.
// Must not know: chips, memories.
import type { Random } from '../data/random.ts';
import { requantise } from '../quantise/requantise.ts';
import { elementsOf, pixelsOf } from './layer.ts';
import type { WindowedLayer } from './layer.ts';

/** A windowed layer's numbers: weights `[outputs][kernelHeight][kernelWidth][inputs]`, of a depthwise layer and a pool `inputs` 1. */
export interface WindowedNumbers {
  readonly weights: Int8Array;
  readonly inputZeroPoint: number;
  readonly bias: Int32Array;
  readonly multiplier: Int32Array;
  readonly shift: Uint8Array;
  readonly outputZeroPoint: number;
  readonly clampMin: number;
  readonly clampMax: number;
}

export const kernelChannels = ({ kind, input }: WindowedLayer): number => (kind === 'conv' ? input.channels : 1);

/** Bits of a multiplier's fraction. */
const FRACTION = 31;
/** An int8 that is equally often anything has this standard deviation. */
const DEVIATION = 73;

export function randomNumbers(layer: WindowedLayer, random: Random): WindowedNumbers {
  const { channels } = layer.output;
  if (layer.kind === 'averagePool') return averageNumbers(layer);
  const terms = layer.kernelHeight * layer.kernelWidth * kernelChannels(layer);
  const real = 32 / (DEVIATION * DEVIATION * Math.sqrt(terms));
  const shift = FRACTION + Math.floor(-Math.log2(real));
  const ofChannel = (value: () => number): Int32Array => Int32Array.from({ length: channels }, value);
  return {
    weights: randomInt8(channels * terms, random),
    inputZeroPoint: random.below(200) - 100,
    bias: ofChannel(() => random.below(2 ** 14) - 2 ** 13),
    multiplier: ofChannel(() => Math.round(real * 2 ** shift * (0.5 + random.unit() / 2))),
    shift: new Uint8Array(channels).fill(shift),
    outputZeroPoint: random.below(200) - 100, clampMin: -128, clampMax: 127,
  };
}

/**
 * The mean of a window, halves away from zero, as TFLite's AVERAGE_POOL_2D rounds: a multiplier a little above 1 / pixels takes halves away
 * from zero in both directions, and nothing else to another number.
 */
function averageNumbers({ kernelHeight, kernelWidth, output: { channels } }: WindowedLayer): WindowedNumbers {
  const pixels = kernelHeight * kernelWidth;
  const shift = FRACTION - 1 + Math.floor(Math.log2(pixels));
  return {
    weights: new Int8Array(channels * pixels).fill(1), inputZeroPoint: 0, bias: new Int32Array(channels),
    multiplier: new Int32Array(channels).fill(Math.floor(2 ** shift / pixels) + 1), shift: new Uint8Array(channels).fill(shift),
    outputZeroPoint: 0, clampMin: -128, clampMax: 127,
  };
}

export const randomInt8 = (count: number, random: Random): Int8Array => Int8Array.from({ length: count }, () => random.below(255) - 127);

/** The output, NHWC. Pixels beside the image count as the zero point. */
export function windowedReference(layer: WindowedLayer, numbers: WindowedNumbers, input: Int8Array): Int8Array {
  const { input: { width, channels: inputs }, output: { channels: outputs } } = layer;
  const result = new Int8Array(elementsOf(layer.output));
  const perPixel = kernelChannels(layer);
  for (let pixel = 0; pixel < pixelsOf(layer.output); pixel += 1) {
    const taps = tapsOf(layer, pixel);
    for (let channel = 0; channel < outputs; channel += 1) {
      const first = layer.kind === 'conv' ? 0 : channel;
      let sum = 0;
      for (const { x, y, tap } of taps) {
        for (let c = 0; c < perPixel; c += 1) {
          const value = input[(y * width + x) * inputs + first + c] - numbers.inputZeroPoint;
          sum += value * numbers.weights[(channel * layer.kernelHeight * layer.kernelWidth + tap) * perPixel + c];
        }
      }
      result[pixel * outputs + channel] = requantise(
        sum + numbers.bias[channel], numbers.multiplier[channel], numbers.shift[channel],
        numbers.outputZeroPoint, numbers.clampMin, numbers.clampMax);
    }
  }
  return result;
}

interface Tap {
  readonly x: number;
  readonly y: number;
  /** Of the kernel. */
  readonly tap: number;
}

/** Pixels of the image that an output takes. */
function tapsOf({ input, output, kernelHeight, kernelWidth, stride, padTop, padLeft }: WindowedLayer, pixel: number): readonly Tap[] {
  const [top, left] = [Math.floor(pixel / output.width) * stride - padTop, (pixel % output.width) * stride - padLeft];
  const taps: Tap[] = [];
  for (let tap = 0; tap < kernelHeight * kernelWidth; tap += 1) {
    const [y, x] = [top + Math.floor(tap / kernelWidth), left + (tap % kernelWidth)];
    if (y >= 0 && y < input.height && x >= 0 && x < input.width) taps.push({ x, y, tap });
  }
  return taps;
}
