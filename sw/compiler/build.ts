// From a chain of layers with their numbers to an executable: plan, pack, schedule, generate, link; and the report on it.
// Must not know: where the layers come from.
import { UserError } from '../../gen/user-error.ts';
import { CHANNEL_RECORD_BYTES } from '../../hw/isa/tensor.ts';
import type { QuantisedDense } from '../quantise/quantised-graph.ts';
import { programTime } from '../../sim/timing/program-timing.ts';
import type { ProgramTime } from '../../sim/timing/program-timing.ts';
import { fetchOf, memoryLatencyOf, memoryOutstandingOf } from './chip-target.ts';
import type { ChipTarget } from './chip-target.ts';
import { generate } from './codegen.ts';
import { buildImage, startTimer } from './image.ts';
import type { DataBlock, Image } from './image.ts';
import { denseGroups, groupTensor, packRecords, packWeights, packedBytes, rowTensor } from './layout.ts';
import type { MemoryTensor } from './layout.ts';
import { countCommands } from './program.ts';
import type { Scope } from './program.ts';
import type { LineOrder } from './straight-line.ts';
import { FIRST_ORDER, linePlan, otherOrders } from './straight-line.ts';
import { scheduleRange } from './schedule.ts';
import { inputGroups, memoryFormat, planNetwork } from './tiling.ts';
import type { LayerPlan, NetworkShape, RangePlan } from './tiling.ts';

/** The numbers of one layer. */
export type LayerData = Pick<
  QuantisedDense, 'name' | 'inputs' | 'outputs' | 'weights' | 'bias' | 'multiplier' | 'shift' | 'outputZeroPoint' | 'clampMin' | 'clampMax'
>;

export interface ChainInput {
  readonly name: string;
  /** Rows of every activation matrix, and of how many items they are. */
  readonly rows: number;
  readonly batch: number;
  readonly layers: readonly LayerData[];
  readonly result: 'int8' | 'int32';
  /** Time from the first tensor instruction on, with its operands ready: only for a program without loops around its layer. */
  readonly timesFirstCommand?: boolean;
}

export interface LayerReport {
  readonly name: string;
  readonly macs: number;
  /** Weight tiles of the mesh. */
  readonly tiles: number;
  /** Bytes to and from main memory. */
  readonly bytes: number;
  readonly estimatedCycles: number;
  /** What stays and what streams, in words. */
  readonly residency: string;
  /** Rows of the batch that are computed at a time. */
  readonly rowsPerChunk: number;
  readonly tilesPerBlock: number;
  readonly groupsPerStep: number;
}

export interface CompileReport {
  readonly layers: readonly LayerReport[];
  /** Bytes of RAM that the program takes, data and buffers included. */
  readonly bytes: number;
  readonly codeBytes: number;
  readonly macs: number;
  readonly estimatedCycles: number;
  /** Tensor instructions that a run executes. */
  readonly commands: number;
}

export interface CompiledProgram {
  readonly elf: Uint8Array;
  readonly report: CompileReport;
  readonly symbols: ReadonlyMap<string, number>;
  readonly batch: number;
  /** Bytes of the symbols `input` and `output`. */
  readonly inputBytes: number;
  readonly outputBytes: number;
}

/** Alignment of everything that the chip moves in bursts. */
const DATA_ALIGN = 64;

/** @throws UserError where the chip's memories or its RAM are too small */
export function buildProgram(input: ChainInput, chip: ChipTarget): CompiledProgram {
  const shape: NetworkShape = {
    name: input.name, rows: input.rows, result: input.result,
    layers: input.layers.map(({ name, inputs, outputs }) => ({ name, inputs, outputs })),
  };
  const { ranges, made: { image, scopes, tensors }, cycles } = cheapest(planNetwork(shape, chip), input, shape, chip);
  if (image.ramBytes > chip.ramBytes) {
    throw new UserError(
      `network ${input.name}: program and data for a batch of ${input.batch} take ${image.ramBytes} bytes `
      + `and the chip has ${chip.ramBytes} of RAM; make the batch smaller or raise simulation.ram`,
    );
  }
  const layers = ranges.flatMap((range) => range.layers.map((layer) => reportLayer(shape, range, layer)));
  return {
    elf: image.elf, symbols: image.symbols, batch: input.batch,
    inputBytes: tensors[0].bytes, outputBytes: tensors[tensors.length - 1].bytes,
    report: {
      layers, bytes: image.ramBytes, codeBytes: image.codeBytes,
      macs: layers.reduce((sum, { macs }) => sum + macs, 0),
      estimatedCycles: cycles,
      commands: countCommands(scopes),
    },
  };
}

/** A program of some plans. */
interface Made {
  readonly image: Image;
  readonly scopes: readonly Scope[];
  readonly tensors: readonly MemoryTensor[];
}

/** `isTrial`: with zeros for all numbers, which take no time. */
function make(ranges: readonly RangePlan[], input: ChainInput, shape: NetworkShape, chip: ChipTarget, isTrial: boolean): Made {
  const tensors = memoryTensors(shape, ranges, chip);
  const data: DataBlock[] = [];
  const scopes: Scope[] = ranges.map((range, index) => {
    const weights = range.layers.map((layer, offset) =>
      packLayer(shape, range, range.first + offset, layer, input.layers, chip, data, isTrial));
    const ends = { source: tensors[index], sink: tensors[index + 1], weights, records: weights.map(recordsOf) };
    return scheduleRange(chip.tensor, range, ends);
  });
  for (const tensor of tensors) data.push({ symbol: tensor.symbol, section: '.bss', align: DATA_ALIGN, content: tensor.bytes });
  const timerInLines = input.timesFirstCommand === true && !scopes[0].body.some(({ kind }) => kind === 'loop');
  const countsCycles = chip.countsCycles ?? true;
  const first = firstLeaf(scopes[0]);
  const lines = generate(scopes, timerInLines ? { afterSetup: (scope) => (scope === first ? startTimer(countsCycles) : []) } : {});
  const image = buildImage({ tensor: chip.tensor, lines, data, words: { batch: input.batch }, timerInLines, countsCycles });
  return { image, scopes, tensors };
}

/**
 * The program that takes the fewest cycles by the cycle model of the unit. Where it says nothing, the price of the cheapest plans is the
 * estimate: of a serial unit, where all that counts is how much is to be done, and of long programs whose loops never become regular.
 */
function cheapest(
  plans: readonly (readonly RangePlan[])[], input: ChainInput, shape: NetworkShape, chip: ChipTarget,
): { ranges: readonly RangePlan[]; made: Made; cycles: number } {
  const first = plans.map(([plan]) => plan);
  const priced = { ranges: first, cycles: Math.round(first.reduce((sum, range) => sum + range.cycles, 0)) };
  const known = new Map<string, { readonly time: ProgramTime; readonly most: number }>();
  const { tensor } = chip;
  const timeOf = (ranges: readonly RangePlan[], most: number, mostFollowed: number): ProgramTime => {
    const { image: { timed } } = make(ranges, input, shape, chip, true);
    // Several plans come to one program: where there is one block, its records come all at once anyway.
    const code = timed.code.words.join();
    const same = known.get(code);
    if (same && same.time.followed < mostFollowed && (same.most === most || (same.time.cycles ?? Infinity) <= most)) return same.time;
    const memory = { memoryLatencyCycles: memoryLatencyOf(chip), memoryOutstanding: memoryOutstandingOf(chip) };
    const time = programTime({ tensor, fetch: fetchOf(chip), ...memory, most, mostFollowed, ...timed });
    if (time.followed < mostFollowed) known.set(code, { time, most });
    return time;
  };
  const lines = plans.map(([{ first, layers }]) => (layers.length === 1 ? linePlan(shape, first, chip) : undefined));
  const { ranges, cycles } = (chip.tensor.overlap === 'serial' ? undefined : fewestCycles(plans, lines, otherOrders(tensor), timeOf)) ?? priced;
  return { ranges, made: make(ranges, input, shape, chip, false), cycles };
}

/** Plans that are tried with all channel records loaded together, beside the best without. */
const TOGETHER_TRIED = 8;
/** Cycles that the model may follow for the cheapest plans, and for all others together: some seconds. */
const MOST_FOLLOWED = { first: 3_000_000, others: 1_000_000 } as const;

/**
 * Begins with the cheapest plans by price, and tries for each range in turn whether another does better, as long as there are cycles left
 * to follow. undefined: there are not enough for the first.
 */
function fewestCycles(
  plans: readonly (readonly RangePlan[])[], lines: readonly (RangePlan | undefined)[], orders: readonly Partial<LineOrder>[],
  timeOf: (ranges: readonly RangePlan[], most: number, mostFollowed: number) => ProgramTime,
): { ranges: readonly RangePlan[]; cycles: number } | undefined {
  const start = plans.map(([plan]) => plan);
  const { cycles } = timeOf(start, Infinity, MOST_FOLLOWED.first);
  if (cycles === undefined) return undefined;
  let best = { ranges: start, cycles };
  let left: number = MOST_FOLLOWED.others;
  const tryAt = (index: number, other: RangePlan): void => {
    if (left <= 0) return;
    const ranges = best.ranges.map((plan, i) => (i === index ? other : plan));
    const tried = timeOf(ranges, best.cycles, left);
    left -= tried.followed;
    if (tried.cycles !== undefined && tried.cycles < best.cycles) best = { ranges, cycles: tried.cycles };
  };
  /** From order to order, each with one more choice changed, if that is for the better. */
  const tryLine = (index: number, line: RangePlan): void => {
    const rangesIn = (order: LineOrder): RangePlan[] => best.ranges.map((plan, i) => (i === index ? { ...line, line: order } : plan));
    const timeIn = (order: LineOrder): number => {
      if (left <= 0) return Infinity;
      const tried = timeOf(rangesIn(order), Infinity, left);
      left -= tried.followed;
      return tried.cycles ?? Infinity;
    };
    let order = FIRST_ORDER;
    let fewest = timeIn(order);
    for (const change of orders) {
      const other = { ...order, ...change };
      const cycles = timeIn(other);
      if (cycles < fewest) [order, fewest] = [other, cycles];
    }
    if (fewest < best.cycles) best = { ranges: rangesIn(order), cycles: fewest };
  };
  for (const [index, [, ...others]] of plans.entries()) {
    for (const other of others) tryAt(index, other);
    for (const plan of [best.ranges[index], ...plans[index].slice(0, TOGETHER_TRIED)]) tryAt(index, { ...plan, recordsTogether: true });
    const line = lines[index];
    if (line) tryLine(index, line);
  }
  return best;
}

/** Input, what lies between the ranges, output. */
function memoryTensors(shape: NetworkShape, ranges: readonly RangePlan[], chip: ChipTarget): readonly MemoryTensor[] {
  const lanes = chip.tensor.rows;
  const ends = [-1, ...ranges.map(({ first, layers }) => first + layers.length - 1)];
  return ends.map((layer, index) => {
    const features = layer < 0 ? shape.layers[0].inputs : shape.layers[layer].outputs;
    const symbol = index === 0 ? 'input' : index === ends.length - 1 ? 'output' : `between${index}`;
    const { format, stride } = memoryFormat(shape, layer, chip);
    const groups = denseGroups(features, lanes);
    if (format === 'groups') return groupTensor(symbol, shape.rows, lanes, groups);
    const rowBytes = index === ends.length - 1 ? stride : features;
    return rowTensor(symbol, shape.rows, rowBytes, stride, groups);
  });
}

const recordsOf = (weights: string): string => weights.replace(/^weights/, 'records');

/** Adds a layer's constant data; returns the symbol of its weights. */
function packLayer(
  shape: NetworkShape, range: RangePlan, layer: number, plan: LayerPlan, all: readonly LayerData[], chip: ChipTarget, data: DataBlock[],
  isTrial: boolean,
): string {
  const symbol = `weights${layer}`;
  const groups = inputGroups(shape, layer, range.first, chip.tensor.rows, chip.tensor.columns);
  // The prefetch for a narrow last block takes as much as a whole one: what it takes too much must exist.
  const spare = plan.blocks.count > 3 ? plan.groupsPerStep * plan.blocks.tilesPerBlock * plan.blocks.columns * chip.tensor.rows : 0;
  const bytes = packedBytes(all[layer], groups, chip.tensor.rows) + spare;
  const contents = (): Uint8Array => {
    const padded = new Uint8Array(bytes);
    padded.set(new Uint8Array(packWeights(all[layer], groups, plan.blocks, chip.tensor.rows, range.line?.isTight).buffer));
    return padded;
  };
  data.push({ symbol, section: '.rodata', align: DATA_ALIGN, content: isTrial ? bytes : contents() });
  if (plan.output !== 'accumulators') {
    const content = isTrial ? all[layer].outputs * CHANNEL_RECORD_BYTES : packRecords(all[layer]);
    data.push({ symbol: recordsOf(symbol), section: '.rodata', align: CHANNEL_RECORD_BYTES, content });
  }
  return symbol;
}

/** The scope whose commands come first. */
function firstLeaf(scope: Scope): Scope {
  const inner = scope.body.find((node): node is Scope => node.kind === 'scope');
  return inner === undefined ? scope : firstLeaf(inner);
}

const INPUTS = { scratchpad: 'input from the scratchpad', kept: 'input loaded once', streamed: 'input streamed' } as const;
const OUTPUTS = {
  scratchpad: 'output stays', held: 'output stored at the end', ring: 'output stored as it comes', accumulators: 'sums stored as they come',
} as const;

function reportLayer(shape: NetworkShape, range: RangePlan, plan: LayerPlan): LayerReport {
  const { shape: layer, cost, groups, blocks } = plan;
  return {
    name: layer.name,
    macs: shape.rows * layer.inputs * layer.outputs,
    tiles: groups * blocks.tiles,
    bytes: Math.round(cost.loadBytes + cost.storeBytes),
    estimatedCycles: Math.round(cost.cycles),
    residency: `${INPUTS[plan.input]}, weights ${plan.weights}, ${OUTPUTS[plan.output]}`,
    rowsPerChunk: range.rows,
    tilesPerBlock: blocks.tilesPerBlock,
    groupsPerStep: plan.groupsPerStep,
  };
}
