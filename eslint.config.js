/** Linter and formatter in one: `npx eslint .`, `npx eslint --fix gen`. The rules say what STYLE says; types are used where they pay. */
import { readFileSync } from 'node:fs';
import stylistic from '@stylistic/eslint-plugin';
import tseslint from 'typescript-eslint';
import { restrictions } from './tools/eslint/restrictions.js';
import { systole } from './tools/eslint/signal-operators.js';

/** What the project's `tsc` reads; the rules that need types know no other files. */
const { include } = JSON.parse(readFileSync(new URL('tsconfig.json', import.meta.url), 'utf8'));

/** The tools that insist on a default export of their configuration. */
const CONFIGURATION = ['eslint.config.js', '**/*.config.ts'];

const format = {
  ...stylistic.configs.customize({
    indent: 2, quotes: 'single', semi: true, commaDangle: 'always-multiline', braceStyle: '1tbs', arrowParens: true, quoteProps: 'as-needed',
  }).rules,
  '@stylistic/max-len': ['error', { code: 140, ignoreUrls: true, ignoreStrings: true, ignoreTemplateLiterals: true, ignoreRegExpLiterals: true }],
  // Short bodies and short members may share a line; blank lines between members are the writer's.
  '@stylistic/max-statements-per-line': 'off',
  '@stylistic/lines-between-class-members': 'off',
  // Breaks and indentation of what no rule describes well: long conditions, chains of conditionals, calls.
  '@stylistic/operator-linebreak': 'off',
  '@stylistic/multiline-ternary': 'off',
  '@stylistic/indent-binary-ops': 'off',
  '@stylistic/quotes': ['error', 'single', { avoidEscape: true, allowTemplateLiterals: 'always' }],
};

export default tseslint.config(
  { ignores: ['node_modules/', 'build/', 'dist/', '.cache/', 'coverage/', '**/*.d.ts'] },
  {
    files: ['**/*.ts', '**/*.js'],
    plugins: { '@stylistic': stylistic },
    languageOptions: { parser: tseslint.parser },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      ...format,
      'prefer-const': 'error',
      eqeqeq: 'error',
      'no-var': 'error',
      'no-restricted-syntax': restrictions.everywhere,
    },
  },
  {
    files: include.map((folder) => `${folder}/**/*.ts`),
    plugins: { '@typescript-eslint': tseslint.plugin, systole },
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'separate-type-imports' }],
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: false }],
      'systole/no-signal-operators': 'error',
    },
  },
  { files: ['hw/**/*.ts'], rules: { 'no-restricted-syntax': restrictions.inHardware } },
  { files: ['gen/**/*.ts', 'sim/engine/**/*.ts'], rules: { 'no-restricted-syntax': restrictions.inPasses } },
  // The helper is the one place that calls fast-check itself.
  { files: ['test/**/*.ts'], ignores: ['test/support/property.ts'], rules: { 'no-restricted-syntax': restrictions.inTests } },
  { files: CONFIGURATION, rules: { 'no-restricted-syntax': 'off' } },
);
