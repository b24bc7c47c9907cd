/** The program as a process: from the clone, through npm, and from an installed package. */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { usersFolder } from '../../gen/users-folder.ts';
import { elfBytes } from '../sim/debug/programs.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const PACKAGE = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
  readonly version: string; readonly dependencies: Readonly<Record<string, string>>; readonly scripts: Readonly<Record<string, string>>;
};

interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Without what npm tells the test itself. */
const ENVIRONMENT = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^npm_|^INIT_CWD$|^TSX_/.test(name)));

function run(cwd: string, program: string, ...args: string[]): Ended {
  const { status, stdout, stderr } = spawnSync(program, args, { cwd, encoding: 'utf8', env: { ...ENVIRONMENT, npm_config_offline: 'true' } });
  return { status, stdout, stderr };
}

let folder = '';
beforeAll(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'systole-installed-')));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('in the clone', () => {
  it('is one program with one line for bad input', () => {
    const said = run(folder, process.execPath, join(ROOT, 'bin/systole.js'), 'sim');
    expect(said).toEqual({ status: 2, stdout: '', stderr: 'systole: --elf <file>: is missing; systole sim --help lists what there is\n' });
  });

  it('is what every script of a verb runs', () => {
    const verbs = ['gen', 'sim', 'mnist', 'compile', 'bench', 'train', 'fpga', 'explore'];
    expect(verbs.map((verb) => PACKAGE.scripts[verb])).toEqual(verbs.map((verb) => `node bin/systole.js ${verb}`));
  });

  it('takes paths from where the user stands, through npm too', () => {
    writeFileSync(join(folder, 'mine.toml'), readFileSync(join(ROOT, 'configs/nano.toml')));
    const said = run(folder, 'npm', '--silent', '--prefix', ROOT, 'run', 'gen', '--', '--config', 'mine.toml', '--out', 'made', '--json');
    expect(said).toMatchObject({ status: 0, stderr: '' });
    expect(existsSync(join(folder, 'made/Chip.sv'))).toBe(true);
  });

  it('stays where it is when another program of npm\'s starts it', () => {
    const programs = [[PACKAGE.scripts.gen, 'node bin/systole.js'], [PACKAGE.scripts.firmware, 'tsx firmware/build.ts']];
    for (const [script, own] of programs) {
      for (const same of [script, `${script} "--config" "mine.toml"`]) expect(usersFolder({ INIT_CWD: '/a', npm_lifecycle_script: same }, own)).toBe('/a');
      expect(usersFolder({ INIT_CWD: '/a', npm_lifecycle_script: PACKAGE.scripts.test }, own)).toBeUndefined();
      expect(usersFolder({ INIT_CWD: '/a', npm_lifecycle_script: `${own}x` }, own)).toBeUndefined();
      expect(usersFolder({ INIT_CWD: '/a' }, own)).toBeUndefined();
      expect(usersFolder({}, own)).toBeUndefined();
    }
  });
});

describe('Ctrl-C', () => {
  it('ends a run at once and without a word, as a shell expects it (status 130)', async () => {
    const elf = join(folder, 'loop.elf');
    writeFileSync(elf, elfBytes('a: j a'));
    const child = spawn(process.execPath, [join(ROOT, 'bin/systole.js'), 'sim', '--elf', elf, '--engine', 'model', '--json'], { env: ENVIRONMENT });
    let said = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (data: Buffer) => (said += data.toString()));
    setTimeout(() => child.kill('SIGINT'), 3000);
    const ended = await new Promise((resolve) => child.once('close', (code, signal) => resolve({ code, signal })));
    // A shell makes 128 + 2 of it.
    expect({ ended, said }).toEqual({ ended: { code: null, signal: 'SIGINT' }, said: '' });
  });
});

describe('an installed package', () => {
  let project = '';

  /** As `npm install` would: the packed files, and of other packages those alone that it says it needs. */
  beforeAll(() => {
    project = join(folder, 'project');
    const modules = join(project, 'node_modules');
    mkdirSync(join(modules, '.bin'), { recursive: true });
    const packed = run(ROOT, 'npm', 'pack', '--silent', '--pack-destination', folder);
    expect(packed.status).toBe(0);
    expect(run(modules, 'tar', '-xzf', join(folder, packed.stdout.trim())).status).toBe(0);
    symlinkSync('package', join(modules, 'systole'));
    symlinkSync('../systole/bin/systole.js', join(modules, '.bin/systole'));
    for (const name of Object.keys(PACKAGE.dependencies)) {
      mkdirSync(dirname(join(modules, name)), { recursive: true });
      symlinkSync(join(ROOT, 'node_modules', name), join(modules, name));
    }
    // Of no concern to Systole.
    writeFileSync(join(project, 'tsconfig.json'), 'this is { no JSON');
    writeFileSync(join(project, 'package.json'), '{ "name": "project", "private": true }');
  });

  it('holds no tests, tools nor what others installed', () => {
    const names = readdirSync(join(project, 'node_modules/package'));
    expect(names).toEqual(expect.arrayContaining(['LICENSE', 'README.md', 'bin', 'configs', 'models', 'package.json']));
    for (const name of ['test', 'tools', 'node_modules', 'build', '.cache', 'vitest.config.ts']) expect(names).not.toContain(name);
    expect(readdirSync(join(project, 'node_modules/package/fpga'))).not.toContain('node_modules');
    expect(readdirSync(join(project, 'node_modules/package/fpga'))).toContain('package-lock.json');
  });

  it('runs under npx, in a project of its own', () => {
    expect(run(project, 'npx', 'systole', '--version')).toEqual({ status: 0, stdout: `${PACKAGE.version}\n`, stderr: '' });
    // What npx starts, without npx, which takes as long as the program.
    const systole = (...args: string[]): Ended => run(project, join(project, 'node_modules/.bin/systole'), ...args);
    const digits = systole('mnist', '--images', '2', '--json');
    expect(digits).toMatchObject({ status: 0, stderr: '' });
    expect(JSON.parse(digits.stdout)).toMatchObject({ images: 2, correct: 2 });
    expect(systole('gen', '--config', 'nano', '--out', 'made')).toMatchObject({ status: 0, stderr: '' });
    expect(existsSync(join(project, 'made/systole.h'))).toBe(true);
    expect(systole('sim').status).toBe(2);
    const design = "import { B, In, Out, hw } from 'systole';\nexport const Wire = hw('Wire', { a: In(B), b: Out(B) }, (_m, io) => { io.b = io.a; });\n";
    writeFileSync(join(project, 'wire.ts'), design);
    expect(systole('design', 'wire.ts')).toMatchObject({ status: 0, stderr: '', stdout: expect.stringContaining('module Wire (') });
  });
});
