import { describe, expect, it } from 'vitest';
import { SerialClint } from '../../../hw/soc/clint-serial.ts';
import { Clint } from '../../../hw/soc/clint.ts';
import { REGISTERS, addressOf } from '../../../hw/soc/memory-map.ts';
import type { PortMap } from '../../../gen/lang/ports.ts';
import { Clint as ClintModel } from '../../../sim/model/devices.ts';
import type { Simulator } from '../../../sim/simulator.ts';
import { Dice, isSet, start } from '../lib/bench.ts';

const idle = { obi_req: 0, obi_addr: 0, obi_we: 0, obi_be: 0, obi_wdata: 0 };

/** One access; the answer to a read. */
function access(sim: Simulator, addr: number, write?: { data: number; be: number }): number {
  for (const [port, v] of Object.entries({ req: 1, addr, we: write ? 1 : 0, be: write?.be ?? 15, wdata: write?.data ?? 0 })) sim.poke(`obi_${port}`, v);
  for (let i = 0; !isSet(sim, 'obi_gnt'); i++) {
    expect(i).toBeLessThan(17);
    sim.step();
  }
  sim.step();
  sim.poke('obi_req', 0);
  expect([isSet(sim, 'obi_rvalid'), isSet(sim, 'obi_err')]).toEqual([true, false]);
  const data = Number(sim.peek('obi_rdata'));
  sim.step();
  return data;
}
const read = (sim: Simulator, name: keyof typeof REGISTERS): number => access(sim, addressOf(name));
const write = (sim: Simulator, name: keyof typeof REGISTERS, data: number): number => access(sim, addressOf(name), { data, be: 15 });

/** Steps until the timer interrupt is requested. */
function untilTimer(sim: Simulator): void {
  for (let i = 0; !isSet(sim, 'irqTimer'); i++) {
    expect(i, 'cycles without the interrupt').toBeLessThan(10_000);
    sim.step();
  }
}

describe('the CLINT', () => {
  it('counts clock cycles and carries into the upper word', () => {
    const sim = start(Clint, idle);
    const from = sim.peek('mtime');
    sim.step(100);
    expect(sim.peek('mtime') - from).toBe(100n);
    write(sim, 'mtimeHi', 7);
    write(sim, 'mtimeLo', 0xffff_fffe);
    sim.step(10);
    expect(sim.peek('mtime') >> 32n).toBe(8n);
    expect(read(sim, 'mtimeHi')).toBe(8);
  });

  it('has no interrupt pending after reset', () => {
    const sim = start(Clint, idle);
    sim.step(1000);
    expect([isSet(sim, 'irqTimer'), isSet(sim, 'irqSoftware')]).toEqual([false, false]);
    expect([read(sim, 'mtimecmpLo'), read(sim, 'mtimecmpHi')]).toEqual([0xffff_ffff, 0xffff_ffff]);
  });

  it('raises the timer interrupt in the cycle after mtime reaches mtimecmp, and takes it back with a later time', () => {
    const sim = start(Clint, idle);
    write(sim, 'mtimecmpHi', 0);
    write(sim, 'mtimecmpLo', 200);
    untilTimer(sim);
    expect(sim.peek('mtime')).toBe(201n);
    write(sim, 'mtimecmpLo', 1000);
    expect(isSet(sim, 'irqTimer')).toBe(false);
    // Both words count.
    write(sim, 'mtimecmpHi', 1);
    sim.step(1500);
    expect(isSet(sim, 'irqTimer')).toBe(false);
    write(sim, 'mtimeHi', 2);
    expect(isSet(sim, 'irqTimer')).toBe(true);
  });

  it.each([['whole', Clint], ['serial', SerialClint]])('(%s) raises the software interrupt by bit 0 of msip', (_name, def) => {
    const sim = start<PortMap>(def, idle);
    write(sim, 'msip', 0xffff_ffff);
    expect([isSet(sim, 'irqSoftware'), read(sim, 'msip')]).toEqual([true, 1]);
    access(sim, addressOf('msip'), { data: 0, be: 14 });
    expect(isSet(sim, 'irqSoftware')).toBe(true);
    write(sim, 'msip', 0);
    expect(isSet(sim, 'irqSoftware')).toBe(false);
  });

  it.each([['whole', Clint], ['serial', SerialClint]])('(%s) answers as the golden model does, byte for byte, and 0 where there is no register', (_name, def) => {
    const sim = start<PortMap>(def, idle);
    const model = new ClintModel(() => 0);
    const dice = new Dice(11);
    const offsets = [0, 4, 8, 0x3ffc, 0x4000, 0x4004, 0x4008, 0x8000, 0xbff0, 0xc000, 0xfffc];
    for (let i = 0; i < 400; i++) {
      const offset = offsets[dice.roll(offsets.length)];
      const addr = addressOf('msip') + offset;
      if (dice.chance(0.5)) {
        const [data, be] = [dice.word(), dice.roll(16)];
        access(sim, addr, { data, be });
        model.write(offset, data, be);
      } else if (offset < REGISTERS.mtimeLo.offset || offset > REGISTERS.mtimeHi.offset) expect(access(sim, addr)).toBe(model.read(offset));
    }
  });
});

describe('the serial CLINT', () => {
  /** Reads the timer; the value is that of the cycle in which the turn of the access begins: 8 before the answer. */
  const now = (sim: Simulator): { value: bigint; cycle: number } => {
    const low = read(sim, 'mtimeLo');
    const cycle = sim.cycle - 9;
    return { value: (BigInt(read(sim, 'mtimeHi')) << 32n) | BigInt(low), cycle };
  };

  it('counts clock cycles exactly, also after it was written', () => {
    const sim = start(SerialClint, idle);
    const first = now(sim);
    sim.step(1003);
    const second = now(sim);
    expect(second.value - first.value).toBe(BigInt(second.cycle - first.cycle));
    write(sim, 'mtimeHi', 7);
    write(sim, 'mtimeLo', 0xffff_fff0);
    sim.step(77);
    const third = now(sim);
    expect(third.value >> 32n).toBe(8n);
    sim.step(500);
    const fourth = now(sim);
    expect(fourth.value - third.value).toBe(BigInt(fourth.cycle - third.cycle));
  });

  it('raises the timer interrupt within two turns of its time and takes it back before the store is answered', () => {
    const sim = start(SerialClint, idle);
    const dice = new Dice(4);
    write(sim, 'mtimeHi', 5);
    write(sim, 'mtimecmpHi', 5);
    write(sim, 'mtimecmpLo', 0xffff_ffff);
    for (let i = 0; i < 30; i++) {
      const { value, cycle } = now(sim);
      const delay = 50 + dice.roll(300);
      const due = cycle + delay;
      write(sim, 'mtimecmpLo', Number((value + BigInt(delay)) & 0xffff_ffffn));
      expect(isSet(sim, 'irqTimer')).toBe(false);
      untilTimer(sim);
      expect(sim.cycle).toBeGreaterThan(due);
      expect(sim.cycle).toBeLessThanOrEqual(due + 17);
      sim.step(dice.roll(20));
      expect(isSet(sim, 'irqTimer')).toBe(true);
    }
  });

  it('has no interrupt pending after reset', () => {
    const sim = start(SerialClint, idle);
    sim.step(1000);
    expect([isSet(sim, 'irqTimer'), isSet(sim, 'irqSoftware')]).toEqual([false, false]);
  });
});
