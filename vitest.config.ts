import { defineConfig } from 'vitest/config';

/** How many times as many inputs every property is tried with. */
const times = Number(process.env.SYSTOLE_PROPERTY_RUNS ?? 1);

// Hardware tests build and run whole designs: they need time, and two cores are all that a small machine has. A third worker has them
// when others wait for processes.
export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 120_000 * times,
    hookTimeout: 120_000,
    pool: 'forks',
    poolOptions: { forks: { maxForks: 3, minForks: 1 } },
  },
});
