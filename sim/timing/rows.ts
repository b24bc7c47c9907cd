/**
 * Ranges of rows that are still to be written, as `hw/tensor/hazards.ts` compares them. Each owner keeps one object that it changes, and no
 * row is a number too: what the model asks in every cycle must make no garbage.
 */
export interface RowRange {
  readonly first: number;
  /** Below `first`: no row. */
  readonly last: number;
}

/** A range as its owner sees it. */
export interface OwnRange {
  first: number;
  last: number;
}

/** Stands for a row where there is none. */
export const NO_ROW = -1;

export const noRows = (): OwnRange => ({ first: 0, last: -1 });

/** The range, with other rows in it; without: none. */
export function setRows(range: OwnRange, first = 0, last = -1): RowRange {
  range.first = first;
  range.last = last;
  return range;
}

export const isEmpty = ({ first, last }: RowRange): boolean => last < first;

/** Whether a row can be read: it is none of those that will still be written. */
export const isWritten = (row: number, { first, last }: RowRange): boolean => row < first || row > last;

/** The row, if there is one and it can be read. */
export const written = (row: number, one: RowRange, other: RowRange): number =>
  (row !== NO_ROW && isWritten(row, one) && isWritten(row, other) ? row : NO_ROW);
