/** The mesh unit, cycle by cycle, as `hw/tensor/mesh-control.ts` works: weights, activations and results of up to three commands. */
import { meshLatency, weightsPerCycle } from '../../hw/tensor/params.ts';
import type { TensorParams } from '../../hw/tensor/params.ts';
import { ActivationWalk } from './activation-walk.ts';
import type { MeshTiming } from './commands.ts';
import { NO_ROW, RowRange } from './rows.ts';

export class MeshUnitTiming {
  private held: MeshTiming | undefined;
  /** Of `held`: the next column whose weights come; all are there. */
  private column = 0;
  private isFilling = false;
  /** Parts of `held` that are handed over. */
  private part = 0;
  private isLoaded = false;
  private streaming: MeshTiming | undefined;
  private walk: ActivationWalk | undefined;
  private lastSums = -1;
  /** Commands whose sums are still to come, and how many rows of the first have; cycles in which rows of sums leave. */
  private readonly results: MeshTiming[] = [];
  private rowsOut = 0;
  private readonly emergences: number[] = [];
  private readonly latency: number;
  private readonly perCycle: number;

  private finishing = false;
  private readonly unwrittenRows = new RowRange();
  private readonly writtenRows = new RowRange();

  constructor(private readonly p: TensorParams) {
    this.latency = meshLatency(p);
    this.perCycle = weightsPerCycle(p);
  }

  /** The row of the sums that are announced in this cycle, if they are added to what is there. */
  accumulating(now: number): number {
    return this.emerges(now) && this.results[0].accumulates ? this.results[0].accRow + this.rowsOut : NO_ROW;
  }

  get done(): boolean {
    return this.finishing;
  }

  /** Accumulator rows that the oldest command will still write, and the one that is written in this cycle. */
  get unwritten(): RowRange {
    if (this.results.length === 0) {
      const { held, part, isFilling, isLoaded } = this;
      return held && part > 0 && (isFilling || isLoaded) ? this.unwrittenRows.set(held.accRow, held.accRow) : this.unwrittenRows.clear();
    }
    const { accRow, count } = this.results[0];
    return this.unwrittenRows.set(accRow + this.rowsOut, accRow + count - 1);
  }
  get writing(): RowRange {
    return this.writtenRows;
  }

  /** The scratchpad rows that are wanted in this cycle, unless they are not written yet. */
  get activationRow(): number {
    return this.walk?.row ?? NO_ROW;
  }
  /** The next activations are padding: nobody has to grant them. */
  get isBeside(): boolean {
    return this.walk !== undefined && this.walk.row === NO_ROW;
  }
  get weightRow(): number {
    const { held } = this;
    return this.isFilling && held ? held.wRow + this.part * held.weightReads + (held.isDepthwise ? 0 : this.column) : NO_ROW;
  }

  /** Rows from the wanted one on that can be read at once, if they are there and their memories free; 0: there is no such thing. */
  get weightRowsAtOnce(): number {
    const { held, column, perCycle } = this;
    if (perCycle === 1 || !held || held.isDepthwise || held.taps > 0 || column + perCycle > held.weightReads) return 0;
    return column % perCycle === 0 && (held.wRow + this.part * held.weightReads) % perCycle === 0 ? perCycle : 0;
  }

  /** A cycle in which these reads are granted, of weights so many rows. `offered`: the next command may start. Whether it does. */
  cycle(
    now: number, activationGranted: boolean, weightsGranted: number, lateIsThere: boolean, offered: MeshTiming | undefined,
  ): boolean {
    const { held, streaming, walk } = this;
    const lastLine = weightsGranted > 0 && this.column + weightsGranted === held?.weightReads;
    const lastRow = activationGranted && walk !== undefined && walk.isLast;
    const accumulates = held !== undefined && (held.accumulates || this.part > 0);
    const readsLastSums = accumulates && held.taps === 0 && held.accRow === this.lastSums;
    const mayFollow = streaming === undefined || (lastRow && !readsLastSums);
    const mayStart = held === undefined || held.taps === 0 || this.leavesMesh(now, activationGranted);
    const hasPlace = this.results.length < this.p.queueDepth;
    const handsOver = held !== undefined && (this.isLoaded || lastLine) && mayFollow && mayStart && lateIsThere && hasPlace;
    const continues = handsOver && this.part + 1 < held.parts;
    const starts = offered !== undefined && !continues && (handsOver || (!this.isFilling && !this.isLoaded));

    this.release(now);
    if (activationGranted && walk && streaming) {
      // Sums of the depthwise lanes are announced in the next cycle.
      if (walk.completes) this.emergences.push(now + (streaming.taps > 0 ? 1 : this.latency));
      walk.step();
    }
    this.column += weightsGranted;
    if (lastLine) this.isFilling = false;
    if (lastLine) this.isLoaded = true;
    if (lastRow) this.streaming = this.walk = undefined;
    if (handsOver) this.handOver();
    if (continues) {
      this.part += 1;
      this.column = 0;
      this.isFilling = true;
    }
    if (starts) {
      this.held = offered;
      this.part = 0;
      this.column = 0;
      this.isFilling = true;
    }
    return starts;
  }

  state(now: number): string {
    const { held, column, isFilling, isLoaded, streaming, walk, results, rowsOut, finishing } = this;
    const emergences = this.emergences.map((cycle) => cycle - now);
    const counts = [held?.count, held?.weightReads, held && held.wRow % this.perCycle, held && held.parts - this.part, held?.taps, column,
      streaming?.count, streaming?.taps, walk?.state(), rowsOut, ...results.map(({ count, parts }) => (parts === 0 ? -count : count)),
      held?.window?.key, streaming?.window?.key,
      ...[held, streaming, ...results].map((command) => command && command.accRow % this.p.accumulatorBanks)];
    return `${isFilling}${isLoaded}${finishing}${counts.join()};${emergences.join()}`;
  }

  private handOver(): void {
    const held = this.held as MeshTiming;
    this.isLoaded = false;
    this.streaming = this.part === 0 ? held : { ...held, aRow: held.aRow + this.part * held.count };
    this.walk = new ActivationWalk(this.streaming);
    this.lastSums = held.accRow + held.count - 1;
    const isLast = this.part + 1 === held.parts;
    this.results.push(held.parts === 1 ? held : { ...held, accumulates: held.accumulates || this.part > 0, parts: isLast ? 1 : 0 });
  }

  /** The sums that are under way in the mesh leave it before the first of the lanes, if these begin now. */
  private leavesMesh(now: number, takesRow: boolean): boolean {
    const { depthwiseTaps } = this.p;
    if (takesRow && this.streaming?.taps === 0 && this.latency >= depthwiseTaps) return false;
    const last = this.emergences.at(-1);
    return last === undefined || last <= now + depthwiseTaps - 1;
  }

  private emerges(now: number): boolean {
    return this.emergences.length > 0 && this.emergences[0] === now;
  }

  /** What leaves the mesh in this cycle. */
  private release(now: number): void {
    this.finishing = false;
    if (!this.emerges(now)) {
      this.writtenRows.clear();
      return;
    }
    const row = this.results[0].accRow + this.rowsOut;
    this.writtenRows.set(row, row);
    this.emergences.shift();
    this.rowsOut += 1;
    if (this.rowsOut < this.results[0].count) return;
    // Parts that others follow do not finish their command.
    this.finishing = this.results[0].parts > 0;
    this.rowsOut = 0;
    this.results.shift();
  }
}
