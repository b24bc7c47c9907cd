/** What a build is given that nobody means to give: places that take no file, flags and sources that make no program, limits. */
import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync, closeSync, constants, existsSync, lstatSync, mkdirSync, mkdtempSync, openSync, readFileSync, readSync, readdirSync, rmSync,
  symlinkSync, writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { COMPILER } from '../../firmware/compiler.ts';
import { buildCoremark } from '../../firmware/coremark.ts';
import { buildProgram } from '../../firmware/programs.ts';
import { refusalOf } from '../../firmware/refusals.ts';
import { UserError } from '../../gen/user-error.ts';
import { loadConfig } from '../../hw/soc/config-file.ts';
import { parseElf } from '../../sim/elf.ts';
import { readElf } from '../../sim/elf-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'systole-firmware-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const hasCompiler = spawnSync(COMPILER, ['--version']).status === 0;
const at = (name: string): string => join(folder, name);
const nano = loadConfig('nano');

/** A device of our own, so that no fault can replace one of the system's; only root may make one. */
function madeDevice(name: string, kind: 'b' | 'c', major: number, minor: number): string | undefined {
  return spawnSync('mknod', [at(name), kind, String(major), String(minor)]).status === 0 ? at(name) : undefined;
}
const NULL_DEVICE = madeDevice('null', 'c', 1, 3);
const FULL_DEVICE = madeDevice('full', 'c', 1, 7);
const DISK = madeDevice('disk', 'b', 240, 0);
// A file system may forbid to open the devices that it lets one make.
const canOpen = FULL_DEVICE !== undefined && spawnSync('sh', ['-c', ': > "$0"', FULL_DEVICE]).status === 0;

beforeAll(() => {
  writeFileSync(at('good.c'), 'int main(void) { return 0; }\n');
});

const build = (out: string, source = at('good.c'), more: { readonly flags?: readonly string[]; readonly limitSeconds?: number; readonly compiler?: string } = {}): void =>
  buildProgram({ sources: [source], out, onSaid: (text) => expect(text).toBe(''), ...more }, nano);

describe.runIf(hasCompiler)('the place of a program', () => {
  it('may be a link, which stays one', () => {
    writeFileSync(at('linked.elf'), 'old');
    symlinkSync('linked.elf', at('link.elf'));
    build(at('link.elf'));
    expect(lstatSync(at('link.elf')).isSymbolicLink()).toBe(true);
    expect(readElf(at('linked.elf')).segments.length).toBeGreaterThan(0);
  });

  it.runIf(canOpen)('may be a device, which stays one', () => {
    build(NULL_DEVICE ?? '');
    expect(lstatSync(at('null')).isCharacterDevice()).toBe(true);
    expect(() => build(FULL_DEVICE ?? '')).toThrow(new UserError(`${FULL_DEVICE}: cannot be written: no space is left on the device (ENOSPC); free some, or choose another place`));
    expect(lstatSync(at('full')).isCharacterDevice()).toBe(true);
  });

  it.runIf(DISK !== undefined)('is no disk', () => {
    expect(() => build(DISK ?? '')).toThrow(new UserError(`${DISK}: is a disk; name a file`));
    expect(lstatSync(at('disk')).isBlockDevice()).toBe(true);
  });

  it('may be a pipe that somebody reads from, which stays one', () => {
    execFileSync('mkfifo', [at('pipe')]);
    expect(() => build(at('pipe'))).toThrow(new UserError(`${at('pipe')}: cannot be written: nobody reads from it (ENXIO); start its reader first, or name a file`));
    const reader = openSync(at('pipe'), constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      build(at('pipe'));
      const bytes = Buffer.alloc(2 ** 16);
      expect(parseElf(bytes.subarray(0, readSync(reader, bytes))).segments.length).toBeGreaterThan(0);
    } finally {
      closeSync(reader);
    }
    expect(lstatSync(at('pipe')).isFIFO()).toBe(true);
  });

  it.each([
    ['folder', 'it is a folder (EISDIR); name a file'],
    ['dangling', 'nothing can be made there (ENOENT); choose another place'],
    ['good.c/x.elf', 'a part of its path is a file, not a folder (ENOTDIR); choose another place'],
    ['n'.repeat(300), 'the name is too long (ENAMETOOLONG); choose a shorter one'],
  ])('is not %s', (name, why) => {
    mkdirSync(at('folder'), { recursive: true });
    if (!lstatSync(at('dangling'), { throwIfNoEntry: false })) symlinkSync(at('nothing'), at('dangling'));
    // Told before the compiler is asked, which is not there.
    expect(() => build(at(name), at('good.c'), { compiler: name.startsWith('n') ? COMPILER : 'no-such-gcc' })).toThrow(new UserError(`${at(name)}: cannot be written: ${why}`));
    expect(readdirSync(at('folder'))).toEqual([]);
  });

  it('is no source of CoreMark', () => {
    mkdirSync(at('coremark'));
    for (const file of ['coremark.h', ...['list_join', 'main', 'matrix', 'state', 'util'].map((part) => `core_${part}.c`)]) writeFileSync(join(at('coremark'), file), '');
    const out = join(at('coremark'), 'core_main.c');
    expect(() => buildCoremark({ source: at('coremark'), isa: nano.core.isa, out })).toThrow(
      new UserError(`${out}: is named as source and as --out, and would be overwritten; name another file`));
  });
});

describe.runIf(hasCompiler)('a build that comes to no end of its own', () => {
  const source = (name: string, text: string): string => {
    writeFileSync(at(name), text);
    return at(name);
  };
  const MEND = 'shorten the sources; look for what has no end: an #include of a device or a pipe, a .rept, a huge array';
  const refused = (message: string, file: string, more: Parameters<typeof build>[2] = {}): void => {
    writeFileSync(at('kept.elf'), 'old');
    // A place of its own for what is temporary: other compilers may be at work.
    const temporary = mkdtempSync(at('temporary-'));
    const before = process.env.TMPDIR;
    process.env.TMPDIR = temporary;
    try {
      expect(() => build(at('kept.elf'), file, more)).toThrow(new UserError(message));
    } finally {
      if (before === undefined) delete process.env.TMPDIR;
      else process.env.TMPDIR = before;
    }
    expect(readFileSync(at('kept.elf'), 'utf8')).toBe('old');
    expect(readdirSync(temporary)).toEqual([]);
  };

  it('is refused for its flags', () => {
    for (const flags of [['--help'], ['-dumpversion']]) {
      refused(`kept.elf: ${COMPILER} has made no program; leave out the flags that keep it from that, such as --help`, at('good.c'), { flags });
    }
  });

  it('is refused for the memory it needs', () => {
    refused(`kept.elf: ${COMPILER} needs more memory than there is, or than the 2 GiB that it may take; ${MEND}`,
      source('rept.S', '.globl main\nmain:\n.rept 1000000000\nnop\n.endr\n'));
  });

  it('is refused for the files it makes', () => {
    refused(`kept.elf: ${COMPILER} makes a file of more than 1 GiB; ${MEND}`, source('array.c', 'int a[1 << 28] = {1}; int main(void) { return a[3]; }\n'));
  });

  it('is refused for the time it takes', () => {
    execFileSync('mkfifo', [at('endless')]);
    refused(`kept.elf: ${COMPILER} took longer than 1 s; ${MEND}`, source('waits.c', '#include "endless"\n'), { limitSeconds: 1 });
  });

  it('leaves nothing of the compiler behind', () => {
    const left = at('left');
    const compiler = source('fake-gcc', `#!/bin/sh\ncase "$*" in *-print-*) exit 0;; esac\nmktemp -t ccXXXXXX > ${left}\nexit 1\n`);
    chmodSync(compiler, 0o755);
    expect(() => build(at('no.elf'), at('good.c'), { compiler })).toThrow('exit status 1');
    const file = readFileSync(left, 'utf8').trim();
    expect(file).not.toBe('');
    expect(existsSync(file)).toBe(false);
  });

  it('is shown as much of what is wrong as anybody reads', () => {
    let said = '';
    const file = source('errors.S', '.rept 10000\nnonsense\n.endr\n');
    expect(() => buildProgram({ sources: [file], out: at('no.elf'), onSaid: (text) => void (said += text) }, nano)).toThrow('for the reasons above; mend the source');
    expect(said.length).toBe(2 ** 16 + 2);
  });
});

describe('refusalOf', () => {
  const refusal = { name: 'a', compiler: 'gcc', status: 1, out: 'a.elf', limitSeconds: 1 };

  it('takes no word of the source for the compiler\'s', () => {
    for (const what of ['out of memory allocating', 'No space left on device', 'File too large', 'memory exhausted']) {
      const stderr = `a.c:1:2: error: #error ${what}\n    1 | #error ${what}\n`;
      expect(refusalOf({ ...refusal, stderr }).message).toMatch(/^a: gcc refused it: .*; mend the source$/);
    }
  });

  it.each([
    'gcc: fatal error: No space left on device', '/usr/bin/ld: final link failed: No space left on device', '{standard input}: Fatal error: can\'t write: No space left on device',
  ])('knows a full disk by %s', (stderr) => {
    expect(refusalOf({ ...refusal, stderr }).message).toBe(
      `${tmpdir()}: cannot be written: no space is left on the device (ENOSPC); free some, or choose another place`);
  });
});

describe.runIf(hasCompiler)('npm run firmware', () => {
  const line = (...args: readonly string[]): string => [process.execPath, '--import', 'tsx', 'firmware/build.ts', ...args].map((part) => `'${part}'`).join(' ');
  // The compiled sources that tsx keeps would fall under the limits too.
  const sh = (script: string) => spawnSync('sh', ['-c', script], { encoding: 'utf8', env: { ...process.env, TSX_DISABLE_CACHE: '1' } });

  it.runIf(canOpen)('says that stdout is full', () => {
    expect(sh(`${line(at('good.c'), '-o', at('said.elf'))} > ${FULL_DEVICE}`)).toMatchObject({
      status: 2, stdout: '', stderr: 'firmware: standard output: cannot be written: no space is left on the device (ENOSPC); free some, or choose another place\n',
    });
  });

  it('ends quietly when nobody reads on', () => {
    expect(sh(`{ ${line(at('good.c'), '-o', at('said.elf'))}; echo $? >&2; } | true`)).toMatchObject({ status: 0, stdout: '', stderr: '0\n' });
  });

  it('says that the program cannot be written where files may not be so large', () => {
    build(at('before.elf'));
    expect(sh(`ulimit -f 1; ${line(at('good.c'), '--config', 'nano', '-o', at('large.elf'))}`)).toMatchObject({
      status: 2, stdout: '', stderr: `firmware: ${at('large.elf')}: cannot be written: the file would be larger than allowed (EFBIG); choose another place\n`,
    });
    expect(existsSync(at('large.elf'))).toBe(false);
  });

  it('does not overwrite the chip', () => {
    writeFileSync(at('mine.toml'), readFileSync('configs/nano.toml'));
    expect(sh(line(at('good.c'), '--config', at('mine.toml'), '-o', at('mine.toml')))).toMatchObject({
      status: 2, stderr: `firmware: ${at('mine.toml')}: is named as --config and as -o, and would be overwritten; name another file\n`,
    });
  });
});
