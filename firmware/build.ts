// Builds the C examples with the stock RISC-V GNU compiler: generated header and linker script, start-up code, library, one ELF each.
// Must not know: engines, what an example does.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { UserError } from '../gen/user-error.ts';
import { cHeader } from '../sw/firmware/c-header.ts';
import { linkerScript } from '../sw/firmware/linker-script.ts';

const HERE = dirname(fileURLToPath(import.meta.url));
const DEFAULT_OUT = join(dirname(HERE), 'build', 'firmware');
const COMPILER = 'riscv64-unknown-elf-gcc';
const FLAGS = [
  '-march=rv32im_zicsr', '-mabi=ilp32', '-mcmodel=medany', '-std=c11', '-O2', '-Wall', '-Wextra', '-Werror',
  '-ffreestanding', '-fno-tree-loop-distribute-patterns', '-nostdlib', '-nostartfiles', '-static',
  '-ffunction-sections', '-Wl,--gc-sections', '-Wl,--build-id=none',
] as const;
/** All chips that come with Systole have at least as much. */
const DEFAULT_RAM_BYTES = 1024 * 1024;

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
  const include = join(outDir, 'include');
  mkdirSync(include, { recursive: true });
  writeFileSync(join(include, 'systole.h'), cHeader());
  const script = join(outDir, 'systole.ld');
  writeFileSync(script, linkerScript(ramBytes));
  const library = readdirSync(join(HERE, 'lib')).filter((file) => file.endsWith('.c')).sort().map((file) => join(HERE, 'lib', file));
  const built = new Map<string, string>();
  for (const file of readdirSync(join(HERE, 'examples')).filter((name) => name.endsWith('.c')).sort()) {
    const name = basename(file, '.c');
    const elf = join(outDir, `${name}.elf`);
    const unfinished = `${elf}.${process.pid}.tmp`;
    try {
      run(compiler, [
        ...FLAGS, `-I${include}`, `-I${join(HERE, 'lib')}`, join(HERE, 'crt0.S'), join(HERE, 'examples', file), ...library,
        '-lgcc', `-T${script}`, '-o', unfinished,
      ], name);
      renameSync(unfinished, elf);
    } finally {
      rmSync(unfinished, { force: true });
    }
    built.set(name, elf);
    onBuilt?.(elf);
  }
  return built;
}

function run(compiler: string, args: readonly string[], name: string): void {
  try {
    execFileSync(compiler, args, { stdio: ['ignore', 'ignore', 'pipe'], encoding: 'utf8' });
  } catch (error) {
    const { code, stderr } = error as { code?: string; stderr?: string };
    if (code === 'ENOENT') throw new UserError(`${compiler}: is not installed; run: sudo apt-get install -y gcc-riscv64-unknown-elf`);
    throw new UserError(`firmware ${name}: ${compiler} refused it: ${(stderr ?? '').trim() || String(error)}; mend the source`);
  }
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  try {
    buildFirmware({ onBuilt: (file) => process.stdout.write(`${file}\n`) });
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    process.stderr.write(`firmware: ${error.message}\n`);
    process.exitCode = 2;
  }
}
