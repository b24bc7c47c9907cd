import { execFileSync } from 'node:child_process';
import { existsSync, lstatSync, mkdirSync, readFileSync, readdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { mustDiffer, mustTakeFiles, openOutput, writeFolder, writeWhole } from '../../../gen/files/output.ts';
import { UserError } from '../../../gen/user-error.ts';
import { withFolder, withoutWaiting } from './odd-files.ts';

/** The one line that `work` is refused with. */
function refusal(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    expect(error).toBeInstanceOf(UserError);
    const { message } = error as UserError;
    expect(message).toMatch(/^[^\n]+: [^\n]+; [^\n]+$/);
    return message;
  }
  throw new Error('not refused');
}

/** Every way to write: each makes what is missing above `path` and either writes or refuses in one line. */
const WAYS: Readonly<Record<string, (path: string) => void>> = {
  writeWhole: (path) => writeWhole(path, 'text'),
  writeFolder: (path) => void writeFolder(path, new Map([['a', 'text'], ['b', 'text']])),
  openOutput: (path) => {
    const file = openOutput(path);
    file.write('text');
    file.close();
  },
  mustTakeFiles,
};

describe.each(Object.entries(WAYS))('%s', (name, write) => {
  it('makes the folders that are missing', async () => {
    await withFolder((folder) => {
      write(join(folder, 'a', 'b', 'c'));
      expect(existsSync(join(folder, 'a', 'b', 'c'))).toBe(true);
    });
  });

  it('leaves none that it has made where nothing can be written after all', async () => {
    await withFolder((folder) => {
      mkdirSync(join(folder, 'mine'));
      refusal(() => write(join(folder, 'mine', 'a', 'b', 'x'.repeat(300))));
      expect(readdirSync(join(folder, 'mine'))).toEqual([]);
    });
  });

  it('refuses in one line, at once and without a trace, where nothing can be written', async () => {
    await withFolder((folder) => {
      writeFileSync(join(folder, 'file'), '');
      symlinkSync(join(folder, 'circle'), join(folder, 'circle'));
      execFileSync('mkfifo', [join(folder, 'pipe')]);
      const before = readdirSync(folder);
      const places: [string, RegExp][] = [
        // Where `mkdir` of Node 20 goes round for ever.
        ['/proc/no-such/folder/x', /cannot be written: nothing can be made there \(ENOENT\)/],
        [join(folder, 'file', 'x'), /\(ENOTDIR\)/], [join(folder, 'circle'), /\(ELOOP\)/], [join(folder, 'n'.repeat(300)), /\(ENAMETOOLONG\)/],
        [join(folder, 'pipe'), name === 'writeWhole' || name === 'openOutput' ? /nobody reads from it \(ENXIO\)/ : /\(ENOTDIR\)/],
      ];
      expect(refusal(() => write(''))).toBe('"": cannot be written: it is no name; name a file or a folder');
      for (const [path, why] of places) expect(refusal(() => write(path))).toMatch(why);
      expect(readdirSync(folder)).toEqual(before);
    });
  });
});

describe('a file', () => {
  it('is not written into what lies where it is made, such as a pipe that a process of the same number has left', async () => {
    await withFolder(async (folder) => {
      const file = join(folder, 'file');
      const unfinished = `${file}.${process.pid}.tmp`;
      execFileSync('mkfifo', [unfinished]);
      await withoutWaiting(unfinished, () => writeWhole(file, 'new'));
      expect(readFileSync(file, 'utf8')).toBe('new');
      symlinkSync(join(folder, 'elsewhere'), unfinished);
      writeWhole(file, 'newer');
      expect(readFileSync(file, 'utf8')).toBe('newer');
      expect(readdirSync(folder)).toEqual(['file']);
    });
  });

  it('is replaced at once, and a link to it stays a link', async () => {
    await withFolder((folder) => {
      const [file, link] = [join(folder, 'file'), join(folder, 'link')];
      writeFileSync(file, 'old');
      symlinkSync(file, link);
      writeWhole(link, 'new');
      expect(lstatSync(link).isSymbolicLink()).toBe(true);
      expect(readFileSync(file, 'utf8')).toBe('new');
      expect(readdirSync(folder)).toEqual(['file', 'link']);
    });
  });

  it('is not written where a folder of its name stands', async () => {
    await withFolder((folder) => {
      mkdirSync(join(folder, 'b'));
      expect(refusal(() => writeWhole(join(folder, 'b'), ''))).toMatch(/b: cannot be written: it is a folder \(EISDIR\); name a file$/);
      expect(refusal(() => writeFolder(folder, new Map([['a', ''], ['b', '']])))).toContain('(EISDIR)');
      expect(readdirSync(folder)).toEqual(['b']);
    });
  });
});

describe('a device', () => {
  it('is written into and stays what it is', () => {
    writeWhole('/dev/null', 'text');
    const file = openOutput('/dev/null');
    file.write('text');
    file.close();
    expect(statSync('/dev/null').isCharacterDevice()).toBe(true);
  });

  it('that is full is told in one line and stays', () => {
    const full = '/dev/full: cannot be written: no space is left on the device (ENOSPC); free some, or choose another place';
    expect(refusal(() => writeWhole('/dev/full', 'text'))).toBe(full);
    const file = openOutput('/dev/full');
    expect(refusal(() => file.write('text'))).toBe(full);
    // Told once: what comes after is for nobody.
    file.write('more');
    file.close();
    expect(statSync('/dev/full').isCharacterDevice()).toBe(true);
  });
});

// A disk of 64 KiB; only the superuser can make one.
describe.runIf(process.getuid?.() === 0 && canMount())('a disk that is full', () => {
  it('keeps no stump of any file, and says so in one line', async () => {
    await onSmallDisk((disk) => {
      const file = openOutput(join(disk, 'log'));
      expect(refusal(() => {
        for (let i = 0; i < 1000; i++) file.write('x'.repeat(1000));
      })).toMatch(/log: cannot be written: no space is left on the device \(ENOSPC\); free some, or choose another place$/);
      file.close();
      expect(readdirSync(disk)).toEqual([]);
      writeFileSync(join(disk, 'b'), 'old');
      const large = new Uint8Array(200_000);
      expect(refusal(() => writeWhole(join(disk, 'b'), large))).toContain('(ENOSPC)');
      expect(refusal(() => writeFolder(disk, new Map<string, string | Uint8Array>([['a', 'new'], ['b', large]])))).toContain('(ENOSPC)');
      expect(readdirSync(disk)).toEqual(['b']);
      expect(readFileSync(join(disk, 'b'), 'utf8')).toBe('old');
      execFileSync('mount', ['-o', 'remount,ro', disk]);
      for (const write of Object.values(WAYS)) expect(refusal(() => write(join(disk, 'new', 'x')))).toContain('cannot be written: the file system is read-only (EROFS); choose another place');
    });
  });
});

async function onSmallDisk(work: (disk: string) => void): Promise<void> {
  await withFolder((folder) => {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', folder]);
    try {
      work(folder);
    } finally {
      execFileSync('umount', [folder]);
    }
  });
}

function canMount(): boolean {
  try {
    execFileSync('unshare', ['--mount', 'true'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

describe('names of one command line', () => {
  it('must not mean one file', async () => {
    await withFolder((folder) => {
      const file = join(folder, 'a');
      writeFileSync(file, '');
      symlinkSync(folder, join(folder, 'again'));
      expect(refusal(() => mustDiffer({ '--elf': file, '--trace': join(folder, '.', 'a') }))).toContain('a: is named as --elf and as --trace, and would be overwritten; name another file');
      expect(refusal(() => mustDiffer({ '--wave': join(folder, 'new'), '--trace': join(folder, 'again', 'new') }))).toContain('is named as --wave and as --trace');
      mustDiffer({ '--wave': '/dev/null', '--trace': '/dev/null', '--elf': undefined, '--config': 'base' });
    });
  });
});
