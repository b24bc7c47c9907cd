import { describe, expect, it } from 'vitest';
import { elaborate } from '../../../../gen/index.ts';
import { NO_FEATURES } from '../../../../hw/isa/tensor-rows.ts';
import type { TensorParams } from '../../../../hw/tensor/params.ts';
import { MacArray } from '../../../../hw/tensor/serial/mac-array.ts';
import { createWasmSimulator } from '../../../../sim/engine/index.ts';
import { Random } from '../../../../sw/data/random.ts';

const dsp: TensorParams = {
  rows: 4, columns: 4, scratchpadRows: 64, accumulatorRows: 32, channels: 32, scratchpadBanks: 1, accumulatorBanks: 1, vectorLanes: 1,
  requantiser: 'iterative', queueDepth: 1, hazardBlocks: 1, counters: false, busBytes: 4, idBits: 1, pipelineEvery: 1, ...NO_FEATURES, multiplier: 'ice40', overlap: 'serial',
};
const plain: TensorParams = { ...dsp, multiplier: 'generic' };

describe('the array of the serial unit', () => {
  for (const [name, p] of Object.entries({ dsp, plain })) {
    it(`of ${name} cells adds exact products to sums near every multiple of 2^16`, () => {
      const sim = createWasmSimulator(elaborate(MacArray(p)));
      const random = new Random(9);
      const pack = (values: readonly number[], bits: number): bigint =>
        values.reduceRight((all, v) => (all << BigInt(bits)) | BigInt.asUintN(bits, BigInt(v)), 0n);
      const extreme = (): number => (random.below(3) === 0 ? random.below(256) - 128 : [-128, 127, -127, 0][random.below(4)]);
      const four = <T>(make: () => T): T[] => [make(), make(), make(), make()];
      const flags = (clear: number, loadLine: number): void => {
        sim.poke('clear', clear);
        sim.poke('loadLine', loadLine);
      };
      for (let tile = 0; tile < 60; tile++) {
        const accumulate = random.below(4) > 0;
        const weights = four(() => four(extreme));
        sim.poke('accumulate', accumulate ? 1 : 0);
        flags(1, 0);
        sim.step();
        for (const [line, w] of weights.entries()) {
          flags(0, 1);
          sim.poke('line', line);
          sim.poke('row', pack(w, 8));
          sim.step();
        }
        flags(0, 0);
        for (let i = 0; i < 40; i++) {
          const row = four(extreme);
          const old = four(() => (random.below(65536) * 65536 + (65536 + random.below(9) - 4) % 65536) | 0);
          sim.poke('row', pack(row, 8));
          sim.poke('oldLow', pack(old, 16));
          sim.step();
          sim.poke('oldHigh', pack(old.map((x) => x >> 16), 16));
          const sums = weights.map((w, c) => (w.reduce((sum, x, k) => sum + x * row[k], accumulate ? old[c] : 0)) | 0);
          expect(sim.peek('newLow'), 'lower halves').toBe(pack(sums, 16));
          expect(sim.peek('newHigh'), 'upper halves').toBe(pack(sums.map((x) => x >> 16), 16));
        }
      }
    });
  }
});
