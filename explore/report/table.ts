/** A sweep as an aligned table for the screen. Must not know how points were measured. */
import { numberText } from '../../gen/number-text.ts';
import { valuesOf } from '../quantities.ts';
import type { SweepResult } from '../sweep.ts';
import { columnsOf } from './columns.ts';

/** The table, and below it what the sweep did; several lines without a last line break. */
export function tableOf({ sweep, yosys, points, left, failed, reused, files, seconds }: SweepResult): string {
  const columns = columnsOf(sweep).filter((column) => column.onScreen);
  const rows = points.map((result) => {
    const values = valuesOf(result);
    const note = 'error' in result ? `failed: ${result.error}` : [result.isOnFront ? '*' : ' ', result.measured.isReused ? 'reused' : `${result.measured.seconds.toFixed(1)} s`].join(' ');
    return { cells: [result.point.name, ...columns.map((c) => numberText(values[c.name], c.look))], note };
  });
  const head = ['chip', ...columns.map((c) => c.title)];
  const widths = head.map((title, i) => Math.max(title.length, ...rows.map((row) => row.cells[i].length)));
  const line = (cells: readonly string[], note: string): string =>
    `${cells.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join('  ')}  ${note}`.trimEnd();
  const { model, images } = sweep.workload;
  const title = (name: string): string => columns.find((c) => c.name === name)?.title ?? name;
  return [
    `${sweep.name}: ${images} digits through ${model}; cells of a 7-series FPGA by ${yosys.version}`,
    '',
    line(head, ''),
    ...rows.map(({ cells, note }) => line(cells, note)),
    '',
    `* nothing else has both fewer ${title(sweep.plot.x)} and fewer ${title(sweep.plot.y)}`,
    `${points.length}${left === 0 ? '' : ` of ${points.length + left}`} ${points.length + left === 1 ? 'chip' : 'chips'}, ${reused} of them reused, ${failed} failed, ${seconds.toFixed(1)} s; ${files.join(', ')}`,
  ].join('\n');
}
