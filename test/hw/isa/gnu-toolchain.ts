/**
 * The GNU RISC-V assembler and disassembler as an independent witness in tests. Must not know our tables.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const PREFIX = 'riscv64-unknown-elf-';
const GNU_ARCH = 'rv32imc_zicsr_zifencei_zba_zbb_zbs';

/** True when the toolchain is there. When it is not: says so once, and under CI=true lets the tests run and fail. */
export function hasGnuToolchain(): boolean {
  const found = ['as', 'ld', 'objcopy', 'objdump', 'readelf'].every((tool) => spawnSync(PREFIX + tool, ['--version']).status === 0);
  if (found || process.env.CI === 'true') return true;
  console.log(`skipped: comparison with the GNU assembler needs ${PREFIX}as (apt-get install binutils-riscv64-unknown-elf)`);
  return false;
}

function inTemporary<T>(work: (path: (name: string) => string) => T): T {
  const directory = mkdtempSync(join(tmpdir(), 'systole-gnu-'));
  try {
    return work((name) => join(directory, name));
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** The bytes of .text when GNU as assembles a source for RV32, without choosing 16-bit encodings by itself. */
export function gnuAssemble(source: string): Uint8Array {
  return textOf(source, undefined);
}

/** The same after GNU ld has put .text at an address, without shortening anything. */
export function gnuLink(source: string, address: number): Uint8Array {
  return textOf(source, address);
}

function textOf(source: string, linkAt: number | undefined): Uint8Array {
  return inTemporary((path) => {
    writeFileSync(path('a.s'), `.option norvc\n.option norelax\n${source}\n`);
    const quiet = { stdio: ['ignore', 'ignore', 'pipe'] as ('ignore' | 'pipe')[] };
    execFileSync(`${PREFIX}as`, [`-march=${GNU_ARCH}`, '-mabi=ilp32', path('a.s'), '-o', path('a.o')], quiet);
    if (linkAt !== undefined) {
      const flags = ['-melf32lriscv', '--no-relax', '-e', '0', `-Ttext=0x${linkAt.toString(16)}`];
      execFileSync(`${PREFIX}ld`, [...flags, path('a.o'), '-o', path('a.elf')], quiet);
    }
    execFileSync(`${PREFIX}objcopy`, ['-O', 'binary', '-j', '.text', path(linkAt === undefined ? 'a.o' : 'a.elf'), path('a.bin')]);
    return new Uint8Array(readFileSync(path('a.bin')));
  });
}

/** One line of disassembly. */
export interface GnuLine {
  readonly address: number;
  /** Mnemonic, a blank, operands; undefined where objdump sees no instruction. Comments and symbols are left out. */
  readonly text: string | undefined;
}

/** What GNU objdump makes of raw bytes at address 0. */
export function gnuDisassemble(bytes: Uint8Array, options: readonly string[] = []): GnuLine[] {
  return inTemporary((path) => {
    writeFileSync(path('a.bin'), bytes);
    const flags = ['-b', 'binary', '-m', 'riscv:rv32', '-D', '-z', '-M', ['numeric', ...options].join(',')];
    return parse(execFileSync(`${PREFIX}objdump`, [...flags, path('a.bin')], { encoding: 'utf8', maxBuffer: 2 ** 28 }));
  });
}

/** What GNU objdump shows of the code in an ELF file. */
export function gnuDisassembleElf(elf: Uint8Array): string {
  return inTemporary((path) => {
    writeFileSync(path('a.elf'), elf);
    return execFileSync(`${PREFIX}objdump`, ['-d', '-M', 'no-aliases', path('a.elf')], { encoding: 'utf8' });
  });
}

/** The output of GNU readelf. Throws when readelf complains. */
export function gnuReadelf(elf: Uint8Array, flags: readonly string[]): string {
  return inTemporary((path) => {
    writeFileSync(path('a.elf'), elf);
    const { stdout, stderr } = spawnSync(`${PREFIX}readelf`, [...flags, path('a.elf')], { encoding: 'utf8' });
    if (stderr.trim() !== '') throw new Error(stderr);
    return stdout;
  });
}

function parse(listing: string): GnuLine[] {
  const lines: GnuLine[] = [];
  for (const [, address, rest] of listing.matchAll(/^\s*([0-9a-f]+):\t[0-9a-f]+\s*\t(.*)$/gm)) {
    const text = rest!.replace(/\s*(#|<).*$/, '').replace('\t', ' ').trim();
    const isNone = text.startsWith('.') || text.startsWith('0x') || text === 'unimp' || text === 'c.unimp';
    lines.push({ address: Number.parseInt(address!, 16), text: isNone ? undefined : text });
  }
  return lines;
}
