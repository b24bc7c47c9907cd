/** Everything is found by its path in the printed text, whatever it is called there. */
import { describe, expect, it } from 'vitest';
import { elaborate } from '../../../gen/index.ts';
import { createWasmSimulator } from '../../../sim/engine/index.ts';
import { AssertionError } from '../../../sim/simulator.ts';
import type { Simulator } from '../../../sim/simulator.ts';
import { createVerilatorSimulator, missingTools } from '../../../sim/verilator/index.ts';
import { Nasty } from './designs.ts';

const skip = missingTools() !== undefined && !process.env.CI;
const PATHS = ['x'.repeat(100), 'cover_x', 'p_a.list', 'p_a.other', 'p_a', 'mesh_row', 'mesh_col', 'mesh[0][1].cell_i', 'mesh[0][0].mesh_row', 'mesh[0][1].mesh_row', 'out'];

/** What a simulator shows until an assertion fails, and that assertion. */
function trace(sim: Simulator): unknown[] {
  const lines: unknown[] = [];
  try {
    for (let cycle = 0; cycle < 40; cycle++) {
      sim.poke('a', cycle < 20 ? (cycle * 5) % 12 : 12);
      lines.push([...PATHS.map((p) => sim.peek(p)), ...sim.memory('cell_i').read(0, 16), ...sim.covers()]);
      sim.step();
    }
  } catch (e) {
    if (!(e instanceof AssertionError)) throw e;
    lines.push(e.message);
  }
  return lines;
}

describe.skipIf(skip)('names that meet in the text', () => {
  it('are found in Verilator by the same paths as in the built-in engine', { timeout: 120_000 }, async () => {
    const design = elaborate(Nasty);
    const expected = trace(createWasmSimulator(design));
    expect(expected.at(-1)).toMatch(/mesh\[0\]\[0\]\.bounded/);
    const sim = await createVerilatorSimulator(design, { onProgress: () => undefined });
    expect(trace(sim)).toEqual(expected);
    sim.close();
  });
});
