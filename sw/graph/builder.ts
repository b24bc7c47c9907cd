// Builds a graph value by value and works out the shapes on the way. For front ends and tests.
// Must not know: architectures.
import type { Graph, GraphValue, InputNormalisation, Shape, ValueName } from './graph.ts';
import { validateGraph } from './validate.ts';

/** Each method appends one value and returns its name, the operand of later calls. Faults surface in `finish`. */
export class GraphBuilder {
  private readonly graphName: string;
  private readonly values: GraphValue[] = [];
  private readonly shapes = new Map<ValueName, Shape>();

  constructor(graphName: string) {
    this.graphName = graphName;
  }

  input(name: ValueName, shape: Shape, normalisation?: InputNormalisation): ValueName {
    return this.append({ op: 'input', name, shape, ...(normalisation === undefined ? {} : { normalisation }) });
  }

  constant(name: ValueName, shape: Shape, data: Float32Array): ValueName {
    return this.append({ op: 'constant', name, shape, data });
  }

  /** `activations [M,K] · weightsᵀ → [M,N]`, weights a constant `[N,K]` */
  matmul(name: ValueName, activations: ValueName, weights: ValueName): ValueName {
    const [rows = 0] = this.shapeOf(activations);
    const [outputs = 0] = this.shapeOf(weights);
    return this.append({ op: 'matmul', name, shape: [rows, outputs], activations, weights });
  }

  /** `input [M,N] + bias [N] → [M,N]` */
  addBias(name: ValueName, input: ValueName, bias: ValueName): ValueName {
    return this.append({ op: 'add-bias', name, shape: this.shapeOf(input), input, bias });
  }

  relu(name: ValueName, input: ValueName): ValueName {
    return this.append({ op: 'relu', name, shape: this.shapeOf(input), input });
  }

  /** The graph, checked. @throws UserError as `validateGraph` */
  finish(outputs: readonly ValueName[]): Graph {
    return validateGraph({ name: this.graphName, values: [...this.values], outputs });
  }

  private append(value: GraphValue): ValueName {
    this.values.push(value);
    this.shapes.set(value.name, value.shape);
    return value.name;
  }

  /** Empty for an operand that does not exist, which `finish` reports. */
  private shapeOf(name: ValueName): Shape {
    return this.shapes.get(name) ?? [];
  }
}
