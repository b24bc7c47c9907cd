/** The engine over a cache that has seen bad days: builders killed in the middle, files damaged behind its back. */
import { existsSync, readdirSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { In, Out, U, elaborate, hw } from '../../../gen/index.ts';
import { unfitForCmake } from '../../../sim/verilator/build.ts';
import { cacheRoot } from '../../../sim/verilator/cache.ts';
import { createVerilatorSimulator, missingTools } from '../../../sim/verilator/index.ts';
import { IS_LONG } from '../../support/effort.ts';
import { ended, startScript, until } from '../../support/until.ts';
import { Counter } from './designs.ts';

/** More than stand in a module. */
const ROM_WORDS = Array.from({ length: 100 }, (_, i) => (i * 77 + 5) % 8192);
const Rom = hw('Rom', { addr: In(U(7)), data: Out(U(13)) }, (m, io) => {
  io.data = m.mem('words', U(13), ROM_WORDS.length, { init: ROM_WORDS.map(BigInt) }).read(io.addr);
});

const missing = missingTools();
const skip = missing !== undefined && !process.env.CI;

describe.skipIf(skip)('a simulator of a small design', () => {
  const before = process.env.SYSTOLE_CACHE;
  let cache = '';
  let root = '';
  beforeEach(async () => {
    cache = await mkdtemp(join(tmpdir(), 'systole-heal-'));
    const usual = cacheRoot();
    process.env.SYSTOLE_CACHE = cache;
    root = cacheRoot();
    await mkdir(root, { recursive: true });
    // The runtime takes long to build, and is not what is tested here.
    const runtimes = existsSync(usual) ? (await readdir(usual)).filter((name) => /^runtime-[0-9a-f]+$/.test(name)) : [];
    for (const name of runtimes) await cp(join(usual, name), join(root, name), { recursive: true });
  });
  afterEach(async () => {
    if (before === undefined) delete process.env.SYSTOLE_CACHE;
    else process.env.SYSTOLE_CACHE = before;
    await rm(cache, { recursive: true, force: true });
  });

  it('is built after a builder was killed, and again where its file is not what was built', async () => {
    const lines: string[] = [];
    const onProgress = (line: string): void => void lines.push(line);
    const open = async (): Promise<void> => {
      const simulator = await createVerilatorSimulator(elaborate(Counter), { onProgress });
      simulator.poke('rst', 0);
      simulator.step(3);
      expect(simulator.cycle).toBe(3);
      simulator.close();
    };

    const builder = startScript('test/sim/verilator/build-counter.ts', []);
    const end = ended(builder);
    const building = (): string[] => readdirSync(root).filter((name) => /^[0-9a-f]+\.building-/.test(name));
    // A folder that CMake has filled: the compiler works, or is about to.
    await until('the compiler is at work', () => building().some((name) => existsSync(join(root, name, 'build', 'CMakeCache.txt'))));
    builder.kill('SIGKILL');
    expect((await end).signal).toBe('SIGKILL');
    await until('its children have ended', () => building().length === 0);
    await open();
    expect(lines).toContainEqual(expect.stringMatching(/^verilator: built Counter in /));

    // As after a crash of the machine: the name is there, the content is not. (Not in place, where this process has it loaded.)
    const [key] = (await readdir(root)).filter((name) => /^[0-9a-f]{24}$/.test(name));
    const addon = join(root, key, 'sim.node');
    const whole = await readFile(addon);
    await writeFile(`${addon}.new`, whole.subarray(0, whole.length / 2));
    await rename(`${addon}.new`, addon);
    lines.length = 0;
    await open();
    expect(lines[0]).toMatch(/^verilator: .*: sim\.node has \d+ bytes instead of \d+; it is built again$/);
    expect((await readFile(addon)).length).toBe(whole.length);
    lines.length = 0;
    await open();
    expect(lines).toEqual([]);
  }, 300_000);

  // Of a design that reads a file when it begins. The second name is one in which CMake cannot build: another folder takes its place.
  it.runIf(IS_LONG).each(['sp ace \' $HOME `x` %d #', 'a;b "c" \\d [e]*?'])('works in a folder called %s', async (name) => {
    const folder = join(cache, name);
    const place = unfitForCmake(folder) === undefined ? join(folder, 'verilator') : join(cache, `systole-cache-${userInfo().uid}`);
    await mkdir(place, { recursive: true, mode: 0o700 });
    for (const runtime of await readdir(root)) await cp(join(root, runtime), join(place, runtime), { recursive: true });
    process.env.SYSTOLE_CACHE = folder;
    const before = process.env.TMPDIR;
    process.env.TMPDIR = cache;
    try {
      const simulator = await createVerilatorSimulator(elaborate(Rom), { onProgress: () => undefined });
      for (const i of [0, 1, 63, 64, 99]) {
        simulator.poke('addr', i);
        expect(simulator.peek('data')).toBe(BigInt(ROM_WORDS[i]));
      }
      simulator.close();
    } finally {
      if (before === undefined) delete process.env.TMPDIR;
      else process.env.TMPDIR = before;
    }
  }, 300_000);
});
