import { defineConfig } from 'vitest/config';

/** How many times as many inputs every property is tried with. */
const times = Number(process.env.SYSTOLE_PROPERTY_RUNS ?? 1);

// Hardware tests build and run whole designs: they need time, and two cores are all that a small machine has. Files share the modules of a
// worker (none of ours keeps anything that a test could see): to load them anew for each took a quarter of the time.
export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 120_000 * times,
    hookTimeout: 120_000,
    pool: 'forks',
    poolOptions: { forks: { maxForks: 2, minForks: 1, isolate: false } },
  },
});
