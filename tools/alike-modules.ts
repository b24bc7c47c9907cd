/**
 * Which modules of our chips and cores could be one module with parameters: `npx tsx tools/alike-modules.ts` tells which come from one
 * description in several sizes, and whose texts differ in nothing but numbers. Must not know the modules.
 */
import { fileURLToPath } from 'node:url';
import { elaborate } from '../gen/index.ts';
import type { Design } from '../gen/index.ts';
import { printDesign } from '../gen/print/systemverilog.ts';
import { CORE_PRESETS } from '../hw/core/config.ts';
import { Core } from '../hw/core/core.ts';
import { Chip } from '../hw/soc/chip.ts';
import { loadConfig } from '../hw/soc/config-file.ts';

export interface Alike {
  readonly modules: number;
  /** Modules that one description has made, where it has made several. */
  readonly families: readonly (readonly string[])[];
  /** Modules whose texts are the same but for their names, widths, constants and other numbers. */
  readonly inNumbersOnly: readonly (readonly string[])[];
}

const designOf = (name: string): Design => {
  const core = Object.entries(CORE_PRESETS).find(([preset]) => preset === name)?.[1];
  return core ? elaborate(Core(core)) : elaborate(Chip(loadConfig(name)));
};

const several = <T>(items: readonly T[], key: (item: T) => string, name: (item: T) => string): string[][] => {
  const groups = new Map<string, string[]>();
  for (const item of items) groups.set(key(item), [...(groups.get(key(item)) ?? []), name(item)]);
  return [...groups.values()].filter((names) => names.length > 1);
};

/** A module's text without comments, its name, ranges of declarations and numbers. */
export const withoutNumbers = (text: string, module: string): string => text
  .replace(/\/\/.*/g, '').replaceAll(new RegExp(`\\b${module}\\b`, 'g'), 'MODULE').replace(/\d*'s?[bdh][0-9a-f]+|\b\d+\b/g, '#')
  .replace(/(\blogic\b(?: signed)?) *\[#:#\]/g, '$1').replace(/\s+/g, ' ');

export function alikeIn(name: string): Alike {
  const design = designOf(name);
  const texts = printDesign(design).map((file) => ({ module: file.name.replace('.sv', ''), text: file.text }));
  return {
    modules: texts.length,
    families: several(design.modules, (m) => String(m.site), (m) => m.name),
    inNumbersOnly: several(texts, ({ module, text }) => withoutNumbers(text, module), ({ module }) => module),
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { DESIGNS } = await import('./invented-names.ts');
  const list = (groups: readonly (readonly string[])[]): string => groups.map((names) => names.join(' ')).join('; ') || 'none';
  for (const name of DESIGNS) {
    const { modules, families, inNumbersOnly } = alikeIn(name);
    console.log(`${name}: ${modules} modules\n  of one description: ${list(families)}\n  the same but for numbers: ${list(inNumbersOnly)}`);
  }
}
