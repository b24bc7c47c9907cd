/** The mesh unit, cycle by cycle, as `hw/tensor/mesh-control.ts` works: weights, activations and results of up to three commands. */
import { meshLatency } from '../../hw/tensor/params.ts';
import type { TensorParams } from '../../hw/tensor/params.ts';
import type { MeshTiming } from './commands.ts';
import type { RowRange } from './rows.ts';

/** Rows of sums that have left the mesh in a cycle, or are announced. */
export interface Sums {
  readonly row: number;
  readonly accumulates: boolean;
}

export class MeshUnitTiming {
  private held: MeshTiming | undefined;
  /** Of `held`: the next column whose weights come; all are there. */
  private column = 0;
  private isFilling = false;
  private isLoaded = false;
  private streaming: MeshTiming | undefined;
  private streamed = 0;
  private lastSums = -1;
  /** Commands whose sums are still to come, and how many rows of the first have; cycles in which rows of sums leave. */
  private readonly results: MeshTiming[] = [];
  private rowsOut = 0;
  private readonly emergences: number[] = [];
  private readonly latency: number;

  private finishing = false;
  private written: RowRange | undefined;

  constructor(private readonly p: TensorParams) {
    this.latency = meshLatency(p);
  }

  /** The sums that are announced in this cycle. */
  emerging(now: number): Sums | undefined {
    if (this.emergences.length === 0 || this.emergences[0] !== now) return undefined;
    const [{ accRow, accumulates }] = this.results;
    return { row: accRow + this.rowsOut, accumulates };
  }

  get done(): boolean {
    return this.finishing;
  }

  /** Accumulator rows that the oldest command will still write, and the one that is written in this cycle. */
  get unwritten(): RowRange | undefined {
    if (this.results.length === 0) return undefined;
    const [{ accRow, count }] = this.results;
    return { first: accRow + this.rowsOut, last: accRow + count - 1 };
  }
  get writing(): RowRange | undefined {
    return this.written;
  }

  /** The scratchpad rows that are wanted in this cycle, unless they are not written yet. */
  get activationRow(): number | undefined {
    return this.streaming && this.streaming.aRow + this.streamed;
  }
  get weightRow(): number | undefined {
    return this.isFilling && this.held ? this.held.wRow + this.column : undefined;
  }

  /** A cycle in which these reads are granted. `offered`: the next command may start. Whether it does. */
  cycle(now: number, granted: { activation: boolean; weight: boolean }, lateIsThere: boolean, offered: MeshTiming | undefined): boolean {
    const lastLine = granted.weight && this.column + 1 === this.held?.columns;
    const lastRow = granted.activation && this.streamed + 1 === this.streaming?.count;
    const readsLastSums = this.held !== undefined && this.held.accumulates && this.held.accRow === this.lastSums;
    const mayFollow = this.streaming === undefined || (lastRow && !readsLastSums);
    const hasPlace = this.results.length < this.p.queueDepth;
    const handsOver = this.held !== undefined && (this.isLoaded || lastLine) && mayFollow && lateIsThere && hasPlace;
    const starts = offered !== undefined && (handsOver || (!this.isFilling && !this.isLoaded));

    this.release(now);
    if (granted.activation) {
      this.emergences.push(now + this.latency);
      this.streamed += 1;
    }
    if (granted.weight) this.column += 1;
    if (lastLine) this.isFilling = false;
    if (lastLine) this.isLoaded = true;
    if (lastRow) this.streaming = undefined;
    if (handsOver) this.handOver();
    if (starts) {
      this.held = offered;
      this.column = 0;
      this.isFilling = true;
    }
    return starts;
  }

  state(now: number): string {
    const { held, column, isFilling, isLoaded, streaming, streamed, results, rowsOut, finishing } = this;
    const emergences = this.emergences.map((cycle) => cycle - now);
    const counts = [held?.count, held?.columns, column, streaming?.count, streamed, rowsOut, ...results.map(({ count }) => count)];
    return `${isFilling}${isLoaded}${finishing}${counts.join()};${emergences.join()}`;
  }

  private handOver(): void {
    const held = this.held as MeshTiming;
    this.isLoaded = false;
    this.streaming = held;
    this.streamed = 0;
    this.lastSums = held.accRow + held.count - 1;
    this.results.push(held);
  }

  /** What leaves the mesh in this cycle. */
  private release(now: number): void {
    const sums = this.emerging(now);
    this.written = sums && { first: sums.row, last: sums.row };
    this.finishing = false;
    if (sums === undefined) return;
    this.emergences.shift();
    this.rowsOut += 1;
    if (this.rowsOut < this.results[0].count) return;
    this.finishing = true;
    this.rowsOut = 0;
    this.results.shift();
  }
}
