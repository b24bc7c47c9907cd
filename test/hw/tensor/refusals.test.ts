/**
 * Which operands are refused: for every field of every command the values on both sides of its limit, beside the golden model, which
 * has the rules of the instruction set's table. A rule that only one of them knows shows in the status.
 */
import { describe, expect, it } from 'vitest';
import { packFields } from '../../../hw/isa/instruction.ts';
import { ALL_FEATURES, NO_FEATURES } from '../../../hw/isa/tensor-rows.ts';
import { TENSOR, TENSOR_COMMAND_OPS, TENSOR_OPS, tensorOpsWith } from '../../../hw/isa/tensor.ts';
import type { TensorOp } from '../../../hw/isa/tensor.ts';
import type { TensorParams } from '../../../hw/tensor/params.ts';
import { createWasmSimulator } from '../../../sim/engine/index.ts';
import { TensorModel } from '../../../sim/model/tensor.ts';
import { BENCH_BASE, BENCH_BYTES, TensorDriver, tensorBench } from '../../support/tensor-bench.ts';

const full: TensorParams = {
  rows: 4, columns: 6, scratchpadRows: 64, accumulatorRows: 32, channels: 32, scratchpadBanks: 1, accumulatorBanks: 1, vectorLanes: 2,
  requantiser: 'pipelined', queueDepth: 2, hazardBlocks: 1, counters: false, busBytes: 4, idBits: 1, pipelineEvery: 1, ...ALL_FEATURES, depthwiseTaps: 3, multiplier: 'generic',
  overlap: 'full',
};
const serial: TensorParams = { ...full, vectorLanes: 1, requantiser: 'iterative', queueDepth: 1, ...NO_FEATURES, overlap: 'serial' };

/** Behind the channel records. */
const STORES = BENCH_BASE + 0x2000;

type Instruction = readonly [TensorOp, number, number];

/** Every command with operands around its limits. */
function cases(p: TensorParams): readonly (readonly Instruction[])[] {
  const { rows: R, columns: C, scratchpadRows, accumulatorRows, channels } = p;
  const around = (limit: number): readonly number[] => [0, 1, limit - 1, limit, limit + 1].filter((n) => n >= 0);
  const all: Instruction[][] = [];
  // Rows, counts, channels and columns; pairs, because it is their sum that is limited.
  for (const op of ['ld', 'st'] as const) {
    for (const count of around(scratchpadRows)) {
      for (const row of [0, 1, scratchpadRows - count, scratchpadRows - count + 1]) {
        if (row >= 0) all.push([[op, STORES, packFields(TENSOR[op].rs2, { row, count })]]);
      }
    }
  }
  for (const count of around(channels)) for (const channel of around(channels - count)) all.push([['ldp', BENCH_BASE, packFields(TENSOR.ldp.rs2, { channel, count })]]);
  for (const count of around(accumulatorRows)) {
    for (const accRow of around(Math.max(0, accumulatorRows - count))) all.push([['sta', STORES, packFields(TENSOR.sta.rs2, { accRow, count })]]);
  }
  for (const columnsMinus1 of around(C)) {
    for (const channel of around(channels - columnsMinus1 - 1)) {
      all.push([['rq', packFields(TENSOR.rq.rs1, { accRow: 0, count: 1, columnsMinus1 }), packFields(TENSOR.rq.rs2, { row: 0, channel })]]);
    }
    for (const row of around(scratchpadRows - 4)) {
      all.push([['rq', packFields(TENSOR.rq.rs1, { accRow: 0, count: 3, columnsMinus1 }), packFields(TENSOR.rq.rs2, { row, channel: 0 })]]);
    }
    for (const wRow of around(scratchpadRows - columnsMinus1 - 1)) {
      all.push([['mm', packFields(TENSOR.mm.rs1, { aRow: 0, wRow }), packFields(TENSOR.mm.rs2, { accRow: 0, count: 1, columnsMinus1, accumulate: 0 })]]);
    }
  }
  for (const count of [0, 1, 2]) {
    for (const aRow of around(scratchpadRows - count)) {
      all.push([['mm', packFields(TENSOR.mm.rs1, { aRow, wRow: 0 }), packFields(TENSOR.mm.rs2, { accRow: 0, count, columnsMinus1: 0, accumulate: 1 })]]);
    }
    for (const accRow of around(accumulatorRows - count)) {
      all.push([['mm', 0, packFields(TENSOR.mm.rs2, { accRow, count, columnsMinus1: 0, accumulate: 1 })]]);
      all.push([['rq', packFields(TENSOR.rq.rs1, { accRow, count, columnsMinus1: 0 }), packFields(TENSOR.rq.rs2, { row: 0, channel: 0 })]]);
    }
  }
  for (const op of (['ad', 'mu'] as const).filter((name) => tensorOpsWith(p).includes(name))) {
    const of = (rs1: Record<string, number>, rs2: Record<string, number>): Instruction =>
      [op, packFields(TENSOR[op].rs1, rs1), packFields(TENSOR[op].rs2, rs2)];
    for (const count of [0, 1, 3]) {
      for (const row of around(scratchpadRows - count)) {
        all.push([of({ aRow: row }, { count })], [of({ bRow: row }, { count })], [of({}, { row, count })]);
      }
    }
    for (const recordGroup of around(channels / p.vectorLanes - 3)) all.push([of({}, { count: 1, recordGroup })]);
  }
  if (tensorOpsWith(p).includes('tb')) {
    for (const count of around(scratchpadRows)) {
      for (const row of around(Math.max(0, scratchpadRows - count))) {
        all.push([['tb', packFields(TENSOR.tb.rs1, { aRow: row, count }), 0]], [['tb', packFields(TENSOR.tb.rs1, { count }), row]]);
      }
    }
  }
  if (tensorOpsWith(p).includes('mv')) {
    for (const count of [0, 1, 2, 3]) {
      for (const wRow of around(scratchpadRows - count * C)) {
        all.push([['mv', packFields(TENSOR.mv.rs1, { aRow: 0, wRow }), packFields(TENSOR.mv.rs2, { accRow: 0, count, columnsMinus1: 0 })]]);
      }
    }
  }
  // Products with weights of each lane's own, with and without a window; what a unit lacks is no command.
  const laneProducts = ([['dw', 1], ['mx', 1], ['dl', p.depthwiseTaps]] as const).filter(([name]) => tensorOpsWith(p).includes(name));
  for (const [op, rowsOfWeights] of laneProducts) {
    const product = (aRow: number, wRow: number, columnsMinus1: number): Instruction =>
      [op, packFields(TENSOR[op].rs1, { aRow, wRow }), packFields(TENSOR[op].rs2, { accRow: 0, count: 1, columnsMinus1 })];
    const window = (imageRows: number): Instruction => ['win', packFields(TENSOR.win.rs1, { imageRows, width: 1 }), packFields(TENSOR.win.rs2, { windowWidth: 1 })];
    all.push([product(0, 0, 0)]);
    for (const wRow of around(scratchpadRows - rowsOfWeights)) all.push([window(1), product(0, wRow, 0)]);
    for (const columnsMinus1 of [...around(C), ...around(R)]) all.push([window(1), product(0, 0, columnsMinus1)]);
    for (const imageRows of around(scratchpadRows - 2)) for (const aRow of [1, 2, 3]) all.push([window(imageRows), product(aRow, 0, 0)]);
  }
  // Addresses, strides and row lengths.
  for (const offset of [1, 2, 3, 4]) {
    all.push([['ldp', BENCH_BASE + offset, packFields(TENSOR.ldp.rs2, { channel: 0, count: 1 })]]);
    all.push([['sta', STORES + offset, packFields(TENSOR.sta.rs2, { accRow: 0, count: 1 })]]);
  }
  const limits = { ld: R, st: R, sta: 4 * C } as const;
  for (const [op, limit] of Object.entries(limits) as [keyof typeof limits, number][]) {
    const command: Instruction = [op, STORES, packFields(TENSOR[op].rs2, op === 'sta' ? { accRow: 0, count: 2 } : { row: 0, count: 2 })];
    for (const rowBytes of [...around(limit), 2, 3, 4, 5, 6, 8, limit + 4, 0x8000 | limit]) {
      all.push([['arg', 64, packFields(TENSOR.arg.rs2, { rowBytes })], command]);
    }
    for (const stride of [0, 1, 2, 3, 4, 5, 6, 32]) all.push([['arg', stride, packFields(TENSOR.arg.rs2, { rowBytes: 4 })], command]);
  }
  // A prefix is not for commands that have none.
  for (const rowBytes of [0, 5]) all.push([['arg', 3, packFields(TENSOR.arg.rs2, { rowBytes })], ['ldp', BENCH_BASE, packFields(TENSOR.ldp.rs2, { channel: 0, count: 1 })]]);
  return all;
}

describe.each(Object.entries({ full, serial }))('operands of a unit, %s', (_, p) => {
  it('are refused exactly where the model refuses them', () => {
    const sim = createWasmSimulator(tensorBench(p));
    // Channel records of ones are legal.
    sim.memory('memory.cells').write(0, new Uint8Array(BENCH_BYTES).fill(1));
    const driver = new TensorDriver(sim, false);
    const model = new TensorModel({ ...p, counters: 0 }, { readBlock: (_, into) => (into.fill(1), true), writeBlock: () => true });
    let before = 0;
    const statuses = new Map<TensorOp, Set<number>>();
    for (const instructions of cases(p)) {
      const both = [...instructions, ['fence', 0, 0] as const].map(([op, rs1, rs2]): readonly [number, number] =>
        [driver.execute(op, rs1, rs2), model.execute(TENSOR_OPS.indexOf(op), rs1, rs2) >>> 0]);
      const [found, expected] = both[both.length - 1];
      const text = instructions.map(([op, rs1, rs2]) => `${op} ${rs1.toString(16)} ${rs2.toString(16)}`).join('; ');
      expect({ text, status: found }).toEqual({ text, status: expected });
      const [op] = instructions[instructions.length - 1];
      // The status counts.
      statuses.set(op, (statuses.get(op) ?? new Set()).add(found - before));
      before = found;
    }
    // Of every command some were taken and some refused.
    expect([...statuses].filter(([, seen]) => seen.size !== 2)).toEqual([]);
    // A table comes from anywhere: nothing of it is refused.
    expect(statuses.size).toBe(TENSOR_COMMAND_OPS.filter((op) => op !== 'ldt' && tensorOpsWith(p).includes(op)).length);
  });
});
