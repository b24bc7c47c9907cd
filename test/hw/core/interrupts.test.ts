/** A short program that is interrupted at each of its cycles, on every variant of the core in lockstep with the golden model. */
import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { INTERRUPT } from '../../../hw/isa/csr.ts';
import type { CoreConfig } from '../../../hw/core/config.ts';
import type { Simulator } from '../../../sim/simulator.ts';
import type { PACE } from '../../support/core-bench.ts';
import { CORES, createBench } from '../../support/core-runner.ts';
import { runLockstep } from '../../support/lockstep.ts';
import type { LockstepCounts } from '../../support/lockstep.ts';
import { IS_LONG, someOf } from '../../support/effort.ts';
import { interruptTarget } from '../../support/programs/interrupt-target.ts';
import { RAM_BYTES } from '../../support/random-program.ts';
import type { RandomProgram } from '../../support/random-program.ts';

const PACES: readonly Pace[] = IS_LONG ? ['never', 'bursts', 'aQuarter'] : ['never'];
/** Cycles after which a request goes away again; otherwise every third cycle is tried, with one of them. */
const LENGTHS = [1, 2, 3];
const lengthsAt = (cycle: number): readonly number[] => (IS_LONG ? LENGTHS : cycle % 3 === 0 ? [LENGTHS[(cycle / 3) % 3]] : []);
/** Before it the program only sets its registers, all interrupts being off. */
const FIRST_CYCLE = IS_LONG ? 1 : 60;
const NEVER = 0xffff_ffff;

type Pace = keyof typeof PACE;

function run(sim: Simulator, config: CoreConfig, program: RandomProgram, pace: Pace, timer: readonly [number, number]): LockstepCounts {
  try {
    return runLockstep(sim, config, program, { interrupts: false, seed: 1, maxCycles: 20_000, pace, timer });
  } catch (error) {
    const how = `requested at the end of cycle ${timer[0]}, ${timer[1] === NEVER ? 'held' : `for ${timer[1] - timer[0]} cycles`}, delays: ${pace}`;
    throw new Error(`interrupt ${how}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}

describe('a timer interrupt at any cycle', { timeout: 600_000 }, () => {
  for (const [name, chosen] of someOf(Object.entries(CORES), 8)) {
    it(`is taken exactly once if held until the handler takes it away, and leaves all else as it is, on ${name}`, async () => {
      const config = { ...chosen, trace: true };
      const sim = createBench(config, { ramWords: RAM_BYTES / 4, stalls: true });
      const [program, sleeper] = [interruptTarget(config.isa, false), interruptTarget(config.isa, true)];
      for (const pace of PACES) {
        const undisturbed = run(sim, config, program, pace, [0, 0]);
        expect(undisturbed.interrupts[INTERRUPT.timer]).toBe(0);
        expect(undisturbed.cycles).toBeLessThan(3000);
        let taken = 0;
        let tried = 0;
        for (let cycle = FIRST_CYCLE; cycle <= undisturbed.cycles; cycle++) {
          // The test runner gives up workers that do not answer for a minute.
          if (cycle % 100 === 0) await setImmediate();
          const held = run(sim, config, sleeper, pace, [cycle, NEVER]);
          if (held.interrupts[INTERRUPT.timer] !== 1) expect(held.interrupts[INTERRUPT.timer], `taken at cycle ${cycle}`).toBe(1);
          for (const length of lengthsAt(cycle)) {
            const brief = run(sim, config, program, pace, [cycle, cycle + length]).interrupts[INTERRUPT.timer];
            if (brief > 1) expect(brief, `taken at cycle ${cycle} for ${length} cycles`).toBeLessThan(2);
            taken += brief;
            tried++;
          }
        }
        // Some went away before they could be taken, some did not.
        expect(taken).toBeGreaterThan(20);
        expect(taken).toBeLessThan(tried);
      }
    });
  }
});
