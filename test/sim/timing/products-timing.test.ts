/**
 * The cycle model knows what products of all kinds take behind each other, on random meshes: with windows and without, of few rows, and
 * such that add to rows that were just written.
 */
import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../../hw/soc/config-file.ts';
import { problemWith } from '../../../hw/tensor/params.ts';
import type { TensorParams } from '../../../hw/tensor/params.ts';
import { Random } from '../../../sw/data/random.ts';
import { command, timesOf } from '../../support/timed-program.ts';

const edge = loadConfig('edge');
const IMAGE_ROWS = 40;
const PROGRAMS = 3;
/** Of the accumulators' rows the first that is none from which a product goes on. */
const MOST_ROW = 32;

function randomMesh(random: Random): TensorParams {
  const of = <T>(...all: readonly T[]): T => all[random.below(all.length)];
  for (;;) {
    const p = {
      ...edge.tensor, rows: of(2, 4, 8), columns: of(2, 4, 8), scratchpadRows: 256, scratchpadBanks: of(1, 2, 4), accumulatorRows: 64,
      accumulatorBanks: of<1 | 2>(1, 2), vectorLanes: 1, hazardBlocks: of(16, 256), queueDepth: of(1, 2, 4), pipelineEvery: of(1, 1, 2, 4),
      depthwiseTaps: of(2, 3, 4, 5),
    };
    if (problemWith(p) === undefined) return p;
  }
}

function program(random: Random, { rows, columns, depthwiseTaps }: TensorParams): readonly string[] {
  const commands = [command('ld', { address: 0 }, { row: 0, count: IMAGE_ROWS + 2 * columns + depthwiseTaps })];
  // A long one, and one that adds to its last row and is ready by then.
  for (const [accRow, count] of [[0, 60], [59, 5]]) {
    commands.push(command('win', { imageRows: IMAGE_ROWS, width: 8 }, { left: -1, top: 0, windowWidth: 8 }),
      command('dl', { aRow: 0, wRow: IMAGE_ROWS }, { accRow, count, accumulate: 1 }));
  }
  commands.push('tn.fence a0');
  const late = IMAGE_ROWS + 2 * columns + depthwiseTaps;
  let last = 0;
  for (let i = 0; i < 14; i++) {
    // Rows that are still on their way: behind the weights, which does not matter to who reads one row of these, and as activations.
    const lateRows = random.below(3) === 0 ? 1 + random.below(20) : 0;
    if (lateRows > 0) commands.push('tn.fence a0', command('ld', { address: 1024 }, { row: late, count: lateRows }));
    const op = (['mm', 'dw', 'mx', 'dl', 'dl'] as const)[random.below(5)];
    const accRow = random.below(2) === 0 ? last : random.below(4);
    const isWindowed = op === 'dl' || random.below(2) === 0;
    if (isWindowed) {
      commands.push(command('win', { imageRows: IMAGE_ROWS, width: 2 + random.below(6), strideXMinus1: random.below(3), strideYMinus1: random.below(2) },
        { left: random.below(4) - 2, top: random.below(3) - 1, windowWidth: 1 + random.below(6), padding: 3 }));
    }
    const [count, columnsMinus1] = [1 + random.below(random.below(2) === 0 ? 3 : 30), random.below(Math.min(rows, columns))];
    last = (accRow + count - 1) % MOST_ROW;
    const aRow = lateRows > 0 && !isWindowed && count <= late ? late + lateRows - count : 0;
    const wRow = lateRows > 0 && (op === 'dw' || op === 'mx') ? late - 1 : IMAGE_ROWS + random.below(columns);
    commands.push(command(op, { aRow, wRow }, { accRow, count, columnsMinus1, accumulate: random.below(4) === 0 ? 0 : 1 }));
    if (random.below(4) === 0) commands.push(command('sta', { address: 8192 }, { accRow, count: 1 }));
    // What products lose shows where the program waits for them.
    if (random.below(3) === 0) commands.push('tn.fence a0');
  }
  return commands;
}

describe('products behind each other', () => {
  it.each([1, 2, 3, 6])('take as long as the model says: random mesh %i', async (seed) => {
    const random = new Random(seed);
    const tensor = randomMesh(random);
    const simulation = { ...edge.simulation, latencyCycles: seed % 2 === 0 ? 1 : 20 };
    for (let i = 0; i < PROGRAMS; i++) {
      const body = program(random, tensor);
      const { rtl, model } = await timesOf({ ...edge, tensor, simulation }, body);
      const { rows, columns, pipelineEvery, depthwiseTaps, queueDepth } = tensor;
      const what = `model ${model}, RTL ${rtl}: ${JSON.stringify({ rows, columns, pipelineEvery, depthwiseTaps, queueDepth })}\n${body.join('\n')}`;
      expect(model, what).toBe(rtl);
    }
  });
});
