import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Compilation } from '../../../sim/engine/compile.ts';
import { createWasmSimulator } from '../../../sim/engine/index.ts';
import type { WasmOptions } from '../../../sim/engine/index.ts';
import { IS_LONG } from '../../support/effort.ts';
import { Interpreter } from '../../support/interpreter.ts';
import { randomDesign, randomInputs } from '../../support/random-design.ts';
import type { RandomDesignOptions } from '../../support/random-design.ts';
import { checkProperty } from '../../support/property.ts';
import type { PropertyOptions } from '../../support/property.ts';

const CYCLES = 10;
/** A seed has nothing to shrink. */
const runs = (count: number): PropertyOptions<[number]> => ({ runs: IS_LONG ? count : Math.ceil(count / 2), shrinks: false, seconds: 100 });

/** Engine and interpreter agree on every signal, memory and cover of a random design. */
function agree(seed: number, options: RandomDesignOptions, engine: WasmOptions = {}): void {
  const design = randomDesign(seed, options);
  const sim = createWasmSimulator(design, { observeWires: true, ...engine });
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

describe('the engine agrees with the interpreter', { timeout: IS_LONG ? 600_000 : 30_000 }, () => {
  it('on single modules with every operation and widths to 200', () => {
    checkProperty(
      fc.property(fc.nat(1_000_000), (seed) => agree(seed, { depth: 0, maxGridSide: 0 })),
      runs(40),
    );
  });

  it('on single modules with words of at most 64 bits', () => {
    checkProperty(
      fc.property(fc.nat(1_000_000), (seed) => agree(seed, { depth: 0, maxGridSide: 0, maxWidth: 64 })),
      runs(25),
    );
  });

  it('on small grids, which mostly become vector loops', () => {
    checkProperty(
      fc.property(fc.nat(1_000_000), (seed) => agree(seed, { depth: 1, maxGridSide: 6, maxWidth: 40 })),
      runs(25),
    );
  });

  it('on designs that found defects before', () => {
    // A negation left out in one arm of a branch was missing in another one.
    agree(682_988, { depth: 0, maxGridSide: 0, maxWidth: 64 });
    agree(863_951, { depth: 1, maxGridSide: 6, maxWidth: 40 });
    agree(7_001_406, { depth: 2, maxWidth: 20, maxGridSide: 0, pureChildren: true });
    // A register that neighbours see as two parts of an output has two values beyond the edge.
    agree(5_001_343, { depth: 1, maxGridSide: 6, maxWidth: 40 });
    for (const seed of [5_000_189, 5_002_049, 5_003_086]) agree(seed, { depth: 2, maxWidth: 80 });
    // What only the unconditional form of a grid's stores uses was read after it had changed.
    agree(2_000_325, { depth: 1, maxGridSide: 6, maxWidth: 40 });
    agree(2_000_565, { depth: 2, maxWidth: 80 });
    agree(876_949, { depth: 2, maxWidth: 20, maxGridSide: 0, pureChildren: true }, { minMemoOperations: 1 });
  });

  it('on modules of logic whose results are remembered', () => {
    const options = { depth: 2, maxWidth: 20, maxGridSide: 0, pureChildren: true };
    let tables = 0;
    checkProperty(
      fc.property(fc.nat(1_000_000), (seed) => {
        agree(seed, options, { minMemoOperations: 1 });
        const compilation = new Compilation(randomDesign(seed, options), 1);
        compilation.encode();
        tables += compilation.lowering.memos.tables.length;
      }),
      runs(40),
    );
    expect(tables).toBeGreaterThan(IS_LONG ? 20 : 10);
  });

  it('on hierarchies with grids', () => {
    checkProperty(
      fc.property(fc.nat(1_000_000), (seed) => agree(seed, { depth: 2, maxWidth: 80 })),
      runs(15),
    );
  });
});
