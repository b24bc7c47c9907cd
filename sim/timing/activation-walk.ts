/**
 * The activation rows of one product, one after the other, as `hw/tensor/window.ts` walks over them. Must not know when rows are taken.
 */
import type { MeshTiming } from './commands.ts';
import { NO_ROW } from './rows.ts';

export class ActivationWalk {
  /** Accumulator rows whose activations are complete. */
  private made = 0;
  /** Of the depthwise lanes: the pixel of a line of the window that is next, and where the present line of the kernel begins. */
  private pixel = 0;
  private place = 0;

  constructor(private readonly command: MeshTiming) {}

  /** The scratchpad row that is next; `NO_ROW`: the pixel lies beside the image. */
  get row(): number {
    const { window, aRow, taps } = this.command;
    if (window === undefined) return aRow + this.made;
    const row = taps === 0 ? window.rowOf(this.made) : window.rowOf(this.firstOfLine, this.pixel);
    return row === undefined ? NO_ROW : aRow + row;
  }

  /** The row that is next is the last one of an accumulator row's. */
  get completes(): boolean {
    const { taps } = this.command;
    return taps === 0 || this.pixel === this.place + taps - 1;
  }

  /** The row that is next is the last of all. */
  get isLast(): boolean {
    return this.completes && this.made + 1 === this.command.count;
  }

  step(): void {
    const { window, taps } = this.command;
    if (taps === 0 || window === undefined) {
      this.made += 1;
      return;
    }
    if (!this.completes) {
      this.pixel += 1;
      return;
    }
    const isBeside = this.row === NO_ROW;
    this.made += 1;
    if (this.made % window.width !== 0) {
      this.pixel += 1;
      this.place += window.strideX;
      return;
    }
    this.place = 0;
    this.pixel = isBeside && window.left < 0 ? 1 : 0;
  }

  state(): string {
    return `${this.made}.${this.pixel}`;
  }

  /** Number of the place with which the present line of the window begins. */
  private get firstOfLine(): number {
    const { window } = this.command;
    return window === undefined ? 0 : this.made - (this.made % window.width);
  }
}
