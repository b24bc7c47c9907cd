/**
 * Every performance counter against its definition in the instruction set's table, recomputed from signals that are watched in every
 * cycle: from what goes in and out of the units, not from the events that are counted.
 */
import { describe, expect, it } from 'vitest';
import { packFields } from '../../../hw/isa/instruction.ts';
import { ALL_FEATURES, NO_FEATURES } from '../../../hw/isa/tensor-rows.ts';
import { TENSOR, TENSOR_COUNTERS, TENSOR_INFO } from '../../../hw/isa/tensor.ts';
import type { TensorCounter, TensorOp } from '../../../hw/isa/tensor.ts';
import { UNITS } from '../../../hw/tensor/hazards.ts';
import type { Unit } from '../../../hw/tensor/hazards.ts';
import { rowsPerBeat } from '../../../hw/tensor/params.ts';
import type { TensorParams } from '../../../hw/tensor/params.ts';
import { createWasmSimulator } from '../../../sim/engine/index.ts';
import type { Simulator } from '../../../sim/simulator.ts';
import { Random } from '../../../sw/data/random.ts';
import { BENCH_BASE, BENCH_BYTES, TensorDriver, tensorBench } from '../../support/tensor-bench.ts';

const square: TensorParams = {
  rows: 8, columns: 8, scratchpadRows: 64, accumulatorRows: 32, channels: 32, scratchpadBanks: 4, accumulatorBanks: 2, vectorLanes: 4,
  requantiser: 'pipelined', queueDepth: 2, hazardBlocks: 8, counters: true, busBytes: 16, idBits: 2, pipelineEvery: 1, ...ALL_FEATURES, multiplier: 'generic', overlap: 'full',
};
/** One bank, so that weights and rows meet. */
const wide: TensorParams = {
  ...square, rows: 4, columns: 12, vectorLanes: 2, scratchpadBanks: 1, accumulatorRows: 16, channels: 48, busBytes: 4, queueDepth: 3,
};
const serial: TensorParams = {
  ...square, rows: 4, columns: 4, scratchpadBanks: 1, accumulatorBanks: 1, vectorLanes: 1, requantiser: 'iterative', queueDepth: 1, hazardBlocks: 1,
  counters: false, busBytes: 4, ...NO_FEATURES, overlap: 'serial',
};

const UNIT_OF: Partial<Record<TensorOp, Unit>> = { ld: 'load', ldp: 'load', mm: 'mesh', rq: 'vector', st: 'store', sta: 'store' };
const MODULE_OF = { load: 'loader', mesh: 'control', vector: 'vector', store: 'storer' } as const satisfies Record<Unit, string>;

/** Legal commands of which rows lie close together. */
function randomCommand(random: Random, p: TensorParams): readonly [TensorOp, number, number] {
  const count = 1 + random.below(8);
  const columnsMinus1 = random.below(p.columns);
  const row = random.below(p.scratchpadRows - 3 * 8);
  const accRow = random.below(p.accumulatorRows - 8);
  const address = BENCH_BASE + 4096 + 4 * random.below(512);
  switch (random.below(8)) {
    case 0: return ['ldp', BENCH_BASE + 16 * random.below(64), packFields(TENSOR.ldp.rs2, { channel: 0, count })];
    case 1: case 2: return ['ld', address, packFields(TENSOR.ld.rs2, { row, count })];
    case 3: return ['st', address, packFields(TENSOR.st.rs2, { row, count })];
    case 4: return ['sta', address, packFields(TENSOR.sta.rs2, { accRow, count })];
    case 5: return ['rq', packFields(TENSOR.rq.rs1, { accRow, count, columnsMinus1 }), packFields(TENSOR.rq.rs2, { row, channel: 0 })];
    default: return ['mm', packFields(TENSOR.mm.rs1, { aRow: row, wRow: random.below(p.scratchpadRows - p.columns) }),
      packFields(TENSOR.mm.rs2, { accRow, count, columnsMinus1, accumulate: 1 })];
  }
}

/** Watches the unit before every clock edge and counts by the words of the table. */
class Watch {
  readonly counts = Object.fromEntries(TENSOR_COUNTERS.map(({ name }) => [name, 0])) as Record<TensorCounter, number>;
  /** Commands that a unit has begun and not completed; commands that its queue holds; rows and lines that the mesh still reads. */
  private readonly begun: Record<Unit, number> = { load: 0, mesh: 0, vector: 0, store: 0 };
  private readonly queued: Record<Unit, number> = { load: 0, mesh: 0, vector: 0, store: 0 };
  private linesLeft = 0;

  constructor(private readonly sim: Simulator, private readonly p: TensorParams) {}

  private is(path: string): boolean { return this.sim.peek(`unit.${path}`) === 1n; }
  private value(path: string): number { return Number(this.sim.peek(`unit.${path}`)); }
  private fires(path: string): boolean { return this.is(`${path}_valid`) && this.is(`${path}_ready`); }
  /** Of a scratchpad row: its bank, and which of the bank's memories. */
  private memoryOf(path: string): string {
    const row = this.value(path);
    return `${Math.floor(row / (this.p.scratchpadRows / this.p.scratchpadBanks))} ${row % rowsPerBeat(this.p)}`;
  }

  /** The bench takes results at once, so a command leaves the front unless its queue is full. */
  private stalls(): boolean {
    // Committed, and its operands are here.
    const isReady = this.is('dispatch.intake.ready');
    const instr = this.value('dispatch.instr');
    const op = (Object.keys(TENSOR) as TensorOp[]).find((name) => ((instr & TENSOR[name].mask) >>> 0) === TENSOR[name].match);
    const unit = op === undefined ? undefined : UNIT_OF[op];
    return isReady && unit !== undefined && this.queued[unit] === this.p.queueDepth;
  }

  sample(): void {
    const { counts, begun, queued, p } = this;
    const add = (name: TensorCounter, happens: boolean, by = 1): void => {
      if (happens) counts[name] += by;
    };
    const streams = this.is('scratchpad.activations_request');
    const loadsWeights = this.is('scratchpad.weights_request');
    add('cycles', true);
    add('meshRows', streams);
    add('meshWaitWeights', this.linesLeft > 0 && !streams);
    // A tile is in its bank whose first row cannot be followed yet, or the next row is not there.
    const rowIsMissing = this.is('control.streaming') ? !streams : this.is('control.loaded') && !this.is('meshQueue.lateIsThere');
    add('meshWaitHazard', (queued.mesh > begun.mesh && !this.is('meshQueue.start_valid')) || rowIsMissing);
    // Rows come before weights; nothing else comes before either.
    add('scratchpadConflict', streams && loadsWeights && this.memoryOf('scratchpad.activations_row') === this.memoryOf('scratchpad.weights_row'));
    add('loadBusy', begun.load > 0);
    add('loadWaitMemory', begun.load > 0 && !this.is('mem_r_valid'));
    add('vectorBusy', begun.vector > 0);
    add('storeBusy', begun.store > 0);
    add('dispatchStall', this.stalls());
    add('loadBytes', this.fires('mem_r'), p.busBytes);
    add('storeBytes', this.fires('mem_w'), p.busBytes);

    if (this.is('scratchpad.weights_grant')) this.linesLeft--;
    if (this.fires('control.command')) this.linesLeft = this.value('control.command_bits_lastColumn') + 1;
    for (const unit of UNITS) {
      const done = this.is(`${MODULE_OF[unit]}.done`) ? 1 : 0;
      begun[unit] += (this.fires(`${MODULE_OF[unit]}.command`) ? 1 : 0) - done;
      queued[unit] += (this.fires(`${unit}Queue.enter`) ? 1 : 0) - done;
    }
  }
}

/** The same simulator, with something done before every edge. */
const watched = (sim: Simulator, before: () => void): Simulator => new Proxy(sim, {
  get: (target, key) => {
    if (key === 'step') {
      return (cycles = 1): void => {
        for (let i = 0; i < cycles; i++) {
          before();
          target.step();
        }
      };
    }
    const value = Reflect.get(target, key) as unknown;
    return typeof value === 'function' ? (value.bind(target) as unknown) : value;
  },
});

describe('performance counters', () => {
  for (const [name, p] of Object.entries({ square, wide })) {
    for (const stall of [false, true]) {
      it(`of ${name}, memory ${stall ? 'with' : 'without'} pauses, count what their definitions say`, () => {
        const plain = createWasmSimulator(tensorBench(p), { observeWires: true });
        // Channel records of ones are legal.
        plain.memory('memory.cells').write(0, new Uint8Array(BENCH_BYTES).fill(1));
        const watch = new Watch(plain, p);
        let isRunning = false;
        const driver = new TensorDriver(watched(plain, () => isRunning && watch.sample()), stall);
        isRunning = true;
        const random = new Random(stall ? 21 : 20);
        let rows = 0;
        const history: number[][] = TENSOR_COUNTERS.map(() => []);
        let found: Partial<Record<TensorCounter, number>> = {};
        for (let round = 0; round < 12; round++) {
          for (let i = 0; i < 10; i++) {
            const command = randomCommand(random, p);
            driver.execute(...command);
            if (command[0] === 'mm') rows += (command[2] >>> 12) & 0xfff;
          }
          expect(driver.execute('fence')).toBe(0);
          found = {};
          const expected: Partial<Record<TensorCounter, number>> = {};
          for (const [index, counter] of TENSOR_COUNTERS.entries()) {
            const value = driver.execute('count', index);
            found[counter.name] = value;
            history[index].push(value);
            // The value is taken before the edge at which the instruction leaves.
            expected[counter.name] = watch.counts[counter.name] - (counter.name === 'cycles' ? 1 : 0);
          }
          expect(found, `round ${round}`).toEqual(expected);
          // And by the commands alone.
          expect(found.meshRows).toBe(rows);
        }
        // Each has been counted, but conflicts where there is more than one bank, and no two are alike.
        const rare = Object.entries(found).filter(([counter, n]) => (n ?? 0) < 10 && counter !== 'scratchpadConflict');
        expect(rare).toEqual([]);
        expect(new Set(history.map((values) => values.join())).size).toBe(TENSOR_COUNTERS.length);
        expect(driver.execute('count', TENSOR_COUNTERS.length)).toBe(0);
      });
    }
  }

  it('are absent from a serial unit, which says so', () => {
    const driver = new TensorDriver(createWasmSimulator(tensorBench(serial)), false);
    driver.execute('ld', BENCH_BASE, packFields(TENSOR.ld.rs2, { row: 0, count: 4 }));
    for (const index of [...TENSOR_COUNTERS.keys(), TENSOR_COUNTERS.length]) expect(driver.execute('count', index)).toBe(0);
    expect(driver.execute('info', TENSOR_INFO.findIndex(({ name }) => name === 'counters'))).toBe(0);
    expect(() => tensorBench({ ...serial, counters: true })).toThrow('tensor.counters');
  });
});
