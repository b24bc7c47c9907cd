/**
 * Results on disk, one JSON file each under the hash of all that they depend on, so that a second run finds the work of the
 * first, and one of several processes that need the same result at once makes it. A file is whole or not there; it ends in the hash
 * of all that stands before, and what is not as it was written, or is no result, is as good as none. Must not know what is stored.
 */
import { createHash } from 'node:crypto';
import { dirname, join } from 'node:path';
import { readKeptText } from '../gen/files/input.ts';
import type { InputFile } from '../gen/files/input.ts';
import { makeFolder, writeKept } from '../gen/files/output.ts';
import { takeLock } from '../sim/processes/file-lock.ts';
import type { Release } from '../sim/processes/file-lock.ts';

const PIECE_BYTES = 2 ** 24;
/** Results take some kilobytes. */
const MOST_BYTES = 2 ** 24;

/** SHA-256 in hexadecimal digits. */
export function hashOf(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}

/** The same for a file, which may be larger than memory. */
export function hashOfInput(file: InputFile): string {
  const hash = createHash('sha256');
  for (let at = 0; at < file.byteLength; at += PIECE_BYTES) hash.update(file.read(at, Math.min(PIECE_BYTES, file.byteLength - at)));
  return hash.digest('hex');
}

/** SHA-256 of plain data; the order of keys does not count. */
export function hashOfData(data: unknown): string {
  return hashOf(canonical(data));
}

/** JSON with sorted keys; a key without a value is as one that is not there. */
function canonical(data: unknown): string {
  if (typeof data === 'bigint') return `"${data}n"`;
  if (Array.isArray(data)) return `[${data.map(canonical).join(',')}]`;
  if (typeof data !== 'object' || data === null) return JSON.stringify(data) ?? 'null';
  const entries = Object.entries(data).filter(([, value]) => value !== undefined).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, value]) => `${JSON.stringify(key)}:${canonical(value)}`).join(',')}}`;
}

const END = '\n}';
const SEAL = ',\n  "sha256": "';

/** The text of an object as JSON, in lines, with the hash of that text as its last member. */
export function sealed(object: string): string {
  return `${object.slice(0, -END.length)}${SEAL}${hashOf(object)}"${END}\n`;
}

/** The text that was sealed; undefined where a byte of it or of its hash is another one now. */
function unsealed(text: string): string | undefined {
  const at = text.lastIndexOf(SEAL);
  const object = `${text.slice(0, at)}${END}`;
  return at >= 0 && sealed(object) === text ? object : undefined;
}

/** Results of one kind in `<dir>/<kind>/<key>.json`. */
export class Store<T> {
  constructor(private readonly dir: string, private readonly kind: string, private readonly isResult: (value: unknown) => value is T) {}

  private path(key: string): string {
    return join(this.dir, this.kind, `${key}.json`);
  }

  /** The result; undefined where there is none, or none that can be read. */
  get(key: string): T | undefined {
    try {
      const text = unsealed(readKeptText(this.path(key), MOST_BYTES) ?? '');
      if (text === undefined) return undefined;
      const stored = JSON.parse(text) as { key?: unknown; result?: unknown };
      return stored.key === key && this.isResult(stored.result) ? stored.result : undefined;
    } catch {
      return undefined;
    }
  }

  /**
   * The result; where there is none it is made and kept. Of several processes that ask at once, one makes it and the others wait;
   * where it fails, the next one tries.
   * @param from what the key was made of
   * @param onWait called once, if another process is at it
   */
  async once(key: string, from: unknown, make: () => Promise<T>, onWait: () => void = () => undefined): Promise<T> {
    const known = this.get(key);
    if (known !== undefined) return known;
    const release = await this.lock(key, onWait);
    try {
      const meanwhile = this.get(key);
      if (meanwhile !== undefined) return meanwhile;
      const made = await make();
      this.put(key, from, made);
      return made;
    } finally {
      await release();
    }
  }

  /** Where there can be no lock, nothing can be kept either: that is told when the result is there, by whoever writes it. */
  private async lock(key: string, onWait: () => void): Promise<Release> {
    const path = `${this.path(key)}.lock`;
    try {
      makeFolder(dirname(path));
      return await takeLock(path, onWait);
    } catch {
      return () => Promise.resolve();
    }
  }

  /** @param from what the key was made of, for people who read the file */
  put(key: string, from: unknown, result: T): void {
    const text = JSON.stringify({ key, from, result }, (_, value: unknown) => (typeof value === 'bigint' ? Number(value) : value), 2);
    writeKept(this.path(key), sealed(text));
  }
}
