/** `gen/` and `hw/` without Node: bundled for a browser, minified, they give every preset the text that they give it here. */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import vm from 'node:vm';
import { build } from 'esbuild';
import type { BuildOptions } from 'esbuild';
import { beforeAll, describe, expect, it } from 'vitest';
import { elaborate } from '../../gen/index.ts';
import { filesOf, printDesign } from '../../gen/print/systemverilog.ts';
import { Chip } from '../../hw/soc/chip.ts';
import { loadConfig, presetNames } from '../../hw/soc/config-file.ts';
import type { MathJs, Toml } from '../../hw/soc/packages.ts';
import { IS_LONG } from '../support/effort.ts';
import { inDirectory } from '../gen/tools.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const BROWSER = ['chromium', 'chromium-browser', 'google-chrome'].find((name) => spawnSync('sh', ['-c', `command -v ${name}`]).status === 0);

const known = new Map<string, string>();
function printed(preset: string): string {
  const text = known.get(preset) ?? JSON.stringify(printDesign(elaborate(Chip(loadConfig(preset)))));
  known.set(preset, text);
  return text;
}

async function bundle(options: BuildOptions): Promise<string> {
  const { outputFiles, warnings } = await build({
    absWorkingDir: ROOT, entryPoints: ['test/support/in-browser.ts'], bundle: true, platform: 'browser', format: 'iife', globalName: 'systole', write: false,
    // Packages are found from there, in Node alone.
    logOverride: { 'empty-import-meta': 'silent' }, logLevel: 'silent', ...options,
  });
  expect(warnings).toEqual([]);
  return outputFiles?.[0].text ?? '';
}

/** Of what the web adds to JavaScript, what is used. */
const WEB = { TextEncoder };

class Page {
  private readonly context = vm.createContext({ ...WEB });

  constructor(script: string) {
    this.run(script, 'https://example.org/systole.js');
  }

  run(script: string, filename = 'https://example.org/mine.js'): unknown {
    return new vm.Script(script, { filename }).runInContext(this.context);
  }

  /** Calls what the bundle exports. */
  call(name: string, argument: object): unknown {
    return (this.run(`systole.${name}`) as (argument: object) => unknown)(argument);
  }

  print(preset: string): unknown {
    return this.run(`JSON.stringify(systole.printChip(JSON.parse(${JSON.stringify(JSON.stringify(loadConfig(preset)))})))`);
  }
}

describe('a bundle for a browser', () => {
  let minified = '';
  beforeAll(async () => {
    minified = await bundle({ minify: true });
  });

  it('asks for nothing that only Node has', () => {
    expect(minified).not.toMatch(/\brequire\(/);
    const page = new Page(minified);
    expect(['process', 'require', 'Buffer', 'global'].map((name) => page.run(`typeof ${name}`))).toEqual(Array(4).fill('undefined'));
  });

  it('prints every preset as it is printed here', { timeout: 60_000 }, () => {
    const page = new Page(minified);
    for (const preset of presetNames()) expect(page.print(preset)).toBe(printed(preset));
  });

  it('prints what it prints as it is written, and what the command line writes', { timeout: 30_000 }, async () => {
    const text = new Page(await bundle({})).print('nano') as string;
    expect(text).toBe(printed('nano'));
    inDirectory([], (folder) => {
      const { status } = spawnSync(process.execPath, [join(ROOT, 'bin/systole.js'), 'gen', '--config', 'nano', '--out', folder], { cwd: ROOT });
      expect(status).toBe(0);
      for (const file of filesOf(JSON.parse(text) as ReturnType<typeof printDesign>)) expect(readFileSync(join(folder, file.name), 'utf8')).toBe(file.text);
    });
  });

  it('tells a mistake with the line of whoever uses it, and with none where all is one file', async () => {
    const design = `systole.elaborate(systole.hw('Wrong', { a: systole.In(systole.U(8)), b: systole.Out(systole.U(4)) }, (m, io) => {
  io.b = io.a;
}))`;
    // From a stack of its own, in which no line of this test stands.
    const said = (script: string, file?: string): unknown => new Page(minified).run(`Promise.resolve().then(() => ${script}).catch((error) => error.message)`, file);
    expect(await said(design)).toBe('width-mismatch: b (UInt<4>) ← a (UInt<8>)  at https://example.org/mine.js:2, declared at https://example.org/mine.js:1; trunc(), sat() or widen the target');
    expect(await said('{ const { eq } = systole.U(8).lit(1); eq(1); }')).toMatch(/^type-mismatch: eq\(\) was called without a UInt {2}at /);
    expect(await said(design, 'https://example.org/systole.js')).toBe('width-mismatch: b (UInt<4>) ← a (UInt<8>); trunc(), sat() or widen the target');
  });

  it('reads configurations as they are written, with the packages for that handed in', () => {
    const require = createRequire(import.meta.url);
    const page = new Page(minified);
    const text = readFileSync(join(ROOT, 'configs/nano.toml'), 'utf8').replace(/^channels = .*$/m, 'channels = "2 * rows * columns"');
    const read = `JSON.stringify(systole.parseConfig(${JSON.stringify(text)}, 'nano.toml').tensor)`;
    expect(() => page.run(read)).toThrow('@iarna/toml is needed to read configurations: hand it in with providePackages()');
    page.call('providePackages', { '@iarna/toml': require('@iarna/toml') as Toml, mathjs: require('mathjs') as MathJs });
    expect(JSON.parse(page.run(read) as string)).toMatchObject({ rows: 4, channels: 2 * 4 * 4 });
  });

  it.skipIf(!IS_LONG || BROWSER === undefined)('prints in a browser what it prints here', { timeout: 120_000 }, () => {
    inDirectory([], (folder) => {
      for (const preset of presetNames()) {
        const config = JSON.stringify(loadConfig(preset)).replaceAll('<', '\\u003c');
        writeFileSync(join(folder, 'systole.js'), minified);
        writeFileSync(join(folder, 'page.html'), `<!doctype html><meta charset="utf-8"><script src="systole.js"></script><pre id="out"></pre>
<script>document.getElementById('out').textContent = encodeURIComponent(JSON.stringify(systole.printChip(${config})));</script>`);
        const args = ['--headless', '--no-sandbox', '--disable-gpu', '--virtual-time-budget=60000', '--dump-dom', `file://${join(folder, 'page.html')}`];
        const { stdout } = spawnSync(BROWSER ?? '', args, { encoding: 'utf8', maxBuffer: 1 << 28, timeout: 60_000 });
        expect(decodeURIComponent(/<pre id="out">([^<]*)<\/pre>/.exec(stdout)?.[1] ?? '')).toBe(printed(preset));
      }
    });
  });
});
