/**
 * Performance is specified like behaviour: what each row of the goldens takes on the RTL may only fall, and the compiler's estimate may
 * stray from it hardly further than it did. `SYSTOLE_LOWER_GOLDENS=1` writes lower figures down; it never raises one.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { loadConfig } from '../../hw/soc/config-file.ts';
import { measure } from './measure.ts';
import type { Figures, Workload } from './measure.ts';

interface Golden {
  /** On the RTL, from the first tensor instruction to the completion of the last. */
  readonly cycles: number;
  /** By how much the estimate differs, in per cent of the cycles; rounded up. */
  readonly estimateErrorPercent: number;
}
type Goldens = Record<string, Record<string, Golden>>;

/** So much more is no difference: a few cycles fewer on the RTL are not the cost model's fault. */
const SLACK_PERCENT = 1;

const FILE = new URL('goldens.json', import.meta.url);
const goldens = JSON.parse(readFileSync(FILE, 'utf8')) as Goldens;
const mayLower = process.env.SYSTOLE_LOWER_GOLDENS === '1';

const SMALL = '4x4x4,8x8x8,12x12x12,16x16x8,16x16x16';
const BENCH: Workload = {
  products: `${SMALL},64x64x64,1x512x512,17x33x65,100x10x784`, sums: '16x16x16,64x64x64,17x33x65',
  networks: [{ sizes: [64, 48, 32, 10], batch: 20 }], digits: 0,
};
/** Layers of `mnist-fc`, and of networks that make the compiler stream both operands and keep weights. */
const PRESET: Workload = {
  products: `${SMALL},64x64x64,17x33x65`, sums: '17x33x65',
  networks: [{ sizes: [784, 500, 10], batch: 10 }, { sizes: [196, 260, 10], batch: 20 }, { sizes: [32, 16], batch: 300 }], digits: 100,
};
/** Too long for a mesh that takes a million cycles. */
const LARGE: Workload = { ...BENCH, products: `${BENCH.products},256x256x256` };
const CHIPS: Readonly<Record<string, Workload>> = {
  'configs/bench/gemm-4x4.toml': BENCH, 'configs/bench/gemm-8x8.toml': LARGE, 'configs/bench/gemm-16x16.toml': LARGE,
  'configs/nano.toml': PRESET, 'configs/edge.toml': PRESET, 'configs/base.toml': PRESET,
};

const errorPercent = ({ cycles, estimatedCycles }: Figures): number => Math.ceil(1000 * Math.abs(estimatedCycles / cycles - 1)) / 10;

/** Lines about what is worse than the golden, or better without the golden saying so. */
function differences(name: string, figures: Figures, golden: Golden | undefined): string[] {
  const { cycles } = figures;
  const error = errorPercent(figures);
  if (golden === undefined) return [`${name}: ${cycles} cycles, estimate ${error} % off: has no golden`];
  return [
    ...(cycles > golden.cycles ? [`${name}: ${cycles} cycles, more than the golden ${golden.cycles}: it got slower`] : []),
    ...(cycles < golden.cycles ? [`${name}: ${cycles} cycles, fewer than the golden ${golden.cycles}: lower the golden`] : []),
    ...(error > golden.estimateErrorPercent + SLACK_PERCENT
      ? [`${name}: estimate ${figures.estimatedCycles} of ${cycles} cycles is ${error} % off, more than the golden ${golden.estimateErrorPercent} %: mend the cost model`]
      : []),
  ];
}

const lower = (figures: Figures, golden: Golden | undefined): Golden => ({
  cycles: Math.min(figures.cycles, golden?.cycles ?? Infinity),
  estimateErrorPercent: Math.min(errorPercent(figures), golden?.estimateErrorPercent ?? Infinity),
});

describe('cycles and estimates', () => {
  it.each(Object.entries(CHIPS))('on %s are no worse than the goldens', async (file, workload) => {
    const config = loadConfig(new URL(`../../${file}`, import.meta.url).pathname);
    const rows = await measure(config, workload);
    const ours = goldens[config.name] ?? {};
    if (mayLower) {
      // Rows that are measured no more go.
      goldens[config.name] = Object.fromEntries([...rows].map(([name, figures]) => [name, lower(figures, ours[name])]));
    }
    const expected = goldens[config.name] ?? {};
    expect([...rows].flatMap(([name, figures]) => differences(name, figures, expected[name]))).toEqual([]);
    expect(Object.keys(expected).filter((name) => !rows.has(name)), 'goldens of nothing').toEqual([]);
  });

  it('have no goldens of other chips', () => {
    expect(Object.keys(goldens).sort()).toEqual(Object.keys(CHIPS).map((file) => /([\w-]+)\.toml$/.exec(file)?.[1]).sort());
  });

  afterAll(() => {
    if (!mayLower) return;
    const text = Object.entries(goldens).map(([chip, rows]) =>
      `  ${JSON.stringify(chip)}: {\n${Object.entries(rows).map(([name, golden]) => `    ${JSON.stringify(name)}: ${JSON.stringify(golden)}`).join(',\n')}\n  }`);
    writeFileSync(FILE, `{\n${text.join(',\n')}\n}\n`);
  });
});
