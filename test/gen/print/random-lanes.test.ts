/**
 * Random designs with loops over lanes: the interpreter on what the designer wrote, the interpreter after the passes, the built-in engine,
 * and Icarus, Yosys and Verilator on the printed text all show the same. More with SYSTOLE_LANES=from:to.
 */
import { setTimeout } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { elaborate } from '../../../gen/index.ts';
import type { Design } from '../../../gen/index.ts';
import type { Module } from '../../../gen/ir/module.ts';
import { hasLoops } from '../../../gen/passes/unroll.ts';
import { printDesign } from '../../../gen/print/systemverilog.ts';
import { createWasmSimulator } from '../../../sim/engine/index.ts';
import { batch } from '../../sim/verilator/batch.ts';
import { IS_LONG } from '../../support/effort.ts';
import { Interpreter } from '../../support/interpreter.ts';
import { randomLanes } from '../random-lanes.ts';
import { Rng } from '../rng.ts';
import { exceptConstants, has, inDirectory, lintWithVerilator, simulate, throughYosys } from '../tools.ts';
import { testbench, vectorsFor } from './side-by-side.ts';

const [FROM, TO] = (process.env.SYSTOLE_LANES ?? (IS_LONG ? '1:400' : '1:24')).split(':').map(Number);
const AT_ONCE = 24;
/** Of which Verilator has had something to say: bits before a lane's number, elements that another round looks up. */
const TELLING = [52, 149];
const TIMEOUT = IS_LONG || process.env.SYSTOLE_LANES ? 3_600_000 : 60_000;

type Vectors = readonly ReadonlyMap<string, bigint>[];

interface Case {
  readonly seed: number;
  /** As written. */
  readonly written: Module;
  readonly design: Design;
  readonly vectors: Vectors;
  /** Outputs before each clock edge, by the interpreter on what was written. */
  readonly expected: readonly string[];
}

interface Simulated {
  poke(port: string, value: bigint): void;
  peek(path: string): bigint;
  step(): unknown;
}

function outputsOf(sim: Simulated, top: Module, vectors: Vectors): string[] {
  const outputs = top.ports.filter((p) => p.kind === 'output').map((p) => p.name);
  return vectors.map((v, cycle) => {
    sim.poke('rst', cycle === 0 ? 1n : 0n);
    for (const [port, value] of v) sim.poke(port, value);
    const line = outputs.map((o) => `${o} ${sim.peek(o)}`).join(' ');
    sim.step();
    return line;
  });
}

function caseOf(seed: number): Case {
  const def = randomLanes(`Lanes${seed}`, () => new Rng(seed));
  const written = def.elaborate();
  const design = elaborate(def);
  const vectors = vectorsFor(design, seed);
  return { seed, written, design, vectors, expected: outputsOf(new Interpreter(written), written, vectors) };
}

/** Seeds in portions, so that a long run holds few designs at a time, and hears the test runner in between. */
async function* portions(): AsyncGenerator<readonly Case[]> {
  for (let from = FROM; from <= TO; from += AT_ONCE) {
    yield Array.from({ length: Math.min(AT_ONCE, TO - from + 1) }, (_, i) => caseOf(from + i));
    await setTimeout(1);
  }
}

/** Cycle 0 is the first reset: some state is unknown before it. */
function differences(c: Case, shown: readonly string[]): string[] {
  const at = c.expected.findIndex((line, cycle) => cycle > 0 && line !== shown[cycle]);
  return at < 0 ? [] : [`seed ${c.seed}, cycle ${at}: shown ${shown[at]}, expected ${c.expected[at]}`];
}

/** A simulation of several designs side by side; each shows its outputs as the interpreter does. */
function shownBySimulator(cases: readonly Case[], synthesised: boolean): string[][] {
  const together = batch(cases.map((c) => c.design));
  const files = printDesign(together);
  const vectors = cases[0].vectors.map((_, cycle) => new Map(cases.flatMap((c, i) => [...c.vectors[cycle]].map(([port, v]) => [`d${i}_${port}`, v] as const))));
  const outputs = together.top.ports.filter((p) => p.kind === 'output').map((p) => p.name);
  const rows = simulate(synthesised ? [throughYosys(files)] : files, testbench(together, vectors)).map((l) => l.split(' '));
  return cases.map((_, i) => rows.map((row) => row.flatMap((value, k) => (outputs[k].startsWith(`d${i}_`) ? [`${outputs[k].slice(`d${i}_`.length)} ${value}`] : [])).join(' ')));
}

describe('random designs with loops over lanes', () => {
  it('mean the same after the passes, and in the built-in engine', { timeout: TIMEOUT }, async () => {
    let loops = 0;
    const found: string[] = [];
    for await (const cases of portions()) {
      for (const c of cases) {
        const { top } = c.design;
        found.push(...differences(c, outputsOf(new Interpreter(top), top, c.vectors)).map((d) => `after the passes: ${d}`));
        const sim = createWasmSimulator(c.design);
        found.push(...differences(c, outputsOf(sim, top, c.vectors)).map((d) => `engine: ${d}`));
        sim.close();
        if (hasLoops(top.body)) loops++;
      }
    }
    expect(found).toEqual([]);
    // Loops that are written out would make the comparison easy.
    expect(loops).toBeGreaterThan(0.8 * (TO - FROM + 1));
  });

  it.skipIf(!has('iverilog'))('behave the same in Icarus', { timeout: TIMEOUT }, async () => {
    const found: string[] = [];
    for await (const cases of portions()) {
      const shown = shownBySimulator(cases, false);
      found.push(...cases.flatMap((c, i) => differences(c, shown[i])));
    }
    expect(found).toEqual([]);
  });

  it.skipIf(!has('iverilog') || !has('yosys'))('behave the same after synthesis by Yosys', { timeout: TIMEOUT }, async () => {
    const found: string[] = [];
    for await (const cases of portions()) {
      const few = IS_LONG ? cases : cases.slice(0, 6);
      const shown = shownBySimulator(few, true);
      found.push(...few.flatMap((c, i) => differences(c, shown[i])));
    }
    expect(found).toEqual([]);
  });

  it.skipIf(!has('verilator'))('pass Verilator without a warning', { timeout: TIMEOUT }, async () => {
    const found: string[] = [];
    for await (const cases of portions()) {
      for (const c of IS_LONG ? cases : [...cases.slice(0, 6), ...(cases[0].seed === FROM ? TELLING.map(caseOf) : [])]) {
        const files = printDesign(c.design);
        found.push(...exceptConstants(inDirectory(files, (dir) => lintWithVerilator(dir, files, c.design.top.name))).map((said) => `seed ${c.seed}: ${said}`));
      }
    }
    expect(found).toEqual([]);
  });
});
