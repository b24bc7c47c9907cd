import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DIGIT_PIXELS, loadMnistSplit } from '../../../sw/data/mnist-digits.ts';
import { importModel } from '../../../sw/frontends/import-model.ts';
import { fuseDense } from '../../../sw/graph/fuse.ts';
import { GraphBuilder } from '../../../sw/graph/builder.ts';
import { dequantiseValues } from '../../../sw/quantise/affine.ts';
import { macsOf, quantiseInput } from '../../../sw/quantise/quantised-graph.ts';
import type { QuantisedGraph } from '../../../sw/quantise/quantised-graph.ts';
import { quantiseGraph, quantiseModel } from '../../../sw/quantise/quantise.ts';
import { argmaxRows, executeFloatSingle, normaliseInput, singleInput } from '../../../sw/reference/float-executor.ts';
import { executeInt8 } from '../../../sw/reference/int8-executor.ts';
import { chain } from '../graph/graphs.ts';
import { checkProperty } from '../../support/property.ts';

const BYTES = { rawType: 'uint8', scale: 1 / 255, zeroPoint: 0 } as const;

describe('quantiseModel', () => {
  const quantised = quantiseModel(chain([
    { weights: [[0.5, -1, 0.25], [0, 0, 0]], bias: [0.1, -0.4], relu: true },
    { weights: [[2, 1]], relu: false },
  ], 1, BYTES), Uint8Array.of(0, 128, 255, 255, 0, 7));

  it('keeps raw bytes without loss: q = byte - 128', () => {
    expect(quantised.input).toMatchObject({ name: 'x', shape: [1, 3], scale: Math.fround(1 / 255), zeroPoint: -128 });
    const bytes = Uint8Array.from({ length: 255 }, (_, byte) => byte + 1);
    expect([...quantiseInput(quantised, bytes)]).toEqual([...bytes].map((byte) => byte - 128));
    expect([...quantiseInput(quantised, Float32Array.from(bytes, (byte) => byte / 255))]).toEqual([...bytes].map((byte) => byte - 128));
    expect(() => quantiseInput(quantised, new Uint8Array(4))).toThrow('graph chain: input x: has 4 values; give a multiple of 3');
  });

  it('makes weights symmetric per channel, folds the zero point into the bias and says a ReLU as a clamp', () => {
    const [first, second] = quantised.layers;
    expect([...first.weights]).toEqual([64, -127, 32, 0, 0, 0]);
    expect(first.bias[0]).toBe(Math.round(0.1 / (first.inputScale * first.weightScales[0])) + 128 * (64 - 127 + 32));
    expect(first).toMatchObject({
      kind: 'dense', name: 'l0.relu', input: 'x', output: 'l0.relu', inputs: 3, outputs: 2,
      inputZeroPoint: -128, outputZeroPoint: -128, clampMin: -128, clampMax: 127,
    });
    expect(second).toMatchObject({ input: 'l0.relu', inputScale: first.outputScale, clampMin: -128, clampMax: 127 });
    expect(quantised.output.name).toBe('l1.product');
    expect([...quantised.values.keys()]).toEqual(['x', 'l0.relu', 'l1.product']);
    expect(macsOf(quantised)).toBe(3 * 2 + 2 * 1);
  });

  it('gives the clamp of a ReLU at the zero point, wherever that is', () => {
    const graph = fuseDense(chain([{ weights: [[1]], relu: true }]));
    const { layers } = quantiseGraph(graph, new Map([['x', { min: -1, max: 1 }], ['l0.relu', { min: -1, max: 3 }]]));
    expect(layers[0].outputZeroPoint).toBe(-64);
    expect(layers[0].clampMin).toBe(-64);
  });

  it('lets a bias without weights through', () => {
    const graph = chain([{ weights: [[0, 0], [0, 0]], bias: [0.75, 0], relu: false }]);
    const result = quantiseModel(graph, Float32Array.of(1, 2));
    const out = dequantiseValues(executeInt8(result, quantiseInput(result, Float32Array.of(1, 2)), 1), result.output);
    expect(out[0]).toBeCloseTo(0.75, 2);
    expect(out[1]).toBe(0);
  });

  it('stays near the float network, whatever its weights', () => {
    const K = 12;
    const row = fc.array(fc.float({ min: -4, max: 4, noNaN: true }), { minLength: K, maxLength: K });
    const weights = fc.array(row, { minLength: 1, maxLength: 4 });
    const items = fc.float32Array({ min: -3, max: 5, noNaN: true, minLength: 4 * K, maxLength: 4 * K });
    checkProperty(fc.property(weights, items, fc.boolean(), (rows, data, relu) => {
      const graph = chain([{ weights: rows, bias: rows.map((_, index) => index - 1), relu }]);
      const result = quantiseModel(graph, data);
      const found = dequantiseValues(executeInt8(result, quantiseInput(result, data), 4), result.output);
      const wanted = executeFloatSingle(graph, data, 4);
      // Half a step of each input times its weight, half a step of each weight times its input, and the output's own rounding.
      const tolerance = K * (result.input.scale * 0.51 * 4 + 4 / 127 * 0.51 * 5) + 1.1 * result.output.scale;
      found.forEach((value, index) => expect(Math.abs(value - wanted[index])).toBeLessThanOrEqual(tolerance));
    }), { runs: 60 });
  });

  it('refuses what int8 cannot do', () => {
    const graph = new GraphBuilder('g');
    const x = graph.input('x', [1, 2]);
    const lone = graph.finish([graph.relu('r', x)]);
    expect(() => quantiseModel(lone, new Float32Array(2))).toThrow('graph g: value r: int8 has no op relu of its own yet; fuse it');
    const dense = chain([{ weights: [[1, 2]], relu: false }]);
    expect(() => quantiseModel(dense, new Float32Array(3))).toThrow('graph chain: calibration data has 3 values; give a multiple of 2');
    expect(() => quantiseModel(dense, new Uint8Array(2))).toThrow('input x: takes no raw bytes; give float values');
    expect(() => quantiseGraph(fuseDense(dense), new Map())).toThrow(
      'graph chain: value l0.product: has no range; calibrate the same graph',
    );
  });

  it('refuses a folded bias that no int32 holds', () => {
    const wide = chain([{ weights: [new Array<number>(140_000).fill(1)], relu: false }]);
    expect(() => quantiseModel(wide, new Float32Array(140_000).fill(1))).toThrow(
      'graph chain: value l0.product: output 0 has a bias beyond int32; split its inputs',
    );
  });
});

describe('mnist-fc on the 1,500 held-out digits', () => {
  const { train, heldOut } = loadMnistSplit();
  const graph = importModel(fileURLToPath(new URL('../../../models/mnist-fc.gguf', import.meta.url)));
  const calibration = train.pixels.subarray(0, 500 * DIGIT_PIXELS);
  const correct = (scores: Float32Array | Int8Array): number => (
    argmaxRows(scores, 10).reduce((sum, digit, index) => sum + (digit === heldOut.labels[index] ? 1 : 0), 0)
  );
  const int8 = (quantised: QuantisedGraph): Int8Array => executeInt8(quantised, quantiseInput(quantised, heldOut.pixels), heldOut.count);
  const floatScores = executeFloatSingle(graph, normaliseInput(singleInput(graph), heldOut.pixels), heldOut.count);
  const int8Scores = int8(quantiseModel(graph, calibration));

  it('is at least 97 % right in float32', () => {
    expect(correct(floatScores) / heldOut.count).toBeGreaterThanOrEqual(0.97);
  });

  it('is at most half a point less right in int8, and agrees with float32 on 99 % of the digits', () => {
    expect(correct(floatScores) - correct(int8Scores)).toBeLessThanOrEqual(0.005 * heldOut.count);
    const [float, integer] = [argmaxRows(floatScores, 10), argmaxRows(int8Scores, 10)];
    expect(float.filter((digit, index) => digit === integer[index]).length).toBeGreaterThanOrEqual(0.99 * heldOut.count);
  });

  it('gives the figures of the documentation', () => {
    const percentile = correct(int8(quantiseModel(graph, calibration, { percentile: 99.99 })));
    expect({ float: correct(floatScores), int8: correct(int8Scores), percentile }).toMatchInlineSnapshot(`
      {
        "float": 1470,
        "int8": 1471,
        "percentile": 1471,
      }
    `);
  });
});
