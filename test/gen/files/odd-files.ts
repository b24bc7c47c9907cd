// Files that nobody means to give, for whatever reads or writes files.
// Must not know: who reads or writes them.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
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
