/** The load unit of a unit that scatters, cycle by cycle, as `hw/tensor/scatter-loader.ts` works. */
import { CHANNEL_RECORD_BYTES } from '../../hw/isa/tensor.ts';
import type { TransferTiming } from './commands.ts';
import { LoadTiming } from './load-timing.ts';
import type { RowRange } from './rows.ts';

/** Where a piece belongs. */
interface Piece {
  group: number;
  row: number;
  start: number;
  rowsLeft: number;
}

export class ScatterLoadTiming extends LoadTiming {
  private start = 0;
  private group = 0;
  private lastGroup = 0;
  private lastBytes = 0;
  /** What a cycle leaves: the piece behind those that end, where in the beat it begins, whether anything of the beat is for it, and all. */
  private readonly behind: Piece = { group: 0, row: 0, start: 0, rowsLeft: 0 };
  private end = 0;
  private runEnds = false;
  private nextFits = false;

  override get unwritten(): RowRange {
    return this.lastGroup > 0 ? this.unwrittenRows.clear() : super.unwritten;
  }

  override state(): string {
    return `${super.state()}.${this.group}`;
  }

  protected override begin(command: TransferTiming): void {
    super.begin(command);
    const { rows } = this.p;
    this.fill = 0;
    this.start = command.row;
    this.group = 0;
    this.lastGroup = command.isOther ? 0 : Math.ceil(command.rowBytes / rows) - 1;
    this.lastBytes = command.isOther ? CHANNEL_RECORD_BYTES : command.rowBytes - this.lastGroup * rows;
  }

  protected override look(present: TransferTiming): void {
    const { p: { busBytes }, behind, wantedRows: taken } = this;
    taken.length = 0;
    Object.assign(behind, { group: this.group, row: this.row, start: this.start, rowsLeft: this.rowsLeft });
    this.end = this.offset - this.fill;
    this.runEnds = false;
    this.nextFits = this.end + this.bytesOf(behind.group) <= busBytes;
    while (this.nextFits && !this.runEnds && taken.length < (present.isOther ? 1 : this.perBeat) && !this.meets(behind.row)) {
      taken.push(behind.row);
      this.end += this.bytesOf(behind.group);
      this.runEnds = behind.group === this.lastGroup && (!present.isWhole || behind.rowsLeft === 1);
      this.advance(present);
      this.nextFits = this.end + this.bytesOf(behind.group) <= busBytes;
    }
    this.completed = taken.length;
  }

  protected override take(present: TransferTiming): void {
    const { behind, completed, end, runEnds, nextFits, p: { busBytes } } = this;
    this.takesBeat = completed === 0 || runEnds || !nextFits;
    if (completed === 0) {
      this.fill += busBytes - this.offset;
      this.offset = 0;
      return;
    }
    Object.assign(this, behind);
    this.fill = 0;
    if (runEnds) this.offset = this.rowOffset = (this.rowOffset + present.stride) % busBytes;
    else if (nextFits) this.offset = end;
    else {
      this.fill = busBytes - end;
      this.offset = 0;
    }
    if (behind.rowsLeft > 0) return;
    this.done = true;
    this.present = undefined;
  }

  private bytesOf(group: number): number {
    return group === this.lastGroup ? this.lastBytes : this.p.rows;
  }

  /** A row lies in a memory of one that is taken. */
  private meets(row: number): boolean {
    return this.wantedRows.some((other) => other % this.perBeat === row % this.perBeat);
  }

  private advance({ groupRows }: TransferTiming): void {
    const { behind } = this;
    if (behind.group === this.lastGroup) {
      behind.group = 0;
      behind.start += 1;
      behind.row = behind.start;
      behind.rowsLeft -= 1;
    } else {
      behind.group += 1;
      behind.row += groupRows;
    }
  }
}
