/**
 * The scratchpad alone against an array of rows: random requests at all ports, alone and together. Which rows share a memory, and so which
 * requests wait, is said here once more, in the test's own words.
 */
import { describe, expect, it } from 'vitest';
import { ALL_FEATURES } from '../../../hw/isa/tensor-rows.ts';
import { rowsPerBeat, scratchpadBits, weightsPerCycle } from '../../../hw/tensor/params.ts';
import type { TensorParams } from '../../../hw/tensor/params.ts';
import { Scratchpad } from '../../../hw/tensor/scratchpad.ts';
import { Dice, isSet, start } from '../lib/bench.ts';

const common: TensorParams = {
  rows: 4, columns: 4, scratchpadRows: 64, accumulatorRows: 32, channels: 32, scratchpadBanks: 4, accumulatorBanks: 1, vectorLanes: 1,
  requantiser: 'pipelined', queueDepth: 2, hazardBlocks: 1, counters: false, busBytes: 4, idBits: 1, pipelineEvery: 1, ...ALL_FEATURES, scatter: false, multiplier: 'generic',
};
/** Parameters, and the rows that a beat fills with them. */
const SIZES: readonly (readonly [number, Partial<TensorParams>])[] = [
  [1, {}], [1, { scratchpadBanks: 1, scratchpadRows: 13 }], [1, { rows: 12, busBytes: 16 }],
  [2, { busBytes: 8 }], [2, { rows: 6, busBytes: 16, scratchpadBanks: 1, scratchpadRows: 49 }],
  [2, { rows: 12, busBytes: 32, scratchpadBanks: 2 }],
  [4, { busBytes: 16 }], [4, { busBytes: 16, scratchpadBanks: 1, scratchpadRows: 50 }],
  [4, { busBytes: 16, scratchpadBanks: 1, scratchpadRows: 11 }], [4, { rows: 7, busBytes: 32, scratchpadBanks: 8 }],
  [8, { busBytes: 32, scratchpadBanks: 2 }],
  // A bank has two rows of each of its memories, or it has fewer memories.
  [2, { busBytes: 32, scratchpadBanks: 4, scratchpadRows: 16 }], [1, { busBytes: 32, scratchpadBanks: 4, scratchpadRows: 8 }],
  [2, { busBytes: 128, scratchpadBanks: 1, scratchpadRows: 4 }],
  // Weights of several columns at once: of as many as a beat fills, or of fewer, since the mesh has registers or columns for no more.
  [4, { busBytes: 16, pipelineEvery: 4 }], [4, { busBytes: 16, columns: 2 }], [8, { busBytes: 32, scratchpadBanks: 2, pipelineEvery: 2 }],
  [2, { busBytes: 8, scratchpadBanks: 1, pipelineEvery: 2 }],
  // Loads of rows that do not follow each other.
  [2, { busBytes: 4, scatter: true }], [4, { busBytes: 16, scatter: true }],
  [2, { rows: 6, busBytes: 16, scratchpadBanks: 1, scratchpadRows: 49, scatter: true }],
];
const CYCLES = 600;
const READERS = ['activations', 'weights', 'vectorRead', 'store'] as const;
const PORTS = [...READERS, 'vector', 'load'];

interface Writes {
  readonly vector?: number;
  readonly load?: readonly number[];
}

/** Little-endian, as vectors are packed. */
const packed = (bytes: readonly number[]): bigint => bytes.reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n);

describe.each(SIZES)('a scratchpad of which a beat fills %i row(s), %j', (G, change) => {
  const p = { ...common, ...change };
  const { rows: R, scratchpadRows: size } = p;
  const depth = size / p.scratchpadBanks;
  const bankOf = (row: number): number => Math.floor(row / depth);
  const share = (x: number, y: number): boolean => bankOf(x) === bankOf(y) && x % G === y % G;
  const W = weightsPerCycle(p);

  it('keeps what is written and serves requests for different memories together', () => {
    expect(rowsPerBeat(p)).toBe(G);
    const dice = new Dice(G * size + R);
    const sim = start(Scratchpad(p), Object.fromEntries(PORTS.map((port) => [`${port}_request`, 0])));
    const model: bigint[] = [];
    const randomRow = (): bigint => packed(Array.from({ length: R }, () => dice.roll(256)));
    const seen = { together: 0, refused: 0, acrossBanks: 0, waited: 0, several: 0, firstAlone: 0 };
    let answers: (readonly [string, bigint])[] = [];

    const cycle = (writes: Writes, reads: Readonly<Partial<Record<string, number>>>, readsAll = false): void => {
      const data = new Map([writes.vector ?? [], writes.load ?? []].flat().map((row) => [row, randomRow()]));
      sim.poke('vector_request', writes.vector === undefined ? 0 : 1);
      if (writes.vector !== undefined) {
        sim.poke('vector_row', writes.vector);
        sim.poke('vector_data', data.get(writes.vector) as bigint);
      }
      sim.poke('load_request', writes.load ? 1 : 0);
      if (writes.load) {
        const [first] = writes.load;
        const placed = Array.from({ length: G }, (_, k) => writes.load?.find((row) => row % G === k));
        const rowBits = BigInt(scratchpadBits(p));
        // What nobody asked to be written is there all the same.
        const places = Array.from({ length: G }, randomRow);
        for (const row of writes.load) places[row % G] = data.get(row) as bigint;
        if (p.scatter) {
          sim.poke('load_writes', placed.reduce<number>((all, row, k) => all | (row === undefined ? 0 : 1 << k), 0));
          sim.poke('load_rows', placed.reduceRight<bigint>((all, row) => (all << rowBits) | BigInt(row ?? dice.roll(size)), 0n));
        } else sim.poke('load_row', first);
        if (G > 1 && !p.scatter) sim.poke('load_count', writes.load.length);
        sim.poke('load_data', places.reduceRight((all, place) => (all << BigInt(8 * R)) | place, 0n));
      }
      for (const port of READERS) {
        sim.poke(`${port}_request`, reads[port] === undefined ? 0 : 1);
        if (reads[port] !== undefined) sim.poke(`${port}_row`, reads[port]);
      }
      if (W > 1) sim.poke('weights_all', readsAll ? 1 : 0);
      for (const [port, value] of answers) expect(sim.peek(port), port).toBe(value);
      answers = [];

      const before: number[] = [];
      for (const port of READERS) {
        const row = reads[port];
        const isFree = row !== undefined && !before.some((other) => share(row, other));
        expect(isSet(sim, `${port}_grant`), `${port} wants ${row}, before it ${before.join()}`).toBe(isFree);
        const all = port === 'weights' && readsAll && row !== undefined ? Array.from({ length: W }, (_, i) => row + i) : [];
        const areFree = all.length > 0 && !before.some((other) => all.some((each) => share(each, other)));
        if (port === 'weights' && W > 1) expect(isSet(sim, 'weights_grantAll'), `weights want ${all.join()}, before them ${before.join()}`).toBe(areFree);
        if (row === undefined) continue;
        if (!isFree) seen.refused++;
        else if (before.some((other) => bankOf(other) === bankOf(row))) seen.together++;
        if (areFree) seen.several++;
        else if (all.length > 0 && isFree) seen.firstAlone++;
        before.push(row, ...all);
        const values = (areFree ? all : [row]).map((each) => model[each] as bigint | undefined);
        const known = values.filter((value) => value !== undefined);
        if (isFree && known.length === values.length) {
          answers.push([areFree ? 'weights_allData' : `${port}_data`, known.reduceRight((word, value) => (word << BigInt(8 * R)) | value, 0n)]);
        }
      }
      expect(isSet(sim, 'vector_grant')).toBe(writes.vector !== undefined);
      const { vector, load } = writes;
      const loads = load !== undefined && (vector === undefined || !load.some((row) => share(row, vector)));
      expect(isSet(sim, 'load_grant'), `load ${load?.join()} beside ${vector}`).toBe(loads);
      if (load && !loads) seen.waited++;
      if (load && bankOf(load[0]) !== bankOf(load[load.length - 1])) seen.acrossBanks++;
      for (const row of [vector ?? [], loads ? load : []].flat()) model[row] = data.get(row) as bigint;
      sim.step();
    };

    for (let i = 0; i < CYCLES; i++) {
      // Often in one bank, where they get in each other's way.
      const base = dice.roll(size);
      const near = (): number => (dice.chance(0.7) ? (base + dice.roll(2 * G + 2)) % size : dice.roll(size));
      const vector = dice.chance(0.5) ? near() : undefined;
      const first = near();
      const count = Math.min(1 + dice.roll(G), size - first);
      // Of a unit that scatters anywhere, as long as each is in a memory of another number.
      const load = dice.chance(0.7) ? Array.from({ length: count }, (_, k) => first + k)
        .map((row) => (p.scatter && dice.chance(0.5) ? (row % G) + G * dice.roll(Math.floor(size / G)) : row)) : undefined;
      // The two never write the same row, and nobody reads a row while it is written: the unit's hazards see to that.
      const writes = { load, vector: vector !== undefined && load?.includes(vector) ? undefined : vector };
      const isWritten = (row: number): boolean => row === writes.vector || (load?.includes(row) ?? false);
      const readsAll = W > 1 && dice.chance(0.5);
      const wanted = (port: string): readonly number[] => {
        const row = near();
        if (port !== 'weights' || !readsAll) return [row];
        // Several rows begin at a multiple of their number and lie in one bank.
        const start = Math.min(row - (row % W), (Math.floor(size / W) - 1) * W);
        return Array.from({ length: W }, (_, i) => start + i);
      };
      const reads = READERS.filter(() => dice.chance(0.7)).map((port) => [port, wanted(port)] as const)
        .filter(([, rows]) => !rows.some(isWritten));
      cycle(writes, Object.fromEntries(reads.map(([port, [row]]) => [port, row])), readsAll);
    }
    for (let row = 0; row < size; row++) {
      const other = (row + 1) % size;
      cycle({}, { activations: row, ...(share(row, other) ? {} : { store: other }) });
    }
    cycle({}, {});
    expect(seen.refused).toBeGreaterThan(10);
    expect(seen.waited).toBeGreaterThan(5);
    if (W > 1) expect(Math.min(seen.several, G > 2 || W < G ? seen.firstAlone : seen.several)).toBeGreaterThan(10);
    if (G > 1) expect(seen.together).toBeGreaterThan(10);
    if (G > 1 && p.scratchpadBanks > 1) expect(seen.acrossBanks).toBeGreaterThan(0);
  });
});
