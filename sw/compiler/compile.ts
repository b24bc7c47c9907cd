// The compiler's front: a quantised network, a chip and a batch size to one executable with a report.
// Must not know: file formats of models, engines.
import { UserError } from '../../gen/user-error.ts';
import { elementCount } from '../graph/graph.ts';
import { requireTensor } from '../quantise/quantised-graph.ts';
import type { QuantisedGraph } from '../quantise/quantised-graph.ts';
import type { ChipTarget } from './chip-target.ts';
import { buildProgram } from './build.ts';
import type { CompiledProgram } from './build.ts';

export interface CompileOptions {
  /** Items that one run computes. */
  readonly batch: number;
}

/**
 * Compiles a chain of layers. The program has the symbols `input` (`[batch, ...]` int8, to be written before it runs), `output` (the same
 * for the result, dense and row-major), `batch` and `cycles` (of the last run), and ends by a write to `tohost`.
 * @throws UserError where the network is no chain, or does not fit the chip
 */
export function compileModel(graph: QuantisedGraph, chip: ChipTarget, { batch }: CompileOptions): CompiledProgram {
  if (!(Number.isInteger(batch) && batch >= 1)) throw new UserError(`batch ${batch}: is not a whole number from 1; give one`);
  if (graph.layers.length === 0) throw new UserError(`network ${graph.name}: has no layers; there is nothing to compile`);
  let previous = graph.input.name;
  for (const layer of graph.layers) {
    if (layer.input !== previous) {
      const place = `network ${graph.name}: layer ${layer.name}`;
      throw new UserError(`${place}: reads ${layer.input}, not the layer before it; only chains of layers can be compiled`);
    }
    previous = layer.output;
  }
  if (graph.output.name !== previous) {
    const place = `network ${graph.name}`;
    throw new UserError(`${place}: its output ${graph.output.name} is not that of its last layer ${previous}; make it the last`);
  }
  const rows = batch * (elementCount(requireTensor(graph, graph.input.name).shape) / graph.layers[0].inputs);
  return buildProgram({ name: graph.name, rows, batch, layers: graph.layers, result: 'int8' }, chip);
}
