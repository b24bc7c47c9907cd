/** Files begin with what they are for, in one form. */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const ROOMS = ['gen', 'hw', 'sim', 'fpga', 'explore'];

/** A sentence or more: on one line between the marks, or on lines of its own that begin with a star. */
const HEADER = /^\/\*\* [^*\n]+[.:] \*\/\n|^\/\*\*\n(?: \*(?: [^\n]+)?\n)+ \*\/\n/;

it.each([
  ['/** Says what. */\n', true], ['/**\n * Says what.\n *\n * And more.\n */\n', true],
  ['// Says what.\n', false], ['/* Says what. */\n', false], ['/** Says what\n * and more. */\n', false], ["import './what.ts';\n", false],
])('the form of a header: %j', (text, fits) => {
  expect(HEADER.test(text)).toBe(fits);
});

it.each(ROOMS)('every file of %s begins with a header', (room) => {
  const files = readdirSync(join(ROOT, room), { recursive: true, encoding: 'utf8' }).filter((f) => f.endsWith('.ts') && !f.endsWith('.d.ts'));
  expect(files.length).toBeGreaterThan(5);
  expect(files.filter((f) => !HEADER.test(readFileSync(join(ROOT, room, f), 'utf8')))).toEqual([]);
});
