/** Ranges of rows that are still to be written, as `hw/tensor/hazards.ts` compares them. */
export interface RowRange {
  readonly first: number;
  readonly last: number;
}

/** Whether a row can be read: it is none of those that will still be written. */
export const isWritten = (row: number, unwritten: RowRange | undefined): boolean =>
  unwritten === undefined || row < unwritten.first || row > unwritten.last;

/** The row, if there is one and it can be read. */
export const written = (row: number | undefined, one: RowRange | undefined, other: RowRange | undefined): number | undefined =>
  (row !== undefined && isWritten(row, one) && isWritten(row, other) ? row : undefined);
