/**
 * Random programs on every variant of the core in lockstep with the golden model. SYSTOLE_SOAK_INSTRUCTIONS says how many instructions
 * a variant retires at least (`npm run test:long`: ten million); SYSTOLE_SOAK_CORE (a part of the name) and SYSTOLE_SOAK_SEED (the first
 * program) repeat a run that failed.
 */
import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { EXCEPTION, INTERRUPT } from '../../../hw/isa/csr.ts';
import type { CoreConfig } from '../../../hw/core/config.ts';
import type { PACE } from '../../support/core-bench.ts';
import { CORES, createBench } from '../../support/core-runner.ts';
import { LockstepCounts, runLockstep } from '../../support/lockstep.ts';
import { RAM_BYTES, randomProgram } from '../../support/random-program.ts';

const INSTRUCTIONS = Number(process.env.SYSTOLE_SOAK_INSTRUCTIONS ?? 30_000);
const CORE = process.env.SYSTOLE_SOAK_CORE ?? '';
const FIRST_SEED = Number(process.env.SYSTOLE_SOAK_SEED ?? 1);
const PACES: readonly (keyof typeof PACE)[] = ['never', 'aQuarter', 'bursts', 'never', 'mostly'];
const PIECES = 120;

/** Runs program after program. Throws what differs, with the command that shows it again. */
async function soak(name: string, config: CoreConfig): Promise<LockstepCounts> {
  const total = new LockstepCounts();
  const sim = createBench(config, { ramWords: RAM_BYTES / 4, stalls: true });
  for (let seed = FIRST_SEED; total.retired < INSTRUCTIONS; seed++) {
    const interrupts = seed % 2 === 0;
    // The test runner gives up workers that do not answer for a minute.
    await setImmediate();
    try {
      const program = randomProgram(seed, { isa: config.isa, pieces: PIECES, interrupts, rounds: 1 + (seed % 6) });
      const pace = PACES[seed % PACES.length];
      total.add(runLockstep(sim, config, program, { interrupts, seed, maxCycles: 3_000_000, pace, poison: seed % 3 === 0 }));
    } catch (error) {
      const command = `SYSTOLE_SOAK_CORE='${name}' SYSTOLE_SOAK_SEED=${seed} SYSTOLE_SOAK_INSTRUCTIONS=1 npx vitest run test/hw/core/soak.test.ts`;
      throw new Error(`${error instanceof Error ? error.message : String(error)}\nagain: ${command}`, { cause: error });
    }
  }
  return total;
}

describe.skipIf(INSTRUCTIONS === 0)('the core retires what the golden model retires in random programs', { timeout: 3_600_000 }, () => {
  for (const [name, chosen] of Object.entries(CORES).filter(([core]) => core.includes(CORE))) {
    it(name, async () => {
      const config = { ...chosen, trace: true };
      const start = performance.now();
      const total = await soak(name, config);
      const seconds = (performance.now() - start) / 1000;
      if (INSTRUCTIONS >= 1_000_000) {
        const rate = Math.round(total.events / seconds / 1000);
        console.log(`${name}: ${total.retired} instructions, ${total.traps} traps, ${total.cycles} cycles, ${rate}k events/s`);
      }
      // Less than a program's worth shows one thing, not all of them.
      if (INSTRUCTIONS < 20_000) return;
      for (const [exception, { cause }] of Object.entries(EXCEPTION)) {
        const isPossible = cause !== EXCEPTION.instructionMisaligned.cause || !config.isa.c;
        if (isPossible) expect(total.exceptions[cause], exception).toBeGreaterThan(5);
        else expect(total.exceptions[cause], exception).toBe(0);
      }
      for (const [interrupt, cause] of Object.entries(INTERRUPT)) expect(total.interrupts[cause], interrupt).toBeGreaterThan(5);
      expect(total.fenceI, 'fence.i').toBeGreaterThan(50);
      expect(total.wfi, 'wfi').toBeGreaterThan(5);
      expect(total.mret, 'mret').toBeGreaterThan(50);
      if (config.isa.c) expect(total.compressed, '16-bit instructions').toBeGreaterThan(1000);
      // Nothing but a prediction makes a jump cost nothing; and some predictions are wrong.
      if (config.predictorEntries > 0) expect(total.quickJumps, 'predicted jumps').toBeGreaterThan(500);
      else expect(total.quickJumps, 'predicted jumps').toBe(0);
      expect(total.slowJumps, 'jumps that were not predicted').toBeGreaterThan(500);
    });
  }
});
