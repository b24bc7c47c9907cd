/** The manual of the configuration file, made from the table of keys. `docs/configuration.md` is this text; a test compares. */
import { CONFIG_KEYS, PRESET } from './config-keys.ts';
import type { Key, KeyTable } from './config-keys.ts';

const SIZES: readonly (readonly [number, string])[] = [[2 ** 30, 'GiB'], [2 ** 20, 'MiB'], [2 ** 10, 'KiB']];
const FREQUENCIES: readonly (readonly [number, string])[] = [[1e9, 'GHz'], [1e6, 'MHz'], [1e3, 'kHz']];

function quantity(kind: string, value: number): string {
  const units = kind === 'size' ? SIZES : kind === 'frequency' ? FREQUENCIES : [];
  const unit = units.find(([n]) => value >= n && value % n === 0);
  if (unit) return `${value / unit[0]} ${unit[1]}`;
  return kind === 'size' ? `${value} B` : String(value);
}

function rangeOf(k: Key): string {
  switch (k.kind) {
    case 'flag':
      return 'true, false';
    case 'choice':
      return k.choices.join(', ');
    case 'text':
      return 'text';
    default: {
      const range = `${quantity(k.kind, k.min)} … ${quantity(k.kind, k.max)}`;
      return `${range}${k.powerOfTwo ? ', a power of two' : ''}${k.orZero ? ', or 0' : ''}`;
    }
  }
}

function defaultOf(k: Key): string {
  if (!('default' in k) || k.default === undefined) return 'must be given';
  if (k.default === PRESET) return 'from the preset';
  if (typeof k.default === 'number') return quantity(k.kind, k.default);
  return typeof k.default === 'object' ? k.default.text : String(k.default);
}

/** Markdown. */
export function configManual(): string {
  const lines = [
    '# Configuration',
    '',
    'A chip is one TOML file. Sizes and frequencies carry units (`"64 KiB"`, `"100 MHz"`); every number may also be a formula in text',
    'over the other keys of its section (`scratchpad = "1024 * rows"`). Every key is checked; a mistake is reported with file, line, key and',
    'what to do. `configs/nano.toml`, `edge.toml` and `base.toml` are the presets; `--config nano` finds them by name.',
    '',
    'This page is made from the table in `hw/soc/config-keys.ts`.',
  ];
  for (const [section, keys] of Object.entries(CONFIG_KEYS as Readonly<Record<string, KeyTable>>)) {
    lines.push('', `## [${section}]`, '', '| key | values | default | meaning |', '|---|---|---|---|');
    for (const [name, k] of Object.entries(keys)) lines.push(`| \`${name}\` | ${rangeOf(k)} | ${defaultOf(k)} | ${k.summary} |`);
  }
  return `${lines.join('\n')}\n`;
}
