import { describe, expect, it } from 'vitest';
import { describeDifference, runLockstep } from '../../../sim/compare.ts';
import { AssertionError, type Simulator } from '../../../sim/simulator.ts';

/** Accumulates `x` in register `inner.sum`, shown at output `low` in its 4 low bits; `fault` may alter the sum. */
function accumulator(fault: (sum: bigint, cycle: number) => bigint, assertBelow = 1n << 60n): Simulator {
  let cycle = 0;
  let x = 0n;
  let sum = 0n;
  return {
    engine: 'wasm',
    get cycle() {
      return cycle;
    },
    poke: (_port, value) => {
      x = BigInt(value);
    },
    peek: (path) => (path === 'inner.sum' ? sum : sum & 15n),
    step: () => {
      const failed = sum >= assertBelow;
      sum = fault(sum + x, cycle++);
      if (failed) throw new AssertionError({ path: 'inner.small', message: 'too large', cycle: cycle - 1 });
    },
    runUntil: () => ({ cycles: 0, stopped: false }),
    memory: () => {
      throw new Error('no memory');
    },
    watch: () => ({ changes: () => undefined }),
    signals: () => [{ path: 'low', width: 4 }, { path: 'inner.sum', width: 32 }],
    covers: () => new Map(),
    close: () => undefined,
  };
}

const right = (sum: bigint): bigint => sum;
const ones = (): [string, number][] => [['x', 1]];

describe('two simulators in lockstep', () => {
  it('agree when they are equal', () => {
    expect(runLockstep(accumulator(right), accumulator(right), ones, 40)).toEqual({ cycles: 40, difference: undefined });
  });

  it('differ in an output in the first cycle in which it does', () => {
    const late = accumulator((sum, cycle) => (cycle === 7 ? sum + 1n : sum));
    const { cycles, difference } = runLockstep(accumulator(right), late, ones, 40);
    expect({ cycles, difference }).toEqual({ cycles: 8, difference: { path: 'low', cycle: 8, a: '0x8', b: '0x9' } });
    expect(describeDifference(difference as NonNullable<typeof difference>)).toBe('low differs in cycle 8: 0x8 against 0x9');
  });

  it('differ in a register when the registers are compared next', () => {
    const hidden = accumulator((sum, cycle) => (cycle === 7 ? sum + 16n : sum));
    expect(runLockstep(accumulator(right), hidden, ones, 40, { deepEvery: 10 }).difference).toMatchObject({ path: 'inner.sum', cycle: 10 });
    const inTheEnd = accumulator((sum, cycle) => (cycle === 11 ? sum + 16n : sum));
    const last = runLockstep(accumulator(right), inTheEnd, ones, 12, { deepEvery: 10 });
    expect(last.difference).toMatchObject({ path: 'inner.sum', cycle: 12 });
  });

  it('end together at an assertion of both, and differ when only one fails', () => {
    const both = runLockstep(accumulator(right, 5n), accumulator(right, 5n), ones, 40);
    expect(both).toEqual({ cycles: 6, failure: { path: 'inner.small', message: 'too large', cycle: 5 } });
    const one = runLockstep(accumulator(right, 5n), accumulator(right), ones, 40);
    expect(one.difference).toEqual({ path: 'inner.small', cycle: 5, a: 'inner.small failed: too large', b: 'no assertion failed' });
  });
});
