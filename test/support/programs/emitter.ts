/** Machine code under construction: halfwords, and places that are filled in when all labels are known. Must not know what it is for. */
import { COMPRESSED, RISCV, encode } from '../../../hw/isa/riscv.ts';
import type { Mnemonic, Operands } from '../../../hw/isa/riscv.ts';
import type { CompressedInstruction } from '../../../hw/isa/riscv.ts';

/** Offset of a label from the start of the code. */
export type Resolve = (label: string) => number;

export class Emitter {
  readonly halves: number[] = [];
  private readonly fixes: { readonly at: number; readonly halves: 1 | 2; readonly make: (resolve: Resolve) => number }[] = [];
  private readonly labels = new Map<string, number>();

  get offset(): number {
    return 2 * this.halves.length;
  }

  word(word: number): void {
    this.halves.push(word & 0xffff, word >>> 16);
  }

  half(half: number): void {
    this.halves.push(half & 0xffff);
  }

  add(mnemonic: Mnemonic, operands: Operands = {}): void {
    this.word(encode(RISCV[mnemonic], operands));
  }

  /** A word that depends on labels. */
  wordFrom(make: (resolve: Resolve) => number): void {
    this.fixes.push({ at: this.halves.length, halves: 2, make });
    this.word(0);
  }

  halfFrom(make: (resolve: Resolve) => number): void {
    this.fixes.push({ at: this.halves.length, halves: 1, make });
    this.half(0);
  }

  /** An instruction whose immediate is the distance from `base` (default: itself) to a label. */
  toLabel(mnemonic: Mnemonic, label: string, operands: Operands = {}, base = this.offset): void {
    this.wordFrom((resolve) => encode(RISCV[mnemonic], { ...operands, imm: resolve(label) - base }));
  }

  /** A 16-bit jump or branch to a label. */
  shortToLabel(mnemonic: 'c.j' | 'c.jal' | 'c.beqz' | 'c.bnez', label: string, rs1 = 8): void {
    const from = this.offset;
    this.halfFrom((resolve) => encodeShort(mnemonic, { rs1, imm: resolve(label) - from }));
  }

  /** The upper part of a label's offset from the start, rounded so that the lower part completes it. */
  toLabelUpper(mnemonic: Mnemonic, label: string, operands: Operands): void {
    this.wordFrom((resolve) => encode(RISCV[mnemonic], { ...operands, imm: ((resolve(label) + 0x800) & 0xffff_f000) >>> 0 }));
  }

  toLabelLower(mnemonic: Mnemonic, label: string, operands: Operands): void {
    this.wordFrom((resolve) => encode(RISCV[mnemonic], { ...operands, imm: (resolve(label) << 20) >> 20 }));
  }

  label(name: string): void {
    this.labels.set(name, this.offset);
  }

  finish(): Uint8Array {
    const resolve: Resolve = (label) => {
      const target = this.labels.get(label);
      if (target === undefined) throw new Error(`no label ${label}`);
      return target;
    };
    for (const { at, halves, make } of this.fixes) {
      const bits = make(resolve);
      this.halves[at] = bits & 0xffff;
      if (halves === 2) this.halves[at + 1] = bits >>> 16;
    }
    return new Uint8Array(Uint16Array.from(this.halves).buffer);
  }
}

const SHORT: ReadonlyMap<string, CompressedInstruction> = new Map(COMPRESSED.map((c) => [c.mnemonic, c]));

/** A 16-bit instruction. Operands that the encoding has no place for are ignored. Throws RangeError when an immediate does not fit. */
export function encodeShort(mnemonic: string, operands: Operands): number {
  const entry = SHORT.get(mnemonic);
  if (!entry) throw new RangeError(`no 16-bit instruction ${mnemonic}`);
  let half = entry.match;
  for (const name of ['rd', 'rs1', 'rs2'] as const) {
    const place = entry[name];
    const value = operands[name] ?? 0;
    if (place && 'at' in place) half |= (place.bits === 5 ? value & 31 : (value - 8) & 7) << place.at;
  }
  const imm = operands.imm ?? 0;
  let kept = 0;
  for (const { from, width, to } of entry.immediate) {
    half |= ((imm >> to) & (2 ** width - 1)) << from;
    kept |= (2 ** width - 1) << to;
  }
  if (entry.signBit >= 0) kept = (kept << (31 - entry.signBit)) >> (31 - entry.signBit);
  if (imm !== 0 && entry.immediate.length > 0) {
    const sign = entry.signBit >= 0 ? (imm << (31 - entry.signBit)) >> (31 - entry.signBit) : imm;
    if (sign !== imm || (imm & ~kept) !== 0) throw new RangeError(`${mnemonic}: ${imm} does not fit`);
  }
  return half;
}
