import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readFile, readdir, rm, truncate, utimes, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { cached, contentKey, lookUp, prune } from '../../../sim/verilator/cache.ts';
import { IN_PLACE_OF_A_FILE, withoutWaiting } from '../../gen/files/odd-files.ts';
import { ended, startScript, until } from '../../support/until.ts';

const BUILDER = 'test/sim/verilator/build-in-cache.ts';
const RESULT = { key: 'key', files: ['result'] };

let root = '';
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'systole-cache-'));
});
afterEach(() => rm(root, { recursive: true }));

const write = async (work: string): Promise<void> => writeFile(join(work, 'result'), 'done, as ever');
const never = (): Promise<void> => Promise.reject(new Error('built twice'));

describe('the build cache', () => {
  it('builds once and finds the result again', async () => {
    expect(await lookUp(RESULT, { root })).toBeUndefined();
    const first = await cached(RESULT, write, { root });
    expect(first.hit).toBe(false);
    expect(await readFile(join(first.directory, 'result'), 'utf8')).toBe('done, as ever');
    const second = await cached(RESULT, never, { root });
    expect(second).toEqual({ directory: first.directory, hit: true });
    expect(await lookUp(RESULT, { root })).toBe(first.directory);
    expect(await readdir(root)).toEqual(['key']);
  });

  it('lets one of several builders work and the others wait', async () => {
    let builds = 0;
    let waits = 0;
    const slow = async (work: string): Promise<void> => {
      builds++;
      await until('the others wait', () => waits === 2);
      await write(work);
    };
    const results = await Promise.all([1, 2, 3].map(() => cached(RESULT, slow, { root, onWait: () => waits++ })));
    expect(builds).toBe(1);
    expect(results.map((r) => r.hit).sort()).toEqual([false, true, true]);
  });

  it('keeps the directory of a failed build for its log, and builds anew', async () => {
    const fail = async (work: string): Promise<void> => {
      await writeFile(join(work, 'build.log'), 'why');
      throw new Error('no');
    };
    await expect(cached(RESULT, fail, { root })).rejects.toThrow('no');
    expect(await readFile(join(root, 'key.failed', 'build.log'), 'utf8')).toBe('why');
    expect((await cached(RESULT, write, { root })).hit).toBe(false);
  });

  it('keeps nothing of a build that does not make what it shall', async () => {
    await expect(cached({ key: 'key', files: ['other'] }, write, { root })).rejects.toThrow(/ENOENT/);
    expect(await readdir(root)).toEqual(['key.failed']);
  });

  it.each([
    ['of another machine that has been silent', 'elsewhere 1 0.5', 60_000], ['of a process that is gone', `${hostname()} 4194303 0.5`, 0],
    ['whose maker died while it made it', '', 10_000],
  ])('takes over a lock %s', async (_, text, age) => {
    const lock = join(root, 'key.lock');
    await writeFile(lock, text);
    const then = new Date(Date.now() - age);
    await utimes(lock, then, then);
    expect((await cached(RESULT, write, { root, onWait: () => { throw new Error('waits'); } })).hit).toBe(false);
    expect(existsSync(lock)).toBe(false);
  });

  it('forgets the results that were not used for longest', async () => {
    const result = (key: string): typeof RESULT => ({ key, files: ['result'] });
    for (const [age, key] of ['a1', 'a2', 'a3', 'b1'].entries()) {
      const { directory } = await cached(result(key), write, { root });
      const then = new Date(Date.now() - 60_000 * (10 - age));
      await utimes(directory, then, then);
    }
    await cached(result('a1'), write, { root });
    await prune(/^a/, 2, root);
    expect((await readdir(root)).sort()).toEqual(['a1', 'a3', 'b1']);
  });

  it('removes what a builder has left that died, of whatever result', async () => {
    await mkdir(join(root, 'other.building-4194303'));
    await mkdir(join(root, 'key.building-4194303'));
    await mkdir(join(root, `young.building-4194303`));
    const longAgo = new Date(Date.now() - 7_200_000);
    await utimes(join(root, 'other.building-4194303'), longAgo, longAgo);
    await cached(RESULT, write, { root });
    // Of a young one it may be that its builder lives on another machine.
    expect((await readdir(root)).sort()).toEqual(['key', 'young.building-4194303']);
  });

  it('tells apart the same text divided differently', () => {
    expect(contentKey(['ab', 'c'])).not.toBe(contentKey(['a', 'bc']));
  });
});

describe('a damaged result', () => {
  const inKey = (name: string): string => join(root, 'key', name);
  it.each<readonly [string, () => Promise<void>, RegExp]>([
    ['cut short', () => truncate(inKey('result'), 4), /result has 4 bytes instead of 13/],
    ['empty', () => truncate(inKey('result'), 0), /result has 0 bytes instead of 13/],
    ['with a changed byte', () => writeFile(inKey('result'), 'done, as even'), /result is not what was built/],
    ['without its file', () => rm(inKey('result')), /is incomplete/],
    ['with a folder for its file', async () => { await rm(inKey('result')); await mkdir(inKey('result')); }, /is incomplete/],
    ['without a manifest', () => rm(inKey('manifest.json')), /is incomplete/],
    ['with half a manifest', () => truncate(inKey('manifest.json'), 20), /is incomplete/],
    ['with a manifest of something else', () => writeFile(inKey('manifest.json'), '{"key": "key"}'), /is incomplete/],
    ['of null', () => writeFile(inKey('manifest.json'), 'null'), /is incomplete/],
    ['of another build', async () => {
      const { directory } = await cached({ key: 'other', files: ['result'] }, (work) => writeFile(join(work, 'result'), 'foreign'), { root });
      await rm(join(root, 'key'), { recursive: true });
      await cp(directory, join(root, 'key'), { recursive: true });
    }, /is the result of another build/],
    ['that is a file', async () => { await rm(join(root, 'key'), { recursive: true }); await writeFile(join(root, 'key'), ''); }, /is incomplete/],
    ['that is empty', async () => { await rm(join(root, 'key'), { recursive: true }); await mkdir(join(root, 'key')); }, /is incomplete/],
  ])('%s is built again, with a word', async (_, damage, words) => {
    await cached(RESULT, write, { root });
    await damage();
    const notes: string[] = [];
    const { directory, hit } = await cached(RESULT, write, { root, onNote: (line) => notes.push(line) });
    expect(hit).toBe(false);
    expect(await readFile(join(directory, 'result'), 'utf8')).toBe('done, as ever');
    expect(notes).toEqual([expect.stringMatching(words)]);
    expect(await cached(RESULT, never, { root })).toMatchObject({ hit: true });
    expect((await readdir(root)).filter((name) => name.startsWith('key'))).toEqual(['key']);
  });

  const files = ['result', 'manifest.json'].flatMap((file) => [...IN_PLACE_OF_A_FILE].map(([what, put]) => [what, file, put] as const));
  it.each(files)('with %s for its %s is built again, and nothing waits', async (_, file, put) => {
    await cached(RESULT, write, { root });
    await rm(inKey(file));
    put(inKey(file));
    const notes: string[] = [];
    const { directory, hit } = await withoutWaiting(inKey(file), () => cached(RESULT, write, { root, onNote: (line) => notes.push(line) }));
    expect(hit).toBe(false);
    expect(notes).toEqual([expect.stringContaining('is incomplete; it is built again')]);
    expect(await readFile(join(directory, 'result'), 'utf8')).toBe('done, as ever');
    expect(await cached(RESULT, never, { root })).toMatchObject({ hit: true });
    expect(await readdir(root)).toEqual(['key']);
  });

  it.each([...IN_PLACE_OF_A_FILE])('that is %s is built again, and nothing waits', async (_, put) => {
    put(join(root, 'key'));
    expect((await withoutWaiting(join(root, 'key'), () => cached(RESULT, write, { root }))).hit).toBe(false);
    expect(await cached(RESULT, never, { root })).toMatchObject({ hit: true });
  });

  it('is replaced although several processes find it at once', async () => {
    await cached(RESULT, write, { root });
    await truncate(inKey('result'), 1);
    const results = await Promise.all(Array.from({ length: 8 }, () => cached(RESULT, write, { root })));
    expect(results.filter((r) => !r.hit)).toHaveLength(1);
    expect(await lookUp(RESULT, { root })).toBe(join(root, 'key'));
  });
});

describe('builders in processes of their own', () => {
  const start = (log: string, mode: string): ReturnType<typeof startScript> => startScript(BUILDER, [root, log, mode]);

  it('build once between them', async () => {
    const log = join(root, 'log');
    const said = await Promise.all([1, 2, 3].map(() => ended(start(log, 'build'))));
    expect(said.map(({ code, stderr }) => [code, stderr])).toEqual([[0, ''], [0, ''], [0, '']]);
    expect(said.map(({ stdout }) => stdout.split(' ')[0]).sort()).toEqual(['built', 'found', 'found']);
    expect(readFileSync(log, 'utf8')).toBe('begun\n');
  });

  it('use the other one\'s result where one has lost its lock', async () => {
    const log = join(root, 'log');
    const { directory } = await cached(RESULT, async (work) => {
      await write(work);
      // As after a sleep in which the lock went to somebody else, who has finished.
      await rm(join(root, 'key.lock'));
      expect((await ended(start(log, 'build'))).stdout).toMatch(/^built /);
    }, { root });
    expect(await lookUp(RESULT, { root })).toBe(directory);
    expect((await readdir(root)).sort()).toEqual(['key', 'log']);
  });

  it('leave nothing in the way when one is killed', async () => {
    const log = join(root, 'log');
    appendFileSync(log, '');
    const hanging = start(log, 'hang');
    const end = ended(hanging);
    await until('it builds', () => readFileSync(log, 'utf8') === 'begun\n');
    hanging.kill('SIGKILL');
    expect((await end).signal).toBe('SIGKILL');
    expect((await readdir(root)).sort()).toEqual([`key.building-${hanging.pid}`, 'key.lock', 'log']);
    const started = Date.now();
    expect((await cached(RESULT, write, { root })).hit).toBe(false);
    expect(Date.now() - started).toBeLessThan(20_000);
    expect((await readdir(root)).sort()).toEqual(['key', 'log']);
  });
});

describe('a folder that cannot be written', () => {
  const before = process.env.TMPDIR;
  afterEach(() => {
    if (before === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = before;
  });

  it('is replaced by one for temporary files, with a word', async () => {
    process.env.TMPDIR = root;
    await writeFile(join(root, 'file'), '');
    const bad = join(root, 'file', 'cache');
    const notes: string[] = [];
    const { directory, hit } = await cached(RESULT, write, { root: bad, onNote: (line) => notes.push(line) });
    expect(hit).toBe(false);
    expect(directory.startsWith(join(root, 'systole-cache-'))).toBe(true);
    expect(notes).toEqual([expect.stringMatching(/file\/cache: cannot be written \(ENOTDIR\); building in .*systole-cache-.*; set SYSTOLE_CACHE to a folder that can$/)]);
    expect(await cached(RESULT, never, { root: bad })).toEqual({ directory, hit: true });
  });

  it('is replaced also where what is built cannot be built in a folder of its name', async () => {
    process.env.TMPDIR = root;
    const notes: string[] = [];
    const options = { root: join(root, 'a;b'), unfit: (folder: string) => (folder.includes(';') ? 'the builder takes no ;' : undefined), onNote: (line: string) => notes.push(line) };
    const { directory } = await cached(RESULT, write, options);
    expect(directory.startsWith(join(root, 'systole-cache-'))).toBe(true);
    expect(notes).toEqual([expect.stringMatching(/a;b: the builder takes no ;; building in .*systole-cache-.*; set SYSTOLE_CACHE to a folder that can$/)]);
    process.env.TMPDIR = join(root, 'c;d');
    await expect(cached(RESULT, never, options)).rejects.toThrow(/^engine verilator: .*a;b: the builder takes no ;; .*c;d.*: the builder takes no ;; set SYSTOLE_CACHE to a folder that can$/);
  });

  it('is replaced also where the system never ends making folders', async () => {
    const asked = startScript(BUILDER, ['/proc/no-such-folder/cache', join(root, 'log'), 'build'], { TMPDIR: root });
    const late = setTimeout(() => asked.kill('SIGKILL'), 30_000);
    const { code, signal, stdout } = await ended(asked);
    clearTimeout(late);
    expect({ code, signal }).toEqual({ code: 0, signal: null });
    expect(stdout).toContain(`built ${join(root, 'systole-cache-')}`);
  });

  it('is told of in one line where there is none for temporary files either', async () => {
    await writeFile(join(root, 'file'), '');
    process.env.TMPDIR = join(root, 'file');
    await expect(cached(RESULT, write, { root: join(root, 'file', 'cache') }))
      .rejects.toThrow(/^engine verilator: .*cache: cannot be written \(ENOTDIR\); .*: cannot be written \(ENOTDIR\); set SYSTOLE_CACHE to a folder that can$/);
  });
});
