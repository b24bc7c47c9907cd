// `npm run firmware`: builds the C examples, or CoreMark from the user's copy of it, with the stock RISC-V GNU compiler.
// Must not know: engines, what an example does.
import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { UserError } from '../gen/user-error.ts';
import { corePreset } from './bench.ts';
import { COMPILER, compileProgram, DEFAULT_OUT, DEFAULT_RAM_BYTES, HERE, OWN_CODE } from './compiler.ts';
import { buildCoremark } from './coremark.ts';

/** Runs on every chip with a multiplier. */
const MARCH = 'rv32im_zicsr';

export interface FirmwareOptions {
  readonly outDir?: string;
  /** RAM that the programs may use. */
  readonly ramBytes?: number;
  readonly compiler?: string;
  readonly onBuilt?: (file: string) => void;
}

/**
 * Builds every example; returns the files by the examples' names.
 * @throws UserError where the compiler is missing or does not accept a program
 */
export function buildFirmware({ outDir = DEFAULT_OUT, ramBytes = DEFAULT_RAM_BYTES, compiler = COMPILER,
  onBuilt }: FirmwareOptions = {}): ReadonlyMap<string, string> {
  const built = new Map<string, string>();
  for (const file of readdirSync(join(HERE, 'examples')).filter((name) => name.endsWith('.c')).sort()) {
    const name = basename(file, '.c');
    const out = join(outDir, `${name}.elf`);
    compileProgram({ name, sources: [join(HERE, 'examples', file)], march: MARCH, flags: OWN_CODE, out, ramBytes, compiler });
    built.set(name, out);
    onBuilt?.(out);
  }
  return built;
}

const USAGE = 'usage: npm run firmware [-- coremark --source DIR [--core small|balanced|fast] [--march M] [--iterations N] [--flags="…"] [--out FILE]]';

function main(args: readonly string[]): void {
  const said = (file: string): void => void process.stdout.write(`${file}\n`);
  if (args.length === 0) {
    buildFirmware({ onBuilt: said });
    return;
  }
  const [what, ...rest] = args;
  if (what !== 'coremark') throw new UserError(USAGE);
  const text = { type: 'string' } as const;
  const { source, core = 'fast', march, iterations, flags, out } = parse(rest, { source: text, core: text, march: text, iterations: text, flags: text, out: text });
  if (source === undefined) throw new UserError(USAGE);
  if (iterations !== undefined && !/^[1-9]\d*$/.test(iterations)) throw new UserError(`--iterations ${iterations}: is not a whole number from 1; give one`);
  said(buildCoremark({
    source, isa: corePreset(core).isa,
    ...(march === undefined ? {} : { march }), ...(iterations === undefined ? {} : { iterations: Number(iterations) }),
    ...(flags === undefined ? {} : { flags: flags.split(/\s+/).filter((f) => f !== '') }), out: out ?? join(DEFAULT_OUT, 'coremark', `${core}.elf`),
  }));
}

function parse<Name extends string>(args: string[], options: Record<Name, { type: 'string' }>): Partial<Record<Name, string>> {
  try {
    return parseArgs({ args, options }).values as Partial<Record<Name, string>>;
  } catch (error) {
    throw new UserError(`${error instanceof Error ? error.message : String(error)}; ${USAGE}`);
  }
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  try {
    main(process.argv.slice(2));
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    process.stderr.write(`firmware: ${error.message}\n`);
    process.exitCode = 2;
  }
}
