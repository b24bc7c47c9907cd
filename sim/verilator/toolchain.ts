/**
 * The programs that turn SystemVerilog into an addon: finds them, or says in one line which are missing and how to get
 * them. Must not know what is built.
 */
import { accessSync, constants, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, dirname, join } from 'node:path';
import { UserError } from '../../gen/user-error.ts';
import { askProgram } from '../processes/children.ts';

export interface Toolchain {
  /** What `verilator --version` says. */
  readonly verilatorVersion: string;
  /** What the C++ compiler's `--version` says, first line. */
  readonly compilerVersion: string;
  /** Directory of Verilator's C++ runtime. */
  readonly verilatorInclude: string;
  readonly nodeApiInclude: string;
  readonly nodeAddonApiInclude: string;
  /** cmake-js's script, to be run by Node. */
  readonly cmakeJs: string;
}

interface Need {
  readonly what: string;
  /** Any of these programs will do. */
  readonly programs: readonly string[];
  readonly debianPackage: string;
}

const NEEDS: readonly Need[] = [
  { what: 'verilator', programs: ['verilator'], debianPackage: 'verilator' },
  { what: 'a C++ compiler', programs: ['g++', 'clang++'], debianPackage: 'g++' },
  { what: 'cmake', programs: ['cmake'], debianPackage: 'cmake' },
  { what: 'ninja or make', programs: ['ninja', 'make'], debianPackage: 'ninja-build' },
];

function isOnPath(program: string): boolean {
  return (process.env.PATH ?? '').split(delimiter).some((directory) => {
    const file = join(directory || '.', program);
    try {
      accessSync(file, constants.X_OK);
      return statSync(file).isFile();
    } catch {
      return false;
    }
  });
}

/** What is missing for the verilator engine as one line with the command that installs it, or undefined: nothing is. */
export function missingTools(): string | undefined {
  const missing = NEEDS.filter((need) => !need.programs.some(isOnPath));
  if (missing.length === 0) return undefined;
  const what = missing.map((need) => need.what).join(', ');
  const packages = missing.map((need) => need.debianPackage).join(' ');
  return `engine verilator: ${what} not found; install with \`sudo apt-get install -y ${packages}\` or use the engine wasm`;
}

async function firstLines(program: string, options: readonly string[]): Promise<string> {
  try {
    return await askProgram(program, options);
  } catch (error) {
    throw new UserError(`engine verilator: \`${program} ${options.join(' ')}\` failed: ${error instanceof Error ? error.message : String(error)}`);
  }
}

const found = new Map<string, Promise<Toolchain>>();

/** @throws UserError naming what is missing and the command that installs it */
export function findToolchain(): Promise<Toolchain> {
  const path = process.env.PATH ?? '';
  let toolchain = found.get(path);
  if (!toolchain) {
    toolchain = lookUp();
    found.set(path, toolchain);
    toolchain.catch(() => found.delete(path)); // what was missing may be installed by the next call
  }
  return toolchain;
}

async function lookUp(): Promise<Toolchain> {
  const missing = missingTools();
  if (missing !== undefined) throw new UserError(missing);
  const compiler = process.env.CXX ?? (isOnPath('g++') ? 'g++' : 'clang++');
  const [verilatorVersion, root, compilerText] = await Promise.all([
    firstLines('verilator', ['--version']),
    firstLines('verilator', ['--getenv', 'VERILATOR_ROOT']),
    firstLines(compiler, ['--version']),
  ]);
  const require = createRequire(import.meta.url);
  return {
    verilatorVersion: verilatorVersion.trim(),
    compilerVersion: compilerText.split('\n')[0],
    verilatorInclude: join(root.trim(), 'include'),
    nodeApiInclude: join(dirname(require.resolve('node-api-headers/package.json')), 'include'),
    nodeAddonApiInclude: dirname(require.resolve('node-addon-api/package.json')),
    cmakeJs: join(dirname(require.resolve('cmake-js/package.json')), 'bin', 'cmake-js'),
  };
}
