/** Designs of nothing but names that meet are printed so that each name means one thing, to every tool. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { elaborate } from '../../../gen/index.ts';
import { printDesign } from '../../../gen/print/systemverilog.ts';
import { checkProperty } from '../../support/property.ts';
import { randomNames } from '../random-names.ts';
import { Rng } from '../rng.ts';
import { checkWithYosys, compileWithIcarus, exceptConstants, has, inDirectory, lintWithVerilator, simulate } from '../tools.ts';
import { clashes } from './declared-names.ts';
import { engineLines, testbench, vectorsFor } from './side-by-side.ts';

const made = (seed: number) => {
  const design = elaborate(randomNames(new Rng(seed)));
  return { design, files: printDesign(design) };
};
const seeds = fc.integer({ min: 1, max: 2 ** 31 - 1 });

describe('designs of names that meet', () => {
  it('are printed without a clash', { timeout: 60_000 }, () => {
    checkProperty(fc.property(seeds, (seed) => {
      expect(clashes(made(seed).files)).toEqual([]);
    }), { runs: 40, shrinks: false });
  });

  it.skipIf(!has('iverilog') || !has('verilator') || !has('yosys'))('are taken by the tools, and mean in Icarus what they mean in the engine', { timeout: 120_000 }, () => {
    checkProperty(fc.property(seeds, (seed) => {
      const { design, files } = made(seed);
      expect(exceptConstants(inDirectory(files, (dir) => lintWithVerilator(dir, files, design.top.name)))).toEqual([]);
      expect(inDirectory(files, (dir) => compileWithIcarus(dir, files, design.top.name))).toBe('');
      expect(inDirectory(files, (dir) => checkWithYosys(dir, files, design.top.name))).toBe('');
      const vectors = vectorsFor(design, seed);
      expect(simulate(files, testbench(design, vectors)).slice(1)).toEqual(engineLines(design, vectors).slice(1));
    }), { runs: 12, shrinks: false });
  });
});
