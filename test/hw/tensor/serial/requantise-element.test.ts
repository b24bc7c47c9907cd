import { describe, expect, it } from 'vitest';
import { elaborate } from '../../../../gen/index.ts';
import { RequantiseElement } from '../../../../hw/tensor/serial/requantise-element.ts';
import { createWasmSimulator } from '../../../../sim/engine/index.ts';
import { Random } from '../../../../sw/data/random.ts';

interface Element {
  readonly acc: number;
  readonly bias: number;
  readonly multiplier: number;
  readonly shift: number;
  readonly zeroPoint: number;
  readonly low: number;
  readonly high: number;
}

/** The instruction set's formula in exact arithmetic. */
function expected(e: Element): number {
  const v = BigInt.asIntN(32, BigInt(e.acc) + BigInt(e.bias));
  const s = BigInt(e.shift);
  const q = (v * BigInt(e.multiplier) + (1n << (s - 1n))) >> s;
  const moved = BigInt(e.zeroPoint) + q;
  const raised = moved < BigInt(e.low) ? BigInt(e.low) : moved;
  return Number(raised > BigInt(e.high) ? BigInt(e.high) : raised);
}

describe('the serial requantiser', () => {
  const sim = createWasmSimulator(elaborate(RequantiseElement));
  sim.poke('rst', 1);
  sim.step();
  sim.poke('rst', 0);

  /** Result and cycles from the start to the result. */
  function run(e: Element): { result: number; cycles: number } {
    sim.poke('start', 1);
    for (const name of ['acc', 'bias', 'multiplier'] as const) sim.poke(name, e[name] >>> 0);
    sim.poke('format', ((e.shift | ((e.zeroPoint & 255) << 8) | ((e.low & 255) << 16) | ((e.high & 255) << 24)) >>> 0));
    sim.step();
    sim.poke('start', 0);
    let cycles = 1;
    for (; sim.peek('done') !== 1n; cycles++) {
      if (cycles > 80) throw new Error('no result');
      sim.step();
    }
    const result = Number(BigInt.asIntN(8, sim.peek('result')));
    sim.step();
    return { result, cycles };
  }

  it('gives the exact result for every shift and for multipliers and sums of every size', () => {
    const random = new Random(5);
    const size = (bits: number): number => Math.floor((random.uint32() / 2 ** 32) * 2 ** random.below(bits + 1));
    const edge = (n: number): number => (random.below(4) === 0 ? -random.below(2) - n : n);
    for (let shift = 1; shift <= 62; shift++) {
      for (let i = 0; i < 60; i++) {
        const anyByte = (): number => random.below(256) - 128;
        const wild = random.below(3) === 0;
        const e: Element = {
          acc: edge(size(31)) * (random.below(2) === 0 ? 1 : -1) | 0, bias: random.below(2) === 0 ? 0 : size(31) | 0, shift,
          multiplier: random.below(5) === 0 ? 2 ** 31 - 1 - random.below(3) : size(31), zeroPoint: anyByte(),
          low: wild ? anyByte() : -128, high: wild ? anyByte() : 127,
        };
        expect(run(e).result, JSON.stringify(e)).toBe(expected(e));
      }
    }
  });

  it('takes the shift plus one cycle where a quantiser puts it', () => {
    const element = { acc: 1000, bias: -3, multiplier: 1 << 30, zeroPoint: 0, low: -128, high: 127 };
    for (const shift of [33, 38, 42]) expect(run({ ...element, shift }).cycles).toBe(shift + 1);
  });
});
