// What of a windowed layer lies in main memory: weights in the order of their use, channel records, the result.
// Must not know: instructions.
import { CHANNEL_RECORD_BYTES } from '../../hw/isa/tensor.ts';
import type { TensorParams } from '../../hw/tensor/params.ts';
import { packRecords } from '../compiler/layout.ts';
import type { KernelElement } from './image-form.ts';
import { pixelsOf } from './layer.ts';
import type { WindowedLayer } from './layer.ts';
import { kernelChannels } from './numbers.ts';
import type { WindowedNumbers } from './numbers.ts';
import { outputLanes, productRows, stepGroups } from './windowed-plan.ts';
import type { WindowedPlan } from './windowed-plan.ts';

/** Step by step and product by product; of each a row of `rows` lanes for every column, or, where channels do not mix, one row for all. */
export function packKernels(plan: WindowedPlan, { weights }: WindowedNumbers, rows: number): Uint8Array {
  const { layer, op, steps, weightRows } = plan;
  const packed = new Int8Array(steps.length * weightRows * rows);
  const perPixel = kernelChannels(layer);
  const weight = (output: number, { ky, kx, channel }: KernelElement): number =>
    weights[((output * layer.kernelHeight + ky) * layer.kernelWidth + kx) * perPixel + channel];
  for (const [index, { products, columns, channel }] of steps.entries()) {
    let next = index * weightRows * rows;
    for (const { lanes, taps = [] } of products) {
      if (op === 'mm' || op === 'mv') {
        for (let column = 0; column < columns; column += 1) {
          const row = next + column * rows;
          for (const [lane, element] of lanes.entries()) if (element) packed[row + lane] = weight(channel + column, element);
        }
        next += productRows(plan, steps[index]) * rows;
      } else {
        for (const row of [lanes, ...taps]) {
          for (const [lane, element] of row.slice(0, columns).entries()) {
            if (element) packed[next + lane] = weight(channel + lane, { ...element, channel: 0 });
          }
          next += rows;
        }
      }
    }
  }
  return new Uint8Array(packed.buffer);
}

/** Channel records, in whose bias the zero point of the inputs is: pixels beside the image are the zero point too. */
export function packWindowedRecords({ output: { channels } }: WindowedLayer, numbers: WindowedNumbers): Uint8Array {
  const perOutput = numbers.weights.length / channels;
  const bias = numbers.bias.map((value, output) => {
    const sum = numbers.weights.subarray(output * perOutput, (output + 1) * perOutput).reduce((total, weight) => total + weight, 0);
    return value - numbers.inputZeroPoint * sum;
  });
  const records = packRecords({ ...numbers, outputs: channels, bias });
  if (records.length !== channels * CHANNEL_RECORD_BYTES) throw new RangeError('a channel without a record');
  return records;
}

/**
 * The output, NHWC, as the chip leaves it: for each step as many groups of channels as its columns fill rows, one pixel of a group behind
 * the other. Lanes that no channel is in are 0.
 */
export function packOutput(values: Int8Array, { layer: { output }, steps }: Pick<WindowedPlan, 'layer' | 'steps'>, p: TensorParams): Int8Array {
  const [pixels, lanes, parts] = [pixelsOf(output), outputLanes(p), stepGroups(p)];
  const groups = (steps.length - 1) * parts + Math.ceil(steps[steps.length - 1].columns / p.rows);
  const packed = new Int8Array(groups * pixels * lanes);
  for (const [step, { channel, columns }] of steps.entries()) {
    for (let column = 0; column < columns; column += 1) {
      const group = step * parts + Math.floor(column / lanes);
      for (let pixel = 0; pixel < pixels; pixel += 1) {
        packed[(group * pixels + pixel) * lanes + (column % lanes)] = values[pixel * output.channels + channel + column];
      }
    }
  }
  return packed;
}
