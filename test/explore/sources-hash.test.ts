import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { sourcesHash } from '../../explore/sources-hash.ts';
import { temporaryFolder } from './fakes.ts';

describe('the hash of the sources', () => {
  it('changes with the sources of any room, and with nothing else', () => {
    const root = temporaryFolder();
    const write = (path: string, text: string): void => writeFileSync(join(root, path), text);
    for (const room of ['gen', 'hw', 'sim', 'sw/deep', 'docs']) mkdirSync(join(root, room), { recursive: true });
    write('package-lock.json', '{}');
    write('sw/deep/a.ts', 'one');
    const first = sourcesHash(root);
    write('docs/a.ts', 'x');
    write('gen/notes.txt', 'x');
    expect(sourcesHash(root)).toBe(first);
    write('sw/deep/a.ts', 'two');
    const second = sourcesHash(root);
    expect(second).not.toBe(first);
    write('gen/new.ts', '');
    expect(sourcesHash(root)).not.toBe(second);
  });
});
