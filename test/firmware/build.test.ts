import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawnSync } from 'node:child_process';
import { afterAll, describe, expect, it } from 'vitest';
import { UserError } from '../../gen/user-error.ts';
import { buildBench, corePreset } from '../../firmware/bench.ts';
import { CORE_PRESETS } from '../../hw/core/config.ts';
import { buildFirmware } from '../../firmware/build.ts';
import { marchOf } from '../../firmware/compiler.ts';
import { buildCoremark } from '../../firmware/coremark.ts';
import { loadConfig, presetNames } from '../../hw/soc/config.ts';
import { parseElf } from '../../sim/elf.ts';
import { runElf } from '../../sim/model/golden-model.ts';
import { goldenMachine } from '../../sw/runtime/golden-machine.ts';
import { cHeader } from '../../sw/firmware/c-header.ts';

const folder = mkdtempSync(join(tmpdir(), 'systole-firmware-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const hasCompiler = spawnSync('riscv64-unknown-elf-gcc', ['--version']).status === 0;

describe.runIf(hasCompiler)('firmware examples', () => {
  const built = hasCompiler ? buildFirmware({ outDir: folder }) : new Map<string, string>();

  async function run(example: string, preset: string): Promise<{ exit: number | undefined; said: string }> {
    const { tensor, simulation } = loadConfig(preset);
    let said = '';
    const machine = goldenMachine({ tensor, ramBytes: simulation.ramBytes, uart: (byte) => { said += String.fromCharCode(byte); } });
    await machine.loadElf(readFileSync(built.get(example) ?? ''), example);
    const { exit } = await machine.run({ maxCycles: 20_000_000 });
    return { exit, said };
  }

  it('says hello', async () => {
    const { exit, said } = await run('hello', 'base');
    expect(exit).toBe(0);
    expect(said).toBe('Hello from Systole.\ntensor unit: 16 x 16 mesh, 16384 scratchpad rows, 1024 accumulator rows\n');
  });

  it('multiplies odd shapes correctly on every preset with the same binary', async () => {
    for (const preset of presetNames()) {
      const { exit, said } = await run('matmul', preset);
      expect(exit, said).toBe(0);
      expect(said.match(/correct\n/g), preset).toHaveLength(6);
    }
  });

  it('leaves nothing unfinished behind', () => {
    expect(readdirSync(folder).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });
});

describe.runIf(hasCompiler)('kernels of the benchmark', () => {
  it.each(Object.entries(CORE_PRESETS))('find their own results right on the golden model of the core %s', (name, { isa: { zicntr: _zicntr, ...isa } }) => {
    const kernels = buildBench(CORE_PRESETS[name as keyof typeof CORE_PRESETS].isa, { outDir: join(folder, name) });
    for (const [kernel, file] of kernels) {
      const { exit } = runElf(parseElf(readFileSync(file), file), { isa, ramBytes: 1024 * 1024 }, 5_000_000);
      expect(exit, kernel).toBe(0);
    }
    expect([...kernels.keys()]).toEqual(['crc32', 'float', 'interrupt', 'list', 'matmul', 'memcpy', 'sort', 'state', 'strlen']);
  });
});

describe('marchOf', () => {
  it('names every preset as the compiler does', () => {
    expect(Object.values(CORE_PRESETS).map(({ isa }) => marchOf(isa))).toEqual(['rv32i_zicsr', 'rv32imc_zicsr', 'rv32imc_zicsr_zba_zbs', 'rv32imc_zicsr_zba_zbb_zbs']);
  });
});

describe('corePreset', () => {
  it('lists what there is', () => {
    expect(() => corePreset('toString')).toThrow(new UserError('core toString: is not one of small, balanced, clocked, fast; give one'));
  });
});

describe('buildCoremark', () => {
  it('says what the source is', () => {
    expect(() => buildCoremark({ source: folder, isa: CORE_PRESETS.fast.isa })).toThrow(
      new UserError(`${folder}: has no coremark.h; give the folder of a copy of github.com/eembc/coremark`));
  });
});

describe('buildFirmware', () => {
  it('tells how to install the compiler', () => {
    expect(() => buildFirmware({ outDir: folder, compiler: 'no-such-gcc' })).toThrow(
      new UserError('no-such-gcc: is not installed; run: sudo apt-get install -y gcc-riscv64-unknown-elf'),
    );
  });
});

describe('cHeader', () => {
  it('gives each instruction its intrinsic, from the table', () => {
    const header = cHeader();
    expect(header).toContain('static inline void tn_mm(uint32_t a_row, uint32_t w_row, uint32_t acc_row, uint32_t count, uint32_t columns_minus1, uint32_t accumulate)');
    expect(header).toContain('__asm__ volatile(".insn r 0x2b, 1, 0, x0, %0, %1" :  : "r"((uint32_t)(uintptr_t)address), "r"(((uint32_t)(row) & 0x0000ffffu) | ((uint32_t)(count) & 0x0000ffffu) << 16) : "memory");');
    expect(header).toContain('#define TN_INFO_ROWS 1u');
    expect(header).toContain('#define SYSTOLE_RAM_BASE 0x80000000u');
  });
});
