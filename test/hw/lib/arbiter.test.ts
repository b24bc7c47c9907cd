import { describe, expect, it } from 'vitest';
import { U } from '../../../gen/index.ts';
import { Arbiter } from '../../../hw/lib/arbiter.ts';
import type { Simulator } from '../../../sim/simulator.ts';
import { Dice, Producer, isSet, start } from './bench.ts';

const idle = Object.fromEntries([['out_ready', 0], ...[0, 1, 2].flatMap((i) => [[`inputs_in${i}_valid`, 0], [`inputs_in${i}_bits`, 0]])]) as Record<string, number>;

/** A transfer at the output: its input, its payload, and which inputs were offering. */
type Transfer = (input: number, bits: number, offering: boolean[]) => void;

/** Runs three random producers. */
function run(sim: Simulator, rates: readonly number[], ready: number, cycles: number, each: Transfer): void {
  const dice = new Dice(7);
  const producers = rates.map((rate, i) => new Producer(sim, `inputs_in${i}`, dice, rate));
  const counts = rates.map(() => 0);
  let waiting: { input: number; bits: number } | undefined;
  for (let cycle = 0; cycle < cycles; cycle++) {
    // Payload: input, number, and in bit 0 whether it ends a burst of four.
    producers.forEach((p, i) => p.offer(() => ({ '': (i << 16) | (counts[i]++ << 1) | (counts[i] % 4 === 0 ? 1 : 0) })));
    sim.poke('out_ready', dice.chance(ready) ? 1 : 0);
    const offering = rates.map((_, i) => isSet(sim, `inputs_in${i}_valid`));
    expect(isSet(sim, 'out_valid') || waiting !== undefined).toBe(isSet(sim, 'out_valid'));
    if (isSet(sim, 'out_valid')) {
      const now = { input: Number(sim.peek('chosen')), bits: Number(sim.peek('out_bits')) };
      if (waiting) expect(now).toEqual(waiting);
      waiting = isSet(sim, 'out_ready') ? undefined : now;
      if (!waiting) each(now.input, now.bits, offering);
    }
    const taken = producers.map((p) => p.taken());
    expect(taken.filter((t) => t !== undefined).length).toBe(isSet(sim, 'out_valid') && isSet(sim, 'out_ready') ? 1 : 0);
    sim.step();
  }
}

describe('an arbiter', () => {
  it('of fixed priority serves the lowest number and never changes an offer', () => {
    const sim = start(Arbiter(U(32), 3, { policy: 'fixed' }), idle);
    const seen = [-1, -1, -1];
    run(sim, [0.3, 0.5, 0.9], 0.7, 1500, (input, bits) => {
      expect(bits >>> 16).toBe(input);
      const number = (bits & 0xffff) >> 1;
      expect(number).toBe(seen[input] + 1);
      seen[input] = number;
    });
    expect(Math.min(...seen)).toBeGreaterThan(50);
  });

  it('of fixed priority lets the lowest number win whenever the output is free', () => {
    const sim = start(Arbiter(U(32), 3, { policy: 'fixed' }), idle);
    run(sim, [0.3, 0.5, 0.9], 1, 500, (input, _bits, offering) => expect(input).toBe(offering.indexOf(true)));
  });

  it('in turn is fair to equal demands', () => {
    const sim = start(Arbiter(U(32), 3, { policy: 'roundRobin' }), idle);
    const counts = [0, 0, 0];
    run(sim, [1, 1, 1], 0.8, 900, (input) => counts[input]++);
    expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
  });

  it('keeps bursts together', () => {
    for (const policy of ['fixed', 'roundRobin'] as const) {
      const sim = start(Arbiter(U(32), 3, { policy, isLast: (b) => b.bit(0) }), idle);
      let owner: number | undefined;
      const served = new Set<number>();
      run(sim, [0.1, 0.2, 0.8], 0.9, 2000, (input, bits) => {
        if (owner !== undefined) expect(input).toBe(owner);
        owner = bits & 1 ? undefined : input;
        served.add(input);
      });
      expect(served.size).toBe(3);
    }
  });

  it('of one input is a wire', () => {
    const sim = start(Arbiter(U(8), 1, { policy: 'fixed' }), { inputs_in0_valid: 1, inputs_in0_bits: 5, out_ready: 1 });
    expect([sim.peek('out_valid'), sim.peek('out_bits'), sim.peek('inputs_in0_ready')]).toEqual([1n, 5n, 1n]);
  });
});
