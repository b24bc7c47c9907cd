/**
 * Writes a 32-bit little-endian RISC-V executable (ELF gABI chapters 4 and 5; RISC-V ELF psABI): the same input gives the
 * same bytes. Must not know where the code comes from nor who will run it.
 */
import { UserError } from '../gen/user-error.ts';
import { NOTE_SECTION, exitReasonsNote } from '../sim/exit-reasons.ts';
import type { ExitReason } from '../sim/exit-reasons.ts';

export interface ElfSegmentInput {
  /** Name of its section, e.g. `.text`. */
  readonly name: string;
  readonly address: number;
  readonly bytes: Uint8Array;
  /** Bytes in memory, zeros after `bytes`; default `bytes.length`. */
  readonly memSize?: number;
  readonly executable?: boolean;
  readonly writable?: boolean;
}

export interface ElfSymbolInput {
  readonly name: string;
  readonly value: number;
  readonly size?: number;
  readonly kind?: 'function' | 'object' | 'label';
}

export interface ElfInput {
  readonly entry: number;
  readonly segments: readonly ElfSegmentInput[];
  /** All become global symbols. */
  readonly symbols: readonly ElfSymbolInput[];
  /** ISA string of the build attributes: what the program needs, and what tools may disassemble; left out: no attributes. */
  readonly arch?: string;
  /** What the program says of its exit values. */
  readonly exitReasons?: readonly ExitReason[];
  /** True if there are 16-bit instructions. */
  readonly usesCompressed?: boolean;
}

const ALIGN = 16;
const SHN_ABS = 0xfff1;
const SECTION = { progbits: 1, symtab: 2, strtab: 3, note: 7, nobits: 8, attributes: 0x7000_0003 } as const;
const FLAG = { write: 1, alloc: 2, exec: 4 } as const;
const KIND = { label: 0, object: 1, function: 2 } as const;

/** Collects NUL-terminated strings and tells where each begins. */
class StringTable {
  private readonly at = new Map<string, number>([['', 0]]);
  private readonly parts: Uint8Array[] = [new Uint8Array(1)];
  private length = 1;

  add(text: string): number {
    const known = this.at.get(text);
    if (known !== undefined) return known;
    const bytes = new TextEncoder().encode(`${text}\0`);
    const at = this.length;
    this.at.set(text, at);
    this.parts.push(bytes);
    this.length += bytes.length;
    return at;
  }

  bytes(): Uint8Array {
    return concat(this.parts);
  }
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** Little-endian bytes of 32-bit words. */
const words = (...values: number[]): Uint8Array => {
  const view = new DataView(new ArrayBuffer(4 * values.length));
  values.forEach((value, i) => view.setUint32(4 * i, value >>> 0, true));
  return new Uint8Array(view.buffer);
};

/** Build attributes (psABI, "Attributes"): stack alignment 16 and the ISA string. */
function attributes(arch: string): Uint8Array {
  const list = concat([new Uint8Array([4, 16, 5]), new TextEncoder().encode(`${arch}\0`)]);
  const fileAttributes = concat([new Uint8Array([1]), words(list.length + 5), list]);
  const vendor = new TextEncoder().encode('riscv\0');
  return concat([new Uint8Array([0x41]), words(4 + vendor.length + fileAttributes.length), vendor, fileAttributes]);
}

interface Section {
  readonly name: string;
  readonly type: number;
  readonly flags: number;
  readonly address: number;
  readonly bytes: Uint8Array;
  readonly size: number;
  readonly link: number;
  readonly info: number;
  readonly align: number;
  readonly entryBytes: number;
}

const plain = { flags: 0, address: 0, link: 0, info: 0, align: 1, entryBytes: 0 };

/**
 * The bytes of an executable with one program header and one section a segment (a second, `.bss`-like section where `memSize`
 * is longer than the bytes), build attributes and a symbol table sorted by value, then name.
 * Throws UserError when a segment or symbol leaves the 32-bit address space, or segments overlap.
 */
export function writeElf(input: ElfInput): Uint8Array {
  const inRange = (value: number): boolean => Number.isInteger(value) && value >= 0 && value < 2 ** 32;
  const segments = [...input.segments]
    .map((s) => ({ ...s, memSize: s.memSize ?? s.bytes.length }))
    .filter((s) => s.memSize > 0)
    .sort((a, b) => a.address - b.address);
  let previousEnd = 0;
  for (const s of segments) {
    const hex = `0x${s.address.toString(16)}`;
    if (!inRange(s.address) || s.address + s.memSize > 2 ** 32) {
      throw new UserError(`section ${s.name}: ${s.memSize} bytes at ${hex} leave the 32-bit address space; move it`);
    }
    if (s.memSize < s.bytes.length) {
      throw new UserError(`section ${s.name}: memSize ${s.memSize} is less than its ${s.bytes.length} bytes; give at least as much`);
    }
    if (s.address < previousEnd) throw new UserError(`section ${s.name}: at ${hex} overlaps the section before it; move it`);
    previousEnd = s.address + s.memSize;
  }

  const sections: Section[] = [{ ...plain, name: '', type: 0, bytes: new Uint8Array(0), size: 0, align: 0 }];
  for (const s of segments) {
    const flags = FLAG.alloc | (s.executable ? FLAG.exec : 0) | (s.writable ? FLAG.write : 0);
    const tail = s.memSize - s.bytes.length;
    if (s.bytes.length > 0) {
      sections.push({ ...plain, name: s.name, type: SECTION.progbits, flags, address: s.address, bytes: s.bytes, size: s.bytes.length });
    }
    if (tail > 0) {
      const name = s.bytes.length > 0 ? `${s.name}.bss` : s.name;
      const address = s.address + s.bytes.length;
      sections.push({ ...plain, name, type: SECTION.nobits, flags, address, bytes: new Uint8Array(0), size: tail });
    }
  }
  const loaded = sections.length;

  const strings = new StringTable();
  const symbols = [...input.symbols].sort((a, b) => a.value - b.value || (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  const table: Uint8Array[] = [new Uint8Array(16)];
  for (const symbol of symbols) {
    if (!inRange(symbol.value)) throw new UserError(`symbol ${symbol.name}: value ${symbol.value} does not fit 32 bits; give 0…4294967295`);
    // A label may stand just behind the last byte of its section.
    const inside = (end: number) => (s: Section, i: number): boolean =>
      i > 0 && i < loaded && symbol.value >= s.address && symbol.value < s.address + s.size + end;
    const within = sections.findIndex(inside(0));
    const owner = within > 0 ? within : sections.findIndex(inside(1));
    const type = KIND[symbol.kind ?? 'label'];
    const tail = (0x10 | type) | ((owner > 0 ? owner : SHN_ABS) << 16);
    table.push(words(strings.add(symbol.name), symbol.value, symbol.size ?? 0, tail));
  }
  const { arch, exitReasons = [] } = input;
  const own: Omit<Section, 'size'>[] = [
    ...(arch === undefined ? [] : [{ ...plain, name: '.riscv.attributes', type: SECTION.attributes, bytes: attributes(arch) }]),
    ...(exitReasons.length === 0 ? [] : [
      { ...plain, name: NOTE_SECTION, type: SECTION.note, bytes: exitReasonsNote(exitReasons), align: 4 },
    ]),
  ];
  const strtabIndex = loaded + own.length + 1;
  const symtab = concat(table);
  const strtab = strings.bytes();
  const names = new StringTable();
  const add = (section: Omit<Section, 'size'>): void => void sections.push({ ...section, size: section.bytes.length });
  own.forEach(add);
  add({ ...plain, name: '.symtab', type: SECTION.symtab, bytes: symtab, link: strtabIndex, info: 1, align: 4, entryBytes: 16 });
  add({ ...plain, name: '.strtab', type: SECTION.strtab, bytes: strtab });
  for (const { name } of [...sections, { name: '.shstrtab' }]) names.add(name);
  add({ ...plain, name: '.shstrtab', type: SECTION.strtab, bytes: names.bytes() });

  // Layout: header, program headers, section bytes, section headers. A loaded section's offset and address agree modulo ALIGN.
  let end = 52 + 32 * segments.length;
  const offsets = sections.map((section, i) => {
    if (i === 0) return 0;
    if (i < loaded) end += (((section.address - end) % ALIGN) + ALIGN) % ALIGN;
    else end += -end & (Math.max(section.align, 1) - 1);
    const at = end;
    end += section.bytes.length;
    return at;
  });
  const sectionHeadersAt = (end + 3) & ~3;
  const out = new Uint8Array(sectionHeadersAt + 40 * sections.length);
  const flags = input.usesCompressed ? 1 : 0;
  out.set([0x7f, 0x45, 0x4c, 0x46, 1, 1, 1]);
  out.set(words(
    2 | (243 << 16), 1, input.entry, 52, sectionHeadersAt, flags, // ET_EXEC, EM_RISCV, version, entry, tables, flags
    52 | (32 << 16), segments.length | (40 << 16), sections.length | ((sections.length - 1) << 16), // sizes and counts of headers
  ), 16);
  segments.forEach((s, i) => {
    const index = sections.findIndex((section, j) => j > 0 && j < loaded && section.address === s.address);
    const rwx = 4 | (s.writable ? 2 : 0) | (s.executable ? 1 : 0);
    out.set(words(1, offsets[index]!, s.address, s.address, s.bytes.length, s.memSize, rwx, ALIGN), 52 + 32 * i);
  });
  sections.forEach((s, i) => {
    out.set(s.bytes, offsets[i]!);
    const header = words(names.add(s.name), s.type, s.flags, s.address, offsets[i]!, s.size, s.link, s.info, s.align, s.entryBytes);
    out.set(header, sectionHeadersAt + 40 * i);
  });
  return out;
}
