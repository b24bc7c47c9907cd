// The stock RISC-V GNU compiler: how a core's instruction set is called there, and how one program is made.
// Must not know: which programs there are.
import { existsSync, writeFileSync } from 'node:fs';
import { basename, dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readInput, readKeptText } from '../gen/files/input.ts';
import { mustTakeFile, withScratchFolder, writeWhole } from '../gen/files/output.ts';
import { UserError } from '../gen/user-error.ts';
import { NO_SUCH_PROGRAM, runProgramNow } from '../sim/processes/children.ts';
import { cHeader } from '../sw/firmware/c-header.ts';
import { linkerScript } from '../sw/firmware/linker-script.ts';
import { isPlain, keepObjects, keptObjects, keyOf, libraryIn } from './library.ts';
import { COMPILER_LIMITS, COMPILER_SECONDS, refusalOf, show } from './refusals.ts';

/** What the compiler calls a core's instruction set. */
export { marchOf } from '../hw/isa/arch-string.ts';

export const HERE = dirname(fileURLToPath(import.meta.url));
export const DEFAULT_OUT = join(dirname(HERE), 'build', 'firmware');
export const COMPILER = 'riscv64-unknown-elf-gcc';
/** A program with its debug information is far smaller. */
const PROGRAM_BYTES = 2 ** 30;
/** Where Debian puts picolibc. */
const PICOLIBC = '/usr/lib/picolibc/riscv64-unknown-elf';
/** All chips that come with Systole have at least as much. */
export const DEFAULT_RAM_BYTES = 1024 * 1024;

/** Flags without which a program would not start. */
const NEEDED = ['-mabi=ilp32', '-mcmodel=medany', '-ffreestanding', '-fno-tree-loop-distribute-patterns', '-nostdlib', '-nostartfiles', '-static',
  '-ffunction-sections', '-Wl,--gc-sections', '-Wl,--build-id=none', '-Wl,--no-warn-rwx-segments'] as const;

/** A loop whose first instruction lies in two words costs a cycle a round more: what stands before it is not to decide that. */
export const PLACED = ['-falign-functions=4', '-falign-loops=4'] as const;

export const OWN_CODE = ['-std=c11', '-O2', ...PLACED, '-g', '-Wall', '-Wextra', '-Werror'] as const;

export interface Program {
  readonly name: string;
  readonly sources: readonly string[];
  readonly includes?: readonly string[];
  /** Text of `-march=`. */
  readonly march: string;
  readonly flags: readonly string[];
  readonly out: string;
  /** With the headers and functions of a C library: programs of others want them. Ours do without. */
  readonly hasLibrary?: boolean;
  /** Folder for the header and the linker script that are made; default: that of `out`. */
  readonly support?: string;
  /** Folder that holds start-up code and library; default: ours. */
  readonly home?: string;
  readonly ramBytes?: number;
  readonly compiler?: string;
  /** How long the compiler may take; default: longer than any program of ours takes. */
  readonly limitSeconds?: number;
  /** Receives what the compiler has to say, where that is not the reason of a UserError: warnings, or the errors of the user's sources. */
  readonly onSaid?: (text: string) => void;
}

/**
 * Compiles and links one program with start-up code and library, all of it with the same flags. The file is whole or not there; it is the
 * same to the last byte whether this process has compiled the library like that before, and links what it has kept of it, or not.
 * @throws UserError where the compiler is missing or does not accept the program
 */
export function compileProgram({
  name, sources, includes = [], march, flags, out, hasLibrary = false, ramBytes = DEFAULT_RAM_BYTES, compiler = COMPILER,
  support = dirname(out), home = HERE, limitSeconds = COMPILER_SECONDS, onSaid,
}: Program): void {
  const [before, after] = hasLibrary ? hosted(march) : [[], []];
  mustTakeFile(out);
  const include = join(support, 'include');
  const header = cHeader();
  writeOnce(join(include, 'systole.h'), header);
  const script = join(support, 'systole.ld');
  writeOnce(script, linkerScript(ramBytes));
  const library = libraryIn(home);
  const all = [`-march=${march}`, ...NEEDED, ...before, ...flags, `-I${include}`, `-I${library.folder}`, ...includes.map((i) => `-I${i}`)];
  // Headers of others may lie where the library finds them before those of the compiler.
  const key = hasLibrary || includes.length > 0 || !isPlain(flags) ? undefined : keyOf({ library, compiler, flags: all, include, header });
  withScratchFolder((scratch) => {
    const made = join(scratch, 'program.elf');
    const call = { name, compiler, out, limitSeconds, scratch, onSaid };
    const end = [...after, arithmetic(compiler, march, name, out), `-T${script}`, '-o', made];
    const link = (start: string, others: readonly string[]): readonly string[] => [...all, start, ...sources, ...others, ...end];
    if (key === undefined) {
      execute(call, link(library.start, library.sources));
    } else {
      const own = [library.start, ...library.sources].map((source) => ({ source, object: join(scratch, `${basename(source, extname(source))}.o`) }));
      const [start, ...others] = own.map(({ object }) => object);
      const kept = keptObjects(key);
      for (const [object, bytes] of kept ?? []) writeFileSync(join(scratch, object), bytes);
      const compile = kept ? [] : own.map(({ source, object }) => [...all, '-c', source, '-o', object]);
      const { stderr } = execute(call, ...compile, link(start, others));
      // What the compiler says of the library it is to say every time.
      if (!kept && stderr === '') keepObjects(key, [start, ...others]);
    }
    if (!existsSync(made)) throw new UserError(`${name}: ${compiler} has made no program; leave out the flags that keep it from that, such as --help`);
    writeWhole(out, readInput(made, { wanted: 'mend the flags', mostBytes: PROGRAM_BYTES }));
  });
}

/** Debian's C library for this compiler: what stands before the sources, and what after. @throws UserError where it is missing */
function hosted(march: string): readonly [readonly string[], readonly string[]] {
  const folder = join(PICOLIBC, 'lib', baseOf(march), 'ilp32');
  if (!existsSync(join(folder, 'libm.a'))) throw new UserError(`${folder}: has no libm.a; run: sudo apt-get install -y picolibc-riscv64-unknown-elf`);
  return [['-fhosted', '-isystem', join(PICOLIBC, 'include')], [`-L${folder}`, '-Wl,--start-group', '-lm', '-lc', '-Wl,--end-group']];
}

/** Another build may be reading the file: it is never seen empty. */
function writeOnce(file: string, text: string): void {
  if (readKeptText(file, Buffer.byteLength(text)) !== text) writeWhole(file, text);
}

/** The instruction set by which a compiler finds its libraries, as it does not find them by longer names. */
const baseOf = (march: string): 'rv32im' | 'rv32i' => march.startsWith('rv32im') ? 'rv32im' : 'rv32i';

const known = new Map<string, string>();

/** The compiler's own arithmetic (division, floating point). Asked once in a process: that takes a quarter of a small program's time. */
function arithmetic(compiler: string, march: string, name: string, out: string): string {
  const key = `${baseOf(march)} ${compiler}`;
  const file = known.get(key) ?? execute({ name, compiler, out }, [`-march=${baseOf(march)}`, '-mabi=ilp32', '-print-libgcc-file-name']).stdout.trim();
  known.set(key, file);
  return file;
}

/** `GCC 12.2.0`. @throws UserError where it is missing */
export function compilerVersion(compiler = COMPILER): string {
  return `GCC ${execute({ name: 'version', compiler, out: '' }, ['-dumpfullversion']).stdout.trim()}`;
}

interface Call {
  /** What is built, for messages. */
  readonly name: string;
  readonly compiler: string;
  readonly out: string;
  readonly limitSeconds?: number;
  /** Folder for all that is unfinished, of no use when the compiler is ended early. */
  readonly scratch?: string;
  readonly onSaid?: ((text: string) => void) | undefined;
}

interface Said {
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the compiler, several times where it is given several lines of arguments, and returns what it says. @throws UserError */
function execute(call: Call, ...lines: readonly (readonly string[])[]): Said {
  const { name, compiler, out, limitSeconds = COMPILER_SECONDS, scratch, onSaid } = call;
  // One process watches over all of them: to start it takes longer than to compile a short file.
  const script = lines.map((line) => [compiler, ...line].map(quoted).join(' ')).join('\n');
  const [program, args] = lines.length === 1 ? [compiler, lines[0]] : ['sh', ['-ec', script]] as const;
  const { status, stdout, stderr } = runProgramNow(program, args, {
    limitSeconds, most: COMPILER_LIMITS,
    // Where a signal ends it, it leaves its own unfinished files behind.
    ...(scratch === undefined ? {} : { scratch, env: { ...process.env, TMPDIR: scratch } }),
  });
  if (status === NO_SUCH_PROGRAM) throw new UserError(`${compiler}: is not installed; run: sudo apt-get install -y gcc-riscv64-unknown-elf`);
  if (status !== 0) throw refusalOf({ name, compiler, status, stderr, out, limitSeconds }, onSaid);
  if (onSaid) show(stderr, onSaid);
  return { stdout, stderr };
}

/** As one word for the shell. */
const quoted = (word: string): string => `'${word.replaceAll("'", String.raw`'\''`)}'`;
