/**
 * Results on disk, one JSON file each under the hash of all that they depend on, so that a second run finds the work of the
 * first. A file is whole or not there. Must not know what is stored.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { UserError } from '../gen/user-error.ts';

/** SHA-256 in hexadecimal digits. */
export function hashOf(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
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

/** Writes a file so that nobody ever sees half of it. @throws UserError where it cannot be written */
export function writeWhole(path: string, text: string): void {
  const unfinished = `${path}.${process.pid}.tmp`;
  try {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(unfinished, text);
    renameSync(unfinished, path);
  } catch (error) {
    if (existsSync(unfinished)) rmSync(unfinished, { force: true });
    const code = error instanceof Error && 'code' in error ? String(error.code) : undefined;
    throw code === undefined ? error : new UserError(`${path}: cannot be written (${code}); choose another folder`);
  }
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
