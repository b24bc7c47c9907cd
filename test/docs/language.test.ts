/** Every code block of `docs/language.md` compiles, runs, and prints or throws what the block after it shows. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import ts from 'typescript';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { DesignError } from '../../gen/index.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const DOCUMENT = 'docs/language.md';
const FOLDER = join(ROOT, 'build/docs/language');

interface Block {
  readonly language: string;
  readonly text: string;
  readonly line: number;
}

function blocksOf(markdown: string): Block[] {
  const blocks: Block[] = [];
  for (const m of markdown.matchAll(/^```(\w[^\n]*)\n([\s\S]*?)^```$/gm)) {
    blocks.push({ language: m[1].trim(), text: m[2], line: markdown.slice(0, m.index).split('\n').length });
  }
  return blocks;
}

const blocks = blocksOf(readFileSync(join(ROOT, DOCUMENT), 'utf8'));
const examples = blocks.flatMap((b, i) => (/^ts\b/.test(b.language) ? [{ ...b, next: blocks[i + 1] as Block | undefined, path: join(FOLDER, `line${b.line}.ts`) }] : []));

// The blocks import as seen from docs/; here they lie two folders deeper. Lines stay where they are.
rmSync(FOLDER, { recursive: true, force: true });
mkdirSync(FOLDER, { recursive: true });
for (const e of examples) writeFileSync(e.path, e.text.replace(/from '\.\.\//g, 'from \'../../../'));

/** What a block says of its own place, as the document shows it. */
const asShown = (text: string): string => text.replace(/build\/docs\/language\/line\d+\.ts/g, 'example.ts');

describe(DOCUMENT, () => {
  afterEach(() => vi.restoreAllMocks());

  it.each(examples.map((e) => [e.line, e] as const))('line %i holds', async (_line, example) => {
    const printed: string[] = [];
    vi.spyOn(console, 'log').mockImplementation((...args: unknown[]) => void printed.push(args.join(' ')));
    const run = import(pathToFileURL(example.path).href) as Promise<unknown>;
    if (example.language === 'ts error') {
      const error = await run.then(() => undefined, (e: unknown) => e);
      expect(error).toBeInstanceOf(DesignError);
      expect(example.next?.language).toBe('text');
      expect(asShown((error as DesignError).message)).toBe(example.next?.text.trimEnd());
      return;
    }
    await run;
    if (printed.length > 0) {
      expect(example.next?.language).toBe('systemverilog');
      expect(asShown(printed.join('\n')).trimEnd()).toBe(example.next?.text.trimEnd());
    }
  });

  it('compiles', { timeout: 60_000 }, () => {
    const { config } = ts.readConfigFile(join(ROOT, 'tsconfig.json'), (p) => ts.sys.readFile(p)) as { config: { compilerOptions: object } };
    const { options } = ts.convertCompilerOptionsFromJson(config.compilerOptions, ROOT);
    // Blocks without exports are scripts to the compiler unless it is told otherwise.
    const program = ts.createProgram(examples.map((e) => e.path), { ...options, moduleDetection: ts.ModuleDetectionKind.Force });
    const said = examples.flatMap((e) => ts.getPreEmitDiagnostics(program, program.getSourceFile(e.path)).map((d) => {
      const line = d.file ? d.file.getLineAndCharacterOfPosition(d.start ?? 0).line + 1 : 0;
      return `${DOCUMENT}:${e.line + line} ${ts.flattenDiagnosticMessageText(d.messageText, ' ')}`;
    }));
    expect(said).toEqual([]);
  });
});
