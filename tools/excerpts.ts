/**
 * Excerpts of our SystemVerilog in pages: a comment above a block says of which module of which core or chip it is, and which of its
 * lines, by texts that stand in them; `to end`: as far as the block goes that begins there. Must not know particular pages.
 *
 *     <!-- Alu of balanced with pmpRegions = 4: "first text" to "last text", "one line", "always_ff" to end -->
 */
import { elaborate } from '../gen/index.ts';
import { printDesign } from '../gen/print/systemverilog.ts';
import { UserError } from '../gen/user-error.ts';
import type { CoreConfig } from '../hw/core/config.ts';
import { CORE_PRESETS } from '../hw/core/config.ts';
import { Core } from '../hw/core/core.ts';
import { Chip } from '../hw/soc/chip.ts';
import { loadConfig } from '../hw/soc/config-file.ts';

const BLOCK = /^<!-- (\w+) of (\w+)(?: with (\w+) = (\d+))?: (.+) -->\n```systemverilog\n[\s\S]*?^```$/gm;
const RANGE = /"([^"]+)"(?: to (?:"([^"]+)"|(end)))?/g;
/** Stands where lines are left out. */
const GAP = '// …';

const printed = new Map<string, ReadonlyMap<string, string>>();

/** The text of a module of a core preset, one of whose numbers may be another, or of a chip preset. */
export function moduleText(module: string, design: string, key?: string, value?: string): string {
  const name = [design, key, value].join(' ');
  let texts = printed.get(name);
  if (!texts) {
    const core: CoreConfig | undefined = Object.entries(CORE_PRESETS).find(([preset]) => preset === design)?.[1];
    const elaborated = core
      ? elaborate(Core({ ...core, ...(key === undefined ? {} : { [key]: Number(value) }) }))
      : elaborate(Chip(loadConfig(design)));
    texts = new Map(printDesign(elaborated).map((file) => [file.name.replace('.sv', ''), file.text]));
    printed.set(name, texts);
  }
  const text = texts.get(module);
  if (text === undefined) throw new UserError(`${design} has no module ${module}; it has ${[...texts.keys()].join(', ')}`);
  return text;
}

function linesOf(module: string, text: string, from: string, to: string | undefined, isBlock: boolean): string[] {
  const lines = text.split('\n');
  const first = lines.findIndex((line) => line.includes(from));
  if (first < 0) throw new UserError(`${module} has no line with "${from}"; mend the comment above the excerpt`);
  const margin = ' '.repeat(lines[first].search(/\S/));
  const isLast = (line: string): boolean => (isBlock ? line === `${margin}end` : line.includes(to ?? from));
  const last = lines.findIndex((line, i) => i >= first && isLast(line));
  if (last < 0) throw new UserError(`${module} has no line with "${to ?? 'end'}" after "${from}"; mend the comment above the excerpt`);
  return lines.slice(first, last + 1);
}

/** The page with every excerpt as the modules are printed now, and with their lines counted in tables: `| \`Alu\` | 55 |`. */
export function withExcerpts(page: string): string {
  const lines = new Map([...page.matchAll(BLOCK)].map(([, module, design, key, value]) =>
    [module, moduleText(module, design, key, value).trimEnd().split('\n').length]));
  const counted = page.replace(/^(\|.*\| `(\w+)` \| )\d+(?= \|)/gm, (row: string, before: string, module: string) =>
    `${before}${lines.get(module) ?? row.slice(before.length)}`);
  return counted.replace(BLOCK, (block: string, module: string, design: string, key?: string, value?: string, given = '') => {
    const text = moduleText(module, design, key, value);
    const ranges: readonly (readonly (string | undefined)[])[] = [...given.matchAll(RANGE)];
    const parts = ranges.map(([, from = '', to, end]) => linesOf(module, text, from, to, end !== undefined));
    const margin = Math.min(...parts.flat().filter((line) => line !== '').map((line) => line.search(/\S/)));
    const lines = parts.map((part) => part.map((line) => line.slice(margin)).join('\n'));
    return `${block.slice(0, block.indexOf('\n'))}\n\`\`\`systemverilog\n${lines.join(`\n${GAP}\n`)}\n\`\`\``;
  });
}
