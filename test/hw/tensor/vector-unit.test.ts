/** Commands of the vector unit with operands in the scratchpad behind commands of the other units that have not begun, or are under way. */
import { describe, expect, it } from 'vitest';
import { packFields } from '../../../hw/isa/instruction.ts';
import { ALL_FEATURES } from '../../../hw/isa/tensor-rows.ts';
import { TENSOR, TENSOR_OPS } from '../../../hw/isa/tensor.ts';
import type { TensorOp } from '../../../hw/isa/tensor.ts';
import type { TensorParams } from '../../../hw/tensor/params.ts';
import { createWasmSimulator } from '../../../sim/engine/index.ts';
import { TensorModel } from '../../../sim/model/tensor.ts';
import { Random } from '../../../sw/data/random.ts';
import { BENCH_BASE, BENCH_BYTES, TensorDriver, scratchpadOf, tensorBench } from '../../support/tensor-bench.ts';

const pipelined: TensorParams = {
  rows: 4, columns: 4, scratchpadRows: 128, accumulatorRows: 32, channels: 32, scratchpadBanks: 2, accumulatorBanks: 1, vectorLanes: 4,
  requantiser: 'pipelined', queueDepth: 4, hazardBlocks: 128, counters: false, busBytes: 4, idBits: 1, pipelineEvery: 1, ...ALL_FEATURES, multiplier: 'generic',
};
const fewLanes: TensorParams = { ...pipelined, vectorLanes: 2, scratchpadBanks: 1 };
const iterative: TensorParams = { ...pipelined, vectorLanes: 1, requantiser: 'iterative' };

type Values = Readonly<Record<string, number>>;
const command = (op: TensorOp, rs1: Values, rs2: Values): readonly [TensorOp, number, number] =>
  [op, packFields(TENSOR[op].rs1, rs1), packFields(TENSOR[op].rs2, rs2)];
const load = (row: number, count: number): readonly [TensorOp, number, number] => command('ld', { address: BENCH_BASE + 16 * row }, { row, count });
const pair = (aRow: number, bRow: number, row: number, count = 8): readonly [TensorOp, number, number] =>
  command('ad', { aRow, bRow }, { row, count, recordGroup: 0 });
/** Records in range, in the last bytes of memory. */
const RECORDS = BENCH_BASE + BENCH_BYTES - 16 * 12;
const records = command('ldp', { address: RECORDS }, { channel: 0, count: 12 });

const table = (place: number): readonly [TensorOp, number, number] => command('ldt', { address: BENCH_BASE + place }, {});
const lookUp = (aRow: number, row: number, count: number): readonly [TensorOp, number, number] => command('tb', { aRow, count }, { row });

const PROGRAMS: Readonly<Record<string, readonly (readonly [TensorOp, number, number])[]>> = {
  'the second operand is the last of several loads': [records, load(0, 8), load(64, 48), load(16, 8), pair(0, 16, 32)],
  'the first operand is': [records, load(16, 8), load(64, 48), load(0, 8), pair(0, 16, 32)],
  'both are under way': [records, load(0, 40), pair(0, 20, 50, 20)],
  'a load overwrites an operand': [records, load(0, 8), load(16, 8), pair(0, 16, 32), load(16, 8), load(0, 8)],
  'a store and a load take the result': [
    records, load(0, 32), pair(0, 16, 32), command('st', { address: BENCH_BASE + 4096 }, { row: 32, count: 8 }), load(32, 8), pair(32, 0, 32),
  ],
  'each row is added to the sum of all before it': [records, load(0, 32), pair(0, 16, 1, 10), pair(16, 8, 9, 4), pair(20, 40, 41, 20)],
  'a table comes behind rows, and rows behind a table': [table(3), load(0, 40), lookUp(0, 40, 40), load(0, 40), table(1000), lookUp(0, 80, 48)],
  'a table is used before another one comes': [load(0, 60), table(17), lookUp(0, 60, 60), table(502), lookUp(4, 0, 8)],
  'looked up in place, twice, and each row from the one before': [load(0, 20), table(64), lookUp(0, 0, 20), lookUp(0, 0, 20), lookUp(8, 9, 10)],
  'between sums and products': [
    records, load(0, 40), table(5), pair(0, 8, 50), lookUp(50, 60, 8), pair(60, 50, 70), lookUp(70, 71, 7),
    command('mm', { aRow: 60, wRow: 0 }, { accRow: 0, count: 8, columnsMinus1: 3 }),
    command('rq', { accRow: 0, count: 8, columnsMinus1: 3 }, { row: 100, channel: 0 }), lookUp(100, 110, 8),
    command('rq', { accRow: 0, count: 8, columnsMinus1: 3 }, { row: 90, channel: 0 }), lookUp(0, 20, 1),
  ],
  'both operands are the result': [
    records, load(0, 8), pair(0, 0, 0), pair(0, 0, 0), command('mu', { aRow: 0, bRow: 1 }, { row: 0, count: 7, recordGroup: 0 }),
  ],
};

describe.each(Object.entries({ pipelined, fewLanes, iterative }))('operands in the scratchpad, %s', (_, p) => {
  it.each(Object.keys(PROGRAMS).flatMap((name) => [[name, false], [name, true]] as const))('are those that the program means: %s, stalls: %s', (name, stalls) => {
    const sim = createWasmSimulator(tensorBench(p));
    const driver = new TensorDriver(sim, stalls);
    const random = new Random(9);
    const ram = Uint8Array.from({ length: BENCH_BYTES }, () => random.below(256));
    const words = new Uint32Array(4 * 12);
    for (let i = 0; i < 12; i++) {
      const [bias, multiplier, shift] = [random.below(100) - 50, 2 ** 30 + random.below(2 ** 30), i < 8 ? 32 : 49];
      words.set([bias, multiplier, (shift | 0x7f80_0000) >>> 0, 0], 4 * i);
    }
    ram.set(new Uint8Array(words.buffer), RECORDS - BENCH_BASE);
    const memory = sim.memory('memory.cells');
    memory.write(0, ram);
    const model = new TensorModel({ ...p, counters: 0 }, {
      readBlock: (address, into) => (into.set(ram.subarray(address - BENCH_BASE, address - BENCH_BASE + into.length)), true),
      writeBlock: (address, bytes) => (ram.set(bytes, address - BENCH_BASE), true),
    });
    model.scratchpad.set(scratchpadOf(sim, p));
    for (const [op, rs1, rs2] of PROGRAMS[name]) {
      driver.execute(op, rs1, rs2);
      model.execute(TENSOR_OPS.indexOf(op), rs1, rs2);
    }
    expect(driver.execute('fence')).toBe(0);
    expect(scratchpadOf(sim, p)).toEqual(model.scratchpad);
    expect(Buffer.compare(Buffer.from(memory.read(0, BENCH_BYTES)), Buffer.from(ram))).toBe(0);
  });
});
