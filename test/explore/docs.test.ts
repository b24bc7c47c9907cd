/** What `docs/explore.md` shows is true: its sweeps are sweeps, its commands name files that are there, its table is the table. */
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { QUANTITIES } from '../../explore/quantities.ts';
import { parseSweep } from '../../explore/sweep-file.ts';

const DOCUMENT = readFileSync('docs/explore.md', 'utf8');
const blocks = [...DOCUMENT.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)].map(([, language, text]) => ({ language, text }));

describe('docs/explore.md', () => {
  it('shows sweeps that can be read', () => {
    const names = blocks.filter((b) => b.language === 'toml').map((b) => parseSweep(b.text, 'configs/sweeps/docs.toml').points.map((p) => p.name));
    expect(names).toEqual([
      ['1 KiB', '4 KiB'].flatMap((size) => [1, 10, 40].map((latency) => `instructionCache=${size} latency=${latency}`)),
      ['as it is', 'one memory bank', 'small'],
    ]);
  });

  it('shows commands for sweeps that are there', () => {
    const sweeps = blocks.filter((b) => b.language === '').flatMap((b) => [...b.text.matchAll(/configs\/\S+/g)].map(([path]) => path));
    expect(sweeps.length).toBeGreaterThan(0);
    for (const path of sweeps) expect(existsSync(path), path).toBe(true);
  });

  it('lists all quantities with their meaning', () => {
    const table = QUANTITIES.map(({ name, summary }) => `| \`${name}\` | ${summary} |`).join('\n');
    expect(DOCUMENT).toContain(table);
  });
});
