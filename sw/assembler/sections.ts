/**
 * Sections of a program under assembly: growing bytes, places to be completed when symbols are known, and where sections go.
 * Must not know instructions.
 */
import { UserError } from '../../gen/user-error.ts';
import { evaluate, symbolsOf } from './expression.ts';
import type { Expression } from './expression.ts';

export interface AssembledSection {
  readonly name: string;
  readonly address: number;
  /** Empty for a section of zeros. */
  readonly bytes: Uint8Array;
  readonly memSize: number;
  readonly executable: boolean;
  readonly writable: boolean;
}

export interface AssembledProgram {
  /** In order of address; none is empty. */
  readonly sections: readonly AssembledSection[];
  /** Addresses of labels; local ones (`1:`, `.L…`) left out. */
  readonly symbols: ReadonlyMap<string, number>;
  /** Address of `_start`, or of .text where there is none. */
  readonly entry: number;
  /** Extensions of the instructions that it uses, as their tables call them. */
  readonly extensions: ReadonlySet<string>;
}

/** Bits to be put (by or) into `size` bytes once the expression has a value; `address` is that of the bytes. */
type Encoder = (value: number, address: number) => number;

interface Later {
  readonly at: number;
  readonly size: number;
  readonly expression: Expression;
  readonly place: string;
  readonly encode: Encoder;
}

const NOP = 0x0000_0013;
const SIZE_LIMIT = 2 ** 30;
/** Sections begin at a multiple of this. */
const SECTION_ALIGN = 16;

export class SectionBuffer {
  readonly executable: boolean;
  readonly writable: boolean;
  private readonly isZeros: boolean;
  private buffer = new Uint8Array(1024);
  private view = new DataView(this.buffer.buffer);
  private used = 0;
  private strictestAlign = SECTION_ALIGN;
  private readonly pending: Later[] = [];

  constructor(readonly name: string) {
    this.executable = name === '.text' || name.startsWith('.text.');
    this.writable = !this.executable && !name.startsWith('.rodata');
    this.isZeros = name === '.bss' || name.startsWith('.bss.');
  }

  get length(): number {
    return this.used;
  }

  /** Bytes to whose multiples the section's address must be placed. */
  get alignment(): number {
    return this.strictestAlign;
  }

  append(bytes: Uint8Array): void {
    if (this.isZeros && bytes.some((byte) => byte !== 0)) throw new UserError(`section ${this.name} holds only zeros; put data into .data`);
    const at = this.used;
    this.reserve(bytes.length);
    if (!this.isZeros) this.buffer.set(bytes, at);
  }

  /** A word at a multiple of 4 of a section of code. */
  appendWord(word: number): void {
    if (this.used & 3) throw new UserError('instruction at an address that is not a multiple of 4; put .align 2 before it');
    if (this.isZeros) throw new UserError(`section ${this.name} holds only zeros; put instructions into .text`);
    const at = this.used;
    this.reserve(4);
    this.view.setUint32(at, word >>> 0, true);
  }

  /** Appends zeros. */
  reserve(count: number): void {
    if (this.used + count > SIZE_LIMIT) throw new UserError(`section ${this.name} grows beyond ${SIZE_LIMIT} bytes; make it smaller`);
    this.used += count;
    if (this.isZeros || this.used <= this.buffer.length) return;
    const larger = new Uint8Array(Math.max(this.used, 2 * this.buffer.length));
    larger.set(this.buffer);
    this.buffer = larger;
    this.view = new DataView(larger.buffer);
  }

  align(bytes: number): void {
    this.strictestAlign = Math.max(this.strictestAlign, bytes);
    const gap = -this.used & (bytes - 1);
    const wordsFrom = this.used + (gap & 3);
    this.reserve(gap);
    if (this.executable) for (let at = wordsFrom; at < this.used; at += 4) this.view.setUint32(at, NOP, true);
  }

  /** Completes the last word at once. */
  orLastWord(bits: number): void {
    this.or(this.used - 4, 4, bits);
  }

  /** Completes the last `size` bytes in `resolve`. */
  later(size: number, expression: Expression, place: string, encode: Encoder): void {
    this.pending.push({ at: this.used - size, size, expression, place, encode });
  }

  /** Completes everything. Throws UserError, with the place in the source, for an undefined symbol or a value that does not fit. */
  resolve(address: number, valueOf: (name: string) => number | undefined): void {
    for (const { at, size, expression, place, encode } of this.pending) {
      try {
        const here = (name: string): number | undefined => (name === '.' ? address + at : valueOf(name));
        const value = evaluate(expression, here);
        if (value === undefined) {
          const missing = symbolsOf(expression).find((name) => here(name) === undefined)!;
          throw new UserError(`symbol '${missing.replace('#', ' number ')}' is not defined; define it or mend its name`);
        }
        this.or(at, size, encode(value, address + at));
      } catch (error) {
        throw error instanceof UserError ? new UserError(`${place}: ${error.message}`) : error;
      }
    }
    this.pending.length = 0;
  }

  finish(address: number): AssembledSection {
    const { name, executable, writable } = this;
    const bytes = this.isZeros ? new Uint8Array(0) : this.buffer.slice(0, this.used);
    return { name, address, bytes, memSize: this.used, executable, writable };
  }

  private or(at: number, size: number, bits: number): void {
    for (let i = 0; i < size; i++) this.buffer[at + i]! |= (bits >> (8 * i)) & 0xff;
  }
}

/** Order in which sections follow each other; those of no known kind come with .data, in order of first use. */
const rank = (name: string): number => [/^\.text(\.|$)/, /^\.rodata(\.|$)/, /^(?!\.bss(\.|$))/, /^/].findIndex((kind) => kind.test(name));

/**
 * Addresses of sections: fixed ones as asked for, the others one after the other from `base`: code, read-only data, data, zeros.
 * Throws UserError for a fixed address of a section that does not exist or that is misaligned.
 */
export function layOut(
  sections: readonly SectionBuffer[], base: number, fixed: Readonly<Record<string, number>>,
): ReadonlyMap<string, number> {
  const addresses = new Map<string, number>();
  for (const name of Object.keys(fixed)) {
    if (!sections.some((s) => s.name === name)) {
      throw new UserError(`section ${name} has an address but does not exist; remove the address`);
    }
  }
  let next = base;
  for (const section of [...sections].sort((a, b) => rank(a.name) - rank(b.name))) {
    const asked = Object.hasOwn(fixed, section.name) ? fixed[section.name] : undefined;
    if (asked !== undefined) {
      if (asked % section.alignment !== 0) {
        throw new UserError(`section ${section.name} at 0x${asked.toString(16)}: must be a multiple of ${section.alignment}; move it`);
      }
      addresses.set(section.name, asked);
      continue;
    }
    const address = Math.ceil(next / section.alignment) * section.alignment;
    addresses.set(section.name, address);
    next = address + section.length;
  }
  return addresses;
}
