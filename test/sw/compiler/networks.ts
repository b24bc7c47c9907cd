// Random quantised networks and chips for the compiler's tests.
import { ALL_FEATURES } from '../../../hw/isa/tensor-rows.ts';
import type { TensorParams } from '../../../hw/tensor/params.ts';
import type { ChipTarget } from '../../../sw/compiler/chip-target.ts';
import { Random } from '../../../sw/data/random.ts';
import type { QuantisedDense, QuantisedGraph, QuantisedTensor } from '../../../sw/quantise/quantised-graph.ts';

export function chip(changes: Partial<TensorParams> = {}, ramBytes = 8 * 2 ** 20): ChipTarget {
  const tensor: TensorParams = {
    rows: 16, columns: 16, scratchpadRows: 4096, accumulatorRows: 1024, channels: 1024,
    scratchpadBanks: 4, accumulatorBanks: 2, vectorLanes: 1,
    requantiser: 'pipelined', queueDepth: 4, hazardBlocks: 16, counters: true, busBytes: 16, idBits: 2, pipelineEvery: 1, ...ALL_FEATURES, multiplier: 'generic', ...changes,
  };
  return { tensor, ramBytes };
}

/** Layers of `sizes[i] → sizes[i + 1]` features, with weights, biases and scales over the whole range of each. */
export function network(sizes: readonly number[], seed: number, rowsPerItem = 1): QuantisedGraph {
  const random = new Random(seed);
  const between = (low: number, high: number): number => low + random.below(high - low + 1);
  const tensor = (name: string, features: number): QuantisedTensor => ({ name, shape: [rowsPerItem, features], scale: 1, zeroPoint: 0 });
  const values = sizes.map((features, index) => tensor(`v${index}`, features));
  const layers = sizes.slice(1).map((outputs, index): QuantisedDense => {
    const inputs = sizes[index];
    const fill = <T extends Int8Array | Int32Array | Uint8Array>(array: T, low: number, high: number): T => {
      for (let i = 0; i < array.length; i += 1) array[i] = between(low, high);
      return array;
    };
    const outputZeroPoint = between(-128, 127);
    return {
      kind: 'dense', name: `v${index + 1}`, input: `v${index}`, output: `v${index + 1}`, inputs, outputs,
      weights: fill(new Int8Array(inputs * outputs), -127, 127), bias: fill(new Int32Array(outputs), -(2 ** 20), 2 ** 20),
      multiplier: fill(new Int32Array(outputs), 2 ** 20, 2 ** 31 - 1), shift: fill(new Uint8Array(outputs), 36, 46),
      outputZeroPoint, clampMin: random.below(2) === 0 ? -128 : outputZeroPoint, clampMax: 127,
      inputScale: 1, inputZeroPoint: 0, weightScales: new Float32Array(outputs).fill(1), outputScale: 1,
    };
  });
  const byName = new Map(values.map((value) => [value.name, value]));
  return { name: 'random', input: values[0], output: values[values.length - 1], values: byName, layers };
}

export function randomInput(graph: QuantisedGraph, batch: number, seed: number): Int8Array {
  const random = new Random(seed);
  const size = graph.input.shape.reduce((product, part) => product * part, batch);
  return Int8Array.from({ length: size }, () => random.below(256) - 128);
}
