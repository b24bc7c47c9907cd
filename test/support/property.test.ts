import fc from 'fast-check';
import { Linter } from 'eslint';
import { parser } from 'typescript-eslint';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { restrictions } from '../../tools/eslint/restrictions.js';
import { SHRINK_SECONDS, checkProperty } from './property.ts';

/** What a property that fails says, and how long it takes to say it. */
function failure(check: () => void): { readonly message: string; readonly seconds: number } {
  const start = performance.now();
  try {
    check();
  } catch (error) {
    return { message: (error as Error).message, seconds: (performance.now() - start) / 1000 };
  }
  throw new Error('the property holds');
}

describe('checkProperty', () => {
  beforeEach(() => {
    vi.stubEnv('SYSTOLE_PROPERTY_SEED', undefined);
    vi.stubEnv('SYSTOLE_PROPERTY_RUNS', undefined);
  });
  afterEach(() => vi.unstubAllEnvs());

  it('ends soon where smaller counterexamples never run out', () => {
    // Two neighbouring numbers: fast-check moves one, then the other, by the smallest step, 2⁵² times.
    const real = fc.double({ min: 0, max: 1, noNaN: true });
    const differ = fc.property(real, real, (x, y) => Math.abs(x - y) > 2 ** -52);
    const { message, seconds } = failure(() => checkProperty(differ, { examples: [[0.7, 0.7 + 2 ** -53]] }));
    expect(message).toMatch(/Property failed after \d+ tests\n\{ seed: 1, path: "[\d:]+"/);
    expect(seconds).toBeGreaterThan(SHRINK_SECONDS);
    expect(seconds).toBeLessThan(SHRINK_SECONDS + 5);
  });

  it('reports the smallest counterexample, or the first one where shrinking says nothing', () => {
    const property = fc.property(fc.nat(1_000_000), (n) => n < 1000);
    expect(failure(() => checkProperty(property)).message).toContain('Counterexample: [1000]');
    expect(failure(() => checkProperty(property, { shrinks: false })).message).not.toContain('Counterexample: [1000]');
  });

  it('does the same for properties that are waited for', async () => {
    const property = fc.asyncProperty(fc.nat(1_000_000), (n) => Promise.resolve(n < 1000));
    await expect(checkProperty(property)).rejects.toThrow('Counterexample: [1000]');
    await expect(checkProperty(fc.asyncProperty(fc.nat(9), (n) => Promise.resolve(n < 10)))).resolves.toBeUndefined();
  });

  it('fails where its time is over before all inputs are tried', () => {
    const slow = fc.property(fc.nat(), () => {
      const start = performance.now();
      while (performance.now() - start < 30);
    });
    const { message, seconds } = failure(() => checkProperty(slow, { seconds: 0.2 }));
    expect(message).toContain('interrupted');
    expect(seconds).toBeLessThan(2);
  });

  it('tries the same inputs every time, and others or more of them where the environment says so', () => {
    const tried = (): readonly number[] => {
      const inputs: number[] = [];
      checkProperty(fc.property(fc.integer(), (n) => void inputs.push(n)), { runs: 20 });
      return inputs;
    };
    const usual = tried();
    expect(usual).toHaveLength(20);
    expect(tried()).toEqual(usual);
    vi.stubEnv('SYSTOLE_PROPERTY_SEED', '2');
    expect(tried()).not.toEqual(usual);
    vi.stubEnv('SYSTOLE_PROPERTY_RUNS', '3');
    expect(tried()).toHaveLength(60);
  });

  it('is what the linter sends tests to', () => {
    const config: Linter.Config = { files: ['**/*.ts'], languageOptions: { parser: parser as Linter.Parser }, rules: { 'no-restricted-syntax': restrictions.inTests } };
    const lint = (text: string): number => new Linter().verify(text, [config], 'a.test.ts').length;
    for (const text of ['fc.assert(p);', 'void fc.check(p);', 'import { assert as a } from \'fast-check\';', 'import * as x from \'fast-check\';', 'import x from \'fast-check\';']) {
      expect(lint(text), text).toBe(1);
    }
    expect(lint('import fc from \'fast-check\'; import { assert } from \'vitest\'; checkProperty(fc.property(fc.nat(), f)); assert(true);')).toBe(0);
  });
});
