/**
 * Single layers as programs: what they compute against plain loops, on chips of all sizes, and the networks that the bench consists of.
 * More with SYSTOLE_LAYERS=from:to.
 */
import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { UserError } from '../../../gen/user-error.ts';
import { loadConfig } from '../../../hw/soc/config-file.ts';
import type { TensorParams } from '../../../hw/tensor/params.ts';
import { buildLayer } from '../../../sw/layers/build.ts';
import { macsOf, shapeText, windowed } from '../../../sw/layers/layer.ts';
import { NETWORKS, NETWORK_NAMES } from '../../../sw/layers/networks.ts';
import { planWindowed } from '../../../sw/layers/windowed-plan.ts';
import { chipOf } from '../../../sw/mnist.ts';
import { boardMachine } from '../../../sw/runtime/board-machine.ts';
import { goldenMachine } from '../../../sw/runtime/golden-machine.ts';
import { runLayer } from '../../../sw/runtime/layer-run.ts';
import { IS_LONG } from '../../support/effort.ts';
import { randomTensorChip } from '../../support/random-tensor-chip.ts';
import { chip } from '../compiler/networks.ts';
import { randomLayer, randomWindowed } from './random-layer.ts';

const [FROM, TO] = (process.env.SYSTOLE_LAYERS ?? (IS_LONG ? '1:300' : '1:40')).split(':').map(Number);
/** A layer whose images overlap in main memory by whole rows. */
const TELLING = [127];
const SEEDS = [...new Set([...Array.from({ length: TO - FROM + 1 }, (_, i) => FROM + i), ...TELLING])];

/** Meshes of all shapes; memories so small that lines, images and weights come and go. */
const CHIPS: Readonly<Record<string, Partial<TensorParams>>> = {
  square: { rows: 8, columns: 8, vectorLanes: 8 },
  wide: { rows: 4, columns: 16, vectorLanes: 4 },
  tall: { rows: 16, columns: 8, vectorLanes: 2 },
  odd: { rows: 12, columns: 20 },
  'small scratchpad': { rows: 8, columns: 8, scratchpadRows: 512, accumulatorRows: 256 },
  'tiny scratchpad': { rows: 8, columns: 8, scratchpadRows: 128, accumulatorRows: 64, hazardBlocks: 4 },
  'few accumulators': { rows: 8, columns: 8, accumulatorRows: 32 },
  'few channels': { rows: 4, columns: 4, channels: 8, scratchpadRows: 1024 },
  'without options': { rows: 8, columns: 8, vectorLanes: 4, depthwiseTaps: 0, matrixVector: false },
};

describe('a layer', () => {
  it.each(Object.entries(CHIPS))('gives the bytes of the definition on a chip that is %s', { timeout: 120_000 }, async (_, changes) => {
    const target = chip(changes);
    const machine = goldenMachine({ tensor: target.tensor, ramBytes: target.ramBytes });
    let refused = 0;
    for (const seed of SEEDS) {
      try {
        await runLayer(machine, buildLayer(randomLayer(seed), target, { seed, untimed: true }));
      } catch (error) {
        if (!(error instanceof UserError)) throw new Error(`seed ${seed}, ${shapeText(randomLayer(seed))}: ${String(error)}`);
        expect(error.message).toMatch(/^layer random\d+: (a line of \d+ outputs of \d+ channels does not fit the chip's memories|adding takes \d+ channel records)/);
        refused += 1;
      }
      if (seed % 10 === 0) await setImmediate();
    }
    expect(refused).toBeLessThan(SEEDS.length / 4);
  });

  it('is cut in every way that there is', () => {
    const plans = Object.values(CHIPS).flatMap((changes) => SEEDS.flatMap((seed) => {
      try {
        return planWindowed(randomWindowed(seed), chip(changes).tensor);
      } catch {
        return [];
      }
    }));
    const ways = new Set(plans.map(({ op, imageStays, weightsStay, recordsStay, chunks }) =>
      `${op} ${imageStays ? 'image stays' : ''} ${weightsStay ? 'weights stay' : ''} ${chunks.length > 1 ? 'chunks' : ''} ${recordsStay}`));
    for (const part of ['mm image stays weights stay chunks', 'mm image stays  ', 'mm  weights stay chunks', 'mm   chunks', 'dl image stays', 'dl  ', 'dw image stays']) {
      expect([...ways].some((way) => way.startsWith(part)), part).toBe(true);
    }
    expect([...ways].some((way) => way.endsWith('false'))).toBe(true);
  });

  it.each(SEEDS.slice(0, IS_LONG ? 60 : 5))('takes the cycles that the model says, on random chip %i', { timeout: 120_000 }, async (seed) => {
    const config = randomTensorChip(seed);
    const machine = await boardMachine(config, 'wasm');
    const wrong: string[] = [];
    for (const layer of [randomLayer(2 * seed), randomLayer(2 * seed + 1)]) {
      try {
        const built = buildLayer(layer, chipOf(config));
        const { cycles = 0 } = await runLayer(machine, built);
        const { estimatedCycles: said = 0 } = built;
        const percent = config.soc.instructionCacheBytes === 0 ? 3 : 1;
        if (Math.abs(said - cycles) > Math.max(2, (percent / 100) * cycles)) wrong.push(`${shapeText(layer)}: model ${said}, RTL ${cycles}`);
      } catch (error) {
        if (!(error instanceof UserError)) throw error;
      }
    }
    machine.close?.();
    expect(wrong).toEqual([]);
  });

  it('needs windows, and memories that hold a line', () => {
    const layer = windowed('conv', 'one', { height: 8, width: 8, channels: 8 }, { kernel: [3, 3] });
    expect(() => buildLayer(layer, chip({ convolution: false })))
      .toThrow('layer one: the chip\'s tensor unit takes no windows; set tensor.convolution = true and tensor.overlap = "full"');
    expect(() => buildLayer(layer, chip({ accumulatorRows: 8 }))).toThrow('layer one: a line of 8 outputs of 8 channels does not fit');
    expect(() => buildLayer(layer, chip({}, 2048))).toThrow(/^layer one: program and data take \d+ bytes and the chip has 2048 of RAM; raise simulation\.ram$/);
    const sum = { kind: 'add', name: 'sum', input: layer.input } as const;
    expect(() => buildLayer(sum, chip({ elementwise: false })))
      .toThrow('layer sum: the chip\'s tensor unit adds no images; set tensor.elementwise = true and tensor.overlap = "full"');
    expect(() => buildLayer(sum, chip({ vectorLanes: 4, channels: 8 })))
      .toThrow('layer sum: adding takes 12 channel records and the chip has 8; raise tensor.channels');
    expect(() => windowed('conv', 'none', { height: 2, width: 8, channels: 1 }, { kernel: [3, 3], padding: 'valid' }))
      .toThrow('layer none: a kernel of 3 x 3 does not fit 2 x 8 pixels');
  });
});

describe('the networks of the bench', () => {
  // Multiply-accumulates as MLPerf Tiny's papers and tools count them.
  it.each([['resnet8', 12_501_632], ['dscnn', 2_656_768], ['mobilenet025', 7_489_664], ['ad01', 264_192]] as const)('%s has %i products', (name, macs) => {
    expect(NETWORKS[name]().layers.reduce((sum, layer) => sum + macsOf(layer), 0)).toBe(macs);
  });

  it('run on the golden model of the bench chip', { timeout: 120_000 }, async () => {
    const config = loadConfig('configs/bench/gemm-8x8.toml');
    const target = chipOf(config);
    const machine = goldenMachine({ tensor: target.tensor, ramBytes: target.ramBytes });
    for (const name of NETWORK_NAMES) {
      for (const layer of NETWORKS[name]().layers) await runLayer(machine, buildLayer(layer, target, { untimed: true }));
    }
  });
});
