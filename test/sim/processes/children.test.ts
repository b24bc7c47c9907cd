import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { NO_SUCH_PROGRAM, TOO_LATE, TOO_TALKATIVE, askProgram, mostFileBytes, runProgram, runProgramNow } from '../../../sim/processes/children.ts';
import { isInstalled } from '../../../tools/prerequisites.ts';
import { ended, isRunning, startScript, until } from '../../support/until.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const PARENT = join(ROOT, 'test/sim/processes/parent.ts');

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'systole-children-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Starts a parent whose children are `count` processes in all, ends it by `end`, and waits until none of them runs. */
async function outlive(kinds: readonly string[], count: number, end: NodeJS.Signals | undefined): Promise<void> {
  const log = join(folder, 'log');
  const pids = (): number[] => (existsSync(log) ? readFileSync(log, 'utf8').split('\n').filter((line) => line !== '').map(Number) : []);
  const parent = startScript(PARENT, [log, ...kinds], {}, 'ignore');
  const over = ended(parent);
  try {
    await until(`${count} processes have started`, () => pids().length === count);
    if (end) {
      expect(pids().filter(isRunning)).toHaveLength(count);
      process.kill(parent.pid!, end);
    }
    expect((await over).signal).toBe(end ?? null);
    await until('all have ended', () => !pids().some(isRunning));
  } finally {
    for (const pid of pids().filter(isRunning)) process.kill(pid, 'SIGKILL');
    parent.kill('SIGKILL');
  }
}

const hasNinja = isInstalled('ninja');
const EVERY = ['tree', 'stubborn', 'busy', 'waits', ...(hasNinja ? ['ninja'] : [])];
const COUNT = 3 + 1 + 1 + 2 + (hasNinja ? 1 : 0);

describe('children of a process', () => {
  it.each(['SIGTERM', 'SIGINT', 'SIGKILL'] as const)('end when %s ends it', async (signal) => {
    await outlive(EVERY, COUNT, signal);
    await until('what they were at is removed', () => !existsSync(join(folder, 'log.scratch')));
  });

  it('leave nothing where its end is theirs, because they talk to it', async () => {
    await outlive(['talks'], 1, 'SIGKILL');
    await until('what they were at is removed', () => !existsSync(join(folder, 'log.scratch')));
  });

  it('end when it ends by itself', () => outlive(['tree', 'busy', 'waits', 'ends'], 6, undefined));

  it('end when it dies while it can do nothing but wait for them', () => outlive(['now'], 2, 'SIGKILL'));

  it('that are busy can be ended', async () => {
    const log = join(folder, 'log');
    // The parent ends when its child has.
    expect(await ended(startScript(PARENT, [log, 'ender']))).toMatchObject({ code: 0 });
    expect(isRunning(Number(readFileSync(log, 'utf8')))).toBe(false);
  });

  it('end, with what they have started, when their time is over', async () => {
    const pids: number[] = [];
    const note = (chunk: Buffer): void => void pids.push(...chunk.toString().trim().split(/\s+/).map(Number));
    const script = 'sh -c \'echo $$; sleep 300\' & echo $$; sleep 300';
    expect(await runProgram('sh', ['-c', script], note, { limitSeconds: 2 })).toBe(TOO_LATE);
    expect(pids).toHaveLength(2);
    await until('all have ended', () => !pids.some(isRunning));
  });

  it('end, with what they have started, when their time is over and nothing else can be done meanwhile', async () => {
    const script = 'trap "" TERM; sh -c \'echo $$; sleep 300\' & echo $$; sleep 300; sleep 300';
    const { status, stdout } = runProgramNow('sh', ['-c', script], { limitSeconds: 1, scratch: folder });
    expect(status).toBe(TOO_LATE);
    const pids = stdout.trim().split(/\s+/).map(Number);
    expect(pids).toHaveLength(2);
    await until('all have ended', () => !pids.some(isRunning));
    expect(existsSync(folder)).toBe(false);
  });

  it('end when what stands between is killed', async () => {
    const log = join(folder, 'log');
    const status = runProgram('sh', ['-c', `echo $PPID >> ${log}; sh -c 'echo $$ >> ${log}; exec sleep 1000' & echo $$ >> ${log}; wait`], () => undefined);
    const pids = (): number[] => (existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n').map(Number) : []);
    await until('they have started', () => pids().length === 3);
    process.kill(pids()[0], 'SIGKILL');
    expect(await status).toBe(128);
    await until('they have ended', () => !pids().some(isRunning));
  });
});

describe('a program', () => {
  it('says what it says, and ends as it ends', async () => {
    let said = '';
    const status = await runProgram('sh', ['-c', 'echo out; echo err >&2; pwd; exit 5'], (chunk) => (said += chunk.toString()), { cwd: folder });
    expect(status).toBe(5);
    expect(said.split('\n').sort()).toEqual(['', folder, 'err', 'out']);
    expect(runProgramNow('sh', ['-c', 'echo out; echo err >&2; exit 6'])).toEqual({ status: 6, stdout: 'out\n', stderr: 'err\n' });
    expect(await askProgram('sh', ['-c', 'echo answer'])).toBe('answer\n');
  });

  it('that a signal ends has the status that shells give it', async () => {
    expect(await runProgram('sh', ['-c', 'kill -11 $$'], () => undefined)).toBe(139);
    expect(runProgramNow('sh', ['-c', 'kill -9 $$']).status).toBe(137);
  });

  it('that says more than can be kept is ended', () => {
    const { status, stdout } = runProgramNow('yes', []);
    expect({ status, begin: stdout.slice(0, 4) }).toEqual({ status: TOO_TALKATIVE, begin: 'y\ny\n' });
  });

  it('has lower limits where it is given some, never higher ones', () => {
    const limits = 'ulimit -f; ulimit -v; echo "$@"';
    const most = { fileBytes: 2 ** 20, memoryBytes: 2 ** 31 };
    expect(runProgramNow('sh', ['-c', limits, 'sh', 'a b', '$c'], { most })).toEqual({ status: 0, stdout: '2048\n2097152\na b $c\n', stderr: '' });
    const script = `import { runProgramNow } from '${ROOT}sim/processes/children.ts';
      console.log(runProgramNow('sh', ['-c', 'ulimit -f'], { most: ${JSON.stringify(most)} }).stdout.trim());`;
    const node = 'ulimit -S -f 1024; exec "$0" --import tsx --input-type=module -e "$1"';
    expect(runProgramNow('sh', ['-c', node, process.execPath, script], { cwd: ROOT })).toEqual({ status: 0, stdout: '1024\n', stderr: '' });
    expect(runProgramNow('systole-no-such-program', [], { most }).status).toBe(NO_SUCH_PROGRAM);
    expect(mostFileBytes()).toBeGreaterThan(2 ** 20);
  });

  it('that does not exist is told apart from one that fails', async () => {
    expect(await runProgram('systole-no-such-program', [], () => undefined)).toBe(NO_SUCH_PROGRAM);
    expect(runProgramNow('systole-no-such-program', []).status).toBe(NO_SUCH_PROGRAM);
    await expect(askProgram('systole-no-such-program', [])).rejects.toThrow(/ENOENT/);
  });
});

it('is started from one place, where it is seen to that it ends with its parent', () => {
  const elsewhere = ['gen', 'hw', 'sim', 'sw', 'firmware', 'fpga', 'explore', 'cli'].flatMap((room) =>
    readdirSync(join(ROOT, room), { recursive: true, encoding: 'utf8' })
      .filter((file) => /\.[jt]s$/.test(file) && !file.includes('node_modules'))
      .map((file) => join(room, file))
      .filter((file) => !file.startsWith('sim/processes/') && /^import (?!type).*node:(child_process|cluster)/m.test(readFileSync(join(ROOT, file), 'utf8'))));
  expect(elsewhere).toEqual([]);
});
