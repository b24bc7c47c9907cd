// Quantises a fused graph to int8: TFLite's scheme, activations asymmetric, weights symmetric per output channel.
// Must not know: the chip's sizes, architectures.
import { UserError } from '../../gen/user-error.ts';
import { elementCount, requireValue, valueTable } from '../graph/graph.ts';
import type { DenseValue, Graph, GraphValue, InputValue, ValueName } from '../graph/graph.ts';
import { fuseDense } from '../graph/fuse.ts';
import { normaliseInput, singleInput } from '../reference/float-executor.ts';
import { INT8_MAX, INT8_MIN, WEIGHT_MAX, affineParams, clampInt8, float32Scale, roundAwayFromZero } from './affine.ts';
import type { AffineParams, Range } from './affine.ts';
import { calibrate } from './calibrate.ts';
import type { CalibrationOptions } from './calibrate.ts';
import type { QuantisedDense, QuantisedGraph, QuantisedInput, QuantisedLayer, QuantisedTensor } from './quantised-graph.ts';
import { fixedMultiplier } from './requantise.ts';

/** Quantised biases stay below this, which leaves the other half of an int32 to the sum of products. */
const BIAS_LIMIT = 2 ** 30;

/**
 * All steps in one: fuses, calibrates with `samples` and quantises.
 * @param graph of one input and one output, as a front end makes it
 * @param samples whole items of the input: raw bytes, or normalised floats
 * @throws UserError where the graph has an op that int8 does not know yet, or the samples do not fit
 */
export function quantiseModel(graph: Graph, samples: Uint8Array | Float32Array, options: CalibrationOptions = {}): QuantisedGraph {
  const fused = fuseDense(graph);
  const input = singleInput(fused);
  const reals = samples instanceof Float32Array ? samples : normaliseInput(input, samples);
  const batch = reals.length / elementCount(input.shape);
  if (!Number.isInteger(batch)) {
    throw new UserError(
      `graph ${graph.name}: calibration data has ${reals.length} values; give a multiple of ${elementCount(input.shape)}`,
    );
  }
  return quantiseGraph(fused, calibrate(fused, reals, batch, options));
}

/**
 * Quantises a fused graph with known ranges. Scales are float32 (so they can be stored anywhere without a change); everything derived
 * from them is computed in double precision and rounded once.
 * @param ranges of the input (unless it has raw bytes) and of every computed value
 * @throws UserError for an op that int8 does not know yet, or parameters that no int32 can hold
 */
export function quantiseGraph(graph: Graph, ranges: ReadonlyMap<ValueName, Range>): QuantisedGraph {
  const constants = valueTable(graph);
  const values = new Map<ValueName, QuantisedTensor>();
  const layers: QuantisedLayer[] = [];
  const input = quantisedInput(singleInput(graph), ranges);
  values.set(input.name, input);
  for (const value of graph.values) {
    if (value.op === 'input' || value.op === 'constant') continue;
    if (value.op !== 'dense') {
      throw new UserError(`graph ${graph.name}: value ${value.name}: int8 has no op ${value.op} of its own yet; fuse it`);
    }
    const source = values.get(value.input);
    if (source === undefined) {
      throw new UserError(`graph ${graph.name}: value ${value.name}: reads the constant ${value.input}; compute it before quantising`);
    }
    const output = { name: value.name, shape: value.shape, ...affineParams(requireRange(graph, value.name, ranges)) };
    values.set(output.name, output);
    layers.push(quantisedDense(graph, value, constants, source, output));
  }
  if (graph.outputs.length !== 1) throw new UserError(`graph ${graph.name}: has ${graph.outputs.length} outputs; int8 takes exactly one`);
  const output = values.get(graph.outputs[0]);
  if (output === undefined) throw new UserError(`graph ${graph.name}: output ${graph.outputs[0]}: is a constant; choose a computed value`);
  return { name: graph.name, input, output, values, layers };
}

/** Raw bytes keep their own scale: then `q = byte - 128` loses nothing, whatever the samples were. */
function quantisedInput(input: InputValue, ranges: ReadonlyMap<ValueName, Range>): QuantisedInput {
  const { name, shape, normalisation } = input;
  if (normalisation === undefined) return { name, shape, ...affineParams(ranges.get(name) ?? { min: 0, max: 0 }) };
  return { name, shape, scale: float32Scale(normalisation.scale), zeroPoint: normalisation.zeroPoint + INT8_MIN, normalisation };
}

function quantisedDense(
  graph: Graph, value: DenseValue, constants: ReadonlyMap<ValueName, GraphValue>, source: QuantisedTensor, target: QuantisedTensor,
): QuantisedDense {
  const reals = constantData(constants, value.weights);
  const outputs = target.shape[target.shape.length - 1];
  const inputs = reals.length / outputs;
  const biases = value.bias === undefined ? new Float32Array(outputs) : constantData(constants, value.bias);
  const layer = {
    weights: new Int8Array(reals.length),
    bias: new Int32Array(outputs),
    multiplier: new Int32Array(outputs),
    shift: new Uint8Array(outputs),
    weightScales: new Float32Array(outputs),
  };
  for (let channel = 0; channel < outputs; channel += 1) {
    const row = reals.subarray(channel * inputs, (channel + 1) * inputs);
    const weightScale = channelScale(row, biases[channel], source);
    const rowSum = quantiseRow(row, weightScale, layer.weights.subarray(channel * inputs, (channel + 1) * inputs));
    const accumulatorScale = source.scale * weightScale;
    const bias = roundAwayFromZero(biases[channel] / accumulatorScale) - source.zeroPoint * rowSum;
    if (bias !== (bias | 0)) {
      throw new UserError(`graph ${graph.name}: value ${value.name}: output ${channel} has a bias beyond int32; split its inputs`);
    }
    const { multiplier, shift } = fixedMultiplier(accumulatorScale / target.scale);
    layer.weightScales[channel] = weightScale;
    layer.bias[channel] = bias;
    layer.multiplier[channel] = multiplier;
    layer.shift[channel] = shift;
  }
  return {
    kind: 'dense', name: value.name, input: source.name, output: target.name, inputs, outputs, ...layer,
    outputZeroPoint: target.zeroPoint,
    clampMin: value.activation === 'relu' ? target.zeroPoint : INT8_MIN,
    clampMax: INT8_MAX,
    inputScale: source.scale, inputZeroPoint: source.zeroPoint, outputScale: target.scale,
  };
}

/**
 * The scale of one channel's weights: the largest becomes ±127. Where the weights are so small beside the bias that the bias would
 * not fit its half of an int32 (all zero, for instance), the bias decides.
 */
function channelScale(row: Float32Array, bias: number, { scale }: AffineParams): number {
  const largest = row.reduce((sofar, weight) => Math.max(sofar, Math.abs(weight)), 0);
  const wanted = Math.max(largest / WEIGHT_MAX, Math.abs(bias) / scale / BIAS_LIMIT);
  return wanted === 0 ? 1 : float32Scale(wanted);
}

/** Writes the quantised weights; returns their sum. */
function quantiseRow(row: Float32Array, scale: number, target: Int8Array): number {
  let sum = 0;
  for (let index = 0; index < row.length; index += 1) {
    // No clamp to ±127 is needed but for a scale that float32 has rounded down.
    const weight = Math.max(-WEIGHT_MAX, clampInt8(roundAwayFromZero(row[index] / scale)));
    target[index] = weight;
    sum += weight;
  }
  return sum;
}

function constantData(constants: ReadonlyMap<ValueName, GraphValue>, name: ValueName): Float32Array {
  const value = constants.get(name);
  if (value?.op !== 'constant') throw new Error(`${name} is not a constant; the graph was not validated`);
  return value.data;
}

function requireRange(graph: Graph, name: ValueName, ranges: ReadonlyMap<ValueName, Range>): Range {
  const range = ranges.get(requireValue(graph, name).name);
  if (range === undefined) throw new UserError(`graph ${graph.name}: value ${name}: has no range; calibrate the same graph`);
  return range;
}
