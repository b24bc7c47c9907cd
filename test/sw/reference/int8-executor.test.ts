import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { QuantisedDense, QuantisedGraph } from '../../../sw/quantise/quantised-graph.ts';
import { accumulateDense, executeInt8, requantiseDense } from '../../../sw/reference/int8-executor.ts';
import { checkProperty } from '../../support/property.ts';

/** A layer of any integers that the types allow. */
const anyLayer: fc.Arbitrary<QuantisedDense> = fc
  .record({ inputs: fc.integer({ min: 1, max: 8 }), outputs: fc.integer({ min: 1, max: 5 }) })
  .chain(({ inputs, outputs }) => fc.record({
    weights: fc.int8Array({ minLength: inputs * outputs, maxLength: inputs * outputs }),
    bias: fc.int32Array({ minLength: outputs, maxLength: outputs }),
    multiplier: fc.int32Array({ min: 0, minLength: outputs, maxLength: outputs }),
    shift: fc.uint8Array({ min: 1, max: 62, minLength: outputs, maxLength: outputs }),
    outputZeroPoint: fc.integer({ min: -128, max: 127 }),
    clampMin: fc.integer({ min: -128, max: 0 }),
  }).map((fields) => ({
    ...fields, kind: 'dense' as const, name: 'd', input: 'x', output: 'd', inputs, outputs, clampMax: 127,
    inputScale: 1, inputZeroPoint: 0, outputScale: 1, weightScales: new Float32Array(outputs).fill(1),
  })));

const input = { name: 'x', scale: 1, zeroPoint: 0 };
function graphOf(layer: QuantisedDense): QuantisedGraph {
  const x = { ...input, shape: [1, layer.inputs] };
  const d = { name: 'd', scale: 1, zeroPoint: layer.outputZeroPoint, shape: [1, layer.outputs] };
  return { name: 'g', input: x, output: d, values: new Map([['x', x], ['d', d]]), layers: [layer] };
}

describe('int8 executor', () => {
  it('is the definition in integers without limit, wrapped to 32 bits, for every layer', () => {
    checkProperty(fc.property(anyLayer, fc.infiniteStream(fc.integer({ min: -128, max: 127 })), (layer, numbers) => {
      const rows = 3;
      const data = Int8Array.from({ length: rows * layer.inputs }, () => numbers.next().value as number);
      const expected = Array.from({ length: rows * layer.outputs }, (_, index) => {
        const [row, channel] = [Math.floor(index / layer.outputs), index % layer.outputs];
        let sum = BigInt(layer.bias[channel]);
        for (let k = 0; k < layer.inputs; k += 1) sum += BigInt(data[row * layer.inputs + k] * layer.weights[channel * layer.inputs + k]);
        const shift = BigInt(layer.shift[channel]);
        const scaled = (BigInt.asIntN(32, sum) * BigInt(layer.multiplier[channel]) + (1n << (shift - 1n))) >> shift;
        const result = BigInt(layer.outputZeroPoint) + scaled;
        return result < layer.clampMin ? layer.clampMin : result > 127n ? 127 : Number(result);
      });
      expect([...executeInt8(graphOf(layer), data, rows)]).toEqual(expected);
    }), { runs: 500 });
  });

  const layer: QuantisedDense = {
    kind: 'dense', name: 'd', input: 'x', output: 'd', inputs: 2, outputs: 1,
    weights: Int8Array.of(100, 1), bias: Int32Array.of(2 ** 31 - 1), multiplier: Int32Array.of(2 ** 30), shift: Uint8Array.of(30),
    outputZeroPoint: 0, clampMin: -128, clampMax: 127,
    inputScale: 1, inputZeroPoint: 0, outputScale: 1, weightScales: Float32Array.of(1),
  };

  it('wraps like the accumulators of the chip', () => {
    expect([...accumulateDense(layer, Int8Array.of(0, 1))]).toEqual([-(2 ** 31)]);
    expect([...requantiseDense(layer, Int32Array.of(-5))]).toEqual([-5]);
  });

  it('shows sums and result of each layer, and refuses an input of another size', () => {
    const seen: unknown[] = [];
    executeInt8(graphOf(layer), Int8Array.of(0, 0), 1, ({ name }, sums, result) => seen.push([name, [...sums], [...result]]));
    expect(seen).toEqual([['d', [2 ** 31 - 1], [127]]]);
    expect(() => executeInt8(graphOf(layer), new Int8Array(3), 1)).toThrow('graph g: input x: has 3 values; 1 items are 2');
  });
});
