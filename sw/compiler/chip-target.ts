// What the compiler wants to know of a chip, and how long the chip's parts take: every figure follows from the chip's parameters.
// Must not know: layers, programs.
import { CHANNEL_RECORD_BYTES } from '../../hw/isa/tensor.ts';
import { CONFIG_KEYS } from '../../hw/soc/config-keys.ts';
import { meshLatency } from '../../hw/tensor/params.ts';
import type { TensorParams } from '../../hw/tensor/params.ts';
import type { FetchOptions } from '../../sim/timing/fetch-timing.ts';

/** The chip that a program is made for. */
export interface ChipTarget {
  readonly tensor: TensorParams;
  readonly ramBytes: number;
  /** Cycles from a read's address to its first data at the memory's own port; default 2. */
  readonly memoryLatencyCycles?: number;
  /** Requests that memory holds in each direction; default: as in a configuration that says nothing. */
  readonly memoryOutstanding?: number;
  /** When the core's instructions come; default: `fast`, with a cache of 4 KiB and lines of one beat. */
  readonly fetch?: FetchOptions;
  /** False where the core's mcycle does not count: programs then read mtime. Default true. */
  readonly countsCycles?: boolean;
}

export interface Timing {
  readonly busBytes: number;
  /** From a load command's turn to its last row in the scratchpad, beyond the beats themselves. */
  readonly loadLatency: number;
  /** From an activation row's entry into the mesh to its sums. */
  readonly meshLatency: number;
  /** One command at a time: nothing overlaps. */
  readonly isSerial: boolean;
  /** Commands that a unit holds, the one under way included. */
  readonly queueDepth: number;
  /** Cycles that the vector stage needs for one group of `vectorLanes` elements. */
  readonly requantiseGroup: number;
  readonly vectorLanes: number;
  readonly accumulatorBanks: 1 | 2;
  /** From a store command's turn to its last acknowledgement, beyond the beats themselves. */
  readonly storeLatency: number;
  /** Bytes that the store unit reads at a time. */
  readonly storeChunkBytes: number;
  /** Cycles of the load unit for one channel record: a serial one writes them word by word. */
  readonly recordCycles: number;
  /** Cycles of the core for one tensor command with the arithmetic of its operands. */
  readonly dispatch: number;
}

/** Registers between a load command and the bus, and between the bus and the scratchpad. */
const LOAD_STAGES = 6;
/** The same for stores. */
const STORE_STAGES = 6;
/** The iterative requantiser takes a cycle for each bit of the multiplier, and one for each bit that the shift differs from 33: about 5. */
const ITERATIVE_REQUANTISER_CYCLES = 32 + 5 + 4;
/** Steps of a serial unit's sequencer around a command: operands, check, last row. */
const SERIAL_STAGES = 4;
/** A command, two additions for its operands and its share of a loop's end. */
const DISPATCH_CYCLES = 4;

export const memoryLatencyOf = ({ memoryLatencyCycles = 2 }: ChipTarget): number => memoryLatencyCycles;
export const memoryOutstandingOf = ({ memoryOutstanding }: ChipTarget): number =>
  memoryOutstanding ?? CONFIG_KEYS.simulation.outstanding.default;

export function timingOf(chip: ChipTarget): Timing {
  const { tensor } = chip;
  const memoryLatencyCycles = memoryLatencyOf(chip);
  return {
    busBytes: tensor.busBytes,
    loadLatency: LOAD_STAGES + memoryLatencyCycles,
    meshLatency: meshLatency(tensor),
    isSerial: tensor.overlap === 'serial',
    queueDepth: tensor.queueDepth,
    requantiseGroup: tensor.requantiser === 'pipelined' ? 1 : ITERATIVE_REQUANTISER_CYCLES,
    vectorLanes: tensor.vectorLanes,
    accumulatorBanks: tensor.accumulatorBanks,
    recordCycles: tensor.overlap === 'serial' ? CHANNEL_RECORD_BYTES / 4 : Math.max(1, CHANNEL_RECORD_BYTES / tensor.busBytes),
    storeLatency: STORE_STAGES + memoryLatencyCycles,
    storeChunkBytes: Math.max(tensor.rows, 4 * tensor.vectorLanes, tensor.busBytes),
    dispatch: DISPATCH_CYCLES,
  };
}

/**
 * Cycles from one tile to the next when `rows` rows stream through `columns` columns: rows come one a cycle, weights one column a cycle
 * beside the rows of the tile before. A command keeps its place in the queue until its last row has left the mesh. Where both come from
 * the same bank of the scratchpad, weights wait for rows.
 */
export function tileCycles(timing: Timing, rows: number, columns: number, sharesBank: boolean): number {
  const { meshLatency: latency, queueDepth, dispatch } = timing;
  // With room for one command the next tile is not even dispatched before this one is complete.
  const alone = columns + rows + latency + (queueDepth === 1 ? 2 * dispatch : 0);
  return Math.max(sharesBank ? rows + columns : Math.max(rows, columns), alone / queueDepth);
}

/** Cycles of a store of `rows` rows: their beats, but no less than the store unit needs to read them from the chip's memories. */
export function storeCycles(timing: Timing, rows: number, rowBytes: number, stride: number): number {
  const reads = rows * Math.ceil(rowBytes / timing.storeChunkBytes);
  return Math.max(reads, rowBeats(timing, rows, rowBytes, stride)) + timing.storeLatency;
}

/** A product on a serial unit: its weights, its rows, and what the sequencer needs around them. */
export const serialTileCycles = ({ dispatch }: Timing, rows: number, columns: number): number => rows + columns + SERIAL_STAGES + dispatch;

/** Beats of a run of bytes that lie one after the other. */
export const runBeats = ({ busBytes }: Timing, bytes: number): number => Math.ceil(bytes / busBytes);

/** Beats of `rows` rows of `rowBytes` each, `stride` apart: a row that does not begin with a beat may touch one more. */
export function rowBeats(timing: Timing, rows: number, rowBytes: number, stride: number): number {
  if (stride === rowBytes) return runBeats(timing, rows * rowBytes);
  const aligned = Math.ceil(rowBytes / timing.busBytes);
  return rows * (stride % timing.busBytes === 0 ? aligned : Math.ceil((rowBytes + timing.busBytes - 1) / timing.busBytes));
}

export const alignUp = (value: number, unit: number): number => Math.ceil(value / unit) * unit;

/** When the core's instructions come, if the target does not say. */
export const fetchOf = ({ fetch, tensor: { busBytes } }: ChipTarget): FetchOptions =>
  fetch ?? { prefetch: 2, predicts: true, isLate: false, cacheBytes: 4096, lineBytes: busBytes, busBytes, prefetchesLines: false };
