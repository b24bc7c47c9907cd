// Embench 1.0, from the user's copy of its source (it is not part of Systole) and our board support in `embench/`.
// Must not know: engines, scores.
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { readInput } from '../gen/files/input.ts';
import { UserError } from '../gen/user-error.ts';
import type { CoreIsa } from '../hw/core/config.ts';
import { COMPILER, compileProgram, DEFAULT_OUT, HERE, marchOf } from './compiler.ts';
import type { Program } from './compiler.ts';

/** As the suite's own configurations for speed say. */
export const EMBENCH_FLAGS: readonly string[] = ['-O2'];
/** A clock of 1 MHz: the work of a program is then about four million cycles of the suite's reference. */
const SETTINGS = ['-DCPU_MHZ=1', '-DWARMUP_HEAT=1', '-w'];
const BASELINE = join('baseline-data', 'speed.json');

export interface EmbenchOptions {
  /** Folder of the suite. */
  readonly source: string;
  readonly isa: CoreIsa;
  /** Instead of the one of `isa`. */
  readonly march?: string;
  readonly flags?: readonly string[];
  readonly outDir?: string;
  readonly compiler?: string;
}

export interface EmbenchProgram {
  readonly name: string;
  /** Milliseconds of the suite's reference, a Cortex-M4, for the same work at the same clock a second. */
  readonly referenceMs: number;
  /** Builds it; returns the file, or why there is none. @throws UserError where the compiler is missing */
  build(): string | { readonly fault: string };
}

/** The programs of the suite. @throws UserError where the folder is not the suite */
export function embenchPrograms({
  source, isa, march = marchOf(isa), flags = EMBENCH_FLAGS, outDir, compiler = COMPILER,
}: EmbenchOptions): readonly EmbenchProgram[] {
  const support = join(source, 'support');
  const reference = referenceOf(source);
  return [...reference].map(([name, referenceMs]) => {
    const folder = join(source, 'src', name);
    if (!existsSync(folder)) throw new UserError(`${source}: has no src/${name}, which ${BASELINE} names; ${WANTED}`);
    const sources = [
      ...readdirSync(folder).filter((f) => f.endsWith('.c')).sort().map((f) => join(folder, f)),
      join(support, 'main.c'), join(support, 'beebsc.c'), join(HERE, 'embench', 'boardsupport.c'),
    ];
    const out = join(outDir ?? join(DEFAULT_OUT, 'embench', march), `${name}.elf`);
    const includes = [support, folder];
    const program = { name, sources, includes, march, flags: [...flags, ...SETTINGS], out, hasLibrary: true, compiler };
    return { name, referenceMs, build: () => built(program) };
  });
}

function built(program: Program): string | { readonly fault: string } {
  try {
    compileProgram(program);
    return program.out;
  } catch (error) {
    // Without a compiler or a library none can be built; a compiler that fails at one program may do the others.
    const refused = error instanceof UserError ? faultIn(error.message) : undefined;
    if (refused === undefined) throw error;
    return { fault: refused };
  }
}

/** The one line of a compiler's message that tells most, if it is one about a program. */
function faultIn(message: string): string | undefined {
  const kinds = [/internal compiler error: .*? at [^\s:]+/, /undefined reference to \S+/, /error: .{1,80}/];
  return kinds.map((kind) => kind.exec(message)?.[0]).find((found) => found !== undefined);
}

const WANTED = 'give the folder of a copy of github.com/embench/embench-iot, tag embench-1.0';

function referenceOf(source: string): ReadonlyMap<string, number> {
  const file = join(source, BASELINE);
  if (!existsSync(file) || !existsSync(join(source, 'support', 'main.c'))) throw new UserError(`${source}: has no ${BASELINE}; ${WANTED}`);
  const times: unknown = parsed(file);
  if (times === null || typeof times !== 'object') throw new UserError(`${file}: is not an object of times; ${WANTED}`);
  return new Map(Object.entries(times).map(([name, ms]: [string, unknown]) => {
    if (typeof ms !== 'number' || !(ms > 0)) throw new UserError(`${file}: ${name} is not a time in milliseconds; ${WANTED}`);
    return [name, ms];
  }));
}

function parsed(file: string): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(readInput(file, { wanted: WANTED, mostBytes: 2 ** 20 })));
  } catch (error) {
    if (error instanceof SyntaxError) throw new UserError(`${file}: is not JSON; ${WANTED}`);
    throw error;
  }
}
