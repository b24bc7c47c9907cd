/**
 * From emitted SystemVerilog to a loadable addon: verilate, compile, link, all in the cache. Must not know the design
 * beyond its text, nor how the addon is used.
 */
import { copyFile, readFile, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { appendFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { filesOf } from '../../gen/print/systemverilog.ts';
import type { SourceFile } from '../../gen/print/systemverilog.ts';
import { UserError } from '../../gen/user-error.ts';
import { runProgram } from '../processes/children.ts';
import { tellBuild } from './build-progress.ts';
import { cacheRoot, cached, contentKey, failedDirectory, finalDirectory, lookUp, prune } from './cache.ts';
import { PORT_PREFIX } from './shell.ts';
import { findToolchain, type Toolchain } from './toolchain.ts';
import { translationUnits } from './units.ts';

export interface VerilatedSource {
  /** What progress lines call the design. */
  readonly name: string;
  readonly top: string;
  /** In order of compilation. */
  readonly files: readonly SourceFile[];
  /** Text of the Verilator control file. */
  readonly control: string;
}

export interface Addon {
  /** Path of the `.node` file. */
  readonly path: string;
  /** Time spent building; 0 if it was in the cache. */
  readonly buildSeconds: number;
}

const NATIVE = join(dirname(fileURLToPath(import.meta.url)), 'native');
const RUNTIME_FILES = ['CMakeLists.txt', 'addon.cpp', 'model.h', 'print.h', 'simulation.cpp', 'simulation.h'];
const DESIGN_FILES = ['CMakeLists.txt', 'model.cpp', 'model.h'];
/** cmake-js asks the package around the sources whether they use Node-API. */
const PACKAGE = '{ "name": "systole-verilated-design", "private": true, "binary": { "napi_versions": [8] } }\n';
const LOG = 'build.log';
/** A result takes about half a megabyte. */
const KEPT_RESULTS = 200;
const RUNTIME_LIBRARY = 'libruntime.a';
const ADDON = 'sim.node';

/**
 * Warnings are the printer's tests' business. Verilator 5.006 with `-fno-dfg` evaluates split neighbour arrays of grids too late
 * (random design 40 of the tests), so the pass stays on. Split so that a large design compiles in parallel.
 */
const VERILATOR_OPTIONS = [
  '--cc', '-O3', '--x-assign', '0', '--x-initial', '0', '--no-timing', '-Wno-fatal', '-Wno-lint', '-Wno-style',
  '--output-split', '10000', '--output-split-cfuncs', '2000', '--prefix', 'Vsim', '--Mdir', 'verilated',
]; // prettier-ignore

/** @throws UserError when a tool is missing or fails */
export async function buildAddon(source: VerilatedSource, onProgress: (line: string) => void): Promise<Addon> {
  const tools = await findToolchain();
  const runtimeTexts = await texts(RUNTIME_FILES);
  const runtimeKey = `runtime-${contentKey([tools.verilatorVersion, tools.compilerVersion, process.arch, ...runtimeTexts])}`;
  const designTexts = await texts(DESIGN_FILES);
  const data = source.files.flatMap((f) => f.data ?? []);
  const key = contentKey([
    runtimeKey, ...designTexts, ...VERILATOR_OPTIONS, source.top, source.control,
    ...source.files.flatMap((f) => [f.name, circuitOf(f.text)]),
    // The simulation reads these when it begins, by paths that were built into it.
    ...(data.length > 0 ? [cacheRoot(), ...data.flatMap((f) => [f.name, f.text])] : []),
  ]); // prettier-ignore

  const start = performance.now();
  const result = { key, files: [ADDON, ...data.map((f) => f.name)] };
  const options = {
    unfit: unfitForCmake,
    onWait: (): void => onProgress(`verilator: waiting for another process that builds ${source.name}`),
    onNote: once((line) => onProgress(`verilator: ${line}`)),
  };
  const known = await lookUp(result, options);
  if (known !== undefined) return { path: join(known, ADDON), buildSeconds: 0 };
  const runtime = await cached({ key: runtimeKey, files: [RUNTIME_LIBRARY] }, (work) => {
    onProgress('verilator: building the runtime (once)');
    return buildRuntime(work, tools, tellBuild('the runtime', onProgress));
  }, options);
  const { directory, hit } = await cached(result, (work) => {
    onProgress(`verilator: building ${source.name}`);
    return buildDesign(work, source, join(runtime.directory, RUNTIME_LIBRARY), tools, tellBuild(source.name, onProgress));
  }, options);
  const buildSeconds = hit ? 0 : (performance.now() - start) / 1000;
  if (!hit) await prune(/^[0-9a-f]{24}(\.failed)?$/, KEPT_RESULTS, dirname(directory));
  if (!hit) onProgress(`verilator: built ${source.name} in ${buildSeconds.toFixed(1)} s`);
  return { path: join(directory, ADDON), buildSeconds };
}

/** In paths, too, CMake splits lists at `;`, ends texts at `"`, and looks for files by patterns. */
export function unfitForCmake(folder: string): string | undefined {
  const found = /[;"\\*?[\p{Cc}]/u.exec(resolve(folder))?.[0];
  return found === undefined ? undefined : `CMake cannot build in a path with ${JSON.stringify(found)}`;
}

/** Hands on a line that it has not handed on before: runtime and design have the same to say of a folder. */
function once(tell: (line: string) => void): (line: string) => void {
  const told = new Set<string>();
  return (line) => {
    if (!told.has(line)) tell(line);
    told.add(line);
  };
}

/** The text without its comments, which name source lines: moving a line must not build the same circuit again. */
function circuitOf(text: string): string {
  return text.replace(/^[ \t]*\/\/.*$/gm, '//');
}

function texts(names: readonly string[]): Promise<string[]> {
  return Promise.all(names.map((name) => readFile(join(NATIVE, name), 'utf8')));
}

type OnOutput = (output: string) => void;

async function buildRuntime(work: string, tools: Toolchain, onOutput: OnOutput): Promise<void> {
  await copyNative(RUNTIME_FILES, work);
  await compile(work, tools, ['--CDSYSTOLE_PART=runtime'], onOutput);
  await rename(join(work, 'build', RUNTIME_LIBRARY), join(work, RUNTIME_LIBRARY));
  await rm(join(work, 'build'), { recursive: true });
}

async function buildDesign(work: string, source: VerilatedSource, runtime: string, tools: Toolchain, onOutput: OnOutput): Promise<void> {
  await copyNative(DESIGN_FILES, work);
  for (const { name, text } of filesOf(source.files)) await writeFile(join(work, name), text);
  await writeFile(join(work, 'public.vlt'), source.control);
  await run(work, 'verilator', [...VERILATOR_OPTIONS, `-DSYSTOLE_DATA="${finalDirectory(work)}/"`, '--top-module', source.top, 'public.vlt', ...source.files.map((f) => f.name)]);
  await writeFile(join(work, 'ports.inc'), portTable(await readFile(join(work, 'verilated', 'Vsim.h'), 'utf8')));
  const generated = (await readdir(join(work, 'verilated'))).filter((name) => name.endsWith('.cpp')).sort();
  const sized = generated.map(async (name) => ({ name, bytes: (await stat(join(work, 'verilated', name))).size }));
  for (const unit of translationUnits(await Promise.all(sized))) await writeFile(join(work, unit.name), unit.text);
  await compile(work, tools, ['--CDSYSTOLE_PART=design', `--CDSYSTOLE_RUNTIME=${runtime}`], onOutput);
  await rename(join(work, 'build', 'Release', ADDON), join(work, ADDON));
  await rm(join(work, 'build'), { recursive: true });
  await rm(join(work, 'verilated'), { recursive: true });
}

/** One line a port from the header of Verilator's class, which spells `__` within a name in its own way. */
function portTable(header: string): string {
  const lines: string[] = [];
  for (const [, member] of header.matchAll(/^\s*VL_(?:IN|OUT)(?:8|16|64|W)?\(&(\w+),/gm)) {
    const name = member.slice(PORT_PREFIX.length).replaceAll('__05F', '_');
    lines.push(`SYSTOLE_PORT("${name}", ${member})`);
  }
  return lines.join('\n') + '\n';
}

async function copyNative(names: readonly string[], work: string): Promise<void> {
  for (const name of names) await copyFile(join(NATIVE, name), join(work, name));
  await writeFile(join(work, 'package.json'), PACKAGE);
}

function compile(work: string, tools: Toolchain, definitions: readonly string[], onOutput: OnOutput): Promise<void> {
  return run(work, process.execPath, [
    tools.cmakeJs,
    'build',
    '--directory', work,
    '--parallel', String(availableParallelism()),
    `--CDVERILATOR_INCLUDE=${tools.verilatorInclude}`,
    `--CDNODE_API_INCLUDE=${tools.nodeApiInclude}`,
    `--CDNODE_ADDON_API_INCLUDE=${tools.nodeAddonApiInclude}`,
    ...definitions,
  ], onOutput); // prettier-ignore
}

/** Runs a program in `work` with its output in the log. */
async function run(work: string, program: string, options: readonly string[], onOutput: OnOutput = () => undefined): Promise<void> {
  const log = join(work, LOG);
  appendFileSync(log, `$ ${program} ${options.join(' ')}\n`);
  let output = '';
  const receive = (chunk: Buffer): void => {
    output += chunk.toString();
    appendFileSync(log, chunk);
    onOutput(chunk.toString());
  };
  const status = await runProgram(program, options, receive, { cwd: work, scratch: work });
  if (status === 0) return;
  const line = firstError(output)?.replaceAll(`${work}/`, '') ?? `${program} ended with status ${status}`;
  throw new UserError(`engine verilator: ${line}; the full log is ${join(failedDirectory(work), LOG)}`);
}

function firstError(output: string): string | undefined {
  const lines = output.split('\n');
  return (lines.find((line) => /%Error|\berror:|CMake Error|\bERR\b/.test(line)) ?? lines.find((line) => /error/i.test(line)))?.trim();
}
