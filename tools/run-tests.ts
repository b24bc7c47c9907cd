/**
 * `npm test`: type check and lint, and every test beside them. Says what it must skip and the command that would install it; with `CI` set
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

/** Its exit status, once it has ended. What it says is shown at once, or at its end in one piece to `onSaid`. */
function npx(program: string, args: readonly string[], onSaid?: (text: string) => void): Promise<number> {
  const env = { ...(isLong ? SOAK : {}), ...process.env };
  return new Promise((resolve, reject) => {
    const child = spawn(join('node_modules', '.bin', program), args, { stdio: ['inherit', onSaid ? 'pipe' : 'inherit', 'inherit'], env });
    const said: Buffer[] = [];
    child.stdout?.on('data', (bytes: Buffer) => said.push(bytes));
    child.once('error', reject).once('close', (code) => {
      onSaid?.(Buffer.concat(said).toString());
      resolve(code ?? 1);
    });
  });
}

/** Counts what has passed and failed of type check and lint. They run while the tests do. */
async function checkSources(): Promise<void> {
  let said = '';
  const status = await npx('tsx', ['tools/check-sources.ts'], (text) => (said = text));
  say(said.trimEnd());
  const [good, bad] = [/^passed: /gm, /^FAILED: /gm].map((line) => said.match(line)?.length ?? 0);
  passed += good;
  // It may have come to no end.
  failed += status === 0 ? bad : Math.max(bad, 1);
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

const checked = filters.length === 0 ? checkSources() : undefined;

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
  await checked;
} finally {
  rmSync(directory, { recursive: true, force: true });
}

say('');
say(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
