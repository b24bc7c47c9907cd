/**
 * Parameters of the tensor unit and what follows from them. Widths, latencies and block sizes are computed here once; the
 * modules of the unit, the golden model's options and the compiler read them from here.
 */
import { indexWidth } from '../../gen/index.ts';
import { NO_FEATURES } from '../isa/tensor-rows.ts';
import type { TensorFeatures } from '../isa/tensor-rows.ts';
import { MOST_GROUPS } from '../isa/tensor.ts';
import { isPowerOfTwo, powerOfTwoAtMost } from '../lib/power-of-two.ts';

/** With what the instruction table calls features. */
export interface TensorParams extends TensorFeatures {
  /** R: rows of the mesh, int8 lanes of a scratchpad row; 2…128. */
  readonly rows: number;
  /** C: columns of the mesh, int32 lanes of an accumulator row; 2…128. */
  readonly columns: number;
  readonly scratchpadRows: number;
  /** At most 4096: the instruction set has 12 bits for an accumulator row. */
  readonly accumulatorRows: number;
  /** Channel records for requantisation. */
  readonly channels: number;
  /** Independent memories of the scratchpad: a power of two that divides its rows. */
  readonly scratchpadBanks: number;
  readonly accumulatorBanks: 1 | 2;
  /** Elements that the vector stage takes at a time; divides rows, columns and channels. */
  readonly vectorLanes: number;
  /** `pipelined`: a 32×32 multiplier a lane, one step a cycle; `iterative`: shift and add, for small FPGAs (one lane). */
  readonly requantiser: 'pipelined' | 'iterative';
  /** Commands that each of the four units holds. */
  readonly queueDepth: number;
  /** Blocks into which hazard tracking divides each memory, if it has so many rows: a power of two. */
  readonly hazardBlocks: number;
  /** Performance counters; without them `tn.count` returns 0. */
  readonly counters: boolean;
  /** Bytes of one beat on the memory bus. */
  readonly busBytes: number;
  /** Bits of the memory bus's transaction identifiers. */
  readonly idBits: number;
  /** How the mesh multiplies: as written, or in pairs with the iCE40's DSP cell. */
  readonly multiplier: 'generic' | 'ice40';
  /** p: cells of the mesh, each way, from one register to the next; divides rows and columns. */
  readonly pipelineEvery: number;
  /** `full` (if not given): four units work side by side; `serial`: one command at a time, in a fifth of the area. */
  readonly overlap?: 'full' | 'serial';
}

export const MOST_TAPS = 8;

/** What a serial unit cannot have more of. */
const SERIAL: Partial<Record<keyof TensorParams, string | number | boolean>> = {
  ...NO_FEATURES,
  scratchpadBanks: 1, accumulatorBanks: 1, vectorLanes: 1, requantiser: 'iterative', queueDepth: 1, counters: false, busBytes: 4, pipelineEvery: 1,
};

/** What is wrong with a set of parameters, as `[name, problem and mend]`; nothing if a unit can be built from it. */
export function problemWith(p: TensorParams): readonly [keyof TensorParams, string] | undefined {
  const between = (name: keyof TensorParams, low: number, high: number): readonly [keyof TensorParams, string] | undefined => {
    const value = p[name];
    return typeof value === 'number' && Number.isInteger(value) && value >= low && value <= high ? undefined : [name, `is ${value}; use a whole number ${low}…${high}`];
  };
  const banked = (rows: 'scratchpadRows' | 'accumulatorRows', banks: 'scratchpadBanks' | 'accumulatorBanks'): readonly [keyof TensorParams,
    string] | undefined =>
    p[banks] === 1 || isPowerOfTwo(p[rows] / p[banks]) ? undefined : [rows, `is ${p[rows]}; in ${p[banks]} banks it must be ${p[banks]} times a power of two`];
  const powerOfTwo = (name: 'scratchpadBanks' | 'hazardBlocks' | 'busBytes' | 'vectorLanes'): readonly [keyof TensorParams, string] | undefined =>
    isPowerOfTwo(p[name]) ? undefined : [name, `is ${p[name]}; use a power of two`];
  const serialName = (Object.keys(SERIAL) as (keyof TensorParams)[]).find((name) => p.overlap === 'serial' && p[name] !== SERIAL[name]);
  const lanes = (['rows', 'columns', 'channels'] as const).find((name) => p[name] % p.vectorLanes !== 0);
  const tiled = (['rows', 'columns'] as const).find((name) => p[name] % p.pipelineEvery !== 0);
  return (
    between('rows', 2, 128) ?? between('columns', 2, 128) ?? between('scratchpadRows', 4, 65536) ?? between('accumulatorRows', 4, 4096) ??
    between('channels', 1, 65536) ?? between('queueDepth', 1, 16) ?? between('idBits', 1, 8) ?? between('busBytes', 4, 128) ??
    powerOfTwo('busBytes') ?? powerOfTwo('scratchpadBanks') ?? powerOfTwo('hazardBlocks') ?? powerOfTwo('vectorLanes') ??
    between('accumulatorBanks', 1, 2) ?? banked('scratchpadRows', 'scratchpadBanks') ?? banked('accumulatorRows', 'accumulatorBanks') ??
    // One row of the scratchpad for each column's weights, as the mesh takes them.
    (p.columns > p.scratchpadRows ? (['scratchpadRows', `is ${p.scratchpadRows}; the weights of columns = ${p.columns} take as many rows`] as const) : undefined) ??
    (p.scratchpadBanks > 1 && p.scratchpadRows < 2 * p.scratchpadBanks
      ? (['scratchpadBanks', `is ${p.scratchpadBanks}; a bank has at least two of the ${p.scratchpadRows} rows`] as const) : undefined) ??
    (p.vectorLanes > 1 && 2 * p.vectorLanes > p.channels ? (['vectorLanes', `is ${p.vectorLanes}; use at most half of channels = ${p.channels}`] as const) : undefined) ??
    (lanes ? (['vectorLanes', `is ${p.vectorLanes}; it must divide ${lanes} = ${p[lanes]}`] as const) : undefined) ??
    between('pipelineEvery', 1, 16) ?? (p.depthwiseTaps === 0 ? undefined : between('depthwiseTaps', 2, MOST_TAPS)) ??
    (tiled ? (['pipelineEvery', `is ${p.pipelineEvery}; it must divide ${tiled} = ${p[tiled]}`] as const) : undefined) ??
    (serialName ? ([serialName, `is ${p[serialName]}; a serial unit (overlap) has ${SERIAL[serialName]}`] as const) : undefined) ??
    // The weights of the mesh's diagonal are those of a depthwise product.
    (p.maximum && !p.convolution ? (['maximum', 'is true; a unit has it with convolution = true alone'] as const) : undefined) ??
    (p.depthwiseTaps > 0 && !p.convolution ? (['depthwiseTaps', `is ${p.depthwiseTaps}; without convolution it is 0`] as const) : undefined) ??
    // They come as the weights of the mesh's first columns do, and their sums are no wider than the mesh's.
    (p.depthwiseTaps > Math.min(p.rows, p.columns) ? (['depthwiseTaps', `is ${p.depthwiseTaps}; use no more than rows = ${p.rows} and columns = ${p.columns}`] as const) : undefined) ??
    (p.requantiser === 'iterative' && p.vectorLanes !== 1 ? (['vectorLanes', `is ${p.vectorLanes}; an iterative requantiser has one lane`] as const) : undefined) ??
    (p.hazardBlocks > mostHazardBlocks(p) ? (['hazardBlocks', `is ${p.hazardBlocks}; there cannot be more blocks than rows`] as const) : undefined)
  );
}

/** The vector stage has commands with operands in the scratchpad. */
export const vectorReads = (p: TensorFeatures): boolean => p.elementwise || p.table;

/** Rows of one memory of the scratchpad or of the accumulators. */
export const rowsPerBank = (p: TensorParams, memory: 'scratchpad' | 'accumulators'): number =>
  (memory === 'scratchpad' ? p.scratchpadRows / p.scratchpadBanks : p.accumulatorRows / p.accumulatorBanks);

/** Bits of a scratchpad row number. */
export const scratchpadBits = (p: TensorParams): number => indexWidth(p.scratchpadRows);
/**
 * G: rows of the scratchpad that one beat of the bus fills at once, and memories into which each of its banks is divided for that, row r in
 * memory `r mod G`. A power of two, so that this is the low bits of a row number; at most half of a bank's rows, so that there are others.
 * At least 2 where loads scatter.
 */
export function rowsPerBeat(p: TensorParams): number {
  return rowsOfMemories(p, p.scatter ? LEAST_SCATTERED : 0);
}
const rowsOfMemories = (p: TensorParams, least: number): number =>
  powerOfTwoAtMost(Math.min(Math.max(p.busBytes / p.rows, least), p.scratchpadRows / p.scratchpadBanks / 2));
/** Of a unit that scatters, the end of one row and another, shorter one come in one beat, be it no longer than a row. */
const LEAST_SCATTERED = 2;
/**
 * Columns of the mesh whose weights come in one cycle, if the number of their first row is a multiple of this: at most as many as a beat
 * brings. 1 where the columns do not fall into such groups by the bits of their numbers. The sequencer brings the first weights two
 * cycles after it has asked for the last row that needs the old ones; that row comes to column c ⌊c/p⌋ cycles later than to the mesh, and
 * weights must not come there before it.
 */
export function weightsPerCycle(p: TensorParams): number {
  if (p.overlap === 'serial' || !isPowerOfTwo(p.columns)) return 1;
  let most = Math.min(rowsOfMemories(p, 0), p.columns);
  while (most > 1 && p.columns / p.pipelineEvery - p.columns / most > 1) most /= 2;
  return most;
}
export const accumulatorBits = (p: TensorParams): number => indexWidth(p.accumulatorRows);
export const channelBits = (p: TensorParams): number => indexWidth(p.channels);
/** Bits of a number of bytes within one row of the scratchpad, 0…R, or of the accumulators, 0…4·C. */
export const rowBytesBits = (p: TensorParams): number => indexWidth(Math.max(p.rows, 4 * p.columns) + 1);
/** Lanes beside the mesh for depthwise products, each with `depthwiseTaps` multipliers. */
export const depthwiseLanes = (p: TensorParams): number => Math.min(p.rows, p.columns);
/** Bits of a number of bytes that a `tn.arg` may give a row: as above, or in groups. */
export const argBytesBits = (p: TensorParams): number => indexWidth(mostArgBytes(p) + 1);
export const mostArgBytes = (p: TensorParams): number => Math.max(p.rows * (p.scatter ? MOST_GROUPS : 1), 4 * p.columns);
/** Bits of a partial sum: R products of two int8 values. */
export const partialSumBits = (p: TensorParams): number => 16 + Math.ceil(Math.log2(p.rows));
/** Blocks for hazard tracking of a memory whose rows have numbers of `bits` bits: at most one for each. */
const blocksOf = (p: TensorParams, bits: number): number => Math.min(p.hazardBlocks, 2 ** bits);
export const scratchpadBlocks = (p: TensorParams): number => blocksOf(p, scratchpadBits(p));
export const accumulatorBlocks = (p: TensorParams): number => blocksOf(p, accumulatorBits(p));
export const channelBlocks = (p: TensorParams): number => blocksOf(p, channelBits(p));
/** More than this divide no memory further. */
export const mostHazardBlocks = (p: TensorParams): number => 2 ** Math.max(scratchpadBits(p), accumulatorBits(p), channelBits(p));
/** Groups of lanes in an accumulator row: each is one memory (a bank of it). */
export const laneGroups = (p: TensorParams): number => p.columns / p.vectorLanes;
/** Cycles from the cycle in which the mesh's first row takes an activation row to the cycle in which all columns have its sums. */
export const meshLatency = (p: TensorParams): number => (p.rows + p.columns) / p.pipelineEvery - 1;
