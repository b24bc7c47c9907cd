/** The lint rule against JavaScript's tests and comparisons of signals: what it flags, with which words, and what it lets pass. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parser } from 'typescript-eslint';
import { Linter } from 'eslint';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { systole } from '../../tools/eslint/signal-operators.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const SAMPLE = join(ROOT, 'test/tools/sample.ts');

const PRELUDE = `
import { B, In, Out, S, U, bundle, enumeration, hw, vec } from '../../gen/index.ts';
import type { Bool, SInt, UInt, Vec } from '../../gen/index.ts';
declare const flag: Bool, a: UInt<8>, b: UInt<8>, s: SInt<8>, v: Vec<UInt<8>>, maybe: Bool | undefined, either: Bool | SInt<8>, known: Bool | boolean;
declare const count: number, list: readonly UInt<8>[], options: { readonly enable?: Bool; readonly depth: number };
const State = enumeration('State', 'idle', 'busy');
const Pair = bundle('Pair', { high: U(4), low: B });
export const Top = hw('Top', { state: In(State), pair: In(Pair), out: Out(B), bytes: In(vec(S(8), 2)) }, (m, io) => {
`;
const LINES_BEFORE = PRELUDE.split('\n').length - 1;

/** All statements as one file, so that the type checker starts once; messages by statement. */
function lint(statements: readonly string[]): string[][] {
  const text = `${PRELUDE}${statements.join('\n')}\n});\n`;
  const { config } = ts.readConfigFile(join(ROOT, 'tsconfig.json'), (p) => ts.sys.readFile(p)) as { config: { compilerOptions: object } };
  const { options } = ts.convertCompilerOptionsFromJson(config.compilerOptions, ROOT);
  const host = ts.createCompilerHost(options, true);
  const { fileExists, getSourceFile, readFile } = host;
  host.fileExists = (path) => path === SAMPLE || fileExists(path);
  host.readFile = (path) => (path === SAMPLE ? text : readFile(path));
  const sample = ts.createSourceFile(SAMPLE, text, ts.ScriptTarget.ES2022, true);
  host.getSourceFile = (path, ...rest) => (path === SAMPLE ? sample : getSourceFile(path, ...rest));
  const program = ts.createProgram([SAMPLE], options, host);
  const messages = new Linter({ cwd: ROOT }).verify(text, [{
    files: ['**/*.ts'],
    plugins: { systole },
    languageOptions: { parser: parser as Linter.Parser, parserOptions: { programs: [program] } },
    rules: { 'systole/no-signal-operators': 'error' },
  }], SAMPLE);
  return statements.map((_, i) => messages.filter((x) => x.line === LINES_BEFORE + 1 + i).map((x) => x.message));
}

const decided = (what: string, operator: string, mend: string): string =>
  `${what} in \`${operator}\` is decided once, while the circuit is described; use ${mend}`;

const WRONG: readonly (readonly [string, ...string[]])[] = [
  ['void (flag ? 1 : 2);', decided('Bool', '?:', 'cond.mux(a, b)')],
  ['void (flag && a);', decided('Bool', '&&', 'a.and(b)')],
  ['void (flag || a);', decided('Bool', '||', 'a.or(b)')],
  ['void !flag;', decided('Bool', '!', 'a.not()')],
  ['void (a === b);', decided('UInt<8>', '===', 'a.eq(b)')],
  ['void (a !== b);', decided('UInt<8>', '!==', 'a.ne(b)')],
  ['if (flag) m.doc("");', decided('Bool', 'if', 'm.when(cond, () => { … })')],
  ['while (flag) break;', decided('Bool', 'while', 'a loop over numbers; a signal has no value while the circuit is described')],
  ['for (; s; ) break;', decided('SInt<8>', 'for', 'a loop over numbers; a signal has no value while the circuit is described')],
  ['switch (io.state) { default: }', decided('Enum<"idle" | "busy">', 'switch', 'm.switch(state, { … }) or m.switchOn(number, [ … ])')],
  ['if (count > 1 && flag) m.doc("");', decided('Bool', 'if', 'm.when(cond, () => { … })')],
  ['if (flag || count > 1) m.doc("");', decided('Bool', '||', 'a.or(b)')],
  ['void (io.pair ? 1 : 2);', decided('a bundle', '?:', 'cond.mux(a, b)')],
  ['void (io.pair.low ? 1 : 2);', decided('Bool', '?:', 'cond.mux(a, b)')],
  ['void (io.bytes.at(0) === io.bytes.at(1));', decided('SInt<8>', '===', 'a.eq(b)')],
  ['void (v ? 1 : 2);', decided('Vec<UInt<8>>', '?:', 'cond.mux(a, b)')],
  ['void (either ? 1 : 2);', decided('Bool', '?:', 'cond.mux(a, b)')],
  ['void (list.filter((x) => x === a));', decided('UInt<8>', '===', 'a.eq(b)')],
  ['void (!flag && !a.orR());', decided('Bool', '!', 'a.not()'), decided('Bool', '!', 'a.not()')],
];

const RIGHT: readonly string[] = [
  'void flag.mux(a, b);',
  'void (maybe ? maybe.not() : flag);',
  'if (options.enable) m.when(options.enable, () => undefined);',
  'void (options.enable ?? flag);',
  'void (maybe === undefined || maybe !== undefined);',
  'void (known === true || known !== false);',
  'void (count > 3 && flag);',
  'if (count === a.width) m.doc("");',
  'void (list.length ? list[0] : a);',
  'void (options ? 1 : 2);',
  'void (m ? 1 : 2);',
  'switch (a.width) { default: }',
  'io.out = io.pair.low;',
];

describe('systole/no-signal-operators', () => {
  const found = lint([...WRONG.map((w) => w[0]), ...RIGHT]);

  it.each(WRONG.map((w, i) => [w[0], w.slice(1), i] as const))('flags %s', (_statement, messages, i) => {
    expect(found[i]).toEqual(messages);
  });

  it.each(RIGHT.map((r, i) => [r, i] as const))('lets pass %s', (_statement, i) => {
    expect(found[WRONG.length + i]).toEqual([]);
  });
});
