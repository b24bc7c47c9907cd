/** Executables that no linker would write, made from one that our writer has written. */
import { writeElf } from '../../sw/elf-writer.ts';
import type { ElfInput } from '../../sw/elf-writer.ts';

/** Fields of a program header that a test may change. */
const FIELDS = { offset: 4, virtual: 8, address: 12, fileBytes: 16, memSize: 20, flags: 24 } as const;
export type SegmentEdit = Partial<Record<keyof typeof FIELDS, number>>;

export interface ElfEdits {
  readonly entry?: number;
  /** e_flags. */
  readonly flags?: number;
  /** By the segments' places in the file. */
  readonly segments?: Readonly<Record<number, SegmentEdit>>;
  /** Order of the program headers; default: as they are. */
  readonly order?: readonly number[];
  /** Without section headers: no symbols, no attributes. */
  readonly isStripped?: boolean;
}

/** The writer's bytes for `input`, edited. */
export function editedElf(input: ElfInput, { entry, flags, segments = {}, order, isStripped = false }: ElfEdits = {}): Uint8Array {
  const bytes = writeElf(input);
  const view = new DataView(bytes.buffer);
  const headersAt = view.getUint32(28, true);
  const count = view.getUint16(44, true);
  if (entry !== undefined) view.setUint32(24, entry, true);
  if (flags !== undefined) view.setUint32(36, flags, true);
  for (const [index, edit] of Object.entries(segments)) {
    for (const [name, at] of Object.entries(FIELDS)) {
      const value = edit[name as keyof typeof FIELDS];
      if (value !== undefined) view.setUint32(headersAt + 32 * Number(index) + at, value, true);
    }
  }
  if (order) {
    const headers = Array.from({ length: count }, (_, i) => bytes.slice(headersAt + 32 * i, headersAt + 32 * (i + 1)));
    order.forEach((from, to) => bytes.set(headers[from], headersAt + 32 * to));
  }
  if (isStripped) {
    view.setUint32(32, 0, true);
    view.setUint16(48, 0, true);
  }
  return bytes;
}

/** Ends an executable by `count` segments of its own file's first bytes, all at `address`. */
export function withManySegments(input: ElfInput, count: number, address: (index: number) => number, memSize: number): Uint8Array {
  const elf = writeElf(input);
  const view = new DataView(elf.buffer);
  const own = view.getUint16(44, true);
  const headersAt = (elf.length + 3) & ~3;
  const bytes = new Uint8Array(headersAt + 32 * (own + count));
  bytes.set(elf);
  bytes.set(elf.subarray(52, 52 + 32 * own), headersAt);
  const out = new DataView(bytes.buffer);
  for (let i = 0; i < count; i++) {
    const header = headersAt + 32 * (own + i);
    [1, 0, address(i), address(i), 0, memSize, 6, 4].forEach((word, field) => out.setUint32(header + 4 * field, word, true));
  }
  out.setUint32(28, headersAt, true);
  out.setUint16(44, own + count, true);
  return bytes;
}
