import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { openInput, readInput, readInputText } from '../../../gen/files/input.ts';
import type { InputKind } from '../../../gen/files/input.ts';
import { UserError } from '../../../gen/user-error.ts';
import { withFolder, withUnreadable } from './odd-files.ts';
import { expectSame } from '../../support/same.ts';

const KIND: InputKind = { wanted: 'give another', mostBytes: 1 << 20 };
const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

describe('a file that a user names', () => {
  it('is refused in one line where it is no regular file, too large, or not there', async () => {
    await withUnreadable((paths) => {
      for (const [path, why] of paths) {
        for (const read of [readInput, readInputText, openInput]) {
          let said: unknown;
          try {
            read(path, KIND);
          } catch (error) {
            said = error;
          }
          expect(said).toBeInstanceOf(UserError);
          const { message } = said as UserError;
          expect(message).toContain(why);
          expect(message).toMatch(/^[^\n]+: [^\n]+; [^\n]+$/);
          expect(message.startsWith(`${path}: `)).toBe(true);
        }
      }
    });
    expect(() => readInput('', KIND)).toThrow('"": does not exist; give another');
  });

  it('is read to its end, whatever size the system says it has', async () => {
    await withFolder((folder) => {
      const path = join(folder, 'file');
      for (const length of [0, 1, 65_535, 65_536, 65_537, 300_000, 1 << 20]) {
        const bytes = Uint8Array.from({ length }, (_, i) => i % 251);
        writeFileSync(path, bytes);
        expectSame(readInput(path, KIND), bytes, `${length} bytes`);
        expect(openInput(path, KIND).byteLength).toBe(length);
      }
      writeFileSync(path, new Uint8Array((1 << 20) + 1));
      expect(() => readInput(path, KIND)).toThrow(`${path}: has 1048577 bytes or more, and at most 1048576 are read; give another`);
    });
    // Made up by the kernel: of size 0, with content.
    expect(readInputText('/proc/version', KIND)).toMatch(/\S/);
    expect(() => readInput('/proc/version', { ...KIND, mostBytes: 3 })).toThrow('at most 3 are read');
  });

  it('is read in pieces, and told where it shrinks meanwhile', async () => {
    await withFolder((folder) => {
      const path = join(folder, 'file');
      writeFileSync(path, Uint8Array.of(1, 2, 3, 4, 5));
      const file = openInput(path, KIND);
      expect(file.read(1, 3)).toEqual(Uint8Array.of(2, 3, 4));
      writeFileSync(path, Uint8Array.of(1, 2));
      expect(() => file.read(1, 3)).toThrow(`${path}: byte 1: the file became shorter while it was read; leave it alone and try again`);
    });
  });

  it('is text in UTF-8 where text is wanted, with or without a byte order mark', async () => {
    await withFolder((folder) => {
      const path = join(folder, 'file');
      writeFileSync(path, '\ufeffä');
      expect(readInputText(path, KIND)).toBe('ä');
      writeFileSync(path, Uint8Array.of(0x61, 0xff));
      expect(() => readInputText(path, KIND)).toThrow(`${path}: is not text in UTF-8; give another`);
    });
  });
});

/** Files of the project itself, or what a tool has just written. */
const READ_THEIR_OWN = [
  'cli/version.ts', 'explore/estimators/yosys.ts', 'explore/sources-hash.ts', 'gen/files/input.ts', 'sim/verilator/build.ts',
  'sim/verilator/cache.ts', 'sw/data/mnist-digits.ts',
];

describe('the way in', () => {
  it('is the only one: no other code of the rooms opens files to read them', () => {
    const files = ['cli', 'hw', 'sim', 'sw', 'fpga', 'explore', 'gen', 'firmware'].flatMap((room) =>
      readdirSync(join(ROOT, room), { recursive: true, encoding: 'utf8' }).filter((f) => f.endsWith('.ts') && !f.includes('node_modules')).map((f) => `${room}/${f}`));
    expect(files.length).toBeGreaterThan(100);
    const readers = files.filter((f) => /(?<!\.)\b(?:readFile|readFileSync|createReadStream)\(/.test(readFileSync(join(ROOT, f), 'utf8')));
    expect(readers.filter((f) => !READ_THEIR_OWN.includes(f))).toEqual([]);
  });
});
