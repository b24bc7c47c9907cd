/** A sweep as one page that needs nothing else: a plot and a table. Must not know how points were measured. */
import { numberText } from '../../gen/number-text.ts';
import { valuesOf } from '../quantities.ts';
import type { SweepResult } from '../sweep.ts';
import { columnNamed, columnsOf } from './columns.ts';
import { scatterPlot } from './scatter.ts';
import { escapeMarkup } from './markup.ts';

const STYLE = `
:root { color-scheme: light dark; --ink: #1b1f24; --faint: #6b7280; --line: #d9dde3; --dot: #5b7fb4; --front: #c2410c; --paper: #fff; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e8eb; --faint: #9aa3ad; --line: #343a42; --dot: #7fa3d8; --front: #fb923c; --paper: #15181c; } }
body { margin: 2rem auto; max-width: 72rem; padding: 0 1rem; font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); }
h1 { font-size: 1.5rem; margin-bottom: 0; }
p { color: var(--faint); margin-top: .25rem; }
svg { width: 100%; height: auto; max-width: 54rem; }
svg text { font: 12px system-ui, sans-serif; fill: var(--faint); }
svg text.label { fill: var(--ink); }
svg .grid { stroke: var(--line); }
svg .dot { fill: var(--dot); }
svg .dot.front { fill: var(--front); }
svg .front-line { fill: none; stroke: var(--front); stroke-width: 1.5; stroke-dasharray: 4 3; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; white-space: nowrap; }
th, td { padding: .3rem .7rem; text-align: right; border-bottom: 1px solid var(--line); }
th { font-weight: 600; }
th:first-child, td:first-child, td.error { text-align: left; }
tr.front td:first-child { color: var(--front); font-weight: 600; }
td.error { color: var(--front); white-space: normal; }
`;

export function htmlOf(result: SweepResult): string {
  const { sweep, yosys, points, left } = result;
  const columns = columnsOf(sweep);
  const rows = points.map((point) => {
    const values = valuesOf(point);
    const name = `<td>${escapeMarkup(point.point.name)}</td>`;
    if ('error' in point) return `<tr>${name}<td class="error" colspan="${columns.length}">failed: ${escapeMarkup(point.error)}</td></tr>`;
    const cells = columns.map((c) => `<td>${escapeMarkup(numberText(values[c.name], c.look))}</td>`).join('');
    return `<tr${point.isOnFront ? ' class="front"' : ''}>${name}${cells}</tr>`;
  });
  const x = columnNamed(sweep, sweep.plot.x);
  const y = columnNamed(sweep, sweep.plot.y);
  const dots = points.flatMap((point) => {
    const { [x.name]: atX, [y.name]: atY } = valuesOf(point);
    return 'error' in point || typeof atX !== 'number' || typeof atY !== 'number' ? [] : [{ name: point.point.name, x: atX, y: atY,
      isOnFront: point.isOnFront }];
  });
  const plot = dots.length === 0 ? '' : scatterPlot(dots, x, y);
  const work = `${sweep.workload.images} digits through ${sweep.workload.model}; cells of a 7-series FPGA by ${yosys.version}.`;
  const interrupted = left === 0 ? '' : `\n<p>Interrupted: ${points.length} of ${sweep.points.length} chips.</p>`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeMarkup(sweep.name)}</title>
<style>${STYLE}</style>
</head>
<body>
<h1>${escapeMarkup(sweep.name)}</h1>
<p>${escapeMarkup(work)} Marked chips: nothing else has both fewer ${escapeMarkup(x.title)} and fewer ${escapeMarkup(y.title)}.</p>${interrupted}
${plot}
<div class="scroll">
<table>
<thead><tr><th>chip</th>${columns.map((c) => `<th title="${escapeMarkup(c.summary)}">${escapeMarkup(c.title)}</th>`).join('')}</tr></thead>
<tbody>
${rows.join('\n')}
</tbody>
</table>
</div>
</body>
</html>
`;
}
