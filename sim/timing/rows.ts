/**
 * Ranges of rows that are still to be written, as `hw/tensor/hazards.ts` compares them. Each owner keeps one that it changes, and no row is
 * a number too: what the model asks in every cycle must make no garbage.
 */

/** Stands for a row where there is none; rows are not negative. */
export const NO_ROW = -1;

export class RowRange {
  first = 0;
  /** Below `first`: no row. */
  last = -1;

  set(first: number, last: number): this {
    this.first = first;
    this.last = last;
    return this;
  }

  clear(): this {
    return this.set(0, -1);
  }

  get isEmpty(): boolean {
    return this.last < this.first;
  }

  meets(first: number, last: number): boolean {
    return last >= this.first && first <= this.last;
  }

  has(row: number): boolean {
    return row >= this.first && row <= this.last;
  }
}
