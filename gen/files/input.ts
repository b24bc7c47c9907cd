/**
 * The one way in for files that a user names, or that Systole has kept for itself: regular files only, no more bytes than their
 * kind may have, and one line for whatever is wrong. Nothing here waits: a pipe without a writer and a device without an end are
 * refused before they are opened. Must not know any kind of file.
 */
import { closeSync, constants, fstatSync, openSync, readSync, statSync } from 'node:fs';
import type { Stats } from 'node:fs';
import { UserError } from '../user-error.ts';
import { systemCode, whyUnreadable } from './system-error.ts';

/** What a reader expects of a file before it looks inside. */
export interface InputKind {
  /** What to do where the file is not there or of another sort, such as `give a linked RISC-V program`. */
  readonly wanted: string;
  /** More is refused unread. */
  readonly mostBytes: number;
}

/** A file that is there, with bytes that can be read piece by piece. No descriptor stays open between reads. */
export interface InputFile {
  readonly byteLength: number;
  /**
   * A fresh copy of `length` bytes from `offset`; the caller keeps `offset + length <= byteLength`.
   * @throws UserError where the file has shrunk or become unreadable since it was opened
   */
  read(offset: number, length: number): Uint8Array;
}

/** The system reads no more than 2 GiB at a time. */
const MOST_AT_ONCE = 2 ** 30;
const FIRST_CHUNK = 2 ** 16;

/** All bytes of a file. @throws UserError */
export function readInput(path: string, kind: InputKind): Uint8Array {
  return withFile(path, kind, (descriptor, size) => {
    // Files that the kernel makes up say that they have no bytes: their end counts, not their size.
    let bytes = new Uint8Array(Math.max(FIRST_CHUNK, size + 1));
    let length = 0;
    for (;;) {
      const count = readSync(descriptor, bytes, length, Math.min(MOST_AT_ONCE, bytes.length - length), null);
      if (count === 0) return bytes.subarray(0, length);
      length += count;
      if (length > kind.mostBytes) throw tooLarge(path, length, kind);
      if (length < bytes.length) continue;
      const larger = new Uint8Array(Math.min(2 * bytes.length, kind.mostBytes + 1));
      larger.set(bytes);
      bytes = larger;
    }
  });
}

/** The text of a file in UTF-8, without a byte order mark. @throws UserError */
export function readInputText(path: string, kind: InputKind): string {
  const bytes = readInput(path, kind);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new UserError(`${shown(path)}: is not text in UTF-8; ${kind.wanted}`);
  }
}

/**
 * The text of a file that Systole has kept for itself, a result or a note to others at work; undefined where nothing of the kind can
 * be read, for whatever reason: it is as good as not there, and made again.
 */
export function readKeptText(path: string, mostBytes: number): string | undefined {
  try {
    return readInputText(path, { wanted: 'remove it', mostBytes });
  } catch (error) {
    if (error instanceof UserError) return undefined;
    throw error;
  }
}

/** Looks at a file without reading it. @throws UserError */
export function openInput(path: string, kind: InputKind): InputFile {
  return {
    byteLength: withFile(path, kind, (_, size) => size),
    read: (offset, length) => withFile(path, kind, (descriptor, size) => {
      if (size < offset + length) {
        throw new UserError(`${shown(path)}: byte ${offset}: the file became shorter while it was read; leave it alone and try again`);
      }
      const bytes = new Uint8Array(length);
      for (let done = 0; done < length;) {
        const count = readSync(descriptor, bytes, done, Math.min(MOST_AT_ONCE, length - done), offset + done);
        if (count === 0) throw new UserError(`${shown(path)}: byte ${offset + done}: the file ended early; leave it alone and try again`);
        done += count;
      }
      return bytes;
    }),
  };
}

function withFile<T>(path: string, kind: InputKind, work: (descriptor: number, size: number) => T): T {
  try {
    mustBeRegular(path, statSync(path), kind);
    // What was a file a moment ago may be a pipe by now: opening must not wait for its writer.
    const descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const status = fstatSync(descriptor);
      mustBeRegular(path, status, kind);
      if (status.size > kind.mostBytes) throw tooLarge(path, status.size, kind);
      return work(descriptor, status.size);
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    const code = systemCode(error);
    if (code === undefined || error instanceof UserError) throw error;
    throw new UserError(`${shown(path)}: ${whyUnreadable(code, kind.wanted)}`);
  }
}

function mustBeRegular(path: string, status: Stats, { wanted }: InputKind): void {
  if (status.isFile()) return;
  const what = status.isDirectory() ? 'a folder' : status.isFIFO() ? 'a pipe' : status.isSocket() ? 'a socket' : 'a device';
  throw new UserError(`${shown(path)}: is ${what}, not a regular file; ${wanted}`);
}

function tooLarge(path: string, size: number, { mostBytes, wanted }: InputKind): UserError {
  return new UserError(`${shown(path)}: has ${size} bytes or more, and at most ${mostBytes} are read; ${wanted}`);
}

const shown = (path: string): string => path === '' ? '""' : path;
