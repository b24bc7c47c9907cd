// Dhrystone 2.1, from the user's copy of its source (it is not part of Systole) and our port in `dhrystone/`.
// Must not know: engines, scores.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from '../gen/user-error.ts';
import type { CoreIsa } from '../hw/core/config.ts';
import { COMPILER, compileProgram, DEFAULT_OUT, HERE, marchOf } from './compiler.ts';

/** The benchmark's rules want its two files compiled one by one, and no procedure merged into another. */
export const DHRYSTONE_FLAGS: readonly string[] = ['-O2', '-fno-inline'];
const SOURCES = ['dhry_1.c', 'dhry_2.c'] as const;
/** Enough that the start does not count; the score does not depend on it. */
const RUNS = 500;
/** C of 1988, of which today's compilers warn; the port counts time in cycles. */
const SETTINGS = ['-std=gnu17', '-w', '-DTIME', '-fno-builtin-printf'];

export interface DhrystoneOptions {
  /** Folder of the source. */
  readonly source: string;
  readonly isa: CoreIsa;
  /** Instead of the one of `isa`. */
  readonly march?: string;
  readonly flags?: readonly string[];
  readonly out?: string;
  readonly compiler?: string;
}

/** Builds it and returns the file. @throws UserError where the source or the compiler is missing */
export function buildDhrystone({
  source, isa, march = marchOf(isa), flags = DHRYSTONE_FLAGS, out, compiler = COMPILER,
}: DhrystoneOptions): string {
  const missing = ['dhry.h', ...SOURCES].find((file) => !existsSync(join(source, file)));
  if (missing !== undefined) {
    throw new UserError(`${source}: has no ${missing}; give the folder v2.1 of a copy of github.com/Keith-S-Thompson/dhrystone`);
  }
  const port = join(HERE, 'dhrystone');
  const file = out ?? join(DEFAULT_OUT, 'dhrystone', `${march}.elf`);
  compileProgram({
    name: 'dhrystone', sources: [...SOURCES.map((f) => join(source, f)), join(port, 'port.c')], includes: [port, source], march, out: file,
    hasLibrary: true, compiler, flags: [...flags, ...SETTINGS, `-DRUNS=${RUNS}`],
  });
  return file;
}
