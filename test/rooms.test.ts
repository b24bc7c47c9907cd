/** Data flows one way through the rooms: none imports from a room that stands after it. */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const AFTER: Readonly<Record<string, readonly string[]>> = {
  gen: ['hw', 'sim', 'sw', 'fpga', 'explore', 'cli'], hw: ['sim', 'sw', 'fpga', 'explore', 'cli'], sim: ['sw', 'fpga', 'explore', 'cli'], sw: ['fpga', 'explore', 'cli'],
  fpga: ['explore', 'cli'], explore: ['cli'],
};

describe.each(Object.entries(AFTER))('room %s', (room, later) => {
  it(`imports nothing from ${later.join(', ')}`, () => {
    const files = readdirSync(join(ROOT, room), { recursive: true, encoding: 'utf8' }).filter((f) => f.endsWith('.ts') && !f.includes('node_modules'));
    const backwards = files.flatMap((f) => {
      const imports = [...readFileSync(join(ROOT, room, f), 'utf8').matchAll(/(?:from|import\() ?'((?:\.\.\/)+)(\w+)\//g)];
      // A path that climbs to the root names a room next.
      return imports.filter((m) => m[1].length / 3 === f.split('/').length && later.includes(m[2])).map((m) => `${room}/${f} ← ${m[2]}`);
    });
    expect(files.length).toBeGreaterThan(0);
    expect(backwards).toEqual([]);
  });
});
