/** Products, convolutions and pools of the C library on chips that nobody thought of: few rows, many columns, one channel, no windows. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { OWN_CODE, compileProgram } from '../../firmware/compiler.ts';
import { NO_FEATURES } from '../../hw/isa/tensor-rows.ts';
import { problemWith } from '../../hw/tensor/params.ts';
import type { TensorParams } from '../../hw/tensor/params.ts';
import { loadConfig } from '../../hw/soc/config-file.ts';
import { parseElf } from '../../sim/elf.ts';
import { runElf } from '../../sim/run-elf.ts';
import { Random } from '../../sw/data/random.ts';

const folder = mkdtempSync(join(tmpdir(), 'systole-library-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const hasCompiler = spawnSync('riscv64-unknown-elf-gcc', ['--version']).status === 0;

const edge = loadConfig('edge');
/** A bus that is no wider than the smallest memories. */
const base = { ...loadConfig('nano'), core: edge.core };
const small = { hazardBlocks: 1, scratchpadBanks: 1, accumulatorBanks: 1 } as const;
const chip = (sizes: Partial<TensorParams>): TensorParams => ({
  ...edge.tensor, ...small, requantiser: 'iterative', vectorLanes: 1, busBytes: base.tensor.busBytes, idBits: base.tensor.idBits, ...sizes,
});

/** Scratchpad rows of 2 · columns and fewer, columns of many rows, one channel record, four rows of everything. */
const ODD: readonly TensorParams[] = [
  chip({ rows: 8, columns: 8, scratchpadRows: 16, accumulatorRows: 16, channels: 8 }),
  chip({ rows: 8, columns: 8, scratchpadRows: 17, accumulatorRows: 16, channels: 8 }),
  chip({ rows: 8, columns: 8, scratchpadRows: 9, accumulatorRows: 16, channels: 8 }),
  chip({ rows: 8, columns: 8, scratchpadRows: 8, accumulatorRows: 4, channels: 1 }),
  chip({ rows: 4, columns: 4, scratchpadRows: 4, accumulatorRows: 4, channels: 1 }),
  chip({ rows: 4, columns: 32, scratchpadRows: 64, accumulatorRows: 8, channels: 64 }),
  chip({ rows: 32, columns: 5, scratchpadRows: 11, accumulatorRows: 4096, channels: 3 }),
];

function randomChip(random: Random): TensorParams {
  const between = (low: number, high: number): number => low + random.below(high - low + 1);
  for (;;) {
    const columns = between(2, 24);
    const convolution = random.below(3) > 0;
    const p = chip({
      rows: between(2, 24), columns, scratchpadRows: between(4, random.below(2) === 0 ? 3 * columns : 200),
      accumulatorRows: between(4, 64), channels: between(1, 40), convolution, maximum: convolution && random.below(2) > 0,
      depthwiseTaps: convolution && random.below(3) > 0 ? between(2, 8) : 0,
    });
    if (problemWith(p) === undefined) return p;
  }
}

describe.runIf(hasCompiler).each(['matmul', 'conv'])('%s of the C library', (name) => {
  const out = { model: join(folder, `${name}.elf`), wasm: join(folder, `${name}-few.elf`) };
  if (hasCompiler) {
    const sources = [fileURLToPath(new URL(`programs/${name}-all.c`, import.meta.url))];
    compileProgram({ name: `${name}-all`, sources, march: 'rv32im_zicsr', flags: OWN_CODE, out: out.model });
    compileProgram({ name: `${name}-few`, sources, march: 'rv32im_zicsr', flags: [...OWN_CODE, '-DEVERY=4'], out: out.wasm });
  }
  async function check(tensor: TensorParams, engine: 'model' | 'wasm'): Promise<void> {
    let said = '';
    const elf = parseElf(readFileSync(out[engine]), out[engine]);
    const { exit } = await runElf({
      config: { ...base, tensor }, elf, engine, maxCycles: 20_000_000, onUart: (bytes) => { said += Buffer.from(bytes).toString(); },
    });
    expect({ exit, said }, JSON.stringify(tensor)).toEqual({ exit: 0, said: 'all right\n' });
  }

  it('is right on odd chips', async () => {
    for (const tensor of ODD) {
      expect(problemWith(tensor)).toBeUndefined();
      await check(tensor, 'model');
      await check({ ...tensor, ...NO_FEATURES }, 'model');
    }
  });

  it('is right on random chips', async () => {
    const random = new Random(5);
    for (let i = 0; i < 25; i++) await check(randomChip(random), 'model');
  });

  it('is right on the RTL of the tightest', async () => {
    for (const index of [0, 3]) await check(ODD[index], 'wasm');
    await check({ ...ODD[0], ...NO_FEATURES }, 'wasm');
  });
});
