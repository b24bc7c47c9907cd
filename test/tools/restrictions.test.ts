/** The lint restrictions on what works on designs: a list of any length is never spread over arguments, and the rule holds there. */
import { fileURLToPath } from 'node:url';
import { ESLint, Linter } from 'eslint';
import { parser } from 'typescript-eslint';
import { describe, expect, it } from 'vitest';
import { restrictions } from '../../tools/eslint/restrictions.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

const complaints = (code: string): number => new Linter({ cwd: ROOT }).verify(code, [{
  files: ['**/*.ts'],
  languageOptions: { parser: parser as Linter.Parser },
  rules: { 'no-restricted-syntax': restrictions.inPasses },
}], 'sample.ts').length;

describe('spreads over arguments', () => {
  it.each(['a.push(...b);', 'a.push(1, ...b);', 'a.unshift(...b);', 'a.splice(0, 0, ...b);', 'Math.max(0, ...b);', 'Math.min(...b);', 'a.concat(...b);',
    'f(...b.map((x) => x));', 'this.then(...steps.flatMap((s) => s), last);', 'f(...a.b);'])('%s is refused', (code) => {
    expect(complaints(code)).toBeGreaterThan(0);
  });

  it.each(['a.push(b);', 'const c = [...a, ...b];', 'const f = (...args) => g(...args);', 'Math.max(a, b);'])('%s passes', (code) => {
    expect(complaints(code)).toBe(0);
  });

  it('are watched for in all that works on designs', async () => {
    const eslint = new ESLint({ cwd: ROOT });
    for (const file of ['gen/print/module.ts', 'gen/passes/unroll.ts', 'sim/engine/collect.ts']) {
      const { rules } = await eslint.calculateConfigForFile(file) as { rules: Record<string, Linter.RuleEntry> };
      expect(rules['no-restricted-syntax'], file).toEqual([2, ...(restrictions.inPasses as readonly unknown[]).slice(1)]);
    }
  });
});
