/** The core's debug port: every variant of the core is stopped anywhere and written to, beside the golden model. */
import { describe, expect, it } from 'vitest';
import type { CoreConfig } from '../../../hw/core/config.ts';
import { CSR } from '../../../hw/isa/csr.ts';
import { REGIONS } from '../../../hw/soc/memory-map.ts';
import { BoardHart } from '../../../sim/debug/board-hart.ts';
import type { DebugHart } from '../../../sim/debug/debug-hart.ts';
import { ModelHart } from '../../../sim/debug/model-hart.ts';
import type { ElfImage } from '../../../sim/elf.ts';
import { createBoard, modelOptions } from '../../../sim/run-elf.ts';
import type { Simulator } from '../../../sim/simulator.ts';
import { Rng } from '../../gen/rng.ts';
import { CORES } from '../../support/core-runner.ts';
import { someOf } from '../../support/effort.ts';
import { config, program } from './programs.ts';

const OPERATIONS = 400;
/** Runs for ever over loads, stores, branches, calls, shifts and CSRs. Nothing it does with a0 to a5 and t3 to t6 can trap. */
const PROGRAM = `
  la sp, top
  la s0, word
loop:
  lw a0, 0(s0)
  addi a0, a0, 3
  sw a0, 0(s0)
  lw a1, 0(s0)
  add a2, a1, a0
  sll a3, a2, a0
  blt a3, a2, skip
  xor a4, a4, a3
skip:
  csrrw t3, mscratch, a3
  csrrs t4, mepc, zero
  srl a5, a4, t3
  jal deep
  bltu a0, a4, loop
  sub t5, a5, a4
  j loop
deep:
  addi sp, sp, -4
  sw ra, 0(sp)
  lbu t6, 1(s0)
  lw ra, 0(sp)
  addi sp, sp, 4
  ret`;
const elf = program(PROGRAM, '.globl word\nword: .word 0');
/** From here on, up to the call, pc may be set to any instruction. */
const LOOP = elf.symbols.get('loop') ?? elf.entry + 16;
const LAST = LOOP + 4 * 9;
const WRITTEN = [10, 11, 12, 13, 14, 15, 28, 29, 30, 31];
const WRITTEN_CSRS = [CSR.mscratch, CSR.mepc, CSR.mtval, CSR.mcause, CSR.mtvec].map((csr) => csr.address);
/** Where a clock counts, engines have their own time; and who sleeps longer retires more of `wfi`. */
const OF_TIME: readonly string[] = ['mcycle', 'mcycleh', 'cycle', 'cycleh', 'time', 'timeh', 'minstret', 'minstreth', 'instret', 'instreth'];

function expectSame(board: DebugHart, model: DebugHart, after: string): void {
  const state = (hart: DebugHart): unknown => ({
    pc: hart.pc, x: Array.from({ length: 32 }, (_, n) => hart.register(n)),
    csrs: Object.fromEntries(hart.csrs.filter(({ name }) => !OF_TIME.includes(name)).map(({ name, address }) => [name, hart.csr(address)])),
  });
  expect(state(board), after).toEqual(state(model));
}

/** The same program on the board, with this core, and on the model. */
async function both(
  core: CoreConfig, image: ElfImage, onEvent: () => void = () => undefined,
): Promise<{ simulator: Simulator; board: BoardHart; model: ModelHart }> {
  const own = { ...config, core: { ...core, xif: true, debug: true } };
  const simulator = await createBoard('wasm', { config: own });
  const board = new BoardHart(simulator, image, own.core, { maxCycles: 1e7, onEvent });
  return { simulator, board, model: new ModelHart(image, modelOptions(own), { maxCycles: 1e7 }) };
}

describe('a core in the debugger\'s hands', { timeout: 120_000 }, () => {
  for (const [name, core] of someOf(Object.entries(CORES).filter(([, { xifOverlap }]) => !xifOverlap), 6)) {
    it(`goes on as if nothing had happened, but for what was written: ${name}`, async () => {
      let events = 0;
      const { simulator, board, model } = await both(core, elf, () => void events++);
      // The program is to set its pointers before anything is written.
      while (model.pc !== LOOP) expect(board.next()?.event.pc).toBe(model.next()?.event.pc);
      const rng = new Rng(7);
      for (let i = 0; i < OPERATIONS; i++) {
        const what = rng.pick(['next', 'next', 'run', 'run', 'register', 'csr', 'pc'] as const);
        const value = Number(rng.bits(32));
        if (what === 'next') {
          expect(board.next()?.event.pc).toBe(model.next()?.event.pc);
        } else if (what === 'run') {
          events = 0;
          simulator.poke('debug_halt', 0);
          simulator.step(rng.between(1, 30));
          board.stand();
          for (; events > 0; events--) model.next();
        } else if (what === 'register') {
          const n = rng.pick(WRITTEN);
          expect([board.setRegister(n, value), model.setRegister(n, value)]).toEqual([true, true]);
        } else if (what === 'csr') {
          const address = rng.pick(WRITTEN_CSRS);
          expect([board.setCsr(address, value), model.setCsr(address, value)]).toEqual([true, true]);
        } else {
          const address = LOOP + 4 * rng.between(0, (LAST - LOOP) / 4);
          expect([board.setPc(address), model.setPc(address)]).toEqual([true, true]);
        }
        expectSame(board, model, `${what}, operation ${i}`);
        if (core.counters) expect(board.csr(CSR.minstret.address), `after ${what}, operation ${i}`).toBe(model.csr(CSR.minstret.address));
      }
      // What was written is in the core, not only in what the debugger believes.
      expect(board.setRegister(10, 0x1234_5678)).toBe(true);
      expect(board.setPc(LAST)).toBe(true);
      expect(model.setRegister(10, 0x1234_5678) && model.setPc(LAST)).toBe(true);
      for (let i = 0; i < 40; i++) {
        const expected = { ...model.next()?.event, cycle: expect.any(Number) as number };
        expect(board.next()?.event).toMatchObject(expected);
      }
      board.close();
    });

    it(`takes an interrupt that the debugger has let through when it goes on, and wakes for it: ${name}`, async () => {
      const image = program(`
  li t0, ${REGIONS.clint.base}
  li t1, 1
  sw t1, 0(t0)
  lw t1, 0(t0)
waits:
  wfi
  j waits
.balign 4
handler:
  csrr a0, mepc
  j handler`);
      const { simulator, board, model } = await both(core, image);
      const at = (symbol: string): number => image.symbols.get(symbol) ?? 0;
      while (model.pc !== at('waits')) expect(board.next()?.event.pc).toBe(model.next()?.event.pc);
      // Asleep: the line is up, but nothing listens to it. A debugger wakes the core.
      simulator.poke('debug_halt', 0);
      simulator.step(50);
      board.stand();
      expect([at('waits'), at('waits') + 4]).toContain(board.pc);
      expect(board.setPc(at('waits')) && model.setPc(at('waits'))).toBe(true);
      for (const [csr, value] of [[CSR.mtvec, at('handler')], [CSR.mie, 8], [CSR.mstatus, 8]] as const)
        expect(board.setCsr(csr.address, value) && model.setCsr(csr.address, value)).toBe(true);
      simulator.step(20);
      expect(board.setRegister(10, 5) && model.setRegister(10, 5)).toBe(true);
      expectSame(board, model, 'with an interrupt before the door');
      for (let i = 0; i < 4; i++) {
        const [seen, expected] = [board.next()?.event, model.next()?.event];
        expect(seen).toMatchObject({ kind: expected?.kind, pc: expected?.pc });
        if (i === 0) expect(seen?.kind).toBe('trap');
        expectSame(board, model, `event ${i}`);
      }
      board.close();
    });
  }
});
