// A layer small enough to be written down command by command: all its operands and results fit the chip at once, so that every load can
// come before the first store, and what is needed first comes first. In which order is best the cycle model says.
// Must not know: registers, RISC-V, how plans with loops are made.
import { packFields } from '../../hw/isa/instruction.ts';
import { MOST_GROUPS, TENSOR } from '../../hw/isa/tensor.ts';
import type { TensorParams } from '../../hw/tensor/params.ts';
import { demandRows, placeChannels, placeScratchpad, placementUnit } from './allocate.ts';
import { timingOf } from './chip-target.ts';
import type { ChipTarget } from './chip-target.ts';
import { layerCost } from './cost.ts';
import type { LayerTiling } from './cost.ts';
import { blocksOf, groupOffset, groupsPerTile, tileColumns, tileParts } from './layout.ts';
import type { Group, MemoryTensor } from './layout.ts';
import { at, command, cursor, fixed, scope } from './program.ts';
import type { Command, Cursor, Moving, Scope } from './program.ts';
import { COUNT_LIMIT, inputGroups, trafficOf } from './tiling.ts';
import type { NetworkShape, RangePlan } from './tiling.ts';

/** In which order a layer's commands come, as far as that is a choice. */
export interface LineOrder {
  /** The tile of columns that is computed first; the others follow in order. The last one may be narrower, and its weights come sooner. */
  readonly firstTile: 'first' | 'last';
  /** How the weights of the first tile are loaded: group by group as they are needed, the first group and then the rest, or at once. */
  readonly firstWeights: 'groups' | 'rest' | 'together';
  /** Whether those of the other tiles are one load. */
  readonly joinsTiles: boolean;
  /** Where the channel records come: behind what the first tile needs, before the last load, or last. */
  readonly records: 'early' | 'beforeLast' | 'last';
  /** Loads that are given before the product that needs them is, beyond its own. */
  readonly ahead: number;
  /**
   * Registers for words of operands. Of each kind of word one moves from command to command; what is left holds words of single commands,
   * before which no addition stands then.
   */
  readonly words: number;
  /** Activations of all groups come with one load, of a unit that scatters. */
  readonly scatters: boolean;
  /** Weights of the last group are packed without the lanes that it lacks: a unit that scatters takes several such rows of a beat. */
  readonly isTight: boolean;
}

export const FIRST_ORDER: LineOrder =
  { firstTile: 'first', firstWeights: 'rest', joinsTiles: false, records: 'early', ahead: 1, words: 12, scatters: false, isTight: false };
/** What may be tried beside it. */
const OTHER_ORDERS: readonly Partial<LineOrder>[] = [
  { firstTile: 'last' }, { records: 'beforeLast' }, { records: 'last' }, { firstWeights: 'together' }, { firstWeights: 'groups' },
  { joinsTiles: true }, { scatters: true }, { isTight: true }, { scatters: true, isTight: true }, { ahead: 0 }, { ahead: 2 }, { ahead: 3 }, { words: 18 }, { words: 24 }, { records: 'early' }, { firstTile: 'last' },
];

/** Products in such a program: with more of them a loop fetches fewer words. */
const MOST_PRODUCTS = 32;

/** The plan of one layer of a network as a straight line; undefined: the chip has no room for it, or it is too long. */
export function linePlan(shape: NetworkShape, index: number, chip: ChipTarget): RangePlan | undefined {
  const { tensor } = chip;
  const { rows } = shape;
  const layer = shape.layers[index];
  const groups = inputGroups(shape, index, index, tensor.rows, tensor.columns).length;
  const blocks = blocksOf(layer.outputs, tensor.columns, 1);
  if (tensor.overlap === 'serial' || groups * blocks.count > MOST_PRODUCTS) return undefined;
  if (rows > Math.min(COUNT_LIMIT, tensor.accumulatorRows)) return undefined;
  if (layer.outputs > tensor.channels) return undefined;
  const isInt32 = shape.result === 'int32' && index === shape.layers.length - 1;
  const unit = placementUnit(tensor);
  const outputRows = isInt32 ? 0 : blocks.tiles * groupsPerTile(Math.min(tensor.columns, layer.outputs), tensor.rows) * rows;
  const inputRows = groups * groupDistance(tensor, rows);
  const demand = { evenRows: inputRows, oddRows: outputRows, residentRows: groups * layer.outputs, streamRows: 0 };
  if (demandRows(demand, unit) > tensor.scratchpadRows) return undefined;
  const traffic = trafficOf(shape, index, chip);
  const tiling: LayerTiling = {
    groups, groupsPerStep: groups, steps: 1, firstGroups: groups, blocks, input: 'kept', weights: 'resident', buffers: 1,
    output: isInt32 ? 'accumulators' : 'held', outputBuffers: 1, accumulatorBuffers: 1, inputRows, inputStepRows: inputRows,
    sharesSlots: false, slotRows: 0, outputRows, outputSlotRows: outputRows, accumulatorSlotRows: 0, sharesBank: false, isAligned: true,
  };
  const price = layerCost(timingOf(chip), tiling, traffic, rows);
  const cost = { ...price, loadBytes: price.loadBytes + groups * layer.outputs * tensor.rows };
  return {
    first: index, layers: [{ ...tiling, shape: layer, traffic, residentStart: 0, cost }], rows, chunks: 1, remainder: 0,
    places: placeScratchpad(tensor, demand, unit), channels: placeChannels(tensor, [layer.outputs]), recordsTogether: true,
    cycles: cost.cycles, line: FIRST_ORDER,
  };
}

/**
 * Scratchpad rows from one group of activations to the next: of a unit that scatters an odd number, so that pieces of a row, and of the
 * next, lie in different memories.
 */
const groupDistance = ({ scatter }: TensorParams, rows: number): number => (scatter && rows % 2 === 0 ? rows + 1 : rows);

/** What is tried on a chip, one choice after the other. */
export const otherOrders = ({ scatter }: TensorParams): readonly Partial<LineOrder>[] =>
  OTHER_ORDERS.filter(({ scatters, isTight }) => scatter || (scatters !== true && isTight !== true));

/** What the layer reads and writes in main memory. */
interface LineEnds {
  readonly source: MemoryTensor;
  readonly sink: MemoryTensor;
  readonly weights: readonly string[];
  readonly records: readonly string[];
}

/** The program of a plan with an order of its own. */
export function scheduleLine(p: TensorParams, plan: RangePlan, order: LineOrder, ends: LineEnds): Scope {
  return new LineScheduler(p, plan, order, ends).scope();
}

type Load = readonly Command[];
const WORD_NAMES = [
  'weights.address', 'weights.rows', 'source', 'input.rows', 'records.address', 'records.rows', 'mesh.sources', 'mesh.sums', 'vector.sums',
  'vector.target', 'sink', 'store.rows',
] as const;
type WordName = (typeof WORD_NAMES)[number];

class LineScheduler {
  private readonly layer: RangePlan['layers'][number];
  private readonly rows: number;
  private readonly tiles: readonly number[];
  private readonly cursors = new Map<WordName, Cursor>();
  private readonly symbols: Readonly<Partial<Record<WordName, string>>>;
  private readonly starts = new Map<Cursor, number>();
  /** Accumulators for so many tiles; of the next one the sums come in place of the first one's. */
  private readonly slots: number;

  constructor(
    private readonly p: TensorParams, private readonly plan: RangePlan, private readonly order: LineOrder, private readonly ends: LineEnds,
  ) {
    [this.layer] = plan.layers;
    this.rows = plan.rows;
    this.symbols = {
      'weights.address': ends.weights[0], source: ends.source.symbol, 'records.address': ends.records[0], sink: ends.sink.symbol,
    };
    const { count } = this.layer.blocks;
    const first = order.firstTile === 'first' ? 0 : count - 1;
    this.tiles = [first, ...Array.from({ length: count }, (_, tile) => tile).filter((tile) => tile !== first)];
    this.slots = Math.floor(p.accumulatorRows / this.rows);
  }

  scope(): Scope {
    const { groups } = this.layer;
    const { loads, behind } = this.loads();
    const nodes: Command[] = [];
    const stores: Command[] = [];
    let given = 0;
    const give = (count: number): void => {
      for (; given < Math.min(count, loads.length); given += 1) nodes.push(...loads[given]);
    };
    this.tiles.forEach((tile, place) => {
      for (let group = 0; group < groups; group += 1) {
        give(behind.product(place, group) + 1 + this.order.ahead);
        nodes.push(this.product(tile, place, group));
      }
      const isInt8 = this.layer.output !== 'accumulators';
      if (isInt8) {
        give(behind.records + 1);
        nodes.push(this.requantisation(tile, place));
      }
      stores.push(...(isInt8 ? this.stores(tile) : this.sumStores(tile, place)));
      // A load that comes behind a store waits for it.
      if (given === loads.length || place + 1 === this.tiles.length || (place + 1) % this.slots === 0) nodes.push(...stores.splice(0));
    });
    return scope(`layer ${this.layer.shape.name}`, nodes);
  }

  // --- loads ---

  /** All loads in order; and behind which of them a product, or a requantisation, has what it needs. */
  private loads(): { loads: readonly Load[]; behind: { product: (place: number, group: number) => number; records: number } } {
    const { order, tiles, layer: { groups } } = this;
    const loads: Load[] = [];
    const needs: number[][] = tiles.map(() => Array.from({ length: groups }, () => 0));
    const add = (...some: readonly Load[]): number => loads.push(...some) - 1;
    const [first, ...others] = tiles;
    for (let group = 0; group < groups; group += 1) {
      if (group === 0) add(...this.weights(first, 0, order.firstWeights === 'together' ? groups : 1));
      else if (order.firstWeights === 'groups') add(...this.weights(first, group, 1));
      else if (order.firstWeights === 'rest' && group === 1) add(...this.weights(first, 1, groups - 1));
      if (this.stripOf(group).first === group) add(this.activations(this.stripOf(group)));
      needs[0][group] = loads.length - 1;
    }
    const isInt8 = this.layer.output !== 'accumulators';
    let records = -1;
    if (isInt8 && order.records === 'early') records = add(this.records());
    const joined = order.joinsTiles && others.length > 0 && !this.isTight ? [others] : others.map((tile) => [tile]);
    joined.forEach((some, index) => {
      if (isInt8 && order.records === 'beforeLast' && index + 1 === joined.length) records = add(this.records());
      const load = add(...this.weights(some[0], 0, groups, some.length));
      for (const tile of some) needs[tiles.indexOf(tile)].fill(load);
    });
    if (isInt8 && records < 0) records = add(this.records());
    return { loads, behind: { product: (place, group) => needs[place][group], records } };
  }

  /** Weights of `groups` groups of a tile, or of all groups of some tiles that lie one behind the other. */
  private weights(tile: number, group: number, groups: number, tiles = 1): readonly Load[] {
    const end = tiles === 1 ? this.weightStart(tile, group + groups) : this.weightStart(tile + tiles, 0);
    const load = (from: number, to: number, first: number): Command => command(
      'ld', this.word('weights.address', first), this.word('weights.rows', transfer(this.plan.places.resident + from, to - from)));
    const start = this.weightStart(tile, group);
    const isLast = this.isTight && group + groups === this.layer.groups;
    const narrow = isLast ? this.weightStart(tile, this.layer.groups - 1) : end;
    return [
      ...(narrow > start ? [[load(start, narrow, this.weightBytes(tile, group))]] : []),
      ...(isLast ? [[...run(this.lastLanes), load(narrow, end, this.weightBytes(tile, this.layer.groups - 1))]] : []),
    ];
  }

  /** Rows of weights before those of a group of a tile. */
  private weightStart(tile: number, group: number): number {
    const { blocks, groups } = this.layer;
    const { columns, outputs } = blocks;
    const before = Math.min(tile * columns, outputs);
    return before * groups + group * Math.min(columns, outputs - before);
  }

  /** Bytes of packed weights before those. */
  private weightBytes(tile: number, group: number): number {
    const missing = this.isTight ? this.p.rows - this.lastLanes : 0;
    return this.weightStart(tile, group) * this.p.rows - tile * this.layer.blocks.columns * missing;
  }

  private get lastLanes(): number {
    return this.layer.shape.inputs - (this.layer.groups - 1) * this.p.rows;
  }

  /** The last group of weights has rows of as many bytes as it has inputs. */
  private get isTight(): boolean {
    return this.order.isTight && this.lastLanes < this.p.rows;
  }

  /** The groups that one load of activations brings. */
  private stripOf(group: number): { readonly first: number; readonly groups: number } {
    if (!this.order.scatters) return { first: group, groups: 1 };
    const first = group - (group % MOST_GROUPS);
    return { first, groups: Math.min(MOST_GROUPS, this.layer.groups - first) };
  }

  private activations({ first, groups }: { readonly first: number; readonly groups: number }): Load {
    const { source } = this.ends;
    const row = this.plan.places.even + first * this.groupRows;
    const rowBytes = source.groups.slice(first, first + groups).reduce((sum, { lanes }) => sum + lanes, 0);
    const groupRows = groups > 1 ? this.groupRows : 0;
    const isScattered = groups > 1 && source.format === 'rows';
    return [
      ...(isScattered ? [command('arg', fixed(source.rowBytes), fixed(packFields(TENSOR.arg.rs2, { rowBytes, groupRows })))]
        : prefix(source, source.groups[first], this.p.rows)),
      command('ld', this.word('source', groupOffset(source, first)), this.word('input.rows', transfer(row, this.rows))),
    ];
  }

  private get groupRows(): number {
    return this.order.scatters ? groupDistance(this.p, this.rows) : this.rows;
  }

  private records(): Load {
    const [channel] = this.plan.channels.bases;
    const rows = packFields(TENSOR.ldp.rs2, { channel, count: this.layer.shape.outputs });
    return [command('ldp', this.word('records.address', 0), this.word('records.rows', rows))];
  }

  // --- products and results ---

  private product(tile: number, place: number, group: number): Command {
    const { rows, plan: { places } } = this;
    const sources = { aRow: places.even + group * this.groupRows, wRow: places.resident + this.weightStart(tile, group) };
    const sums = { accRow: this.sums(place), count: rows, columnsMinus1: this.columns(tile) - 1, accumulate: group > 0 ? 1 : 0 };
    return command('mm', this.word('mesh.sources', packFields(TENSOR.mm.rs1, sources)), this.word('mesh.sums', packFields(TENSOR.mm.rs2, sums)));
  }

  private requantisation(tile: number, place: number): Command {
    const sums = { accRow: this.sums(place), count: this.rows, columnsMinus1: this.columns(tile) - 1 };
    const target = { row: this.resultRow(tile), channel: this.plan.channels.bases[0] + tile * this.layer.blocks.columns };
    return command('rq', this.word('vector.sums', packFields(TENSOR.rq.rs1, sums)), this.word('vector.target', packFields(TENSOR.rq.rs2, target)));
  }

  private stores(tile: number): readonly Command[] {
    const { sink } = this.ends;
    return tileParts(this.layer.blocks, tile, this.p.rows).flatMap((group, part) => {
      const place = sink.format === 'rows' ? group.first : (group.first / this.p.rows) * sink.rows * sink.rowBytes;
      const row = this.resultRow(tile) + part * this.rows;
      return [...prefix(sink, group, this.p.rows), command('st', this.word('sink', place), this.word('store.rows', transfer(row, this.rows)))];
    });
  }

  private sumStores(tile: number, place: number): readonly Command[] {
    const { sink } = this.ends;
    const used = this.columns(tile);
    const isDense = used === this.p.columns && sink.rowBytes === 4 * used;
    const rows = packFields(TENSOR.sta.rs2, { accRow: this.sums(place), count: this.rows });
    return [
      ...(isDense ? [] : [command('arg', fixed(sink.rowBytes), fixed(packFields(TENSOR.arg.rs2, { rowBytes: 4 * used })))]),
      command('sta', this.word('sink', 4 * tile * this.layer.blocks.columns), this.word('store.rows', rows)),
    ];
  }

  private columns(tile: number): number {
    return tileColumns(this.layer.blocks, tile)[0];
  }

  private sums(place: number): number {
    return (place % this.slots) * this.rows;
  }

  private resultRow(tile: number): number {
    const { blocks } = this.layer;
    return this.plan.places.odd + tile * groupsPerTile(Math.min(blocks.columns, blocks.outputs), this.p.rows) * this.rows;
  }

  /** An operand: in a register of its own as long as there are such, else in that of all of its kind. */
  private word(name: WordName, offset: number): Moving {
    const known = this.cursors.get(name);
    const isFull = this.starts.size + WORD_NAMES.length - this.cursors.size >= this.order.words;
    if (known !== undefined && this.starts.get(known) !== offset && isFull) return at(known, offset);
    const same = [...this.starts].find(([of, start]) => of.name === name && start === offset);
    if (same) return at(same[0], offset);
    const made = cursor(name, this.symbols[name]);
    this.cursors.set(name, made);
    this.starts.set(made, offset);
    return at(made, offset);
  }
}

const transfer = (row: number, count: number): number => packFields(TENSOR.ld.rs2, { row, count });

/** The tn.arg of rows of so many bytes, one after the other. */
const run = (rowBytes: number): readonly Command[] => [command('arg', fixed(rowBytes), fixed(packFields(TENSOR.arg.rs2, { rowBytes })))];

/** The tn.arg of a transfer of one group; none where rows lie one after the other. */
function prefix(tensor: MemoryTensor, group: Group, lanes: number): readonly Command[] {
  if (tensor.format === 'groups' || (tensor.rowBytes === lanes && group.lanes === lanes)) return [];
  return [command('arg', fixed(tensor.rowBytes), fixed(packFields(TENSOR.arg.rs2, { rowBytes: group.lanes })))];
}
