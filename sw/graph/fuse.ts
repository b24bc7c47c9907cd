// Fusion: what the chip does in one pass over a weight matrix becomes one `dense` value.
// Must not know: the chip's sizes, quantisation.
import type { AddBiasValue, DenseValue, Graph, GraphValue, MatmulValue, ReluValue, ValueName } from './graph.ts';
import { useCounts } from './op-table.ts';
import { validateGraph } from './validate.ts';

/**
 * Turns every matmul into a `dense` value, and takes in the bias that is added to it and the ReLU that follows,
 * as long as nobody else reads what lies between. The result keeps the name of the last op taken in; order and other values stay.
 * @throws UserError where the graph is not valid
 */
export function fuseDense(graph: Graph): Graph {
  const uses = useCounts(validateGraph(graph));
  const readers = new Map<ValueName, GraphValue>();
  for (const value of graph.values) {
    if (value.op === 'add-bias' || value.op === 'relu') readers.set(value.input, value);
  }
  /** The op that alone reads `name`, if it is of the wanted kind. */
  const onlyReader = (name: ValueName): GraphValue | undefined => uses.get(name) === 1 ? readers.get(name) : undefined;

  const replacements = new Map<ValueName, DenseValue>();
  const absorbed = new Set<ValueName>();
  for (const product of graph.values) {
    if (product.op !== 'matmul') continue;
    const next = onlyReader(product.name);
    const bias = next?.op === 'add-bias' ? next : undefined;
    const last = onlyReader((bias ?? product).name);
    const relu = last?.op === 'relu' ? last : undefined;
    const chain = [product, bias, relu].filter((value) => value !== undefined);
    const dense = denseOf(product, bias, relu);
    for (const { name } of chain) if (name !== dense.name) absorbed.add(name);
    replacements.set(dense.name, dense);
  }
  const values = graph.values.filter(({ name }) => !absorbed.has(name)).map((value) => replacements.get(value.name) ?? value);
  return validateGraph({ ...graph, values });
}

function denseOf(product: MatmulValue, bias: AddBiasValue | undefined, relu: ReluValue | undefined): DenseValue {
  return {
    op: 'dense',
    name: (relu ?? bias ?? product).name,
    shape: product.shape,
    input: product.activations,
    weights: product.weights,
    ...(bias === undefined ? {} : { bias: bias.bias }),
    activation: relu === undefined ? 'none' : 'relu',
  };
}
