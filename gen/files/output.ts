/**
 * The one way out for files that a user names: whole or not there, in folders that are made where they are missing, and one line for
 * whatever prevents it. Must not know what is written.
 */
import {
  accessSync, closeSync, constants, existsSync, fstatSync, lstatSync, mkdirSync, mkdtempSync, openSync, realpathSync, renameSync,
  rmSync, rmdirSync, statSync, writeFileSync, writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { UserError } from '../user-error.ts';
import { systemCode, whyUnwritable } from './system-error.ts';

/** A file that grows while a program runs. */
export interface OutputFile {
  /** Appends text. Where that fails the file is removed, so that no stump stays. @throws UserError */
  write(text: string): void;
  close(): void;
}

/** Writes a file so that nobody ever sees half of it. @throws UserError where it cannot be written */
export function writeWhole(path: string, content: string | Uint8Array): void {
  writing(path, () => {
    inFolder(dirname(path), () => {
      if (isSpecial(path)) writeThrough(path, content);
      else replaceAll([[destination(path), content]]);
    });
  });
}

/**
 * Writes a file that Systole keeps for itself. What else may lie in its place is thrown away: nobody put it there to be written into.
 * @throws UserError where it cannot be written
 */
export function writeKept(path: string, content: string): void {
  try {
    if (!isFile(path)) rmSync(path, { recursive: true, force: true });
  } catch {
    // It stays in the way, and is told of below.
  }
  writeWhole(path, content);
}

function isFile(path: string): boolean {
  try {
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/** Writes files of one folder: first all of them under other names, then all names at once. Returns their paths. @throws UserError */
export function writeFolder(folder: string, files: ReadonlyMap<string, string | Uint8Array>): readonly string[] {
  const paths = [...files.keys()].map((name) => join(folder, name));
  writing(folder, () => {
    inFolder(folder, () => {
      const special = paths.find(isSpecial);
      if (special !== undefined) throw new UserError(`${special}: is in the way: not a regular file; remove it, or choose another place`);
      replaceAll([...files].map(([name, content]) => [destination(join(folder, name)), content]));
    });
  });
  return paths;
}

/** Removes files of one folder, of which some may be gone already. @throws UserError */
export function removeFiles(folder: string, names: readonly string[]): void {
  writing(folder, () => names.forEach((name) => rmSync(join(folder, name), { force: true })));
}

/** Opens a file to write it piece by piece; one of that name is replaced. @throws UserError */
export function openOutput(path: string): OutputFile {
  return writing(path, () => inFolder(dirname(path), () => {
    const descriptor = isSpecial(path) ? openSpecial(path) : openSync(path, 'w');
    return outputTo(path, descriptor, () => {
      const isFile = fstatSync(descriptor).isFile();
      closeSync(descriptor);
      if (isFile) rmSync(realpathSync(path), { force: true });
    });
  }));
}

/** A file that is open already, such as stderr; it is left open. Written at once: Node's streams keep what a slow reader has not taken. */
export function descriptorOutput(name: string, descriptor: number): OutputFile {
  return { ...outputTo(name, descriptor, () => undefined), close: () => undefined };
}

/** Makes sure before long work that its results can be kept in a folder. @throws UserError */
export function mustTakeFiles(folder: string): void {
  writing(folder, () => inFolder(folder, () => accessSync(folder, constants.W_OK)));
}

/** The same for one file, by its name. @throws UserError */
export function mustTakeFile(path: string): void {
  writing(path, () => {
    if (isSpecial(path)) {
      mustBeNoDisk(path);
      accessSync(path, constants.W_OK);
    } else {
      // Some folders look as if they could be written into.
      const trial = `${destination(path)}.${process.pid}.tmp`;
      inFolder(dirname(path), () => {
        try {
          writeFileSync(trial, '', { flag: 'wx' });
        } finally {
          rmSync(trial, { force: true });
        }
      });
    }
  });
}

/** Runs `work` with a folder of its own for what is unfinished; the folder is gone afterwards. @throws UserError where there can be none */
export function withScratchFolder<T>(work: (folder: string) => T): T {
  const folder = writing(tmpdir(), () => mkdtempSync(join(tmpdir(), 'systole-')));
  try {
    return work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** @throws UserError where two names mean one file, which would be overwritten */
export function mustDiffer(files: Readonly<Record<string, string | undefined>>): void {
  const seen = new Map<string, string>();
  for (const [option, path] of Object.entries(files)) {
    if (path === undefined || (existsSync(path) && isSpecial(path))) continue;
    const folder = dirname(path);
    const place = existsSync(path) ? realpathSync(path) : existsSync(folder) ? join(realpathSync(folder), basename(path)) : resolve(path);
    const other = seen.get(place);
    if (other !== undefined) throw new UserError(`${path}: is named as ${other} and as ${option}, and would be overwritten; name another file`);
    seen.set(place, option);
  }
}

function outputTo(name: string, descriptor: number, discard: () => void): OutputFile {
  let isOpen = true;
  return {
    write(text) {
      // Its end has been told already.
      if (!isOpen) return;
      try {
        writeFully(descriptor, Buffer.from(text));
      } catch (error) {
        isOpen = false;
        discard();
        throw explained(name, error);
      }
    },
    close() {
      if (isOpen) closeSync(descriptor);
      isOpen = false;
    },
  };
}

function writeFully(descriptor: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length;) {
    try {
      at += writeSync(descriptor, bytes, at);
    } catch (error) {
      if (systemCode(error) !== 'EAGAIN') throw error;
      // Its reader is slow, and it is not a file that waits by itself.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
    }
  }
}

function replaceAll(files: readonly (readonly [string, string | Uint8Array])[]): void {
  const unfinished = (path: string): string => `${path}.${process.pid}.tmp`;
  try {
    for (const [path, content] of files) {
      // Of a process of the same number that has died; never written into, whatever it is.
      rmSync(unfinished(path), { force: true });
      writeFileSync(unfinished(path), content, { flag: 'wx' });
    }
    for (const [path] of files) renameSync(unfinished(path), path);
  } catch (error) {
    for (const [path] of files) rmSync(unfinished(path), { force: true });
    throw error;
  }
}

/** Where a file really is, so that a link to it stays a link. A file that may not be written is refused, not replaced. */
function destination(path: string): string {
  if (!existsSync(path)) return path;
  if (statSync(path).isDirectory()) throw new UserError(`${path}: ${whyUnwritable('EISDIR')}`);
  accessSync(path, constants.W_OK);
  return realpathSync(path);
}

/** Devices and pipes are written into; to put a file in their place would take them from everybody. */
function isSpecial(path: string): boolean {
  const isLink = lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true;
  // A link to nothing is an error; to nothing at all one can write.
  const status = isLink ? statSync(path) : statSync(path, { throwIfNoEntry: false });
  return status !== undefined && !status.isFile() && !status.isDirectory();
}

function mustBeNoDisk(path: string): void {
  if (statSync(path).isBlockDevice()) throw new UserError(`${path}: is a disk; name a file`);
}

function openSpecial(path: string): number {
  mustBeNoDisk(path);
  // A pipe that nobody reads from would keep us waiting.
  return openSync(path, constants.O_WRONLY | constants.O_NONBLOCK);
}

function writeThrough(path: string, content: string | Uint8Array): void {
  const descriptor = openSpecial(path);
  try {
    writeFully(descriptor, Buffer.from(content));
  } finally {
    closeSync(descriptor);
  }
}

/**
 * Makes a folder and those above it. Not by `mkdir`'s own recursion: that of Node 20 never ends where the system says of a folder
 * that is there that nothing is in it, as the process file system does. Returns those that it has made, from above. @throws what the
 * system says
 */
export function makeFolder(folder: string): readonly string[] {
  // With the slash, what is no folder is refused.
  if (existsSync(folder)) statSync(`${folder}/`);
  const missing: string[] = [];
  for (let at = resolve(folder); !existsSync(at) && basename(at) !== ''; at = dirname(at)) missing.push(at);
  const made: string[] = [];
  for (const path of missing.reverse()) {
    try {
      mkdirSync(path);
      made.push(path);
    } catch (error) {
      // Another process may have been faster.
      if (systemCode(error) === 'EEXIST' && statSync(path).isDirectory()) continue;
      removeEmpty(made);
      throw error;
    }
  }
  return made;
}

/** Writes into a folder that is made where it is missing; where that fails, the folders made for it go again. */
function inFolder<T>(folder: string, write: () => T): T {
  const made = makeFolder(folder);
  try {
    return write();
  } catch (error) {
    removeEmpty(made);
    throw error;
  }
}

/** @param folders from above, each in the one before it */
function removeEmpty(folders: readonly string[]): void {
  try {
    for (const path of [...folders].reverse()) rmdirSync(path);
  } catch {
    // Somebody else has put something there.
  }
}

function writing<T>(path: string, work: () => T): T {
  // Joined with a file's name it would be the folder where the user stands.
  if (path === '') throw new UserError('"": cannot be written: it is no name; name a file or a folder');
  try {
    return work();
  } catch (error) {
    throw explained(path, error);
  }
}

function explained(path: string, error: unknown): unknown {
  const code = systemCode(error);
  return code === undefined || error instanceof UserError ? error : new UserError(`${path}: ${whyUnwritable(code)}`);
}
