/** Which columns a report has: quantities in their order, then the sweep's own objectives. Must not know how a report is written. */
import { QUANTITIES } from '../quantities.ts';
import type { Look } from '../../gen/number-text.ts';
import type { Sweep } from '../sweep-file.ts';

export interface Column {
  readonly name: string;
  readonly title: string;
  readonly look: Look;
  readonly onScreen: boolean;
  readonly summary: string;
}

export function columnsOf({ objectives, plot }: Sweep): Column[] {
  return [
    ...QUANTITIES.map(({ name, title, look, onScreen, summary }) => {
      const isPlotted = name === plot.x || name === plot.y;
      return { name, title, look, onScreen: onScreen || isPlotted, summary };
    }),
    ...objectives.map(({ name, formula }) => ({ name, title: name, look: 'decimal' as const, onScreen: true, summary: formula })),
  ];
}

export function columnNamed(sweep: Sweep, name: string): Column {
  return columnsOf(sweep).find((column) => column.name === name) as Column;
}
