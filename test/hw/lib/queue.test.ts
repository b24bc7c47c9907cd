import { describe, expect, it } from 'vitest';
import { U } from '../../../gen/index.ts';
import { Pipe } from '../../../hw/lib/pipe.ts';
import { Queue } from '../../../hw/lib/queue.ts';
import type { QueueOptions } from '../../../hw/lib/queue.ts';
import { AssertionError } from '../../../sim/simulator.ts';
import { Dice, Producer, isSet, start } from './bench.ts';

const KINDS: readonly QueueOptions[] = [{}, { pipe: true }, { flow: true }, { pipe: true, flow: true }];
const idle = { enq_valid: 0, enq_bits: 0, deq_ready: 0 };

describe('a queue', () => {
  for (const options of KINDS) {
    for (const depth of [0, 1, 2, 3, 4, 7]) {
      it(`of ${depth} entries with ${JSON.stringify(options)} keeps order, loses nothing and holds exactly that many`, () => {
        const dice = new Dice(depth + 1);
        const sim = start(Queue(U(16), depth, options), idle);
        for (const [arrive, leave] of [[0.5, 0.5], [0.9, 0.2], [0.2, 0.9], [1, 1]]) {
          const model: number[] = [];
          const producer = new Producer(sim, 'enq', dice, arrive);
          let offers = false;
          for (let cycle = 0; cycle < 300; cycle++) {
            producer.offer(() => ({ '': dice.roll(65536) }));
            sim.poke('deq_ready', dice.chance(leave) ? 1 : 0);
            const arriving = isSet(sim, 'enq_valid') ? Number(sim.peek('enq_bits')) : undefined;
            const leaves = isSet(sim, 'deq_ready');
            const isEmpty = model.length === 0;
            expect(isSet(sim, 'deq_valid')).toBe(!isEmpty || (arriving !== undefined && (options.flow === true || depth === 0)));
            expect(isSet(sim, 'enq_ready')).toBe(model.length < depth || (leaves && (options.pipe === true || depth === 0)));
            // What was offered and not taken is still there, unchanged.
            if (offers) expect(isSet(sim, 'deq_valid')).toBe(true);
            offers = isSet(sim, 'deq_valid') && !leaves;
            if (producer.taken()) model.push(arriving as number);
            if (isSet(sim, 'deq_valid') && leaves) expect(Number(sim.peek('deq_bits'))).toBe(model.shift());
            sim.step();
          }
          for (sim.poke('enq_valid', 0), sim.poke('deq_ready', 1); !producer.isIdle || model.length > 0;) {
            producer.offer(() => undefined);
            const arriving = isSet(sim, 'enq_valid') ? Number(sim.peek('enq_bits')) : undefined;
            if (producer.taken()) model.push(arriving as number);
            if (isSet(sim, 'deq_valid')) expect(Number(sim.peek('deq_bits'))).toBe(model.shift());
            sim.step();
          }
        }
      });
    }
  }

  it('notices when an offer is withdrawn', () => {
    const sim = start(Queue(U(8), 1), idle);
    sim.poke('enq_valid', 1);
    sim.step(2);
    sim.poke('enq_valid', 0);
    expect(() => sim.step()).toThrow(AssertionError);
  });
});

describe('a pipe', () => {
  it('passes one entry a cycle, one cycle later', () => {
    const sim = start(Pipe(U(8)), idle);
    sim.poke('deq_ready', 1);
    for (let i = 0; i < 20; i++) {
      sim.poke('enq_valid', 1);
      sim.poke('enq_bits', i);
      expect(isSet(sim, 'enq_ready')).toBe(true);
      if (i > 0) expect(Number(sim.peek('deq_bits'))).toBe(i - 1);
      sim.step();
    }
  });
});
