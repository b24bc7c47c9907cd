import { existsSync } from 'node:fs';
import { mkdtemp, readFile, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { cached, contentKey, prune } from '../../../sim/verilator/cache.ts';

describe('the build cache', () => {
  let root = '';
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'systole-cache-'));
  });
  afterEach(() => rm(root, { recursive: true }));

  const write = async (work: string): Promise<void> => writeFile(join(work, 'result'), 'done');

  it('builds once and finds the result again', async () => {
    const first = await cached('key', write, { root });
    expect(first.hit).toBe(false);
    expect(await readFile(join(first.directory, 'result'), 'utf8')).toBe('done');
    const second = await cached('key', () => Promise.reject(new Error('built twice')), { root });
    expect(second).toEqual({ directory: first.directory, hit: true });
    expect(await readdir(root)).toEqual(['key']);
  });

  it('lets one of several builders work and the others wait', async () => {
    let builds = 0;
    let waits = 0;
    const slow = async (work: string): Promise<void> => {
      builds++;
      await new Promise((resolve) => setTimeout(resolve, 150));
      await write(work);
    };
    const results = await Promise.all([1, 2, 3].map(() => cached('key', slow, { root, onWait: () => waits++ })));
    expect(builds).toBe(1);
    expect(waits).toBe(2);
    expect(results.map((r) => r.hit).sort()).toEqual([false, true, true]);
  });

  it('keeps the directory of a failed build for its log, and builds anew', async () => {
    const fail = async (work: string): Promise<void> => {
      await writeFile(join(work, 'build.log'), 'why');
      throw new Error('no');
    };
    await expect(cached('key', fail, { root })).rejects.toThrow('no');
    expect(await readFile(join(root, 'key.failed', 'build.log'), 'utf8')).toBe('why');
    expect((await cached('key', write, { root })).hit).toBe(false);
  });

  it('takes over the lock of a builder that died', async () => {
    const lock = join(root, 'key.lock');
    await writeFile(lock, 'someone');
    const longAgo = new Date(Date.now() - 60_000);
    await utimes(lock, longAgo, longAgo);
    expect((await cached('key', write, { root })).hit).toBe(false);
    expect(existsSync(lock)).toBe(false);
  });

  it('forgets the results that were not used for longest', async () => {
    for (const [age, key] of ['a1', 'a2', 'a3', 'b1'].entries()) {
      const { directory } = await cached(key, write, { root });
      const then = new Date(Date.now() - 60_000 * (10 - age));
      await utimes(directory, then, then);
    }
    await cached('a1', write, { root });
    await prune(/^a/, 2, root);
    expect((await readdir(root)).sort()).toEqual(['a1', 'a3', 'b1']);
  });

  it('tells apart the same text divided differently', () => {
    expect(contentKey(['ab', 'c'])).not.toBe(contentKey(['a', 'bc']));
  });
});
