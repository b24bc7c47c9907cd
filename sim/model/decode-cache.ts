/**
 * Decoded instructions of the golden model, kept by RAM page so that each is decoded once: two 32-bit numbers a halfword
 * (what to do with which registers, and the immediate). Stores into a decoded place make it undecoded again.
 * Must not know what instructions do: the numbers of operations come from the machine.
 */
import { formatWritesRd, immediateOf, rdOf, rs1Of, rs2Of } from '../../hw/isa/encoding.ts';
import { decode, expandCompressed } from '../../hw/isa/riscv.ts';
import { TENSOR_OPS } from '../../hw/isa/tensor.ts';
import type { TensorOp } from '../../hw/isa/tensor.ts';
import { decodeTensor } from '../../hw/isa/tensor-decode.ts';
import { PAGE_BITS } from './memory.ts';
import type { Memory } from './memory.ts';
import type { IsaOptions } from './csr-file.ts';

/** Destination of instructions that write no register or x0: a place behind the registers that nobody reads. */
export const NO_REGISTER = 32;

/** Numbers of the operations that are not a mnemonic, and of those that are. 0 must stay free: it means "not decoded". */
export interface OperationNumbers {
  readonly illegal: number;
  /** The fetch fails; the immediate is the offset from pc of the part that is missing. */
  readonly fetchFault: number;
  /** A tensor instruction; the immediate is its number in TENSOR_OPS. */
  readonly tensor: number;
  /** An instruction without effect. */
  readonly nothing: number;
  of(mnemonic: string): number | undefined;
  /** The first number of a pair; length in bytes, 2 or 4. */
  pack(op: number, rd: number, rs1: number, rs2: number, length: number): number;
}

const SLOTS = 1 << (PAGE_BITS - 1);
const SLOT_MASK = SLOTS - 1;
/** 32-bit numbers a page. */
const PAGE_NUMBERS = 2 * SLOTS;

/** True when a hart with these options has the extension. */
export function hasExtension(extension: string, isa: IsaOptions): boolean {
  switch (extension) {
    case 'M': return isa.m;
    case 'Zba': return isa.zba;
    case 'Zbb': return isa.zbb;
    case 'Zbs': return isa.zbs;
    default: return true;
  }
}

export class DecodeCache {
  /** Pairs of numbers; a page's pairs are together. Replaced when it grows: take it anew after `openPage`. */
  code = new Int32Array(8 * PAGE_NUMBERS);
  /** Where each RAM page's pairs begin in `code`; -1: nothing of the page is decoded. */
  private readonly pageStart: Int32Array;
  private used = 0;

  constructor(
    private readonly memory: Memory,
    private readonly isa: IsaOptions,
    /** Instructions of the tensor unit; empty without one. */
    private readonly tensorOps: ReadonlySet<TensorOp>,
    private readonly numbers: OperationNumbers,
  ) {
    this.pageStart = new Int32Array(memory.pageFlags.length).fill(-1);
  }

  /** Index in `code` of the first pair of the page that holds a RAM offset. */
  openPage(offset: number): number {
    const page = offset >>> PAGE_BITS;
    const known = this.pageStart[page]!;
    if (known >= 0) return known;
    if (this.used + PAGE_NUMBERS > this.code.length) {
      const larger = new Int32Array(2 * this.code.length);
      larger.set(this.code);
      this.code = larger;
    }
    const start = this.used;
    this.used += PAGE_NUMBERS;
    this.pageStart[page] = start;
    this.memory.markCode(offset);
    return start;
  }

  /** Decodes the instruction at a RAM offset of an open page into its pair. */
  fill(offset: number): void {
    const { ramU16, ramBytes } = this.memory;
    const index = this.openPage(offset) + 2 * ((offset >>> 1) & SLOT_MASK);
    const put = (op: number, rd: number, rs1: number, rs2: number, length: number, immediate: number): void => {
      this.code[index] = this.numbers.pack(op, rd, rs1, rs2, length);
      this.code[index + 1] = immediate;
    };
    if (offset + 2 > ramBytes) return put(this.numbers.fetchFault, NO_REGISTER, 0, 0, 0, 0);
    const half = ramU16[offset >>> 1]!;
    const isShort = (half & 3) !== 3;
    if (!isShort || !this.isa.c) {
      if (offset + 4 > ramBytes) return put(this.numbers.fetchFault, NO_REGISTER, 0, 0, 0, 2);
      // The second half may be on the next page: a store there must reach us too.
      this.memory.markCode(offset + 2);
    }
    const word = isShort ? (this.isa.c ? expandCompressed(half) : undefined) : half | (ramU16[(offset >>> 1) + 1]! << 16);
    const length = isShort ? 2 : 4;
    const instruction = word === undefined ? undefined : decode(word);
    if (word !== undefined && instruction && hasExtension(instruction.extension, this.isa)) {
      const rd = formatWritesRd(instruction.format) ? rdOf(word) : 0;
      const op = this.numbers.of(instruction.mnemonic) ?? this.numbers.nothing;
      return put(op, rd === 0 ? NO_REGISTER : rd, rs1Of(word), rs2Of(word), length, immediateOf(instruction.format, word));
    }
    const tensor = word === undefined || this.tensorOps.size === 0 ? undefined : decodeTensor(word);
    if (word !== undefined && tensor && this.tensorOps.has(tensor.name)) {
      const rd = tensor.instruction.writesRd ? rdOf(word) : 0;
      return put(this.numbers.tensor, rd === 0 ? NO_REGISTER : rd, rs1Of(word), rs2Of(word), length, TENSOR_OPS.indexOf(tensor.name));
    }
    put(this.numbers.illegal, NO_REGISTER, 0, 0, length, 0);
  }

  /** Forgets what was decoded from bytes [offset, offset + length). */
  invalidate(offset: number, length: number): void {
    // An instruction that begins two bytes before may reach into the first halfword.
    const first = Math.max(0, (offset >>> 1) - 1);
    const last = (offset + length - 1) >>> 1;
    for (let slot = first; slot <= last; slot++) {
      const start = this.pageStart[slot >>> (PAGE_BITS - 1)]!;
      if (start >= 0) this.code[start + 2 * (slot & SLOT_MASK)] = 0;
    }
  }
}
