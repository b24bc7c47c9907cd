/**
 * `npm run test:mutants`: plants every fault of `test/mutants/table.ts`, one at a time, in a copy of the tree, and demands that the test
 * file named beside it fails in time. A fault that no test notices, or that makes one hang, survives; any survivor is an error.
 *
 *   npm run test:mutants [-- --only TEXT] [--jobs N] [--no-baseline]
 */
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { MUTANTS, plant } from '../test/mutants/table.ts';
import type { Mutant } from '../test/mutants/table.ts';
import { TOO_LATE, runProgram } from '../sim/processes/children.ts';
import { filesOfTree } from './tree.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
/** For one run of a test file. It bounds what it does itself; beyond this it hangs. */
const LIMIT_SECONDS = 300;

const { values: options } = parseArgs({
  options: { only: { type: 'string', default: '' }, jobs: { type: 'string', default: '1' }, 'no-baseline': { type: 'boolean', default: false } },
});
const say = (line: string): void => void process.stdout.write(`${line}\n`);

type Verdict = 'passes' | 'fails' | 'hangs';
interface Run {
  readonly verdict: Verdict;
  readonly seconds: number;
  /** Name of the first test that failed. */
  readonly first: string;
}

/** A copy of the tree in which faults may be planted: the files that belong to the project, and the installed packages by link. */
class Copy {
  readonly folder = mkdtempSync(join(tmpdir(), 'systole-mutants-'));

  constructor() {
    for (const file of filesOfTree(ROOT)) {
      mkdirSync(dirname(join(this.folder, file)), { recursive: true });
      cpSync(join(ROOT, file), join(this.folder, file));
    }
    for (const packages of ['node_modules', 'fpga/node_modules']) {
      if (existsSync(join(ROOT, packages))) symlinkSync(join(ROOT, packages), join(this.folder, packages));
    }
  }

  /** Runs test files until the first failure. */
  async run(tests: readonly string[]): Promise<Run> {
    const start = performance.now();
    const args = ['run', '--bail=1', '--reporter=default', '--poolOptions.forks.maxForks=1', ...tests];
    let output = '';
    const status = await runProgram(join(this.folder, 'node_modules/.bin/vitest'), args, (chunk) => (output += chunk.toString()), {
      cwd: this.folder, env: { ...process.env, NO_COLOR: '1', FORCE_COLOR: '0' }, limitSeconds: LIMIT_SECONDS, scratch: this.folder,
    });
    const seconds = (performance.now() - start) / 1000;
    const first = /^ FAIL {2}(.*)$/m.exec(output)?.[1] ?? '';
    return { verdict: status === TOO_LATE ? 'hangs' : status === 0 ? 'passes' : 'fails', seconds, first };
  }

  async with(mutant: Mutant, act: () => Promise<Run>): Promise<Run> {
    const path = join(this.folder, mutant.file);
    const text = readFileSync(path, 'utf8');
    writeFileSync(path, plant(text, mutant));
    try {
      return await act();
    } finally {
      writeFileSync(path, text);
    }
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Does `act` with every item, several at a time, each worker with a copy of its own. */
async function share<T>(items: readonly T[], act: (copy: Copy, item: T) => Promise<void>): Promise<void> {
  let next = 0;
  const work = async (): Promise<void> => {
    const copy = new Copy();
    copies.add(copy);
    while (next < items.length) await act(copy, items[next++]);
    copy.remove();
    copies.delete(copy);
  };
  await Promise.all(Array.from({ length: Math.min(items.length, Math.max(1, Number(options.jobs))) }, work));
}

const copies = new Set<Copy>();
process.on('exit', () => copies.forEach((copy) => copy.remove()));
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(130));

const chosen = MUTANTS.filter((m) => `${m.file} ${m.fault} ${m.tests.join(' ')}`.includes(options.only));
const broken = new Set<string>();
if (!options['no-baseline']) {
  // A test that fails without a fault says nothing about one.
  const files = [...new Set(chosen.flatMap((m) => m.tests))];
  await share(files, async (copy, file) => {
    const { verdict, seconds, first } = await copy.run([file]);
    if (verdict !== 'passes') broken.add(file);
    say(`${verdict === 'passes' ? 'passes' : `BROKEN (${verdict})`} without a fault: ${file}, ${seconds.toFixed(1)} s ${first}`);
  });
}

const survivors: Mutant[] = [];
let caught = 0;
await share(chosen, async (copy, mutant) => {
  const { verdict, seconds, first } = await copy.with(mutant, () => copy.run(mutant.tests));
  const isCaught = verdict === 'fails' && !mutant.tests.some((test) => broken.has(test));
  if (isCaught) caught++;
  else survivors.push(mutant);
  say(`${isCaught ? 'caught' : `SURVIVES (${verdict})`}: ${mutant.file}: ${mutant.fault} [${seconds.toFixed(1)} s] ${first}`);
});

const rooms = [...new Set(chosen.map(({ file }) => file.split('/')[0]))];
say('');
for (const room of rooms) say(`${room.padEnd(10)} ${String(chosen.filter(({ file }) => file.startsWith(`${room}/`)).length).padStart(3)} faults`);
say(`${chosen.length} planted, ${caught} caught, ${survivors.length} survived`);
for (const { file, fault } of survivors) say(`  survived: ${file}: ${fault}`);
process.exitCode = survivors.length === 0 && chosen.length > 0 ? 0 : 1;
