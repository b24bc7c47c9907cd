import { defineConfig } from 'vitest/config';

// Hardware tests build and run whole designs: they need time, and two cores are all that a small machine has.
export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    pool: 'forks',
    poolOptions: { forks: { maxForks: 2, minForks: 1 } },
  },
});
