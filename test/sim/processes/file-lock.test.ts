import { existsSync, readFileSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { takeLock } from '../../../sim/processes/file-lock.ts';
import { IN_PLACE_OF_A_FILE, withFolder, withoutWaiting } from '../../gen/files/odd-files.ts';

const mustNotWait = (): void => { throw new Error('waits'); };

describe('a lock', () => {
  it.each([...IN_PLACE_OF_A_FILE])('takes the place of %s at once', async (_, put) => {
    await withFolder(async (folder) => {
      const path = join(folder, 'lock');
      put(path);
      const release = await withoutWaiting(path, () => takeLock(path, mustNotWait));
      expect(readFileSync(path, 'utf8')).toContain(`${hostname()} ${process.pid} `);
      await release();
      expect(existsSync(path)).toBe(false);
    });
  });

  it.each([...IN_PLACE_OF_A_FILE])('is let go although %s has come in its place meanwhile', async (_, put) => {
    await withFolder(async (folder) => {
      const path = join(folder, 'lock');
      const release = await takeLock(path, mustNotWait);
      rmSync(path);
      put(path);
      const before = readdirSync(folder);
      await withoutWaiting(path, release);
      // It is not ours.
      expect(readdirSync(folder)).toEqual(before);
    });
  });

  it('is not waited for where its time is far in the future', async () => {
    await withFolder(async (folder) => {
      const path = join(folder, 'lock');
      for (const text of ['elsewhere 1 0.5', '']) {
        writeFileSync(path, text);
        const then = new Date(Date.now() + 3_600_000);
        utimesSync(path, then, then);
        await (await takeLock(path, mustNotWait))();
      }
    });
  });

  it('of somebody alive is waited for', async () => {
    await withFolder(async (folder) => {
      const path = join(folder, 'lock');
      const release = await takeLock(path, mustNotWait);
      let waits = 0;
      const second = takeLock(path, () => waits++);
      await new Promise((resume) => setTimeout(resume, 300));
      expect(waits).toBe(1);
      await release();
      await (await second)();
      expect(existsSync(path)).toBe(false);
    });
  });
});
