// Runs a quantised graph with the very integers of the chip: the reference that simulations are compared with, byte for byte.
// Must not know: tiles, memories, instructions.
import { UserError } from '../../gen/user-error.ts';
import { elementCount } from '../graph/graph.ts';
import type { ValueName } from '../graph/graph.ts';
import type { QuantisedDense, QuantisedGraph, QuantisedLayer } from '../quantise/quantised-graph.ts';
import { requantise } from '../quantise/requantise.ts';

/** Called after each layer with its wrapped sums (bias included) and its result, both `[rows, outputs]`. */
export type Int8Observer = (layer: QuantisedLayer, accumulators: Int32Array, result: Int8Array) => void;

/**
 * Runs `batch` items.
 * @param input `[batch, ...shape]`, from `quantiseInput`
 * @returns `[batch, ...shape]` of the output
 * @throws UserError where the input has another size
 */
export function executeInt8(graph: QuantisedGraph, input: Int8Array, batch: number, observe: Int8Observer = () => {}): Int8Array {
  const expected = batch * elementCount(graph.input.shape);
  if (input.length !== expected) {
    throw new UserError(`graph ${graph.name}: input ${graph.input.name}: has ${input.length} values; ${batch} items are ${expected}`);
  }
  const values = new Map<ValueName, Int8Array>([[graph.input.name, input]]);
  const read = (name: ValueName): Int8Array => {
    const data = values.get(name);
    if (data === undefined) throw new Error(`value ${name} is read before it is computed; the layers are out of order`);
    return data;
  };
  for (const layer of graph.layers) {
    const accumulators = accumulateDense(layer, read(layer.input));
    const result = requantiseDense(layer, accumulators);
    observe(layer, accumulators, result);
    values.set(layer.output, result);
  }
  return read(graph.output.name);
}

/** `input [rows,K] · weightsᵀ + bias → [rows,N]`, modulo 2^32 like the chip's accumulators, which do not saturate. */
export function accumulateDense(layer: QuantisedDense, input: Int8Array): Int32Array {
  const { inputs, outputs, weights, bias } = layer;
  const rows = input.length / inputs;
  const sums = new Int32Array(rows * outputs);
  for (let row = 0; row < rows; row += 1) {
    const from = row * inputs;
    for (let output = 0; output < outputs; output += 1) {
      const start = output * inputs;
      let sum = bias[output];
      for (let k = 0; k < inputs; k += 1) sum = (sum + input[from + k] * weights[start + k]) | 0;
      sums[row * outputs + output] = sum;
    }
  }
  return sums;
}

/** Accumulators `[rows,N]` to int8, channel by channel. */
export function requantiseDense(layer: QuantisedDense, accumulators: Int32Array): Int8Array {
  const { outputs, multiplier, shift, outputZeroPoint, clampMin, clampMax } = layer;
  return Int8Array.from(accumulators, (sum, index) => {
    const channel = index % outputs;
    return requantise(sum, multiplier[channel], shift[channel], outputZeroPoint, clampMin, clampMax);
  });
}
