// `npm run firmware`: builds C programs for a chip, or CoreMark from the user's copy of it, with the stock RISC-V GNU compiler.
// Must not know: engines, what a program does.
import { basename, extname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import type { ParseArgsConfig } from 'node:util';
import { mustDiffer } from '../gen/files/output.ts';
import { watchStandardStreams } from '../gen/standard-streams.ts';
import { UserError } from '../gen/user-error.ts';
import { usersFolder } from '../gen/users-folder.ts';
import { CORE_PRESETS } from '../hw/core/config.ts';
import { loadConfig } from '../hw/soc/config-file.ts';
import { corePreset } from './bench.ts';
import { DEFAULT_OUT } from './compiler.ts';
import { buildCoremark } from './coremark.ts';
import { buildExamples, buildProgram } from './programs.ts';

/** How the script of package.json runs it. */
const OWN_SCRIPT = 'tsx firmware/build.ts';
const DEFAULT_CONFIG = 'base';
const TEXT = { type: 'string' } as const;
const HINT = 'npm run firmware -- --help lists what there is';

const USAGE = `usage: npm run firmware [-- [FILE.c ...] [--config CHIP] [-o FILE.elf] [--flags="..."]]
       npm run firmware -- coremark --source DIR [--core ${Object.keys(CORE_PRESETS).join('|')}] [--march M] [--iterations N] [--flags="..."] [--out FILE]

Without a file: the examples. CHIP is a TOML file or the name of a preset (default: ${DEFAULT_CONFIG}); the program is built for its
instruction set and its memory, into build/firmware/, or build/firmware/CHIP/ where --config names one.`;

function main(args: string[]): void {
  const [what, ...rest] = args;
  if (what === 'coremark') coremark(rest);
  else programs(args);
}

const said = (file: string): void => void process.stdout.write(`${file}\n`);
const flagsOf = (text: string): readonly string[] => text.split(/\s+/).filter((flag) => flag !== '');

/** The user's own program, or the examples. */
function programs(args: string[]): void {
  const { values, positionals } = parse(args, { config: TEXT, out: { ...TEXT, short: 'o' }, flags: TEXT, help: { type: 'boolean', short: 'h' } });
  if (values.help === true) {
    process.stdout.write(`${USAGE}\n`);
    return;
  }
  const config = loadConfig(values.config ?? DEFAULT_CONFIG);
  const outDir = values.config === undefined ? DEFAULT_OUT : join(DEFAULT_OUT, basename(config.file, '.toml'));
  if (positionals.length === 0) {
    if (values.out !== undefined || values.flags !== undefined) throw new UserError(`-o and --flags are for a program of your own; name its sources. ${HINT}`);
    buildExamples(config, { outDir, onBuilt: said });
    return;
  }
  const out = values.out ?? join(outDir, `${basename(positionals[0], extname(positionals[0]))}.elf`);
  mustDiffer({ '--config': config.file, '-o': out });
  buildProgram({ sources: positionals, flags: flagsOf(values.flags ?? ''), out, onSaid: (text) => void process.stderr.write(text) }, config);
  said(out);
}

function coremark(args: string[]): void {
  const { values, positionals } = parse(args, { source: TEXT, core: TEXT, march: TEXT, iterations: TEXT, flags: TEXT, out: TEXT });
  const { source, core = 'fast', march, iterations, flags, out } = values;
  if (positionals.length > 0) throw new UserError(`coremark takes no argument ${positionals[0]}; ${HINT}`);
  if (source === undefined) throw new UserError(`coremark needs --source, the folder of a copy of github.com/eembc/coremark; ${HINT}`);
  if (iterations !== undefined && !/^[1-9]\d*$/.test(iterations)) throw new UserError(`--iterations ${iterations}: is not a whole number from 1; give one`);
  said(buildCoremark({
    source, isa: corePreset(core).isa,
    ...(march === undefined ? {} : { march }), ...(iterations === undefined ? {} : { iterations: Number(iterations) }),
    ...(flags === undefined ? {} : { flags: flagsOf(flags) }), out: out ?? join(DEFAULT_OUT, 'coremark', `${core}.elf`),
  }));
}

function parse<T extends NonNullable<ParseArgsConfig['options']>>(args: string[], options: T) {
  try {
    const { values, positionals, tokens } = parseArgs({ args, options, allowPositionals: true, tokens: true });
    const names = tokens.flatMap((token) => (token.kind === 'option' ? [token.name] : []));
    const twice = names.find((name, i) => names.indexOf(name) < i);
    if (twice !== undefined) throw new UserError(`--${twice}: is given twice; give it once`);
    return { values, positionals };
  } catch (error) {
    if (error instanceof UserError) throw error;
    // What Node advises besides is for other programs.
    throw new UserError(`${(error instanceof Error ? error.message : String(error)).split('. ')[0]}; ${HINT}`);
  }
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  watchStandardStreams('firmware');
  const folder = usersFolder(process.env, OWN_SCRIPT);
  if (folder !== undefined) process.chdir(folder);
  try {
    main(process.argv.slice(2));
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    process.stderr.write(`firmware: ${error.message}\n`);
    process.exitCode = 2;
  }
}
