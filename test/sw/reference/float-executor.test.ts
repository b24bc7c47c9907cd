import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { InputValue } from '../../../sw/graph/graph.ts';
import { argmaxRows, executeFloat, executeFloatSingle, normaliseInput } from '../../../sw/reference/float-executor.ts';
import { addBiasFloat, matmulFloat, reluFloat } from '../../../sw/reference/float-kernels.ts';
import { chain } from '../graph/graphs.ts';
import { checkProperty } from '../../support/property.ts';

describe('float executor', () => {
  const graph = chain([{ weights: [[1, 2], [3, -4]], bias: [10, 20], relu: true }, { weights: [[1, -1]], relu: false }]);

  it('computes a small network as one does by hand, item by item', () => {
    expect([...executeFloatSingle(graph, Float32Array.of(1, 1, 0, 9), 2)]).toEqual([13 - 19, 28 - 0]);
  });

  it('shows every computed value to the observer, in order', () => {
    const seen: string[] = [];
    executeFloatSingle(graph, Float32Array.of(1, 1), 1, ({ name }, data) => seen.push(`${name}=${[...data].join(' ')}`));
    expect(seen).toEqual(['x=1 1', 'l0.product=3 -1', 'l0.sum=13 19', 'l0.relu=13 19', 'l1.product=-6']);
  });

  it('says what is wrong with its inputs', () => {
    expect(() => executeFloat(graph, new Map(), 3)).toThrow('graph chain: input x: is not given; give 6 values');
    expect(() => executeFloatSingle(graph, new Float32Array(5), 2)).toThrow(
      'graph chain: input x: has 5 values; 2 items of shape [1, 2] are 4',
    );
  });

  it('multiplies matrices of any size like the definition', () => {
    const sizes = fc.tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 }));
    const reals = fc.infiniteStream(fc.float({ min: -100, max: 100, noNaN: true }));
    checkProperty(fc.property(sizes, reals, fc.boolean(), ([m, k, n], numbers, hasBias) => {
      const draw = (count: number): Float32Array => Float32Array.from({ length: count }, () => numbers.next().value as number);
      const [a, w, b] = [draw(m * k), draw(n * k), draw(n)];
      const result = matmulFloat(a, w, n, hasBias ? b : undefined);
      const expected = Float32Array.from({ length: m * n }, (_, index) => {
        const [row, column] = [Math.floor(index / n), index % n];
        let sum = hasBias ? b[column] : 0;
        for (let inner = 0; inner < k; inner += 1) sum += a[row * k + inner] * w[column * k + inner];
        return sum;
      });
      expect(result).toEqual(expected);
    }));
  });

  it('has the usual small kernels', () => {
    expect([...addBiasFloat(Float32Array.of(1, 2, 3, 4), Float32Array.of(10, 20))]).toEqual([11, 22, 13, 24]);
    expect([...reluFloat(Float32Array.of(-1, -0, 0, 2, NaN))]).toEqual([0, 0, 0, 2, NaN]);
    expect([...argmaxRows(Float32Array.of(1, 3, 3, -5, -9, -4), 3)]).toEqual([1, 2]);
  });

  it('normalises every byte to the very float that ggml computes, byte / 255', () => {
    const input: InputValue = { op: 'input', name: 'x', shape: [1, 1], normalisation: { rawType: 'uint8', scale: 1 / 255, zeroPoint: 0 } };
    const bytes = Uint8Array.from({ length: 256 }, (_, byte) => byte);
    expect(normaliseInput(input, bytes)).toEqual(Float32Array.from(bytes, (byte) => Math.fround(byte / 255)));
    const plain: InputValue = { op: 'input', name: 'x', shape: [1, 1] };
    expect(() => normaliseInput(plain, bytes)).toThrow('input x: takes no raw bytes; give float values');
  });
});
