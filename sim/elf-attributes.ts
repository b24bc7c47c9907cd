/**
 * The build attributes of a RISC-V executable (psABI, chapter "Attributes"; the format is that of the ARM EABI's), read for the
 * ISA string. The bytes are vouched for by nobody. Must not know ELF headers nor what ISA strings mean.
 */

const FORMAT = 0x41;
const VENDOR = 'riscv';
/** Attributes of the whole file, as opposed to single sections or symbols. */
const TAG_FILE = 1;
/** Tag_RISCV_arch; odd tags have strings for values, even ones numbers. */
const TAG_ARCH = 5;

/** What `archAttribute` throws for bytes that are no attributes: where they end to make sense. */
export class DamagedAttributes extends Error {}

/** The ISA string in a section of attributes; undefined: it has none. Throws DamagedAttributes. */
export function archAttribute(section: Uint8Array): string | undefined {
  if (section.length === 0) return undefined;
  const all = new Cursor(section);
  if (all.byte() !== FORMAT) throw new DamagedAttributes('unknown format');
  let arch: string | undefined;
  while (!all.isAtEnd) {
    // A length counts itself.
    const vendor = all.part(all.word() - 4);
    if (vendor.text() !== VENDOR) continue;
    while (!vendor.isAtEnd) {
      const start = vendor.at;
      const tag = vendor.number();
      const attributes = vendor.part(vendor.word() - (vendor.at - start));
      if (tag !== TAG_FILE) continue;
      while (!attributes.isAtEnd) {
        const attribute = attributes.number();
        const value = attribute % 2 === 1 ? attributes.text() : attributes.number();
        if (attribute === TAG_ARCH && typeof value === 'string') arch ??= value;
      }
    }
  }
  return arch === '' ? undefined : arch;
}

/** Goes forward only, so that reading ends with the bytes. */
class Cursor {
  at = 0;

  constructor(private readonly bytes: Uint8Array) {}

  get isAtEnd(): boolean {
    return this.at >= this.bytes.length;
  }

  byte(): number {
    const value = this.bytes[this.at];
    if (value === undefined) throw new DamagedAttributes('cut off');
    this.at++;
    return value;
  }

  word(): number {
    return (this.byte() | (this.byte() << 8) | (this.byte() << 16) | (this.byte() << 24)) >>> 0;
  }

  /** ULEB128 of at most 32 bits. */
  number(): number {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.byte();
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
    throw new DamagedAttributes('a number of more than 32 bits');
  }

  text(): string {
    const end = this.bytes.indexOf(0, this.at);
    if (end < 0) throw new DamagedAttributes('a text without end');
    const text = new TextDecoder().decode(this.bytes.subarray(this.at, end));
    this.at = end + 1;
    return text;
  }

  /** The next `length` bytes. */
  part(length: number): Cursor {
    if (length < 0 || this.at + length > this.bytes.length) throw new DamagedAttributes('a length that leaves the section');
    const part = new Cursor(this.bytes.subarray(this.at, this.at + length));
    this.at += length;
    return part;
  }
}
