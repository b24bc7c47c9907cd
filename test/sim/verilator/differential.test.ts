import { describe, expect, it } from 'vitest';
import { elaborate } from '../../../gen/index.ts';
import type { Design } from '../../../gen/index.ts';
import { printDesign } from '../../../gen/print/systemverilog.ts';
import { describeDifference, runLockstep } from '../../../sim/compare.ts';
import { createWasmSimulator } from '../../../sim/engine/index.ts';
import { createVerilatorSimulator, missingTools } from '../../../sim/verilator/index.ts';
import { randomLanes } from '../../gen/random-lanes.ts';
import { Rng } from '../../gen/rng.ts';
import { IS_LONG } from '../../support/effort.ts';
import { randomDesign, randomInputs } from '../../support/random-design.ts';
import { batch } from './batch.ts';
import { emittable } from './emittable.ts';

const missing = missingTools();
const skip = missing !== undefined && !process.env.CI;
if (skip) console.warn(`skipped: ${missing}`);

/** More with SYSTOLE_SEEDS=from:to. */
const [from, to] = (process.env.SYSTOLE_SEEDS ?? '1:3').split(':').map(Number);
const CYCLES = 200;
/** Designs with loops over lanes in the same build; more in `lanes.test.ts`. */
const LANES = [1, 2];

/** The design of a seed; none if it has what the language does not offer and so the printer does not print. */
function printableDesign(seed: number): Design | undefined {
  const design = emittable(randomDesign(seed, { maxGridSide: 3, maxWidth: 70 }));
  try {
    printDesign(design);
    return design;
  } catch {
    return undefined;
  }
}

describe.skipIf(skip)('wasm and verilator', () => {
  it(`agree on the random designs of seeds ${from} to ${to}, cycle by cycle`, async () => {
    const seeds = Array.from({ length: to - from + 1 }, (_, i) => from + i);
    const designs = new Map(seeds.map((seed) => [seed, printableDesign(seed)]));
    const printable = seeds.filter((seed) => designs.get(seed));
    const lanes = LANES.map((seed) => elaborate(randomLanes(`Lanes${seed}`, () => new Rng(seed))));
    const design = batch([...printable.map((seed) => designs.get(seed) as Design), ...lanes]);
    const wasm = createWasmSimulator(design, { minLanes: 2 });
    const verilator = await createVerilatorSimulator(design, { onProgress: () => undefined });
    const inputs = [...randomInputs(from, design.top, CYCLES)];
    const { difference } = runLockstep(wasm, verilator, (cycle) => inputs[cycle], CYCLES, { deepEvery: 8 });
    const number = /^d(\d+)/.exec(difference?.path ?? '')?.[1];
    expect(difference && `seed ${[...printable, ...LANES][Number(number)]}: ${describeDifference(difference)}`).toBeUndefined();
    expect(printable.length).toBeGreaterThan(seeds.length / 3);
    expect(verilator.covers()).toEqual(wasm.covers());
    wasm.close();
    verilator.close();
  }, IS_LONG ? 900_000 : 180_000);
});
