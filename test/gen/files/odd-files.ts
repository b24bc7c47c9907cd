// Files that nobody means to give, for whatever reads or writes files.
// Must not know: who reads or writes them.
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A folder that the callback may fill; it is gone afterwards. */
export async function withFolder<T>(work: (folder: string) => T | Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'systole-files-'));
  try {
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What no reader takes, by what must be said of it. Nothing here may be opened and read to its end: some of it has none. */
export async function withUnreadable<T>(work: (paths: ReadonlyMap<string, string>) => T | Promise<T>): Promise<T> {
  return withFolder(async (folder) => {
    const at = (name: string): string => join(folder, name);
    execFileSync('mkfifo', [at('pipe')]);
    mkdirSync(at('folder'));
    writeFileSync(at('huge'), '');
    truncateSync(at('huge'), 2 ** 42);
    writeFileSync(at('file'), 'text');
    symlinkSync(at('circle'), at('circle'));
    symlinkSync(at('nothing'), at('dangling'));
    symlinkSync(at('pipe'), at('to-pipe'));
    const server = createServer();
    await new Promise<void>((listening) => server.listen(at('socket'), listening));
    try {
      return await work(new Map([
        [at('pipe'), 'is a pipe'], [at('to-pipe'), 'is a pipe'], [at('folder'), 'is a folder'], [at('socket'), 'is a socket'],
        ['/dev/zero', 'is a device'], ['/dev/null', 'is a device'], [at('huge'), 'has 4398046511104 bytes or more'],
        [at('nothing'), 'does not exist'], [at('dangling'), 'does not exist'], [at('file/x'), 'a part of its path is a file'],
        [at('circle'), 'go in a circle (ELOOP)'], [at('n'.repeat(300)), 'too long (ENAMETOOLONG)'],
      ]));
    } finally {
      await new Promise((closed) => server.close(closed));
    }
  });
}

/** What may lie where a file should be and is none, by name. Each is put at a path where nothing is. */
export const IN_PLACE_OF_A_FILE: ReadonlyMap<string, (path: string) => void> = new Map([
  ['a pipe', (path) => void execFileSync('mkfifo', [path])],
  ['a link to a pipe', (path) => {
    execFileSync('mkfifo', [`${path}.pipe`]);
    symlinkSync(`${path}.pipe`, path);
  }],
  ['a device', (path) => symlinkSync('/dev/null', path)],
  ['a folder', (path) => mkdirSync(path)],
  ['a folder with something in it', (path) => void mkdirSync(join(path, 'inner'), { recursive: true })],
  ['a link to nothing', (path) => symlinkSync(`${path}.nothing`, path)],
  ['a link to itself', (path) => symlinkSync(path, path)],
  ['a file larger than memory', (path) => {
    writeFileSync(path, '');
    truncateSync(path, 2 ** 42);
  }],
]);

/** No work that is given here takes so long unless it waits for a pipe. */
const PATIENCE_MILLISECONDS = 8_000;

/**
 * Does what must not wait for the pipe at `path`. Where it does wait, even with the whole process at a standstill, another process
 * opens the pipe after a while, so that the test fails instead of hanging. @throws Error then
 */
export async function withoutWaiting<T>(path: string, work: () => T | Promise<T>): Promise<T> {
  return withFolder(async (folder) => {
    const flag = join(folder, 'waited');
    const rescue = `
      const fs = require('node:fs');
      const open = () => {
        try {
          if (fs.statSync(${JSON.stringify(path)}).isFIFO()) fs.closeSync(fs.openSync(${JSON.stringify(path)}, fs.constants.O_RDWR | fs.constants.O_NONBLOCK));
        } catch {}
      };
      setTimeout(() => { fs.writeFileSync(${JSON.stringify(flag)}, ''); setInterval(open, 50); }, ${PATIENCE_MILLISECONDS});`;
    const rescuer = spawn(process.execPath, ['-e', rescue], { stdio: 'ignore' });
    try {
      const result = await work();
      if (existsSync(flag)) throw new Error(`${path}: was waited for`);
      return result;
    } finally {
      rescuer.kill('SIGKILL');
    }
  });
}
