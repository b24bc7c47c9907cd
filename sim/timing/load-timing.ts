/**
 * The load unit, cycle by cycle, as `hw/tensor/loader.ts` works: bursts asked for ahead, a beat or a row (or channel record) a cycle.
 */
import { CHANNEL_RECORD_BYTES } from '../../hw/isa/tensor.ts';
import { STILL_BITS, loadsAhead } from '../../hw/tensor/load-intake.ts';
import { TABLE_PIECE_CYCLES } from '../../hw/tensor/lookup-table.ts';
import { rowsPerBeat } from '../../hw/tensor/params.ts';
import type { TensorParams } from '../../hw/tensor/params.ts';
import { BurstsTiming } from './bursts-timing.ts';
import type { TransferTiming } from './commands.ts';
import { RowRange } from './rows.ts';

const MOST_STILL = 2 ** STILL_BITS - 1;

export class LoadTiming {
  readonly bursts: BurstsTiming;
  private readonly queued: TransferTiming[] = [];
  protected present: TransferTiming | undefined;
  protected row = 0;
  protected rowsLeft = 0;
  /** Bytes of the present row that are here; place of the next byte in its beat, and of the present row's first. */
  protected fill = 0;
  protected offset = 0;
  protected rowOffset = 0;
  protected readonly unwrittenRows = new RowRange();
  protected readonly wantedRows: number[] = [];
  /** Of the last cycle: whether the beat was used up, and whether the command was done. */
  takesBeat = false;
  done = false;
  /** In which a part of a piece of the table has been written. */
  private tableCycles = 0;
  /** What a cycle takes of the beat, and how many rows or records it completes. */
  protected bytes = 0;
  protected completed = 0;

  protected readonly perBeat: number;
  private readonly ahead: number;
  /** Cycles in which a load waited for memory in vain, and whether there were so many that it is a slow one. */
  private still = 0;
  private isSlow = false;
  private wasSlow = false;
  /** Bytes that are put together before they are written. */
  private readonly places: number;

  constructor(protected readonly p: TensorParams) {
    this.perBeat = rowsPerBeat(p);
    this.ahead = loadsAhead(p);
    this.places = this.perBeat * p.rows;
    this.bursts = new BurstsTiming(p);
  }

  get isReady(): boolean {
    return !this.bursts.isActive && this.queued.length < (this.isSlow ? this.ahead : 1);
  }

  /** Scratchpad rows that the present command will still write. */
  get unwritten(): RowRange {
    const { present, row } = this;
    if (present === undefined || present.isOther) return this.unwrittenRows.clear();
    return this.unwrittenRows.set(row, present.row + present.count - 1);
  }

  /** The scratchpad rows that would be written in this cycle, with a beat at hand. */
  wants(hasBeat: boolean): readonly number[] {
    const { present } = this;
    this.wantedRows.length = 0;
    if (hasBeat && present !== undefined && !present.isOther) this.look(present);
    return this.wantedRows;
  }

  /** One cycle: `takesBeat` and `done` tell what came of it. */
  step(hasBeat: boolean, isGranted: boolean): void {
    const { present, isSlow, still } = this;
    this.wasSlow = present !== undefined && (isSlow || still === MOST_STILL);
    this.still = present === undefined || hasBeat ? 0 : (still + 1) % (MOST_STILL + 1);
    this.takesBeat = false;
    this.done = false;
    if (present === undefined || !hasBeat) return;
    this.look(present);
    if (this.completed > 0 && !present.isOther && !isGranted) return;
    if (this.completed > 0 && present.isTable) {
      this.tableCycles = (this.tableCycles + 1) % TABLE_PIECE_CYCLES;
      if (this.tableCycles > 0) return;
    }
    this.take(present);
  }

  protected take(present: TransferTiming): void {
    const { bytes, completed: rows } = this;
    const endsBeat = bytes === this.p.busBytes - this.offset;
    const isLast = rows === this.rowsLeft;
    this.row += rows;
    this.rowsLeft -= rows;
    if (present.isWhole || rows === 0) this.offset = endsBeat ? 0 : this.offset + bytes;
    else {
      this.rowOffset = (this.rowOffset + present.stride) % this.p.busBytes;
      this.offset = this.rowOffset;
    }
    this.fill = this.inRun(present) ? (this.fill + bytes) % this.places : rows > 0 ? this.startOf(present, this.row) : this.fill + bytes;
    if (isLast) this.present = undefined;
    this.takesBeat = endsBeat || isLast || (rows > 0 && !present.isWhole);
    this.done = isLast;
  }

  /** The end of a cycle: a command starts, or the one that waits moves up. */
  clock(started: TransferTiming | undefined): void {
    if (started) {
      this.bursts.start(started);
      this.queued.push(started);
    }
    this.isSlow = this.wasSlow;
    const next = this.present === undefined ? this.queued.shift() : undefined;
    if (next) this.begin(next);
  }

  state(): string {
    const { queued, present, rowsLeft, fill, offset, rowOffset, still, isSlow } = this;
    return `${this.bursts.state()}.${queued.map(({ count }) => count).join()}.${present ? [present.count, rowsLeft, fill, offset, rowOffset, still, this.tableCycles].join() : ''}${isSlow}`;
  }

  protected begin(command: TransferTiming): void {
    this.present = command;
    this.row = command.row;
    this.rowsLeft = command.count;
    this.fill = this.startOf(command, command.row);
    this.offset = command.address % this.p.busBytes;
    this.rowOffset = this.offset;
  }

  /** Rows that lie one after the other in memory fill their places whole beats at a time. */
  private inRun({ isWhole, isOther }: TransferTiming): boolean {
    return this.perBeat > 1 && isWhole && !isOther;
  }

  /** The first byte of a row's place, of those for `perBeat` rows. */
  private startOf({ isOther }: TransferTiming, row: number): number {
    return isOther ? 0 : (row % this.perBeat) * this.p.rows;
  }

  /** Sets `bytes`, `completed` and `wantedRows`. */
  protected look(present: TransferTiming): void {
    const { fill, p, perBeat, places } = this;
    const have = p.busBytes - this.offset;
    if (this.inRun(present)) {
      this.bytes = places === p.busBytes ? have : Math.min(have, places - fill);
      this.completed = Math.min(this.rowsLeft, Math.floor((fill + this.bytes) / p.rows) - (this.row % perBeat));
    } else {
      const goal = present.isOther ? CHANNEL_RECORD_BYTES : this.startOf(present, this.row) + present.rowBytes;
      this.completed = goal - fill <= have ? 1 : 0;
      this.bytes = Math.min(goal - fill, have);
    }
    this.wantedRows.length = 0;
    for (let i = 0; i < this.completed; i++) this.wantedRows.push(this.row + i);
  }
}
