// The kernels that `npm run bench -- core` measures: one program each, compiled for the core's own instruction set.
// Must not know: engines, how marks are evaluated.
import { readdirSync } from 'node:fs';
import { basename, extname, join } from 'node:path';
import { UserError } from '../gen/user-error.ts';
import { CORE_PRESETS } from '../hw/core/config.ts';
import type { CoreConfig, CoreIsa } from '../hw/core/config.ts';
import { COMPILER, compileProgram, DEFAULT_OUT, HERE, marchOf, OWN_CODE } from './compiler.ts';

/** @throws UserError where there is none of that name */
export function corePreset(name: string): CoreConfig {
  if (Object.hasOwn(CORE_PRESETS, name)) return CORE_PRESETS[name as keyof typeof CORE_PRESETS];
  throw new UserError(`core ${name}: is not one of ${Object.keys(CORE_PRESETS).join(', ')}; give one`);
}

/** Every kernel is called once more than this; the first call warms up and does not count. */
export const REPEATS = 4;
/** Part of every program: calls the kernel. */
const HARNESS = 'harness.c';

export interface BenchBuildOptions {
  readonly outDir?: string;
  readonly compiler?: string;
}

/**
 * Builds all kernels; returns the files by the kernels' names.
 * @throws UserError where the compiler is missing or does not accept one
 */
export function buildBench(isa: CoreIsa, { outDir = join(DEFAULT_OUT, 'bench', marchOf(isa)), compiler = COMPILER }: BenchBuildOptions = {}): ReadonlyMap<string, string> {
  const folder = join(HERE, 'bench');
  const files = readdirSync(folder).filter((file) => /\.[cS]$/.test(file) && file !== HARNESS).sort();
  return new Map(files.map((file) => {
    const name = basename(file, extname(file));
    const out = join(outDir, `${name}.elf`);
    // Assembler is a whole program, C has the harness call it.
    const sources = [join(folder, file), ...(extname(file) === '.c' ? [join(folder, HARNESS)] : [])];
    compileProgram({ name, sources, march: marchOf(isa), flags: [...OWN_CODE, `-DREPEATS=${REPEATS}`], out, compiler });
    return [name, out];
  }));
}
