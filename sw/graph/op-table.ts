// The table of ops: what each reads and when it is well formed. One row an op.
// Must not know: how an op is computed.
import { elementCount } from './graph.ts';
import type { Graph, GraphValue, OpName, Shape, ValueName } from './graph.ts';

type ValueOf<Op extends OpName> = Extract<GraphValue, { op: Op }>;
type Defined = ReadonlyMap<ValueName, GraphValue>;

interface OpRule<V> {
  /** The names the value reads, in a fixed order. */
  operands(value: V): readonly ValueName[];
  /** What is wrong with the value, as `what is wrong; what to do`, or undefined. All operands are in `defined`. */
  problem(value: V, defined: Defined): string | undefined;
}

const OP_TABLE: { readonly [Op in OpName]: OpRule<ValueOf<Op>> } = {
  input: {
    operands: () => [],
    problem: ({ normalisation }) => {
      if (normalisation === undefined) return undefined;
      const { scale, zeroPoint } = normalisation;
      if (!(scale > 0 && Number.isFinite(scale))) return `is normalised with scale ${scale}; give a positive number`;
      const isByte = Number.isInteger(zeroPoint) && zeroPoint >= 0 && zeroPoint <= 255;
      return isByte ? undefined : `is normalised with zero point ${zeroPoint}; give a whole number from 0 to 255`;
    },
  },
  constant: {
    operands: () => [],
    problem: ({ shape, data }) => data.length === elementCount(shape)
      ? undefined
      : `has ${data.length} elements but shape ${show(shape)}; give ${elementCount(shape)}`,
  },
  matmul: {
    operands: ({ activations, weights }) => [activations, weights],
    problem: ({ shape, activations, weights }, defined) => productProblem(shape, activations, weights, defined),
  },
  'add-bias': {
    operands: ({ input, bias }) => [input, bias],
    problem: ({ shape, input, bias }, defined) => sameShapeProblem(shape, input, defined) ?? biasProblem(shape, bias, defined),
  },
  relu: {
    operands: ({ input }) => [input],
    problem: ({ shape, input }, defined) => sameShapeProblem(shape, input, defined),
  },
  dense: {
    operands: ({ input, weights, bias }) => bias === undefined ? [input, weights] : [input, weights, bias],
    problem: ({ shape, input, weights, bias }, defined) => productProblem(shape, input, weights, defined)
      ?? (bias === undefined ? undefined : biasProblem(shape, bias, defined)),
  },
};

/** The names a value reads, in a fixed order for each op. */
export function operandsOf(value: GraphValue): readonly ValueName[] {
  return ruleOf(value).operands(value);
}

/** The first fault of a value whose operands are all in `defined`, as `what is wrong; what to do`. */
export function problemOf(value: GraphValue, defined: Defined): string | undefined {
  return ruleOf(value).problem(value, defined);
}

/** How many times each value is read, by ops and as an output of the graph. Values that nobody reads are absent. */
export function useCounts(graph: Graph): ReadonlyMap<ValueName, number> {
  const counts = new Map<ValueName, number>();
  for (const name of [...graph.values.flatMap(operandsOf), ...graph.outputs]) counts.set(name, (counts.get(name) ?? 0) + 1);
  return counts;
}

/** The row of the value's own op: the table's type pairs the two, which TypeScript cannot follow through a look-up. */
function ruleOf(value: GraphValue): OpRule<GraphValue> {
  return OP_TABLE[value.op] as OpRule<GraphValue>;
}

/** `[M,K] · [N,K]ᵀ → [M,N]` */
function productProblem(shape: Shape, activations: ValueName, weights: ValueName, defined: Defined): string | undefined {
  const left = shapeOf(activations, defined);
  const right = shapeOf(weights, defined);
  if (defined.get(weights)?.op !== 'constant') return `multiplies by ${weights}, which is not a constant; make the weights a constant`;
  if (left.length !== 2) return `multiplies ${activations} of shape ${show(left)}; give a matrix [M, K]`;
  if (right.length !== 2) return `multiplies by ${weights} of shape ${show(right)}; give a matrix [N, K]`;
  if (left[1] !== right[1]) {
    return `multiplies ${activations} of shape ${show(left)} by ${weights} of shape ${show(right)}; make the last sizes equal`;
  }
  const expected = [left[0], right[0]];
  return equal(shape, expected) ? undefined : `has shape ${show(shape)}; its operands give ${show(expected)}`;
}

function biasProblem(shape: Shape, bias: ValueName, defined: Defined): string | undefined {
  const biasShape = shapeOf(bias, defined);
  if (defined.get(bias)?.op !== 'constant') return `adds the bias ${bias}, which is not a constant; make it a constant`;
  const expected = shape.slice(-1);
  return equal(biasShape, expected) ? undefined : `adds the bias ${bias} of shape ${show(biasShape)}; make it ${show(expected)}`;
}

function sameShapeProblem(shape: Shape, input: ValueName, defined: Defined): string | undefined {
  const expected = shapeOf(input, defined);
  return equal(shape, expected) ? undefined : `has shape ${show(shape)}; its operand ${input} gives ${show(expected)}`;
}

function shapeOf(name: ValueName, defined: Defined): Shape {
  const value = defined.get(name);
  if (value === undefined) throw new Error(`operand ${name} was not checked`);
  return value.shape;
}

function equal(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((size, index) => size === b[index]);
}

function show(shape: Shape): string {
  return `[${shape.join(', ')}]`;
}
