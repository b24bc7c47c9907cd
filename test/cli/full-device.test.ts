/** Output that cannot be written: one line, exit status 2, no stump. In processes of their own, because it is their output that fails. */
import { spawnSync } from 'node:child_process';
import { closeSync, openSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { FINISH, elfBytes } from '../sim/debug/programs.ts';
import { withFolder } from './command-line.ts';

const SYSTOLE = [process.execPath, '--import', 'tsx', 'cli/systole.ts'];
/** Counts for some thousand cycles: more than a small file holds of its trace or waves. */
const LONG = elfBytes(`li a2, 3000\nagain: addi a2, a2, -1\nbnez a2, again\nli a0, 1\n${FINISH}`);

async function withLong(work: (elf: string, folder: string) => void): Promise<void> {
  await withFolder(async (folder) => {
    writeFileSync(join(folder, 'long.elf'), LONG);
    work(join(folder, 'long.elf'), folder);
    await Promise.resolve();
  });
}

describe('sim', () => {
  // The system's limit on the size of files stands for a disk that is full: the same write fails at the same place.
  it.each([['--trace', 'model'], ['--wave', 'wasm']])('%s that does not fit leaves no stump', async (option, engine) => {
    await withLong((elf, folder) => {
      const file = join(folder, 'out.vcd');
      const line = [...SYSTOLE, 'sim', '--elf', elf, '--config', 'nano', '--engine', engine, option, file].map((part) => `"${part}"`).join(' ');
      const { status, stdout, stderr } = spawnSync('sh', ['-c', `ulimit -f 64; exec ${line}`], { encoding: 'utf8' });
      expect(stderr).toBe(`systole: ${file}: cannot be written: the file would be larger than allowed (EFBIG); choose another place\n`);
      expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
      expect(readdirSync(folder)).toEqual(['long.elf']);
    });
  });

  it('says that stdout is full', async () => {
    await withLong((elf) => {
      const full = openSync('/dev/full', 'w');
      try {
        const [node, ...args] = [...SYSTOLE, 'sim', '--elf', elf, '--engine', 'model', '--json'];
        const { status, stderr } = spawnSync(node, args, { encoding: 'utf8', stdio: ['ignore', full, 'pipe'] });
        expect({ status, stderr }).toEqual({
          status: 2, stderr: 'systole: standard output: cannot be written: no space is left on the device (ENOSPC); free some, or choose another place\n',
        });
        const quiet = spawnSync(node, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', full] });
        expect(quiet).toMatchObject({ status: 0, stdout: expect.stringContaining('"exit":0') as string });
      } finally {
        closeSync(full);
      }
    });
  });
});
