// Places: which rows of the scratchpad, of the accumulators and of the channel records a range of layers uses.
// Must not know: how tilings are chosen, commands.
import { accumulatorBits, accumulatorBlocks, channelBits, channelBlocks, scratchpadBits, scratchpadBlocks } from '../../hw/tensor/params.ts';
import type { TensorParams } from '../../hw/tensor/params.ts';
import { alignUp } from './chip-target.ts';

/**
 * Regions of the scratchpad, first rows. Layers take turns: what one writes into `even` the next reads, and writes into `odd`.
 * From the bottom up: even, odd, resident weights; streaming buffers lie at the top. Where the sizes allow it each is in a bank of its own,
 * because a bank serves the mesh's activations before its weights, and both before a store.
 */
export interface ScratchpadPlaces {
  readonly even: number;
  readonly odd: number;
  readonly resident: number;
  readonly stream: number;
}

export interface ScratchpadDemand {
  readonly evenRows: number;
  readonly oddRows: number;
  readonly residentRows: number;
  /** All buffers together. */
  readonly streamRows: number;
}

/** Rows of one hazard block: two commands wait for each other only where they use a common block. */
export const scratchpadBlock = (p: TensorParams): number => blockOf(2 ** scratchpadBits(p), p, scratchpadBlocks(p));
export const accumulatorBlock = (p: TensorParams): number => blockOf(2 ** accumulatorBits(p), p, accumulatorBlocks(p));
export const channelBlock = (p: TensorParams): number => blockOf(2 ** channelBits(p), p, channelBlocks(p));
/**
 * Where regions and buffers of the scratchpad begin, if there is room: at a block, so that commands on different ones do not wait for each
 * other, and no closer than a sixteenth of the memory, which keeps them in different memories as far as it has any.
 */
export const placementUnit = (p: TensorParams): number =>
  (p.overlap === 'serial' ? 1 : Math.max(scratchpadBlock(p), 2 ** scratchpadBits(p) / LEAST_PLACES));
const LEAST_PLACES = 16;
/** A serial unit runs one command at a time: nothing waits, whatever it shares. */
const blockOf = (rows: number, p: TensorParams, blocks: number): number => p.overlap === 'serial' ? 1 : Math.max(1, rows / blocks);

/** Rows that a demand takes when every region begins at a multiple of `unit`. */
export function demandRows(demand: ScratchpadDemand, unit: number): number {
  const { evenRows, oddRows, residentRows, streamRows } = demand;
  return alignUp(evenRows, unit) + alignUp(oddRows, unit) + alignUp(residentRows, unit) + alignUp(streamRows, unit);
}

/** Places for a demand that fits. */
export function placeScratchpad(p: TensorParams, demand: ScratchpadDemand, unit: number): ScratchpadPlaces {
  if (demandRows(demand, unit) > p.scratchpadRows) throw new Error('the demand was not checked against the scratchpad');
  const stream = p.scratchpadRows - alignUp(demand.streamRows, unit);
  const bank = alignUp(Math.floor(p.scratchpadRows / p.scratchpadBanks), unit);
  // The later ones give up their own bank last: what is read while the mesh works matters most.
  for (const [oddUnit, residentUnit] of [[bank, bank], [unit, bank], [bank, unit], [unit, unit]]) {
    const odd = alignUp(demand.evenRows, oddUnit);
    const resident = demand.residentRows === 0 ? odd + alignUp(demand.oddRows, unit) : alignUp(odd + demand.oddRows, residentUnit);
    if (resident + demand.residentRows <= stream) return { even: 0, odd, resident, stream };
  }
  throw new Error('the places do not follow from the demand');
}

/**
 * Where each layer's channel records go. `all`: side by side, loaded once for a range; `turns`: one layer after the other over the whole
 * memory; `blocks`: some layer has more channels than the chip, so that records are loaded block by block into two buffers or one.
 */
export interface ChannelPlaces {
  readonly mode: 'all' | 'turns';
  readonly bases: readonly number[];
}

/** @param counts channels of each layer; those with more than the chip has are loaded block by block from base 0 */
export function placeChannels(p: TensorParams, counts: readonly number[]): ChannelPlaces {
  const sizes = counts.map((count) => alignUp(count, p.vectorLanes));
  const total = sizes.reduce((sum, size) => sum + size, 0);
  const starts = sizes.map((_, index) => sizes.slice(0, index).reduce((sum, size) => sum + size, 0));
  if (total <= p.channels) return { mode: 'all', bases: starts };
  let next = 0;
  const bases = sizes.map((size) => {
    const base = next + size <= p.channels ? next : 0;
    next = base + size;
    return base;
  });
  return { mode: 'turns', bases };
}

/** Distance between two channel buffers of `count` records, or undefined where only one fits. */
export function channelSlot(p: TensorParams, count: number): number | undefined {
  const aligned = alignUp(count, Math.max(p.vectorLanes, channelBlock(p)));
  if (2 * aligned <= p.channels) return aligned;
  const tight = alignUp(count, p.vectorLanes);
  return 2 * tight <= p.channels ? tight : undefined;
}

/** Distance between two accumulator buffers of `rows` rows, or undefined where only one fits. */
export function accumulatorSlot(p: TensorParams, rows: number): number | undefined {
  // Half-way, if that is where a block begins: with two banks the mesh and the vector stage then never meet.
  const block = accumulatorBlock(p);
  const half = p.accumulatorRows / 2;
  const distance = half % block === 0 ? half : alignUp(rows, block);
  return Math.max(distance, rows) + rows <= p.accumulatorRows && distance >= rows ? distance : undefined;
}
