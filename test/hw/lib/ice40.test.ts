import { describe, expect, it } from 'vitest';
import { DualMultiplier, Spram } from '../../../hw/lib/ice40.ts';
import { Dice, start } from './bench.ts';

describe('parts made of iCE40 cells', () => {
  it('multiply as the generic description does, for all corners and many values', () => {
    const dice = new Dice(1);
    const sims = (['generic', 'ice40'] as const).map((t) => start(DualMultiplier(t), { a0: 0, b0: 0, a1: 0, b1: 0 }));
    const corners = [0, 1, -1, 127, -128];
    const value = (): number => (dice.chance(0.3) ? corners[dice.roll(5)] : dice.roll(256) - 128);
    for (let i = 0; i < 500; i++) {
      const [a0, b0, a1, b1] = [value(), value(), value(), value()];
      for (const sim of sims) {
        for (const [port, v] of Object.entries({ a0, b0, a1, b1 })) sim.poke(port, BigInt.asUintN(8, BigInt(v)));
        expect([BigInt.asIntN(16, sim.peek('p0')), BigInt.asIntN(16, sim.peek('p1'))]).toEqual([BigInt(a0 * b0), BigInt(a1 * b1)]);
      }
    }
  });

  it('keep bytes in single-port RAM, and the word last read at its output', () => {
    const sim = start(Spram, { enable: 0, address: 0, write: 0, dataIn: 0 });
    const dice = new Dice(2);
    const model = new Uint8Array(64);
    let last: number | undefined;
    for (let i = 0; i < 600; i++) {
      const [enable, address, write, dataIn] = [dice.roll(2), dice.roll(32), dice.chance(0.5) ? dice.roll(4) : 0, dice.roll(65536)];
      for (const [port, v] of Object.entries({ enable, address, write, dataIn })) sim.poke(port, v);
      sim.step();
      if (enable && write === 0) last = model[2 * address] | (model[2 * address + 1] << 8);
      if (enable && write & 1) model[2 * address] = dataIn & 255;
      if (enable && write & 2) model[2 * address + 1] = dataIn >> 8;
      if (last !== undefined) expect(Number(sim.peek('dataOut'))).toBe(last);
    }
  });
});
