// Random access to bytes that live in memory or in a file, so that a reader can look at a large file piece by piece.
// Must not know: any file format.
import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs';
import { UserError } from '../../gen/user-error.ts';

/** A fixed number of bytes and a way to copy some of them out. */
export interface ByteSource {
  /** What messages call these bytes: a path as the user gave it. */
  readonly label: string;
  readonly byteLength: number;
  /**
   * A fresh copy of `length` bytes from `offset`. The caller keeps `offset + length <= byteLength`.
   * @throws UserError where a file has shrunk or become unreadable since it was opened.
   */
  read(offset: number, length: number): Uint8Array;
}

/** The bytes of `bytes`, which must not change while the source is in use. */
export function memorySource(label: string, bytes: Uint8Array): ByteSource {
  return {
    label,
    byteLength: bytes.length,
    // Not slice(): that of a Buffer shares its memory.
    read: (offset, length) => new Uint8Array(bytes.subarray(offset, offset + length)),
  };
}

/**
 * The bytes of a regular file. No descriptor stays open between reads, so nothing needs closing.
 * @throws UserError where `path` is absent, unreadable, or not a regular file (opening a pipe could wait for ever).
 */
export function fileSource(path: string): ByteSource {
  const status = attempt(path, () => statSync(path));
  if (!status.isFile()) throw new UserError(`${path}: is not a regular file; give the path of a file`);
  return {
    label: path,
    byteLength: status.size,
    read: (offset, length) => attempt(path, () => readExactly(path, offset, length)),
  };
}

function readExactly(path: string, offset: number, length: number): Uint8Array {
  const descriptor = openSync(path, 'r');
  try {
    if (fstatSync(descriptor).size < offset + length) {
      throw new UserError(`${path}: byte ${offset}: the file became shorter while it was read; leave it alone and try again`);
    }
    const bytes = new Uint8Array(length);
    for (let done = 0; done < length;) {
      const count = readSync(descriptor, bytes, done, length - done, offset + done);
      if (count === 0) throw new UserError(`${path}: byte ${offset + done}: the file ended early; leave it alone and try again`);
      done += count;
    }
    return bytes;
  } finally {
    closeSync(descriptor);
  }
}

/** What the usual system error codes mean to a user. */
const SYSTEM_ERRORS: Readonly<Record<string, string>> = {
  ENOENT: 'does not exist; check the path',
  ENOTDIR: 'does not exist; check the path',
  EACCES: 'may not be read; check its permissions',
  EPERM: 'may not be read; check its permissions',
};

function attempt<T>(path: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : undefined;
    if (code === undefined) throw error;
    throw new UserError(`${path}: ${SYSTEM_ERRORS[code] ?? `cannot be read (${code}); check the path and the disk`}`);
  }
}
