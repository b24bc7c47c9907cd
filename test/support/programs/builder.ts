/**
 * What every piece of a random program is made with: the code so far, the random numbers, which registers may be used for what,
 * and single instructions that always go on with the next one. Must not know pieces.
 */
import type { CoreIsa } from '../../../hw/core/config.ts';
import type { Format, Instruction } from '../../../hw/isa/instruction.ts';
import { RISCV, decode, decodeCompressed, encode, rdOf, rs1Of, immediateOf } from '../../../hw/isa/riscv.ts';
import type { Mnemonic, Operands } from '../../../hw/isa/riscv.ts';
import { RAM_BASE } from '../../../hw/soc/memory-map.ts';
import { Random } from '../../../sw/data/random.ts';
import { Emitter } from './emitter.ts';

export const RAM_BYTES = 0x1_0000;
export const DATA = RAM_BASE + 0xc000;
/** s0 points this far behind sp. */
export const S0_OFFSET = 2048;
export const TOHOST = RAM_BASE + 0xff00;
/** Instructions that stand at the very end of RAM. */
export const TAIL_BYTES = 32;

/**
 * Registers with a fixed use. sp and s0 point to data; gp and s1 count loops (s1 those of 16-bit instructions), tp the rounds;
 * s2 to s4 hold return addresses, by depth; s10 and s11 are scratch for jumps and pointers, s11 says where to go on after a failed
 * fetch. t5 and t6 are changed by the trap handler at any time, which is compared like everything else.
 */
export const [SP, GP, TP, S0, S1, S10, S11, T5, T6] = [2, 3, 4, 8, 9, 26, 27, 30, 31];
export const LINKS = [18, 19, 20];
const FIXED = [SP, GP, TP, S0, S1, S10, S11, ...LINKS];
const FREE = Array.from({ length: 32 }, (_, i) => i).filter((i) => !FIXED.includes(i));
/** Few registers, so that hazards are frequent; x0 among them. */
const HOT = [0, 1, 5, 6, 7, 10, 11, 12, 13, 14, 15];
/** Opcodes custom-0 and custom-1 belong to the benches' units, of which the model knows nothing. */
const UNIT_OPCODES = [0x0b, 0x2b];
export const isOfUnit = (word: number): boolean => UNIT_OPCODES.includes(word & 0x7f);
const SIZES = { lb: 1, lbu: 1, sb: 1, lh: 2, lhu: 2, sh: 2, lw: 4, sw: 4 } as const;
/** Bytes around sp and s0 that accesses may reach: further down there is code. */
const REACH = 1024;

export class Builder {
  readonly e = new Emitter();
  private readonly random: Random;
  private labels = 0;
  private readonly arithmetic: readonly Instruction[];
  private readonly mulDiv: readonly Instruction[];
  readonly branches: readonly Mnemonic[] = ['beq', 'bne', 'blt', 'bge', 'bltu', 'bgeu'];

  constructor(seed: number, readonly isa: CoreIsa) {
    this.random = new Random(seed);
    const extensions = new Set(['I', isa.m && 'M', isa.zba && 'Zba', isa.zbb && 'Zbb', isa.zbs && 'Zbs']);
    const formats: readonly Format[] = ['R', 'I', 'shift', 'unary', 'U'];
    const isChosen = (i: Instruction): boolean => extensions.has(i.extension) && formats.includes(i.format) && i !== RISCV.jalr;
    this.arithmetic = Object.values(RISCV).filter(isChosen);
    this.mulDiv = this.arithmetic.filter((i) => i.extension === 'M');
  }

  // --- random choices ---

  uint32(): number {
    return this.random.uint32();
  }
  below(n: number): number {
    return this.random.uint32() % n;
  }
  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)];
  }
  chance(percent: number): boolean {
    return this.below(100) < percent;
  }
  source(): number {
    return this.chance(85) ? this.pick(HOT) : this.below(32);
  }
  destination(): number {
    return this.chance(85) ? this.pick(HOT) : this.pick(FREE);
  }
  freshLabel(): string {
    return `l${this.labels++}`;
  }

  // --- addresses and constants ---

  loadConstant(rd: number, value: number): void {
    this.e.add('lui', { rd, imm: ((value + 0x800) & 0xffff_f000) >>> 0 });
    this.e.add('addi', { rd, rs1: rd, imm: (value << 20) >> 20 });
  }
  /** Address of a label, at any distance. */
  loadAddress(rd: number, label: string): void {
    const base = this.e.offset;
    this.e.wordFrom((resolve) => encode(RISCV.auipc, { rd, imm: ((resolve(label) - base + 0x800) & 0xffff_f000) >>> 0 }));
    this.e.wordFrom((resolve) => encode(RISCV.addi, { rd, rs1: rd, imm: ((resolve(label) - base) << 20) >> 20 }));
  }
  /** With 16-bit instructions: a filler, if needed, so that the next instruction starts in the lower (or the upper) half of a word. */
  align(upper = false): void {
    if (this.isa.c && this.e.offset % 4 !== (upper ? 2 : 0)) this.e.half(this.shortInstruction());
  }

  // --- single instructions that go on with the next one ---

  arithmeticOne(): void {
    this.e.word(this.arithmeticInstruction());
  }
  arithmeticInstruction(): number {
    const i = this.mulDiv.length > 0 && this.chance(12) ? this.pick(this.mulDiv) : this.pick(this.arithmetic);
    return encode(i, this.operandsOf(i));
  }
  /** A multiplication or division; without the extension, some other arithmetic. */
  mulDivOne(): void {
    const i = this.pick(this.mulDiv.length > 0 ? this.mulDiv : this.arithmetic);
    this.e.word(encode(i, this.operandsOf(i)));
  }
  private operandsOf(i: Instruction): Operands {
    const upper = (this.uint32() & 0xffff_f000) >>> 0;
    const immediates: Partial<Record<Format, number>> = { U: upper, shift: this.below(32), I: this.below(4096) - 2048 };
    return { rd: this.destination(), rs1: this.source(), rs2: this.source(), imm: immediates[i.format] ?? 0 };
  }
  /** A load or store of data, now and then misaligned. */
  accessOne(mnemonics = Object.keys(SIZES) as (keyof typeof SIZES)[], misaligned = 4): void {
    const mnemonic = this.pick(mnemonics);
    const raw = this.below(2 * REACH) - REACH;
    const imm = this.chance(misaligned) ? raw : raw & -SIZES[mnemonic];
    this.e.add(mnemonic, { rd: this.destination(), rs1: this.chance(50) ? SP : S0, rs2: this.source(), imm });
  }
  shortInstruction(): number {
    for (;;) {
      const half = this.below(0x1_0000);
      if (isHarmlessHalf(half)) return half;
    }
  }
  /** Any instruction that neither jumps nor traps on purpose. */
  one(): void {
    if (this.isa.c && this.chance(35)) this.e.half(this.shortInstruction());
    else if (this.chance(30)) this.accessOne();
    else this.arithmeticOne();
  }
  some(most: number): void {
    for (let n = 1 + this.below(most); n > 0; n--) this.one();
  }
  /** Nothing, or a few. */
  maybe(most: number): void {
    for (let n = this.below(most + 1); n > 0; n--) this.one();
  }
  /** A branch to a label within reach, of 32 or 16 bits. */
  branchTo(label: string, isShort = this.isa.c && this.chance(40)): void {
    if (isShort) this.e.shortToLabel(this.chance(50) ? 'c.beqz' : 'c.bnez', label, 10 + this.below(6));
    else this.e.toLabel(this.pick(this.branches), label, { rs1: this.source(), rs2: this.source() });
  }
}

/** A 16-bit instruction that neither jumps nor changes a register with a fixed use nor touches what is not data. */
export function isHarmlessHalf(half: number): boolean {
  const found = decodeCompressed(half);
  if (!found) return false;
  const { expandsTo } = found.entry;
  const { rd, rs1 } = found.operands;
  if (['jal', 'jalr', 'beq', 'bne', 'ebreak'].includes(expandsTo.mnemonic)) return false;
  if (['load', 'store'].includes(expandsTo.format) && rs1 !== SP && rs1 !== S0) return false;
  return expandsTo.format === 'store' || FREE.includes(rd);
}

/** The same for 32 bits. An unknown instruction is harmless, too: its trap goes on behind it. */
export function isHarmlessWord(word: number): boolean {
  if ((word & 3) !== 3 || isOfUnit(word)) return false;
  const i: Instruction | undefined = decode(word);
  if (!i) return true;
  if (i === RISCV.jalr || !['R', 'I', 'shift', 'unary', 'U', 'load', 'store'].includes(i.format)) return false;
  if (i.format === 'load' || i.format === 'store') {
    const imm = immediateOf(i.format, word);
    if (![SP, S0].includes(rs1Of(word)) || imm < -REACH || imm >= REACH) return false;
  }
  return i.format === 'store' || FREE.includes(rdOf(word));
}
