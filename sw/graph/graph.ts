// The compiler's one graph: typed values in static single assignment, every value named and of a known shape.
// Front ends build it, passes rewrite it, executors and the code generator read it.
// Must not know: file formats, architectures, quantisation, the chip.
//
// To add an op (conv2d, pool, add, …): 1. a variant of `GraphValue` below; 2. its row in `op-table.ts` (operands, rules);
// 3. a kernel in `sw/reference/float-kernels.ts`; 4. if it survives fusion, a case in `sw/quantise/quantise.ts`, a layer kind in
// `sw/quantise/quantised-graph.ts` and its kernel in `sw/reference/int8-executor.ts`. TypeScript names each place that was forgotten.
import { UserError } from '../../gen/user-error.ts';

/** Sizes, outermost first; the data is row-major. Every size is at least 1. A batch is outside the graph: shapes are of one item. */
export type Shape = readonly number[];

/** The name of a value: unique in its graph, and how operands refer to it. */
export type ValueName = string;

/** What the raw elements of an input mean: `real = (raw - zeroPoint) * scale`. */
export interface InputNormalisation {
  readonly rawType: 'uint8';
  readonly scale: number;
  readonly zeroPoint: number;
}

export type Activation = 'none' | 'relu';

interface ValueBase {
  readonly name: ValueName;
  readonly shape: Shape;
}

/** What the user gives, as float32. `normalisation` tells how raw data (a photograph's bytes) become those floats. */
export interface InputValue extends ValueBase {
  readonly op: 'input';
  readonly normalisation?: InputNormalisation;
}

/** A parameter of the model. */
export interface ConstantValue extends ValueBase {
  readonly op: 'constant';
  /** As many elements as `shape` holds. */
  readonly data: Float32Array;
}

/** `activations [M,K] · weightsᵀ [K,N] → [M,N]`, the weights being a constant `[N,K]`: one row for each output. */
export interface MatmulValue extends ValueBase {
  readonly op: 'matmul';
  readonly activations: ValueName;
  readonly weights: ValueName;
}

/** `input [M,N] + bias [N] → [M,N]`, the bias being a constant that is added to every row. */
export interface AddBiasValue extends ValueBase {
  readonly op: 'add-bias';
  readonly input: ValueName;
  readonly bias: ValueName;
}

/** `max(input, 0)`, element by element. */
export interface ReluValue extends ValueBase {
  readonly op: 'relu';
  readonly input: ValueName;
}

/** What fusion makes: `activation(input [M,K] · weightsᵀ [K,N] + bias [N]) → [M,N]`. No bias means zero. */
export interface DenseValue extends ValueBase {
  readonly op: 'dense';
  readonly input: ValueName;
  readonly weights: ValueName;
  readonly bias?: ValueName;
  readonly activation: Activation;
}

/** One value and the op that makes it. */
export type GraphValue = InputValue | ConstantValue | MatmulValue | AddBiasValue | ReluValue | DenseValue;
export type OpName = GraphValue['op'];

/** A network. `values` is ordered: an operand stands before its user. */
export interface Graph {
  /** For messages and reports: the architecture, or the model's own name. */
  readonly name: string;
  readonly values: readonly GraphValue[];
  readonly outputs: readonly ValueName[];
}

/** The number of elements of a shape; 1 for a scalar's empty shape. */
export function elementCount(shape: Shape): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** The values by name. */
export function valueTable(graph: Graph): ReadonlyMap<ValueName, GraphValue> {
  return new Map(graph.values.map((value) => [value.name, value]));
}

/** The value of that name. @throws UserError where the graph has none */
export function requireValue(graph: Graph, name: ValueName): GraphValue {
  const value = graph.values.find((candidate) => candidate.name === name);
  if (value === undefined) throw new UserError(`graph ${graph.name}: value ${name}: does not exist; use one of the graph's values`);
  return value;
}

/** The graph's inputs, in order. */
export function inputsOf(graph: Graph): readonly InputValue[] {
  return graph.values.filter((value) => value.op === 'input');
}
