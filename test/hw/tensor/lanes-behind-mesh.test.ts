/**
 * Products of the depthwise lanes behind products of the mesh whose last row comes late, with any number of taps: the sums of the lanes,
 * which are ready sooner, neither overtake nor meet those of the mesh, to whose rows they are added.
 */
import { describe, expect, it } from 'vitest';
import { packFields } from '../../../hw/isa/instruction.ts';
import { ALL_FEATURES } from '../../../hw/isa/tensor-rows.ts';
import { TENSOR, TENSOR_OPS } from '../../../hw/isa/tensor.ts';
import type { TensorOp } from '../../../hw/isa/tensor.ts';
import type { TensorParams } from '../../../hw/tensor/params.ts';
import { createWasmSimulator } from '../../../sim/engine/index.ts';
import { TensorModel } from '../../../sim/model/tensor.ts';
import { Random } from '../../../sw/data/random.ts';
import { BENCH_BASE, BENCH_BYTES, TensorDriver, accumulatorsOf, tensorBench } from '../../support/tensor-bench.ts';

const common: TensorParams = {
  rows: 8, columns: 8, scratchpadRows: 64, accumulatorRows: 16, channels: 32, scratchpadBanks: 1, accumulatorBanks: 1, vectorLanes: 1,
  requantiser: 'pipelined', queueDepth: 4, hazardBlocks: 64, counters: false, busBytes: 4, idBits: 1, pipelineEvery: 1, ...ALL_FEATURES, multiplier: 'generic',
};
const two = { pipelineEvery: 2 } as const;
/** Cycles from row to sums in the mesh are more than the taps by 13, 1, 1, 0, -1 and -2. */
const MESHES: readonly Partial<TensorParams>[] = [
  { depthwiseTaps: 2 }, { rows: 2, columns: 2, depthwiseTaps: 2 }, { ...two, depthwiseTaps: 6 }, { ...two, depthwiseTaps: 7 },
  { ...two, depthwiseTaps: 8 }, { rows: 4, columns: 4, depthwiseTaps: 3, pipelineEvery: 4 },
];
const ROUNDS = 60;
/** First rows of the image, of the weights, and of what comes late. */
const [IMAGE, WEIGHTS, LATE] = [0, 16, 40];

describe.each(MESHES)('depthwise lanes behind the mesh, %j', (change) => {
  it('come after it', () => {
    const p = { ...common, ...change };
    const sim = createWasmSimulator(tensorBench(p));
    const driver = new TensorDriver(sim, true);
    const random = new Random(31);
    const ram = Uint8Array.from({ length: BENCH_BYTES }, () => random.below(256));
    sim.memory('memory.cells').write(0, ram);
    const model = new TensorModel({ ...p, counters: 0 }, {
      readBlock: (address, into) => (into.set(ram.subarray(address - BENCH_BASE, address - BENCH_BASE + into.length)), true),
      writeBlock: () => true,
    });
    const execute = (op: TensorOp, rs1: Readonly<Record<string, number>>, rs2: Readonly<Record<string, number>>): void => {
      const [a, b] = [packFields(TENSOR[op].rs1, rs1), packFields(TENSOR[op].rs2, rs2)];
      driver.execute(op, a, b);
      model.execute(TENSOR_OPS.indexOf(op), a, b);
    };
    const status = (): void => expect(driver.execute('fence')).toBe(model.execute(TENSOR_OPS.indexOf('fence'), 0, 0));
    execute('ld', { address: BENCH_BASE }, { row: IMAGE, count: LATE });
    execute('mm', { aRow: IMAGE, wRow: WEIGHTS }, { accRow: 0, count: p.accumulatorRows, columnsMinus1: p.columns - 1 });
    status();
    for (let round = 0; round < ROUNDS; round++) {
      const [late, accRow, count] = [1 + random.below(6), random.below(8), 1 + random.below(3)];
      const columnsMinus1 = Math.min(p.rows, p.columns) - 1;
      // All weights are there long before the row.
      execute('ld', { address: BENCH_BASE + 1024 + round }, { row: LATE, count: late });
      execute('mm', { aRow: LATE + late - 1, wRow: WEIGHTS }, { accRow, count: 1, columnsMinus1, accumulate: 1 });
      execute('win', { imageRows: 12, width: 4 }, { left: random.below(4) - 2, top: 0, windowWidth: 1 + random.below(3), padding: 7 });
      execute('dl', { aRow: IMAGE, wRow: WEIGHTS + 8 }, { accRow, count, columnsMinus1, accumulate: random.below(4) === 0 ? 0 : 1 });
      if (random.below(2) === 0) execute('mm', { aRow: IMAGE + 1, wRow: WEIGHTS }, { accRow: accRow + count - 1, count: 2, columnsMinus1, accumulate: 1 });
      status();
      expect(accumulatorsOf(sim, p), `round ${round}`).toEqual(model.accumulators);
    }
  });
});
