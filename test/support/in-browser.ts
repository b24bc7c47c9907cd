/** What a page has of Systole: the language, the printer, the chip. Bundled by tests for a browser; must not import what only Node has. */
import { elaborate, hw, In, Out, U } from '../../gen/index.ts';
import { printDesign } from '../../gen/print/systemverilog.ts';
import type { SourceFile } from '../../gen/print/systemverilog.ts';
import { Chip } from '../../hw/soc/chip.ts';
import { parseConfig } from '../../hw/soc/config.ts';
import type { ChipConfig } from '../../hw/soc/config.ts';
import { providePackages } from '../../hw/soc/packages.ts';

export { In, Out, U, elaborate, hw, parseConfig, providePackages };

export const printChip = (config: ChipConfig): SourceFile[] => printDesign(elaborate(Chip(config)));
