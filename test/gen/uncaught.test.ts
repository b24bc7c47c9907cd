/** What people see of a mistake in a design, on every path on which they run designs. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { DesignError, Out, U, elaborate, hw } from '../../gen/index.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const FOLDER = join(ROOT, 'build', 'uncaught');
const DESIGN = `import { In, Out, U, elaborate, hw } from '../../gen/index.ts';
const Bad = hw('Bad', { a: In(U(8)), sum: Out(U(8)) }, (m, io) => {
  io.sum = io.a.mul(io.a) as never;
});
`;
const LINE = /^width-mismatch: [^\n]+ at build\/uncaught\/\w+\.mts:3[^\n]*\n$/;
afterAll(() => rmSync(FOLDER, { recursive: true, force: true }));

function run(name: string, text: string): { status: number | null; stdout: string; stderr: string } {
  mkdirSync(FOLDER, { recursive: true });
  const file = join(FOLDER, `${name}.mts`);
  writeFileSync(file, text);
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--import', 'tsx', file], { cwd: ROOT, encoding: 'utf8' });
  return { status, stdout, stderr };
}

describe('a mistake in a design that nobody catches', () => {
  it.each([
    ['thrown', 'elaborate(Bad);'], ['awaited', 'await (async () => { await null; elaborate(Bad); })();'],
    ['forgotten', 'void (async () => { await null; elaborate(Bad); })();'], ['later', 'setTimeout(() => elaborate(Bad), 1);'],
  ])('ends the program with its one line and nothing else: %s', (name, text) => {
    const { status, stdout, stderr } = run(name, `${DESIGN}${text}\n`);
    expect(stderr).toMatch(LINE);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
  });

  it('is left to a program that has a way of its own, as other errors are to Node', () => {
    const own = run('own', `${DESIGN}process.on('uncaughtException', (error) => { console.log(error.name); process.exit(7); });\nelaborate(Bad);\n`);
    expect(own).toMatchObject({ status: 7, stdout: 'DesignError\n', stderr: '' });
    const other = run('other', `${DESIGN}try { elaborate(Bad); } catch { null!.x; }\n`);
    expect(other.status).toBe(1);
    expect(other.stderr).toMatch(/TypeError: [^]*\n +at [^]*other\.mts:5/);
  });
});

describe('a mistake in a design that a test runner shows', () => {
  it('has of the stack only the line of the design, and no details that say it again', () => {
    const Bad = hw('Bad', { sum: Out(U(8)) }, () => undefined);
    let error: unknown;
    try {
      elaborate(Bad);
    } catch (caught) {
      error = caught;
    }
    expect(error).toBeInstanceOf(DesignError);
    const { stack, name, message, rule } = error as DesignError;
    expect({ name, rule }).toEqual({ name: 'DesignError', rule: 'undriven' });
    expect(stack?.split('\n')[0]).toBe(`DesignError: ${message}`);
    expect(stack?.split('\n').slice(1)).toEqual([expect.stringMatching(/^ +at .*uncaught\.test\.ts:\d+:\d+\)?$/)]);
    expect(Object.keys(error as DesignError)).toEqual([]);
  });
});
