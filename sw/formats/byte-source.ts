// Random access to bytes that live in memory or in a file, so that a reader can look at a large file piece by piece.
// Must not know: any file format.
import { openInput } from '../../gen/files/input.ts';
import type { InputKind } from '../../gen/files/input.ts';

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
 * @throws UserError where `path` is absent, unreadable, not a regular file, or larger than its kind may be
 */
export function fileSource(path: string, kind: InputKind): ByteSource {
  return { label: path, ...openInput(path, kind) };
}
