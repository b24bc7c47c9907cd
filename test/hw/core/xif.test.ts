import { describe, expect, it } from 'vitest';
import { balancedCore, fastCore, smallCore } from '../../../hw/core/config.ts';
import type { CoreConfig } from '../../../hw/core/config.ts';
import { Random } from '../../../sw/data/random.ts';
import { createBench } from '../../support/core-runner.ts';
import { RAM_WORDS, randomUnitProgram, runUnitProgram } from '../../support/unit-program.ts';

const CONFIGS: Readonly<Record<string, CoreConfig>> = {
  small: smallCore, 'small with prediction': { ...smallCore, predictorEntries: 8, prefetch: 2 }, balanced: balancedCore, fast: fastCore,
  'fast without bypass': { ...fastCore, loadBypass: false, redirect: 'registered', registerFile: 'block' },
  'balanced with operands after the issue': { ...balancedCore, xifSplit: true }, 'fast with operands after the issue': { ...fastCore, xifSplit: true, xifIdBits: 4 },
};
const SEEDS = Number(process.env.SYSTOLE_LOCKSTEP_SEEDS ?? 2) * 10;

describe('an extension unit with several instructions under way', () => {
  for (const [name, chosen] of Object.entries(CONFIGS)) {
    for (const stalls of [false, true]) {
      it(`computes on ${name}${stalls ? ' with slow memories' : ''} what the program says`, () => {
        const sim = createBench({ ...chosen, xif: true, xifOverlap: true }, { ramWords: RAM_WORDS, stalls });
        let traps = 0;
        for (let seed = 1; seed <= SEEDS; seed++) {
          const program = randomUnitProgram(seed, 300);
          traps += program.traps;
          runUnitProgram(sim, program, seed);
        }
        expect(traps).toBeGreaterThan(SEEDS);
      });
    }
  }
});

describe('the branch predictor', () => {
  it('changes no result, whatever stands in its memory at power-up', () => {
    const sim = createBench({ ...fastCore, xifOverlap: true }, { ramWords: RAM_WORDS, stalls: false });
    const entries = sim.memory('core.fetch.predictor.entries');
    const random = new Random(7);
    const bytesPerEntry = entries.bytes / fastCore.predictorEntries;
    for (let seed = 1; seed <= SEEDS; seed++) {
      for (let entry = 0; entry < fastCore.predictorEntries; entry++) {
        // A tag of the program's first KiB, either half, any counter, a target anywhere near.
        const tag = BigInt(random.uint32() % 8);
        const target = BigInt(0x4000_0000 + (random.uint32() % 1024));
        const word = (tag << 34n) | (BigInt(random.uint32() % 8) << 31n) | target;
        const bytes = Uint8Array.from({ length: bytesPerEntry }, (_, i) => Number((word >> BigInt(8 * i)) & 0xffn));
        entries.write(entry * bytesPerEntry, bytes);
      }
      runUnitProgram(sim, randomUnitProgram(seed, 300), seed);
    }
  });
});
