/** A sweep that is ended from outside: what it leaves on disk, what it says, and what still runs afterwards. */
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Ended } from '../support/until.ts';
import { ended, isRunning, startScript, until } from '../support/until.ts';

const SWEEP = `name = "two"
base = "nano"
[workload]
model = "${resolve('models/mnist-fc.gguf')}"
images = 1
[[point]]
name = "one"
[[point]]
name = "other"
core.prefetch = 2
`;

/** In place of Yosys: takes no time, or for ever, as the file `mode` says; after a netlist that took no time comes one that does. */
const yosys = (folder: string): string => `#!/bin/sh
read mode < ${folder}/mode
if [ "$mode" = quick ]; then
  echo slow > ${folder}/mode
  echo '{"design": {"num_cells_by_type": {"LUT6": 7}}}' > cells.json
  exit 0
fi
echo $$ >> ${folder}/slow
exec sleep 1000
`;

describe('a sweep that is ended', () => {
  let folder = '';
  let out = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'systole-explore-'));
    out = join(folder, 'out');
    writeFileSync(join(folder, 'sweep.toml'), SWEEP);
    writeFileSync(join(folder, 'yosys'), yosys(folder));
    chmodSync(join(folder, 'yosys'), 0o755);
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  async function run(mode: 'quick' | 'slow', signal?: NodeJS.Signals): Promise<Ended & { readonly synthesis: number | undefined }> {
    writeFileSync(join(folder, 'mode'), `${mode}\n`);
    rmSync(join(folder, 'slow'), { force: true });
    const command = startScript('test/cli/explore-with-yosys.ts', [join(folder, 'sweep.toml'), out], { PATH: `${folder}:${process.env.PATH}` });
    const end = ended(command);
    if (signal === undefined) return { ...await end, synthesis: undefined };
    const pid = (): number => Number(existsSync(join(folder, 'slow')) ? readFileSync(join(folder, 'slow'), 'utf8') : 0);
    await until('synthesis is at work', () => pid() !== 0);
    expect(isRunning(pid())).toBe(true);
    command.kill(signal);
    return { ...await end, synthesis: pid() };
  }

  it('leaves no synthesis running, and after TERM and INT reports of what is done', { timeout: 400_000 }, async () => {
    const terminated = await run('quick', 'SIGTERM');
    expect(terminated).toMatchObject({ code: 143, signal: null });
    expect(terminated.stdout).toMatch(/^one .* \* \d+\.\d s$/m);
    expect(terminated.stdout).toMatch(/^1 of 2 chips, 0 of them reused, 0 failed, /m);
    expect(terminated.stderr.trim().split('\n').at(-1))
      .toBe(`interrupted: 1 of 2 chips are measured, all results kept in ${out}; the same command goes on from there`);
    expect(terminated.stderr).not.toMatch(/failed|^\s+at /m);
    await until('synthesis has ended', () => !isRunning(terminated.synthesis!));
    expect(readFileSync(join(out, 'points.csv'), 'utf8').trim().split('\n')).toHaveLength(2);
    expect(readFileSync(join(out, 'index.html'), 'utf8')).toContain('Interrupted: 1 of 2 chips.');

    const killed = await run('slow', 'SIGKILL');
    expect(killed.signal).toBe('SIGKILL');
    await until('synthesis has ended', () => !isRunning(killed.synthesis!));

    const interrupted = await run('slow', 'SIGINT');
    expect(interrupted.code).toBe(130);
    expect(interrupted.stdout).toMatch(/^1 of 2 chips, 1 of them reused, 0 failed, /m);
    await until('synthesis has ended', () => !isRunning(interrupted.synthesis!));

    const whole = await run('quick');
    expect(whole).toMatchObject({ code: 0 });
    expect(whole.stdout).toMatch(/^2 chips, 1 of them reused, 0 failed, /m);
    expect(readFileSync(join(out, 'index.html'), 'utf8')).not.toContain('Interrupted');
  });
});
