// Chooses how a network is cut up for a chip: which layers run one after the other on the same chunk of rows, how many rows a chunk has,
// and for each layer the loops, what stays in the scratchpad and what streams through it. Every choice that fits is priced; the cheapest
// are told, since prices are estimates and who has the program can do better.
// Must not know: instructions, weights.
import { UserError } from '../../gen/user-error.ts';
import { accumulatorSlot, demandRows, placeChannels, placeScratchpad, placementUnit, scratchpadBlock } from './allocate.ts';
import type { ChannelPlaces, ScratchpadDemand, ScratchpadPlaces } from './allocate.ts';
import { alignUp, timingOf } from './chip-target.ts';
import type { ChipTarget, Timing } from './chip-target.ts';
import { layerCost } from './cost.ts';
import type { Cost, LayerTiling, LayerTraffic } from './cost.ts';
import { blocksOf, denseGroups, groupsPerTile, tileGroups } from './layout.ts';
import type { Group } from './layout.ts';
import type { LineOrder } from './straight-line.ts';

export interface LayerShape {
  readonly name: string;
  /** K and N. */
  readonly inputs: number;
  readonly outputs: number;
}

/** A chain of layers. */
export interface NetworkShape {
  readonly name: string;
  /** M: rows of every activation matrix. */
  readonly rows: number;
  readonly layers: readonly LayerShape[];
  /** What the last layer leaves in memory. */
  readonly result: 'int8' | 'int32';
}

export interface LayerPlan extends LayerTiling {
  readonly shape: LayerShape;
  readonly traffic: LayerTraffic;
  /** First row of resident weights, relative to the region. */
  readonly residentStart: number;
  /** For the whole batch. */
  readonly cost: Cost;
}

/** Layers `first … first + layers.length - 1`, run one after the other on each chunk of rows. */
export interface RangePlan {
  readonly first: number;
  readonly layers: readonly LayerPlan[];
  /** Rows of a chunk; `chunks` of them, and one more of `remainder` rows unless that is 0. */
  readonly rows: number;
  readonly chunks: number;
  readonly remainder: number;
  readonly places: ScratchpadPlaces;
  readonly channels: ChannelPlaces;
  /** A layer's channel records are loaded with its first block's, if they have places of their own: fewer commands, later products. */
  readonly recordsTogether: boolean;
  /** It is no loop but a straight line, with its commands in this order. */
  readonly line?: LineOrder;
  readonly cycles: number;
}

/** The largest count of rows that tn.mm and tn.rq can name. */
export const COUNT_LIMIT = 4095;
/** Numbers of tiles in a block and of groups in a step that are tried. */
const TILES_PER_BLOCK = [1, 2, 3, 4, 6, 8] as const;
const GROUPS_PER_STEP = [1, 2, 3, 4, 6, 8, 12, 16] as const;
/** With more tiles in a step the program's inner loop would grow and nothing be gained. */
const TILES_PER_STEP_LIMIT = 32;

/** Plans of a range that are told, cheapest first, and how far down the list of a layer's tilings they go. */
const PLANS_TOLD = 16;
const RANKS_TRIED = 40;

/** A tiling with its price, and its scratchpad rows: input, output, streaming buffers. */
interface Candidate {
  readonly tiling: LayerTiling;
  readonly cost: Cost;
  readonly streamRows: number;
}

/** What planning one network needs everywhere. */
interface Task {
  readonly shape: NetworkShape;
  readonly chip: ChipTarget;
  readonly timing: Timing;
  /** Input groups of each layer, if its input comes from memory, and if the layer before it leaves it in the scratchpad. */
  readonly denseGroups: readonly number[];
  readonly tileGroups: readonly number[];
  /** Tilings of a layer, cheapest first, by all that their prices depend on. */
  readonly candidates: Map<string, readonly Candidate[]>;
}

/**
 * Plans a network for a chip: its ranges, and for each the plans that are worth a closer look, cheapest first.
 * @throws UserError where a layer fits in no way
 */
export function planNetwork(shape: NetworkShape, chip: ChipTarget): readonly (readonly RangePlan[])[] {
  const { rows, columns } = chip.tensor;
  const task: Task = {
    shape, chip, timing: timingOf(chip), candidates: new Map(),
    denseGroups: shape.layers.map(({ inputs }) => denseGroups(inputs, rows).length),
    tileGroups: shape.layers.map(({ inputs }) => tileGroups(inputs, columns, rows).length),
  };
  for (const layer of shape.layers) requireFit(shape, layer, chip);
  // The cheapest plan for the first n layers, for every n.
  const best: Split[] = [{ cycles: 0, ends: [] }];
  for (let end = 1; end <= shape.layers.length; end += 1) {
    let winner: Split | undefined;
    for (let first = end - 1; first >= 0; first -= 1) {
      const cheapest = planRange(task, first, end, 1).at(0);
      if (cheapest === undefined) continue;
      const before = best[first];
      const cycles = before.cycles + cheapest.cycles;
      if (winner === undefined || cycles < winner.cycles) winner = { cycles, ends: [...before.ends, end] };
    }
    if (winner === undefined) throw misfit(shape, shape.layers[end - 1], chip);
    best.push(winner);
  }
  const { ends } = best[shape.layers.length];
  return ends.map((end, range) => planRange(task, range === 0 ? 0 : ends[range - 1], end, RANKS_TRIED));
}

/** Of all layers up to one: their price, and where their ranges end. */
interface Split {
  readonly cycles: number;
  readonly ends: readonly number[];
}

/** The format of an activation matrix in memory: dense rows at the network's ends; between layers what the chip moves best. */
export function memoryFormat(shape: NetworkShape, layer: number, { tensor }: ChipTarget): { format: 'rows' | 'groups'; stride: number } {
  const outputs = layer < 0 ? shape.layers[0].inputs : shape.layers[layer].outputs;
  if (layer === shape.layers.length - 1) return { format: 'rows', stride: outputs * (shape.result === 'int32' ? 4 : 1) };
  if (layer < 0) return { format: 'rows', stride: outputs };
  // Only where tn.rq fills every lane are its groups those of a dense tensor.
  return tensor.columns % tensor.rows === 0
    ? { format: 'groups', stride: tensor.rows }
    : { format: 'rows', stride: alignUp(outputs, tensor.busBytes) };
}

export function trafficOf(shape: NetworkShape, layer: number, chip: ChipTarget): LayerTraffic {
  const isInt32 = shape.result === 'int32' && layer === shape.layers.length - 1;
  return {
    lanes: chip.tensor.rows,
    inputStride: memoryFormat(shape, layer - 1, chip).stride,
    outputStride: memoryFormat(shape, layer, chip).stride,
    outputBytes: isInt32 ? 4 : 1,
  };
}

interface Choice {
  readonly rows: number;
  readonly input: 'kept' | 'streamed';
  readonly output: 'held' | 'ring' | 'accumulators';
  /** Which layers of the range keep their weights in the scratchpad. */
  readonly resident: readonly boolean[];
  /** Regions begin at multiples of this. */
  readonly unit: number;
}

/** The cheapest plans, one of each price: those of equal price hardly differ. `ranks`: how many tilings of the first layer are tried. */
function planRange(task: Task, first: number, end: number, ranks: number): readonly RangePlan[] {
  const { shape, chip } = task;
  const { tensor } = chip;
  const isInt32 = shape.result === 'int32' && end === shape.layers.length;
  const count = end - first;
  const plans = new Map<number, RangePlan>();
  const tryChoices = (unit: number): void => {
    for (const rows of chunkRows(shape.rows, Math.min(COUNT_LIMIT, tensor.accumulatorRows))) {
      for (const input of ['kept', 'streamed'] as const) {
        for (const output of isInt32 ? ['accumulators'] as const : ['held', 'ring'] as const) {
          for (const resident of residencies(shape, first, end, chip, rows < shape.rows)) {
            planChoice(task, first, count, { rows, input, output, resident, unit }, ranks, plans);
          }
        }
      }
    }
  };
  tryChoices(placementUnit(tensor));
  if (plans.size === 0) tryChoices(1);
  return varied([...plans.values()].sort((a, b) => a.cycles - b.cycles)).slice(0, PLANS_TOLD);
}

/** The cheapest first, then the cheapest for each number of tiles in a block, in which prices err together; then the others. */
function varied(plans: readonly RangePlan[]): readonly RangePlan[] {
  const blocks = ({ layers }: RangePlan): string => layers.map(({ blocks: { tilesPerBlock } }) => tilesPerBlock).join();
  const first = new Map([...plans].reverse().map((plan) => [blocks(plan), plan]));
  const isFirst = (plan: RangePlan): boolean => first.get(blocks(plan)) === plan;
  return [...plans.filter(isFirst), ...plans.filter((plan) => !isFirst(plan))];
}

/** Chunk sizes worth trying: the batch in 1, 2, 3, … equal parts, in ever larger steps. */
function chunkRows(batch: number, limit: number): readonly number[] {
  const sizes = new Set<number>();
  for (let parts = Math.ceil(batch / limit); parts < batch; parts = Math.ceil(parts * 1.3)) sizes.add(Math.ceil(batch / parts));
  return [...sizes, 1];
}

/** No weights resident; as many layers as leave half of the scratchpad free, small ones first; all. */
function residencies(
  shape: NetworkShape, first: number, end: number, { tensor }: ChipTarget, hasChunks: boolean,
): readonly (readonly boolean[])[] {
  const none = shape.layers.slice(first, end).map(() => false);
  if (!hasChunks) return [none];
  const sizes = shape.layers.slice(first, end).map(({ outputs }, index) =>
    inputGroups(shape, first + index, first, tensor.rows, tensor.columns).length * outputs);
  const pick = (limit: number): readonly boolean[] => {
    let used = 0;
    const picked = [...none];
    for (const index of sizes.map((_, i) => i).sort((a, b) => sizes[a] - sizes[b] || a - b)) {
      if (used + sizes[index] > limit) break;
      used += sizes[index];
      picked[index] = true;
    }
    return picked;
  };
  const options = [none, pick(tensor.scratchpadRows / 2), pick(tensor.scratchpadRows)];
  return options.filter((option, index) => options.findIndex((other) => other.join() === option.join()) === index);
}

/** Input groups of a layer: dense from memory, as tn.rq leaves them from the layer before in its range. */
export function inputGroups(shape: NetworkShape, layer: number, rangeFirst: number, rows: number, columns: number): readonly Group[] {
  const { inputs } = shape.layers[layer];
  return layer === rangeFirst ? denseGroups(inputs, rows) : tileGroups(inputs, columns, rows);
}

/**
 * With one of the cheapest tilings of its first layer, and the cheapest of each other layer that fits then: adds to `plans`, by their
 * prices, those whose price there is not yet.
 */
function planChoice(task: Task, first: number, count: number, choice: Choice, ranks: number, plans: Map<number, RangePlan>): void {
  const { shape, chip: { tensor } } = task;
  const chunks = Math.floor(shape.rows / choice.rows);
  const remainder = shape.rows - chunks * choice.rows;
  const groups = Array.from({ length: count }, (_, index) => (index === 0 ? task.denseGroups : task.tileGroups)[first + index]);
  const residentSizes = groups.map((size, index) => (choice.resident[index] ? size * shape.layers[first + index].outputs : 0));
  const residentRows = residentSizes.reduce((sum, size) => sum + size, 0);
  const grown = (demand: ScratchpadDemand, index: number, inputRows: number, outputRows: number, streamRows: number): ScratchpadDemand => {
    const [even, odd] = index % 2 === 0 ? [inputRows, outputRows] : [outputRows, inputRows];
    return {
      evenRows: Math.max(demand.evenRows, even), oddRows: Math.max(demand.oddRows, odd),
      residentRows: demand.residentRows, streamRows: Math.max(demand.streamRows, streamRows),
    };
  };
  const fits = (wanted: ScratchpadDemand): boolean => demandRows(wanted, choice.unit) <= tensor.scratchpadRows;
  // What lies between the layers is the same whatever is chosen below.
  let between: ScratchpadDemand = { evenRows: 0, oddRows: 0, residentRows, streamRows: 0 };
  for (let index = 0; index + 1 < count; index += 1) between = grown(between, index, 0, groups[index + 1] * choice.rows, 0);
  if (!fits(between)) return;

  const candidates = Array.from({ length: count }, (_, index) => candidatesOf(
    task, first + index, groups[index], index === 0 ? choice.input : 'scratchpad', index === count - 1 ? choice.output : 'scratchpad',
    choice.resident[index], choice,
  ));
  const grownBy = (demand: ScratchpadDemand, index: number, { tiling, streamRows }: Candidate): ScratchpadDemand =>
    grown(demand, index, tiling.inputRows, tiling.outputRows, streamRows);
  // The ends have the most to choose.
  const order = [...new Set([0, count - 1, ...Array.from({ length: count }, (_, index) => index)])];
  const channels = placeChannels(tensor, shape.layers.slice(first, first + count).map(({ outputs }) => outputs));
  const tryWith = (firstLayer: Candidate): void => {
    let demand = between;
    const winners: Candidate[] = [];
    for (const index of order) {
      const winner = index === 0 ? firstLayer : candidates[index].find((candidate) => fits(grownBy(demand, index, candidate)));
      if (winner === undefined) return;
      demand = grownBy(demand, index, winner);
      winners[index] = winner;
    }
    const cycles = winners.reduce((sum, { cost }) => sum + cost.cycles, 0);
    if (plans.has(cycles)) return;
    const layers = winners.map(({ tiling, cost }, index): LayerPlan => ({
      ...tiling, shape: shape.layers[first + index], traffic: trafficOf(shape, first + index, task.chip),
      residentStart: residentSizes.slice(0, index).reduce((sum, size) => sum + size, 0), cost,
    }));
    plans.set(cycles, {
      first, layers, rows: choice.rows, chunks, remainder, places: placeScratchpad(tensor, demand, choice.unit), channels,
      recordsTogether: false, cycles,
    });
  };
  let tried = 0;
  for (const candidate of candidates[0]) {
    if (!fits(grownBy(between, 0, candidate))) continue;
    tryWith(candidate);
    tried += 1;
    if (tried === ranks) return;
  }
}

/** The tilings of one layer with their prices for the whole batch, cheapest first. */
function candidatesOf(
  task: Task, index: number, groups: number, input: LayerTiling['input'], output: LayerTiling['output'], isResident: boolean,
  choice: Choice,
): readonly Candidate[] {
  const key = [index, groups, input, output, isResident, choice.rows, choice.unit].join();
  const known = task.candidates.get(key);
  if (known !== undefined) return known;
  const { shape, chip, timing } = task;
  const layer = shape.layers[index];
  const traffic = trafficOf(shape, index, chip);
  const chunks = Math.floor(shape.rows / choice.rows);
  const remainder = shape.rows - chunks * choice.rows;
  const once = isResident ? groups * layer.outputs * chip.tensor.rows : 0;
  const all: Candidate[] = [];
  for (const tiling of tilings(layer, groups, input, output, isResident, choice, chip)) {
    const streamRows = tiling.buffers * tiling.slotRows;
    if (tiling.inputRows + tiling.outputRows + streamRows > chip.tensor.scratchpadRows) continue;
    const main = layerCost(timing, tiling, traffic, choice.rows);
    const rest = remainder === 0 ? NOTHING : layerCost(timing, tiling, traffic, remainder);
    const cost = {
      cycles: chunks * main.cycles + rest.cycles + once / timing.busBytes,
      loadBytes: chunks * main.loadBytes + rest.loadBytes + once,
      storeBytes: chunks * main.storeBytes + rest.storeBytes,
    };
    all.push({ tiling, cost, streamRows });
  }
  all.sort((a, b) => a.cost.cycles - b.cost.cycles);
  task.candidates.set(key, all);
  return all;
}

const NOTHING: Cost = { cycles: 0, loadBytes: 0, storeBytes: 0 };

/** Every tiling of one layer that the accumulators and the instruction fields allow. */
function* tilings(
  layer: LayerShape, groups: number, input: LayerTiling['input'], output: LayerTiling['output'], isResident: boolean,
  choice: Choice, { tensor }: ChipTarget,
): Generator<LayerTiling> {
  const { rows, unit } = choice;
  const tiles = Math.ceil(layer.outputs / tensor.columns);
  for (const tilesPerBlock of TILES_PER_BLOCK) {
    if (tilesPerBlock > tiles || tilesPerBlock * rows > tensor.accumulatorRows) break;
    const blocks = blocksOf(layer.outputs, tensor.columns, tilesPerBlock);
    const blockColumns = Math.min(tilesPerBlock * tensor.columns, layer.outputs);
    if (output !== 'accumulators' && blockColumns > tensor.channels) break;
    const half = accumulatorSlot(tensor, tilesPerBlock * rows);
    const blockOutputRows = tilesPerBlock * groupsPerTile(Math.min(tensor.columns, layer.outputs), tensor.rows) * rows;
    const outputSlotRows = output === 'ring' ? alignUp(blockOutputRows, unit) : blockOutputRows;
    const steps = new Set([...GROUPS_PER_STEP.filter((size) => size < groups), ...(groups <= TILES_PER_STEP_LIMIT ? [groups] : [])]);
    for (const groupsPerStep of steps) {
      if (groupsPerStep > 1 && groupsPerStep * tilesPerBlock > TILES_PER_STEP_LIMIT) break;
      const count = Math.ceil(groups / groupsPerStep);
      const inputStepRows = input === 'scratchpad' ? groupsPerStep * rows : alignUp(groupsPerStep * rows, unit);
      const weights = isResident ? 0 : groupsPerStep * blockColumns;
      const outputRowsOf = (buffers: number): number =>
        output === 'ring' ? buffers * outputSlotRows : output === 'held' ? outputSlotRows * blocks.count : 0;
      for (const buffers of [2, 1] as const) {
        for (const outputBuffers of output === 'ring' && blocks.count > 1 ? [2, 1] as const : [1] as const) {
          for (const sharesSlots of input === 'streamed' && !isResident ? [false, true] : [false]) {
            const slotRows = alignUp(weights + (sharesSlots ? groupsPerStep * rows : 0), unit);
            const inputRows = input === 'kept' ? count * inputStepRows : input === 'streamed' && !sharesSlots ? buffers * inputStepRows : 0;
            const outputRows = outputRowsOf(outputBuffers);
            const bankRows = tensor.scratchpadRows / tensor.scratchpadBanks;
            const fitsBanks = inputRows + outputRows + alignUp(buffers * slotRows, bankRows) <= tensor.scratchpadRows;
            yield {
              groups, groupsPerStep, steps: count, firstGroups: groups - (count - 1) * groupsPerStep, blocks,
              input, weights: isResident ? 'resident' : 'streamed', buffers, output, outputBuffers,
              accumulatorBuffers: half === undefined || blocks.count === 1 || tensor.overlap === 'serial' ? 1 : 2,
              inputRows, inputStepRows, sharesSlots, slotRows, outputRows, outputSlotRows,
              accumulatorSlotRows: half ?? 0, isAligned: unit > 1 || scratchpadBlock(tensor) === 1,
              sharesBank: sharesSlots || isResident || tensor.scratchpadBanks === 1 || !fitsBanks,
            };
          }
        }
      }
    }
  }
}

/** @throws UserError where not even one row and one tile at a time fit */
function requireFit(shape: NetworkShape, layer: LayerShape, chip: ChipTarget): void {
  const { scratchpadRows, need } = leastRows(layer, chip);
  const columns = Math.min(chip.tensor.columns, layer.outputs);
  if (need > scratchpadRows) throw misfit(shape, layer, chip);
  if (columns > chip.tensor.channels) {
    const place = `network ${shape.name}: layer ${layer.name}`;
    const { channels } = chip.tensor;
    throw new UserError(`${place}: needs ${columns} channel records at once and the chip has ${channels}; raise tensor.channels`);
  }
}

/** Rows for one activation group, one weight tile and one result. */
function leastRows(layer: LayerShape, { tensor }: ChipTarget): { scratchpadRows: number; need: number } {
  const columns = Math.min(tensor.columns, layer.outputs);
  return { scratchpadRows: tensor.scratchpadRows, need: 1 + columns + groupsPerTile(columns, tensor.rows) };
}

function misfit(shape: NetworkShape, layer: LayerShape, chip: ChipTarget): UserError {
  const { scratchpadRows, need } = leastRows(layer, chip);
  const bytes = (rows: number): string => `${rows} rows (${rows * chip.tensor.rows} bytes)`;
  return new UserError(
    `network ${shape.name}: layer ${layer.name}: needs at least ${bytes(need)} of scratchpad and the chip has ${bytes(scratchpadRows)}; `
    + 'raise tensor.scratchpad',
  );
}
