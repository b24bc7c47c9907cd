/** The library's objects, which are kept: what links them is what a compiler makes that is given all sources, and no change goes unseen. */
import { spawnSync } from 'node:child_process';
import { appendFileSync, chmodSync, cpSync, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { COMPILER, OWN_CODE, compileProgram } from '../../firmware/compiler.ts';
import { isPlain, keyOf, libraryIn } from '../../firmware/library.ts';

const folder = mkdtempSync(join(tmpdir(), 'systole-library-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const hasCompiler = spawnSync(COMPILER, ['--version']).status === 0;
const at = (name: string): string => join(folder, name);

/** Start-up code and library of our own, to be changed. */
const home = at('home');
for (const name of ['crt0.S', 'lib']) cpSync(fileURLToPath(new URL(`../../firmware/${name}`, import.meta.url)), join(home, name), { recursive: true });
const LOG = at('log');
writeFileSync(at('gcc'), `#!/bin/sh\nprintf '%s\\n' "$*" >> '${LOG}'\nexec ${COMPILER} "$@"\n`);
chmodSync(at('gcc'), 0o755);
writeFileSync(at('main.c'), '#include "uart.h"\nint main(void) { uart_puts("here"); return 0; }\n');

interface Made {
  readonly elf: Buffer;
  /** The library's sources that have been compiled by themselves. */
  readonly compiled: readonly string[];
}

/** @param more flags; one that is not plain has the compiler take all sources at once */
function build(more: readonly string[] = [], march = 'rv32im_zicsr'): Made {
  rmSync(LOG, { force: true });
  const out = at('main.elf');
  compileProgram({ name: 'main', sources: [at('main.c')], march, flags: [...OWN_CODE, ...more], out, compiler: at('gcc'), home });
  const said = existsSync(LOG) ? readFileSync(LOG, 'utf8') : '';
  return { elf: readFileSync(out), compiled: [...said.matchAll(/ -c \S*\/(\S+) -o /g)].map(([, file]) => file) };
}

/** Without the names of files, of which the compiler invents the one of the start-up code where it is given all at once. */
function withoutNames(elf: Buffer): Buffer {
  writeFileSync(at('named'), elf);
  expect(spawnSync('riscv64-unknown-elf-objcopy', ['-w', '--strip-symbol=cc??????.o', '--strip-symbol=crt0.o', at('named'), at('unnamed')]).status).toBe(0);
  return readFileSync(at('unnamed'));
}

const ALL = ['crt0.S', 'conv.c', 'matmul.c', 'memory.c', 'uart.c'];
/** Says nothing to our sources, and stands in no debug information. */
const NOT_PLAIN = '-Wno-unused';

describe.runIf(hasCompiler)('the library', () => {
  it.each([
    ['rv32im_zicsr', []], ['rv32imc_zicsr', ['-Os', '-g3', '-DREPEATS=4']],
  ] as const)('is compiled once for all programs that are made alike, which are the same to the last byte: %s %j', (march, flags) => {
    const [first, second] = [build(flags, march), build(flags, march)];
    expect([first.compiled, second.compiled]).toEqual([ALL, []]);
    expect(second.elf.equals(first.elf)).toBe(true);
    const atOnce = build([...flags, NOT_PLAIN], march);
    expect(atOnce.compiled).toEqual([]);
    expect(withoutNames(second.elf).equals(withoutNames(atOnce.elf))).toBe(true);
  });

  it('is compiled again when a header of it has changed', () => {
    // What follows moves down a line: the debug information tells.
    writeFileSync(join(home, 'lib/uart.h'), `\n${readFileSync(join(home, 'lib/uart.h'), 'utf8')}`);
    const changed = build();
    expect(changed.compiled).toEqual(ALL);
    expect(withoutNames(changed.elf).equals(withoutNames(build([NOT_PLAIN]).elf))).toBe(true);
  });

  it('is not kept where the compiler has something to say of it', () => {
    appendFileSync(join(home, 'lib/uart.c'), '\n#ifdef LOUD\n#warning loud\n#endif\n');
    const flags = ['-std=gnu17', '-DLOUD'];
    for (let i = 0; i < 2; i++) {
      let said = '';
      const onSaid = (text: string): void => void (said += text);
      compileProgram({ name: 'main', sources: [at('main.c')], march: 'rv32im_zicsr', flags, out: at('main.elf'), compiler: at('gcc'), home, onSaid });
      expect(said).toContain('#warning loud');
    }
  });
});

describe('what the objects are kept under', () => {
  const made = { library: libraryIn(home), compiler: COMPILER, flags: ['-O2'], include: at('include'), header: '/* header */\n' };
  const inFolder = (place: string): string => {
    const before = process.cwd();
    process.chdir(place);
    try {
      return keyOf(made);
    } finally {
      process.chdir(before);
    }
  };

  it('changes with everything that decides what they are', () => {
    const keys = [
      keyOf(made), keyOf({ ...made, flags: ['-O2', '-g'] }), keyOf({ ...made, compiler: at('gcc') }), keyOf({ ...made, include: at('other') }),
      keyOf({ ...made, header: '/* other */\n' }), inFolder(folder),
    ];
    expect(new Set(keys).size).toBe(keys.length);
    expect(keyOf(made)).toBe(keys[0]);
  });

  it.each(['crt0.S', ...readdirSync(join(home, 'lib')).map((name) => join('lib', name))])('changes with %s', (name) => {
    const before = keyOf(made);
    appendFileSync(join(home, name), '\n');
    expect(keyOf(made)).not.toBe(before);
  });

  it('changes with a file that is new', () => {
    for (const name of ['new.h', 'new.c']) {
      const before = keyOf(made);
      writeFileSync(join(home, 'lib', name), '');
      expect(keyOf({ ...made, library: libraryIn(home) })).not.toBe(before);
    }
  });
});

describe('flags', () => {
  it('that read or make other files, or mean the sources alone, are not plain', () => {
    expect(isPlain([...OWN_CODE, '-Os', '-DA=1', '-w'])).toBe(true);
    for (const flag of [
      '-I.', '-include', 'a.h', '-isystem', '@flags', '-xc', '-c', '-E', '-S', '--help', '-Wp,-MD', '-Wa,-I.', '-fplugin=a', '-fprofile-use', '-specs=a', '-Ba', '-flto', '-DA="x y"',
    ]) expect(isPlain([flag]), flag).toBe(false);
  });

  it('are not plain where the environment names folders of headers', () => {
    process.env.CPATH = folder;
    try {
      expect(isPlain([])).toBe(false);
    } finally {
      delete process.env.CPATH;
    }
  });
});
