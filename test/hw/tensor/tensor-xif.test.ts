import { describe, expect, it } from 'vitest';
import { packFields } from '../../../hw/isa/instruction.ts';
import { ALL_FEATURES, NO_FEATURES } from '../../../hw/isa/tensor-rows.ts';
import { TENSOR, TENSOR_COUNTERS, TENSOR_OPS } from '../../../hw/isa/tensor.ts';
import type { TensorOp } from '../../../hw/isa/tensor.ts';
import type { TensorParams } from '../../../hw/tensor/params.ts';
import { createWasmSimulator } from '../../../sim/engine/index.ts';
import { TensorModel } from '../../../sim/model/tensor.ts';
import { Random } from '../../../sw/data/random.ts';
import { BENCH_BASE, BENCH_BYTES, accumulatorsOf, scratchpadOf, tensorBench } from '../../support/tensor-bench.ts';
import { RandomCore } from '../../support/xif/random-core.ts';
import type { Item } from '../../support/xif/random-core.ts';
import { JOINED, SPLIT, garbage, peekUnit, pokeCore, rdOf } from '../../support/xif/signals.ts';

const full: TensorParams = {
  rows: 4, columns: 4, scratchpadRows: 32, accumulatorRows: 16, channels: 16, scratchpadBanks: 2, accumulatorBanks: 1, vectorLanes: 1,
  requantiser: 'iterative', queueDepth: 2, hazardBlocks: 8, counters: true, busBytes: 4, idBits: 2, pipelineEvery: 1, ...ALL_FEATURES, multiplier: 'generic',
};
const serial: TensorParams = { ...full, scratchpadBanks: 1, queueDepth: 1, hazardBlocks: 1, counters: false, idBits: 1, ...NO_FEATURES, overlap: 'serial' };
const UNITS = { full, serial };
const SEEDS = Number(process.env.SYSTOLE_LOCKSTEP_SEEDS ?? 2) * 3;
const LIMIT = 20_000;
/** Results that depend on when they are asked for. */
const TIMELY: readonly TensorOp[] = ['poll', 'count'];

interface TensorItem extends Item {
  /** undefined: an instruction that the unit does not know. */
  readonly op?: TensorOp;
}

/** A command that does something visible, more often than not in range. */
function command(random: Random): readonly [TensorOp, number, number] {
  const upTo = (n: number): number => random.below(n);
  const address = BENCH_BASE + 4 * upTo(500);
  const count = 1 + upTo(4);
  switch (upTo(11)) {
    case 0: case 1: return ['ld', address, packFields(TENSOR.ld.rs2, { row: upTo(29), count })];
    case 2: return ['st', address + upTo(4), packFields(TENSOR.st.rs2, { row: upTo(30), count })];
    case 3: case 4: return ['mm', packFields(TENSOR.mm.rs1, { aRow: upTo(28), wRow: upTo(28) }),
      packFields(TENSOR.mm.rs2, { accRow: upTo(13), count, columnsMinus1: upTo(4), accumulate: upTo(2) })];
    case 5: return ['sta', address, packFields(TENSOR.sta.rs2, { accRow: upTo(14), count })];
    case 6: return ['arg', 4 * upTo(10), packFields(TENSOR.arg.rs2, { rowBytes: 1 + upTo(4) })];
    case 7: return ['info', upTo(12), 0];
    case 8: return ['fence', 0, 0];
    case 9: return ['poll', 0, 0];
    default: return ['count', 0, 0];
  }
}

function program(random: Random, length: number): TensorItem[] {
  let doomed = 0;
  const items = Array.from({ length }, (): TensorItem => {
    if (doomed > 0) doomed--;
    else if (random.below(5) === 0) doomed = 1 + random.below(4);
    const [op, rs1, rs2] = command(random);
    const rd = random.below(32) << 7;
    const isKnown = random.below(8) > 0;
    const instr = ((TENSOR[op].match | rd) ^ (isKnown ? 0 : 0x8000_0000)) >>> 0;
    return { instr, rs: [rs1, rs2], doomed: doomed > 0, ...(isKnown && { op }) };
  });
  return [...items, { instr: (TENSOR.fence.match | (5 << 7)) >>> 0, rs: [0, 0], doomed: false, op: 'fence' }];
}

describe('the tensor unit beside a core that does whatever CV-X-IF allows', () => {
  for (const [name, p] of Object.entries(UNITS)) {
    for (const xif of [JOINED, SPLIT]) {
      it(`${name}, ${xif.split ? 'split' : 'joined'}: does what was committed, nothing of what was killed`, () => {
        const sim = createWasmSimulator(tensorBench(p, xif));
        for (let seed = 1; seed <= SEEDS; seed++) {
          const random = new Random(seed);
          sim.poke('rst', 1);
          sim.poke('stall', seed % 2);
          pokeCore(sim, { resultReady: false }, random);
          sim.step(2);
          sim.poke('rst', 0);
          const ram = Uint8Array.from({ length: BENCH_BYTES }, () => random.below(256));
          const memory = sim.memory('memory.cells');
          memory.write(0, ram);
          const within = (address: number, length: number): boolean =>
            address >= BENCH_BASE && address + length <= BENCH_BASE + BENCH_BYTES;
          const model = new TensorModel({ ...p, counters: p.counters ? TENSOR_COUNTERS.length : 0 }, {
            readBlock: (address, into) => {
              const first = address - BENCH_BASE;
              return within(address, into.length) && (into.set(ram.subarray(first, first + into.length)), true);
            },
            writeBlock: (address, bytes) => within(address, bytes.length) && (ram.set(bytes, address - BENCH_BASE), true),
          });
          // The memories keep what the last program left.
          model.scratchpad.set(scratchpadOf(sim, p));
          model.accumulators.set(accumulatorsOf(sim, p));
          const items = program(random, 60);
          const answered: TensorItem[] = [];
          const core = new RandomCore(xif, items, random, (item: TensorItem, { data, rd, we }) => {
            const { op, rs, instr } = item;
            if (!op) throw new Error(`seed ${seed}: an answer to an unknown instruction`);
            answered.push(item);
            const expected = model.execute(TENSOR_OPS.indexOf(op), rs[0], rs[1]) >>> 0;
            expect({ we, rd }, `seed ${seed}: ${op}`).toEqual({ we: TENSOR[op].writesRd, rd: rdOf(instr) });
            if (we && !TIMELY.includes(op)) expect(data, `seed ${seed}: ${op}`).toBe(expected);
          });
          for (let cycle = 0; !core.done; cycle++) {
            if (cycle > LIMIT) throw new Error(`seed ${seed}: the unit hangs`);
            const signals = core.drive();
            // Signal dependencies: no path from the operands to the result.
            const { register, ...rest } = signals;
            const other = { id: random.below(8), rs: [garbage(random), garbage(random)] as const, valid: random.below(4) };
            pokeCore(sim, { ...rest, ...(register ? {} : { register: other }) }, random);
            const { result } = peekUnit(sim);
            pokeCore(sim, signals, random);
            const unit = peekUnit(sim);
            expect(unit.result, `seed ${seed}: the result follows the operands`).toEqual(result);
            sim.step();
            core.clock(unit);
          }
          expect(answered, `seed ${seed}`).toEqual(items.filter((i) => i.op && !i.doomed));
          expect(scratchpadOf(sim, p), `seed ${seed}: scratchpad`).toEqual(model.scratchpad);
          expect(accumulatorsOf(sim, p), `seed ${seed}: accumulators`).toEqual(model.accumulators);
          expect(Buffer.compare(Buffer.from(memory.read(0, BENCH_BYTES)), Buffer.from(ram)), `seed ${seed}: memory`).toBe(0);
        }
      });
    }
  }
});
