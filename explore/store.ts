/**
 * Results on disk, one JSON file each under the hash of all that they depend on, so that a second run finds the work of the
 * first. A file is whole or not there. Must not know what is stored.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { InputFile } from '../gen/files/input.ts';
import { writeWhole } from '../gen/files/output.ts';

const PIECE_BYTES = 2 ** 24;

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

/** Results of one kind in `<dir>/<kind>/<key>.json`. */
export class Store<T> {
  constructor(private readonly dir: string, private readonly kind: string) {}

  private path(key: string): string {
    return join(this.dir, this.kind, `${key}.json`);
  }

  /** The result; undefined where there is none, or none that can be read. */
  get(key: string): T | undefined {
    try {
      const stored = JSON.parse(readFileSync(this.path(key), 'utf8')) as { key?: unknown; result?: T };
      return stored.key === key ? stored.result : undefined;
    } catch {
      return undefined;
    }
  }

  /** @param from what the key was made of, for people who read the file */
  put(key: string, from: unknown, result: T): void {
    writeWhole(this.path(key), `${JSON.stringify({ key, from, result }, (_, value: unknown) => (typeof value === 'bigint' ? Number(value) : value), 2)}\n`);
  }
}
