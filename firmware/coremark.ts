// CoreMark, from the user's copy of its source (it is not part of Systole) and our port in `coremark/`.
// Must not know: engines, scores.
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { mustDiffer } from '../gen/files/output.ts';
import { UserError } from '../gen/user-error.ts';
import type { CoreIsa } from '../hw/core/config.ts';
import { COMPILER, compileProgram, DEFAULT_OUT, HERE, marchOf } from './compiler.ts';

/** Files of the benchmark, unmodified, all compiled with the same flags. */
const SOURCES = ['core_list_join.c', 'core_main.c', 'core_matrix.c', 'core_state.c', 'core_util.c'] as const;
/** Two run in a minute on the slowest engine; the score does not depend on it. */
const DEFAULT_ITERATIONS = 2;

/** Found by search for fewest cycles on the `fast` core with GCC 12.2; all of them plain options of that compiler. */
export const COREMARK_FLAGS: readonly string[] = [
  '-Ofast', '-funroll-all-loops', '-finline-limit=600', '-fno-tree-sink', '-fno-if-conversion2', '-fno-crossjumping',
  '-fno-schedule-insns', '-mtune=size', '-fipa-pta', '-fno-tree-copy-prop', '-fno-tree-ccp', '-fno-tree-forwprop',
  '-fno-tree-slsr', '-fira-algorithm=priority', '-fwrapv', '-fno-indirect-inlining', '--param=max-average-unrolled-insns=200',
  '--param=max-jump-thread-duplication-stmts=5', '--param=max-grow-copy-bb-insns=30', '-fno-version-loops-for-strides',
  '-mno-div', '-mcmodel=medlow',
];

export interface CoremarkOptions {
  /** Folder of the source. */
  readonly source: string;
  readonly isa: CoreIsa;
  /** Instead of the one of `isa`. */
  readonly march?: string;
  readonly iterations?: number;
  /** Optimisation and tuning. */
  readonly flags?: readonly string[];
  readonly out?: string;
  readonly compiler?: string;
}

/** Builds it and returns the file. @throws UserError where the source or the compiler is missing */
export function buildCoremark({ source, isa, march = marchOf(isa), iterations = DEFAULT_ITERATIONS, flags = COREMARK_FLAGS,
  out = join(DEFAULT_OUT, 'coremark', 'coremark.elf'), compiler = COMPILER }: CoremarkOptions): string {
  const missing = ['coremark.h', ...SOURCES].find((file) => !existsSync(join(source, file)) || !statSync(join(source, file)).isFile());
  if (missing !== undefined) throw new UserError(`${source}: has no ${missing}; give the folder of a copy of github.com/eembc/coremark`);
  for (const file of SOURCES) mustDiffer({ source: join(source, file), '--out': out });
  const port = join(HERE, 'coremark');
  compileProgram({
    name: 'coremark', sources: [...SOURCES.map((file) => join(source, file)), join(port, 'core_portme.c')], includes: [port, source], march, out, compiler,
    flags: [...flags, `-DITERATIONS=${iterations}`, `-DCOMPILER_FLAGS="-march=${march} ${flags.join(' ')}"`],
  });
  return out;
}
