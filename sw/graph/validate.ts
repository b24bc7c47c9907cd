// Tells whether a graph is well formed.
// Must not know: single ops; their rules are in the op table.
import { UserError } from '../../gen/user-error.ts';
import type { Graph, GraphValue, ValueName } from './graph.ts';
import { operandsOf, problemOf } from './op-table.ts';

/**
 * Checks names, order, operands, shapes, constants and outputs.
 * @returns the graph, so that whoever made it can end with this call
 * @throws UserError with the first fault: `graph NAME: value NAME: what is wrong; what to do`
 */
export function validateGraph(graph: Graph): Graph {
  const fail = (name: ValueName, text: string): never => {
    throw new UserError(`graph ${graph.name}: value ${name}: ${text}`);
  };
  const defined = new Map<ValueName, GraphValue>();
  for (const value of graph.values) {
    if (value.name === '') fail('""', 'has an empty name; give it one');
    if (defined.has(value.name)) fail(value.name, 'is defined twice; rename one of the two');
    if (!value.shape.every((size) => Number.isSafeInteger(size) && size >= 1)) {
      fail(value.name, `has shape [${value.shape.join(', ')}]; sizes are whole numbers from 1`);
    }
    for (const operand of operandsOf(value)) {
      if (!defined.has(operand)) fail(value.name, `reads ${operand}, which is not defined before it; define it earlier`);
    }
    const problem = problemOf(value, defined);
    if (problem !== undefined) fail(value.name, problem);
    defined.set(value.name, value);
  }
  if (graph.outputs.length === 0) throw new UserError(`graph ${graph.name}: has no output; name at least one value as output`);
  for (const output of graph.outputs) if (!defined.has(output)) fail(output, 'is an output but does not exist; define it');
  return graph;
}
