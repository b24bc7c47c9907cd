/** When and how long the bursts of a transfer are, as `hw/tensor/burst-generator.ts` cuts them. Must not know who takes them. */
import { burstBytes } from '../../hw/tensor/burst-generator.ts';
import type { TensorParams } from '../../hw/tensor/params.ts';
import type { TransferTiming } from './commands.ts';

export class BurstsTiming {
  private rowsLeft = 0;
  private rowAddress = 0;
  private runBytes = 0;
  private stride = 0;
  /** Of the present run: the next beat's number, and how many remain. */
  private beat = 0;
  private beatsLeft = 0;

  /** Beats between two boundaries that no burst crosses. */
  private readonly inBoundary: number;

  constructor(private readonly p: TensorParams) {
    this.inBoundary = burstBytes(p) / p.busBytes;
  }

  get isActive(): boolean {
    return this.rowsLeft > 0;
  }

  start(command: TransferTiming): void {
    this.rowsLeft = command.isWhole ? 1 : command.count;
    this.rowAddress = command.address;
    this.stride = command.stride;
    this.runBytes = command.isWhole ? command.count * command.rowBytes : command.rowBytes;
    this.startRun();
  }

  /** Beats of the next burst. */
  get beats(): number {
    const { beat, beatsLeft, inBoundary } = this;
    return Math.min(beatsLeft, inBoundary - (beat % inBoundary));
  }

  /** The burst has been taken. */
  next(): void {
    const { beats } = this;
    this.beat += beats;
    this.beatsLeft -= beats;
    if (this.beatsLeft > 0) return;
    this.rowsLeft -= 1;
    this.rowAddress = (this.rowAddress + this.stride) >>> 0;
    this.startRun();
  }

  /** Where a run lies in its boundary hardly matters, and differs from one transfer to the next. */
  state(): string {
    return this.isActive ? `${this.rowsLeft}.${this.beatsLeft}` : '';
  }

  private startRun(): void {
    const { busBytes } = this.p;
    this.beat = Math.floor(this.rowAddress / busBytes);
    this.beatsLeft = Math.ceil(((this.rowAddress % busBytes) + this.runBytes) / busBytes);
  }
}
