/**
 * A directory of build results, each named by the content it was made from. Several processes may ask for the same result
 * at once: one builds, in a directory of its own that is renamed when it is complete, and the others wait for it.
 * Must not know what is built.
 */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, readdir, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const PROJECT_ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const POLL_MILLISECONDS = 100;
/** A builder touches its lock this often; one that has been silent for five times as long has died. */
const HEARTBEAT_MILLISECONDS = 2000;

export function cacheRoot(): string {
  return join(process.env.SYSTOLE_CACHE || join(PROJECT_ROOT, '.cache'), 'verilator');
}

/** Key of a result made from these parts. */
export function contentKey(parts: readonly string[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(`${Buffer.byteLength(part)}:`).update(part);
  return hash.digest('hex').slice(0, 24);
}

export interface CacheOptions {
  readonly root?: string;
  /** Called once if another process is building the same result. */
  readonly onWait?: () => void;
}

export function isCached(key: string, options: CacheOptions = {}): boolean {
  return existsSync(join(options.root ?? cacheRoot(), key));
}

/**
 * Directory of the result `key`; if there is none, `build` fills an empty directory first. When `build` fails its
 * directory is kept as `<key>.failed` for its log, and the error is passed on.
 */
export async function cached(
  key: string,
  build: (directory: string) => Promise<void>,
  options: CacheOptions = {},
): Promise<{ directory: string; hit: boolean }> {
  const root = options.root ?? cacheRoot();
  const directory = join(root, key);
  if (isCached(key, options)) {
    await touch(directory); // for `prune`
    return { directory, hit: true };
  }
  await mkdir(root, { recursive: true });
  const release = await lock(`${directory}.lock`, () => existsSync(directory), options.onWait);
  if (!release) return { directory, hit: true };
  try {
    if (existsSync(directory)) return { directory, hit: true };
    await removeOrphans(root, key);
    const temporary = `${directory}.building-${process.pid}`;
    await mkdir(temporary);
    try {
      await build(temporary);
    } catch (error) {
      await rm(failedDirectory(temporary), { recursive: true, force: true });
      await rename(temporary, failedDirectory(temporary));
      throw error;
    }
    await rename(temporary, directory);
    return { directory, hit: false };
  } finally {
    await release();
  }
}

/** Where the directory that `build` was given is kept if it fails. */
export function failedDirectory(directory: string): string {
  return directory.replace(/\.building-\d+$/, '.failed');
}

/** Removes all but the `keep` results that were used last, of those whose key matches. */
export async function prune(matching: RegExp, keep: number, root = cacheRoot()): Promise<void> {
  const names = (await readdir(root)).filter((name) => matching.test(name));
  if (names.length <= keep) return;
  const usedAt = async (name: string): Promise<number> => (await stat(join(root, name)).catch(() => undefined))?.mtimeMs ?? 0;
  const used = await Promise.all(names.map(async (name) => ({ name, at: await usedAt(name) })));
  used.sort((a, b) => b.at - a.at);
  for (const { name } of used.slice(keep)) await rm(join(root, name), { recursive: true, force: true });
}

async function touch(path: string): Promise<void> {
  const now = new Date();
  await utimes(path, now, now).catch(() => undefined);
}

/** Removes what builders of `key` that were killed have left. */
async function removeOrphans(root: string, key: string): Promise<void> {
  for (const name of await readdir(root)) {
    const pid = name.startsWith(`${key}.building-`) ? Number(name.slice(name.lastIndexOf('-') + 1)) : 0;
    if (pid !== 0 && (pid === process.pid || !isAlive(pid))) await rm(join(root, name), { recursive: true, force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Takes the lock and returns its release; or undefined as soon as `isDone` while another process holds it. */
async function lock(path: string, isDone: () => boolean, onWait?: () => void): Promise<(() => Promise<void>) | undefined> {
  const mine = `${process.pid} ${Math.random()}`;
  for (let waits = 0; ; waits++) {
    try {
      await writeFile(path, mine, { flag: 'wx' });
      break;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    if (isDone()) return undefined;
    if (await isAbandoned(path)) {
      await rm(path, { force: true });
      continue;
    }
    if (waits === 0) onWait?.();
    await delay(POLL_MILLISECONDS);
  }
  const heartbeat = setInterval(() => void touch(path), HEARTBEAT_MILLISECONDS);
  heartbeat.unref();
  return async () => {
    clearInterval(heartbeat);
    const holder = await readFile(path, 'utf8').catch(() => '');
    if (holder === mine) await rm(path, { force: true });
  };
}

async function isAbandoned(path: string): Promise<boolean> {
  try {
    return Date.now() - (await stat(path)).mtimeMs > 5 * HEARTBEAT_MILLISECONDS;
  } catch {
    return false; // released meanwhile
  }
}
