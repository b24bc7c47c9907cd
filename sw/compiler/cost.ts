// The cost model: how many cycles a layer takes on a chunk of rows under a given tiling, and how many bytes move.
// Must not know: how a tiling is chosen.
import type { Timing } from './chip-target.ts';
import { rowBeats, runBeats, serialTileCycles, storeCycles, tileCycles } from './chip-target.ts';
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
  /** Rows of the input region, and the distance of one step's groups from the next's, or of the buffers where the input streams. */
  readonly inputRows: number;
  readonly inputStepRows: number;
  /** Streamed inputs share their buffers with the weights: first a step's groups, then its weights. For chips with few hazard blocks. */
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

  const streams = tiling.weights === 'streamed';
  const [full, narrowest] = [tileColumns(blocks, 0), tileColumns(blocks, blocks.count - 1)];
  const columnsOf = (block: number): readonly number[] => (block + 1 < blocks.count ? full : narrowest);
  const isDoubled = tiling.buffers === 2 && tiling.isAligned;
  const loadsInputIn = (block: number): boolean => tiling.input === 'streamed' || (tiling.input === 'kept' && block === 0);

  /** One step of a block: time of the mesh, of its own loads, of the core. */
  const step = (block: number, count: number): { mesh: number; load: number; core: number } => {
    const columns = columnsOf(block);
    const loadsInput = loadsInputIn(block);
    const transfers = (streams ? 1 : 0) + (loadsInput ? count : 0);
    // A queue that holds only one command begins a transfer when the one before is complete.
    const gaps = timing.queueDepth === 1 ? Math.max(0, transfers - 1) * timing.loadLatency : 0;
    const load = (streams ? runBeats(timing, count * weightRows(blocks, block) * lanes) : 0) + (loadsInput ? count * inputBeats : 0) + gaps;
    return {
      mesh: count * columns.reduce((sum, used) => sum + tileCycles(timing, rows, used, tiling.sharesBank), 0),
      load: transfers === 0 ? 0 : load + timing.loadLatency,
      core: timing.dispatch * (count * columns.length + (streams ? 1 : 0) + (loadsInput ? 2 * count : 0) + 1),
    };
  };
  /** A step while the next one's loads are under way. */
  const together = ({ mesh, load, core }: { mesh: number; load: number; core: number }, next: number): number =>
    isDoubled ? Math.max(mesh, core, next) : Math.max(core, mesh + load);
  /** All steps of a block, whose first one is loaded. */
  const pass = (block: number): number => {
    const first = step(block, firstGroups);
    const other = step(block, groupsPerStep);
    const follower = block + 1 < blocks.count ? step(block + 1, firstGroups).load : 0;
    if (tiling.steps === 1) return together(first, follower);
    // A buffer is loaded, used, and free again only then: two steps take at least that long.
    const steady = Math.max(together(other, other.load), isDoubled ? (other.mesh + other.load) / 2 : 0);
    return together(first, other.load) + (tiling.steps - 2) * steady + together(other, follower);
  };
  /** What happens to a block's sums, beside the mesh. */
  const drain = (block: number): { vector: number; store: number } => {
    const columns = columnsOf(block);
    const vector = tiling.output === 'accumulators' ? 0 : columns.reduce((sum, used) => sum + requantise(used), 0);
    const toMemory = tiling.output === 'ring' || tiling.output === 'accumulators';
    const store = toMemory ? columns.reduce((sum, used) => sum + storesOf(used), 0) : 0;
    return { vector, store };
  };
  const storesOf = (columns: number): number => {
    const width = traffic.outputBytes === 4 ? columns : Math.min(columns, lanes);
    return Math.ceil(columns / width) * storeCycles(timing, rows, width * traffic.outputBytes, traffic.outputStride);
  };
  const records = (block: number): number =>
    tiling.output === 'accumulators' ? 0 : timing.loadLatency + weightRows(blocks, block) * timing.recordCycles;
  const blockCycles = (block: number): number => {
    const steps = pass(block);
    const { vector, store } = drain(block);
    // Between the last step of a block and the first of the next the load unit also takes the records, and waits for the stores of the
    // block before. What of this lasts longer than those two steps holds the mesh up.
    const isInside = block + 1 < blocks.count;
    const second = step(block, tiling.steps === 1 ? firstGroups : groupsPerStep);
    const busy = step(block, firstGroups).load + second.load + records(block) + (block === 0 || store === 0 ? 0 : store);
    const hidden = step(block, firstGroups).mesh + second.mesh;
    const stall = isInside && (streams || tiling.input === 'streamed') ? Math.max(0, busy - hidden) : 0;
    const overlaps = tiling.accumulatorBuffers === 2 && tiling.isAligned && (tiling.output !== 'ring' || tiling.outputBuffers === 2);
    if (!overlaps) return block + 1 === blocks.count ? steps : steps + timing.meshLatency + vector + store;
    if (block === 0) return steps;
    // What the block before left to do.
    const before = drain(block - 1);
    // Accumulators of one bank cannot be read while sums are added to them: about half of the work then waits for the mesh's pauses.
    const waits = timing.accumulatorBanks === 1 ? before.vector / 2 : 0;
    return Math.max(steps + stall + waits, before.vector, before.store, block + 1 < blocks.count ? 0 : before.vector + before.store);
  };
  const loadsOf = (block: number): number =>
    groups * ((streams ? weightRows(blocks, block) * lanes : 0) + (loadsInputIn(block) ? rows * lanes : 0));

  if (timing.isSerial) return serialCost(timing, tiling, traffic, rows);
  const middle = Math.max(0, blocks.count - 2);
  let cycles = step(0, firstGroups).load + blockCycles(0);
  let loadBytes = loadsOf(0);
  if (middle > 0) {
    cycles += middle * blockCycles(1);
    loadBytes += middle * loadsOf(1);
  }
  if (blocks.count > 1) {
    cycles += blockCycles(blocks.count - 1);
    loadBytes += loadsOf(blocks.count - 1);
  }
  const last = drain(blocks.count - 1);
  const held = tiling.output === 'held' ? blocks.tiles * storesOf(Math.min(blocks.columns, blocks.outputs)) : 0;
  cycles += timing.meshLatency + last.vector + last.store + held;
  const storeBytes = tiling.output === 'scratchpad' ? 0 : rows * blocks.outputs * traffic.outputBytes;
  return { cycles, loadBytes, storeBytes };
}

/** The same on a serial unit: everything takes its turn, and all that counts is how much there is of it. */
function serialCost(
  timing: Timing, { blocks, groups, steps, input, weights, output }: LayerTiling, traffic: LayerTraffic, rows: number,
): Cost {
  const { lanes } = traffic;
  const isInt8 = output !== 'accumulators';
  const loadLatency = timing.loadLatency + timing.dispatch;
  const passes = input === 'scratchpad' ? 0 : input === 'kept' ? 1 : blocks.count;
  const inputLoads = passes * groups * (rowBeats(timing, rows, lanes, traffic.inputStride) + loadLatency);
  const weightBytes = weights === 'streamed' ? blocks.outputs * groups * lanes : 0;
  const weightLoads = weights === 'streamed' ? runBeats(timing, weightBytes) + blocks.count * steps * loadLatency : 0;
  const records = isInt8 ? blocks.count * loadLatency + blocks.outputs * timing.recordCycles : 0;
  const lastColumns = blocks.outputs - (blocks.tiles - 1) * blocks.columns;
  const tile = (columns: number): number => serialTileCycles(timing, rows, columns);
  const products = groups * ((blocks.tiles - 1) * tile(blocks.columns) + tile(lastColumns));
  const requantised = isInt8 ? rows * blocks.outputs * timing.requantiseGroup : 0;
  const storedBytes = output === 'scratchpad' ? 0 : rows * blocks.outputs * traffic.outputBytes;
  const stores = storedBytes === 0 ? 0 : runBeats(timing, storedBytes) + blocks.tiles * (timing.storeLatency + timing.dispatch);
  return {
    cycles: inputLoads + weightLoads + records + products + requantised + stores,
    loadBytes: weightBytes + passes * groups * rows * lanes, storeBytes: storedBytes,
  };
}
