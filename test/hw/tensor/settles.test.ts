/** tn.fence answers only when main memory has acknowledged every store: until then others need not see it, and it may still fail. */
import { expect, it } from 'vitest';
import { packFields } from '../../../hw/isa/instruction.ts';
import { ALL_FEATURES, NO_FEATURES } from '../../../hw/isa/tensor-rows.ts';
import { TENSOR } from '../../../hw/isa/tensor.ts';
import type { TensorParams } from '../../../hw/tensor/params.ts';
import { createWasmSimulator } from '../../../sim/engine/index.ts';
import { BENCH_BASE, TensorDriver, tensorBench } from '../../support/tensor-bench.ts';

const unit: TensorParams = {
  rows: 4, columns: 4, scratchpadRows: 64, accumulatorRows: 32, channels: 32, scratchpadBanks: 1, accumulatorBanks: 1, vectorLanes: 1,
  requantiser: 'iterative', queueDepth: 1, hazardBlocks: 1, counters: false, busBytes: 4, idBits: 1, pipelineEvery: 1, ...ALL_FEATURES, multiplier: 'generic',
};

it.each(['full', 'serial'] as const)('waits for every acknowledgement, %s', (overlap) => {
  const sim = createWasmSimulator(tensorBench({ ...unit, ...(overlap === 'full' ? ALL_FEATURES : NO_FEATURES), overlap }));
  const driver = new TensorDriver(sim, true);
  for (let i = 0; i < 60; i++) {
    driver.execute('st', BENCH_BASE + 4096 + 32 * i, packFields(TENSOR.st.rs2, { row: 0, count: 1 + (i % 5) }));
    driver.execute('fence');
    // Bursts that memory has taken and not acknowledged.
    expect(sim.peek('memory.answers')).toBe(0n);
    expect(sim.peek('memory.writing')).toBe(0n);
  }
});
