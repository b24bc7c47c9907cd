/** Programs in C that use the tensor unit as users do: in tasks, with interrupts, behind fences; engines must agree. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { OWN_CODE, compileProgram } from '../../firmware/compiler.ts';
import { parseConfig } from '../../hw/soc/config.ts';
import { parseElf } from '../../sim/elf.ts';
import type { ElfImage } from '../../sim/elf.ts';
import { runElf } from '../../sim/run-elf.ts';
import type { Engine } from '../../sim/run-elf.ts';

const folder = mkdtempSync(join(tmpdir(), 'systole-programs-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const hasCompiler = spawnSync('riscv64-unknown-elf-gcc', ['--version']).status === 0;

function build(name: string): ElfImage {
  const source = fileURLToPath(new URL(`programs/${name}.c`, import.meta.url));
  const out = join(folder, `${name}.elf`);
  compileProgram({ name, sources: [source], march: 'rv32im_zicsr', flags: OWN_CODE, out });
  return parseElf(readFileSync(out), out);
}

async function run(elf: ElfImage, engine: Engine, toml: string): Promise<{ readonly exit: number | undefined; readonly said: string }> {
  let said = '';
  const config = parseConfig(`[chip]\nname = "test"\n${toml}\n[simulation]\nram = "1 MiB"\n`, 'test.toml');
  const onUart = (bytes: Uint8Array): void => { said += Buffer.from(bytes).toString(); };
  const { exit } = await runElf({ config, elf, engine, maxCycles: 5_000_000, onUart });
  return { exit, said };
}

const SIZES = 'scratchpad = "2 KiB"\naccumulators = "2 KiB"\nchannels = 32';
const FULL = `[core]\npreset = "balanced"\n[bus]\nbytes = 16\n[tensor]\nrows = 8\ncolumns = 8\n${SIZES}`;
const ONE_BY_ONE = 'overlap = "serial"\nscratchpadBanks = 1\naccumulatorBanks = 1\nvectorLanes = 1\nrequantiser = "iterative"\nqueueDepth = 1\n'
  + 'hazardBlocks = 1\ncounters = false';
const SERIAL = `[core]\npreset = "balanced"\n[bus]\nbytes = 4\n[tensor]\nrows = 4\ncolumns = 4\n${SIZES}\n${ONE_BY_ONE}`;
const goesOn = (toml: string): string => toml.replace('preset = "balanced"', 'preset = "fast"\nxifOverlap = true');

describe.runIf(hasCompiler)('two tasks and a timer on one tensor unit', () => {
  const elf = hasCompiler ? build('turns') : undefined;
  it.each([
    ['model', 'full', FULL], ['wasm', 'full', FULL], ['wasm', 'serial', SERIAL], ['wasm', 'full, with a core that goes on', goesOn(FULL)],
  ] as const)('lose nothing of each other: %s, %s', async (engine, _, toml) => {
    const { exit, said } = await run(elf as ElfImage, engine, toml);
    expect(said).toMatch(/^\d+ interrupts, 0 wrong\n$/);
    expect(exit).toBe(0);
  });
});

describe.runIf(hasCompiler)('tn_fence whose result nobody uses', () => {
  const elf = hasCompiler ? build('fence') : undefined;
  it.each([
    ['model', FULL], ['wasm', FULL], ['wasm', SERIAL], ['model', goesOn(FULL)], ['wasm', goesOn(FULL)], ['wasm', goesOn(SERIAL)],
  ] as const)('guards what follows: %s', async (engine, toml) => {
    expect(await run(elf as ElfImage, engine, toml)).toEqual({ exit: 0, said: '0 of 59 stale\n' });
  });
});
