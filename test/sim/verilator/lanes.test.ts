/** Random designs with loops over lanes in both engines, many in one build. More with SYSTOLE_LANES=from:to. */
import { describe, expect, it } from 'vitest';
import { elaborate } from '../../../gen/index.ts';
import { describeDifference, runLockstep } from '../../../sim/compare.ts';
import { createWasmSimulator } from '../../../sim/engine/index.ts';
import { createVerilatorSimulator, missingTools } from '../../../sim/verilator/index.ts';
import { randomLanes } from '../../gen/random-lanes.ts';
import { Rng } from '../../gen/rng.ts';
import { IS_LONG } from '../../support/effort.ts';
import { randomInputs } from '../../support/random-design.ts';
import { batch } from './batch.ts';

const missing = missingTools();
const skip = missing !== undefined && !process.env.CI;

const [FROM, TO] = (process.env.SYSTOLE_LANES ?? (IS_LONG ? '1:100' : '1:2')).split(':').map(Number);
const AT_ONCE = 25;
const CYCLES = 100;

describe.skipIf(skip)('wasm and verilator', () => {
  it(`agree on the loops of seeds ${FROM} to ${TO}, cycle by cycle`, async () => {
    for (let from = FROM; from <= TO; from += AT_ONCE) {
      const seeds = Array.from({ length: Math.min(AT_ONCE, TO - from + 1) }, (_, i) => from + i);
      const design = batch(seeds.map((seed) => elaborate(randomLanes(`Lanes${seed}`, () => new Rng(seed)))));
      const wasm = createWasmSimulator(design);
      const verilator = await createVerilatorSimulator(design, { onProgress: () => undefined });
      const inputs = [...randomInputs(from, design.top, CYCLES)];
      const { difference } = runLockstep(wasm, verilator, (cycle) => inputs[cycle], CYCLES, { deepEvery: 8 });
      const number = /^d(\d+)/.exec(difference?.path ?? '')?.[1];
      expect(difference && `seed ${seeds[Number(number)]}: ${describeDifference(difference)}`).toBeUndefined();
      expect(verilator.covers()).toEqual(wasm.covers());
      wasm.close();
      verilator.close();
    }
  }, IS_LONG || process.env.SYSTOLE_LANES ? 7_200_000 : 180_000);
});
