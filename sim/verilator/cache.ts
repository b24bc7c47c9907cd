/**
 * A directory of build results, each named by the content it was made from. Several processes may ask for the same result
 * at once: one builds, in a directory of its own that is renamed when it is complete, and the others wait for it. A result is
 * used only while it is what was built: its manifest tells the length and hash of every file, and whatever differs is built
 * again. Nothing that may lie in a file's place is waited for. Must not know what is built.
 */
import { createHash } from 'node:crypto';
import { lstat, mkdir, mkdtemp, readFile, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openInput, readKeptText } from '../../gen/files/input.ts';
import { makeFolder } from '../../gen/files/output.ts';
import { UserError } from '../../gen/user-error.ts';
import { isAlive, takeLock, touch } from '../processes/file-lock.ts';
import type { Release } from '../processes/file-lock.ts';

const PROJECT_ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const MANIFEST = 'manifest.json';
const MANIFEST_BYTES = 2 ** 20;
/** A file of a result that is larger is not what was built. */
const FILE_BYTES = 2 ** 30;
/** Leftovers of builders that have died are removed when they are so old: another machine's builders are not seen from here. */
const ORPHAN_MILLISECONDS = 3_600_000;

export function cacheRoot(): string {
  return resolve(process.env.SYSTOLE_CACHE || join(PROJECT_ROOT, '.cache'), 'verilator');
}

/** Key of a result made from these parts. */
export function contentKey(parts: readonly string[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(`${Buffer.byteLength(part)}:`).update(part);
  return hash.digest('hex').slice(0, 24);
}

/** What is built. */
export interface Result {
  readonly key: string;
  /** The files that it is used for; others in its directory are there to be looked at. */
  readonly files: readonly string[];
}

export interface CacheOptions {
  readonly root?: string;
  /** Why nothing can be built in a folder of this name; undefined: it can. */
  readonly unfit?: (root: string) => string | undefined;
  /** Called once if another process is building the same result. */
  readonly onWait?: () => void;
  /** A line about a result or a folder that cannot be used. */
  readonly onNote?: (line: string) => void;
}

/**
 * The directory of a result that is there and whole; undefined where there is none.
 * @param onNote told of one that is there and not whole
 */
export async function lookUp(
  { key, files }: Result, { root = cacheRoot(), onNote = () => undefined }: CacheOptions = {},
): Promise<string | undefined> {
  const directory = join(root, key);
  if ((await lstat(directory).catch(() => undefined)) === undefined) return undefined;
  const damage = damageOf(directory, key, files);
  if (damage === undefined) {
    await touch(directory); // for `prune`
    return directory;
  }
  onNote(`${directory}: ${damage}; it is built again`);
  return undefined;
}

/**
 * Directory of a result; if there is none that is whole, `build` fills an empty directory first. When `build` fails its
 * directory is kept as `<key>.failed` for its log, and the error is passed on. Where the folder of results cannot be written
 * or is unfit, one for temporary files takes its place.
 * @throws UserError where that cannot be written either, or is unfit
 */
export async function cached(
  result: Result, build: (directory: string) => Promise<void>, options: CacheOptions = {},
): Promise<{ directory: string; hit: boolean }> {
  const known = await lookUp(result, options);
  if (known !== undefined) return { directory: known, hit: true };
  const { root, release } = await open(result, options);
  try {
    // Another process may have built it, or found damage, while this one was waiting.
    const built = await lookUp(result, { root });
    if (built !== undefined) return { directory: built, hit: true };
    await removeOrphans(root, result.key);
    const directory = join(root, result.key);
    const temporary = `${directory}.building-${process.pid}`;
    await mkdir(temporary);
    try {
      await build(temporary);
      await writeFile(join(temporary, MANIFEST), await manifestOf(temporary, result));
    } catch (error) {
      await rm(failedDirectory(temporary), { recursive: true, force: true });
      await rename(temporary, failedDirectory(temporary)).catch(() => undefined); // the first error is the one to tell
      throw error;
    }
    await replace(temporary, result, root);
    return { directory, hit: false };
  } finally {
    await release();
  }
}

/** Where the directory that `build` was given lies when it is complete. */
export function finalDirectory(directory: string): string {
  return directory.replace(/\.building-\d+$/, '');
}

/** Where it is kept if it fails. */
export function failedDirectory(directory: string): string {
  return `${finalDirectory(directory)}.failed`;
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

// ── what a result must be ──

interface Manifest {
  readonly key: string;
  readonly files: Readonly<Record<string, { readonly bytes: number; readonly sha256: string }>>;
}

const sha256 = (content: Uint8Array): string => createHash('sha256').update(content).digest('hex');

async function manifestOf(directory: string, { key, files }: Result): Promise<string> {
  const described = await Promise.all(files.map(async (name) => {
    const content = await readFile(join(directory, name));
    return [name, { bytes: content.length, sha256: sha256(content) }] as const;
  }));
  const manifest: Manifest = { key, files: Object.fromEntries(described) };
  return `${JSON.stringify(manifest, null, 2)}\n`;
}

/** What is wrong with a result, in words; undefined: nothing. */
function damageOf(directory: string, key: string, files: readonly string[]): string | undefined {
  let manifest: Manifest;
  try {
    manifest = JSON.parse(readKeptText(join(directory, MANIFEST), MANIFEST_BYTES) ?? '') as Manifest;
    if (manifest.key !== key) return `is the result of another build`;
    for (const name of files) {
      const { bytes, sha256: hash } = manifest.files[name];
      const file = openInput(join(directory, name), { wanted: 'build it again', mostBytes: FILE_BYTES });
      if (file.byteLength !== bytes) return `${name} has ${file.byteLength} bytes instead of ${bytes}`;
      if (sha256(file.read(0, bytes)) !== hash) return `${name} is not what was built`;
    }
  } catch {
    return `is incomplete`;
  }
  return undefined;
}

// ── writing ──

interface Opened {
  readonly root: string;
  readonly release: Release;
}

/** Takes the result's lock, in `root` or in the folder that takes its place. */
async function open(
  { key }: Result, { root = cacheRoot(), unfit = () => undefined, onWait, onNote = () => undefined }: CacheOptions,
): Promise<Opened> {
  const take = async (folder: string): Promise<Opened> => {
    makeFolder(folder);
    return { root: folder, release: await takeLock(join(folder, `${key}.lock`), onWait) };
  };
  const opened = async (folder: string): Promise<Opened | string> => unfit(folder) ?? take(folder).catch(unwritable);
  const taken = await opened(root);
  if (typeof taken !== 'string') return taken;
  const substitute = await substituteRoot(root, taken);
  onNote(`${root}: ${taken}; building in ${substitute}; set SYSTOLE_CACHE to a folder that can`);
  const instead = await opened(substitute);
  if (typeof instead !== 'string') return instead;
  throw nowhere(root, taken, substitute, instead);
}

const unwritable = (error: unknown): string => `cannot be written (${(error as NodeJS.ErrnoException).code ?? String(error)})`;

const nowhere = (root: string, reason: string, substitute: string, again: string): UserError =>
  new UserError(`engine verilator: ${root}: ${reason}; ${substitute}: ${again}; set SYSTOLE_CACHE to a folder that can`);

/** A folder for temporary files that is this user's alone: what is in it will be loaded and run. */
async function substituteRoot(root: string, reason: string): Promise<string> {
  const { uid } = userInfo();
  const folder = join(tmpdir(), `systole-cache-${uid}`);
  try {
    makeFolder(dirname(folder));
    await mkdir(folder, { mode: 0o700 }).catch(() => undefined); // there already, or told of in the next line
    const found = await lstat(folder);
    return found.isDirectory() && (uid < 0 || found.uid === uid) && (found.mode & 0o022) === 0 ? folder : await mkdtemp(`${folder}-`);
  } catch (error) {
    throw nowhere(root, reason, folder, unwritable(error));
  }
}

/** Puts a finished directory in its place, where a damaged one may be, or where another process may have put the same. */
async function replace(finished: string, result: Result, root: string): Promise<void> {
  const directory = join(root, result.key);
  const isPlaced = await rename(finished, directory).then(() => true, () => false);
  if (isPlaced) return;
  if ((await lookUp(result, { root })) !== undefined) return rm(finished, { recursive: true, force: true });
  const aside = `${directory}.damaged-${process.pid}`;
  await rm(aside, { recursive: true, force: true });
  await rename(directory, aside);
  await rename(finished, directory);
  await rm(aside, { recursive: true, force: true });
}

/** Removes what builders that were killed have left: of `key`, which nobody else builds now, at once. */
async function removeOrphans(root: string, key: string): Promise<void> {
  for (const name of await readdir(root)) {
    const [, of, pid] = /^(.+)\.(?:building|damaged)-(\d+)$/.exec(name) ?? [];
    if (pid === undefined || (Number(pid) !== process.pid && isAlive(Number(pid)))) continue;
    const path = join(root, name);
    const isOld = Date.now() - ((await stat(path).catch(() => undefined))?.mtimeMs ?? Infinity) > ORPHAN_MILLISECONDS;
    if (of === key || isOld) await rm(path, { recursive: true, force: true });
  }
}
