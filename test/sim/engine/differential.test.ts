import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createWasmSimulator } from '../../../sim/engine/index.ts';
import { Interpreter } from '../../support/interpreter.ts';
import { randomDesign, randomInputs } from '../../support/random-design.ts';
import type { RandomDesignOptions } from '../../support/random-design.ts';

const CYCLES = 10;

/** Engine and interpreter agree on every signal, memory and cover of a random design. */
function agree(seed: number, options: RandomDesignOptions): void {
  const design = randomDesign(seed, options);
  const sim = createWasmSimulator(design, { observeWires: true });
  const reference = new Interpreter(design.top);
  const { signals, memories } = reference.names();
  let cycle = 0;
  for (const pokes of randomInputs(seed, design.top, CYCLES)) {
    for (const [port, value] of pokes) {
      sim.poke(port, value);
      reference.poke(port, value);
    }
    for (const s of signals) {
      const [a, b] = [sim.peek(s), reference.peek(s)];
      if (a !== b) throw new Error(`seed ${seed}, cycle ${cycle}: ${s} is 0x${a.toString(16)}, should be 0x${b.toString(16)}`);
    }
    sim.step();
    reference.step();
    cycle++;
  }
  for (const path of memories) {
    const m = sim.memory(path);
    const words = reference
      .memory(path)
      .map((_, i) => m.read(i * m.wordBytes, m.wordBytes).reduceRight((v, b) => (v << 8n) | BigInt(b), 0n));
    expect(words, `seed ${seed}: ${path}`).toEqual(reference.memory(path));
  }
  expect(new Map([...sim.covers()].sort()), `seed ${seed}`).toEqual(new Map([...reference.covers].sort()));
}

describe('the engine agrees with the interpreter', { timeout: 30_000 }, () => {
  it('on single modules with every operation and widths to 200', () => {
    fc.assert(
      fc.property(fc.nat(1_000_000), (seed) => agree(seed, { depth: 0, maxGridSide: 0 })),
      { numRuns: 40, endOnFailure: true },
    );
  });

  it('on single modules with words of at most 64 bits', () => {
    fc.assert(
      fc.property(fc.nat(1_000_000), (seed) => agree(seed, { depth: 0, maxGridSide: 0, maxWidth: 64 })),
      { numRuns: 25, endOnFailure: true },
    );
  });

  it('on small grids, which mostly become vector loops', () => {
    fc.assert(
      fc.property(fc.nat(1_000_000), (seed) => agree(seed, { depth: 1, maxGridSide: 6, maxWidth: 40 })),
      { numRuns: 25, endOnFailure: true },
    );
  });

  it('on designs that found defects before', () => {
    // What only the unconditional form of a grid's stores uses was read after it had changed.
    agree(2_000_325, { depth: 1, maxGridSide: 6, maxWidth: 40 });
    agree(2_000_565, { depth: 2, maxWidth: 80 });
  });

  it('on hierarchies with grids', () => {
    fc.assert(
      fc.property(fc.nat(1_000_000), (seed) => agree(seed, { depth: 2, maxWidth: 80 })),
      { numRuns: 15, endOnFailure: true },
    );
  });
});
