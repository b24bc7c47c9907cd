/**
 * Random configuration files of chips: mostly sizes that a user might write, small ones above all, some of them impossible. Must not
 * know which are.
 */
import { CONFIG_KEYS } from '../../hw/soc/config-keys.ts';
import type { Key } from '../../hw/soc/config-keys.ts';
import { Random } from '../../sw/data/random.ts';

const SIZES = ['64 B', '128 B', '256 B', '512 B', '1 KiB', '2 KiB', '4 KiB', '8 KiB', '16 KiB', '64 KiB', '256 KiB', '1 MiB', '2048 MiB'] as const;
/** What users write instead of a size or a number. */
const SLIPS = ['"64 Kib"', '"16 kb"', '"4 kibibytes"', '"4K"', '-1', '0', '1.5', 'true', '"rows"', '"fast"', '"4 * columns"', '[4]', '9e99', '"1 / 0"'] as const;
/** Keys that a chip must have, and so most files have. */
const NEEDED = ['chip.name', 'bus.bytes', 'tensor.rows', 'tensor.columns', 'tensor.scratchpad', 'tensor.accumulators'];

const bytesOf = (text: string): number => parseInt(text, 10) * { B: 1, K: 2 ** 10, M: 2 ** 20 }[text.split(' ')[1][0] as 'B' | 'K' | 'M'];

/** A file with about `share` of the optional keys; one in twelve has a slip. */
export function randomToml(seed: number): string {
  const random = new Random(seed);
  const pick = <T>(list: readonly T[]): T => list[random.below(list.length)];
  const share = pick([0, 1, 2, 4]);
  const hasSlip = random.below(12) === 0;
  const lanes = pick([4, 4, 8, 12, 16, 20, 32, 128]);
  const value = (path: string, key: Key): string => {
    switch (key.kind) {
      case 'flag': return pick(['true', 'false']);
      case 'choice': return `"${pick(key.choices)}"`;
      case 'text': return '"x"';
      case 'frequency': return `"${1 + random.below(200)} MHz"`;
      case 'size': {
        if (path === 'simulation.ram') return pick(['"64 KiB"', '"64 MiB"', '"1 GiB"']);
        if (random.below(2) === 0 && path === 'tensor.scratchpad') return `"${pick([4, 8, 16, 32, 64, 100, 256])} * rows"`;
        if (random.below(2) === 0 && path === 'tensor.accumulators') return `"${pick([1, 4, 8, 16, 32, 64, 256])} * 4 * columns"`;
        const fitting = SIZES.filter((text) => bytesOf(text) >= key.min && bytesOf(text) <= key.max);
        return `"${pick(fitting.length === 0 || random.below(40) === 0 ? SIZES : fitting)}"`;
      }
      default: {
        if (path === 'tensor.rows' || path === 'tensor.columns') return String(random.below(2) === 0 ? lanes : pick([2, 3, 4, 5, 7, 8, 16, 32, 64, 128]));
        const near = [key.min, key.min, key.max, 1, 2, 4, 8, 16, 32, 64, 256].filter((n) => n >= key.min && n <= key.max);
        return String(pick(near));
      }
    }
  };
  const lines: string[] = [];
  for (const [section, keys] of Object.entries(CONFIG_KEYS)) {
    const given = Object.entries(keys as Readonly<Record<string, Key>>).filter(([key]) => NEEDED.includes(`${section}.${key}`) || random.below(8) < share);
    if (given.length > 0) lines.push(`[${section}]`, ...given.map(([key, spec]) => `${key} = ${value(`${section}.${key}`, spec)}`));
  }
  if (hasSlip) {
    const at = pick(lines.flatMap((line, i) => (line.includes('=') ? [i] : [])));
    lines[at] = lines[at].replace(/=.*/, `= ${pick(SLIPS)}`);
  }
  return `${lines.join('\n')}\n`;
}
