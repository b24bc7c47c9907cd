/** The README and the pages: their TypeScript runs, their commands and links exist. `language.test.ts` looks after the tutorial. */
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterEach, describe, expect, it, vi } from 'vitest';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const PAGES = ['README.md', ...readdirSync(join(ROOT, 'docs')).filter((f) => f.endsWith('.md')).map((f) => `docs/${f}`)];
const FOLDER = join(ROOT, 'build/docs/pages');
const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { scripts: Record<string, string> };

rmSync(FOLDER, { recursive: true, force: true });
mkdirSync(FOLDER, { recursive: true });

describe.each(PAGES)('%s', (page) => {
  const text = readFileSync(join(ROOT, page), 'utf8');
  afterEach(() => vi.restoreAllMocks());

  it('links to pages that exist', () => {
    const links = [...text.matchAll(/\]\(([^)#:]+\.md)\)/g)].map((m) => m[1]);
    expect(links.filter((l) => !existsSync(join(ROOT, dirname(page), l)))).toEqual([]);
  });

  it('names npm scripts and presets that exist', () => {
    const missing = [...text.matchAll(/npm run ([\w:]+)/g)].map((m) => m[1]).filter((name) => !(name in scripts));
    expect(missing).toEqual([]);
    const files = [...text.matchAll(/(?:^|[\s`])((?:configs|models)\/[\w/.-]+\.(?:toml|gguf))/gm)].map((m) => m[1]);
    expect(files.filter((f) => !existsSync(join(ROOT, f)))).toEqual([]);
  });

  // Blocks of the tutorial are written for docs/ and run by its own test; all others import from the project's root.
  const blocks = page === 'docs/language.md' ? [] : [...text.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map((m) => m[1]);
  it.each(blocks.map((b, i) => [i + 1, b] as const))('block %i runs', async (n, block) => {
    const path = join(FOLDER, `${page.replaceAll('/', '-')}-${n}.ts`);
    writeFileSync(path, block.replace(/from '\.\//g, 'from \'../../../'));
    const printed = vi.spyOn(console, 'log').mockImplementation(() => undefined);
    await import(pathToFileURL(path).href);
    expect(printed).toHaveBeenCalled();
  });
});
