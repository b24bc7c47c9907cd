/** `systole design`, of files as users have them: in a folder of their own, with and without a package.json, right and wrong. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { withFolder } from './command-line.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const SEVERAL = join(ROOT, 'test/cli/several.js');
const LANGUAGE = JSON.stringify(join(ROOT, 'gen/index.ts'));

const COUNTERS = `import { B, In, Out, U, hw } from ${LANGUAGE};
const counter = (name: string, step: number) => hw(name, { enable: In(B), value: Out(U(8)) }, (m, io) => {
  const r = m.regs({ count: U(8, 0) });
  m.when(io.enable, () => { r.count = r.count.addWrap(step); });
  io.value = r.count.or(0);
});
export const Up = counter('Up', 1);
export const Fast = counter('Fast', 3);
`;

interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A file whose module says this in its body. */
const body = (statement: string): string =>
  `import { B, In, Out, hw } from ${LANGUAGE};\nexport const Wire = hw('Wire', { a: In(B), b: Out(B) }, (m, io) => { io.b = io.a; ${statement} });\n`;

/** Runs the program in a folder with these files. */
function run(folder: string, files: Readonly<Record<string, string>>, ...args: string[]): Ended {
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(ROOT, 'bin/systole.js'), 'design', ...args], { cwd: folder, encoding: 'utf8' });
  return { status, stdout, stderr };
}

/** Runs several command lines in one process, each in its folder. */
function runSeveral(lines: readonly { readonly folder: string; readonly args: readonly string[] }[]): readonly Ended[] {
  const { status, stdout, stderr } = spawnSync(process.execPath, [SEVERAL, JSON.stringify(lines)], { encoding: 'utf8' });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  const ended = JSON.parse(stdout) as readonly Ended[];
  expect(ended).toHaveLength(lines.length);
  return ended;
}

/** What is wrong with a file, and what is told of it: such as end the process or keep it. */
const APART: readonly (readonly [string, RegExp])[] = [
  [body('process.exit(0);'), /^systole: a\.ts: ends the process before the module is there; leave out process\.exit\(\)\n$/],
  [`Promise.reject(new Error('late'));${body('')}`, /^systole: a\.ts: throws Error: late {2}at a\.ts:1; mend the program\n$/],
  ["setTimeout(() => { throw new Error('later'); }, 1);\nawait new Promise(() => {});", /^systole: a\.ts: throws Error: later {2}at a\.ts:1; mend the program\n$/],
  ['await new Promise(() => {});', /^systole: a\.ts: waits at its top level for what never comes; mend the program\n$/],
];
/** All others: one process takes them all. */
const TOGETHER: readonly (readonly [string, RegExp])[] = [
  ['export const x = ;', /^systole: a\.ts: line 1: Unexpected ";"; mend the program\n$/],
  ['\nconst nothing: any = null;\nnothing.y;', /^systole: a\.ts: throws TypeError: Cannot read properties of null \(reading 'y'\) {2}at a\.ts:3; mend the program\n$/],
  ['import "./nowhere.ts";', /^systole: a\.ts: Cannot find module '.*nowhere\.ts' imported from .*a\.ts; mend the program\n$/],
  [`import { U } from ${LANGUAGE};\nU(0);`, /^systole: bad-width: 0 bits {2}at a\.ts:2; a width is a whole number, at least 1 and at most 65536\n$/],
  [`import { Out, U, hw } from ${LANGUAGE};\nexport const Bad = hw('Bad', { out: Out(U(8)) }, () => undefined);`, /^systole: undriven: Bad\.out {2}declared at a\.ts:2; assign it in the body\n$/],
  [body('null.foo;'), /^systole: a\.ts: throws TypeError: Cannot read properties of null \(reading 'foo'\) {2}at a\.ts:2; mend the program\n$/],
  ["import './b.ts';\nexport const a = 1;", /^systole: a\.ts: throws ReferenceError: Cannot access 'a' before initialization {2}at b\.ts:2; mend the program\n$/],
];

function mustBeRefused(folder: string, { status, stdout, stderr }: Ended, told: RegExp): void {
  expect(stderr).toMatch(told);
  expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
  expect(existsSync(join(folder, 'out'))).toBe(false);
}

describe('systole design', () => {
  it('prints the module that is asked for, and what passes make of it', async () => {
    await withFolder((folder) => {
      writeFileSync(join(folder, 'a.ts'), COUNTERS);
      const lines = [[], ['--export', 'Fast'], ...['describe', 'simplify'].map((stage) => ['--export', 'Up', '--dump', `after:${stage}`])];
      const [unclear, fast, ...dumps] = runSeveral(lines.map((args) => ({ folder, args: ['design', 'a.ts', ...args] })));
      expect(unclear).toEqual({ status: 2, stdout: '', stderr: 'systole: a.ts: exports 2 modules; give one of them: --export Fast, Up\n' });
      expect(fast).toMatchObject({ status: 0, stderr: '' });
      expect(fast.stdout).toMatch(/^\/\/ Fast: generated by Systole\nmodule Fast \([^]*count \+ 8'd3[^]*endmodule\n$/);
      const [described, simplified] = dumps.map(({ stdout }) => stdout.split('\n').slice(-3, -1));
      expect(described).toEqual(['    count = add(count, 1:U8)', '  value = or(count, 0:U8)']);
      expect(simplified).toEqual(['    count = add(count, 1:U8)', '  value = count']);
      return Promise.resolve();
    });
  });

  it('takes a file whatever package.json says of it, and writes into a folder', async () => {
    await withFolder((folder) => {
      expect(run(folder, { 'a.ts': COUNTERS, 'package.json': '{ "type": "commonjs" }' }, 'a.ts', '--export', 'Up', '--out', 'out')).toMatchObject({ status: 0 });
      expect(readdirSync(join(folder, 'out'))).toEqual(['Up.sv', 'filelist.f']);
      expect(run(folder, { 'package.json': '{ "type": "module" }' }, 'a.ts', '--export', 'Fast', '--out', 'out')).toMatchObject({ status: 0 });
      // The module of the design before is gone.
      expect(readdirSync(join(folder, 'out'))).toEqual(['Fast.sv', 'filelist.f']);
      return Promise.resolve();
    });
  });

  it.each(APART)('tells in one line what is wrong with %s', async (text, told) => {
    await withFolder((folder) => {
      mustBeRefused(folder, run(folder, { 'a.ts': text }, 'a.ts', '--out', 'out'), told);
      return Promise.resolve();
    });
  });

  it('tells in one line what is wrong, file after file', async () => {
    await withFolder((above) => {
      const folders = TOGETHER.map(([text], i) => {
        const folder = join(above, String(i));
        mkdirSync(folder);
        writeFileSync(join(folder, 'a.ts'), text);
        writeFileSync(join(folder, 'b.ts'), "import { a } from './a.ts';\nconsole.error(a);");
        return folder;
      });
      const lines = folders.map((folder) => ({ folder, args: ['design', 'a.ts', '--out', 'out'] }));
      const ended = runSeveral(lines);
      for (const [i, [, told]] of TOGETHER.entries()) mustBeRefused(folders[i], ended[i], told);
      return Promise.resolve();
    });
  });

  it.each(['', '{ "type": "commonjs" }'])('knows itself by its name, in files that import each other, beside a package.json: %s', async (text) => {
    await withFolder((folder) => {
      const files = {
        ...(text === '' ? {} : { 'package.json': text }),
        'a.ts': `import { In, Out, hw } from 'systole';
import { printDesign } from 'systole/gen/print/systemverilog.ts';
import { byte } from './b.ts';
if (typeof printDesign !== 'function') throw new Error('no printer');
export const make = (): unknown => Wire;
export const Wire = hw('Wire', { a: In(byte), b: Out(byte) }, (_m, io) => { io.b = io.a; });\n`,
        'b.ts': "import { U } from 'systole';\nimport { make } from './a';\nexport const byte = U(8);\nexport const made = (): unknown => make();\n",
      };
      expect(run(folder, files, 'a.ts', '--dump', 'after:share')).toEqual({ status: 0, stderr: '', stdout: 'module Wire\n  input a: UInt<8>\n  output b: UInt<8>\n  b = a\n' });
      return Promise.resolve();
    });
  });

  it('takes a module under two names for one, and says what a function would have to be', async () => {
    await withFolder((folder) => {
      expect(run(folder, { 'a.ts': `${body('')}export default Wire;\n` }, 'a.ts')).toMatchObject({ status: 0, stderr: '' });
      const { stderr } = run(folder, { 'a.ts': body('').replace('export const Wire =', 'export const wire = () =>') }, 'a.ts');
      expect(stderr).toBe('systole: a.ts: exports no module, and wire is a function: a module that it makes has to be exported, too; export one: export const Top = wire(…)\n');
      return Promise.resolve();
    });
  });

  it('leaves stdout to the result: what the file prints itself is on stderr', async () => {
    await withFolder((folder) => {
      const files = { 'a.ts': `console.log('first');\n${body("console.log('second'); process.stdout.write('third\\n');")}` };
      const { status, stdout, stderr } = run(folder, files, 'a.ts', '--json');
      expect({ status, stderr }).toEqual({ status: 0, stderr: 'first\nsecond\nthird\n' });
      expect(JSON.parse(stdout)).toMatchObject({ top: 'Wire' });
      expect(run(folder, {}, 'a.ts', '--dump', 'after:share')).toMatchObject({ stdout: expect.stringMatching(/^module Wire\n/), stderr });
      return Promise.resolve();
    });
  });

  it('tells that it is alive while a file keeps it busy', async () => {
    await withFolder((folder) => {
      const busy = 'const until = Date.now() + 2500;\nwhile (Date.now() < until);\n';
      const { status, stderr } = run(folder, { 'a.ts': busy + body('') }, 'a.ts');
      expect({ status, stderr }).toEqual({ status: 0, stderr: 'running a.ts: 2 s\nrunning a.ts: took 3 s\n' });
      return Promise.resolve();
    });
  });
});
