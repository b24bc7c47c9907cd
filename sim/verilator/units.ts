/**
 * How Verilator's C++ files are put together for the compiler. Each file costs 0.4 s for the headers alone, so a small
 * design is two translation units; a large one is as many of equal size as keep several cores busy. Pure.
 */

export interface GeneratedFile {
  readonly name: string;
  readonly bytes: number;
}

export interface TranslationUnit {
  readonly name: string;
  readonly text: string;
}

/** About a second of `-O2`. */
const UNIT_BYTES = 200_000;

/** What runs only at the start; Verilator marks most of it. */
function isSlow(file: string): boolean {
  return /__Slow\.cpp$|__Syms[_\d]*\.cpp$/.test(file);
}

/** Units named `fast_*` are worth optimising, units named `slow_*` are not. */
export function translationUnits(files: readonly GeneratedFile[]): TranslationUnit[] {
  const slow = files.filter((f) => isSlow(f.name));
  const fast = files.filter((f) => !isSlow(f.name));
  return [...grouped('fast', fast), ...grouped('slow', slow)];
}

/** Largest first, each into the unit that is smallest so far. */
function grouped(prefix: string, files: readonly GeneratedFile[]): TranslationUnit[] {
  const total = files.reduce((sum, f) => sum + f.bytes, 0);
  const units = Array.from({ length: Math.ceil(total / UNIT_BYTES) }, () => ({ bytes: 0, names: [] as string[] }));
  const bySize = [...files].sort((a, b) => b.bytes - a.bytes || (a.name < b.name ? -1 : 1));
  for (const file of bySize) {
    const smallest = units.reduce((a, b) => (b.bytes < a.bytes ? b : a));
    smallest.bytes += file.bytes;
    smallest.names.push(file.name);
  }
  return units
    .filter((unit) => unit.names.length > 0)
    .map((unit, i) => ({ name: `${prefix}_${i}.cpp`, text: unit.names.map((name) => `#include "${name}"\n`).join('') }));
}
