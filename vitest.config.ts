import { defineConfig } from 'vitest/config';
import { BaseSequencer } from 'vitest/node';
import type { TestSpecification } from 'vitest/node';

/** How many times as many inputs every property is tried with. */
const times = Number(process.env.SYSTOLE_PROPERTY_RUNS ?? 1);

/** The files that take longest. One of them that began last would keep one core busy long after the other has nothing left to do. */
const LONGEST = [
  'fpga/flow', 'explore/sweep', 'performance/cycles', 'hw/soc/caches', 'sw/compiler/compile', 'cli/json', 'cli/design', 'cli/explore', 'cli/systole',
  'cli/installed', 'cli/sizes', 'firmware/build', 'sim/verilator/differential', 'sim/verilator/engine', 'hw/tensor/tensor-unit',
].map((name) => `/test/${name}.test.ts`);

class LongestFirst extends BaseSequencer {
  async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId }: TestSpecification): number => {
      const at = LONGEST.findIndex((end) => moduleId.endsWith(end));
      return at < 0 ? LONGEST.length : at;
    };
    return (await super.sort(files)).sort((a, b) => place(a) - place(b));
  }
}

// Hardware tests build and run whole designs: they need time, and two cores are all that a small machine has. Files share the modules of a
// worker (none of ours keeps anything that a test could see): to load them anew for each took a quarter of the time.
export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    setupFiles: ['test/support/breathe.ts'],
    testTimeout: 120_000 * times,
    hookTimeout: 120_000,
    pool: 'forks',
    poolOptions: { forks: { maxForks: 2, minForks: 1, isolate: false } },
    sequence: { sequencer: LongestFirst },
  },
});
