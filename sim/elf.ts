/**
 * Reads 32-bit little-endian RISC-V executables (ELF specification, gABI chapters 4 and 5; RISC-V ELF psABI) from bytes that
 * nobody vouches for: every offset is checked before use, work and memory stay in proportion to the file.
 * Must not know memory maps, engines or files: it is a function from bytes to an image.
 */
import { UserError } from '../gen/user-error.ts';
import { DamagedAttributes, archAttribute } from './elf-attributes.ts';
import { exitReasonsOf } from './exit-reasons.ts';
import type { ExitReason } from './exit-reasons.ts';

/** A piece of the program: `bytes` go to `address`, then zeros up to `memSize` bytes. */
export interface ElfSegment {
  /** Physical (load) address, 0…2³²−1. */
  readonly address: number;
  /** A view of the file, not a copy. */
  readonly bytes: Uint8Array;
  readonly memSize: number;
  readonly executable: boolean;
  readonly writable: boolean;
}

export interface SymbolPlace {
  readonly name: string;
  /** Bytes from the symbol to the address asked for. */
  readonly offset: number;
}

export interface ElfImage {
  readonly file: string;
  readonly entry: number;
  /** In file order; empty segments left out. */
  readonly segments: readonly ElfSegment[];
  /** Values by name; where a name occurs more than once, a global symbol wins over a local one, then the first. */
  readonly symbols: ReadonlyMap<string, number>;
  /** True if the program was built with 16-bit instructions. */
  readonly usesCompressed: boolean;
  /** ISA string of its build attributes (`rv32i2p1_m2p0`): what it was built for; undefined: it does not say. */
  readonly arch: string | undefined;
  /** What the program itself has to say of its exit values; see `sim/exit-reasons.ts`. */
  readonly exitReasons: readonly ExitReason[];
  /** The last symbol at or before an address, both inside the same segment; undefined when there is none. */
  nearestSymbol(address: number): SymbolPlace | undefined;
}

/** Of the header at a file's start. */
export const HEADER_BYTES = 52;
const PROGRAM_HEADER_BYTES = 32;
const SECTION_HEADER_BYTES = 40;
const SYMBOL_BYTES = 16;
const EM_RISCV = 243;
const ET_EXEC = 2;
const PT_LOAD = 1;
const PN_XNUM = 0xffff;
const SHT_SYMTAB = 2;
const SHT_NOTE = 7;
const SHT_NOBITS = 8;
const SHT_RISCV_ATTRIBUTES = 0x7000_0003;
const SHN_UNDEF = 0;
const SHN_ABS = 0xfff1;
const STT_SECTION = 3;
const STT_FILE = 4;
const EF_RISCV_RVC = 1;
/** Longest symbol name kept, and all names together: overlapping names could otherwise blow a small file up. */
const NAME_LIMIT = 4096;
const NAMES_LIMIT = 64 * 1024 * 1024;

const WHOLE = 'the file is cut off or damaged: build or copy it again';

const failureOf = (file: string) => (what: string, mend: string): never => {
  throw new UserError(`${file}: ${what}; ${mend}`);
};

/** Judges a file by its first HEADER_BYTES, or all where it has fewer. @throws UserError where it is no program of the core's kind */
export function mustBeProgram(data: Uint8Array, file: string): void {
  const fail = failureOf(file);
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const u16 = (at: number): number => view.getUint16(at, true);
  const u32 = (at: number): number => view.getUint32(at, true);
  if (data.length < 4 || u32(0) !== 0x464c_457f) fail('not an ELF file (no 7f 45 4c 46 at its start)', 'give a linked RISC-V program');
  if (data.length < 6) fail(`ends after ${data.length} bytes, inside the ELF header`, WHOLE);
  if (data[4] === 2) fail('a 64-bit ELF', 'the core is RV32: build with -march=rv32imc_zicsr_zifencei -mabi=ilp32');
  if (data[4] !== 1) fail(`unknown ELF class ${data[4]}`, 'give a 32-bit RISC-V program');
  if (data[5] === 2) fail('a big-endian ELF', 'build for little-endian RISC-V (riscv64-unknown-elf-gcc -march=rv32imc…)');
  if (data[5] !== 1) fail(`unknown ELF byte order ${data[5]}`, 'give a little-endian RISC-V program');
  if (data.length < HEADER_BYTES) fail(`ends after ${data.length} bytes, inside the ELF header`, WHOLE);
  if (u16(18) !== EM_RISCV) {
    fail(`built for ELF machine ${u16(18)}, not RISC-V (243)`, 'build with a RISC-V compiler (riscv64-unknown-elf-gcc)');
  }
  if (u16(16) !== ET_EXEC) fail(`ELF type ${u16(16)}, not an executable (2)`, 'link it to fixed addresses (not -c, -r, -shared or -pie)');
}

/**
 * Parses an executable. `file` is only used in messages.
 * Throws UserError when it is not a complete ELF32 little-endian RISC-V executable.
 */
export function parseElf(data: Uint8Array, file = 'ELF'): ElfImage {
  mustBeProgram(data, file);
  const fail = failureOf(file);
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const u16 = (at: number): number => view.getUint16(at, true);
  const u32 = (at: number): number => view.getUint32(at, true);

  const entry = u32(24);
  const table = (what: string, offset: number, count: number, entryBytes: number, expected: number): void => {
    if (count === 0) return;
    if (entryBytes !== expected) fail(`${what} entries of ${entryBytes} bytes, not ${expected}`, WHOLE);
    if (offset + count * entryBytes > data.length) {
      fail(`${what} table (${count} entries at ${offset}) reaches past the end at ${data.length}`, WHOLE);
    }
  };
  const programAt = u32(28);
  const programCount = u16(44);
  if (programCount === PN_XNUM) fail(`has ${PN_XNUM} program headers or more`, 'link it with fewer segments');
  table('program header', programAt, programCount, u16(42), PROGRAM_HEADER_BYTES);

  const segments: ElfSegment[] = [];
  for (let i = 0; i < programCount; i++) {
    const at = programAt + i * PROGRAM_HEADER_BYTES;
    if (u32(at) !== PT_LOAD) continue;
    const offset = u32(at + 4);
    const address = u32(at + 12);
    const fileBytes = u32(at + 16);
    const memSize = u32(at + 20);
    const flags = u32(at + 24);
    if (memSize === 0 && fileBytes === 0) continue;
    if (fileBytes > memSize) fail(`segment ${i} has ${fileBytes} bytes in the file but ${memSize} in memory`, WHOLE);
    if (offset + fileBytes > data.length) {
      fail(`segment ${i} (${fileBytes} bytes at ${offset}) reaches past the end at ${data.length}`, WHOLE);
    }
    if (address + memSize > 2 ** 32) {
      fail(`segment ${i} (${memSize} bytes at 0x${address.toString(16)}) leaves the 32-bit address space`, 'mend the linker script');
    }
    const bytes = data.subarray(offset, offset + fileBytes);
    segments.push({ address, bytes, memSize, executable: (flags & 1) !== 0, writable: (flags & 2) !== 0 });
  }
  if (segments.length === 0) fail('has no segment to load', 'link it to fixed addresses with a linker script');

  const sectionAt = u32(32);
  const sectionCount = u16(48);
  table('section header', sectionAt, sectionCount, u16(46), SECTION_HEADER_BYTES);

  const section = (index: number): { type: number; offset: number; bytes: number; link: number; entryBytes: number } => {
    const at = sectionAt + index * SECTION_HEADER_BYTES;
    return { type: u32(at + 4), offset: u32(at + 16), bytes: u32(at + 20), link: u32(at + 24), entryBytes: u32(at + 36) };
  };
  const indices = Array.from({ length: sectionCount }, (_, i) => i);
  const bytesOf = (index: number, what: string): Uint8Array => {
    const { type, offset, bytes } = section(index);
    if (type === SHT_NOBITS) return new Uint8Array(0);
    if (offset + bytes > data.length) fail(`${what} reaches past the end at ${data.length}`, WHOLE);
    return data.subarray(offset, offset + bytes);
  };
  const symbols = new Map<string, number>();
  const globals = new Set<string>();
  const places: { name: string; address: number; global: boolean }[] = [];
  const symtabIndex = indices.find((i) => section(i).type === SHT_SYMTAB);
  if (symtabIndex !== undefined) {
    const symtab = section(symtabIndex);
    if (symtab.link >= sectionCount) fail(`symbol table names section ${symtab.link} of ${sectionCount} for its strings`, WHOLE);
    const strtab = section(symtab.link);
    if (strtab.offset + strtab.bytes > data.length) fail(`string table reaches past the end at ${data.length}`, WHOLE);
    const count = Math.floor(symtab.bytes / SYMBOL_BYTES);
    table('symbol', symtab.offset, count, symtab.entryBytes, SYMBOL_BYTES);
    const decoder = new TextDecoder();
    let nameBytes = 0;
    for (let i = 1; i < count; i++) {
      const at = symtab.offset + i * SYMBOL_BYTES;
      const type = data[at + 12]! & 15;
      const owner = u16(at + 14);
      if (owner === SHN_UNDEF || type === STT_SECTION || type === STT_FILE) continue;
      const nameAt = u32(at);
      if (nameAt >= strtab.bytes) fail(`symbol ${i} has its name outside the string table`, WHOLE);
      const start = strtab.offset + nameAt;
      const limit = Math.min(strtab.offset + strtab.bytes, start + NAME_LIMIT);
      const end = data.subarray(start, limit).indexOf(0) + start;
      if (end < start) {
        if (limit === strtab.offset + strtab.bytes) fail(`the name of symbol ${i} has no end`, WHOLE);
        continue; // longer than anything a person or a linker would look for
      }
      nameBytes += end - start;
      if (nameBytes > NAMES_LIMIT) fail(`symbol names of more than ${NAMES_LIMIT} bytes`, 'strip the program (riscv64-unknown-elf-strip)');
      // Mapping symbols ($x, $d) and the assembler's own labels say nothing to a reader.
      if (end === start || data[start] === 0x24 || (data[start] === 0x2e && data[start + 1] === 0x4c)) continue;
      const name = decoder.decode(data.subarray(start, end));
      const value = u32(at + 4);
      const global = data[at + 12]! >>> 4 !== 0;
      if (!symbols.has(name) || (global && !globals.has(name))) symbols.set(name, value);
      if (global) globals.add(name);
      if (owner !== SHN_ABS) places.push({ name, address: value, global });
    }
  }
  const arch = (): string | undefined => {
    const index = indices.find((i) => section(i).type === SHT_RISCV_ATTRIBUTES);
    try {
      return index === undefined ? undefined : archAttribute(bytesOf(index, 'section of attributes'));
    } catch (error) {
      if (!(error instanceof DamagedAttributes)) throw error;
      return fail(`its build attributes are damaged: ${error.message}`, 'build it again, or take them out (riscv64-unknown-elf-objcopy -R .riscv.attributes)');
    }
  };

  // At one address a global name stands last, so that the search below finds it.
  places.sort((a, b) => a.address - b.address || Number(a.global) - Number(b.global));
  const byAddress = [...segments].sort((a, b) => a.address - b.address);

  return {
    file, entry, segments, symbols,
    usesCompressed: (u32(36) & EF_RISCV_RVC) !== 0,
    arch: arch(),
    exitReasons: exitReasonsOf(indices.filter((i) => section(i).type === SHT_NOTE).map((i) => bytesOf(i, `note section ${i}`))),
    nearestSymbol(address) {
      const segment = lastAtOrBefore(byAddress, address);
      if (!segment || address >= segment.address + segment.memSize) return undefined;
      const place = lastAtOrBefore(places, address);
      return place && place.address >= segment.address ? { name: place.name, offset: address - place.address } : undefined;
    },
  };
}

/** Of elements in order of address. */
function lastAtOrBefore<T extends { readonly address: number }>(sorted: readonly T[], address: number): T | undefined {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sorted[middle]!.address <= address) low = middle + 1;
    else high = middle;
  }
  return sorted[low - 1];
}
