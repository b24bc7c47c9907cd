import { describe, expect, it } from 'vitest';
import { balancedCore, fastCore, smallCore } from '../../../hw/core/config.ts';
import type { CoreConfig } from '../../../hw/core/config.ts';
import { createBench } from '../../support/core-runner.ts';
import { runLockstep } from '../../support/lockstep.ts';
import { RAM_BYTES, randomProgram } from '../../support/random-program.ts';

const withIsa = (config: CoreConfig, isa: Partial<CoreConfig['isa']>): CoreConfig => ({ ...config, isa: { ...config.isa, ...isa } });
const CONFIGS: Readonly<Record<string, CoreConfig>> = {
  small: smallCore,
  'small with multiplication and 16-bit instructions': withIsa(smallCore, { m: true, c: true }),
  'small with a two-word queue': { ...smallCore, prefetch: 2 },
  'small in flip-flops with all counters': {
    ...withIsa(smallCore, { zicntr: true, zbb: true }), registerFile: 'flipflop', counters: true, xif: false,
  },
  balanced: balancedCore,
  'balanced with a serial shifter': { ...balancedCore, shifter: 'serial' },
  fast: fastCore,
  'fast with late redirection and a tiny predictor in block RAM': { ...fastCore, redirect: 'registered', predictorEntries: 4, registerFile: 'block', loadBypass: false, multiplier: 'stepped' },
  'balanced with late redirection': { ...balancedCore, redirect: 'registered' },
  'small with prediction': { ...withIsa(smallCore, { c: true }), predictorEntries: 16 },
  'small with prediction and a two-word queue': { ...smallCore, prefetch: 2, predictorEntries: 16, redirect: 'registered' },
  'fast without 16-bit instructions': { ...withIsa(fastCore, { c: false }), xif: false },
};
const SEEDS = Number(process.env.SYSTOLE_LOCKSTEP_SEEDS ?? 2);

describe('the core retires what the golden model retires', { timeout: 600_000 }, () => {
  for (const [name, chosen] of Object.entries(CONFIGS)) {
    it(name, () => {
      const config = { ...chosen, trace: true };
      for (const stalls of [false, true]) {
        const sim = createBench(config, { ramWords: RAM_BYTES / 4, stalls });
        for (const interrupts of [false, true]) {
          const total = { events: 0, traps: 0, interrupts: 0 };
          for (let seed = 1; seed <= SEEDS; seed++) {
            const program = randomProgram(seed, { isa: config.isa, pieces: 300, interrupts });
            const run = runLockstep(sim, config, program, { interrupts, seed, maxCycles: 300_000 });
            total.events += run.events;
            total.traps += run.traps - run.interrupts;
            total.interrupts += run.interrupts;
          }
          expect(total.events).toBeGreaterThan(1000 * SEEDS);
          expect(total.traps).toBeGreaterThan(5 * SEEDS);
          if (interrupts) expect(total.interrupts).toBeGreaterThan(5 * SEEDS);
        }
      }
    });
  }
});
