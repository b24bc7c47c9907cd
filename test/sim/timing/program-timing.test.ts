/**
 * The cycle model against the RTL: random products on chips with every option that matters for time. What the model says is nearly what the
 * clock of the built-in engine says. More with SYSTOLE_TIMING=from:to.
 */
import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../../hw/soc/config-file.ts';
import type { ChipConfig } from '../../../hw/soc/config.ts';
import { buildGemm } from '../../../sw/compiler/gemm.ts';
import { chipOf } from '../../../sw/mnist.ts';
import { boardMachine } from '../../../sw/runtime/board-machine.ts';
import { runGemm } from '../../../sw/runtime/gemm-run.ts';
import { Rng } from '../../gen/rng.ts';
import { IS_LONG } from '../../support/effort.ts';
import { randomTensorChip } from '../../support/random-tensor-chip.ts';

const [FROM, TO] = (process.env.SYSTOLE_TIMING ?? (IS_LONG ? '1:60' : '1:8')).split(':').map(Number);
/** Chips beyond the first few that show what those do not: a branch behind a fetch that is not granted, a memory that is full. */
const TELLING = [9, 15];
const SEEDS = new Set([...Array.from({ length: TO - FROM + 1 }, (_, i) => FROM + i), ...TELLING]);
/** Without a cache every wrong guess of the core costs an access of memory, and of guesses the model knows little. */
const mostPercent = ({ soc }: ChipConfig): number => (soc.instructionCacheBytes === 0 ? 3 : 1);
/** A few cycles are a lot of a product that takes fifty. */
const MOST_CYCLES = 2;
/** Of 64×64×64 on a mesh of 16×16 with a memory that answers after 200 cycles: may only fall. */
const MOST_CYCLES_SLOW = 1574;

const products = (seed: number): readonly { m: number; n: number; k: number; result: 'int8' | 'int32' }[] => {
  const random = new Rng(seed + 1_000_000);
  const size = (): number => 1 + random.below(40);
  return Array.from({ length: 3 }, (_, i) => ({ m: size(), n: size(), k: size(), result: i === 0 ? 'int32' : 'int8' }));
};

describe('the cycle model', () => {
  it.each([...SEEDS])('says what the RTL of random chip %i takes', { timeout: 120_000 }, async (seed) => {
    const chip = randomTensorChip(seed);
    const machine = await boardMachine(chip, 'wasm');
    const wrong: string[] = [];
    for (const { result, ...shape } of products(seed)) {
      const gemm = buildGemm(shape, chipOf(chip), { result });
      const { cycles = 0 } = await runGemm(machine, gemm);
      const said = gemm.program.report.estimatedCycles;
      const most = Math.max(MOST_CYCLES, (mostPercent(chip) / 100) * cycles);
      if (Math.abs(said - cycles) > most) wrong.push(`${Object.values(shape).join('x')} ${result}: model ${said}, RTL ${cycles}`);
      await setImmediate();
    }
    machine.close?.();
    expect(wrong).toEqual([]);
  });

  it('agrees that a slow memory is asked for several loads, and takes several stores, at a time', async () => {
    const chip = loadConfig(new URL('../../../configs/bench/gemm-16x16.toml', import.meta.url).pathname);
    const slow: ChipConfig = { ...chip, simulation: { ...chip.simulation, latencyCycles: 200 } };
    const machine = await boardMachine(slow, 'wasm');
    const gemm = buildGemm({ m: 64, n: 64, k: 64 }, chipOf(slow));
    const { cycles = 0 } = await runGemm(machine, gemm);
    machine.close?.();
    expect(Math.abs(gemm.program.report.estimatedCycles - cycles)).toBeLessThanOrEqual(MOST_CYCLES);
    // Of one load, or one store, after the other: 2,210.
    expect(cycles).toBeLessThanOrEqual(MOST_CYCLES_SLOW);
  });
});
