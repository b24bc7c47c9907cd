// Small graphs for tests.
import { GraphBuilder } from '../../../sw/graph/builder.ts';
import type { Graph, InputNormalisation } from '../../../sw/graph/graph.ts';

export interface LayerSpec {
  readonly weights: readonly (readonly number[])[];
  readonly bias?: readonly number[];
  readonly relu: boolean;
}

/** A chain of layers `x → l0 → l1 → …` as front ends make it; values are called `l0.product`, `l0.sum`, `l0.relu`. */
export function chain(layers: readonly LayerSpec[], rows = 1, normalisation?: InputNormalisation): Graph {
  const graph = new GraphBuilder('chain');
  let value = graph.input('x', [rows, layers[0].weights[0].length], normalisation);
  layers.forEach(({ weights, bias, relu }, index) => {
    const data = Float32Array.from(weights.flat());
    const matrix = graph.constant(`l${index}.weight`, [weights.length, weights[0].length], data);
    value = graph.matmul(`l${index}.product`, value, matrix);
    if (bias !== undefined) {
      value = graph.addBias(`l${index}.sum`, value, graph.constant(`l${index}.bias`, [bias.length], Float32Array.from(bias)));
    }
    if (relu) value = graph.relu(`l${index}.relu`, value);
  });
  return graph.finish([value]);
}
