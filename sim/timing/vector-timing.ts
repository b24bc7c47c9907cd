/** The vector unit, cycle by cycle, as `hw/tensor/vector-unit.ts` works. */
import type { TensorParams } from '../../hw/tensor/params.ts';
import { LANE_LATENCY } from '../../hw/tensor/requantise.ts';
import type { VectorTiming } from './commands.ts';
import { NO_ROW, RowRange } from './rows.ts';

/** The iterative requantiser takes a cycle for each bit of the multiplier, and one for each bit that the shift differs from 33: about 5. */
export const ITERATIVE_REQUANTISER_CYCLES = 32 + 5 + 4;

/** From a read to what the table has for it. */
const LOOKUP_CYCLES = 2;

interface Result {
  readonly at: number;
  readonly group: number;
  readonly endsRow: boolean;
  readonly endsAll: boolean;
}

export class VectorUnitTiming {
  private present: VectorTiming | undefined;
  private isReading = false;
  private rowsRead = 0;
  /** The group of the row that it wants to read. */
  group = 0;
  private rowsWritten = 0;
  /** Of two operands the second is wanted. */
  private wantsSecond = false;
  /** When two operands will have become one, and what that is of; the first is in the requantiser until then. */
  private readonly pairs: Result[] = [];
  private firstUntil = -1;
  private readonly results: Result[] = [];
  private readonly latency: number;
  private readonly unwrittenRows = new RowRange();

  constructor(private readonly p: TensorParams) {
    this.latency = p.requantiser === 'pipelined' ? 1 + LANE_LATENCY : ITERATIVE_REQUANTISER_CYCLES;
  }

  get isReady(): boolean {
    return this.present === undefined;
  }

  /** Scratchpad rows that it will still write, if anybody can follow. */
  get unwritten(): RowRange {
    const { present, p } = this;
    if (present === undefined || present.columns > p.rows) return this.unwrittenRows.clear();
    return this.unwrittenRows.set(present.row + this.rowsWritten, present.row + present.count - 1);
  }

  /** The accumulator row that it wants to read in this cycle. */
  get wants(): number {
    const { present } = this;
    if (present?.operands || !this.mayRead()) return NO_ROW;
    return present === undefined ? NO_ROW : present.accRow + this.rowsRead;
  }

  /** The row of the scratchpad that it wants to read, unless that is one that it will still write itself for an earlier row. */
  wantsOperand(now: number): number {
    const operands = this.present?.operands;
    const isTaken = this.pairs.length > 0 && this.pairs[0].at === now;
    if (operands === undefined || isTaken || now < this.firstUntil || !this.mayRead()) return NO_ROW;
    const first = (this.wantsSecond ? operands[1] : undefined) ?? operands[0];
    const result = this.present?.row ?? 0;
    const isOwn = first < result && first + this.rowsRead >= result + this.rowsWritten;
    return isOwn ? NO_ROW : first + this.rowsRead;
  }

  private get looksUp(): boolean {
    return this.present?.operands?.length === 1;
  }

  private mayRead(): boolean {
    const isBusy = this.p.requantiser === 'iterative' && !this.looksUp && this.results.length + this.pairs.length > 0;
    return this.present !== undefined && this.isReading && !isBusy;
  }

  /** The scratchpad row that is written in this cycle. */
  writes(now: number): number {
    const { present, p } = this;
    const result = this.resultAt(now);
    if (present === undefined || result === undefined) return NO_ROW;
    const perRow = p.rows / p.vectorLanes;
    if (!result.endsRow && (result.group + 1) % perRow !== 0) return NO_ROW;
    return present.row + this.rowsWritten + present.count * Math.floor(result.group / perRow);
  }

  done(now: number): boolean {
    return this.resultAt(now)?.endsAll ?? false;
  }

  /** A cycle in which the read is granted, or not, and a command starts, or none. */
  clock(now: number, granted: boolean, started: VectorTiming | undefined): void {
    const { present } = this;
    const result = this.resultAt(now);
    if (result) {
      this.results.shift();
      if (result.endsRow) this.rowsWritten += 1;
      if (result.endsAll) this.present = undefined;
    }
    if (this.pairs.length > 0 && this.pairs[0].at === now) {
      const pair = this.pairs.shift() as Result;
      this.results.push({ ...pair, at: now + this.latency });
    }
    if (granted && present) this.take(now, present);
    if (started) {
      this.present = started;
      this.wantsSecond = false;
      this.isReading = true;
      this.rowsRead = 0;
      this.group = 0;
      this.rowsWritten = 0;
    }
  }

  state(now: number): string {
    const { present, isReading, rowsRead, group, rowsWritten, wantsSecond, firstUntil } = this;
    if (present === undefined) return '';
    const bank = present.accRow % this.p.accumulatorBanks;
    const [a, b = 0] = present.operands ?? [0];
    const pair = present.operands ? [a - present.row, b - present.row, wantsSecond, Math.max(firstUntil - now, 0)].join() : '';
    const times = [this.results, this.pairs].map((list) => list.map(({ at }) => at - now).join()).join(';');
    return `${present.count}.${bank}.${isReading}.${rowsRead}.${group}.${rowsWritten}.${pair}.${times}`;
  }

  /** What was read is on its way: a sum, or the first or the second operand. */
  private take(now: number, present: VectorTiming): void {
    const isPair = present.operands?.length === 2;
    const isFirst = isPair && !this.wantsSecond;
    if (isPair) this.wantsSecond = !this.wantsSecond;
    if (isFirst) {
      if (this.p.requantiser === 'iterative') this.firstUntil = now + this.latency + 1;
      return;
    }
    const endsRow = this.group + 1 === Math.ceil(present.columns / this.p.vectorLanes);
    const endsAll = endsRow && this.rowsRead + 1 === present.count;
    const pass = { group: this.group, endsRow, endsAll };
    // The requantiser that works on one thing at a time keeps a second operand for a cycle more.
    if (isPair) this.pairs.push({ ...pass, at: now + this.latency + (this.p.requantiser === 'iterative' ? 1 : 0) });
    else this.results.push({ ...pass, at: now + (this.looksUp ? LOOKUP_CYCLES : this.latency) });
    this.group = endsRow ? 0 : this.group + 1;
    if (endsRow) this.rowsRead += 1;
    if (endsAll) this.isReading = false;
  }

  private resultAt(now: number): Result | undefined {
    return this.results.length > 0 && this.results[0].at === now ? this.results[0] : undefined;
  }
}
