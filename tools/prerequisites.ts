/**
 * The programs from outside npm that tests and flows use where they find them, and how to get each. The one table of Debian
 * packages; used by the test runner, which installs them when `CI` is set and otherwise says what it skips.
 */
import { spawnSync } from 'node:child_process';

export interface Prerequisite {
  readonly program: string;
  readonly packages: readonly string[];
  /** What is left out without it. */
  readonly uses: string;
}

export const PREREQUISITES: readonly Prerequisite[] = [
  { program: 'verilator', packages: ['verilator'], uses: 'the verilator engine, lint of the emitted SystemVerilog' },
  { program: 'g++', packages: ['g++', 'make'], uses: 'the verilator engine' },
  { program: 'cmake', packages: ['cmake', 'ninja-build'], uses: 'the verilator engine' },
  { program: 'iverilog', packages: ['iverilog'], uses: 'the second simulator on the emitted SystemVerilog' },
  { program: 'yosys', packages: ['yosys'], uses: 'synthesis checks of the emitted SystemVerilog' },
  { program: 'gdb-multiarch', packages: ['gdb-multiarch'], uses: 'the test of the GDB stub with the stock debugger' },
  { program: 'riscv64-unknown-elf-gcc', packages: ['gcc-riscv64-unknown-elf', 'picolibc-riscv64-unknown-elf'], uses: 'firmware examples, comparison of our encodings with the GNU assembler' },
];

export function isInstalled(program: string): boolean {
  return spawnSync('sh', ['-c', `command -v ${program}`], { stdio: 'ignore' }).status === 0;
}

/** Installs what is missing with apt. Returns the programs that are still missing. */
export function installMissing(log: (line: string) => void): readonly Prerequisite[] {
  const missing = PREREQUISITES.filter((p) => !isInstalled(p.program));
  if (missing.length === 0) return [];
  const packages = [...new Set(missing.flatMap((p) => p.packages))];
  log(`installing ${packages.join(' ')}`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  for (const args of [['update', '-qq'], ['install', '-y', '-qq', ...packages]]) {
    const run = spawnSync('apt-get', args, { env, stdio: ['ignore', 'ignore', 'inherit'] });
    if (run.status !== 0) log(`apt-get ${args[0]} ended with status ${run.status ?? 'none'}`);
  }
  return PREREQUISITES.filter((p) => !isInstalled(p.program));
}
