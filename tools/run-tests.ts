/**
 * `npm test`: type check, lint, then every test. Says what it must skip and the command that would install it; with `CI` set
 * it installs what is missing first and skips nothing. Ends with the line `N passed, N failed`.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PREREQUISITES, installMissing, isInstalled } from './prerequisites.ts';

const isCi = process.env.CI === 'true' || process.env.CI === '1';
const filters = process.argv.slice(2).filter((a) => a !== '--long');
const isLong = process.argv.includes('--long');
/** `--long`: how much further the core's lockstep and the properties go, and what is built for Verilator. It can also be set by hand. */
const SOAK = {
  SYSTOLE_LONG: '1',
  SYSTOLE_SOAK_INSTRUCTIONS: '10000000', SYSTOLE_LOCKSTEP_SEEDS: '8', SYSTOLE_SEEDS: '1:60', SYSTOLE_PROPERTY_RUNS: '8', SYSTOLE_PROPERTY_SEED: '2',
  SYSTOLE_FUZZ: '100000', SYSTOLE_LOADER_VERILATOR: '1', SYSTOLE_GDB_VERILATOR: '1',
};
let passed = 0;
let failed = 0;

const say = (line: string): void => void process.stdout.write(`${line}\n`);

/** Its exit status, once it has ended. */
function npx(program: string, args: readonly string[]): Promise<number> {
  const env = { ...(isLong ? SOAK : {}), ...process.env };
  return new Promise((resolve, reject) => {
    spawn(join('node_modules', '.bin', program), args, { stdio: 'inherit', env }).once('error', reject).once('exit', (code) => resolve(code ?? 1));
  });
}

function check(name: string, status: number): void {
  if (status === 0) passed++;
  else failed++;
  say(`${status === 0 ? 'passed' : 'FAILED'}: ${name}`);
}

if (isCi) {
  for (const p of installMissing(say)) {
    say(`missing: ${p.program} could not be installed`);
    failed++;
  }
} else {
  for (const p of PREREQUISITES.filter((x) => !isInstalled(x.program))) {
    say(`skipping ${p.uses}: no ${p.program}; apt-get install ${p.packages.join(' ')}`);
  }
}

if (filters.length === 0) {
  const [types, style] = await Promise.all([npx('tsc', ['--noEmit']), npx('eslint', ['.'])]);
  check('type check', types);
  check('lint', style);
}

const directory = mkdtempSync(join(tmpdir(), 'systole-test-'));
try {
  const report = join(directory, 'report.json');
  const status = await npx('vitest', ['run', '--reporter=default', '--reporter=json', `--outputFile.json=${report}`, ...filters]);
  const result: unknown = existsSync(report) ? JSON.parse(readFileSync(report, 'utf8')) : undefined;
  const count = (key: string): number => {
    const value = (result as Record<string, unknown> | undefined)?.[key];
    return typeof value === 'number' ? value : 0;
  };
  passed += count('numPassedTests');
  failed += count('numFailedTests');
  // A file that fails to load has no failed test in it, but it has failed.
  if (status !== 0 && count('numFailedTests') === 0) failed++;
} finally {
  rmSync(directory, { recursive: true, force: true });
}

say('');
say(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
