/**
 * The accumulators alone against an array of rows: sums that overwrite, add and compete with what is there, among them the largest and the
 * smallest numbers that there are.
 */
import { describe, expect, it } from 'vitest';
import { ALL_FEATURES, NO_FEATURES } from '../../../hw/isa/tensor-rows.ts';
import { Accumulators } from '../../../hw/tensor/accumulators.ts';
import { partialSumBits } from '../../../hw/tensor/params.ts';
import type { TensorParams } from '../../../hw/tensor/params.ts';
import { Dice, start } from '../lib/bench.ts';

const common: TensorParams = {
  rows: 4, columns: 6, scratchpadRows: 64, accumulatorRows: 8, channels: 32, scratchpadBanks: 1, accumulatorBanks: 1, vectorLanes: 2,
  requantiser: 'pipelined', queueDepth: 2, hazardBlocks: 1, counters: false, busBytes: 4, idBits: 1, pipelineEvery: 1, ...ALL_FEATURES, multiplier: 'generic',
};
const CYCLES = 3000;
const LARGEST = [2 ** 31 - 1, -(2 ** 31), 0, -1, 1];

describe.each<Partial<TensorParams>>([
  {}, { accumulatorBanks: 2, columns: 2, vectorLanes: 1 }, { rows: 128, columns: 3, vectorLanes: 1 }, { ...NO_FEATURES },
])('accumulators, %j', (change) => {
  const p = { ...common, ...change };
  it('overwrite, add up and keep the greater, in the lanes that are used', () => {
    const dice = new Dice(p.columns);
    const sim = start(Accumulators(p), { next: 0, vector_request: 0, store_request: 0 });
    const depth = p.accumulatorRows / p.accumulatorBanks;
    const cells = (row: number, lane: number): { name: string; byte: number } => {
      const [bank, group] = [row % p.accumulatorBanks, Math.floor(lane / p.vectorLanes)];
      const inBank = Math.floor(row / p.accumulatorBanks);
      expect(inBank).toBeLessThan(depth);
      return { name: `bank${bank}group${group}.cells`, byte: inBank * 4 * p.vectorLanes + 4 * (lane % p.vectorLanes) };
    };
    const oneOf = (values: readonly number[]): number => values[dice.roll(values.length)];
    const model = Array.from({ length: p.accumulatorRows }, () => Array.from({ length: p.columns }, () => oneOf(LARGEST)));
    for (const [row, lanes] of model.entries()) {
      for (const [lane, value] of lanes.entries()) {
        const { name, byte } = cells(row, lane);
        sim.memory(name).write(byte, new Uint8Array(Int32Array.of(value).buffer));
      }
    }
    const most = 2 ** (partialSumBits(p) - 1);
    const sumOf = (): number => {
      const any = dice.roll(2 * most) - most;
      return oneOf([any, most - 1, -most, 0, 1, -1, any, any]);
    };
    const seen = { adds: 0, keepsOld: 0, keepsNew: 0, overwrites: 0 };
    /** In the cycle before. */
    let announced: { row: number; accumulates: boolean; maximum: boolean; last: number } | undefined;
    for (let cycle = 0; cycle < CYCLES; cycle++) {
      const sums = Array.from({ length: p.columns }, sumOf);
      sim.poke('sums', sums.reduceRight((all, sum) => (all << BigInt(partialSumBits(p))) | BigInt.asUintN(partialSumBits(p), BigInt(sum)), 0n));
      const writing = announced;
      const [accumulates, maximum] = [dice.roll(3) > 0, p.maximum && dice.roll(2) === 0];
      announced = dice.roll(5) === 0 ? undefined : { row: dice.roll(p.accumulatorRows), accumulates, maximum, last: dice.roll(p.columns) };
      // A row that is being written is not read.
      if (writing && announced?.row === writing.row) announced.accumulates = false;
      sim.poke('next', announced ? 1 : 0);
      if (announced) {
        sim.poke('nextRow', announced.row);
        sim.poke('nextAccumulate', announced.accumulates ? 1 : 0);
        if (p.maximum) sim.poke('nextMaximum', announced.maximum ? 1 : 0);
        sim.poke('nextLastColumn', announced.last);
      }
      sim.step();
      if (!writing) continue;
      const lanes = model[writing.row];
      for (let n = 0; n <= writing.last; n++) {
        const old = lanes[n];
        const keepsOld = writing.maximum && old > sums[n];
        if (!writing.accumulates) lanes[n] = sums[n];
        else lanes[n] = writing.maximum ? (keepsOld ? old : sums[n]) : (old + sums[n]) | 0;
        seen[!writing.accumulates ? 'overwrites' : !writing.maximum ? 'adds' : keepsOld ? 'keepsOld' : 'keepsNew'] += 1;
      }
    }
    const found = model.map((lanes, row) => lanes.map((_, lane) => {
      const { name, byte } = cells(row, lane);
      return new DataView(sim.memory(name).read(byte, 4).slice().buffer).getInt32(0, true);
    }));
    expect(found).toEqual(model);
    expect(Object.entries(seen).filter(([name, times]) => times < 100 && (p.maximum || !name.startsWith('keeps')))).toEqual([]);
  });
});
