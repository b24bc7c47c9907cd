/** What checks see at a glance, of whole signals and of all rounds of a loop at once, is what they would see leaf by leaf in each round. */
import { describe, expect, it } from 'vitest';
import { In, Out, U, bundle, elaborate, hw, vec, vecOf } from '../../../gen/index.ts';
import { countLeaves, drivenSignals, rebuildStatements, rebuilt } from '../../../gen/ir/leaves.ts';
import type { Module, Statement } from '../../../gen/ir/module.ts';
import { combPaths, mayHaveLoops } from '../../../gen/passes/comb-paths.ts';
import { coverageOf } from '../../../gen/passes/coverage.ts';
import { drivesApart } from '../../../gen/passes/driven-places.ts';
import { quickSummary } from '../../../gen/passes/quick-paths.ts';
import { hasLoops, unrolledAsIs } from '../../../gen/passes/unroll.ts';
import { printDesign } from '../../../gen/print/systemverilog.ts';
import { IS_LONG } from '../../support/effort.ts';
import { randomDrivers, randomWiring } from '../random-wiring.ts';
import { Rng } from '../rng.ts';

const SEEDS = Array.from({ length: IS_LONG ? 4000 : 200 }, (_, i) => i + 1);

/** Whether a leaf follows itself. */
function hasLoop(m: Module): boolean {
  try {
    combPaths(m);
    return false;
  } catch (error) {
    expect(String(error)).toContain('combinational-loop');
    return true;
  }
}

describe('paths', () => {
  it('a quick look misses no loop and no path', () => {
    const seen = { loops: 0, quick: 0, closely: 0 };
    for (const seed of SEEDS) {
      const m = randomWiring(new Rng(seed));
      const isLoop = hasLoop(m);
      if (isLoop) {
        seen.loops++;
        expect(mayHaveLoops(m), `seed ${seed}`).toBe(true);
        continue;
      }
      const quick = quickSummary(m, combPaths);
      if (!quick) {
        seen.closely++;
        continue;
      }
      seen.quick++;
      for (const [output, inputs] of combPaths(m)) expect([...inputs].filter((i) => !quick.get(output)?.has(i)), `seed ${seed}, ${output}`).toEqual([]);
    }
    // Each is tried often enough to mean something.
    for (const times of Object.values(seen)) expect(times).toBeGreaterThan(SEEDS.length / 20);
  });

  it('what only looks like a loop is none, in cells of a grid neither', () => {
    const Pair = bundle('Pair', { east: U(4), west: U(4) });
    const Cell = hw('Cell', { w: In(U(4)), e: In(U(4)), toEast: Out(U(4)), toWest: Out(U(4)) }, (m, io) => {
      const both = m.wires({ pair: Pair });
      both.pair.east = io.w.addWrap(1);
      both.pair.west = U(4).lit(3);
      io.toEast = both.pair.west;
      io.toWest = io.e.and(both.pair.east);
    });
    const Top = hw('Top', { west: In(vec(U(4), 2)), out: Out(vec(U(4), 2)) }, (m, io) => {
      const g = m.grid('mesh', Cell, 2, 2);
      g.fromWest('w', 'toEast', io.west);
      g.fromEast('e', 'toWest', vecOf([U(4).lit(1), U(4).lit(2)]));
      io.out = g.columnOut('toWest', 0);
    });
    expect(quickSummary(Top.elaborate(), combPaths)).toBeDefined();
    expect(mayHaveLoops(Top.elaborate())).toBe(true);
    expect(printDesign(elaborate(Top))).toHaveLength(2);
  });
});

/** What is known of every leaf of every signal, and whether one of them is driven in vain. */
function knownOf(m: Module, body: readonly Statement[]): string[] {
  return drivenSignals(m).map((s) => {
    const coverage = coverageOf(rebuildStatements(body, (x, branches) => (x.kind === 'assign' && x.target !== s ? [] : [rebuilt(x, branches)])));
    const parts = coverage.of(s).flatMap(({ leaves, driven, first }) => Array.from({ length: leaves }, () => `${driven} ${first?.site ?? '-'}`));
    expect(parts).toHaveLength(countLeaves(s.type));
    return `${s.name}${coverage.again ? ' twice' : ''}: ${parts.join()}`;
  });
}

describe('drivers', () => {
  it('loops whose rounds drive different leaves are checked as one round, and say what all rounds say', () => {
    const seen = { whole: 0, part: 0, twice: 0 };
    for (const seed of SEEDS) {
      const m = randomDrivers(new Rng(seed));
      const kept = unrolledAsIs(m.body, (loop) => !drivesApart(loop));
      if (kept === m.body) seen.whole++;
      else if (hasLoops(kept)) seen.part++;
      const known = knownOf(m, unrolledAsIs(m.body));
      expect(knownOf(m, kept), `seed ${seed}`).toEqual(known);
      seen.twice += known.filter((line) => /^\w+ twice/.test(line)).length;
    }
    for (const times of Object.values(seen)) expect(times).toBeGreaterThan(SEEDS.length / 20);
  });

  it('are checked in time that does not grow with the lanes', () => {
    const Wide = (lanes: number): Module => hw('Wide', { a: In(vec(U(4), lanes)), o: Out(vec(U(4), lanes)) }, (m, io) => m.each(lanes, (i) => {
      io.o.put(i, io.a.at(i));
      m.when(io.a.at(i).eq(3), () => io.o.put(i, U(4).lit(1)));
    })).elaborate();
    const m = Wide(100_000);
    expect(unrolledAsIs(m.body, (loop) => !drivesApart(loop))).toBe(m.body);
    expect(coverageOf(m.body).of(m.ports[1]).map((p) => [p.leaves, p.driven])).toEqual([[100_000, 'all']]);
  });
});
