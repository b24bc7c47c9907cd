/**
 * Random programs drawn from the instruction table alone leave in the unit, in all its forms, what they leave in the golden model, and are
 * refused alike. A new row is drawn without a change here.
 */
import { describe, expect, it } from 'vitest';
import { ALL_FEATURES, NO_FEATURES } from '../../../hw/isa/tensor-rows.ts';
import { TENSOR_COMMAND_OPS, TENSOR_OPS, tensorOpsWith } from '../../../hw/isa/tensor.ts';
import type { TensorOp } from '../../../hw/isa/tensor.ts';
import type { TensorParams } from '../../../hw/tensor/params.ts';
import { createWasmSimulator } from '../../../sim/engine/index.ts';
import { TensorModel } from '../../../sim/model/tensor.ts';
import { Random } from '../../../sw/data/random.ts';
import { TableCommands } from '../../support/table-commands.ts';
import { BENCH_BASE, BENCH_BYTES, TensorDriver, accumulatorsOf, scratchpadOf, tensorBench } from '../../support/tensor-bench.ts';

const full: TensorParams = {
  rows: 4, columns: 6, scratchpadRows: 64, accumulatorRows: 32, channels: 32, scratchpadBanks: 2, accumulatorBanks: 1, vectorLanes: 2,
  requantiser: 'pipelined', queueDepth: 3, hazardBlocks: 8, counters: false, busBytes: 8, idBits: 1, pipelineEvery: 1, ...ALL_FEATURES, depthwiseTaps: 3,
  multiplier: 'generic',
};
const serial: TensorParams = {
  ...full, scratchpadBanks: 1, vectorLanes: 1, requantiser: 'iterative', queueDepth: 1, hazardBlocks: 1, busBytes: 4, ...NO_FEATURES, overlap: 'serial',
};
/** Of which a beat fills eight rows; and two, with bytes left. */
const scattersOf8: TensorParams = { ...full, busBytes: 32, scratchpadRows: 52, scratchpadBanks: 1 };
const scattersOf2: TensorParams = { ...full, rows: 6, columns: 4, busBytes: 16 };
const beatOf8: TensorParams = { ...scattersOf8, scatter: false };
const beatOf2: TensorParams = { ...scattersOf2, scatter: false };
/** The smallest meshes, square and not, of which a beat fills several rows. */
const two: TensorParams = { ...full, rows: 2, columns: 2, depthwiseTaps: 2, vectorLanes: 1, busBytes: 8 };
const twoByThree: TensorParams = { ...full, rows: 2, columns: 3, depthwiseTaps: 2, vectorLanes: 1, busBytes: 4, scratchpadBanks: 1 };
const threeByTwo: TensorParams = { ...full, rows: 3, columns: 2, depthwiseTaps: 2, vectorLanes: 1, busBytes: 16, pipelineEvery: 1 };
/** One element at a time. */
const iterative: TensorParams = { ...full, vectorLanes: 1, requantiser: 'iterative', scratchpadBanks: 1 };
const serialTwo: TensorParams = { ...serial, rows: 2, columns: 2 };
const serialThree: TensorParams = { ...serial, rows: 3, columns: 2 };
const ROUNDS = 40;
const COMMANDS = 12;

/** The mesh takes longer than the taps of its lanes, as long, or not so long. */
const longMesh: TensorParams = { ...full, rows: 8, columns: 8, depthwiseTaps: 2, accumulatorBanks: 2 };
const manyTaps: TensorParams = { ...full, rows: 8, columns: 8, depthwiseTaps: 8, pipelineEvery: 2 };
const shortMesh: TensorParams = { ...full, rows: 4, columns: 4, depthwiseTaps: 4, pipelineEvery: 4 };
const plain: TensorParams = { ...full, ...NO_FEATURES };
/** Of what the vector unit may have of operands in the scratchpad, one and not the other. */
const pairs: TensorParams = { ...plain, elementwise: true };
const lookups: TensorParams = { ...plain, table: true, vectorLanes: 1, requantiser: 'iterative' };

const CHIPS = {
  full, plain, pairs, lookups, beatOf8, beatOf2, scattersOf8, scattersOf2, longMesh, manyTaps, shortMesh, serial, two, twoByThree,
  threeByTwo, iterative, serialTwo,
  serialThree,
};

describe.each(Object.entries(CHIPS))('programs from the table, %s', (_, p) => {
  it('do in the unit what they do in the model', () => {
    const sim = createWasmSimulator(tensorBench(p));
    const driver = new TensorDriver(sim, true);
    const random = new Random(21);
    const ram = Uint8Array.from({ length: BENCH_BYTES }, () => random.below(256));
    const memory = sim.memory('memory.cells');
    memory.write(0, ram);
    const within = (address: number, length: number): boolean => address >= BENCH_BASE && address + length <= BENCH_BASE + BENCH_BYTES;
    const model = new TensorModel({ ...p, counters: 0 }, {
      readBlock: (address, into) => {
        const first = address - BENCH_BASE;
        return within(address, into.length) && (into.set(ram.subarray(first, first + into.length)), true);
      },
      writeBlock: (address, bytes) => within(address, bytes.length) && (ram.set(bytes, address - BENCH_BASE), true),
    });
    const commands = new TableCommands(random, p, { base: BENCH_BASE, bytes: 1024 });
    const drawn = new Set<TensorOp>();
    let refused = 0;
    for (let round = 0; round < ROUNDS; round++) {
      const text: string[] = [];
      for (const [op, rs1, rs2] of Array.from({ length: COMMANDS }, () => commands.next()).flat()) {
        text.push(`${op} ${rs1.toString(16)} ${rs2.toString(16)}`);
        drawn.add(op);
        driver.execute(op, rs1, rs2);
        model.execute(TENSOR_OPS.indexOf(op), rs1, rs2);
      }
      const program = `round ${round}:\n${text.join('\n')}`;
      expect(driver.execute('fence'), program).toBe(model.execute(TENSOR_OPS.indexOf('fence'), 0, 0) >>> 0);
      refused = model.execute(TENSOR_OPS.indexOf('fence'), 0, 0) & 0xffff;
      expect(scratchpadOf(sim, p), program).toEqual(model.scratchpad);
      expect(accumulatorsOf(sim, p), program).toEqual(model.accumulators);
      expect(Buffer.compare(Buffer.from(memory.read(0, BENCH_BYTES)), Buffer.from(ram)), program).toBe(0);
    }
    expect(TENSOR_COMMAND_OPS.filter((op) => tensorOpsWith(p).includes(op) && !drawn.has(op))).toEqual([]);
    expect(refused).toBeGreaterThan(ROUNDS / 2);
    expect(refused).toBeLessThan((ROUNDS * COMMANDS) / 2);
  });
});
