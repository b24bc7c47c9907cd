// Runs a graph in float32: the reference that quantisation is calibrated with and judged by.
// Must not know: quantisation, the chip.
import { UserError } from '../../gen/user-error.ts';
import { elementCount, inputsOf } from '../graph/graph.ts';
import type { Graph, GraphValue, InputValue, ValueName } from '../graph/graph.ts';
import { operandsOf } from '../graph/op-table.ts';
import { addBiasFloat, matmulFloat, reluFloat } from './float-kernels.ts';

/** Called for every value that depends on an input, right after it is computed; the array must not be kept or changed. */
export type FloatObserver = (value: GraphValue, data: Float32Array) => void;

/**
 * Runs `batch` items through a graph.
 * @param inputs for each graph input `[batch, ...shape]`, already normalised (see `normaliseInput`)
 * @returns for each graph output `[batch, ...shape]`
 * @throws UserError for a missing input or one of the wrong size
 */
export function executeFloat(
  graph: Graph, inputs: ReadonlyMap<ValueName, Float32Array>, batch: number, observe: FloatObserver = () => {},
): ReadonlyMap<ValueName, Float32Array> {
  const lastReaders = lastReaderOf(graph);
  const live = new Map<ValueName, Float32Array>();
  const read = (name: ValueName): Float32Array => {
    const data = live.get(name);
    if (data === undefined) throw new Error(`value ${name} is read before it is computed; the graph was not validated`);
    return data;
  };
  for (const value of graph.values) {
    const data = compute(graph, value, inputs, batch, read);
    live.set(value.name, data);
    if (value.op !== 'constant') observe(value, data);
    for (const operand of operandsOf(value)) if (lastReaders.get(operand) === value.name) live.delete(operand);
  }
  return new Map(graph.outputs.map((name) => [name, read(name)]));
}

/** The same for the usual graph of one input and one output. @throws UserError where it has more */
export function executeFloatSingle(graph: Graph, input: Float32Array, batch: number, observe?: FloatObserver): Float32Array {
  const outputs = executeFloat(graph, new Map([[singleInput(graph).name, input]]), batch, observe);
  if (outputs.size !== 1) throw new UserError(`graph ${graph.name}: has ${outputs.size} outputs; make it a graph of one output`);
  return [...outputs.values()][0];
}

/** The one input of a graph. @throws UserError where it has none or several */
export function singleInput(graph: Graph): InputValue {
  const inputs = inputsOf(graph);
  if (inputs.length !== 1) throw new UserError(`graph ${graph.name}: has ${inputs.length} inputs; make it a graph of one input`);
  return inputs[0];
}

/**
 * Raw bytes to the floats that the graph's input takes: `(raw - zeroPoint) * scale`, rounded to float32.
 * @throws UserError for an input that takes no raw bytes
 */
export function normaliseInput(input: InputValue, raw: Uint8Array): Float32Array {
  const { normalisation } = input;
  if (normalisation === undefined) throw new UserError(`input ${input.name}: takes no raw bytes; give float values`);
  const table = Float32Array.from({ length: 256 }, (_, byte) => (byte - normalisation.zeroPoint) * normalisation.scale);
  return Float32Array.from(raw, (byte) => table[byte]);
}

/** For each row of `scores [rows, classes]` the index of the largest value, the first one of equals. */
export function argmaxRows(scores: Float32Array | Int8Array, classes: number): Uint32Array {
  return Uint32Array.from({ length: scores.length / classes }, (_, row) => {
    let best = 0;
    for (let index = 1; index < classes; index += 1) if (scores[row * classes + index] > scores[row * classes + best]) best = index;
    return best;
  });
}

function compute(
  graph: Graph, value: GraphValue, inputs: ReadonlyMap<ValueName, Float32Array>, batch: number, read: (name: ValueName) => Float32Array,
): Float32Array {
  switch (value.op) {
    case 'input': return checkedInput(graph, value, inputs.get(value.name), batch);
    case 'constant': return value.data;
    case 'matmul': return matmulFloat(read(value.activations), read(value.weights), lastSize(value));
    case 'add-bias': return addBiasFloat(read(value.input), read(value.bias));
    case 'relu': return reluFloat(read(value.input));
    case 'dense': {
      const bias = value.bias === undefined ? undefined : read(value.bias);
      const sum = matmulFloat(read(value.input), read(value.weights), lastSize(value), bias);
      return value.activation === 'relu' ? reluFloat(sum) : sum;
    }
  }
}

function lastSize(value: GraphValue): number {
  return value.shape[value.shape.length - 1];
}

function checkedInput(graph: Graph, value: InputValue, data: Float32Array | undefined, batch: number): Float32Array {
  const expected = batch * elementCount(value.shape);
  if (data === undefined) throw new UserError(`graph ${graph.name}: input ${value.name}: is not given; give ${expected} values`);
  if (data.length !== expected) {
    const items = `${batch} items of shape [${value.shape.join(', ')}]`;
    throw new UserError(`graph ${graph.name}: input ${value.name}: has ${data.length} values; ${items} are ${expected}`);
  }
  return data;
}

/** For each value the last one that reads it; outputs are read after all. */
function lastReaderOf(graph: Graph): ReadonlyMap<ValueName, ValueName | undefined> {
  const last = new Map<ValueName, ValueName | undefined>();
  for (const value of graph.values) for (const operand of operandsOf(value)) last.set(operand, value.name);
  for (const output of graph.outputs) last.set(output, undefined);
  return last;
}
