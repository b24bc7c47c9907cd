/**
 * How many of the names in the SystemVerilog of our chips and cores no designer gave: `npx tsx tools/invented-names.ts [--list]`.
 * Must not know how names are given.
 */
import { fileURLToPath } from 'node:url';
import { elaborate } from '../gen/index.ts';
import { namesInText } from '../gen/print/systemverilog.ts';
import { CORE_PRESETS } from '../hw/core/config.ts';
import { Core } from '../hw/core/core.ts';
import { Chip } from '../hw/soc/chip.ts';
import { loadConfig, presetNames } from '../hw/soc/config-file.ts';

export interface Share {
  readonly design: string;
  /** Names that the text declares besides ports. */
  readonly declared: number;
  /** Those that nobody gave, as `Module.name`. */
  readonly invented: readonly string[];
}

/** Every preset, and the cores that they are made of without a tensor unit beside them. */
export const DESIGNS: readonly string[] = [...presetNames(), ...Object.keys(CORE_PRESETS)];

export function shareOf(name: string): Share {
  const core = Object.entries(CORE_PRESETS).find(([preset]) => preset === name)?.[1];
  const modules = namesInText(core ? elaborate(Core(core)) : elaborate(Chip(loadConfig(name))));
  return {
    design: name,
    declared: modules.reduce((sum, m) => sum + m.count, 0),
    invented: modules.flatMap((m) => m.invented.map((n) => `${m.module}.${n}`)),
  };
}

export const percentOf = ({ declared, invented }: Share): number => (100 * invented.length) / declared;

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const share of DESIGNS.map(shareOf)) {
    console.log(`${share.design.padEnd(10)} ${String(share.declared).padStart(6)} names, ${String(share.invented.length).padStart(4)} invented: ${percentOf(share).toFixed(1)} %`);
    if (process.argv.includes('--list')) for (const name of share.invented) console.log(`  ${name}`);
  }
}
