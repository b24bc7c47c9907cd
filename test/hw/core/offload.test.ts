import { describe, expect, it } from 'vitest';
import { B, In, Out, U, elaborate, hw } from '../../../gen/index.ts';
import { balancedCore, fastCore, smallCore } from '../../../hw/core/config.ts';
import type { CoreConfig } from '../../../hw/core/config.ts';
import { Core } from '../../../hw/core/core.ts';
import { Offload } from '../../../hw/core/offload.ts';
import { OverlappedOffload } from '../../../hw/core/overlapped-offload.ts';
import { RegisterNumber, Word } from '../../../hw/core/word.ts';
import { RV32I, encode } from '../../../hw/isa/riscv.ts';
import { checkXif } from '../../../hw/lib/cv-x-if-checker.ts';
import { xifCore } from '../../../hw/lib/cv-x-if.ts';
import type { XifParams } from '../../../hw/lib/cv-x-if.ts';
import { createWasmSimulator } from '../../../sim/engine/index.ts';
import type { Simulator } from '../../../sim/simulator.ts';
import { Random } from '../../../sw/data/random.ts';
import { RandomUnit, isKnown, randomInstruction, valueOf, writesOf } from '../../support/xif/random-unit.ts';
import { JOINED, SPLIT, garbage, peekCore, pokeUnit, rdOf } from '../../support/xif/signals.ts';
import type { UnitSignals } from '../../support/xif/signals.ts';

const SEEDS = Number(process.env.SYSTOLE_LOCKSTEP_SEEDS ?? 2) * 5;
const LIMIT = 10_000;
const INTERFACES: Readonly<Record<string, XifParams>> = { joined: JOINED, split: SPLIT };

const Waiting = (p: XifParams) => hw('Waiting', {
  xif: xifCore(p), request: In(B), instr: In(Word), rs1: In(Word), rs2: In(Word), dismiss: In(B),
  done: Out(B), rejected: Out(B), writes: Out(B), value: Out(Word),
}, (m, io) => {
  const offload = m.inst('offload', Offload(p));
  m.link(io, offload, ['xif', 'request', 'instr', 'rs1', 'rs2', 'dismiss', 'done', 'rejected', 'writes', 'value']);
  offload.rd = io.instr.slice(11, 7);
  checkXif(m, 'rules', p, offload.xif);
});

const Overlapped = (p: XifParams) => hw('Overlapped', {
  xif: xifCore(p), request: In(B), instr: In(Word), rs1: In(Word), rs2: In(Word), dismiss: In(B), portFree: In(B), asks: In(U(3)),
  done: Out(B), rejected: Out(B), hazard: Out(B), resultWrite: Out(B), resultRd: Out(RegisterNumber), resultValue: Out(Word),
}, (m, io) => {
  const offload = m.inst('offload', OverlappedOffload(p));
  m.link(io, offload, [
    'xif', 'request', 'instr', 'rs1', 'rs2', 'dismiss', 'portFree', 'done', 'rejected', 'hazard', 'resultWrite', 'resultRd', 'resultValue',
  ]);
  offload.rd = io.instr.slice(11, 7);
  offload.rs1Number = io.instr.slice(19, 15);
  offload.rs2Number = io.instr.slice(24, 20);
  [offload.reads1, offload.reads2, offload.writes] = [0, 1, 2].map((i) => io.asks.bit(i));
  checkXif(m, 'rules', p, offload.xif);
});

function restart(sim: Simulator, ...inputs: readonly string[]): void {
  for (const input of inputs) sim.poke(input, 0);
  pokeUnit(sim, QUIET, new Random(1));
  sim.poke('rst', 1);
  sim.step(2);
  sim.poke('rst', 0);
}

const QUIET: UnitSignals = { issueReady: false, accept: false, writeback: false, reads: 0, registerReady: true };
const anything = (random: Random): UnitSignals => ({
  issueReady: random.below(2) === 0, accept: random.below(2) === 0, writeback: random.below(2) === 0, reads: random.below(4),
  registerReady: random.below(2) === 0,
  ...(random.below(2) === 0 && {
    result: { id: random.below(8), hartid: 0, data: garbage(random), rd: random.below(32), we: random.below(2) === 0 },
  }),
});

/** A cycle of the unit, seen to it that nothing that the core drives moves with what the unit drives (Signal dependencies). */
function answer(sim: Simulator, unit: RandomUnit, random: Random): () => void {
  const core = peekCore(sim);
  pokeUnit(sim, anything(random), random);
  expect(peekCore(sim), 'an output of the core follows an input').toEqual(core);
  pokeUnit(sim, unit.drive(core), random);
  return () => unit.clock(core);
}

for (const [name, p] of Object.entries(INTERFACES)) {
  describe(`the core's side of CV-X-IF, ${name}, beside a unit that does whatever is allowed`, () => {
    it('waits for every result', () => {
      const sim = createWasmSimulator(elaborate(Waiting(p)));
      for (let seed = 1; seed <= SEEDS; seed++) {
        const random = new Random(seed);
        restart(sim, 'request', 'dismiss');
        const unit = new RandomUnit(p, random);
        for (let count = 0, cycle = 0; count < 100; count++) {
          const instr = randomInstruction(random);
          const rs = [random.uint32(), random.uint32()] as const;
          sim.poke('request', 1);
          sim.poke('instr', instr);
          sim.poke('rs1', rs[0]);
          sim.poke('rs2', rs[1]);
          for (let ended = false; !ended; cycle++) {
            if (cycle > LIMIT) throw new Error(`seed ${seed}: no end`);
            const isRejected = sim.peek('rejected') === 1n;
            sim.poke('request', isRejected ? 0 : 1);
            sim.poke('dismiss', isRejected ? random.below(2) : 0);
            const clock = answer(sim, unit, random);
            const isDone = sim.peek('done') === 1n;
            if (isDone || isRejected) expect(isKnown(instr), `seed ${seed}`).toBe(isDone);
            if (isDone) {
              expect(sim.peek('writes') === 1n).toBe(writesOf(instr));
              expect(Number(sim.peek('value'))).toBe(valueOf(instr, rs));
            }
            ended = isDone || sim.peek('dismiss') === 1n;
            sim.step();
            clock();
          }
          sim.poke('request', 0);
          sim.poke('dismiss', 0);
          for (let gap = random.below(3); gap > 0; gap--) {
            const clock = answer(sim, unit, random);
            sim.step();
            clock();
          }
        }
      }
    });

    it('goes on, and holds back who needs a result', () => {
      const sim = createWasmSimulator(elaborate(Overlapped(p)));
      for (let seed = 1; seed <= SEEDS; seed++) {
        const random = new Random(seed);
        restart(sim, 'request', 'dismiss', 'portFree', 'asks');
        const unit = new RandomUnit(p, random);
        /** Values that are still to come, by register. */
        const expected = new Map<number, number>();
        /** One cycle. `done` is told, before a result is taken, whether the instruction was handed over. */
        const step = (done: (isDone: boolean) => void = () => undefined): void => {
          sim.poke('portFree', random.below(3) ? 1 : 0);
          const clock = answer(sim, unit, random);
          done(sim.peek('done') === 1n);
          if (sim.peek('resultWrite') === 1n) {
            const rd = Number(sim.peek('resultRd'));
            expect(Number(sim.peek('resultValue')), `seed ${seed}: x${rd}`).toBe(expected.get(rd));
            expected.delete(rd);
          }
          sim.step();
          clock();
        };
        for (let count = 0, cycle = 0; count < 100; count++) {
          const instr = (randomInstruction(random) | (random.below(1024) << 15)) >>> 0;
          const rs = [random.uint32(), random.uint32()] as const;
          sim.poke('instr', instr);
          sim.poke('asks', 7);
          sim.poke('rs1', rs[0]);
          sim.poke('rs2', rs[1]);
          const asked = [rdOf(instr), (instr >>> 15) & 31, (instr >>> 20) & 31];
          for (let ended = false; !ended; cycle++) {
            if (cycle > LIMIT) throw new Error(`seed ${seed}: no end`);
            const isRejected = sim.peek('rejected') === 1n;
            const isHeld = sim.peek('hazard') === 1n;
            expect(isHeld, `seed ${seed}: hazard`).toBe(asked.some((x) => expected.has(x)));
            sim.poke('request', isRejected || isHeld ? 0 : 1);
            sim.poke('dismiss', isRejected ? random.below(2) : 0);
            step((isDone) => {
              if (isDone || isRejected) expect(isKnown(instr), `seed ${seed}`).toBe(isDone);
              if (isDone && writesOf(instr) && rdOf(instr) !== 0) expected.set(rdOf(instr), valueOf(instr, rs));
              ended = isDone || sim.peek('dismiss') === 1n;
            });
          }
          sim.poke('request', 0);
          sim.poke('dismiss', 0);
          sim.poke('asks', 0);
          for (let gap = random.below(3); gap > 0; gap--) step();
        }
        for (let cycle = 0; expected.size > 0; cycle++) {
          if (cycle > LIMIT) throw new Error(`seed ${seed}: results are missing`);
          step();
        }
      }
    });
  });
}

describe('signal dependencies of the core', () => {
  const cores: Readonly<Record<string, CoreConfig>> = {
    small: smallCore, balanced: balancedCore, fast: fastCore, 'fast, split': { ...fastCore, xifSplit: true },
    'fast, overlapped': { ...fastCore, xifOverlap: true }, 'small, overlapped and split': { ...smallCore, xifOverlap: true, xifSplit: true },
  };
  for (const [name, config] of Object.entries(cores)) {
    it(`${name}: nothing that it drives follows what the unit drives`, () => {
      const sim = createWasmSimulator(elaborate(Core({ ...config, xif: true })));
      const random = new Random(3);
      restart(sim, 'irqSoftware', 'irqTimer', 'irqExternal', 'ibus_err', 'ibus_rvalid', 'dbus_err', 'dbus_rvalid');
      if (config.isa.zicntr) sim.poke('mtime', 0);
      for (const port of ['ibus_gnt', 'dbus_gnt', 'fenceIDone']) sim.poke(port, 1);
      const unit = new RandomUnit({ ...JOINED, split: config.xifSplit }, random);
      const register = (): number => random.below(32);
      const instruction = (): number => {
        const fields = { rd: register(), rs1: register(), rs2: register() };
        const custom = (randomInstruction(random) | (fields.rs1 << 15) | (fields.rs2 << 20)) >>> 0;
        return [custom, custom, encode(RV32I.add, fields), encode(RV32I.lw, { rd: fields.rd, rs1: 0, imm: 4 })][random.below(4)];
      };
      let issues = 0;
      for (let cycle = 0; cycle < 3000; cycle++) {
        const core = peekCore(sim);
        const withoutOperands = ({ register: operands, ...rest }: typeof core) => ({ ...rest, operands: operands?.valid });
        pokeUnit(sim, anything(random), random);
        // The standard lets a core pass on a result as an operand.
        expect(withoutOperands(peekCore(sim)), `cycle ${cycle}`).toEqual(withoutOperands(core));
        const theirs = unit.drive(core);
        pokeUnit(sim, theirs, random);
        if (core.issue && theirs.issueReady) issues++;
        const asked = ['ibus', 'dbus'].map((bus) => sim.peek(`${bus}_req`));
        sim.step();
        unit.clock(core);
        for (const [i, bus] of ['ibus', 'dbus'].entries()) {
          sim.poke(`${bus}_rvalid`, asked[i]);
          sim.poke(`${bus}_rdata`, instruction());
        }
      }
      expect(issues).toBeGreaterThan(100);
    });
  }
});
