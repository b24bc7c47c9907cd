/** The depthwise lanes alone: sums of the last activation rows with weights of two banks, rows that pause, weights that come meanwhile. */
import { describe, expect, it } from 'vitest';
import { ALL_FEATURES } from '../../../hw/isa/tensor-rows.ts';
import { DepthwiseLanes, laneSumBits } from '../../../hw/tensor/depthwise-lanes.ts';
import type { TensorParams } from '../../../hw/tensor/params.ts';
import { Dice, start } from '../lib/bench.ts';

const common: TensorParams = {
  rows: 8, columns: 8, scratchpadRows: 64, accumulatorRows: 8, channels: 32, scratchpadBanks: 1, accumulatorBanks: 1, vectorLanes: 2,
  requantiser: 'pipelined', queueDepth: 2, hazardBlocks: 1, counters: false, busBytes: 4, idBits: 1, pipelineEvery: 1, ...ALL_FEATURES, multiplier: 'generic',
};
const CYCLES = 2000;
const packed = (values: readonly number[], bits: number): bigint =>
  values.reduceRight((all, value) => (all << BigInt(bits)) | BigInt.asUintN(bits, BigInt(value)), 0n);

describe.each<Partial<TensorParams>>([
  { depthwiseTaps: 2 }, { depthwiseTaps: 3 }, { depthwiseTaps: 3, columns: 5 }, { depthwiseTaps: 3, rows: 4 }, { depthwiseTaps: 5 },
  { depthwiseTaps: 8 },
])('depthwise lanes, %j', (change) => {
  const p = { ...common, ...change };
  const [taps, lanes] = [p.depthwiseTaps, Math.min(p.rows, p.columns)];
  it('add up the products of as many rows as there are taps', () => {
    const dice = new Dice(taps);
    const sim = start(DepthwiseLanes(p), { step: 0, load0: 0, load1: 0 });
    const int8 = (): number => [-128, 127, 0, dice.roll(256) - 128, dice.roll(256) - 128][dice.roll(5)];
    const row = (): number[] => Array.from({ length: p.rows }, int8);
    /** By bank and tap. */
    const weights: number[][][] = [0, 1].map(() => Array.from({ length: taps }, () => []));
    /** What each row that was taken adds, tap by tap: its weights are those of the cycle in which it comes. */
    let products: number[][][] = [];
    let compared = 0;
    for (let cycle = 0; cycle < CYCLES; cycle++) {
      const [a, w, bank, loads, tap] = [row(), row(), dice.roll(2), dice.roll(3), dice.roll(p.columns)];
      // Before all weights are there, none is used.
      const steps = weights.flat().every((of) => of.length > 0) && dice.roll(4) > 0;
      const inputs = { step: steps ? 1 : 0, bank, load0: loads === 0 ? 1 : 0, load1: loads === 1 ? 1 : 0, loadColumn: tap };
      for (const [name, value] of Object.entries(inputs)) sim.poke(name, value);
      sim.poke('a', packed(a, 8));
      sim.poke('w', packed(w, 8));
      if (steps) products = [...products, weights[bank].map((of) => of.map((weight, lane) => weight * a[lane]))].slice(-taps);
      sim.step();
      if (loads < 2 && tap < taps) weights[loads][tap] = w;
      if (products.length < taps) continue;
      const expected = Array.from({ length: lanes }, (_, lane) => products.reduce((sum, of, j) => sum + of[j][lane], 0));
      expect(sim.peek('sums'), `cycle ${cycle}`).toBe(packed(expected, laneSumBits(p)));
      compared += 1;
    }
    expect(compared).toBeGreaterThan(CYCLES / 2);
  });
});
