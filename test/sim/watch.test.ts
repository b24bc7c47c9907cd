/** A watch tells what peeking at every signal would: each change once, in order of the paths, and nothing that stays. */
import { describe, expect, it } from 'vitest';
import { In, Out, U, elaborate, hw } from '../../gen/index.ts';
import { createWasmSimulator } from '../../sim/engine/index.ts';
import type { Simulator } from '../../sim/simulator.ts';
import { randomDesign, randomInputs } from '../support/random-design.ts';

const CYCLES = 12;

type Pokes = readonly (readonly [port: string, value: bigint])[];

/** Pokes and steps a simulator, and holds what a watch tells against peeks. */
function expectWatched(sim: Simulator, paths: readonly string[], inputs: Iterable<Pokes>, what: string): void {
  const watch = sim.watch(paths);
  let known: (bigint | undefined)[] = paths.map(() => undefined);
  for (const pokes of inputs) {
    for (const [port, value] of pokes) sim.poke(port, value);
    const now = paths.map((path) => sim.peek(path));
    const told: [number, bigint][] = [];
    watch.changes((index, value) => told.push([index, value]));
    expect(told, `${what}, cycle ${sim.cycle}`).toEqual([...now.entries()].filter(([index, value]) => value !== known[index]));
    known = now;
    sim.step();
  }
}

describe('a watch', () => {
  it.each([1, 2, 3, 4, 5, 6, 7, 8])('of all signals of random design %i', (seed) => {
    const design = randomDesign(seed, { depth: 2, maxWidth: 90, maxGridSide: 3 });
    const sim = createWasmSimulator(design);
    expectWatched(sim, sim.signals().map(({ path }) => path), randomInputs(seed, design.top, CYCLES), `seed ${seed}`);
  });

  it('of some signals, beside another one, after others were peeked at, and of signals twice', () => {
    const design = randomDesign(11, { depth: 2, maxWidth: 90, maxGridSide: 3 });
    const sim = createWasmSimulator(design);
    const paths = sim.signals().map(({ path }) => path);
    const some = paths.filter((_, i) => i % 3 === 0);
    some.slice(0, 5).forEach((path) => sim.peek(path));
    sim.watch(paths).changes(() => undefined);
    expectWatched(sim, [...some, ...some], randomInputs(11, design.top, CYCLES), 'some');
  });

  it('says nothing of what only a neighbour in the same word does, and refuses what is not there', () => {
    const sim = createWasmSimulator(elaborate(hw('Parts', { a: In(U(4)), b: In(U(4)), both: Out(U(8)) }, (m, io) => {
      m.let({ low: io.a });
      io.both = io.b.cat(io.a).exact(8);
    })));
    const watch = sim.watch(['a', 'b']);
    watch.changes(() => undefined);
    sim.poke('a', 5);
    const told: unknown[] = [];
    watch.changes((...change) => told.push(change));
    expect(told).toEqual([[0, 5n]]);
    expect(() => sim.watch(['nothing'])).toThrow(/nothing: not a port, register or wire of the design/);
    sim.close();
    expect(() => watch.changes(() => undefined)).toThrow(/used after close/);
  });
});
