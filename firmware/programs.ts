// Programs in C and assembler, built for one chip: for its instruction set and its memory. The user's own, and the examples.
// Must not know: engines, what a program does.
import { existsSync, readdirSync, statSync } from 'node:fs';
import { basename, extname, join } from 'node:path';
import { mustDiffer } from '../gen/files/output.ts';
import { UserError } from '../gen/user-error.ts';
import type { ChipConfig } from '../hw/soc/config.ts';
import { marchOf } from '../hw/isa/arch-string.ts';
import { COMPILER, compileProgram, DEFAULT_OUT, HERE, OWN_CODE, PLACED } from './compiler.ts';

/** What sources are called; capital S goes through the preprocessor. */
const SUFFIXES = ['.c', '.S', '.s'] as const;
/** Warnings are the user's own business. */
const USER_CODE = ['-std=gnu17', '-O2', ...PLACED, '-g', '-Wall', '-Wextra'] as const;

export interface BuildOptions {
  readonly outDir?: string;
  readonly compiler?: string;
  readonly onBuilt?: (file: string) => void;
}

/**
 * Builds every example for a chip; returns the files by the examples' names.
 * @throws UserError where the compiler is missing or does not accept a program
 */
export function buildExamples(
  config: ChipConfig, { outDir = DEFAULT_OUT, compiler = COMPILER, onBuilt }: BuildOptions = {},
): ReadonlyMap<string, string> {
  const built = new Map<string, string>();
  for (const file of readdirSync(join(HERE, 'examples')).filter((name) => name.endsWith('.c')).sort()) {
    const name = basename(file, '.c');
    const out = join(outDir, `${name}.elf`);
    compileProgram({ name, sources: [join(HERE, 'examples', file)], flags: OWN_CODE, out, compiler, ...chipOf(config) });
    built.set(name, out);
    onBuilt?.(out);
  }
  return built;
}

export interface UserProgram {
  /** All that it is made of, beside start-up code and library. */
  readonly sources: readonly string[];
  /** More flags for the compiler; they win over ours. */
  readonly flags?: readonly string[];
  readonly out: string;
  readonly compiler?: string;
  /** How long the compiler may take. */
  readonly limitSeconds?: number;
  /** Receives what the compiler says, errors and warnings. */
  readonly onSaid?: (text: string) => void;
}

/** Builds the user's own program for a chip. @throws UserError where a source is missing or the compiler refuses it */
export function buildProgram(program: UserProgram, config: ChipConfig): void {
  const { sources, flags = [], out, compiler = COMPILER, limitSeconds, onSaid } = program;
  for (const source of sources) {
    const suffixes = SUFFIXES.join(', ');
    if (!SUFFIXES.some((suffix) => suffix === extname(source))) throw new UserError(`${source}: is no source; give files that end in ${suffixes}`);
    if (!existsSync(source)) throw new UserError(`${source}: no such file; give files that end in ${suffixes}`);
    if (!statSync(source).isFile()) throw new UserError(`${source}: is not a file; give files that end in ${suffixes}`);
    mustDiffer({ source, '-o': out });
  }
  // Headers and linker script that we make do not belong beside what the user asked for.
  const support = join(DEFAULT_OUT, 'support', String(config.simulation.ramBytes));
  compileProgram({
    name: basename(out), sources, flags: [...USER_CODE, ...flags], out, support, compiler,
    ...(limitSeconds === undefined ? {} : { limitSeconds }), ...(onSaid ? { onSaid } : {}), ...chipOf(config),
  });
}

const chipOf = ({ core, simulation }: ChipConfig): { readonly march: string; readonly ramBytes: number } =>
  ({ march: marchOf(core.isa), ramBytes: simulation.ramBytes });
