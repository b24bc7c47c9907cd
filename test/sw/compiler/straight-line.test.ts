/** Layers written down command by command: in whatever order, the model computes what the reference does, and no load waits for a store. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { TensorModel } from '../../../sim/model/tensor.ts';
import { TENSOR_OPS } from '../../../hw/isa/tensor.ts';
import { denseGroups, packRecords, packWeights, rowTensor } from '../../../sw/compiler/layout.ts';
import { cursorsOf } from '../../../sw/compiler/program.ts';
import type { Command, Node, Word } from '../../../sw/compiler/program.ts';
import { linePlan, scheduleLine } from '../../../sw/compiler/straight-line.ts';
import type { LineOrder } from '../../../sw/compiler/straight-line.ts';
import type { NetworkShape } from '../../../sw/compiler/tiling.ts';
import { Random } from '../../../sw/data/random.ts';
import { requantise } from '../../../sw/quantise/requantise.ts';
import { checkProperty } from '../../support/property.ts';
import { chip } from './networks.ts';

/** Where each symbol lies in the model's memory. */
const PLACES: Readonly<Record<string, number>> = { input: 0, weights: 0x8000, records: 0x10000, output: 0x14000 };
const MEMORY_BYTES = 0x20000;

const chips = {
  square: chip(),
  narrow: chip({
    rows: 4, columns: 4, scratchpadRows: 1024, accumulatorRows: 64, channels: 256, hazardBlocks: 4, queueDepth: 1, busBytes: 4,
  }),
  wide: chip({ rows: 12, columns: 20 }), high: chip({ rows: 32, columns: 8, accumulatorRows: 16 }),
};
// As many with units that scatter as without.
const orders: fc.Arbitrary<LineOrder> = fc.record({
  firstTile: fc.constantFrom('first', 'last'), firstWeights: fc.constantFrom('groups', 'rest', 'together'), joinsTiles: fc.boolean(),
  records: fc.constantFrom('early', 'beforeLast', 'last'), ahead: fc.nat(3), words: fc.integer({ min: 12, max: 24 }),
  scatters: fc.boolean(), isTight: fc.boolean(),
});

function commandsOf(nodes: readonly Node[]): readonly Command[] {
  return nodes.map((node) => {
    if (node.kind !== 'command') throw new Error(`a straight line has a ${node.kind}`);
    return node;
  });
}

it('computes the product in any order, with all loads before the first store if the accumulators allow it', async () => {
  const size = fc.integer({ min: 1, max: 45 });
  let lines = 0;
  const results = fc.constantFrom('int8' as const, 'int32' as const);
  const targets = fc.constantFrom(...Object.values(chips));
  await checkProperty(fc.property(targets, size, size, size, results, orders, (target, m, n, k, result, drawn) => {
    const { tensor } = target;
    const order = tensor.scatter ? drawn : { ...drawn, scatters: false, isTight: false };
    const shape: NetworkShape = { name: 'product', rows: m, result, layers: [{ name: 'layer', inputs: k, outputs: n }] };
    const plan = linePlan(shape, 0, target);
    if (!plan) return;
    lines += 1;
    const [rows, bytes] = [tensor.rows, result === 'int32' ? 4 : 1];
    const ends = {
      source: rowTensor('input', m, k, k, denseGroups(k, rows)), sink: rowTensor('output', m, n * bytes, n * bytes, denseGroups(n, rows)),
      weights: ['weights'], records: ['records'],
    };
    const scope = scheduleLine(tensor, plan, order, ends);
    expect(cursorsOf([...scope.body]).length).toBeLessThanOrEqual(order.words);

    const random = new Random(m + 50 * n + 2500 * k);
    const int8 = (count: number): Int8Array => Int8Array.from({ length: count }, () => random.below(256) - 128);
    const layer = {
      inputs: k, outputs: n, weights: int8(n * k), bias: Int32Array.from({ length: n }, () => random.below(2000) - 1000),
      multiplier: new Int32Array(n).fill(2 ** 30 + 12345), shift: Uint8Array.from({ length: n }, () => 34 + random.below(8)),
      outputZeroPoint: -3, clampMin: -128, clampMax: 127,
    };
    const input = int8(m * k);
    const memory = new Uint8Array(MEMORY_BYTES);
    memory.set(new Uint8Array(input.buffer), PLACES.input);
    memory.set(new Uint8Array(packWeights(layer, denseGroups(k, rows), plan.layers[0].blocks, rows, order.isTight).buffer), PLACES.weights);
    memory.set(packRecords(layer), PLACES.records);
    const model = new TensorModel({ ...tensor, counters: 0 }, {
      readBlock: (address, into) => { into.set(memory.subarray(address, address + into.length)); return true; },
      writeBlock: (address, from) => { memory.set(from, address); return true; },
    });
    const value = (word: Word | undefined): number =>
      word === undefined ? 0 : 'value' in word ? word.value : (word.cursor.symbol === undefined ? 0 : PLACES[word.cursor.symbol]) + word.offset;
    const commands = commandsOf(scope.body);
    for (const { op, rs1, rs2 } of commands) model.execute(TENSOR_OPS.indexOf(op), value(rs1), value(rs2));
    expect(model.execute(TENSOR_OPS.indexOf('fence'), 0, 0), model.lastRefusal).toBe(0);

    const view = new DataView(memory.buffer, PLACES.output);
    for (let row = 0; row < m; row++) {
      for (let column = 0; column < n; column++) {
        let sum = 0;
        for (let i = 0; i < k; i++) sum += input[row * k + i] * layer.weights[column * k + i];
        const at = bytes * (row * n + column);
        const found = result === 'int32' ? view.getInt32(at, true) : view.getInt8(at);
        const { bias, multiplier, shift } = layer;
        const scaled = requantise(sum + bias[column], multiplier[column], shift[column], -3, -128, 127);
        expect(found, `row ${row} column ${column}`).toBe(result === 'int32' ? sum : scaled);
      }
    }
    const places = (...ops: readonly string[]): number[] => commands.flatMap(({ op }, place) => (ops.includes(op) ? [place] : []));
    if (plan.layers[0].blocks.tiles * m <= tensor.accumulatorRows) {
      expect(Math.max(...places('ld', 'ldp'))).toBeLessThan(Math.min(...places('st', 'sta')));
    }
  }), { runs: 150, seed: 5 });
  expect(lines).toBeGreaterThan(100);
});

it('is not for what does not fit the chip or is too long', () => {
  const plan = (m: number, n: number, k: number, changes: Parameters<typeof chip>[0] = {}): unknown =>
    linePlan({ name: 'product', rows: m, result: 'int8', layers: [{ name: 'layer', inputs: k, outputs: n }] }, 0, chip(changes));
  expect(plan(64, 64, 64)).toBeDefined();
  expect(plan(1025, 16, 16), 'accumulators').toBeUndefined();
  expect(plan(16, 16, 16 * 33), 'products').toBeUndefined();
  expect(plan(512, 64, 128), 'scratchpad').toBeUndefined();
  expect(plan(16, 64, 16, { channels: 32 }), 'channel records').toBeUndefined();
  expect(plan(16, 16, 16, { overlap: 'serial' }), 'serial').toBeUndefined();
});
