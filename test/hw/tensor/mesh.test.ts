/** The mesh alone: rows and weights as close behind each other as its rules allow, against plain sums of products. */
import { describe, expect, it } from 'vitest';
import { elaborate } from '../../../gen/index.ts';
import { ALL_FEATURES } from '../../../hw/isa/tensor-rows.ts';
import { Mesh } from '../../../hw/tensor/mesh.ts';
import { partialSumBits, weightsPerCycle } from '../../../hw/tensor/params.ts';
import type { TensorParams } from '../../../hw/tensor/params.ts';
import { createWasmSimulator } from '../../../sim/engine/index.ts';
import { Random } from '../../../sw/data/random.ts';

const square: TensorParams = {
  rows: 4, columns: 4, scratchpadRows: 64, accumulatorRows: 32, channels: 32, scratchpadBanks: 2, accumulatorBanks: 1, vectorLanes: 1,
  requantiser: 'iterative', queueDepth: 2, hazardBlocks: 8, counters: false, busBytes: 4, idBits: 2, pipelineEvery: 1, ...ALL_FEATURES, multiplier: 'generic',
};
const MESHES = {
  square, pairs: { ...square, multiplier: 'ice40' }, wide: { ...square, columns: 9 }, tall: { ...square, rows: 7 },
  tallPairs: { ...square, rows: 10, columns: 3, multiplier: 'ice40' },
  tiles: { ...square, columns: 8, pipelineEvery: 2 }, oneTile: { ...square, pipelineEvery: 4 },
  oddTiles: { ...square, rows: 9, columns: 6, pipelineEvery: 3 },
  tilesOfPairs: { ...square, rows: 8, pipelineEvery: 2, multiplier: 'ice40' }, tileOfPairs: { ...square, pipelineEvery: 4, multiplier: 'ice40' },
  // Weights of two or four columns at once, as the bus is wide.
  several: { ...square, busBytes: 16, pipelineEvery: 2 }, severalOfMany: { ...square, rows: 6, busBytes: 16, columns: 8, pipelineEvery: 2 },
  severalInCells: { ...square, rows: 3, columns: 2, busBytes: 8 }, severalPairs: { ...square, columns: 2, busBytes: 16, multiplier: 'ice40' },
  severalInATile: { ...square, busBytes: 8, pipelineEvery: 4 },
} as const satisfies Record<string, TensorParams>;
const SEVERAL = Object.entries(MESHES).filter(([, p]) => weightsPerCycle(p) > 1).map(([name, p]) => [name, weightsPerCycle(p)]);

type Row = readonly number[];
/** What the mesh is given in a cycle. */
interface Given {
  row?: { readonly lanes: Row; readonly bank: number };
  /** Weights of a column, or of as many as come at once. */
  columns?: { readonly first: number; readonly weights: readonly Row[]; readonly bank: number };
}

it('is tried with weights of several columns at once', () => {
  expect(SEVERAL).toEqual([['several', 4], ['severalOfMany', 2], ['severalInCells', 2], ['severalPairs', 2], ['severalInATile', 2]]);
});

describe.each(Object.entries(MESHES))('a mesh, %s,', (_, p) => {
  const random = new Random(7);
  const bytes = (count: number): Row => Array.from({ length: count }, () => random.below(256) - 128);

  /** Tiles one after the other: weights as early as the last row of the tile before in that bank allows, rows a cycle behind them. */
  function schedule(banksInTurn: boolean): { given: Given[]; sums: Map<number, Row> } {
    const given: Given[] = [];
    const sums = new Map<number, Row>();
    const at = (cycle: number): Given => (given[cycle] ??= {});
    const lastRowOf = [-1, -1];
    let [columnsFree, rowsFree] = [0, 0];
    for (let tile = 0; tile < 12; tile++) {
      const bank = banksInTurn ? tile % 2 : 0;
      const weights = Array.from({ length: p.columns }, () => bytes(p.rows));
      const atOnce = random.below(3) === 0 ? 1 : weightsPerCycle(p);
      // Weights come to column c ⌊c/p⌋ cycles after the last row at the earliest, several at once to all of them as to the first.
      const late = Math.max(0, ...weights.map((_unused, c) => Math.floor(c / p.pipelineEvery) - Math.floor(c / atOnce)));
      const start = Math.max(columnsFree, lastRowOf[bank] + late);
      for (let column = 0; column < p.columns; column += atOnce) {
        at(start + column / atOnce).columns = { first: column, weights: weights.slice(column, column + atOnce), bank };
      }
      columnsFree = start + p.columns / atOnce;
      const rows = 1 + random.below(2 * p.columns);
      // Column c sees the row ⌊c/p⌋ cycles after it came.
      const first = Math.max(rowsFree, ...weights.map((_w, c) => start + 1 + Math.floor(c / atOnce) - Math.floor(c / p.pipelineEvery)));
      for (let i = 0; i < rows; i++) {
        const lanes = bytes(p.rows);
        at(first + i).row = { lanes, bank };
        const product = weights.map((column) => column.reduce((sum, w, r) => sum + w * lanes[r], 0));
        sums.set(first + i + p.rows / p.pipelineEvery + p.columns / p.pipelineEvery - 1, product);
      }
      rowsFree = first + rows;
      lastRowOf[bank] = rowsFree - 1;
    }
    return { given, sums };
  }

  it.each([false, true])('multiplies what comes at the earliest cycle, banks in turn: %s', (banksInTurn) => {
    const sim = createWasmSimulator(elaborate(Mesh(p)));
    const { given, sums } = schedule(banksInTurn);
    const poke = (port: string, lanes: Row): void =>
      sim.poke(port, lanes.reduceRight((word, lane) => (word << 8n) | BigInt(lane & 255), 0n));
    const last = Math.max(...sums.keys());
    sim.poke('rst', 1n);
    sim.step();
    sim.poke('rst', 0n);
    const shown = new Map<number, Row>();
    const laneOf = (word: bigint, c: number): number => Number(BigInt.asIntN(partialSumBits(p), word >> BigInt(partialSumBits(p) * c)));
    for (let cycle = 0; cycle <= last; cycle++) {
      const { row, columns } = given.at(cycle) ?? {};
      const perCycle = weightsPerCycle(p);
      poke('a', row?.lanes ?? bytes(p.rows));
      sim.poke('bank', BigInt(row?.bank ?? random.below(2)));
      if (perCycle === 1) poke('w', columns?.weights[0] ?? bytes(p.rows));
      else {
        // A single column takes them from where its number says.
        const alone = columns?.weights.length === 1 ? columns.first % perCycle : 0;
        const weightsAt = (i: number): Row | undefined => columns?.weights[i - alone];
        poke('wAll', Array.from({ length: perCycle }, (_unused, i) => weightsAt(i) ?? bytes(p.rows)).flat());
        sim.poke('loadAll', columns?.weights.length === perCycle ? 1n : 0n);
      }
      sim.poke('load0', columns?.bank === 0 ? 1n : 0n);
      sim.poke('load1', columns?.bank === 1 ? 1n : 0n);
      sim.poke('loadColumn', BigInt(columns?.first ?? 0));
      const word = sim.peek('sums');
      if (sums.has(cycle)) shown.set(cycle, Array.from({ length: p.columns }, (_unused, c) => laneOf(word, c)));
      sim.step();
    }
    expect(shown).toEqual(new Map([...sums].sort(([a], [b]) => a - b)));
  });
});
