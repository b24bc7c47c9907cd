// From a plan to a program: the loops of each range, and in them every tensor command with its operands, loads one step ahead of the
// products that need them.
// Must not know: how plans are made, registers, RISC-V.
import { packFields } from '../../hw/isa/instruction.ts';
import { CHANNEL_RECORD_BYTES, TENSOR } from '../../hw/isa/tensor.ts';
import type { TensorParams } from '../../hw/tensor/params.ts';
import { channelSlot } from './allocate.ts';
import { groupOffset, groupsPerTile, tileColumns, weightRows } from './layout.ts';
import type { Group, MemoryTensor } from './layout.ts';
import { at, command, cursor, fixed, flip, repeat, roll, scope, toggle } from './program.ts';
import type { Cursor, Node, Scope, Toggle } from './program.ts';
import { scheduleLine } from './straight-line.ts';
import type { LayerPlan, RangePlan } from './tiling.ts';

/** What a range of layers works on. */
export interface RangeEnds {
  readonly source: MemoryTensor;
  readonly sink: MemoryTensor;
  /** Symbols of the packed weights and channel records of each of its layers. */
  readonly weights: readonly string[];
  readonly records: readonly string[];
}

/** The program of one range. */
export function scheduleRange(p: TensorParams, plan: RangePlan, ends: RangeEnds): Scope {
  if (plan.line) return scheduleLine(p, plan, plan.line, ends);
  const source = cursor('source', ends.source.symbol);
  const sink = cursor('sink', ends.sink.symbol);
  const passes = plan.chunks + (plan.remainder === 0 ? 0 : 1);
  const recordsOnce = passes > 1 && plan.channels.mode === 'all';
  const layers = (rows: number, startRow: number): readonly Node[] =>
    plan.layers.map((_, index) => new LayerScheduler(p, plan, ends, index, { source, sink, rows, startRow, recordsOnce }).scope());
  const chunkStrides = new Map([[source, plan.rows * ends.source.rowBytes], [sink, plan.rows * ends.sink.rowBytes]]);
  const body = [
    ...residentLoads(p, plan, ends, recordsOnce),
    ...repeat(plan.chunks, layers(plan.rows, 0), chunkStrides),
    ...(plan.remainder === 0 ? [] : layers(plan.remainder, plan.chunks * plan.rows)),
  ];
  return scope(`layers ${plan.layers.map(({ shape }) => shape.name).join(', ')}`, body);
}

/** What is loaded once for all chunks, block by block so that the first products need not wait for all of it. */
function residentLoads(p: TensorParams, plan: RangePlan, ends: RangeEnds, recordsOnce: boolean): readonly Node[] {
  return plan.layers.flatMap((layer, index) => {
    const { blocks, groups, shape } = layer;
    const nodes: Node[] = [];
    if (layer.weights === 'resident') {
      const address = cursor('weights.address', ends.weights[index]);
      const rows = cursor('weights.rows');
      const blockStart = (block: number): number => block * blocks.tilesPerBlock * blocks.columns * groups;
      nodes.push(...roll(blocks.count, (block) => String(weightRows(blocks, block)), (block) => [command(
        'ld', at(address, blockStart(block) * p.rows),
        at(rows, transfer(plan.places.resident + layer.residentStart + blockStart(block), groups * weightRows(blocks, block))),
      )]));
    }
    if (recordsOnce && layer.output !== 'accumulators') {
      const address = cursor('records.address', ends.records[index]);
      nodes.push(command('ldp', at(address, 0), at(cursor('records.rows'), transfer(plan.channels.bases[index], shape.outputs))));
    }
    return nodes.length === 0 ? [] : [scope(`load ${shape.name}`, nodes)];
  });
}

interface Pass {
  readonly source: Cursor;
  readonly sink: Cursor;
  /** Rows of this chunk, and the first of them in the tensors in memory, not counting the chunk loop. */
  readonly rows: number;
  readonly startRow: number;
  /** The channel records are already there. */
  readonly recordsOnce: boolean;
}

const transfer = (row: number, count: number): number => packFields(TENSOR.ld.rs2, { row, count });

type CursorName =
  | 'weightAddress' | 'weightRows' | 'inputRows' | 'meshSources' | 'meshSums'
  | 'vectorSums' | 'vectorTarget' | 'storeRows' | 'recordAddress' | 'recordRows';

/** Everything that one layer does for one chunk. */
class LayerScheduler {
  private readonly layer: LayerPlan;
  private readonly inputBase: number;
  private readonly outputBase: number;
  private readonly step: Toggle = toggle('step');
  private readonly block: Toggle = toggle('block');
  private readonly loadsAhead: boolean;
  private readonly flipsSteps: boolean;
  /** First row of streamed inputs, and the distance between their two buffers. */
  private readonly inputStream: { readonly base: number; readonly distance: number };
  private readonly storesLate: boolean;
  private readonly groupsPerTile: number;
  /** Records come block by block into these buffers; undefined: they lie at the layer's own base. */
  private readonly channelSlots: { readonly distance: number } | undefined;
  private readonly cursors: Readonly<Record<CursorName, Cursor>>;

  constructor(
    private readonly p: TensorParams, private readonly plan: RangePlan, private readonly ends: RangeEnds,
    private readonly index: number, private readonly pass: Pass,
  ) {
    const layer = plan.layers[index];
    this.layer = layer;
    const { even, odd } = plan.places;
    [this.inputBase, this.outputBase] = index % 2 === 0 ? [even, odd] : [odd, even];
    this.loadsAhead = layer.buffers === 2 || (layer.slotRows === 0 && layer.input !== 'streamed');
    this.flipsSteps = layer.buffers === 2 && (layer.slotRows > 0 || layer.input === 'streamed');
    this.storesLate = layer.output === 'ring' || (layer.output === 'accumulators' && layer.accumulatorBuffers === 2);
    this.groupsPerTile = groupsPerTile(Math.min(layer.blocks.columns, layer.blocks.outputs), p.rows);
    const blockChannels = Math.min(layer.blocks.tilesPerBlock * layer.blocks.columns, layer.blocks.outputs);
    const distance = layer.blocks.count === 1 ? 0 : channelSlot(p, blockChannels) ?? 0;
    this.channelSlots = layer.shape.outputs > p.channels ? { distance } : undefined;

    const stepDelta = layer.buffers === 2 ? layer.slotRows : 0;
    const inputDelta = layer.buffers === 2 ? layer.inputStepRows : 0;
    this.inputStream = layer.sharesSlots
      ? { base: plan.places.stream, distance: stepDelta }
      : { base: this.inputBase, distance: inputDelta };
    const sumsDelta = layer.accumulatorBuffers === 2 ? layer.accumulatorSlotRows : 0;
    const outputDelta = layer.outputBuffers === 2 ? layer.outputSlotRows : 0;
    const channelDelta = this.channelSlots?.distance ?? 0;
    const weightDelta = layer.weights === 'streamed' ? stepDelta * 0x1_0000 : 0;
    const sourceDelta = (layer.input === 'streamed' ? this.inputStream.distance : 0) + weightDelta;
    const storeDelta = layer.output === 'accumulators' ? sumsDelta : outputDelta;
    this.cursors = {
      weightAddress: cursor('weights.address', ends.weights[index]),
      weightRows: cursor('weights.rows', undefined, [[this.step, stepDelta]]),
      inputRows: cursor('input.rows', undefined, [[this.step, layer.input === 'streamed' ? this.inputStream.distance : 0]]),
      meshSources: cursor('mesh.sources', undefined, [[this.step, -sourceDelta]]),
      meshSums: cursor('mesh.sums', undefined, [[this.block, sumsDelta]]),
      vectorSums: cursor('vector.sums', undefined, [[this.block, sumsDelta]]),
      vectorTarget: cursor('vector.target', undefined, [[this.block, outputDelta + channelDelta * 0x1_0000]]),
      storeRows: cursor('store.rows', undefined, [[this.block, this.storesLate ? -storeDelta : storeDelta]]),
      recordAddress: cursor('records.address', ends.records[index]),
      recordRows: cursor('records.rows', undefined, [[this.block, channelDelta]]),
    };
  }

  scope(): Scope {
    const { count } = this.layer.blocks;
    const last = count - 1;
    const body = [
      ...(this.loadsAhead ? this.loads(0, 0) : []),
      ...roll(count, (block) => (block === 0 ? 'first' : block === last ? 'last' : 'middle'), (block) => this.blockBody(block)),
      ...(this.storesLate ? this.stores(last) : []),
      ...(this.layer.output === 'held' ? this.heldStores() : []),
    ];
    return scope(`layer ${this.layer.shape.name}`, body, [this.pass.source, this.pass.sink]);
  }

  // --- steps ---

  /** The first group of a step. */
  private firstGroup(step: number): number {
    return step === 0 ? 0 : this.layer.firstGroups + (step - 1) * this.layer.groupsPerStep;
  }

  private groupsOf(step: number): number {
    return step === 0 ? this.layer.firstGroups : this.layer.groupsPerStep;
  }

  private blockBody(block: number): readonly Node[] {
    const { layer } = this;
    const isInt8 = layer.output !== 'accumulators';
    // What else moves goes between the last step's products, behind all loads of the block, which need not wait for it then: the records
    // of this block, and the results of the one before.
    const late = [
      ...(isInt8 && !this.pass.recordsOnce ? this.recordLoads(block) : []),
      ...(this.storesLate && block > 0 ? this.stores(block - 1) : []),
    ];
    const steps = roll(layer.steps, (step) => `${step === layer.steps - 1} ${this.stepKey(block, step)}`,
      (step) => this.stepBody(block, step, step === layer.steps - 1 ? late : []));
    return [
      ...steps,
      ...(isInt8 ? this.requantisations(block) : this.storesLate ? [] : this.stores(block)),
      ...(layer.blocks.count > 1 ? [flip(this.block)] : []),
    ];
  }

  /** The step whose loads are due in this step. */
  private stepToLoad(block: number, step: number): { block: number; step: number } | undefined {
    if (!this.loadsAhead) return { block, step };
    if (step + 1 < this.layer.steps) return { block, step: step + 1 };
    return block + 1 < this.layer.blocks.count ? { block: block + 1, step: 0 } : undefined;
  }

  /** Equal for steps that differ in offsets only. */
  private stepKey(block: number, step: number): string {
    const due = this.stepToLoad(block, step);
    const loads = due === undefined ? 'none' : [
      this.weightRowsOf(due.block, due.step, block),
      this.loadsInput(due.block) ? `${this.groupsOf(due.step)}/${this.lastLanes(due.step)}/${due.block === block}` : '',
    ].join();
    return `${step === 0} ${this.groupsOf(step)} ${loads}`;
  }

  private stepBody(block: number, step: number, late: readonly Node[]): readonly Node[] {
    const due = this.stepToLoad(block, step);
    const loads = due === undefined ? [] : this.loads(due.block, due.step, block);
    const products = this.products(block, step);
    if (!this.loadsAhead) return [...loads, ...interleave(late, products)];
    return [...(this.flipsSteps ? [flip(this.step)] : []), ...interleave([...loads, ...late], products)];
  }

  // --- loads ---

  private loadsInput(block: number): boolean {
    return this.layer.input === 'streamed' || (this.layer.input === 'kept' && block === 0);
  }

  /** Lanes of the last group of a step: the last group of all may be narrower. */
  private lastLanes(step: number): number {
    return this.ends.source.groups[this.firstGroup(step) + this.groupsOf(step) - 1].lanes;
  }

  /** Rows of the weights of a step. Blocks inside the loop load as much for the narrower last block as for each other. */
  private weightRowsOf(block: number, step: number, during: number): number {
    if (this.layer.weights === 'resident') return 0;
    const { blocks } = this.layer;
    const inLoop = during > 0 && during < blocks.count - 1 && blocks.count > 3;
    return this.groupsOf(step) * weightRows(blocks, inLoop ? during : block);
  }

  /** Loads for a step, emitted during block `during`. */
  private loads(block: number, step: number, during = block): readonly Node[] {
    const { layer, cursors, plan } = this;
    const { blocks } = layer;
    const nodes: Node[] = [];
    const rows = this.weightRowsOf(block, step, during);
    if (rows > 0) {
      const start = block * blocks.tilesPerBlock * blocks.columns * layer.groups + this.firstGroup(step) * weightRows(blocks, block);
      const row = plan.places.stream + this.weightOffset();
      nodes.push(command('ld', at(cursors.weightAddress, start * this.p.rows), at(cursors.weightRows, transfer(row, rows))));
    }
    if (this.loadsInput(block)) for (let index = 0; index < this.groupsOf(step); index += 1) nodes.push(...this.inputLoad(step, index));
    return nodes;
  }

  private inputLoad(step: number, index: number): readonly Node[] {
    const { source } = this.ends;
    const group = this.firstGroup(step) + index;
    const row = this.layer.input === 'kept' ? this.inputBase + step * this.layer.inputStepRows : this.inputStream.base;
    const address = this.pass.startRow * source.rowBytes + groupOffset(source, group);
    return [
      ...this.shape(source, source.groups[group]),
      command('ld', at(this.pass.source, address), at(this.cursors.inputRows, transfer(row + index * this.pass.rows, this.pass.rows))),
    ];
  }

  /** The tn.arg of a transfer of one group; none where rows lie one after the other. */
  private shape(tensor: MemoryTensor, group: Group): readonly Node[] {
    if (tensor.format === 'groups' || (tensor.rowBytes === this.p.rows && group.lanes === this.p.rows)) return [];
    return [command('arg', fixed(tensor.rowBytes), fixed(packFields(TENSOR.arg.rs2, { rowBytes: group.lanes })))];
  }

  /** Where the weights begin in a slot: behind the step's groups, if these are there too. */
  private weightOffset(): number {
    return this.layer.sharesSlots ? this.layer.groupsPerStep * this.pass.rows : 0;
  }

  /** All come with the first block's. */
  private get recordsTogether(): boolean {
    return this.plan.recordsTogether && this.channelSlots === undefined;
  }

  private recordLoads(block: number): readonly Node[] {
    const { blocks } = this.layer;
    const first = block * blocks.tilesPerBlock * blocks.columns;
    if (this.recordsTogether && block > 0) return [];
    const count = this.recordsTogether ? this.layer.shape.outputs : weightRows(blocks, block);
    const channel = this.channelSlots === undefined ? this.plan.channels.bases[this.index] + first : 0;
    return [command(
      'ldp', at(this.cursors.recordAddress, first * CHANNEL_RECORD_BYTES),
      at(this.cursors.recordRows, packFields(TENSOR.ldp.rs2, { channel, count })),
    )];
  }

  // --- products ---

  private products(block: number, step: number): readonly Node[] {
    const { layer, cursors, pass: { rows } } = this;
    const columns = tileColumns(layer.blocks, block);
    const nodes: Node[] = [];
    for (let index = 0; index < this.groupsOf(step); index += 1) {
      const group = this.firstGroup(step) + index;
      columns.forEach((used, tile) => {
        const sources = { aRow: this.activationRow(step, index), wRow: this.weightRow(block, step, index, tile) };
        const sums = { accRow: tile * rows, count: rows, columnsMinus1: used - 1, accumulate: group > 0 ? 1 : 0 };
        nodes.push(command(
          'mm', at(cursors.meshSources, packFields(TENSOR.mm.rs1, sources)), at(cursors.meshSums, packFields(TENSOR.mm.rs2, sums)),
        ));
      });
    }
    return nodes;
  }

  /** Slot 1 for cursors that run behind the loads: their toggle brings them back to slot 0 when the loads are at slot 1. */
  private get slotBehind(): number {
    return this.layer.buffers === 2 ? this.layer.slotRows : 0;
  }

  private activationRow(step: number, index: number): number {
    const { layer, pass: { rows } } = this;
    switch (layer.input) {
      case 'kept': return this.inputBase + step * layer.inputStepRows + index * rows;
      case 'scratchpad': return this.inputBase + (this.firstGroup(step) + index) * rows;
      case 'streamed': return this.inputStream.base + this.inputStream.distance + index * rows;
    }
  }

  private weightRow(block: number, step: number, index: number, tile: number): number {
    const { layer, plan: { places } } = this;
    const { blocks } = layer;
    const perGroup = weightRows(blocks, block);
    const inGroup = tile * blocks.columns;
    if (layer.weights === 'streamed') return places.stream + this.slotBehind + this.weightOffset() + index * perGroup + inGroup;
    const blockStart = block * blocks.tilesPerBlock * blocks.columns * layer.groups;
    return places.resident + layer.residentStart + blockStart + (this.firstGroup(step) + index) * perGroup + inGroup;
  }

  // --- results ---

  private requantisations(block: number): readonly Node[] {
    const { layer, cursors, pass: { rows } } = this;
    return tileColumns(layer.blocks, block).map((used, index) => {
      const tile = block * layer.blocks.tilesPerBlock + index;
      const row = this.outputBase + (layer.output === 'ring' ? index : tile) * this.groupsPerTile * rows;
      const { columns } = layer.blocks;
      const channel = this.channelSlots === undefined ? this.plan.channels.bases[this.index] + tile * columns : index * columns;
      return command(
        'rq', at(cursors.vectorSums, packFields(TENSOR.rq.rs1, { accRow: index * rows, count: rows, columnsMinus1: used - 1 })),
        at(cursors.vectorTarget, packFields(TENSOR.rq.rs2, { row, channel })),
      );
    });
  }

  /** Stores of a block from its buffers: right away, or one block late so that the loads in between need not wait for them. */
  private stores(block: number): readonly Node[] {
    const { layer, pass: { rows } } = this;
    return tileColumns(layer.blocks, block).flatMap((used, index) => {
      const tile = block * layer.blocks.tilesPerBlock + index;
      if (layer.output === 'accumulators') return this.sumStore(tile, index, used);
      const behind = layer.outputBuffers === 2 ? layer.outputSlotRows : 0;
      const first = this.outputBase + behind + index * this.groupsPerTile * rows;
      return this.groupsOfTile(tile, used).flatMap((group, part) => this.groupStore(group, first + part * rows));
    });
  }

  private heldStores(): readonly Node[] {
    const { blocks } = this.layer;
    const columns = Array.from({ length: blocks.count }, (_, block) => tileColumns(blocks, block)).flat();
    const groups = columns.flatMap((used, tile) =>
      this.groupsOfTile(tile, used).map((group, part) => ({ group, place: tile * this.groupsPerTile + part })));
    const perTile = this.groupsPerTile;
    // A tile's last group may be narrower than the others, and then the distances are even from tile to tile only.
    const isEven = perTile === 1 || blocks.columns % this.p.rows === 0;
    const store = ({ group, place }: { group: Group; place: number }): readonly Node[] =>
      this.groupStore(group, this.outputBase + place * this.pass.rows);
    if (isEven) return roll(groups.length, (index) => String(groups[index].group.lanes), (index) => store(groups[index]));
    const ofTile = (tile: number): typeof groups => groups.filter(({ place }) => Math.floor(place / perTile) === tile);
    return roll(columns.length, (tile) => String(columns[tile]), (tile) => ofTile(tile).flatMap(store));
  }

  private groupsOfTile(tile: number, used: number): readonly Group[] {
    const first = tile * this.layer.blocks.columns;
    return Array.from({ length: Math.ceil(used / this.p.rows) }, (_, part) =>
      ({ first: first + part * this.p.rows, lanes: Math.min(this.p.rows, used - part * this.p.rows) }));
  }

  private groupStore(group: Group, row: number): readonly Node[] {
    const { sink } = this.ends;
    const place = sink.format === 'rows' ? group.first : (group.first / this.p.rows) * sink.rows * sink.rowBytes;
    const address = this.pass.startRow * sink.rowBytes + place;
    const rows = at(this.cursors.storeRows, transfer(row, this.pass.rows));
    return [...this.shape(sink, group), command('st', at(this.pass.sink, address), rows)];
  }

  private sumStore(tile: number, index: number, used: number): readonly Node[] {
    const { sink } = this.ends;
    const { columns } = this.layer.blocks;
    const { rows, startRow } = this.pass;
    const behind = this.storesLate ? this.layer.accumulatorSlotRows : 0;
    const isDense = used === this.p.columns && sink.rowBytes === 4 * this.p.columns;
    return [
      ...(isDense ? [] : [command('arg', fixed(sink.rowBytes), fixed(packFields(TENSOR.arg.rs2, { rowBytes: 4 * used })))]),
      command(
        'sta', at(this.pass.sink, startRow * sink.rowBytes + 4 * tile * columns),
        at(this.cursors.storeRows, packFields(TENSOR.sta.rs2, { accRow: behind + index * rows, count: rows })),
      ),
    ];
  }
}

/** Spreads transfers evenly among products, the first one before all of them; a tn.arg stays with its transfer. */
function interleave(nodesToSpread: readonly Node[], products: readonly Node[]): readonly Node[] {
  const transfers: Node[][] = [];
  let pending: Node[] = [];
  for (const node of nodesToSpread) {
    pending.push(node);
    if (node.kind === 'command' && node.op === 'arg') continue;
    transfers.push(pending);
    pending = [];
  }
  const nodes: Node[] = [];
  let next = 0;
  products.forEach((product, index) => {
    for (; next < transfers.length && next * products.length <= index * transfers.length; next += 1) nodes.push(...transfers[next]);
    nodes.push(product);
  });
  for (; next < transfers.length; next += 1) nodes.push(...transfers[next]);
  return nodes;
}
