/** The README and the pages: their TypeScript runs, their commands and links exist. `language.test.ts` looks after the tutorial. */
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { systoleProgram } from '../../cli/program.ts';
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

  it('names options that verbs have', () => {
    // Where a comment begins or another command, this one has ended.
    const lines = [...text.matchAll(/(?:npm run|npx systole) (.*)/g)].map(([, rest]) => rest.replace(/"[^"]*"/g, 'x').split(/\s#|[|`>;&]/)[0].replace(/ -- /, ' ').trim().split(/\s+/));
    const wrong: string[] = [];
    for (const words of lines) {
      let command = systoleProgram();
      let at = 0;
      for (let next; (next = command.commands.find((c) => c.name() === words[at])) !== undefined; at++) command = next;
      if (at === 0) continue;
      const options = command.options.flatMap(({ long, short }) => [long, short]);
      wrong.push(...words.slice(at).map((w) => w.split('=')[0]).filter((w) => /^--?[a-z]/.test(w) && w !== '--help' && !options.includes(w)).map((w) => `${words.slice(0, at).join(' ')} ${w}`));
    }
    expect(wrong).toEqual([]);
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
