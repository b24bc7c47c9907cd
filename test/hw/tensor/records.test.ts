/**
 * Channel records of every bit pattern: the requantisers of all forms, the golden model and the instruction set's formula in exact
 * arithmetic agree on what becomes of a record, on every element that it requantises, and on which loads are refused.
 */
import { describe, expect, it } from 'vitest';
import { packFields } from '../../../hw/isa/instruction.ts';
import { ALL_FEATURES, NO_FEATURES } from '../../../hw/isa/tensor-rows.ts';
import { CHANNEL_RECORD_BYTES, TENSOR, TENSOR_OPS } from '../../../hw/isa/tensor.ts';
import type { TensorOp } from '../../../hw/isa/tensor.ts';
import type { TensorParams } from '../../../hw/tensor/params.ts';
import { createWasmSimulator } from '../../../sim/engine/index.ts';
import { TensorModel } from '../../../sim/model/tensor.ts';
import { Random } from '../../../sw/data/random.ts';
import { BENCH_BASE, TensorDriver, accumulatorsOf, scratchpadOf, tensorBench } from '../../support/tensor-bench.ts';

const iterative: TensorParams = {
  rows: 4, columns: 4, scratchpadRows: 32, accumulatorRows: 8, channels: 64, scratchpadBanks: 1, accumulatorBanks: 1, vectorLanes: 1,
  requantiser: 'iterative', queueDepth: 2, hazardBlocks: 4, counters: false, busBytes: 4, idBits: 1, pipelineEvery: 1, ...ALL_FEATURES, multiplier: 'generic',
};
const pipelined: TensorParams = { ...iterative, vectorLanes: 4, requantiser: 'pipelined', busBytes: 8 };
const single: TensorParams = { ...pipelined, doubleRounding: false };
const serial: TensorParams = { ...iterative, queueDepth: 1, hazardBlocks: 1, ...NO_FEATURES, overlap: 'serial' };

/** A record's four words: every shift there is, and anything, or what is nearly all or nothing, in the other bits. */
function recordsOf(random: Random): Uint32Array {
  const extreme = (): number => [0, 1, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff, random.uint32()][random.below(6)];
  const word = (): number => (random.below(2) === 0 ? random.uint32() : extreme());
  const words = new Uint32Array(4 * 1024);
  for (let i = 0; i < 1024; i++) {
    // Small multipliers, so that what large shifts leave is not always beyond the clamps.
    const multiplier = random.below(3) === 0 ? word() >>> random.below(32) : word();
    words.set([word(), multiplier, ((word() & 0xffff_ff00) | (i & 0xff)) >>> 0, word()], 4 * i);
  }
  return words;
}

/** The element that the manual promises for an accumulator, and whether the record is in range. */
function promised(acc: number, [bias, multiplierWord, format]: Uint32Array, mayDouble: boolean): { value: number; legal: boolean } {
  const [shiftByte, zeroPoint, low, high] = [0, 8, 16, 24].map((lo, i) => (i === 0 ? format & 0xff : ((format >>> lo) << 24) >> 24));
  const given = mayDouble ? shiftByte & 0x7f : shiftByte;
  const shiftIsLegal = given >= 1 && given <= 62;
  const shift = BigInt(shiftIsLegal ? given : 62);
  const isTwice = shiftIsLegal && shiftByte >= 0x80 && shift > 31n;
  const value = BigInt.asIntN(32, BigInt(acc) + BigInt(bias));
  const rounded = (x: bigint, by: bigint): bigint => (x + (1n << (by - 1n))) >> by;
  const product = value * BigInt(multiplierWord & 0x7fff_ffff);
  const first = rounded(product, 31n);
  // Halves away from zero.
  const q = !isTwice ? rounded(product, shift) : first < 0n ? -rounded(-first, shift - 31n) : rounded(first, shift - 31n);
  const raised = BigInt(zeroPoint) + q > BigInt(low) ? BigInt(zeroPoint) + q : BigInt(low);
  return { value: Number(raised < BigInt(high) ? raised : BigInt(high)), legal: shiftIsLegal && multiplierWord < 2 ** 31 };
}

describe.each(Object.entries({ pipelined, iterative, single, serial }))('channel records of every bit pattern, %s', (_, p) => {
  const sim = createWasmSimulator(tensorBench(p));
  const words = recordsOf(new Random(8));
  const bytes = new Uint8Array(words.buffer);
  sim.memory('memory.cells').write(0, bytes);
  const driver = new TensorDriver(sim, false);
  const model = new TensorModel({ ...p, counters: 0 }, {
    readBlock: (address, into) => (into.set(bytes.subarray(address - BENCH_BASE, address - BENCH_BASE + into.length)), true),
    writeBlock: () => true,
  });
  const both = (op: TensorOp, rs1: number, rs2: number): readonly [number, number] =>
    [driver.execute(op, rs1, rs2), model.execute(TENSOR_OPS.indexOf(op), rs1, rs2) >>> 0];
  const ROWS = 2;
  const requantise = (channel: number): void => {
    const rs1 = packFields(TENSOR.rq.rs1, { accRow: 0, count: ROWS, columnsMinus1: p.columns - 1 });
    both('rq', rs1, packFields(TENSOR.rq.rs2, { row: 8, channel }));
  };
  const elements = (scratchpad: Int8Array): readonly number[] => [...scratchpad.subarray(8 * p.rows, (8 + ROWS) * p.rows)];

  it('requantise alike on hardware, model and paper, and count alike', () => {
    // What was never loaded is 0 in all of them.
    requantise(0);
    expect(both('fence', 0, 0)).toEqual([0, 0]);
    expect(elements(scratchpadOf(sim, p))).toEqual(elements(model.scratchpad));
    // Sums of both signs; the records' biases make any number of them.
    both('ld', BENCH_BASE, packFields(TENSOR.ld.rs2, { row: 0, count: 8 }));
    const products = packFields(TENSOR.mm.rs2, { accRow: 0, count: ROWS, columnsMinus1: p.columns - 1, accumulate: 0 });
    both('mm', packFields(TENSOR.mm.rs1, { aRow: 0, wRow: 4 }), products);
    both('fence', 0, 0);
    const sums = accumulatorsOf(sim, p);
    expect(sums).toEqual(model.accumulators);
    let refused = 0;
    for (let first = 0; first < words.length / 4; first += p.columns) {
      both('ldp', BENCH_BASE + CHANNEL_RECORD_BYTES * first, packFields(TENSOR.ldp.rs2, { channel: 0, count: p.columns }));
      requantise(0);
      const record = (n: number): Uint32Array => words.subarray(4 * (first + n), 4 * (first + n) + 4);
      const expected = Array.from({ length: ROWS * p.columns }, (_, i) => promised(sums[i], record(i % p.columns), p.doubleRounding));
      const text = Array.from({ length: p.columns }, (_, n) => [...record(n)].map((w) => w.toString(16)).join(' ')).join('; ');
      if (expected.some(({ legal }) => !legal)) refused++;
      expect(both('fence', 0, 0), text).toEqual([refused, refused]);
      expect(elements(model.scratchpad), text).toEqual(expected.map(({ value }) => value));
      expect(elements(scratchpadOf(sim, p)), text).toEqual(expected.map(({ value }) => value));
    }
    expect(refused).toBeGreaterThan(100);
    expect(refused).toBeLessThan(words.length / 4 / p.columns - 10);
  });
});
