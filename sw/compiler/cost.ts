// The cost model: how many cycles a layer takes on a chunk of rows under a given tiling, and how many bytes move.
// Must not know: how a tiling is chosen.
import type { Timing } from './chip-target.ts';
import { rowBeats, runBeats, storeCycles, tileCycles } from './chip-target.ts';
import { tileColumns, weightRows } from './layout.ts';
import type { Blocks } from './layout.ts';

/** How one layer is cut up. Rows are rows of the scratchpad or of the accumulators; a slot is one of one or two buffers. */
export interface LayerTiling {
  /** Groups of input lanes: passes over the K of the layer. */
  readonly groups: number;
  /** Groups in one step of the inner loop; the first step of a pass takes what is left over. */
  readonly groupsPerStep: number;
  readonly steps: number;
  readonly firstGroups: number;
  readonly blocks: Blocks;
  /**
   * `scratchpad`: made there by the layer before. From memory: `kept`: loaded during the first block and used by all;
   * `streamed`: loaded again for every block.
   */
  readonly input: 'scratchpad' | 'kept' | 'streamed';
  /** `resident`: loaded once for all chunks. */
  readonly weights: 'streamed' | 'resident';
  /** Buffers for what is streamed. */
  readonly buffers: 1 | 2;
  /**
   * `scratchpad`: stays for the next layer. To memory: `held`: after the last block; `ring`: block by block from two buffers or one;
   * `accumulators`: block by block, int32.
   */
  readonly output: 'scratchpad' | 'held' | 'ring' | 'accumulators';
  readonly outputBuffers: 1 | 2;
  readonly accumulatorBuffers: 1 | 2;
  /** Rows of the input region, and the distance of one step's groups from the next's; where the input is streamed, from the other buffer's. */
  readonly inputRows: number;
  readonly inputStepRows: number;
  /** Streamed inputs share their buffers with the weights: first the groups of a step, then its weights. For chips with few hazard blocks. */
  readonly sharesSlots: boolean;
  /** Distance between buffers of streamed weights (and inputs, if they share them). 0: there are none. */
  readonly slotRows: number;
  readonly outputRows: number;
  readonly outputSlotRows: number;
  readonly accumulatorSlotRows: number;
  /** Activations and weights are in the same bank of the scratchpad. */
  readonly sharesBank: boolean;
  /** Regions begin at multiples of hazard blocks: buffers never wait for each other by mistake. */
  readonly isAligned: boolean;
}

/** What a layer exchanges with main memory. */
export interface LayerTraffic {
  /** R */
  readonly lanes: number;
  /** Bytes from one input row to the next in memory; equal to `lanes` where a group is one run. */
  readonly inputStride: number;
  readonly outputStride: number;
  /** 1, or 4 for int32. */
  readonly outputBytes: 1 | 4;
}

export interface Cost {
  readonly cycles: number;
  readonly loadBytes: number;
  readonly storeBytes: number;
}

/** One layer on one chunk of `rows` rows. */
export function layerCost(timing: Timing, tiling: LayerTiling, traffic: LayerTraffic, rows: number): Cost {
  const { blocks, groups, firstGroups, groupsPerStep } = tiling;
  const { lanes } = traffic;
  const inputBeats = rowBeats(timing, rows, lanes, traffic.inputStride);
  const requantise = (columns: number): number => rows * Math.ceil(columns / timing.vectorLanes) * timing.requantiseGroup;
  let loadBytes = 0;

  /** One pass over all groups for a block. */
  const pass = (block: number, loadsInput: boolean): { steps: number; fill: number; lastStep: number } => {
    const columns = tileColumns(blocks, block);
    const streams = tiling.weights === 'streamed';
    const meshGroup = columns.reduce((sum, used) => sum + tileCycles(timing, rows, used, tiling.sharesBank), 0);
    const groupWeights = weightRows(blocks, block) * lanes;
    const step = (count: number): { load: number; cycles: number } => {
      const transfers = (streams ? 1 : 0) + (loadsInput ? count : 0);
      // A queue that holds only one command begins a transfer when the one before is complete.
      const gaps = timing.queueDepth === 1 ? Math.max(0, transfers - 1) * timing.loadLatency : 0;
      const load = (streams ? runBeats(timing, count * groupWeights) : 0) + (loadsInput ? count * inputBeats : 0) + gaps;
      const mesh = count * meshGroup;
      const commands = count * columns.length + (streams ? 1 : 0) + (loadsInput ? 2 * count : 0);
      const core = timing.dispatch * (commands + 1);
      const latency = load === 0 ? 0 : timing.loadLatency;
      const overlapped = Math.max(mesh, load, core, (mesh + load + latency) / 2);
      return { load, cycles: tiling.buffers === 2 && tiling.isAligned ? overlapped : Math.max(core, mesh + load + latency) };
    };
    loadBytes += (streams ? groups * groupWeights : 0) + (loadsInput ? groups * rows * lanes : 0);
    const first = step(firstGroups);
    const others = tiling.steps > 1 ? step(groupsPerStep) : { load: 0, cycles: 0 };
    const lastStep = tiling.steps > 1 ? others.cycles : first.cycles;
    return { steps: first.cycles + (tiling.steps - 1) * others.cycles, fill: first.load + timing.loadLatency, lastStep };
  };
  /** What happens to a block's sums, beside the mesh. */
  const drain = (block: number): { vector: number; store: number } => {
    const columns = tileColumns(blocks, block);
    const vector = tiling.output === 'accumulators' ? 0 : columns.reduce((sum, used) => sum + requantise(used), 0);
    const toMemory = tiling.output === 'ring' || tiling.output === 'accumulators';
    const store = toMemory ? columns.reduce((sum, used) => sum + storesOf(used), 0) : 0;
    return { vector, store };
  };
  const storesOf = (columns: number): number => {
    const width = traffic.outputBytes === 4 ? columns : Math.min(columns, lanes);
    return Math.ceil(columns / width) * storeCycles(timing, rows, width * traffic.outputBytes, traffic.outputStride);
  };
  const blockCycles = (block: number, loadsInput: boolean): number => {
    const { steps, lastStep } = pass(block, loadsInput);
    const { vector, store } = drain(block);
    // Loads wait for stores: what lasts longer than the step that is already loaded holds the mesh up.
    const stall = store === 0 || tiling.weights === 'resident' && !loadsInput ? 0 : Math.max(0, store + timing.loadLatency - lastStep);
    const overlaps = tiling.accumulatorBuffers === 2 && tiling.isAligned && (tiling.output !== 'ring' || tiling.outputBuffers === 2);
    return overlaps ? Math.max(steps + stall, vector, store) : steps + timing.meshLatency + vector + store;
  };

  const { fill } = pass(0, tiling.input !== 'scratchpad');
  loadBytes = 0;
  let cycles = fill + blockCycles(0, tiling.input !== 'scratchpad');
  const middle = blocks.count - 2;
  if (middle > 0) {
    const before = loadBytes;
    cycles += middle * blockCycles(1, tiling.input === 'streamed');
    loadBytes += (middle - 1) * (loadBytes - before);
  }
  if (blocks.count > 1) cycles += blockCycles(blocks.count - 1, tiling.input === 'streamed');
  const last = drain(blocks.count - 1);
  const columns = tileColumns(blocks, blocks.count - 1);
  const lastTile = tiling.output === 'accumulators' ? 0 : requantise(columns[columns.length - 1]);
  const held = tiling.output === 'held' ? blocks.tiles * storesOf(Math.min(blocks.columns, blocks.outputs)) : 0;
  cycles += timing.meshLatency + (tiling.output === 'ring' ? last.vector : lastTile) + last.store + held;
  const storeBytes = tiling.output === 'scratchpad' ? 0 : rows * blocks.outputs * traffic.outputBytes;
  return { cycles, loadBytes, storeBytes };
}
