/**
 * Random programs for lockstep runs: hazards, loads and stores, branches and loops, multiplication, traps of every kind, CSRs,
 * 16-bit instructions and interrupts, with a trap handler that goes on after the instruction that trapped. They end by a
 * store to `tohost`. Must not know how they are run.
 */
import { CSR, EXCEPTION, INTERRUPT, MSTATUS, csrByAddress } from '../../hw/isa/csr.ts';
import type { Instruction, Format } from '../../hw/isa/instruction.ts';
import { RISCV, decode, decodeCompressed, encode } from '../../hw/isa/riscv.ts';
import type { Mnemonic, Operands } from '../../hw/isa/riscv.ts';
import type { CoreIsa } from '../../hw/core/config.ts';
import { addressOf, RAM_BASE } from '../../hw/soc/memory-map.ts';
import { Random } from '../../sw/data/random.ts';

export interface ProgramOptions {
  readonly isa: CoreIsa;
  /** Straight pieces of the program; about eight instructions each. */
  readonly pieces: number;
  /** Interrupt lines may change at any time: the program enables interrupts and waits for them. */
  readonly interrupts: boolean;
}

export interface RandomProgram {
  /** Image of RAM from its start. */
  readonly bytes: Uint8Array;
  readonly tohost: number;
}

export const RAM_BYTES = 0x1_0000;
const DATA = RAM_BASE + 0xc000;
export const TOHOST = RAM_BASE + 0xff00;

/**
 * Registers with a fixed use: sp and s0 point to data, s10 is for jumps, s11 holds where to go on, gp counts loops; t5 and t6
 * are the handler's.
 */
const SP = 2;
const S0 = 8;
const GP = 3;
const T5 = 30;
const T6 = 31;
const S10 = 26;
const S11 = 27;
const FREE = Array.from({ length: 32 }, (_, i) => i).filter((i) => ![SP, GP, S0, S10, S11].includes(i));
/** Few registers, so that hazards are frequent; x0 among them. */
const HOT = [0, 1, 5, 6, 7, 9, 10, 11, 12, 13, 14, 15];

class Emitter {
  readonly halves: number[] = [];
  private readonly fixes: { at: number; label: string; make: (offset: number) => number }[] = [];
  private readonly labels = new Map<string, number>();

  get offset(): number {
    return 2 * this.halves.length;
  }
  word(word: number): void {
    this.halves.push(word & 0xffff, word >>> 16);
  }
  half(half: number): void {
    this.halves.push(half);
  }
  add(mnemonic: Mnemonic, operands: Operands = {}): void {
    this.word(encode(RISCV[mnemonic], operands));
  }
  /** An instruction whose immediate is the distance from `base` (default: itself) to a label. */
  toLabel(mnemonic: Mnemonic, label: string, operands: Operands = {}, base = this.offset): void {
    this.fixes.push({ at: this.halves.length, label, make: (target) => encode(RISCV[mnemonic], { ...operands, imm: target - base }) });
    this.word(0);
  }
  /** The upper part of a label's offset from the start, rounded so that the lower part completes it. */
  toLabelUpper(mnemonic: Mnemonic, label: string, operands: Operands): void {
    const make = (target: number): number => encode(RISCV[mnemonic], { ...operands, imm: ((target + 0x800) & 0xffff_f000) >>> 0 });
    this.fixes.push({ at: this.halves.length, label, make });
    this.word(0);
  }
  toLabelLower(mnemonic: Mnemonic, label: string, operands: Operands): void {
    const make = (target: number): number => encode(RISCV[mnemonic], { ...operands, imm: (target << 20) >> 20 });
    this.fixes.push({ at: this.halves.length, label, make });
    this.word(0);
  }
  label(name: string): void {
    this.labels.set(name, this.offset);
  }
  finish(): Uint8Array {
    for (const { at, label, make } of this.fixes) {
      const target = this.labels.get(label);
      if (target === undefined) throw new Error(`no label ${label}`);
      const word = make(target);
      this.halves[at] = word & 0xffff;
      this.halves[at + 1] = word >>> 16;
    }
    return new Uint8Array(Uint16Array.from(this.halves).buffer);
  }
}

export function randomProgram(seed: number, options: ProgramOptions): RandomProgram {
  const random = new Random(seed);
  const below = (n: number): number => random.uint32() % n;
  const pick = <T>(list: readonly T[]): T => list[below(list.length)];
  const chance = (percent: number): boolean => below(100) < percent;
  const { isa } = options;
  const e = new Emitter();
  const loadConstant = (rd: number, value: number): void => {
    e.add('lui', { rd, imm: ((value + 0x800) & 0xffff_f000) >>> 0 });
    e.add('addi', { rd, rs1: rd, imm: (value << 20) >> 20 });
  };
  let labels = 0;
  const freshLabel = (): string => `l${labels++}`;
  const source = (): number => (chance(85) ? pick(HOT) : below(32));
  const destination = (): number => (chance(85) ? pick(HOT) : pick(FREE));

  const extensions = new Set(['I', isa.m && 'M', isa.zba && 'Zba', isa.zbb && 'Zbb', isa.zbs && 'Zbs']);
  const has = (formats: readonly Format[]): Instruction[] =>
    Object.values(RISCV).filter((i: Instruction) => extensions.has(i.extension) && formats.includes(i.format) && i !== RISCV.jalr);
  const arithmetic = has(['R', 'I', 'shift', 'unary', 'U']);
  const mulDiv = has(['R']).filter((i) => i.extension === 'M');
  const branches = has(['branch']);

  const operandsOf = (i: Instruction): Operands => {
    const upper = (random.uint32() & 0xffff_f000) >>> 0;
    const immediates: Partial<Record<Format, number>> = { U: upper, shift: below(32), I: below(4096) - 2048 };
    return { rd: destination(), rs1: source(), rs2: source(), imm: immediates[i.format] ?? 0 };
  };
  const arithmeticOne = (): void => {
    const i = mulDiv.length > 0 && chance(12) ? pick(mulDiv) : pick(arithmetic);
    e.word(encode(i, operandsOf(i)));
  };
  const sizes = { lb: 1, lbu: 1, sb: 1, lh: 2, lhu: 2, sh: 2, lw: 4, sw: 4 } as const;
  const access = (): void => {
    const mnemonic = pick(Object.keys(sizes) as (keyof typeof sizes)[]);
    const raw = below(2048) - 1024;
    const imm = chance(4) ? raw : raw & -sizes[mnemonic];
    e.add(mnemonic, { rd: destination(), rs1: chance(50) ? SP : S0, rs2: source(), imm });
  };
  /** A 16-bit instruction that neither jumps nor moves the data pointers. */
  const short = (): void => {
    for (;;) {
      const half = below(0x1_0000);
      const found = decodeCompressed(half);
      if (!found) continue;
      const { expandsTo } = found.entry;
      const { rd, rs1 } = found.operands;
      if (['jal', 'jalr', 'beq', 'bne', 'ebreak'].includes(expandsTo.mnemonic)) continue;
      if (['load', 'store'].includes(expandsTo.format) ? rs1 !== SP && rs1 !== S0 : false) continue;
      if (expandsTo.format !== 'store' && !FREE.includes(rd)) continue;
      e.half(half);
      return;
    }
  };
  const one = (): void => {
    if (isa.c && chance(35)) short();
    else if (chance(30)) access();
    else arithmeticOne();
  };
  const some = (most: number): void => {
    for (let n = 1 + below(most); n > 0; n--) one();
  };

  const counters = [CSR.mcycle, CSR.mcycleh, ...(isa.zicntr ? [CSR.cycle, CSR.cycleh, CSR.time, CSR.timeh] : [])];
  const readable = [
    CSR.mvendorid, CSR.marchid, CSR.mimpid, CSR.mhartid, CSR.misa, CSR.mtvec, CSR.mstatush, CSR.mepc, CSR.mcause, CSR.mtval,
    CSR.mstatus, CSR.mie, CSR.minstret, CSR.minstreth, CSR.mcountinhibit, ...counters, ...(isa.zicntr ? [CSR.instret, CSR.instreth] : []),
  ];
  const writable = [CSR.mscratch, CSR.mepc, CSR.mcause, CSR.mtval, CSR.minstret, CSR.minstreth, CSR.mcountinhibit, CSR.misa, CSR.mstatush];
  const csrOne = (): void => {
    if (chance(40)) {
      e.add(pick(['csrrs', 'csrrc', 'csrrsi', 'csrrci'] as const), { rd: destination(), rs1: 0, imm: pick(readable).address });
    } else if (chance(15)) {
      e.add(pick(['csrrsi', 'csrrci'] as const), { rd: destination(), rs1: MSTATUS.MIE, imm: CSR.mstatus.address });
    } else if (chance(10)) {
      // Read-only and missing CSRs.
      const readOnly = [CSR.mhartid, CSR.mimpid, ...(isa.zicntr ? [CSR.cycle, CSR.timeh, CSR.instret] : [])].map((c) => c.address);
      const missing = Array.from({ length: 8 }, () => below(4096)).filter((address) => !csrByAddress(address));
      const address = pick(chance(50) ? readOnly : [0x7c0, ...missing]);
      e.add(pick(['csrrw', 'csrrs', 'csrrwi'] as const), { rd: destination(), rs1: source(), imm: address });
    } else {
      const write = pick(['csrrw', 'csrrs', 'csrrc', 'csrrwi', 'csrrsi', 'csrrci'] as const);
      e.add(write, { rd: destination(), rs1: source(), imm: pick(writable).address });
    }
  };
  const trapOne = (): void => {
    switch (below(isa.c ? 8 : 7)) {
      case 0: return e.add('ecall');
      case 1: return e.add('ebreak');
      case 2: {
        for (;;) {
          const word = (random.uint32() | 3) >>> 0;
          // custom-0 belongs to the bench's unit.
          if (decode(word) === undefined && (word & 0x7f) !== 0x0b) return e.word(word);
        }
      }
      case 3: {
        // An access to where nothing is, between instructions that must not happen twice or too early.
        loadConstant(S10, (random.uint32() & 0x0fff_fffc) | 0x4000_0000);
        e.add('addi', { rd: 5, rs1: 5, imm: 1 });
        if (chance(50)) e.add('lw', { rd: destination(), rs1: S10, imm: 0 });
        else e.add('sw', { rs1: S10, rs2: source(), imm: 4 });
        return one();
      }
      case 4: {
        // A jump to where nothing is; the handler goes on at s11.
        const label = freshLabel();
        const at = e.offset;
        e.add('auipc', { rd: S11, imm: 0 });
        e.toLabel('addi', label, { rd: S11, rs1: S11 }, at);
        loadConstant(S10, 0x1000_1000);
        e.add('jalr', { rd: destination(), rs1: S10, imm: below(4096) - 2048 });
        return e.label(label);
      }
      case 5:
        e.add('fence.i');
        return e.add('fence', { imm: 0xff });
      case 6: {
        const label = freshLabel();
        const at = e.offset;
        e.add('auipc', { rd: S10, imm: 0 });
        e.toLabel('addi', label, { rd: S10, rs1: S10 }, at);
        // Odd targets lose their bit 0; with bit 1 set they are misaligned without the C extension, and the handler skips the jump.
        e.add('jalr', { rd: destination(), rs1: S10, imm: pick([0, 1, ...(isa.c ? [] : [2, 3])]) });
        one();
        return e.label(label);
      }
      default: {
        for (;;) {
          const half = below(0x1_0000);
          if ((half & 3) !== 3 && decodeCompressed(half) === undefined) return e.half(half);
        }
      }
    }
  };
  const softwareInterrupt = (): void => {
    loadConstant(S10, addressOf('msip'));
    e.add('addi', { rd: S11, rs1: 0, imm: 1 });
    // With interrupts enabled the handler takes the request away: nothing would be left to wait for.
    const waits = chance(50);
    if (waits) e.add('csrrci', { rd: destination(), rs1: MSTATUS.MIE, imm: CSR.mstatus.address });
    e.add('sw', { rs1: S10, rs2: S11, imm: 0 });
    if (waits) e.add('wfi');
    some(3);
    if (waits && chance(50)) e.add('csrrsi', { rd: destination(), rs1: MSTATUS.MIE, imm: CSR.mstatus.address });
    e.add('sw', { rs1: S10, rs2: 0, imm: 0 });
  };

  // --- start ---
  const vectored = chance(50);
  // The vector may be further away than an immediate reaches: take its distance from the pc in two parts.
  e.add('auipc', { rd: 5, imm: 0 });
  e.toLabelUpper('lui', 'vector', { rd: 6 });
  e.toLabelLower('addi', 'vector', { rd: 6, rs1: 6 });
  e.add('add', { rd: 5, rs1: 5, rs2: 6 });
  if (vectored) e.add('addi', { rd: 5, rs1: 5, imm: 1 });
  e.add('csrrw', { rd: 0, rs1: 5, imm: CSR.mtvec.address });
  loadConstant(SP, DATA);
  loadConstant(S0, DATA + 2048);
  e.add('addi', { rd: S10, rs1: 0, imm: 0 });
  e.add('addi', { rd: S11, rs1: 0, imm: 0 });
  const corners = [0, 1, -1, 0x7fff_ffff, -0x8000_0000];
  for (let r = 1; r < 32; r++) if (![SP, S0].includes(r)) loadConstant(r, chance(30) ? pick(corners) : random.uint32() | 0);
  e.add('csrrwi', { rd: 0, rs1: 0, imm: CSR.mscratch.address });
  for (const csr of [CSR.mepc, CSR.mcause, CSR.mtval]) e.add('csrrw', { rd: 0, rs1: 0, imm: csr.address });
  const enabled = [INTERRUPT.software, ...(options.interrupts ? [INTERRUPT.timer, INTERRUPT.external] : [])];
  loadConstant(T5, enabled.reduce((mask, n) => mask | (1 << n), 0));
  e.add('csrrw', { rd: 0, rs1: T5, imm: CSR.mie.address });

  // --- body ---
  for (let piece = 0; piece < options.pieces; piece++) {
    const kind = below(100);
    if (kind < 25) some(12);
    else if (kind < 50) {
      const label = freshLabel();
      const i = pick(branches);
      e.toLabel(i.mnemonic as Mnemonic, label, { rs1: source(), rs2: source() });
      some(4);
      e.label(label);
    } else if (kind < 62) {
      const label = freshLabel();
      e.add('addi', { rd: GP, rs1: 0, imm: 1 + below(5) });
      e.label(label);
      some(6);
      e.add('addi', { rd: GP, rs1: GP, imm: -1 });
      e.toLabel('bne', label, { rs1: GP, rs2: 0 });
    } else if (kind < 70) {
      const label = freshLabel();
      e.toLabel('jal', label, { rd: destination() });
      some(3);
      e.label(label);
    } else if (kind < 82) csrOne();
    else if (kind < 90) trapOne();
    else if (kind < 94) softwareInterrupt();
    else if (kind < 97 && options.interrupts) e.add('wfi');
    else some(3);
  }

  // --- end ---
  e.add('csrrci', { rd: 0, rs1: MSTATUS.MIE, imm: CSR.mstatus.address });
  loadConstant(S10, TOHOST);
  e.add('addi', { rd: S11, rs1: 0, imm: 1 });
  e.add('sw', { rs1: S10, rs2: S11, imm: 0 });
  e.label('forever');
  e.toLabel('jal', 'forever', { rd: 0 });

  // --- trap handler ---
  if (isa.c && e.offset % 4 !== 0) e.half(encodeShortNop());
  e.label('vector');
  // Vectored interrupts land on a jump of their own.
  for (let n = 0; n < 12; n++) e.toLabel('jal', n === 0 ? 'exception' : 'interrupt', { rd: 0 });
  e.label('exception');
  // In direct mode interrupts come here, too.
  e.add('csrrs', { rd: T5, rs1: 0, imm: CSR.mcause.address });
  e.toLabel('blt', 'interrupt', { rs1: T5, rs2: 0 });
  e.add('addi', { rd: T6, rs1: 0, imm: EXCEPTION.instructionFault.cause });
  e.toLabel('bne', 'skip', { rs1: T5, rs2: T6 });
  e.add('csrrw', { rd: 0, rs1: S11, imm: CSR.mepc.address });
  e.add('mret');
  e.label('skip');
  e.add('csrrs', { rd: T5, rs1: 0, imm: CSR.mepc.address });
  if (isa.c) {
    e.add('lhu', { rd: T6, rs1: T5, imm: 0 });
    e.add('xori', { rd: T6, rs1: T6, imm: -1 });
    e.add('andi', { rd: T6, rs1: T6, imm: 3 });
    e.add('addi', { rd: T5, rs1: T5, imm: 2 });
    e.toLabel('bne', 'back', { rs1: T6, rs2: 0 });
    e.add('addi', { rd: T5, rs1: T5, imm: 2 });
    e.label('back');
  } else e.add('addi', { rd: T5, rs1: T5, imm: 4 });
  e.add('csrrw', { rd: 0, rs1: T5, imm: CSR.mepc.address });
  e.add('csrrs', { rd: T6, rs1: 0, imm: CSR.mtval.address });
  e.add('mret');
  e.label('interrupt');
  loadConstant(T5, addressOf('msip'));
  e.add('sw', { rs1: T5, rs2: 0, imm: 0 });
  e.add('lw', { rd: T6, rs1: T5, imm: 0 });
  e.add('mret');

  const code = e.finish();
  if (code.length > DATA - 1024 - RAM_BASE) throw new Error(`program of ${code.length} bytes`);
  const bytes = new Uint8Array(RAM_BYTES);
  for (let i = 0; i < bytes.length; i++) bytes[i] = random.uint32();
  bytes.set(code);
  return { bytes, tohost: TOHOST };
}

/** c.nop */
function encodeShortNop(): number {
  return 1;
}
