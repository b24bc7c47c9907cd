import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseCoremark } from '../../cli/coremark-report.ts';
import { addressOf } from '../../hw/soc/memory-map.ts';
import { assemble, programToElf } from '../../sw/assembler/index.ts';
import { systole, withFolder } from './command-line.ts';

const hasCompiler = spawnSync('riscv64-unknown-elf-gcc', ['--version']).status === 0;

/** Only what is read; the wording around it is the benchmark's own. */
const SAID = `2K performance run parameters
Total ticks      : 480000
Iterations       : 2
Compiler version : GCC 12.2.0
Compiler flags   : -march=rv32im -O3
[0]crclist       : 0xe714
[0]crcmatrix     : 0x1fd7
[0]crcstate      : 0x8e3a
Correct operation validated
`;

describe('parseCoremark', () => {
  it('reads the score', () => {
    expect(parseCoremark(SAID)).toEqual({
      iterations: 2, ticks: 480_000, cyclesPerIteration: 240_000, coremarkPerMhz: 1e6 / 240_000, isValid: true, faults: [], compiler: 'GCC 12.2.0', flags: '-march=rv32im -O3',
    });
  });

  it.each([
    ['0x1fd7', '0x1fd6', 'crcmatrix is 0x1fd6, not 0x1fd7'],
    ['[0]crcstate      : 0x8e3a\n', '', 'crcstate is missing, not 0x8e3a'],
    ['Correct operation validated', 'Errors detected', 'it does not say that its operation is validated'],
    ['2K performance', '2K validation', 'it is not the 2K performance run'],
  ])('does not believe a run with %j as %j', (right, wrong, fault) => {
    expect(parseCoremark(SAID.replace(right, wrong))).toMatchObject({ isValid: false, faults: [fault] });
  });

  it('knows other programs', () => {
    expect(parseCoremark('Hello from Systole.\n')).toBeUndefined();
    expect(parseCoremark(SAID.replace('480000', '0'))).toBeUndefined();
  });
});

/** A program that says `text`. */
const speaker = (text: string): Uint8Array => programToElf(assemble(`.globl _start
_start: li s0, ${addressOf('uartData')}
  la s1, text
next: lbu t0, 0(s1)
  beqz t0, done
  sw t0, 0(s0)
  addi s1, s1, 1
  j next
done: li a0, 1
  la a1, tohost
  sw a0, 0(a1)
last: j last
.data
.globl tohost
tohost: .word 0
text: .asciz ${JSON.stringify(text)}
`));

describe('systole bench core', () => {
  it('gives the score of a CoreMark program, and of one that is wrong the faults and status 1', async () => {
    await withFolder(async (folder) => {
      const file = join(folder, 'coremark.elf');
      writeFileSync(file, speaker(SAID));
      const good = await systole('bench', 'core', '--elf', file);
      expect(good.status).toBe(0);
      expect(good.stdout).toContain('CoreMark/MHz 4.167 (2 iterations, 240,000 cycles each), valid\ncompiler GCC 12.2.0, flags -march=rv32im -O3\n');
      writeFileSync(file, speaker(SAID.replace('0xe714', '0xe715')));
      const bad = await systole('bench', 'core', '--elf', file, '--core', 'small', '--json');
      expect(bad.status).toBe(1);
      expect(JSON.parse(bad.stdout)).toMatchObject({
        name: 'small', march: 'rv32i_zicsr_zifencei', program: { exit: 0, coremark: { isValid: false, faults: ['crclist is 0xe715, not 0xe714'] } },
      });
    });
  });

  it.each([
    [['--core', 'huge'], 'systole: --core huge: is not one of small, balanced, clocked, fast; give one\n'],
    [['--core', 'fast', '--config', 'nano'], 'systole: --core and --config: both name a core; give one of them\n'],
    [['--elf', 'no-such.elf'], 'systole: no-such.elf: does not exist; give a linked RISC-V program\n'],
  ])('refuses %j', async (args, stderr) => {
    expect(await systole('bench', 'core', ...args)).toEqual({ status: 2, stdout: '', stderr });
  });
});

describe.runIf(hasCompiler)('systole bench core, kernels', () => {
  interface Figures {
    readonly kernels: readonly { name: string; cycles: number; instructions: number; ipc: number }[];
    readonly interrupt: Readonly<Record<'entry' | 'return', { min: number; max: number }>>;
  }
  const figures = async (...args: string[]): Promise<Figures> => JSON.parse((await systole('bench', 'core', '--json', ...args)).stdout) as Figures;

  it('measures each on one core', async () => {
    const { kernels, interrupt } = await figures('--core', 'fast');
    expect(kernels.map((k) => k.name)).toEqual(['crc32', 'float', 'list', 'matmul', 'memcpy', 'sort', 'state', 'strlen']);
    for (const { name, cycles, instructions, ipc } of kernels) {
      expect(ipc, name).toBeCloseTo(instructions / cycles, 6);
      expect(ipc, name).toBeGreaterThan(0.5);
      expect(ipc, name).toBeLessThanOrEqual(1);
    }
    // 1000 characters: load, step, branch.
    expect(kernels.find((k) => k.name === 'strlen')?.instructions).toBeCloseTo(3000, -2);
    expect(interrupt.entry.min).toBeGreaterThan(0);
    expect(interrupt.entry.max).toBeLessThan(20);
    expect(interrupt.return.max).toBeLessThan(20);
  });

  it('measures the core of a chip, and writes it as a table', async () => {
    const { stdout, status } = await systole('bench', 'core', '--config', 'nano');
    expect(status).toBe(0);
    expect(stdout).toMatch(/^core nano, rv32i_zicsr_zifencei\nkernel +cycles +instructions +per cycle\ncrc32 /);
    expect(stdout).toMatch(/^interrupt: \d+( to \d+)? cycles to the handler, \d+( to \d+)? back$/m);
  });
});
