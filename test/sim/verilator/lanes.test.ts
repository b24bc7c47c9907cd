/**
 * Random designs with loops over lanes, which `wasm` runs as loops however short, in both engines, many in one build; those of every day
 * are in the build of `differential.test.ts`. With SYSTOLE_LANES=from:to.
 */
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

const given = process.env.SYSTOLE_LANES ?? (IS_LONG ? '1:100' : undefined);
const [FROM, TO] = (given ?? '1:2').split(':').map(Number);
const AT_ONCE = 50;
const CYCLES = 100;

describe.skipIf(skip || given === undefined)('wasm and verilator', () => {
  it(`agree on the loops of seeds ${FROM} to ${TO}, cycle by cycle`, async () => {
    for (let from = FROM; from <= TO; from += AT_ONCE) {
      const seeds = Array.from({ length: Math.min(AT_ONCE, TO - from + 1) }, (_, i) => from + i);
      const design = batch(seeds.map((seed) => elaborate(randomLanes(`Lanes${seed}`, () => new Rng(seed)))));
      const wasm = createWasmSimulator(design, { minLanes: 2 });
      const verilator = await createVerilatorSimulator(design, { onProgress: () => undefined });
      const inputs = [...randomInputs(from, design.top, CYCLES)];
      const { difference } = runLockstep(wasm, verilator, (cycle) => inputs[cycle], CYCLES, { deepEvery: 8 });
      const number = /^d(\d+)/.exec(difference?.path ?? '')?.[1];
      expect(difference && `seed ${seeds[Number(number)]}: ${describeDifference(difference)}`).toBeUndefined();
      expect(verilator.covers()).toEqual(wasm.covers());
      wasm.close();
      verilator.close();
    }
  }, 7_200_000);
});
