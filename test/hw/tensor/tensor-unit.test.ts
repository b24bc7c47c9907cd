import { describe, expect, it } from 'vitest';
import { packFields } from '../../../hw/isa/instruction.ts';
import { ALL_FEATURES, NO_FEATURES } from '../../../hw/isa/tensor-rows.ts';
import { TENSOR, TENSOR_COUNTERS, TENSOR_INFO, TENSOR_OPS, TENSOR_STATE } from '../../../hw/isa/tensor.ts';
import type { TensorOp } from '../../../hw/isa/tensor.ts';
import { rowsPerBeat } from '../../../hw/tensor/params.ts';
import type { TensorParams } from '../../../hw/tensor/params.ts';
import { elaborate } from '../../../gen/index.ts';
import { TensorUnit } from '../../../hw/tensor/tensor-unit.ts';
import { createWasmSimulator } from '../../../sim/engine/index.ts';
import { TensorModel } from '../../../sim/model/tensor.ts';
import { Random } from '../../../sw/data/random.ts';
import { expectSame } from '../../support/same.ts';
import { BENCH_BASE, BENCH_BYTES, TensorDriver, accumulatorsOf, scratchpadOf, tensorBench } from '../../support/tensor-bench.ts';

const nano: TensorParams = {
  rows: 4, columns: 4, scratchpadRows: 64, accumulatorRows: 32, channels: 32, scratchpadBanks: 2, accumulatorBanks: 1, vectorLanes: 1,
  requantiser: 'iterative', queueDepth: 2, hazardBlocks: 8, counters: false, busBytes: 4, idBits: 2, pipelineEvery: 1, ...ALL_FEATURES, scatter: false, multiplier: 'ice40',
};
const square: TensorParams = {
  ...nano, rows: 8, columns: 8, scratchpadBanks: 4, accumulatorBanks: 2, vectorLanes: 4, requantiser: 'pipelined', queueDepth: 4,
  hazardBlocks: 16, counters: true,
  busBytes: 16, multiplier: 'generic',
};
const wide: TensorParams = { ...square, rows: 4, columns: 12, vectorLanes: 2, scratchpadRows: 96, busBytes: 8, scratchpadBanks: 1,
  accumulatorRows: 16, channels: 48, idBits: 1 };
const tall: TensorParams = { ...square, rows: 10, columns: 6, vectorLanes: 2, scratchpadRows: 50, busBytes: 4, accumulatorBanks: 1,
  accumulatorRows: 24, queueDepth: 3, hazardBlocks: 2, scratchpadBanks: 1 };
/** Hazards by row. */
const byRow: TensorParams = { ...square, rows: 6, columns: 6, vectorLanes: 2, hazardBlocks: 64 };
const byRowTall: TensorParams = { ...tall, accumulatorBanks: 2, accumulatorRows: 16, hazardBlocks: 64, queueDepth: 5 };
/** As in configs/nano.toml, but for the sizes of the memories. */
const serial: TensorParams = { ...nano, scratchpadBanks: 1, queueDepth: 1, hazardBlocks: 1, idBits: 1, ...NO_FEATURES, overlap: 'serial' };
const serialWide: TensorParams = { ...serial, rows: 6, columns: 13, scratchpadRows: 90, accumulatorRows: 24, channels: 50, multiplier: 'generic' };
const serialTall: TensorParams = { ...serial, rows: 10, columns: 4, scratchpadRows: 50, accumulatorRows: 64, channels: 20 };
/** Of which a beat fills several rows, with no bytes left or some; the memories of the scratchpad are alike, or some have a row less. */
const beatOf4 = { ...square, rows: 4, columns: 4 };
const beatOf8 = { ...square, rows: 4, columns: 4, busBytes: 32, scratchpadRows: 50, scratchpadBanks: 1, hazardBlocks: 4, queueDepth: 2 };
const beatOf4Tall = { ...square, busBytes: 32, scratchpadBanks: 2, queueDepth: 1, idBits: 1 };
const beatOf2Left4 = { ...square, rows: 6, vectorLanes: 2, scratchpadRows: 61, scratchpadBanks: 1 };
/** Whose loads scatter: rows as long as a beat, shorter and longer, with as many memories or fewer than rows in a beat. */
const scatters = { ...square, scatter: true };
const scattersWide = { ...wide, scatter: true };
const scattersTall = { ...tall, scatter: true };
const scattersOf4 = { ...beatOf4, scatter: true };
const scattersOf8 = { ...beatOf8, scatter: true };
const scattersWhole = { ...square, rows: 16, scratchpadRows: 32, scratchpadBanks: 2, hazardBlocks: 32, scatter: true };
const tiles = { ...square, pipelineEvery: 2 };
const oneTile = { ...tall, rows: 5, columns: 5, vectorLanes: 1, channels: 50, pipelineEvery: 5 };
const CHIPS = {
  nano, square, wide, tall, byRow, byRowTall, tiles, oneTile, beatOf4, beatOf8, beatOf4Tall, beatOf2Left4, scatters, scattersWide,
  scattersTall, scattersOf4, scattersOf8, scattersWhole, serial, serialWide, serialTall,
};

/** What an interrupt handler may ask at any time; values of counters are not those of the model. */
const QUESTIONS = ['fence', 'poll', 'count', 'info'] as const;

type Rows = { readonly first: number; readonly count: number };
type Instruction = readonly [TensorOp, number, number];

/**
 * Legal but otherwise arbitrary commands. Two kinds of neighbours are drawn on purpose: rows among the first few, so that hazards
 * abound, and rows that begin where those of the command before ended, overlap them or follow them, with more columns, fewer or
 * as many: whatever is forwarded or merged between two commands is then asked for lanes that the first one did not have.
 */
class RandomCommands {
  private lastSums: Rows & { readonly columns: number } = { first: 0, count: 1, columns: 1 };
  private lastRows: Rows = { first: 0, count: 1 };

  constructor(private readonly random: Random, private readonly p: TensorParams) {}

  next(): readonly Instruction[] {
    const { p, random } = this;
    const upTo = (n: number): number => random.below(n);
    const address = (): number => BENCH_BASE + 4096 + upTo(2048);
    switch (upTo(7)) {
      case 0:
      case 1: {
        const s = this.lastRows = this.beside(this.lastRows, p.scratchpadRows, 12);
        const op = upTo(3) === 0 ? 'st' : 'ld';
        const command: Instruction = [op, address(), packFields(TENSOR[op].rs2, { row: s.first, count: s.count })];
        if (upTo(2) === 0) return [command];
        if (!p.scatter || op === 'st' || upTo(3) === 0) {
          return [['arg', upTo(100), packFields(TENSOR.arg.rs2, { rowBytes: 1 + upTo(p.rows) })], command];
        }
        // Rows of one group or several, often one behind the other, and groups behind each other or one within the other.
        const rowBytes = 1 + upTo((1 + upTo(4)) * p.rows);
        const room = p.scratchpadRows - s.first - s.count;
        const most = rowBytes <= p.rows ? 20 : Math.floor(room / (Math.ceil(rowBytes / p.rows) - 1));
        const operand = packFields(TENSOR.arg.rs2, { rowBytes, groupRows: upTo(Math.min(most, 20) + 1) });
        return [['arg', upTo(2) === 0 ? rowBytes : upTo(100), operand], command];
      }
      case 2: {
        const s = this.span(p.channels, 8);
        return [['ldp', BENCH_BASE + 4 * upTo(400), packFields(TENSOR.ldp.rs2, { channel: s.first, count: s.count })]];
      }
      case 3:
      case 4: return this.products(1 + random.below(4));
      case 5: {
        const n = 1 + upTo(p.columns);
        const acc = this.beside(this.lastSums, p.accumulatorRows, 6);
        const rows = this.lastRows = { first: upTo(12), count: acc.count };
        const channel = p.vectorLanes * upTo(Math.floor((p.channels - p.columns) / p.vectorLanes));
        return [['rq', packFields(TENSOR.rq.rs1, { accRow: acc.first, count: acc.count, columnsMinus1: n - 1 }),
          packFields(TENSOR.rq.rs2, { row: rows.first, channel })]];
      }
      default: {
        const s = this.beside(this.lastSums, p.accumulatorRows, 6);
        const command: Instruction = ['sta', address() & ~3, packFields(TENSOR.sta.rs2, { accRow: s.first, count: s.count })];
        if (upTo(2) === 0) return [command];
        return [['arg', 4 * upTo(30), packFields(TENSOR.arg.rs2, { rowBytes: 4 * (1 + upTo(p.columns)) })], command];
      }
    }
  }

  /** Products one after the other; the first is often long enough for the weights of the next to be there in time. */
  private products(count: number): Instruction[] {
    const { p, random } = this;
    const products = Array.from({ length: count }, (): Instruction => {
      if (p.matrixVector && random.below(4) === 0) return this.matrixTimesVector();
      const columns = random.below(3) === 0 ? [1, p.columns][random.below(2)] : 1 + random.below(p.columns);
      const size = Math.min(p.accumulatorRows, p.scratchpadRows);
      const isLong = random.below(2) === 0;
      const acc = isLong ? this.span(size, 2 * p.columns + 2, p.columns) : this.beside(this.lastSums, size, 10);
      this.lastSums = { ...acc, columns };
      const aRow = random.below(Math.min(12, p.scratchpadRows - acc.count + 1));
      // Often in another bank than the activations, where they are read while those stream.
      const wRow = random.below(2) === 0 ? p.scratchpadRows - columns : random.below(Math.min(16, p.scratchpadRows - columns));
      const accumulate = random.below(3) === 0 ? 0 : 1;
      return ['mm', packFields(TENSOR.mm.rs1, { aRow, wRow }),
        packFields(TENSOR.mm.rs2, { accRow: acc.first, count: acc.count, columnsMinus1: columns - 1, accumulate })];
    });
    // In a unit that is empty before, weights of one product are loaded while the one before streams.
    return random.below(2) === 0 ? products : [['fence', 0, 0], ...products];
  }

  /** As many tiles as fit, into the sums that the product before wrote, or others. */
  private matrixTimesVector(): Instruction {
    const { p, random } = this;
    const count = 1 + random.below(Math.min(5, Math.floor(p.scratchpadRows / p.columns)));
    const { first: accRow } = this.beside(this.lastSums, p.accumulatorRows, 1);
    const columns = 1 + random.below(p.columns);
    this.lastSums = { first: accRow, count: 1, columns };
    const aRow = random.below(Math.min(12, p.scratchpadRows - count + 1));
    const last = p.scratchpadRows - count * p.columns;
    const wRow = random.below(2) === 0 ? last : random.below(last + 1);
    return ['mv', packFields(TENSOR.mv.rs1, { aRow, wRow }),
      packFields(TENSOR.mv.rs2, { accRow, count, columnsMinus1: columns - 1, accumulate: random.below(2) })];
  }

  private span(size: number, most: number, least = 1): Rows {
    const limit = Math.min(size, most);
    const from = Math.min(least, limit);
    const count = from + this.random.below(limit - from + 1);
    return { first: this.random.below(Math.min(size - count + 1, 12)), count };
  }

  /** Rows that begin at the last one of `before`, behind it or within it, or somewhere. */
  private beside(before: Rows, size: number, most: number): Rows {
    const first = before.first + [before.count - 1, before.count, this.random.below(before.count)][this.random.below(3)];
    if (this.random.below(3) === 0 || first >= size) return this.span(size, most);
    return { first, count: 1 + this.random.below(Math.min(size - first, most)) };
  }
}

function pair(p: TensorParams, stall: boolean) {
  const sim = createWasmSimulator(tensorBench(p));
  const driver = new TensorDriver(sim, stall);
  const ram = new Uint8Array(BENCH_BYTES);
  const random = new Random(7);
  for (let i = 0; i < ram.length; i++) ram[i] = random.below(256);
  // Channel records begin at any word: most are legal as a multiplier and as shift, zero point and clamps, of which some do not clamp.
  const view = new DataView(ram.buffer);
  for (let a = 0; a < 4096; a += 4) {
    view.setUint32(a, random.below(40) === 0 ? random.uint32() : random.uint32() >>> 1, true);
    if (random.below(40) > 0) view.setUint8(a, 1 + random.below(62));
    if (random.below(2) === 0) view.setUint16(a + 2, 0x7f80, true);
  }
  const memory = sim.memory('memory.cells');
  memory.write(0, ram);
  const within = (address: number, length: number): boolean => address >= BENCH_BASE && address + length <= BENCH_BASE + BENCH_BYTES;
  const shape = { ...p, counters: p.counters ? TENSOR_COUNTERS.length : 0 };
  const model = new TensorModel(shape, {
    readBlock: (address, into) => {
      const first = address - BENCH_BASE;
      return within(address, into.length) && (into.set(ram.subarray(first, first + into.length)), true);
    },
    writeBlock: (address, bytes) => within(address, bytes.length) && (ram.set(bytes, address - BENCH_BASE), true),
  });
  const both = (op: TensorOp, rs1: number, rs2: number): readonly [number, number] => [driver.execute(op, rs1, rs2),
    model.execute(TENSOR_OPS.indexOf(op), rs1, rs2) >>> 0];
  const compare = (what: string): void => {
    expectSame(scratchpadOf(sim, p), model.scratchpad, `scratchpad after ${what}`);
    expectSame(accumulatorsOf(sim, p), model.accumulators, `accumulators after ${what}`);
    expectSame(memory.read(0, BENCH_BYTES), ram, `memory after ${what}`);
  };
  const put = (offset: number, bytes: Uint8Array): void => {
    ram.set(bytes, offset);
    memory.write(0, ram);
  };
  return { sim, driver, model, both, compare, put };
}

describe('the tensor unit', () => {
  for (const [name, p] of Object.entries(CHIPS)) {
    for (const stall of [false, true]) {
      it(`${name}, memory ${stall ? 'with' : 'without'} pauses: random programs leave what the golden model leaves`, () => {
        const { both, compare } = pair(p, stall);
        const between = new Random(stall ? 12 : 4);
        const commands = new RandomCommands(new Random(stall ? 11 : 3), p);
        for (let round = 0; round < 32; round++) {
          const text: string[] = [];
          for (let i = 0; i < 12; i++) {
            for (const [op, rs1, rs2] of commands.next()) {
              text.push(`${op} ${rs1.toString(16)} ${rs2.toString(16)}`);
              both(op, rs1, rs2);
              if (op !== 'arg') continue;
              // What comes between a prefix and its transfer without a transfer of its own changes nothing, and sees it.
              for (const question of QUESTIONS) if (between.below(4) === 0) both(question, between.below(4), 0);
              const index = between.below(TENSOR_STATE.length);
              // The status counts bad records when they come.
              if (index === 0) both('fence', 0, 0);
              const [found, expected] = both('state', index, 0);
              expect(found, `state ${index}`).toBe(expected);
            }
          }
          const [status, expected] = both('fence', 0, 0);
          compare(`round ${round}:\n${text.join('\n')}`);
          expect(status).toBe(expected);
        }
      });
    }

    it(`${name} adds to a row that the product before wrote last, whatever columns the two have`, () => {
      const { both, compare } = pair(p, false);
      const C = p.columns;
      const long = Math.min(2 * C, p.accumulatorRows - 2, p.scratchpadRows);
      // Weights in another bank than activations: there they are read without waiting for the stream before to end.
      const wRow = p.scratchpadRows - C;
      both('ld', BENCH_BASE, packFields(TENSOR.ld.rs2, { row: 0, count: p.scratchpadRows }));
      for (const [first, second] of [[1, C], [1, 2], [2, C], [C - 1, C], [C, 1], [C, C], [C, C - 1], [1, 1]]) {
        for (const [accumulates, back] of [[0, 1], [1, 1], [0, 0], [1, 2]]) {
          const mm = (columns: number, accRow: number, count: number, accumulate: number): void => {
            both('mm', packFields(TENSOR.mm.rs1, { aRow: 0, wRow }),
              packFields(TENSOR.mm.rs2, { accRow, count, columnsMinus1: columns - 1, accumulate }));
          };
          mm(C, 0, long, 0);
          both('fence', 0, 0);
          // Alone in the unit, the first streams while the weights of the second are loaded: the second follows without a pause.
          mm(first, 0, long, accumulates);
          mm(second, long - back, 2, 1);
          const [status] = both('fence', 0, 0);
          expect(status).toBe(0);
          compare(`${first}, then ${second} columns, ${accumulates ? 'accumulating' : 'overwriting'}, ${back} row(s) before the end`);
        }
      }
    });

    it(`${name} multiplies with weights that a load has only just written, row by row`, () => {
      for (const stall of [false, true]) {
        const { both, compare } = pair(p, stall);
        const wRow = p.scratchpadRows - p.columns;
        both('ld', BENCH_BASE, packFields(TENSOR.ld.rs2, { row: 0, count: p.scratchpadRows }));
        both('fence', 0, 0);
        for (const [index, aRow] of [0, 1, 0].entries()) {
          // Rows that are far apart in memory come one by one.
          both('arg', 4 * p.busBytes, packFields(TENSOR.arg.rs2, { rowBytes: p.rows }));
          both('ld', BENCH_BASE + 64 * (index + 1), packFields(TENSOR.ld.rs2, { row: wRow, count: p.columns }));
          both('mm', packFields(TENSOR.mm.rs1, { aRow, wRow }), packFields(TENSOR.mm.rs2, { accRow: index, count: 1, columnsMinus1: p.columns - 1, accumulate: 0 }));
          both('fence', 0, 0);
          compare(`weights of product ${index}`);
        }
      }
    });

    it.runIf(p.matrixVector)(`${name} adds a matrix times a vector up before anybody reads the sums`, () => {
      for (const stall of [false, true]) {
        const { both, compare, put } = pair(p, stall);
        // Results that tell sums apart: a 512th of them, no bias, no clamp.
        const record = Uint32Array.of(0, 2 ** 30, 39 | (0x7f80 << 16), 0);
        put(0, new Uint8Array(Uint32Array.from({ length: 4 * p.columns }, (_, i) => record[i % 4]).buffer));
        const tiles = Math.min(3, Math.floor((p.scratchpadRows - 8) / p.columns));
        const wRow = p.scratchpadRows - tiles * p.columns;
        both('ld', BENCH_BASE, packFields(TENSOR.ld.rs2, { row: 0, count: p.scratchpadRows }));
        both('ldp', BENCH_BASE, packFields(TENSOR.ldp.rs2, { channel: 0, count: p.columns }));
        for (const accumulate of [0, 1]) {
          both('fence', 0, 0);
          // Weights that come one by one, each from two beats: between two tiles nothing is in the mesh.
          both('arg', 4 * p.busBytes, packFields(TENSOR.arg.rs2, { rowBytes: p.rows }));
          both('ld', BENCH_BASE + 64 * accumulate + p.busBytes - 1, packFields(TENSOR.ld.rs2, { row: wRow, count: tiles * p.columns }));
          both('mv', packFields(TENSOR.mv.rs1, { aRow: 1, wRow }), packFields(TENSOR.mv.rs2, { accRow: 2, count: tiles, columnsMinus1: p.columns - 1, accumulate }));
          // Stores wait for loads; the vector stage does not, and writes into no block that the others use.
          both('rq', packFields(TENSOR.rq.rs1, { accRow: 2, count: 1, columnsMinus1: p.columns - 1 }), packFields(TENSOR.rq.rs2, { row: wRow - Math.ceil(p.columns / p.rows) - 4, channel: 0 }));
          both('fence', 0, 0);
          compare(`${tiles} tiles, accumulate ${accumulate}`);
        }
      }
    });

    it(`${name} describes itself`, () => {
      const { both } = pair(p, false);
      for (let i = 0; i <= TENSOR_INFO.length; i++) {
        const [found, expected] = both('info', i, 0);
        expect(found).toBe(expected);
      }
    });

    it(`${name} answers tn.poll while a command is executed`, () => {
      const { driver } = pair(p, false);
      expect(driver.execute('poll')).toBe(0);
      driver.execute('rq', packFields(TENSOR.rq.rs1, { accRow: 0, count: 6, columnsMinus1: p.columns - 1 }), packFields(TENSOR.rq.rs2, { row: 0, channel: 0 }));
      expect(driver.execute('poll')).toBe(4);
      driver.execute('ld', BENCH_BASE, packFields(TENSOR.ld.rs2, { row: 0, count: 12 }));
      expect(driver.execute('poll') & 1).toBe(1);
      expect(driver.execute('fence')).toBe(0);
      expect(driver.execute('poll')).toBe(0);
    });

    it(`${name} counts every load of bad records, and a command that is refused in the same cycle`, () => {
      const { sim, driver, both } = pair(p, false);
      const bad = BENCH_BASE + 3 * 4096;
      sim.memory('memory.cells').write(bad - BENCH_BASE, new Uint8Array(64));
      const loads = (address: number): number => driver.execute('ldp', address, packFields(TENSOR.ldp.rs2, { channel: 0, count: 1 }));
      const refused = (act: () => void): number => {
        const before = driver.execute('fence');
        act();
        return driver.execute('fence') - before;
      };
      expect(refused(() => [bad, bad, BENCH_BASE, bad, bad].forEach(loads)), 'one behind the other').toBe(4);
      for (let pause = 0; pause < 40; pause++) {
        expect(refused(() => {
          loads(bad);
          sim.step(pause);
          for (let i = 0; i < 3; i++) driver.execute('mm', 0, 0);
        }), `${pause} cycles between`).toBe(4);
      }
      // What was given and used leaves nothing to be read.
      both('arg', 77, packFields(TENSOR.arg.rs2, { rowBytes: 1 }));
      both('mm', 0, 0);
      for (let index = 0; index < TENSOR_STATE.length + 1; index++) if (index !== 0) expect(both('state', index, 0)).toEqual([0, 0]);
    });

    it(`${name} counts a command of which memory answers any transfer with an error once`, () => {
      const { both, compare } = pair(p, true);
      const end = BENCH_BASE + BENCH_BYTES;
      // Three rows and records: all, two, one of them or none in memory.
      for (const [i, address] of [0, end, end - 16, end - 8 * p.columns, BENCH_BASE - 4, end - 256, 0xffff_ff00].entries()) {
        for (const op of ['ld', 'st', 'sta', 'ldp'] as const) {
          both('arg', op === 'sta' ? 8 * p.columns : 40, packFields(TENSOR.arg.rs2, { rowBytes: 4 }));
          both(op, address, packFields(TENSOR[op].rs2, { [TENSOR[op].rs2[0].name]: 0, count: 3 }));
          const [found, expected] = both('fence', 0, 0);
          expect(found >>> 16, `${op} ${address.toString(16)}, the ${i}th`).toBe(expected >>> 16);
        }
      }
      // Several stores that are on their way at once: each is counted for itself, and for no other.
      const rows = (count: number): number => packFields(TENSOR.st.rs2, { row: 0, count });
      for (const bad of [0b0001, 0b0010, 0b0101, 0b0110, 0b1001, 0b1111]) {
        for (const count of [1, 3]) {
          for (let i = 0; i < 4; i++) both('st', (bad >> i) & 1 ? end : BENCH_BASE + 4096 + 64 * i, rows(count));
          const [found, expected] = both('fence', 0, 0);
          expect(found >>> 16, `${count} rows, ${bad.toString(2)}`).toBe(expected >>> 16);
        }
      }
      // Records of a failed transfer are not compared; whole ones make both alike again.
      both('ldp', BENCH_BASE, packFields(TENSOR.ldp.rs2, { channel: 0, count: 3 }));
      compare('transfers that fail');
    });

    it(`${name} refuses a command whose operands are out of range and counts it`, () => {
      const { both, compare } = pair(p, false);
      const bad: [TensorOp, number, number][] = [
        ['ld', BENCH_BASE, packFields(TENSOR.ld.rs2, { row: p.scratchpadRows - 1, count: 2 })],
        ['ld', BENCH_BASE, packFields(TENSOR.ld.rs2, { row: 0, count: 0 })],
        ['st', BENCH_BASE, packFields(TENSOR.st.rs2, { row: 0, count: p.scratchpadRows + 1 })],
        ['ldp', BENCH_BASE, packFields(TENSOR.ldp.rs2, { channel: p.channels, count: 1 })],
        ['ldp', BENCH_BASE + 2, packFields(TENSOR.ldp.rs2, { channel: 0, count: 1 })],
        ['mm', 0, packFields(TENSOR.mm.rs2, { accRow: p.accumulatorRows - 1, count: 2, columnsMinus1: 0, accumulate: 0 })],
        ['mm', packFields(TENSOR.mm.rs1, { aRow: 0, wRow: p.scratchpadRows - 1 }), packFields(TENSOR.mm.rs2, { accRow: 0, count: 1,
          columnsMinus1: 1, accumulate: 0 })],
        ['mm', packFields(TENSOR.mm.rs1, { aRow: p.scratchpadRows - 1, wRow: 0 }), packFields(TENSOR.mm.rs2, { accRow: 0, count: 2,
          columnsMinus1: 0, accumulate: 0 })],
        ['mm', 0, packFields(TENSOR.mm.rs2, { accRow: 0, count: 1, columnsMinus1: p.columns, accumulate: 0 })],
        ['rq', packFields(TENSOR.rq.rs1, { accRow: 0, count: 1, columnsMinus1: 0 }), packFields(TENSOR.rq.rs2, { row: p.scratchpadRows, channel: 0 })],
        ['rq', packFields(TENSOR.rq.rs1, { accRow: 0, count: 1, columnsMinus1: 1 }), packFields(TENSOR.rq.rs2, { row: 0, channel: p.channels - 1 })],
        ['sta', BENCH_BASE + 1, packFields(TENSOR.sta.rs2, { accRow: 0, count: 1 })],
        ['sta', BENCH_BASE, packFields(TENSOR.sta.rs2, { accRow: p.accumulatorRows, count: 1 })],
      ];
      let refused = 0;
      const counts = (what: string): void => {
        refused += 1;
        expect(both('fence', 0, 0), what).toEqual([refused, refused]);
      };
      for (const [op, rs1, rs2] of bad) {
        both(op, rs1, rs2);
        counts(`${op} ${rs1} ${rs2}`);
      }
      for (const rowBytes of [0, p.rows + 1, 4 * p.columns, 4 * p.columns + 1, 300, 65535]) {
        for (const op of ['ld', 'st', 'sta'] as const) {
          if (rowBytes > 0 && rowBytes <= (op === 'sta' ? 4 * p.columns : p.rows)) continue;
          both('arg', 0, packFields(TENSOR.arg.rs2, { rowBytes }));
          for (let index = 0; index < TENSOR_STATE.length; index++) {
            const [found, expected] = both('state', index, 0);
            expect(found, `${TENSOR_STATE[index].name} of ${rowBytes}`).toBe(expected);
          }
          both(op, BENCH_BASE, packFields(TENSOR[op].rs2, { [op === 'sta' ? 'accRow' : 'row']: 0, count: 1 }));
          counts(`${op} of rows of ${rowBytes} bytes`);
        }
      }
      compare('commands that must all be dropped');
    });
  }

  const beats = [
    ['square', square, 2], ['wide', wide, 2], ['beatOf4', beatOf4, 4], ['beatOf8', beatOf8, 8],
    ['scatters', scatters, 2], ['scattersOf4', scattersOf4, 4], ['scattersWhole', scattersWhole, 2],
  ] as const;
  it.each(beats)(
    '%s takes a beat of whole rows a cycle, wherever they lie', (_, p, rowsOfBeat) => {
      expect(rowsPerBeat(p)).toBe(rowsOfBeat);
      const { driver, both, compare } = pair(p, false);
      const counted = (): number => {
        const [busy, waits] = (['loadBusy', 'loadWaitMemory'] as const).map((name) => driver.execute('count', TENSOR_COUNTERS.findIndex((c) => c.name === name)));
        return busy - waits;
      };
      for (const count of [1, 2, 3, 7, 24]) {
        for (let row = 0; row <= rowsOfBeat; row++) {
          for (let offset = 0; offset < p.busBytes; offset += 3) {
            const before = counted();
            both('ld', BENCH_BASE + offset, packFields(TENSOR.ld.rs2, { row, count }));
            both('fence', 0, 0);
            expect(counted() - before, `${count} rows from ${row}, ${offset} bytes behind a beat`).toBe(Math.ceil((offset + count * p.rows) / p.busBytes));
          }
        }
      }
      compare('loads');
    },
  );

  it('can be built with as many scratchpad rows as the instructions can name', () => {
    const largest = { ...square, rows: 4, columns: 4, scratchpadRows: 65536, accumulatorRows: 4096, channels: 65536 };
    expect(() => elaborate(TensorUnit(largest))).not.toThrow();
  });
});
