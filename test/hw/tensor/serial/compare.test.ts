import { describe, expect, it } from 'vitest';
import { In, Out, U, elaborate, hw, vec, vecOf } from '../../../../gen/index.ts';
import { isAtLeast, isMoreThan } from '../../../../hw/tensor/serial/compare.ts';
import { createWasmSimulator } from '../../../../sim/engine/index.ts';

describe('comparisons with constants', () => {
  it('are right for every value and limit of five bits', () => {
    const limits = Array.from({ length: 34 }, (_, i) => i);
    const sim = createWasmSimulator(elaborate(hw('Compare', { x: In(U(5)), atLeast: Out(vec(U(1), 34)), moreThan: Out(vec(U(1), 34)) }, (_, io) => {
      io.atLeast = vecOf(limits.map((n) => isAtLeast(io.x, n).asUInt()));
      io.moreThan = vecOf(limits.map((n) => isMoreThan(io.x, n).asUInt()));
    })));
    for (let x = 0; x < 32; x++) {
      sim.poke('x', x);
      const bits = (holds: (n: number) => boolean): bigint => limits.reduce((all, n) => all | (holds(n) ? 1n << BigInt(n) : 0n), 0n);
      expect(sim.peek('atLeast')).toBe(bits((n) => x >= n));
      expect(sim.peek('moreThan')).toBe(bits((n) => x > n));
    }
  });
});
