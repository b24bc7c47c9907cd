/**
 * What a program must be like to be run on a chip, and what has to be in memory when it starts: one set of rules for every
 * engine, for debuggers and for boards. Must not know engines nor files.
 *
 * - Every segment lies in RAM, and no two of them overlap.
 * - The entry is the start of RAM, where the core begins.
 * - The word `tohost`, if the program has that symbol, is aligned and in RAM. So is every other word that a bench watches.
 * - The chip has the extensions that the build attributes say the program was built for.
 * - Memory holds the segments' bytes, then zeros up to their size in memory; in a simulation, all other RAM is zero too.
 */
import { UserError } from '../gen/user-error.ts';
import { extensionsOf, marchOf, missingFrom } from '../hw/isa/arch-string.ts';
import type { ArchOptions, Missing } from '../hw/isa/arch-string.ts';
import type { ChipConfig } from '../hw/soc/config.ts';
import { RAM_BASE } from '../hw/soc/memory-map.ts';
import type { ElfImage } from './elf.ts';

/** A part of RAM to be written: `bytes`, then `zeros` zeros. */
export interface Piece {
  /** From the start of RAM. */
  readonly offset: number;
  readonly bytes: Uint8Array;
  readonly zeros: number;
}

export interface LoadPlan {
  /** In order of address, without overlaps. */
  readonly pieces: readonly Piece[];
  /** End of the last piece, from the start of RAM. */
  readonly end: number;
  /** Address of the word whose writing ends the program; undefined: it cannot end itself. */
  readonly tohost: number | undefined;
}

/** Where a program is to be loaded. */
export interface LoadPlace {
  readonly ramBytes: number;
  /** How to get more RAM, for messages. */
  readonly more: string;
}

/** RAM of a simulated chip. */
export const simulatedRam = (ramBytes: number): LoadPlace => ({ ramBytes, more: 'enlarge simulation.ram' });

const hex = (n: number): string => `0x${n.toString(16)}`;

/** Checks a program against the rules on memory. Throws UserError, one line that names what is wrong and the mend. */
export function planLoad(elf: ElfImage, { ramBytes, more }: LoadPlace): LoadPlan {
  const fail = (what: string, mend: string): never => {
    throw new UserError(`${elf.file}: ${what}; ${mend}`);
  };
  const ramEnd = RAM_BASE + ramBytes;
  const ram = `RAM ${hex(RAM_BASE)}…${hex(ramEnd)}`;
  const name = (address: number, bytes: number): string => `segment ${hex(address)}…${hex(address + bytes)}`;
  const segments = elf.segments.filter(({ memSize }) => memSize > 0).sort((a, b) => a.address - b.address);
  segments.forEach(({ address, memSize }, i) => {
    if (address < RAM_BASE || address + memSize > ramEnd) fail(`${name(address, memSize)} is outside ${ram}`, `mend the linker script or ${more}`);
    const before = segments[i - 1];
    if (before && before.address + before.memSize > address) {
      fail(`${name(address, memSize)} overlaps ${name(before.address, before.memSize)}`, 'give each its own place in the linker script');
    }
  });
  if (elf.entry !== RAM_BASE) {
    fail(`entry ${hex(elf.entry)} is not the start of RAM ${hex(RAM_BASE)}, where the core begins`, 'put the first instruction there in the linker script and name it in ENTRY');
  }
  return {
    pieces: segments.map(({ address, bytes, memSize }) => ({ offset: address - RAM_BASE, bytes, zeros: memSize - bytes.length })),
    end: segments.reduce((end, { address, memSize }) => Math.max(end, address + memSize - RAM_BASE), 0),
    tohost: watchedWord(elf, 'tohost', { ramBytes, more }),
  };
}

/** Address of a word that the board watches, by its symbol; undefined: there is no such symbol. Throws UserError. */
export function watchedWord(elf: ElfImage, symbol: string, { ramBytes, more }: LoadPlace): number | undefined {
  const address = elf.symbols.get(symbol);
  if (address === undefined) return undefined;
  if (address < RAM_BASE || address + 4 > RAM_BASE + ramBytes) {
    throw new UserError(`${elf.file}: ${symbol} at ${hex(address)} is outside RAM ${hex(RAM_BASE)}…${hex(RAM_BASE + ramBytes)}; mend the linker script or ${more}`);
  }
  if (address % 4 !== 0) throw new UserError(`${elf.file}: ${symbol} at ${hex(address)} is not at a multiple of 4; align it (.align 2)`);
  return address;
}

/** A hart for messages. */
export interface Hart {
  /** `chip nano`, `core small`. */
  readonly name: string;
  readonly isa: ArchOptions;
  /** Where its extensions are set. */
  readonly file: string | undefined;
}

/** Checks that a hart has what a program was built for. Throws UserError that names every extension it lacks and the mend. */
export function checkExtensions(elf: ElfImage, { name, isa, file }: Hart): void {
  const { arch } = elf;
  const said = arch === undefined ? 'it has 16-bit instructions' : `it was built for ${arch.slice(0, 200)}`;
  const extensions = arch === undefined ? (elf.usesCompressed ? ['c'] : []) : extensionsOf(arch);
  if (extensions === undefined) {
    throw new UserError(`${elf.file}: ${said}, which is no RV32 instruction set; build it with -march=${marchOf(isa)} -mabi=ilp32`);
  }
  const missing = missingFrom(isa, extensions);
  if (missing.length === 0) return;
  const names = missing.map((m) => m.name).join(', ');
  throw new UserError(`${elf.file}: needs ${names}, which ${name} lacks (${said}); build it with -march=${marchOf(isa)}${keysFor(missing, file)}`);
}

/** Whether a chip can run a program, before anything is built. Throws UserError. */
export function checkProgram(elf: ElfImage, config: ChipConfig): LoadPlan {
  checkExtensions(elf, hartOf(config));
  return planLoad(elf, simulatedRam(config.simulation.ramBytes));
}

export const hartOf = ({ name, file, core }: ChipConfig): Hart => ({ name: `chip ${name}`, isa: core.isa, file });

/** The keys that would mend it, where all of what is missing can be had. */
function keysFor(missing: readonly Missing[], file: string | undefined): string {
  if (file === undefined || missing.some(({ needs }) => needs.length === 0)) return '';
  const keys = [...new Set(missing.flatMap(({ needs }) => needs))].map((key) => `core.${key} = true`);
  return ` or set ${keys.join(', ')} in ${file}`;
}
