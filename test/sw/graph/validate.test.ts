import { describe, expect, it } from 'vitest';
import { elementCount, inputsOf, requireValue } from '../../../sw/graph/graph.ts';
import type { GraphValue } from '../../../sw/graph/graph.ts';
import { operandsOf, useCounts } from '../../../sw/graph/op-table.ts';
import { validateGraph } from '../../../sw/graph/validate.ts';
import { chain } from './graphs.ts';

const x: GraphValue = { op: 'input', name: 'x', shape: [2, 3] };
const w: GraphValue = { op: 'constant', name: 'w', shape: [4, 3], data: new Float32Array(12) };
const b: GraphValue = { op: 'constant', name: 'b', shape: [4], data: new Float32Array(4) };
const y: GraphValue = { op: 'matmul', name: 'y', shape: [2, 4], activations: 'x', weights: 'w' };
const z: GraphValue = { op: 'add-bias', name: 'z', shape: [2, 4], input: 'y', bias: 'b' };
const r: GraphValue = { op: 'relu', name: 'r', shape: [2, 4], input: 'z' };
const d: GraphValue = { op: 'dense', name: 'd', shape: [2, 4], input: 'x', weights: 'w', bias: 'b', activation: 'relu' };

describe('graph', () => {
  const good = { name: 'g', values: [x, w, b, y, z, r, d], outputs: ['r', 'd'] };

  it('answers questions about a valid graph', () => {
    expect(validateGraph(good)).toBe(good);
    expect(good.values.map((value) => operandsOf(value))).toEqual([[], [], [], ['x', 'w'], ['y', 'b'], ['z'], ['x', 'w', 'b']]);
    expect([...useCounts(good)].sort()).toEqual([['b', 2], ['d', 1], ['r', 1], ['w', 2], ['x', 2], ['y', 1], ['z', 1]]);
    expect(inputsOf(good)).toEqual([x]);
    expect(requireValue(good, 'z')).toBe(z);
    expect(() => requireValue(good, 'q')).toThrow("graph g: value q: does not exist; use one of the graph's values");
    expect([elementCount([]), elementCount([2, 3])]).toEqual([1, 6]);
  });

  const normalised = (scale: number, zeroPoint: number): GraphValue => (
    { ...x, op: 'input', normalisation: { rawType: 'uint8', scale, zeroPoint } }
  );
  const cases: readonly [string, readonly GraphValue[], readonly string[], string][] = [
    ['an empty name', [{ ...x, name: '' }], ['x'], 'value "": has an empty name; give it one'],
    ['a name twice', [x, x], ['x'], 'value x: is defined twice; rename one of the two'],
    ['a size of 0', [{ ...x, shape: [0, 3] }], ['x'], 'value x: has shape [0, 3]; sizes are whole numbers from 1'],
    ['a use before its definition', [x, y, w], ['y'], 'value y: reads w, which is not defined before it; define it earlier'],
    ['a value that reads itself', [{ ...r, op: 'relu', input: 'r' }], ['r'],
      'value r: reads r, which is not defined before it; define it earlier'],
    ['no outputs', [x], [], 'has no output; name at least one value as output'],
    ['an output that is not there', [x], ['q'], 'value q: is an output but does not exist; define it'],
    ['a scale of 0', [normalised(0, 0)], ['x'], 'value x: is normalised with scale 0; give a positive number'],
    ['a zero point of 256', [normalised(1, 256)], ['x'], 'value x: is normalised with zero point 256; give a whole number from 0 to 255'],
    ['too few elements', [{ ...b, op: 'constant', data: new Float32Array(3) }], ['b'], 'value b: has 3 elements but shape [4]; give 4'],
    ['weights that are no constant', [x, { ...w, op: 'input' }, y], ['y'],
      'value y: multiplies by w, which is not a constant; make the weights a constant'],
    ['activations that are no matrix', [{ ...x, shape: [3] }, w, y], ['y'], 'value y: multiplies x of shape [3]; give a matrix [M, K]'],
    ['weights that are no matrix', [x, { ...b, name: 'w' }, y], ['y'], 'value y: multiplies by w of shape [4]; give a matrix [N, K]'],
    ['inner sizes that differ', [{ ...x, shape: [2, 5] }, w, y], ['y'],
      'value y: multiplies x of shape [2, 5] by w of shape [4, 3]; make the last sizes equal'],
    ['a wrong result shape', [x, w, { ...y, shape: [4, 2] }], ['y'], 'value y: has shape [4, 2]; its operands give [2, 4]'],
    ['a bias that is no constant', [x, w, y, { ...z, op: 'add-bias', input: 'y', bias: 'y' }], ['z'],
      'value z: adds the bias y, which is not a constant; make it a constant'],
    ['a bias of the wrong length', [x, w, { ...w, name: 'b' }, y, z], ['z'], 'value z: adds the bias b of shape [4, 3]; make it [4]'],
    ['a relu of another shape', [x, { ...r, op: 'relu', input: 'x' }], ['r'], 'value r: has shape [2, 4]; its operand x gives [2, 3]'],
    ['a dense of another shape', [x, w, b, { ...d, shape: [2, 3] }], ['d'], 'value d: has shape [2, 3]; its operands give [2, 4]'],
  ];
  it.each(cases)('refuses %s', (_, values, outputs, expected) => {
    expect(() => validateGraph({ name: 'g', values, outputs })).toThrow(`graph g: ${expected}`);
  });

  it('gets its shapes from the builder', () => {
    const graph = chain([{ weights: [[1, 2], [3, 4], [5, 6]], bias: [1, 2, 3], relu: true }], 7);
    expect(graph.values.map(({ name, shape }) => [name, shape])).toEqual([
      ['x', [7, 2]], ['l0.weight', [3, 2]], ['l0.product', [7, 3]], ['l0.bias', [3]], ['l0.sum', [7, 3]], ['l0.relu', [7, 3]],
    ]);
    expect(() => chain([{ weights: [[1, 2]], bias: [1, 2], relu: true }])).toThrow(
      'graph chain: value l0.sum: adds the bias l0.bias of shape [2]; make it [1]',
    );
  });
});
