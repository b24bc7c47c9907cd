/** The figures of docs/explore.md. */
import { cellsScript, CELLS_FILE, readCells } from '../../../explore/estimators/cells.ts';
import { findYosys, runYosys } from '../../../explore/estimators/yosys.ts';
import { INSTRUMENTS } from '../../../explore/instruments.ts';
import { loadConfig } from '../../../hw/soc/config-file.ts';
import { int, textFigures } from '../figure.ts';
import type { Figure } from '../figure.ts';
import { both, measurement } from '../measurement.ts';
import { firstSweep } from './performance.ts';

const PAGE = 'docs/explore.md';

const flat = measurement('Yosys, the netlist of base flattened wholly', async (context) => {
  const chip = INSTRUMENTS.print(loadConfig('base'));
  return readCells(await runYosys(await findYosys(context.note), cellsScript({ ...chip, gridCells: [] }), chip.files, CELLS_FILE)).total;
});

export const EXPLORE: readonly Figure[] = textFigures(PAGE, 'the 16 × 16 chip has {grid} cells, flat {flat}', both(firstSweep, flat), {
  grid: ([sweep]) => int(sweep.item('points', 'name', 'base').number('cells', 'total')), flat: ([, total]) => int(total),
});
