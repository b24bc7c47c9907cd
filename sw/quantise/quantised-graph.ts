// The network as the chip sees it: int8 values, layers of integers. What tiling and code generation start from.
// Must not know: how it was calibrated, the chip's sizes.
import { UserError } from '../../gen/user-error.ts';
import { elementCount } from '../graph/graph.ts';
import type { InputNormalisation, Shape, ValueName } from '../graph/graph.ts';
import { quantiseValue, quantiseValues } from './affine.ts';
import type { AffineParams } from './affine.ts';

/** An int8 value between layers, or an end of the network. `shape` is that of one item of a batch, row-major. */
export interface QuantisedTensor extends AffineParams {
  readonly name: ValueName;
  readonly shape: Shape;
}

export interface QuantisedInput extends QuantisedTensor {
  readonly normalisation?: InputNormalisation;
}

/**
 * `input [M,K] int8 · weightsᵀ [K,N] int8 + bias [N] int32 → [M,N] int32 → requantised → int8`. With `acc[m][n]` the sum over k of
 * `input[m][k] * weights[n][k]` plus `bias[n]`, all wrapping modulo 2^32 like the chip's accumulators,
 * `output[m][n] = requantise(acc[m][n], multiplier[n], shift[n], outputZeroPoint, clampMin, clampMax)`.
 * The input's zero point is already in the bias.
 */
export interface QuantisedDense {
  readonly kind: 'dense';
  /** The layer is called after the value it makes. */
  readonly name: string;
  /** The number of rows is not the layer's: it is the batch times the rows of an item, and the scheduler's to split. */
  readonly m?: never;
  readonly input: ValueName;
  readonly output: ValueName;
  /** K */
  readonly inputs: number;
  /** N */
  readonly outputs: number;
  /** `[N][K]`, each -127..127 */
  readonly weights: Int8Array;
  /** `[N]`, with `-inputZeroPoint * sum_k weights[n][k]` folded in */
  readonly bias: Int32Array;
  /** `[N]`, each in [0, 2^31) */
  readonly multiplier: Int32Array;
  /** `[N]`, each 1..62 */
  readonly shift: Uint8Array;
  readonly outputZeroPoint: number;
  /** A ReLU is `clampMin = outputZeroPoint`. */
  readonly clampMin: number;
  readonly clampMax: number;
  /** What the integers stand for; no computation needs these. */
  readonly inputScale: number;
  readonly inputZeroPoint: number;
  /** `[N]` */
  readonly weightScales: Float32Array;
  readonly outputScale: number;
}

/** One layer; a further kind (convolution, pooling, residual add, …) is a further variant. */
export type QuantisedLayer = QuantisedDense;

/** A quantised network of one input and one output. `layers` are in an order in which they can run. */
export interface QuantisedGraph {
  readonly name: string;
  readonly input: QuantisedInput;
  readonly output: QuantisedTensor;
  /** Every int8 value: the input, then each layer's output. */
  readonly values: ReadonlyMap<ValueName, QuantisedTensor>;
  readonly layers: readonly QuantisedLayer[];
}

/** Multiply-accumulates of one item of a batch. */
export function macsOf(graph: QuantisedGraph): number {
  return graph.layers.reduce((sum, layer) => sum + elementCount(requireTensor(graph, layer.input).shape) * layer.outputs, 0);
}

/** The int8 value of that name. The graph's own names always exist. */
export function requireTensor(graph: QuantisedGraph, name: ValueName): QuantisedTensor {
  const tensor = graph.values.get(name);
  if (tensor === undefined) throw new Error(`quantised graph ${graph.name} has no value ${name}`);
  return tensor;
}

/**
 * Items for the network's input: raw bytes (`Uint8Array`, normalised as the graph says) or reals (`Float32Array`) to int8.
 * Bytes scaled by the graph's own scale map without loss: `q = byte - 128`.
 * @throws UserError for raw bytes where the input takes none, or where the values are not whole items
 */
export function quantiseInput({ name, input }: QuantisedGraph, values: Uint8Array | Float32Array): Int8Array {
  const size = elementCount(input.shape);
  if (values.length % size !== 0) {
    throw new UserError(`graph ${name}: input ${input.name}: has ${values.length} values; give a multiple of ${size}`);
  }
  if (values instanceof Float32Array) return quantiseValues(values, input);
  const { normalisation } = input;
  if (normalisation === undefined) throw new UserError(`graph ${name}: input ${input.name}: takes no raw bytes; give float values`);
  const table = Int8Array.from({ length: 256 }, (_, byte) => quantiseValue((byte - normalisation.zeroPoint) * normalisation.scale, input));
  return Int8Array.from(values, (byte) => table[byte]);
}
