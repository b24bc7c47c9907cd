/** Positions of a design's source, wherever the project and the design lie. */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { createRequire } from 'node:module';
import { afterAll, describe, expect, it } from 'vitest';

const root = realpathSync(mkdtempSync(join(tmpdir(), 'systole-site-')));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const GEN = fileURLToPath(new URL('../../gen', import.meta.url));
const LOADER = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;

const DESIGN = `import { hw, In, Out, S, elaborate } from './gen/index.ts';
import { printDesign } from './gen/print/systemverilog.ts';
const Twice = hw('Twice', { a: In(S(8)), b: Out(S(9)) }, (m, io) => {
  const r = m.regs({ kept: S(9) });
  r.kept = io.a.addGrow(io.a);
  io.b = r.kept;
});
for (const file of printDesign(elaborate(Twice), { positions: true })) console.log(file.text);
elaborate(hw('Wrong', { a: In(S(8)), b: Out(S(9)) }, (m, io) => {
  io.b = io.a as never;
}));
`;

describe('a position', () => {
  it.each(['plain', 'with a space', 'in (parentheses)', 'a (b) c:1:2', 'ümlaut %20 #'])('is right in a folder that is called %s', (name) => {
    const folder = join(root, name);
    mkdirSync(folder);
    cpSync(GEN, join(folder, 'gen'), { recursive: true });
    writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
    writeFileSync(join(folder, 'twice.ts'), DESIGN);
    const { stdout, stderr } = spawnSync(process.execPath, ['--import', LOADER, join(folder, 'twice.ts')], { cwd: folder, encoding: 'utf8' });
    expect(stdout).toContain('from twice.ts:3');
    expect(stdout.match(/site\.ts/)).toBeNull();
    expect(stderr).toContain('at twice.ts:10, declared at twice.ts:9');
  });
});
