/** The figures of docs/beside-ibex.md: our modules alone on the iCE40. */
import { synthesise } from '../../../fpga/flow.ts';
import type { CellCounts } from '../../../fpga/flow.ts';
import { elaborate } from '../../../gen/index.ts';
import { printDesign } from '../../../gen/print/systemverilog.ts';
import { CORE_PRESETS } from '../../../hw/core/config.ts';
import { Core } from '../../../hw/core/core.ts';
import { int, tableFigures } from '../figure.ts';
import type { Figure } from '../figure.ts';
import { measurement } from '../measurement.ts';
import type { Measurement } from '../measurement.ts';

const alone = (module: string): Measurement<CellCounts> => measurement(`synth_ice40 on ${module} of the core balanced`, () => {
  const files = printDesign(elaborate(Core(CORE_PRESETS.balanced))).filter(({ name }) => name === `${module}.sv`);
  return synthesise({ files, top: module });
});

const MODULES = { 'arithmetic and logic': 'Alu', 'multiplication and division': 'MulDiv', '16-bit instructions': 'Expander' };

export const BESIDE_IBEX: readonly Figure[] = tableFigures('docs/beside-ibex.md', 'Beside Ibex',
  Object.entries(MODULES).map(([subject, module]) => ({ row: [subject, `\`${module}\``], of: alone(module) })),
  { LUT4: ({ luts }) => int(luts), 'flip-flops': ({ flipFlops }) => int(flipFlops) });
