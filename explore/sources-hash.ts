/**
 * A fingerprint of the part of Systole that decides what a simulated program does: results of another version must not be
 * taken for those of this one. Must not know what the sources say.
 */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { hashOf } from './store.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const ROOMS = ['gen', 'hw', 'sim', 'sw'] as const;

/** SHA-256 over paths and texts of the sources and over the versions of packages. */
export function sourcesHash(root = ROOT): string {
  const files = ROOMS.flatMap((room) => readdirSync(join(root, room), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => `${room}/${name.replaceAll('\\', '/')}`));
  const lines = [...files.sort(), 'package-lock.json'].map((file) => `${file} ${hashOf(readFileSync(join(root, file)))}`);
  return hashOf(lines.join('\n'));
}
