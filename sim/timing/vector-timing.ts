/** The vector unit, cycle by cycle, as `hw/tensor/vector-unit.ts` works. */
import type { TensorParams } from '../../hw/tensor/params.ts';
import { LANE_LATENCY } from '../../hw/tensor/requantise.ts';
import type { VectorTiming } from './commands.ts';
import { NO_ROW, RowRange } from './rows.ts';

/** The iterative requantiser takes a cycle for each bit of the multiplier, and one for each bit that the shift differs from 33: about 5. */
export const ITERATIVE_REQUANTISER_CYCLES = 32 + 5 + 4;

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
    if (present === undefined || !this.isReading || (this.p.requantiser === 'iterative' && this.results.length > 0)) return NO_ROW;
    return present.accRow + this.rowsRead;
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
    if (granted && present) {
      const endsRow = this.group + 1 === Math.ceil(present.columns / this.p.vectorLanes);
      const endsAll = endsRow && this.rowsRead + 1 === present.count;
      this.results.push({ at: now + this.latency, group: this.group, endsRow, endsAll });
      this.group = endsRow ? 0 : this.group + 1;
      if (endsRow) this.rowsRead += 1;
      if (endsAll) this.isReading = false;
    }
    if (started) {
      this.present = started;
      this.isReading = true;
      this.rowsRead = 0;
      this.group = 0;
      this.rowsWritten = 0;
    }
  }

  state(now: number): string {
    const { present, isReading, rowsRead, group, rowsWritten } = this;
    const bank = present && present.accRow % this.p.accumulatorBanks;
    return present ? `${present.count}.${bank}.${isReading}.${rowsRead}.${group}.${rowsWritten}.${this.results.map(({ at }) => at - now).join()}` : '';
  }

  private resultAt(now: number): Result | undefined {
    return this.results.length > 0 && this.results[0].at === now ? this.results[0] : undefined;
  }
}
