/**
 * Every row of the instruction tables is an instruction: something comes of it, in the golden model and in hardware. Decoders,
 * assembler and manual follow from a row alone, so a row that no unit executes would otherwise pass for one that does nothing.
 */
import { describe, expect, it } from 'vitest';
import { packFields } from '../../../hw/isa/instruction.ts';
import { RISCV, encode } from '../../../hw/isa/riscv.ts';
import type { Mnemonic } from '../../../hw/isa/riscv.ts';
import { ALL_FEATURES, NO_FEATURES } from '../../../hw/isa/tensor-rows.ts';
import { TENSOR, TENSOR_OPS, tensorOpsWith } from '../../../hw/isa/tensor.ts';
import type { TensorOp } from '../../../hw/isa/tensor.ts';
import { RAM_BASE } from '../../../hw/soc/memory-map.ts';
import type { TensorParams } from '../../../hw/tensor/params.ts';
import { createWasmSimulator } from '../../../sim/engine/index.ts';
import { GoldenModel } from '../../../sim/model/golden-model.ts';
import { TensorModel } from '../../../sim/model/tensor.ts';
import { BENCH_BASE, TensorDriver, tensorBench } from '../../support/tensor-bench.ts';

/** What the programmer sees nothing of: a single hart has nothing to order, and waiting may end at once. */
const SILENT: ReadonlySet<string> = new Set<Mnemonic>(['fence', 'fence.i', 'wfi']);
const MARK = 0x5aa5_1234;
const DATA = RAM_BASE + 2048;
/** Values for rs1 and rs2; the first pair is an address and data for loads, stores and jumps. */
const OPERANDS = [[DATA, 0x1234_5678], [0x8421_8421 | 0, 5], [7, 7], [-3, 2], [2, -3]] as const;

describe('in the golden model', () => {
  it.each(Object.keys(RISCV) as Mnemonic[])('%s does something', (mnemonic) => {
    const changes = OPERANDS.some(([a, b]) => {
      const model = new GoldenModel({ ramBytes: 8192 });
      model.write(RAM_BASE, new Uint8Array(Uint32Array.of(encode(RISCV[mnemonic], { rd: 5, rs1: 6, rs2: 7, imm: 0 })).buffer));
      for (const [register, value] of [[5, MARK], [6, a], [7, b]] as const) model.setRegister(register, value);
      model.pc = RAM_BASE;
      const before = model.read(DATA, 8).slice();
      const { nextPc } = model.step();
      return model.register(5) !== MARK || nextPc !== RAM_BASE + 4 || Buffer.compare(before, model.read(DATA, 8)) !== 0;
    });
    expect(changes).toBe(!SILENT.has(mnemonic));
  });
});

describe('operands of tensor instructions', () => {
  /** Largest number that a field of this name must hold: of the largest unit that can be configured. */
  const LARGEST: Readonly<Record<string, number>> = {
    row: 65535, aRow: 65535, wRow: 65535, accRow: 4095, channel: 65535, columnsMinus1: 127, address: 2 ** 32 - 1,
  };

  it.each(Object.keys(TENSOR) as TensorOp[])('of %s can name everything, and share no bit', (op) => {
    for (const fields of [TENSOR[op].rs1, TENSOR[op].rs2]) {
      let taken = 0n;
      for (const { name, lo, width } of fields) {
        const bits = ((1n << BigInt(width)) - 1n) << BigInt(lo);
        expect(taken & bits, name).toBe(0n);
        taken |= bits;
        expect(2 ** width - 1, name).toBeGreaterThanOrEqual(LARGEST[name] ?? 0);
      }
      expect(taken).toBeLessThan(1n << 32n);
    }
  });
});

const unit: TensorParams = {
  rows: 4, columns: 4, scratchpadRows: 64, accumulatorRows: 32, channels: 32, scratchpadBanks: 1, accumulatorBanks: 1, vectorLanes: 1,
  requantiser: 'iterative', queueDepth: 1, hazardBlocks: 1, counters: false, busBytes: 4, idBits: 1, pipelineEvery: 1, ...ALL_FEATURES, multiplier: 'generic',
};

describe.each(['model', 'full', 'serial'] as const)('in the tensor unit, %s', (form) => {
  const shape = { ...unit, counters: 0 };
  /** Executes one instruction and tells its value, if it has one. */
  const open = (): (op: TensorOp, rs1?: number, rs2?: number) => number => {
    if (form !== 'model') {
      const driver = new TensorDriver(createWasmSimulator(tensorBench({ ...unit, ...(form === 'full' ? ALL_FEATURES : NO_FEATURES), overlap: form })), false);
      return (op, rs1, rs2) => driver.execute(op, rs1, rs2);
    }
    const model = new TensorModel(shape, { readBlock: () => true, writeBlock: () => true });
    return (op, rs1 = 0, rs2 = 0) => model.execute(TENSOR_OPS.indexOf(op), rs1, rs2) >>> 0;
  };
  const load = packFields(TENSOR.ld.rs2, { row: 0, count: 1 });
  const product = packFields(TENSOR.mm.rs2, { accRow: 0, count: 1 });

  it('every command has its checks, and every question its answer', () => {
    const execute = open();
    for (const op of tensorOpsWith(form === 'serial' ? NO_FEATURES : ALL_FEATURES)) {
      const before = execute('fence');
      if (TENSOR[op].writesRd) {
        // The driver looks whether rd is written at all; the answers of these two may be 0.
        execute('ld', BENCH_BASE, 0);
        const value = execute(op, op === 'info' ? 1 : 0);
        if (op !== 'count' && op !== 'poll') expect(value, op).not.toBe(0);
        continue;
      }
      // An address alone is never refused.
      if (op === 'ldt') {
        execute(op, BENCH_BASE, 0);
        expect(execute('fence') - before, op).toBe(0);
        continue;
      }
      // Nothing is in range with operands of 0: the command itself is refused and counted, or, behind a prefix, the next one.
      execute(op, 0, 0);
      if (op === 'win') execute('mm', 0, product);
      else execute('ld', BENCH_BASE, load);
      expect(execute('fence') - before, op).toBe(1);
    }
  });
});
