import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { TENSOR_VERSION } from '../../hw/isa/tensor.ts';
import { loadConfig } from '../../hw/soc/config-file.ts';
import { assemble, programToElf } from '../../sw/assembler/index.ts';
import { buildGemm } from '../../sw/compiler/gemm.ts';
import { chipOf } from '../../sw/mnist.ts';
import { systole, withFolder } from './command-line.ts';

/** A program's file, for as long as the callback takes. */
const withProgram = <T>(elf: Uint8Array, work: (file: string) => Promise<T>): Promise<T> => withFolder((folder) => {
  const file = join(folder, 'x.elf');
  writeFileSync(file, elf);
  return work(file);
});
const ENDLESS = programToElf(assemble('.globl _start\n_start: j _start'));
const fails = (value: number): Uint8Array => programToElf(
  assemble(`.globl _start\n_start: li a0, ${2 * value + 1}\nla t0, tohost\nsw a0, 0(t0)\nend: j end\n.data\n.globl tohost\ntohost: .word 0`),
  [{ first: 4, last: 5, text: 'no sensor' }]);

describe('sim of a program without tohost', () => {
  it('says at once what alone will end it, and ends there', async () => {
    await withProgram(ENDLESS, async (file) => {
      const { status, stderr, stdout } = await systole('sim', '--elf', file, '--engine', 'model', '--max-cycles', '123456', '--json');
      expect(status).toBe(1);
      expect(stderr.split('\n')[0]).toBe(
        `${file}: has no symbol tohost, so that only the limit of 123,456 instructions (--max-cycles) will end it; define the word tohost and write 1 to it at the end`);
      expect(JSON.parse(stdout)).toMatchObject({ stopped: 'limit', instructions: 123_456 });
    });
  });

  it('tells how far it is when it takes longer, but not with --json', async () => {
    await withProgram(ENDLESS, async (file) => {
      let now = 0;
      // Every look at the clock takes a second.
      const clock = vi.spyOn(performance, 'now').mockImplementation(() => (now += 1000));
      try {
        const run = ['sim', '--elf', file, '--engine', 'model', '--max-cycles', '40000000'];
        expect((await systole(...run)).stderr).toMatch(/^[^\n]*tohost[^\n]*\n(?:.*\n)*?.*x\.elf: [\d,]+ instructions \(gives up at 40,000,000, in \d+ s\), \d+ s\n/);
        expect((await systole(...run, '--json')).stderr).not.toMatch(/gives up at/);
      } finally {
        clock.mockRestore();
      }
    });
  });
});

describe('sim of a program that fails', () => {
  it('gives the value and what the program says of it, with status 1', async () => {
    await withProgram(fails(5), async (file) => {
      const text = await systole('sim', '--elf', file, '--engine', 'model');
      expect(text).toMatchObject({ status: 1, stderr: expect.stringMatching(/^the program failed with 5: no sensor, at 0x8/) });
      expect(text.stdout).toMatch(/^exit +5 \(failed: no sensor\)$/m);
      const { stdout, status } = await systole('sim', '--elf', file, '--engine', 'model', '--json');
      expect(JSON.parse(stdout)).toMatchObject({ exit: 5, exitReason: 'no sensor', stopped: 'tohost' });
      expect(status).toBe(1);
    });
    await withProgram(fails(6), async (file) => {
      expect((await systole('sim', '--elf', file, '--engine', 'model')).stdout).toMatch(/^exit +6 \(failed\)$/m);
    });
    await withProgram(fails(0), async (file) => {
      const { status, stdout } = await systole('sim', '--elf', file, '--engine', 'model');
      expect([status, /^exit +0 \(passed\)$/m.test(stdout)]).toEqual([0, true]);
    });
  });

  describe('because it was compiled for another chip', () => {
    let elf: Uint8Array;
    beforeAll(() => {
      ({ program: { elf } } = buildGemm({ m: 8, n: 8, k: 8 }, chipOf(loadConfig('edge'))));
    });

    it.each(['model', 'wasm'])('says so and which chip it needs: on %s', async (engine) => {
      await withProgram(elf, async (file) => {
        const { status, stderr, stdout } = await systole('sim', '--elf', file, '--engine', engine, '--config', 'nano', '--json');
        const reason = 'the program was compiled for another chip (it needs '
          + `version ${(TENSOR_VERSION >>> 8) & 0xff}.${TENSOR_VERSION & 0xff} of the tensor instructions, 8 rows, 8 columns, `
          + 'at least 8192 scratchpad rows, at least 512 accumulator rows, at least 512 channels, at most 8 vector lanes); compile it with this chip\'s configuration';
        expect(JSON.parse(stdout)).toMatchObject({ exit: 4, exitReason: reason, config: { name: 'nano' } });
        expect(stderr).toContain(`the program failed with 4: ${reason}, at 0x8`);
        expect(status).toBe(1);
      });
    });
  });
});

describe('help', () => {
  it('says what exit statuses mean', async () => {
    expect((await systole('--help')).stdout).toContain('\nExit status: 0 done, 1 the simulated program failed, 2 bad input.\n');
    expect((await systole('sim', '--help')).stdout).toContain('\nExit status: 0 the program passed, 1 it failed (its exit value is shown');
  });
});

describe('fpga with a program', () => {
  it('writes what the board\'s loader takes, and refuses what the chip cannot run', async () => {
    await withFolder(async (folder) => {
      const [file, out] = [join(folder, 'x.elf'), join(folder, 'out')];
      writeFileSync(file, fails(1));
      const good = await systole('fpga', '--board', 'icebreaker', '--elf', file, '--out', out, '--json');
      expect(good).toMatchObject({ status: 0, stderr: '' });
      const bytes = readFileSync(join(out, 'x.load'));
      expect(JSON.parse(good.stdout)).toMatchObject({
        config: { name: 'nano' }, board: 'icebreaker', files: [join(out, 'x.load')], loaderBytes: bytes.length, baud: 115_200,
      });
      expect(bytes.readUInt32LE(0)).toBe(bytes.length - 4);
      writeFileSync(file, programToElf(assemble('.globl _start\n_start: sh1add a0, a0, a0')));
      const bad = await systole('fpga', '--board', 'icebreaker', '--elf', file, '--out', join(folder, 'none'));
      expect(bad).toMatchObject({ status: 2, stdout: '', stderr: expect.stringContaining('x.elf: needs Zba, which chip nano lacks') });
      expect(readdirSync(folder)).toEqual(['out', 'x.elf']);
    });
  });
});

describe('sim of a program that the chip cannot run', () => {
  it('refuses it before it opens or builds anything', async () => {
    const multiplies = programToElf(assemble('.globl _start\n_start: mul a0, a0, a0\nj _start'));
    await withFolder(async (folder) => {
      const [file, trace] = [join(folder, 'x.elf'), join(folder, 'x.log')];
      writeFileSync(file, multiplies);
      const { status, stdout, stderr } = await systole('sim', '--elf', file, '--config', 'nano', '--trace', trace);
      expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
      expect(stderr).toBe(`systole: ${file}: needs M, which chip nano lacks (it was built for rv32i2p1_m2p0); `
        + 'build it with -march=rv32i_zicsr_zifencei or set core.m = true in configs/nano.toml\n');
      expect(readdirSync(folder)).toEqual(['x.elf']);
    });
  });
});
