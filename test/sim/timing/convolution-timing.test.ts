/** The cycle model knows what windows and depthwise products take: programs of convolutions by hand, beside the RTL. */
import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../../hw/soc/config-file.ts';
import { command, timesOf } from '../../support/timed-program.ts';

interface Layer {
  readonly width: number;
  readonly height: number;
  readonly stride: number;
  readonly outWidth: number;
  readonly outHeight: number;
  readonly op: 'mm' | 'dw' | 'mx' | 'dl';
  /** Cycles that it takes at most, by chip: they only fall. */
  readonly most: readonly [number, number];
}

/** A 3×3 kernel with a pixel of padding, in rows of R channels: image, then weights and window for each of nine products or three lines. */
function program({ width, height, stride, outWidth, outHeight, op }: Layer, columns: number): readonly string[] {
  const image = width * height;
  const count = outWidth * outHeight;
  // Weights of a maximum come one ahead, behind those that the present one reads: it does not wait for them.
  const weights = (tap: number): number => image + (op === 'mx' ? tap : (tap % 2) * columns);
  const load = (tap: number): string => command('ld', { address: 4096 + 64 * tap }, { row: weights(tap), count: op === 'mm' ? columns : 1 });
  const lines = Array.from({ length: 3 }, (_, tap) => [
    command('ld', { address: 4096 + 64 * tap }, { row: weights(tap), count: 3 }),
    command('win', { imageRows: image, width, strideXMinus1: stride - 1, strideYMinus1: stride - 1 },
      { left: -1, top: tap - 1, windowWidth: outWidth, padding: -3 }),
    command('dl', { aRow: 0, wRow: weights(tap) }, { accRow: 0, count, columnsMinus1: columns - 1, accumulate: tap === 0 ? 0 : 1 }),
  ]);
  const taps = op === 'dl' ? lines : Array.from({ length: 9 }, (_, tap) => [
    op === 'mx' ? `${tap === 0 ? load(0) : ''}\n${load(tap + 1)}` : load(tap),
    command('win', { imageRows: image, width, strideXMinus1: stride - 1, strideYMinus1: stride - 1 },
      { left: (tap % 3) - 1, top: Math.floor(tap / 3) - 1, windowWidth: outWidth, padding: -3 }),
    command(op, { aRow: 0, wRow: weights(tap) }, { accRow: 0, count, columnsMinus1: columns - 1, accumulate: tap === 0 ? 0 : 1 }),
  ]);
  return [
    command('ld', { address: 0 }, { row: 0, count: image }), command('ldp', { address: 8192 }, { channel: 0, count: columns }), ...taps.flat(),
    command('rq', { accRow: 0, count, columnsMinus1: columns - 1 }, { row: 0, channel: 0 }),
    command('st', { address: 12_288 }, { row: 0, count }),
  ];
}

const LAYERS: readonly Layer[] = [
  { width: 8, height: 8, stride: 1, outWidth: 8, outHeight: 8, op: 'mm', most: [726, 825] },
  { width: 9, height: 7, stride: 2, outWidth: 5, outHeight: 4, op: 'mm', most: [313, 454] },
  { width: 8, height: 8, stride: 1, outWidth: 8, outHeight: 8, op: 'dw', most: [726, 818] },
  { width: 3, height: 3, stride: 1, outWidth: 3, outHeight: 3, op: 'dw', most: [205, 323] },
  { width: 8, height: 8, stride: 1, outWidth: 8, outHeight: 8, op: 'mx', most: [726, 815] },
  { width: 3, height: 3, stride: 1, outWidth: 3, outHeight: 3, op: 'mx', most: [211, 333] },
  { width: 8, height: 8, stride: 1, outWidth: 8, outHeight: 8, op: 'dl', most: [358, 420] },
  { width: 3, height: 3, stride: 1, outWidth: 3, outHeight: 3, op: 'dl', most: [103, 158] },
  { width: 9, height: 7, stride: 2, outWidth: 5, outHeight: 4, op: 'dl', most: [218, 280] },
];
const CHIPS = ['bench/gemm-8x8', 'edge'];

describe.each(CHIPS)('a convolution on %s', (name) => {
  const config = loadConfig(new URL(`../../../configs/${name}.toml`, import.meta.url).pathname);
  it.each(LAYERS)('takes as long as the model says: %j', async (layer) => {
    const { rtl, model } = await timesOf(config, program(layer, config.tensor.columns));
    expect(rtl).toBeGreaterThan((layer.op === 'dl' ? 3 : 9) * layer.outWidth * layer.outHeight);
    expect(rtl).toBeLessThanOrEqual(layer.most[CHIPS.indexOf(name)]);
    expect(Math.abs(model - rtl), `model ${model}, RTL ${rtl}`).toBeLessThanOrEqual(Math.max(2, 0.01 * rtl));
  });
});
