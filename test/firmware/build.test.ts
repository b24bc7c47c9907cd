import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawnSync } from 'node:child_process';
import { afterAll, describe, expect, it } from 'vitest';
import { UserError } from '../../gen/user-error.ts';
import { buildBench, corePreset } from '../../firmware/bench.ts';
import { CORE_PRESETS } from '../../hw/core/config.ts';
import { compileProgram } from '../../firmware/compiler.ts';
import { buildExamples, buildProgram } from '../../firmware/programs.ts';
import { buildCoremark } from '../../firmware/coremark.ts';
import { extensionsOf, missingFrom } from '../../hw/isa/arch-string.ts';
import { loadConfig, presetNames } from '../../hw/soc/config-file.ts';
import type { ChipConfig } from '../../hw/soc/config.ts';
import { readElf } from '../../sim/elf-file.ts';
import { runElf as runOnModel } from '../../sim/model/golden-model.ts';
import { hartOptions } from '../../sim/model/hart-options.ts';
import { runElf } from '../../sim/run-elf.ts';
import type { Engine } from '../../sim/run-elf.ts';
import { cHeader } from '../../sw/firmware/c-header.ts';
import { someOf } from '../support/effort.ts';
import { withoutWaiting } from '../gen/files/odd-files.ts';

const folder = mkdtempSync(join(tmpdir(), 'systole-firmware-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const hasCompiler = spawnSync('riscv64-unknown-elf-gcc', ['--version']).status === 0;

const PROGRAMS_LIMIT = 20_000_000;

interface Run {
  readonly exit: number | undefined;
  readonly exitReason: string | undefined;
  readonly said: string;
}

async function run(file: string, config: ChipConfig, engine: Engine): Promise<Run> {
  let said = '';
  const onUart = (bytes: Uint8Array): void => void (said += new TextDecoder().decode(bytes));
  const { exit, exitReason } = await runElf({ config, elf: readElf(file), engine, maxCycles: PROGRAMS_LIMIT, onUart });
  return { exit, exitReason, said };
}

describe.runIf(hasCompiler).each(presetNames())('firmware examples, built for %s', (preset) => {
  const config = loadConfig(preset);
  const { rows, columns, scratchpadRows, accumulatorRows } = config.tensor;
  const built = hasCompiler ? buildExamples(config, { outDir: join(folder, 'examples', preset) }) : new Map<string, string>();
  const fileOf = (example: string): string => built.get(example) ?? '';

  // The RTL of larger chips takes long to build; `caches.test.ts` does it for base.
  const engines = preset === 'nano' ? ['model', 'wasm'] as const : ['model'] as const;
  it.each(engines)('say hello on %s', async (engine) => {
    expect(await run(fileOf('hello'), config, engine)).toEqual({
      exit: 0, exitReason: undefined,
      said: `Hello from Systole.\ntensor unit: ${rows} x ${columns} mesh, ${scratchpadRows} scratchpad rows, ${accumulatorRows} accumulator rows\n`,
    });
  });

  it.each([['matmul', 6], ['conv', 5]])('find what %s computes right', async (example, cases) => {
    const { exit, said } = await run(fileOf(example), config, 'model');
    expect(exit, said).toBe(0);
    expect(said.match(/correct\n/g)).toHaveLength(cases);
  });

  it('have debug information, and say what they were built for', () => {
    const elf = readElf(fileOf('hello'));
    expect(missingFrom(config.core.isa, extensionsOf(elf.arch ?? '')!)).toEqual([]);
    expect(readFileSync(fileOf('hello')).includes('.debug_line')).toBe(true);
  });

  it('leave nothing unfinished behind', () => {
    expect(readdirSync(join(folder, 'examples', preset)).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });
});

describe.runIf(hasCompiler)('a program of one\'s own', () => {
  const [nano, base] = [loadConfig('nano'), loadConfig('base')];
  const source = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  const build = (config: ChipConfig, name: string, ...sources: readonly string[]): string => {
    const out = join(folder, `${name}-${config.name}.elf`);
    buildProgram({ sources, out, onSaid: (text) => expect(text).toBe('') }, config);
    return out;
  };

  it('may be of several files, in C and assembler', async () => {
    const main = source('main.c', '#include "part.h"\n#include "uart.h"\nint main(void) { uart_printf("%u\\n", (unsigned)triple(7)); return triple(0); }\n');
    source('part.h', 'unsigned triple(unsigned n);\n');
    const part = source('part.S', '.globl triple\ntriple: slli a1, a0, 1\nadd a0, a0, a1\nfence.i\nret\n');
    for (const config of [nano, base]) expect(await run(build(config, 'parts', main, part), config, 'model')).toMatchObject({ exit: 0, said: '21\n' });
  });

  it('measures cycles on every chip, with counters or without', async () => {
    const main = source('cycles.c', `#include "system.h"
int main(void)
{
  for (int i = 0; i < 3; i++) {
    uint32_t before = cycles_now();
    for (volatile int j = 0; j < 10; j++) {
    }
    uint32_t cycles = cycles_now() - before;
    if (cycles < 20 || cycles > 2000) return 1 + i;
  }
  return 0;
}
`);
    expect(nano.core.counters).toBe(false);
    for (const config of [nano, base]) expect((await run(build(config, 'cycles', main), config, 'model')).exit).toBe(0);
    expect((await run(build(nano, 'cycles', main), nano, 'wasm')).exit).toBe(0);
  });

  it.each([[7, 7], [-1, 0x7fff_ffff], [-0x8000_0000, 0x7fff_ffff]])('that returns %i ends with exit value %i', async (value, exit) => {
    const main = source('value.c', `#include "system.h"\n#define SENSOR 7\nEXIT_REASON(SENSOR, "no sensor");\nint main(void) { return (int)${value >>> 0}u; }\n`);
    expect(await run(build(base, 'value', main), base, 'model')).toMatchObject({ exit, exitReason: exit === 7 ? 'no sensor' : undefined });
  });

  it('that traps says so', async () => {
    const main = source('trap.c', 'int main(void) { __asm__ volatile(".word 0"); return 0; }\n');
    expect(await run(build(nano, 'trap', main), nano, 'model')).toMatchObject({
      exit: 1002, exitReason: 'an exception came and the program has no handler; its cause is the value minus 1000',
    });
  });

  it('is refused by a chip that lacks what it was built for', async () => {
    const file = build(base, 'other', source('other.c', 'int main(void) { return 0; }\n'));
    await expect(run(file, nano, 'wasm')).rejects.toThrow(new UserError(`${file}: needs M, C, Zmmul, Zba, Zbb, Zbs, which chip nano lacks (it was built for `
      + 'rv32i2p1_m2p0_c2p0_zicsr2p0_zifencei2p0_zmmul1p0_zba1p0_zbb1p0_zbs1p0); build it with -march=rv32i_zicsr_zifencei '
      + 'or set core.m = true, core.c = true, core.zba = true, core.zbb = true, core.zbs = true in configs/nano.toml'));
  });

  it('is not built where something is wrong with it', () => {
    const good = source('good.c', 'int main(void) { return 0; }\n');
    const refused = (message: string, sources: readonly string[], out = join(folder, 'bad.elf')): string => {
      let said = '';
      expect(() => buildProgram({ sources, out, onSaid: (text) => void (said += text) }, nano)).toThrow(new UserError(message));
      expect(existsSync(join(folder, 'bad.elf'))).toBe(false);
      return said;
    };
    refused(`${folder}/none.c: no such file; give files that end in .c, .S, .s`, [good, `${folder}/none.c`]);
    refused('read.me: is no source; give files that end in .c, .S, .s', ['read.me']);
    refused(`${good}: is named as source and as -o, and would be overwritten; name another file`, [good], good);
    const broken = source('broken.c', 'int main(void) { return missing; }\n');
    expect(refused('bad.elf: riscv64-unknown-elf-gcc refused it, for the reasons above; mend the source', [broken])).toMatch(/.missing. undeclared/);
    const large = source('large.c', 'static volatile char large[9 << 20]; int main(void) { return large[(unsigned)main >> 24]; }\n');
    expect(refused('bad.elf: riscv64-unknown-elf-gcc refused it, for the reasons above; mend the source', [large])).toContain('region `ram\' overflowed');
  });

  it('does not wait for what lies where its header and its linker script are made', async () => {
    for (const [what, isMade] of [['systole.ld', false], ['include/systole.h', false], ['systole.ld', true]] as const) {
      const place = mkdtempSync(join(folder, 'places-'));
      const out = join(place, 'good.elf');
      mkdirSync(join(place, 'include'));
      if (isMade) writeFileSync(join(place, what), 'of another version');
      else spawnSync('mkfifo', [join(place, what)]);
      const built = withoutWaiting(join(place, what), () =>
        compileProgram({ name: 'good', sources: [source('good.c', 'int main(void) { return 0; }\n')], march: 'rv32im_zicsr', flags: [], out }));
      if (isMade) await built;
      else await expect(built).rejects.toThrow(`${join(place, what)}: cannot be written: nobody reads from it (ENXIO); `);
      expect(existsSync(out)).toBe(isMade);
    }
  });

  it('may have warnings', () => {
    let said = '';
    const out = join(folder, 'warned.elf');
    buildProgram({ sources: [source('warned.c', 'int main(void) { int unused; return 0; }\n')], out, onSaid: (text) => void (said += text) }, nano);
    expect(said).toContain('unused variable');
    expect(existsSync(out)).toBe(true);
  });

  it('is built by npm run firmware for the chip that --config names, where the user stands', () => {
    source('here.c', 'int main(void) { return 0; }\n');
    const npm = (...args: readonly string[]): { status: number | null; stdout: string; stderr: string } => spawnSync(
      process.execPath, ['--import', 'tsx', 'firmware/build.ts', ...args],
      { encoding: 'utf8', env: { ...process.env, npm_lifecycle_script: 'tsx firmware/build.ts', INIT_CWD: folder } });
    expect(npm('here.c', '--config', 'nano', '-o', 'there/here.elf')).toMatchObject({ status: 0, stdout: 'there/here.elf\n', stderr: '' });
    expect(readElf(join(folder, 'there/here.elf')).arch).toBe('rv32i2p1_zicsr2p0_zifencei2p0');
    expect(readdirSync(join(folder, 'there'))).toEqual(['here.elf']);
    expect(npm('here.c', '--config', 'nano', '--config', 'base'))
      .toMatchObject({ status: 2, stdout: '', stderr: 'firmware: --config: is given twice; give it once\n' });
    expect(npm('--nonsense')).toMatchObject({ status: 2, stdout: '', stderr: expect.stringMatching(/^firmware: [^\n]*--nonsense[^\n]*--help[^\n]*\n$/) });
  });
});

describe.runIf(hasCompiler)('kernels of the benchmark', () => {
  it.each(someOf(Object.entries(CORE_PRESETS), 2))('find their own results right on the golden model of the core %s', (name, core) => {
    const kernels = buildBench(core.isa, { outDir: join(folder, name) });
    for (const [kernel, file] of kernels) {
      const { exit } = runOnModel(readElf(file), { ...hartOptions(core), ramBytes: 1024 * 1024 }, 5_000_000);
      expect(exit, kernel).toBe(0);
    }
    expect([...kernels.keys()]).toEqual(['crc32', 'float', 'interrupt', 'list', 'matmul', 'memcpy', 'sort', 'state', 'strlen']);
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

describe('buildExamples', () => {
  it('tells how to install the compiler', () => {
    expect(() => buildExamples(loadConfig('base'), { outDir: folder, compiler: 'no-such-gcc' })).toThrow(
      new UserError('no-such-gcc: is not installed; run: sudo apt-get install -y gcc-riscv64-unknown-elf'),
    );
  });
});

describe('cHeader', () => {
  it('gives each instruction its intrinsic, from the table', () => {
    const header = cHeader();
    expect(header).toContain('TN_INLINE void tn_mm(uint32_t a_row, uint32_t w_row, uint32_t acc_row, uint32_t count, uint32_t columns_minus1, uint32_t accumulate)');
    expect(header).toContain('  uint32_t rs2 = row | count << 16;\n  if ((row >> 16 | count >> 16) != 0) rs2 = 0;\n');
    expect(header).toContain('__asm__ volatile(".insn r 0x2b, 1, 0, x0, %0, %1" :  : "r"(rs1), "r"(rs2) : "memory");');
    expect(header).toContain('#define TN_INFO_ROWS 1u');
    expect(header).toContain('#define SYSTOLE_RAM_BASE 0x80000000u');
  });
});
