/**
 * A file that says that somebody is at work, so that others wait instead of doing the same. It saves work and nothing else: where a
 * lock is lost (a holder that slept for minutes, two that take over an abandoned one at once), both work, and what they write must
 * stand that. Must not know what is done under it.
 */
import { lstat, rm, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { readKeptText } from '../../gen/files/input.ts';

const POLL_MILLISECONDS = 100;
/** A holder touches its lock this often. */
const HEARTBEAT_MILLISECONDS = 2000;
/** A holder on another machine that has been silent for so long has died; one on this machine is asked for. */
const SILENCE_MILLISECONDS = 30_000;
/** A lock is empty for a moment while it is made; for longer only if its maker has died in that moment. */
const EMPTY_MILLISECONDS = 5000;
/** A lock's text is a line. */
const MOST_BYTES = 4096;

export type Release = () => Promise<void>;

/**
 * Takes the lock, and waits for that as long as another process of those alive holds it.
 * @param onWait called once, if there is need to wait
 * @throws what the file system says where there can be no such file
 */
export async function takeLock(path: string, onWait: () => void = () => undefined): Promise<Release> {
  const mine = `${hostname()} ${process.pid} ${Math.random()}`;
  for (let waits = 0; !(await isMade(path, mine));) {
    if (await isAbandoned(path)) {
      await rm(path, { recursive: true, force: true });
      continue;
    }
    if (waits++ === 0) onWait();
    await delay(POLL_MILLISECONDS);
  }
  const heartbeat = setInterval(() => void touch(path), HEARTBEAT_MILLISECONDS);
  heartbeat.unref();
  return async () => {
    clearInterval(heartbeat);
    if (readKeptText(path, MOST_BYTES) === mine) await rm(path, { force: true });
  };
}

/** Sets a file's time to now; for folders that can only be read that is no matter. */
export async function touch(path: string): Promise<void> {
  const now = new Date();
  await utimes(path, now, now).catch(() => undefined);
}

/** Whether there is a process of that number on this machine. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

async function isMade(path: string, text: string): Promise<boolean> {
  try {
    await writeFile(path, text, { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** What is no lock at all (a pipe, a folder, a link, a file of some size) was made by nobody who is at work. */
async function isAbandoned(path: string): Promise<boolean> {
  try {
    const status = await lstat(path);
    if (!status.isFile() || status.size > MOST_BYTES) return true;
    // A time in the future is none at which a holder has touched it.
    const silent = Math.abs(Date.now() - status.mtimeMs);
    // Released in this moment it reads as one that is being made: it is looked at again.
    const [host, pid] = (readKeptText(path, MOST_BYTES) ?? '').split(' ');
    if (pid === undefined) return silent > EMPTY_MILLISECONDS;
    return silent > SILENCE_MILLISECONDS || (host === hostname() && !isAlive(Number(pid)));
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ENOENT'; // that is: released meanwhile
  }
}
