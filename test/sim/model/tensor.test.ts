import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { packFields } from '../../../hw/isa/instruction.ts';
import { ALL_FEATURES, TENSOR_FEATURES } from '../../../hw/isa/tensor-rows.ts';
import { TENSOR, TENSOR_INFO, TENSOR_OPS, TENSOR_STATE, TENSOR_STATUS } from '../../../hw/isa/tensor.ts';
import type { TensorOp } from '../../../hw/isa/tensor.ts';
import { TensorModel, scaleRounded } from '../../../sim/model/tensor.ts';
import type { TensorMemory, TensorShape } from '../../../sim/model/tensor.ts';
import { stepSource } from './programs.ts';
import { checkProperty } from '../../support/property.ts';
import { expectSame } from '../../support/same.ts';

const BASE = 0x8000_0000;

/** What one refused, one failed command adds to the status. */
const [REFUSED, FAILED] = [1 << TENSOR_STATUS.refused.lo, 1 << TENSOR_STATUS.failed.lo];

/** 4 KiB of memory at BASE. */
class TestMemory implements TensorMemory {
  readonly bytes = new Uint8Array(4096);
  readBlock(address: number, into: Uint8Array): boolean {
    return this.inside(address, into.length) && (into.set(this.bytes.subarray(address - BASE, address - BASE + into.length)), true);
  }

  writeBlock(address: number, bytes: Uint8Array): boolean {
    return this.inside(address, bytes.length) && (this.bytes.set(bytes, address - BASE), true);
  }

  private inside(address: number, length: number): boolean {
    return address >= BASE && address + length <= BASE + this.bytes.length;
  }
}

const SHAPE: TensorShape = {
  rows: 6, columns: 5, scratchpadRows: 40, accumulatorRows: 24, channels: 12, busBytes: 8, queueDepth: 4, vectorLanes: 4, counters: 12,
  ...ALL_FEATURES,
};

/** A unit that is spoken to in field values. */
function unit(shape: Partial<TensorShape> = {}) {
  const memory = new TestMemory();
  const model = new TensorModel({ ...SHAPE, ...shape }, memory);
  const op = (name: TensorOp, rs1: Record<string, number> = {}, rs2: Record<string, number> = {}): number =>
    model.execute(TENSOR_OPS.indexOf(name), packFields(TENSOR[name].rs1, rs1) | 0, packFields(TENSOR[name].rs2, rs2) | 0);
  return { memory, model, op };
}

const fill = (array: Int8Array | Int32Array | Uint8Array, seed: number, bits: number): void => {
  let state = seed | 1;
  for (let i = 0; i < array.length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    array[i] = state >> (32 - bits);
  }
};

describe('requantisation', () => {
  const int32 = fc.oneof(fc.constantFrom(0, 1, -1, 2 ** 31 - 1, -(2 ** 31)), fc.integer());
  it('rounds as the 64-bit definition does, for every value, multiplier and shift', () => {
    checkProperty(fc.property(int32, int32, fc.integer({ min: 1, max: 63 }), (value, multiplier, shift) => {
      const exact = (BigInt(value) * BigInt(multiplier) + (1n << BigInt(shift - 1))) >> BigInt(shift);
      const ours = scaleRounded(value, multiplier, shift);
      const small = exact >= -(2n ** 53n) && exact <= 2n ** 53n;
      if (small) expect(BigInt(ours)).toBe(exact);
      else expect(Math.sign(ours) * Math.min(Math.abs(ours), 2 ** 52)).toBe(exact > 0n ? 2 ** 52 : -(2 ** 52));
    }), { runs: 5000 });
  });

  it('rounds halves up, toward plus infinity', () => {
    expect([1, 3, -1, -3].map((v) => scaleRounded(v, 1, 1))).toEqual([1, 2, 0, -1]);
  });

  it('does whole commands like naive loops over BigInt', () => {
    const byte = fc.nat(255);
    const record = fc.tuple(int32, fc.nat(2 ** 31 - 1), fc.integer({ min: 1, max: 62 }), byte, byte, byte);
    const commands = fc.record({
      rows: fc.integer({ min: 1, max: 7 }), columns: fc.integer({ min: 1, max: 17 }), seed: fc.integer(),
      count: fc.integer({ min: 1, max: 4 }), used: fc.nat(), accRow: fc.nat(5), row: fc.nat(5), channel: fc.nat(3),
      records: fc.array(record, { minLength: 20, maxLength: 20 }),
    });
    checkProperty(fc.property(commands, ({ rows: R, columns: C, seed, count, used, accRow, row, channel, records }) => {
      const { memory, model, op } = unit({ rows: R, columns: C, scratchpadRows: 80, channels: 24, vectorLanes: 1 });
      const columns = (used % C) + 1;
      const view = new DataView(memory.bytes.buffer);
      records.forEach(([bias, multiplier, shift, zero, min, max], i) => {
        view.setInt32(16 * i, bias, true);
        view.setInt32(16 * i + 4, multiplier, true);
        [shift, zero, min, max].forEach((byte, j) => view.setUint8(16 * i + 8 + j, byte));
        view.setUint32(16 * i + 12, 0xdead_beef, true);
      });
      op('ldp', { address: BASE }, { channel, count: 20 });
      fill(model.accumulators, seed, 32);
      model.scratchpad.fill(99);
      const expected = model.scratchpad.slice();
      const groups = Math.ceil(columns / R);
      for (let g = 0; g < groups; g++) for (let m = 0; m < count; m++) for (let b = 0; b < R; b++) {
        const n = g * R + b;
        const at = (row + g * count + m) * R + b;
        if (n >= columns) { expected[at] = 0; continue; }
        const [bias, multiplier, shift, zero, min, max] = records[n]!.map(BigInt) as [bigint, bigint, bigint, bigint, bigint, bigint];
        const v = BigInt.asIntN(32, BigInt(model.accumulators[(accRow + m) * C + n]!) + bias);
        let q = BigInt.asIntN(8, zero) + ((v * multiplier + (1n << (shift - 1n))) >> shift);
        if (q < BigInt.asIntN(8, min)) q = BigInt.asIntN(8, min);
        if (q > BigInt.asIntN(8, max)) q = BigInt.asIntN(8, max);
        expected[at] = Number(q);
      }
      op('rq', { accRow, count, columnsMinus1: columns - 1 }, { row, channel });
      expectSame(model.scratchpad, expected, 'scratchpad');
      expect(op('fence')).toBe(0);
    }), { runs: 200 });
  });
});

describe('tn.mm', () => {
  it('does whole commands like naive loops, wrapping at 32 bits', () => {
    const commands = fc.record({
      rows: fc.integer({ min: 1, max: 9 }), columns: fc.integer({ min: 1, max: 9 }), seed: fc.integer(),
      count: fc.integer({ min: 1, max: 8 }), used: fc.nat(),
      aRow: fc.nat(20), wRow: fc.nat(20), accRow: fc.nat(10), accumulate: fc.nat(1),
    });
    checkProperty(fc.property(commands, ({ rows: R, columns: C, seed, count, used, aRow, wRow, accRow, accumulate }) => {
      const { model, op } = unit({ rows: R, columns: C });
      const columns = (used % C) + 1;
      fill(model.scratchpad, seed, 8);
      fill(model.accumulators, ~seed, 32);
      const expected = model.accumulators.slice();
      for (let m = 0; m < count; m++) for (let n = 0; n < columns; n++) {
        let sum = accumulate ? BigInt(expected[(accRow + m) * C + n]!) : 0n;
        for (let k = 0; k < R; k++) sum += BigInt(model.scratchpad[(aRow + m) * R + k]!) * BigInt(model.scratchpad[(wRow + n) * R + k]!);
        expected[(accRow + m) * C + n] = Number(BigInt.asIntN(32, sum));
      }
      op('mm', { aRow, wRow }, { accRow, count, columnsMinus1: columns - 1, accumulate });
      expectSame(model.accumulators, expected, 'accumulators');
      expect(op('fence')).toBe(0);
    }), { runs: 300 });
  });
});

describe.each(['mm', 'dw', 'mx', 'dl'] as const)('tn.%s behind a window', (name) => {
  it('takes the pixels that the window meets, and padding beside the image', () => {
    const commands = fc.record({
      size: fc.record({ rows: fc.integer({ min: 1, max: 9 }), columns: fc.integer({ min: 1, max: 9 }) }), seed: fc.integer(),
      count: fc.integer({ min: 1, max: 12 }), used: fc.nat(),
      rowsUsed: fc.record({ aRow: fc.nat(10), wRow: fc.nat(20), accRow: fc.nat(10) }),
      accumulate: fc.nat(1), width: fc.integer({ min: 1, max: 6 }), imageRows: fc.integer({ min: 1, max: 30 }),
      strideXMinus1: fc.nat(3), strideYMinus1: fc.nat(3), left: fc.integer({ min: -5, max: 5 }), top: fc.integer({ min: -5, max: 5 }),
      windowWidth: fc.integer({ min: 1, max: 6 }), padding: fc.integer({ min: -128, max: 127 }),
    });
    checkProperty(fc.property(commands, ({ size: { rows: R, columns: C }, seed, count, used, rowsUsed, accumulate, ...w }) => {
      const taps = 2 + (used % 7);
      const { model, op } = unit({ rows: R, columns: C, depthwiseTaps: taps });
      const { aRow, wRow, accRow } = rowsUsed;
      const columns = (used % (name === 'mm' ? C : Math.min(R, C))) + 1;
      fill(model.scratchpad, seed, 8);
      fill(model.accumulators, ~seed, name === 'mx' ? 15 : 32);
      const expected = model.accumulators.slice();
      const lane = (m: number, k: number, right = 0): bigint => {
        const x = w.left + (m % w.windowWidth) * (w.strideXMinus1 + 1) + right;
        const row = (w.top + Math.floor(m / w.windowWidth) * (w.strideYMinus1 + 1)) * w.width + x;
        const isBeside = x < 0 || x >= w.width || row < 0 || row >= w.imageRows;
        return BigInt(isBeside ? w.padding : model.scratchpad[(aRow + row) * R + k]!);
      };
      const weight = (row: number, k: number): bigint => BigInt(model.scratchpad[row * R + k]!);
      for (let m = 0; m < count; m++) for (let n = 0; n < columns; n++) {
        const at = (accRow + m) * C + n;
        let product = 0n;
        if (name === 'mm') for (let k = 0; k < R; k++) product += lane(m, k) * weight(wRow + n, k);
        else if (name === 'dl') for (let j = 0; j < taps; j++) product += lane(m, n, j) * weight(wRow + j, n);
        else product = lane(m, n) * weight(wRow, n);
        const old = BigInt(expected[at]!);
        const value = accumulate === 0 ? product : name === 'mx' ? (old > product ? old : product) : old + product;
        expected[at] = Number(BigInt.asIntN(32, value));
      }
      const { imageRows, width, strideXMinus1, strideYMinus1, left, top, windowWidth, padding } = w;
      op('win', { imageRows, width, strideXMinus1, strideYMinus1 }, { left, top, windowWidth, padding });
      op(name, { aRow, wRow }, { accRow, count, columnsMinus1: columns - 1, accumulate });
      expectSame(model.accumulators, expected, 'accumulators');
      expect(op('fence')).toBe(0);
    }), { runs: 300 });
  });
});

describe.each(['ad', 'mu'] as const)('tn.%s', (name) => {
  it('is as the table says, one row after the other', () => {
    const int32 = fc.oneof(fc.constantFrom(0, 1, -1, 2 ** 31 - 1, -(2 ** 31)), fc.integer({ min: -200, max: 200 }), fc.integer());
    const shifts = fc.oneof(fc.integer({ min: 31, max: 45 }), fc.integer({ min: 1, max: 62 }));
    const record = fc.tuple(int32, fc.nat(2 ** 31 - 1), shifts, fc.boolean());
    const row = fc.nat(12);
    const twelve = fc.array(record, { minLength: 12, maxLength: 12 });
    const commands = fc.tuple(twelve, row, row, row, fc.integer({ min: 1, max: 8 }), fc.integer(), fc.nat(3));
    checkProperty(fc.property(commands, ([records, aRow, bRow, to, count, seed, recordGroup]) => {
      const R = 6;
      const L = 4;
      const { model, op } = unit({ rows: R, channels: 24, vectorLanes: L });
      fill(model.scratchpad, seed, 8);
      for (const [i, [bias, multiplier, shift, isDouble]] of records.entries()) {
        const format = shift | (isDouble ? 0x80 : 0) | (3 << 8) | (0x90 << 16) | (0x70 << 24);
        model.channelWords.set([bias, multiplier, format], 4 * (L * recordGroup + i));
      }
      const rounded = (v: bigint, i: number): bigint => {
        const [, multiplier, shift, isDouble] = records[i]!;
        const half = (x: bigint, by: number): bigint => (x + (1n << BigInt(by - 1))) >> BigInt(by);
        const product = v * BigInt(multiplier);
        const first = half(product, 31);
        if (!isDouble || shift <= 31) return half(product, shift);
        return first < 0n ? -half(-first, shift - 31) : half(first, shift - 31);
      };
      const biased = (v: bigint, i: number): bigint => v + BigInt(records[i]![0]);
      const expected = model.scratchpad.slice();
      for (let i = 0; i < count; i++) for (let n = 0; n < R; n++) {
        const [ofA, ofB, ofBoth] = [0, 1, 2].map((part) => part * L + (n % L)) as [number, number, number];
        const operand = (at: number, of: number): bigint => BigInt.asIntN(12, biased(BigInt(expected[at * R + n]!), of));
        const [a, b] = [operand(aRow + i, ofA), operand(bRow + i, ofB)];
        const v = name === 'mu' ? a * b : rounded(a << 20n, ofA) + rounded(b << 20n, ofB);
        const q = 3n + rounded(BigInt.asIntN(32, biased(v, ofBoth)), ofBoth);
        expected[(to + i) * R + n] = Number(q < -112n ? -112n : q > 112n ? 112n : q);
      }
      op(name, { aRow, bRow }, { row: to, count, recordGroup });
      expectSame(model.scratchpad, expected, 'scratchpad');
      expect(op('fence')).toBe(0);
    }), { runs: 1000 });
  });
});

describe('a table', () => {
  it('turns every byte into another, in place too', () => {
    const { memory, model, op } = unit();
    fill(memory.bytes, 3, 8);
    fill(model.scratchpad, 5, 8);
    for (let i = 0; i < 256; i++) model.scratchpad[i % 240] = i;
    const table = memory.bytes.slice(1001, 1257);
    const before = model.scratchpad.slice();
    op('ldt', { address: BASE + 1001 });
    op('tb', { aRow: 0, count: 20 }, { row: 0 });
    expect([...model.scratchpad.subarray(0, 120)]).toEqual([...before.subarray(0, 120)].map((x) => (table[x & 0xff]! << 24) >> 24));
    expect([...model.scratchpad.subarray(120)]).toEqual([...before.subarray(120)]);
    op('tb', { aRow: 2, count: 3 }, { row: 3 });
    // Row 3 is of row 2, and row 4 of that.
    const twice = [12, 13, 14, 15, 16, 17].map((i) => table[table[model.scratchpad[i]! & 0xff]!]!);
    expect([...new Uint8Array(model.scratchpad.buffer, 24, 6)]).toEqual(twice);
    expect(op('fence')).toBe(0);
    op('tb', { aRow: 40, count: 1 }, { row: 0 });
    expect(op('fence')).toBe(1);
  });
});

describe('transfers', () => {
  it('load and store rows with stride and row length, and zero the rest of a loaded row', () => {
    const [lengths, strides] = [fc.integer({ min: 1, max: 6 }), fc.integer({ min: -40, max: 40 })];
    checkProperty(fc.property(lengths, strides, fc.integer({ min: 1, max: 8 }), fc.nat(3), fc.nat(30),
      (rowBytes, stride, count, odd, row) => {
        const { memory, model, op } = unit();
        fill(memory.bytes, 7, 8);
        model.scratchpad.fill(55);
        const expected = model.scratchpad.slice();
        const first = 2000 + odd;
        for (let i = 0; i < count; i++) {
          for (let b = 0; b < 6; b++) expected[(row + i) * 6 + b] = b < rowBytes ? memory.bytes[first + i * stride + b]! : 0;
        }
        op('arg', { stride: stride >>> 0 }, { rowBytes });
        op('ld', { address: BASE + first }, { row, count });
        expectSame(model.scratchpad, expected, 'scratchpad');

        const after = memory.bytes.slice();
        const to = 3000 + odd;
        for (let i = 0; i < count; i++) {
          for (let b = 0; b < rowBytes; b++) after[to + i * stride + b] = model.scratchpad[(row + i) * 6 + b]!;
        }
        op('arg', { stride: stride >>> 0 }, { rowBytes });
        op('st', { address: BASE + to }, { row, count });
        expectSame(memory.bytes, after, 'memory');
        expect(op('fence')).toBe(0);
      }));
  });

  it('take whole rows, one behind the other, without tn.arg', () => {
    const { memory, model, op } = unit();
    fill(memory.bytes, 3, 8);
    op('ld', { address: BASE + 3 }, { row: 2, count: 5 });
    expect(model.scratchpad.subarray(12, 42)).toEqual(new Int8Array(memory.bytes.slice(3, 33).buffer));
    op('st', { address: BASE + 1001 }, { row: 2, count: 5 });
    expect(memory.bytes.slice(1001, 1031)).toEqual(memory.bytes.slice(3, 33));
    fill(model.accumulators, 5, 32);
    op('sta', { address: BASE + 2000 }, { accRow: 3, count: 2 });
    expect(new Int32Array(memory.bytes.slice(2000, 2040).buffer)).toEqual(model.accumulators.slice(15, 25));
    memory.bytes.fill(0);
    op('arg', { stride: 32 }, { rowBytes: 8 });
    op('sta', { address: BASE + 3000 }, { accRow: 3, count: 2 });
    const stored = [...new Int32Array(memory.bytes.slice(3000, 3044).buffer)];
    expect(stored).toEqual([...model.accumulators.slice(15, 17), 0, 0, 0, 0, 0, 0, ...model.accumulators.slice(20, 22), 0]);
  });

  it('that leave memory are counted once a command, and move the rest', () => {
    const { memory, model, op } = unit();
    memory.bytes.fill(7);
    model.scratchpad.fill(9);
    op('ld', { address: BASE + 4096 - 8 }, { row: 0, count: 2 });
    expect([...model.scratchpad.subarray(0, 12)]).toEqual([7, 7, 7, 7, 7, 7, 7, 7, 0, 0, 0, 0]);
    expect([op('poll'), op('fence'), op('fence'), op('state', { index: 0 })]).toEqual([0, FAILED, FAILED, FAILED]);
    op('st', { address: BASE - 2 }, { row: 30, count: 1 });
    expect([...memory.bytes.subarray(0, 5)]).toEqual([9, 9, 9, 9, 7]);
    expect(op('fence')).toBe(2 * FAILED);
    op('ldp', { address: 0 }, { channel: 0, count: 1 });
    expect(op('fence') >>> 16, 'records that could not be read').toBe(3);
    op('sta', { address: 0xffff_fff0 }, { accRow: 0, count: 1 });
    expect(op('fence') >>> 16).toBe(4);
  });
});

describe('a command out of range', () => {
  const bad: readonly [string, TensorOp, Record<string, number>, Record<string, number>, ({ stride: number; rowBytes: number })?][] = [
    ['no rows', 'ld', { address: BASE }, { row: 0, count: 0 }],
    ['beyond the scratchpad', 'ld', { address: BASE }, { row: 39, count: 2 }],
    ['rows of no bytes', 'ld', { address: BASE }, { row: 0, count: 1 }, { stride: 6, rowBytes: 0 }],
    ['rows longer than R', 'st', { address: BASE }, { row: 0, count: 1 }, { stride: 6, rowBytes: 7 }],
    ['beyond the scratchpad', 'st', { address: BASE }, { row: 40, count: 1 }],
    ['no records', 'ldp', { address: BASE }, { channel: 0, count: 0 }],
    ['beyond the records', 'ldp', { address: BASE }, { channel: 3, count: 10 }],
    ['misaligned', 'ldp', { address: BASE + 2 }, { channel: 0, count: 1 }],
    ['misaligned', 'sta', { address: BASE + 1 }, { accRow: 0, count: 1 }],
    ['beyond the accumulators', 'sta', { address: BASE }, { accRow: 20, count: 5 }],
    ['no rows', 'sta', { address: BASE }, { accRow: 20, count: 0 }],
    ['odd row length', 'sta', { address: BASE }, { accRow: 0, count: 1 }, { stride: 8, rowBytes: 6 }],
    ['rows longer than 4 C', 'sta', { address: BASE }, { accRow: 0, count: 1 }, { stride: 8, rowBytes: 24 }],
    ['misaligned stride', 'sta', { address: BASE }, { accRow: 0, count: 1 }, { stride: 2, rowBytes: 4 }],
    ['no rows', 'mm', { aRow: 0, wRow: 0 }, { accRow: 0, count: 0, columnsMinus1: 0 }],
    ['too many columns', 'mm', { aRow: 0, wRow: 0 }, { accRow: 0, count: 1, columnsMinus1: 5 }],
    ['activations beyond the scratchpad', 'mm', { aRow: 38, wRow: 0 }, { accRow: 0, count: 3, columnsMinus1: 0 }],
    ['weights beyond the scratchpad', 'mm', { aRow: 0, wRow: 38 }, { accRow: 0, count: 1, columnsMinus1: 2 }],
    ['results beyond the accumulators', 'mm', { aRow: 0, wRow: 0 }, { accRow: 23, count: 2, columnsMinus1: 0 }],
    ['no rows', 'rq', { accRow: 0, count: 0, columnsMinus1: 0 }, { row: 0, channel: 0 }],
    ['too many columns', 'rq', { accRow: 0, count: 1, columnsMinus1: 5 }, { row: 0, channel: 0 }],
    ['beyond the accumulators', 'rq', { accRow: 24, count: 1, columnsMinus1: 0 }, { row: 0, channel: 0 }],
    ['beyond the scratchpad', 'rq', { accRow: 0, count: 2, columnsMinus1: 0 }, { row: 39, channel: 0 }],
    ['beyond the records', 'rq', { accRow: 0, count: 1, columnsMinus1: 2 }, { row: 0, channel: 10 }],
    ['no multiple of the lanes', 'rq', { accRow: 0, count: 1, columnsMinus1: 0 }, { row: 0, channel: 2 }],
  ];
  it.each(bad)('(%s: tn.%s) is refused whole and counted', (_, name, rs1, rs2, argument) => {
    const { memory, model, op } = unit();
    fill(model.scratchpad, 1, 8);
    fill(model.accumulators, 2, 32);
    fill(model.channelWords, 3, 32);
    fill(memory.bytes, 4, 8);
    const state = (): unknown => [model.scratchpad.slice(), model.accumulators.slice(), model.channelWords.slice(), memory.bytes.slice()];
    const before = state();
    if (argument) op('arg', { stride: argument.stride }, { rowBytes: argument.rowBytes });
    expect(op(name, rs1, rs2)).toBe(0);
    expect(state()).toEqual(before);
    expect([op('poll'), op('fence'), op('fence')]).toEqual([0, REFUSED, REFUSED]);
    op(name, rs1, rs2);
    if (argument === undefined) expect(op('state', { index: 0 })).toBe(2 * REFUSED);
  });

  it('by the groups of a wide requantisation', () => {
    const { op } = unit({ rows: 2 });
    op('rq', { accRow: 0, count: 4, columnsMinus1: 4 }, { row: 28, channel: 0 });
    expect(op('fence')).toBe(0);
    op('rq', { accRow: 0, count: 4, columnsMinus1: 4 }, { row: 29, channel: 0 });
    expect(op('fence')).toBe(REFUSED);
  });
});

describe('tn.arg', () => {
  const loaded = (between: (op: ReturnType<typeof unit>['op']) => void): number[] => {
    const { memory, model, op } = unit();
    memory.bytes.fill(7);
    op('arg', { stride: 6 }, { rowBytes: 2 });
    between(op);
    op('ld', { address: BASE }, { row: 0, count: 1 });
    return [...model.scratchpad.subarray(0, 6)];
  };
  it('holds for one transfer only, dropped or not', () => {
    expect(loaded(() => undefined)).toEqual([7, 7, 0, 0, 0, 0]);
    expect(loaded((op) => op('ld', { address: BASE }, { row: 9, count: 1 }))).toEqual([7, 7, 7, 7, 7, 7]);
    expect(loaded((op) => op('ld', { address: BASE }, { row: 99, count: 1 }))).toEqual([7, 7, 7, 7, 7, 7]);
  });

  it('is forgotten at any other command, but neither at tn.fence nor at a question', () => {
    expect(loaded((op) => op('mm', { aRow: 0, wRow: 0 }, { accRow: 0, count: 1, columnsMinus1: 0 }))).toEqual([7, 7, 7, 7, 7, 7]);
    expect(loaded((op) => op('fence'))).toEqual([7, 7, 0, 0, 0, 0]);
    expect(loaded((op) => op('state', { index: 1 }))).toEqual([7, 7, 0, 0, 0, 0]);
    expect(loaded((op) => op('poll'))).toEqual([7, 7, 0, 0, 0, 0]);
    expect(loaded((op) => op('info', { index: 1 }))).toEqual([7, 7, 0, 0, 0, 0]);
  });
});

describe('the status', () => {
  it('wraps at 65536 without touching its neighbour', () => {
    const { op } = unit();
    op('ld', { address: 0 }, { row: 0, count: 1 });
    const before = op('fence');
    expect(before).toBe(FAILED);
    for (let i = 0; i < 65535; i++) op('ld', { address: BASE }, { row: 0, count: 0 });
    expect(op('fence')).toBe(before + 65535 * REFUSED);
    op('ld', { address: BASE }, { row: 0, count: 0 });
    expect(op('fence')).toBe(before);
  });
});

describe('a load in groups', () => {
  it('puts each R bytes of a row so many rows further on', () => {
    const { memory, model, op } = unit();
    const [R, stride] = [SHAPE.rows, 20];
    memory.bytes.set(Uint8Array.from({ length: 60 }, (_, i) => i + 1));
    model.scratchpad.fill(-1);
    op('arg', { stride }, { rowBytes: 2 * R + 2, groupRows: 5 });
    op('ld', { address: BASE }, { row: 3, count: 2 });
    for (let i = 0; i < 2; i++) {
      for (let g = 0; g < 3; g++) {
        const expected = Array.from({ length: R }, (_, b) => (g * R + b < 2 * R + 2 ? i * stride + g * R + b + 1 : 0));
        const row = 3 + 5 * g + i;
        expect([...model.scratchpad.subarray(row * R, (row + 1) * R)], `group ${g} of row ${i}`).toEqual(expected);
      }
    }
    expect(model.scratchpad[(3 + 5 + 2) * R], 'between the groups').toBe(-1);
    expect(op('fence')).toBe(0);
  });
});

describe('tn.state', () => {
  const state = (op: ReturnType<typeof unit>['op']): number[] => TENSOR_STATE.map((_, index) => op('state', { index }));
  it('returns a pending tn.arg, so that whoever comes between can give it again', () => {
    const { op } = unit();
    expect(state(op)).toEqual([0, 0, 0, 0, 0, 0]);
    op('arg', { stride: 0xffff_ffd8 }, { rowBytes: 20 });
    expect(state(op)).toEqual([0, -40, (1 << 31) | 20, 0, 0, 0]);
    op('arg', { stride: 1 }, { rowBytes: 97, groupRows: 65535 });
    expect(state(op), 'longer than any row').toEqual([0, 1, 1 << 31, 0, 0, 65535]);
    const [image, window] = [{ imageRows: 12, width: 4, strideYMinus1: 1 }, { left: -2, top: -1, windowWidth: 3, padding: -128 }];
    op('win', image, window);
    const words = [packFields(TENSOR.win.rs1, image) | 0, packFields(TENSOR.win.rs2, window) | 0];
    expect(state(op), 'of both').toEqual([0, 1, (1 << 31) | (1 << 30), ...words, 65535]);
    op('ld', { address: BASE }, { row: 0, count: 1 });
    expect(state(op)).toEqual([REFUSED, 0, 0, 0, 0, 0]);
    op('win', image, window);
    expect(state(op), 'of tn.win alone').toEqual([REFUSED, 0, 1 << 30, ...words, 0]);
    expect(op('state', { index: 6 })).toBe(0);
  });
});

describe('a channel record out of range', () => {
  it.each([['shift 0', 0, 5, 62, 5], ['shift 63', 63, 5, 62, 5], ['shift 65', 65, 5, 62, 5], ['a negative multiplier', 7, -1, 7, 0x7fff_ffff]])(
    'with %s is brought into range, and its command counts once', (_, shift, multiplier, keptShift, keptMultiplier) => {
      const { memory, model, op } = unit();
      const view = new DataView(memory.bytes.buffer);
      for (const record of [0, 2]) {
        view.setInt32(16 * record + 4, multiplier, true);
        view.setUint32(16 * record + 8, 0x7f80_0300 + shift, true);
      }
      view.setUint32(16 + 8, 1, true);
      op('ldp', { address: BASE }, { channel: 1, count: 3 });
      expect([...model.channelWords.slice(4, 8)]).toEqual([0, keptMultiplier, 0x7f80_0300 + keptShift, 0]);
      expect(op('fence')).toBe(REFUSED);
    });
});

describe('the unit', () => {
  it('describes itself', () => {
    const { op } = unit();
    expect(TENSOR_INFO.map((_, index) => op('info', { index }))).toEqual([0x5354_0201, 6, 5, 40, 24, 12, 8, 1, 4, 4, 12, 2 ** TENSOR_FEATURES.length - 1, 2]);
    expect([op('info', { index: 13 }), op('info', { index: 0xffff_ffff }), op('count', { index: 0 })]).toEqual([0, 0, 0]);
  });

  it('is refused with impossible sizes', () => {
    expect(() => unit({ rows: 0 })).toThrow('tensor unit: rows = 0; must be 1…128');
    expect(() => unit({ accumulatorRows: 5000 })).toThrow('tensor unit: accumulatorRows = 5000; must be 1…4096');
  });

  it('multiplies for a program, and what it stores can be run as code', () => {
    const { model } = stepSource(`
      la a0, data; li a1, 0x00020000; tn.ld a0, a1
      li a2, 0x00010000; li a3, 0x03001000 + 3; tn.mm a2, a3
      la a4, out; li a5, 0x00010003; tn.sta a4, a5; tn.fence a6; nop
      .align 2
      data: .byte 1, 2, 3, -4, 5, 6, -7, 8
      out: .word 0, 0, 0, 0`, 17, { tensor: { ...SHAPE, rows: 4, columns: 4 } });
    expect([model.register('a6'), model.readWord(model.register('a4')) | 0]).toEqual([0, 5 + 12 - 21 - 32]);

    const patched = stepSource(`
      1: j 2f
      3: li a0, 1; j 4f
      2: la t0, 3b; li t1, 0x00010000; la t2, new; tn.ld t2, t1; li a1, 0; jal ra, 5f
      tn.st t0, t1; li a1, 1; jal ra, 5f; 6: j 6b
      5: j 3b
      4: add a2, a2, a0; ret
      new: li a0, 50`, 40, { tensor: { ...SHAPE, rows: 4, columns: 4 } });
    expect(patched.model.register('a2')).toBe(51);
  });
});
