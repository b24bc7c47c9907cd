/**
 * The cycle model of the tensor unit (`overlap = "full"`): which unit does what in which cycle, from the commands alone, without data.
 * It follows the units' modules one by one and is held against them by `test/performance`. Must not know the core, nor any program.
 */
import { UNITS } from '../../hw/tensor/hazards.ts';
import type { Unit } from '../../hw/tensor/hazards.ts';
import { rowsPerBank, rowsPerBeat } from '../../hw/tensor/params.ts';
import type { TensorParams } from '../../hw/tensor/params.ts';
import type { CommandTiming } from './commands.ts';
import { LoadTiming } from './load-timing.ts';
import type { ReadTiming } from './memory-timing.ts';
import { WriteTiming } from './memory-timing.ts';
import { MeshUnitTiming } from './mesh-timing.ts';
import { QueueTiming } from './queue-timing.ts';
import type { UnitState, UnitStates } from './queue-timing.ts';
import { ScatterLoadTiming } from './scatter-load-timing.ts';
import { NO_ROW } from './rows.ts';
import type { RowRange } from './rows.ts';
import { StoreTiming } from './store-timing.ts';
import { VectorUnitTiming } from './vector-timing.ts';

export class TensorTiming {
  private readonly load: LoadTiming;
  private readonly mesh: MeshUnitTiming;
  private readonly vector: VectorUnitTiming;
  private readonly store: StoreTiming;
  private readonly writes: WriteTiming;
  private readonly queues: Readonly<Record<Unit, QueueTiming>>;
  private readonly states: UnitStates;
  private readonly scratchpadBank: number;
  /** Memories of a bank of the scratchpad. */
  private readonly perBank: number;

  constructor(private readonly p: TensorParams, private readonly reads: ReadTiming, latency: number, outstanding: number) {
    this.load = p.scatter ? new ScatterLoadTiming(p) : new LoadTiming(p);
    this.mesh = new MeshUnitTiming(p);
    this.vector = new VectorUnitTiming(p);
    this.store = new StoreTiming(p);
    this.writes = new WriteTiming(latency, outstanding);
    this.scratchpadBank = rowsPerBank(p, 'scratchpad');
    this.perBank = rowsPerBeat(p);
    const state = (): UnitState => ({ followable: false, done: false });
    this.states = { load: state(), mesh: state(), vector: state(), store: state() };
    const queue = (unit: Unit): QueueTiming => new QueueTiming(unit, p, this.states);
    this.queues = { load: queue('load'), mesh: queue('mesh'), vector: queue('vector'), store: queue('store') };
  }

  get isIdle(): boolean {
    return UNITS.every((unit) => this.queues[unit].held === 0);
  }

  hasRoom(unit: Unit): boolean {
    return !this.queues[unit].isFull;
  }

  /**
   * One cycle. `entering`: the command that is taken in it; `mayAsk`: the memory's address channel is free. Whether a load's beat is taken.
   */
  cycle(now: number, entering: CommandTiming | undefined, mayAsk: boolean): boolean {
    const { load, mesh, vector, store, reads, queues, states } = this;
    const loadUnwritten = load.unwritten;
    const vectorUnwritten = vector.unwritten;
    const sumsUnwritten = mesh.unwritten;
    const sumsWriting = mesh.writing;
    states.load.followable = !loadUnwritten.isEmpty;
    states.mesh.followable = !sumsUnwritten.isEmpty;
    states.vector.followable = !vectorUnwritten.isEmpty;

    // Writes of the scratchpad: the vector unit's come first.
    const hasBeat = reads.beatOf === 'load';
    const loadWants = load.wants(hasBeat);
    const loadGranted = loadWants.length > 0 && !this.meets(loadWants, vector.writes(now));

    // Its reads: activations, weights, the vector unit's, then the store unit's. A row that is not written yet is not asked for.
    const activation = this.written(mesh.activationRow, loadUnwritten, vectorUnwritten);
    const weight = this.written(mesh.weightRow, loadUnwritten, vectorUnwritten);
    const weights = this.weightsGranted(weight, activation, loadUnwritten, vectorUnwritten);
    const wanted = queues.vector.lateIsThere ? vector.wantsOperand(now) : NO_ROW;
    const operand = loadUnwritten.has(wanted) ? NO_ROW : wanted;
    const operandGranted = operand !== NO_ROW
      && !this.sharesScratchpad(operand, activation) && !this.weightsTake(operand, weight, loadUnwritten, vectorUnwritten);

    // The accumulators: the mesh, then the vector unit, then the store unit.
    const meshReads = mesh.accumulating(now);
    const vectorRow = this.written(vector.wants, sumsUnwritten, sumsWriting);
    const vectorGranted = vectorRow !== NO_ROW && !this.sharesAccumulators(vectorRow, meshReads);

    const offer = store.offer;
    const taken = this.writes.cycle(now, store.bursts.isActive, offer.hasBeat, offer.isLast);
    const storeRow = store.wants(offer.endsChunk && (!offer.hasBeat || taken.beat));
    let storeGranted = false;
    if (storeRow !== NO_ROW && store.isOther) {
      const isVectors = vector.group === store.group && this.sharesAccumulators(storeRow, vectorRow);
      storeGranted = !sumsUnwritten.has(storeRow) && !sumsWriting.has(storeRow)
        && !this.sharesAccumulators(storeRow, meshReads) && !isVectors;
    } else if (storeRow !== NO_ROW) {
      storeGranted = !vectorUnwritten.has(storeRow)
        && !this.sharesScratchpad(storeRow, activation) && !this.sharesScratchpad(storeRow, operand)
        && !this.weightsTake(storeRow, weight, loadUnwritten, vectorUnwritten);
    }

    states.vector.done = vector.done(now);
    load.step(hasBeat, loadGranted);
    states.load.done = load.done;
    states.mesh.done = mesh.done;
    states.store.done = store.done;
    const toLoad = load.isReady ? queues.load.next() : undefined;
    const toVector = vector.isReady ? queues.vector.next() : undefined;
    const toStore = store.isReady ? queues.store.next() : undefined;
    const feeds = activation !== NO_ROW || mesh.isBeside;
    const startsMesh = mesh.cycle(now, feeds, weights, queues.mesh.lateIsThere, queues.mesh.next()?.mesh);

    if (mayAsk && load.bursts.isActive && reads.ask(now, 'load', load.bursts.beats)) load.bursts.next();
    if (taken.address) store.bursts.next();
    load.clock(toLoad?.transfer);
    vector.clock(now, vectorGranted || operandGranted, toVector?.vector);
    store.clock(storeGranted, taken, toStore?.transfer);
    if (entering) queues[entering.unit].enter(entering, queues);
    queues.load.clock(toLoad !== undefined);
    queues.mesh.clock(startsMesh);
    queues.vector.clock(toVector !== undefined);
    queues.store.clock(toStore !== undefined);
    return load.takesBeat;
  }

  /** The row, if there is one and it can be read: it is none of those that will still be written. */
  private written(row: number, one: RowRange, other: RowRange): number {
    return one.has(row) || other.has(row) ? NO_ROW : row;
  }

  /** Rows of weights read in this cycle: several; or, where activations want one of their memories, or one is not there, the first. */
  private weightsGranted(row: number, activation: number, one: RowRange, other: RowRange): number {
    if (row === NO_ROW) return 0;
    const several = this.weightsWanted(row, one, other);
    if (several > 0 && !this.meetsWeights(row, several, activation)) return several;
    return this.sharesScratchpad(row, activation) ? 0 : 1;
  }

  /** Of weights that can be read at once, if all are there. */
  private weightsWanted(row: number, one: RowRange, other: RowRange): number {
    const several = this.mesh.weightRowsAtOnce;
    return several > 0 && !one.meets(row, row + several - 1) && !other.meets(row, row + several - 1) ? several : 0;
  }

  /** Whether weights, granted or not, are what a memory gives instead of this row. */
  private weightsTake(row: number, weight: number, one: RowRange, other: RowRange): boolean {
    if (weight === NO_ROW) return false;
    const several = this.weightsWanted(weight, one, other);
    return several > 0 ? this.meetsWeights(weight, several, row) : this.sharesScratchpad(row, weight);
  }

  /** Whether a row lies in one of the memories of `several` rows of weights. */
  private meetsWeights(weight: number, several: number, row: number): boolean {
    if (row === NO_ROW || Math.floor(row / this.scratchpadBank) !== Math.floor(weight / this.scratchpadBank)) return false;
    return Math.floor((row % this.perBank) / several) === Math.floor((weight % this.perBank) / several);
  }

  /** Whether two rows lie in one memory. */
  private sharesScratchpad(row: number, other: number): boolean {
    return other !== NO_ROW && row % this.perBank === other % this.perBank
      && Math.floor(row / this.scratchpadBank) === Math.floor(other / this.scratchpadBank);
  }

  private meets(rows: readonly number[], other: number): boolean {
    for (let i = 0; i < rows.length; i++) if (this.sharesScratchpad(rows[i], other)) return true;
    return false;
  }

  private sharesAccumulators(row: number, other: number): boolean {
    return other !== NO_ROW && row % this.p.accumulatorBanks === other % this.p.accumulatorBanks;
  }

  /** What decides how long the commands that it holds and the next ones take; times count from now, and of rows only the number matters. */
  state(now: number): string {
    const units = [this.load.state(), this.mesh.state(now), this.vector.state(now), this.store.state(), this.writes.state(now)];
    return [...units, ...UNITS.map((unit) => this.queues[unit].state())].join('|');
  }
}
