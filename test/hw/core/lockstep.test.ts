/**
 * Every kind of piece that random programs are made of, for itself, on every variant of the core in lockstep with the golden model:
 * what fails here says which kind it is. All of them together: `soak.test.ts`.
 */
import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { CORES, createBench } from '../../support/core-runner.ts';
import { runLockstep } from '../../support/lockstep.ts';
import { PIECE_NAMES, RAM_BYTES, randomProgram } from '../../support/random-program.ts';

const SEEDS = Number(process.env.SYSTOLE_LOCKSTEP_SEEDS ?? 1);
/** With and without delays and interrupts. */
const WAYS = [
  { pace: 'never', interrupts: false }, { pace: 'bursts', interrupts: true },
] as const;

describe('the core retires what the golden model retires', { timeout: 600_000 }, () => {
  for (const [name, chosen] of Object.entries(CORES)) {
    it(name, async () => {
      const config = { ...chosen, trace: true };
      const sim = createBench(config, { ramWords: RAM_BYTES / 4, stalls: true });
      for (const piece of PIECE_NAMES) {
        // The test runner gives up workers that do not answer for a minute.
        await setImmediate();
        for (let seed = 1; seed <= SEEDS; seed++) {
          for (const { pace, interrupts } of WAYS) {
            const program = randomProgram(seed, { isa: config.isa, pieces: 12, interrupts, rounds: 2, piece });
            try {
              expect(runLockstep(sim, config, program, { interrupts, seed, maxCycles: 300_000, pace }).retired).toBeGreaterThan(50);
            } catch (error) {
              throw new Error(`${piece}, seed ${seed}, delays: ${pace}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
            }
          }
        }
      }
    });
  }
});
