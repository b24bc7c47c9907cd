import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { encodeGguf, encodeTensor, parseGguf } from '../../../sw/formats/gguf.ts';
import type { GgufContent, GgufTensorContent, GgufValue, TensorType } from '../../../sw/formats/gguf.ts';
import { importGguf, importModel } from '../../../sw/frontends/import-model.ts';
import type { Graph } from '../../../sw/graph/graph.ts';

const f32 = (name: string, dimensions: readonly number[], fill = 0.5): GgufTensorContent => ({
  name, type: 'F32', dimensions, data: encodeTensor('F32', new Float32Array(dimensions.reduce((a, b) => a * b, 1)).fill(fill)),
});
const TENSORS = [f32('fc1.weight', [6, 4]), f32('fc1.bias', [4]), f32('fc2.weight', [4, 3]), f32('fc2.bias', [3])];

function importContent(tensors: GgufContent['tensors'], architecture: GgufValue = { type: 'string', value: 'mnist-fc' }): Graph {
  return importGguf(parseGguf(encodeGguf({ keyValues: [['general.architecture', architecture]], tensors }), 'm.gguf'));
}

/** The tensors with one replaced. */
function replacing(tensor: GgufTensorContent): readonly GgufTensorContent[] {
  return TENSORS.map((original) => original.name === tensor.name ? tensor : original);
}

describe('a split model', () => {
  it.each([0, 4])('is recognised by each of its parts: number %i', (index) => {
    // Only the first part names the architecture.
    const keyValues: [string, GgufValue][] = [
      ...(index === 0 ? [['general.architecture', { type: 'string', value: 'mnist-fc' }] satisfies [string, GgufValue]] : []),
      ['split.no', { type: 'uint16', value: index }], ['split.count', { type: 'uint16', value: 5 }], ['split.tensors.count', { type: 'int32', value: 4 }],
    ];
    const part = (): Graph => importGguf(parseGguf(encodeGguf({ keyValues, tensors: [] }), 'm.gguf'));
    expect(part).toThrow(`m.gguf: is part ${index + 1} of 5 of a split model; join them, as with llama-gguf-split --merge, and give the whole`);
  });

  it('of one part is whole', () => {
    const keyValues: [string, GgufValue][] = [['general.architecture', { type: 'string', value: 'mnist-fc' }], ['split.count', { type: 'uint16', value: 1 }]];
    expect(importGguf(parseGguf(encodeGguf({ keyValues, tensors: TENSORS }), 'm.gguf')).name).toBe('mnist-fc');
  });
});

describe('importModel', () => {
  it('takes all sizes of mnist-fc from the tensors', () => {
    const graph = importContent(TENSORS);
    expect(graph.name).toBe('mnist-fc');
    expect(graph.outputs).toEqual(['logits']);
    expect(graph.values.map(({ name, op, shape }) => `${name} ${op} [${shape.join(',')}]`)).toEqual([
      'fc1.weight constant [4,6]', 'fc1.bias constant [4]', 'fc2.weight constant [3,4]', 'fc2.bias constant [3]',
      'image input [1,6]', 'fc1.product matmul [1,4]', 'fc1.sum add-bias [1,4]', 'fc1 relu [1,4]',
      'fc2.product matmul [1,3]', 'logits add-bias [1,3]',
    ]);
    expect(graph.values.find(({ op }) => op === 'input')).toMatchObject({
      normalisation: { rawType: 'uint8', scale: 1 / 255, zeroPoint: 0 },
    });
  });

  it('reads the committed model', () => {
    const graph = importModel(fileURLToPath(new URL('../../../models/mnist-fc.gguf', import.meta.url)));
    expect(graph.values.filter(({ op }) => op === 'constant').map(({ shape }) => shape)).toEqual([[500, 784], [500], [10, 500], [10]]);
  });

  it('takes F16 and Q8_0 weights, trailing sizes of 1, and tensors it has no use for', () => {
    const halves = { ...f32('fc1.bias', [4, 1, 1]), type: 'F16' as const, data: encodeTensor('F16', new Float32Array(4).fill(0.5)) };
    const ones = encodeTensor('Q8_0', new Float32Array(128).fill(1));
    const blocks = { name: 'fc1.weight', type: 'Q8_0' as const, dimensions: [32, 4], data: ones };
    const graph = importContent([...replacing(blocks).map((tensor) => tensor.name === 'fc1.bias' ? halves : tensor), f32('extra', [7])]);
    const data = graph.values.flatMap((value) => value.op === 'constant' ? [value.data] : []);
    expect([...data[1]]).toEqual([0.5, 0.5, 0.5, 0.5]);
    expect(data[0].every((weight) => Math.abs(weight - 1) < 1e-3)).toBe(true);
  });

  const packed = (type: TensorType, bytes: number): GgufTensorContent => ({
    name: 'fc1.weight', type, dimensions: [256, 4], data: new Uint8Array(bytes),
  });
  const cases: readonly [string, () => Graph, string][] = [
    ['an unknown architecture', () => importContent(TENSORS, { type: 'string', value: 'llama' }),
      'm.gguf: key "general.architecture": unknown architecture "llama"; known are: mnist-fc'],
    ['an architecture that is a number', () => importContent(TENSORS, { type: 'int32', value: 1 }),
      'm.gguf: key "general.architecture": has type int32; make it the string of one of: mnist-fc'],
    ['no architecture', () => importGguf(parseGguf(encodeGguf({ keyValues: [], tensors: TENSORS }), 'm.gguf')),
      'm.gguf: key "general.architecture": is missing; set it to one of: mnist-fc'],
    ['a missing tensor', () => importContent(TENSORS.filter(({ name }) => name !== 'fc2.weight')),
      'm.gguf: tensor "fc2.weight": is missing; the file has "fc1.weight", "fc1.bias", "fc2.bias"'],
    ['a file without tensors', () => importContent([]), 'm.gguf: tensor "fc1.weight": is missing; the file has no tensors'],
    ['weights of one row beside a longer bias', () => importContent(replacing(f32('fc1.weight', [6]))),
      'm.gguf: tensor "fc1.bias": has shape [4]; make it [1]'],
    ['weights of three dimensions', () => importContent(replacing(f32('fc1.weight', [6, 4, 2]))),
      'm.gguf: tensor "fc1.weight": has shape [6, 4, 2]; make it [inputs, hidden]'],
    ['a bias of the wrong length', () => importContent(replacing(f32('fc1.bias', [5]))),
      'm.gguf: tensor "fc1.bias": has shape [5]; make it [4]'],
    ['layers that do not meet', () => importContent(replacing(f32('fc2.weight', [5, 3]))),
      'm.gguf: tensor "fc2.weight": has shape [5, 3]; make it [4, classes]'],
    ['an empty layer', () => importContent(replacing(f32('fc1.weight', [6, 0]))),
      'm.gguf: tensor "fc1.weight": has shape [6, 0]; make it [inputs, hidden]'],
    ['a type it cannot read', () => importContent(replacing(packed('Q4_K', 576))),
      'm.gguf: tensor "fc1.weight": has type Q4_K; make it F32, F16, Q8_0'],
    ['integers', () => importContent(replacing(packed('I32', 4096))), 'm.gguf: tensor "fc1.weight": has type I32; make it F32, F16, Q8_0'],
    ['weights that are not numbers', () => importContent(replacing(f32('fc2.bias', [3], NaN))),
      'm.gguf: tensor "fc2.bias": element 0 is NaN; train or convert the model again so that all weights are finite numbers'],
  ];
  it.each(cases)('refuses %s', (_, action, expected) => {
    let message = 'no complaint';
    try {
      action();
    } catch (error) {
      message = String(error);
    }
    expect(message).toBe(`UserError: ${expected}`);
  });
});
