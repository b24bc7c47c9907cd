import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GraphBuilder } from '../../../sw/graph/builder.ts';
import { fuseDense } from '../../../sw/graph/fuse.ts';
import type { Graph } from '../../../sw/graph/graph.ts';
import { executeFloat } from '../../../sw/reference/float-executor.ts';
import { chain } from './graphs.ts';
import { checkProperty } from '../../support/property.ts';

const kinds = (graph: Graph): string[] => graph.values.filter(({ op }) => op !== 'constant').map(({ op, name }) => `${name}:${op}`);

describe('fuseDense', () => {
  it('makes one dense value of matmul, bias and relu, named after the last', () => {
    const fused = fuseDense(chain([
      { weights: [[1, 2]], bias: [3], relu: true },
      { weights: [[1], [2]], bias: [3, 4], relu: false },
      { weights: [[1, 2]], relu: true },
      { weights: [[5]], relu: false },
    ]));
    expect(kinds(fused)).toEqual(['x:input', 'l0.relu:dense', 'l1.sum:dense', 'l2.relu:dense', 'l3.product:dense']);
    expect(fused.values.filter(({ op }) => op === 'dense')).toEqual([
      { op: 'dense', name: 'l0.relu', shape: [1, 1], input: 'x', weights: 'l0.weight', bias: 'l0.bias', activation: 'relu' },
      { op: 'dense', name: 'l1.sum', shape: [1, 2], input: 'l0.relu', weights: 'l1.weight', bias: 'l1.bias', activation: 'none' },
      { op: 'dense', name: 'l2.relu', shape: [1, 1], input: 'l1.sum', weights: 'l2.weight', activation: 'relu' },
      { op: 'dense', name: 'l3.product', shape: [1, 1], input: 'l2.relu', weights: 'l3.weight', activation: 'none' },
    ]);
    expect(fused.outputs).toEqual(['l3.product']);
  });

  const branching = (outputs: (names: Record<'product' | 'sum' | 'relu', string>) => string[]): Graph => {
    const graph = new GraphBuilder('b');
    const x = graph.input('x', [1, 1]);
    const product = graph.matmul('product', x, graph.constant('w', [1, 1], Float32Array.of(-2)));
    const sum = graph.addBias('sum', product, graph.constant('c', [1], Float32Array.of(1)));
    return graph.finish(outputs({ product, sum, relu: graph.relu('relu', sum) }));
  };

  it('keeps what somebody else reads', () => {
    expect(kinds(fuseDense(branching(({ relu, sum }) => [relu, sum])))).toEqual(['x:input', 'sum:dense', 'relu:relu']);
    expect(kinds(fuseDense(branching(({ relu, product }) => [relu, product]))))
      .toEqual(['x:input', 'product:dense', 'sum:add-bias', 'relu:relu']);
  });

  it('changes nothing the second time', () => {
    const fused = fuseDense(branching(({ relu }) => [relu]));
    expect(fuseDense(fused)).toEqual(fused);
  });

  it('never changes the result by more than the rounding of the sum', () => {
    const layer = fc.record({ bias: fc.boolean(), relu: fc.boolean(), size: fc.integer({ min: 1, max: 4 }) });
    const number = fc.integer({ min: -8, max: 8 });
    checkProperty(fc.property(fc.array(layer, { minLength: 1, maxLength: 4 }), fc.infiniteStream(number), (specs, numbers) => {
      const next = (): number => numbers.next().value as number;
      let inputs = 3;
      const graph = chain(specs.map(({ bias, relu, size }) => {
        const weights = Array.from({ length: size }, () => Array.from({ length: inputs }, next));
        inputs = size;
        return { weights, relu, ...(bias ? { bias: Array.from({ length: size }, next) } : {}) };
      }), 2);
      const data = new Map([['x', Float32Array.from({ length: 3 * 2 * 3 }, next)]]);
      // Small integers: every sum is exact, so even the bits agree.
      expect(executeFloat(fuseDense(graph), data, 3)).toEqual(executeFloat(graph, data, 3));
    }));
  });
});
