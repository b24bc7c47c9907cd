/**
 * One RV32 hart of the golden model: registers, traps and what every instruction does, one instruction after the other
 * without time (unprivileged specification, RV32I, M, C, B, Zicsr, Zifencei, Zicntr; privileged, machine mode only).
 * Must not know files, symbols or how an engine is driven.
 *
 * Where the specification leaves a choice: misaligned loads and stores trap, and misalignment is found before an access
 * fault; ebreak writes its pc to mtval; wfi does nothing; fence and fence.i do nothing, since stores are visible to fetches
 * at once; a misaligned jump target (only without C) traps at the jump, which then writes no register.
 */
import { EXCEPTION } from '../../hw/isa/csr.ts';
import { immediateOf, rs1Of } from '../../hw/isa/encoding.ts';
import { decode, expandCompressed } from '../../hw/isa/riscv.ts';
import { RAM_BASE } from '../../hw/soc/memory-map.ts';
import { cpop, ctz, div, divu, mulh, mulhsu, mulhu, orcb, rem, remu, rev8, ror } from './arithmetic.ts';
import type { CsrFile, IsaOptions } from './csr-file.ts';
import { DecodeCache, NO_REGISTER } from './decode-cache.ts';
import { PAGE_BITS } from './memory.ts';
import type { Memory } from './memory.ts';
import type { TensorModel } from './tensor.ts';
import { VainQuestions } from './vain-questions.ts';

/**
 * Numbers of the operations. In the same file as the switch over them, because only then does the transpiler put plain numbers
 * into its cases, and only then does the engine compile it to a jump table. Keys are mnemonics.
 */
enum Op {
  undecoded, illegal, fetchFault, tensor, nothing,
  lui, auipc, jal, jalr, beq, bne, blt, bge, bltu, bgeu, lb, lh, lw, lbu, lhu, sb, sh, sw,
  addi, slti, sltiu, xori, ori, andi, slli, srli, srai, add, sub, sll, slt, sltu, xor, srl, sra, or, and,
  ecall, ebreak, mret, csrrw, csrrs, csrrc, csrrwi, csrrsi, csrrci,
  mul, mulh, mulhsu, mulhu, div, divu, rem, remu,
  sh1add, sh2add, sh3add, andn, orn, xnor, clz, ctz, cpop, 'sext.b', 'sext.h', 'zext.h', min, minu, max, maxu, rol, ror, rori,
  'orc.b', rev8,
  bclr, bclri, bext, bexti, binv, binvi, bset, bseti,
}

/** Layout of a decoded instruction: operation in bits 7:0, destination, sources, length in bytes. An enum for the same reason. */
enum At { rd = 8, rs1 = 14, rs2 = 19, length = 24 }

const PAGE_MASK = -(1 << PAGE_BITS);
/** RAM_BASE as int32, so that addresses stay int32 in the loop. */
const BASE = RAM_BASE | 0;
const { instructionMisaligned, instructionFault, illegalInstruction, breakpoint } = EXCEPTION;
const { loadMisaligned, loadFault, storeMisaligned, storeFault, machineCall } = EXCEPTION;

/** Load and store mnemonics and the bytes they move. */
const ACCESS_BYTES: Readonly<Record<string, number | undefined>> = { lb: 1, lbu: 1, sb: 1, lh: 2, lhu: 2, sh: 2, lw: 4, sw: 4 };

/** A trap that has been taken. */
export interface Trap {
  /** Address of the instruction that trapped, or that an interrupt came before. */
  readonly pc: number;
  readonly cause: number;
  readonly tval: number;
  readonly interrupt: boolean;
}

/** What the hart needs from its surroundings. */
export interface MachineParts {
  readonly isa: IsaOptions;
  readonly memory: Memory;
  readonly csrs: CsrFile;
  readonly tensor: TensorModel | undefined;
  /** How often the tensor unit may give the same answer while nothing could change it; default: for ever. */
  readonly patience?: number | undefined;
  /** Value that a load from a device shall return instead of the model's, or undefined. */
  readonly overrideDevice?: (address: number, size: number) => number | undefined;
}

export class Machine {
  /** x0…x31, and a place for results that go nowhere. */
  readonly x = new Int32Array(NO_REGISTER + 1);
  pc = RAM_BASE;
  /** Instructions retired; those that trapped do not count. Exact whenever a device or CSR is touched. */
  retired = 0;
  lastTrap: Trap | undefined;
  /** The last exception, apart from those of a trap handler's first instruction straight after another exception. */
  exception: Trap | undefined;
  /** The first instruction of the trap handler traps itself, and so for ever. */
  stuck = false;
  /** Makes `execute` return after the instruction under way, so that interrupts and stop conditions are looked at again. */
  leave = false;
  readonly vainQuestions: VainQuestions;
  private readonly cache: DecodeCache;
  /** `retired` when the last exception came; -1: none has. */
  private retiredAtException = -1;

  constructor(private readonly parts: MachineParts) {
    this.vainQuestions = new VainQuestions(parts.patience ?? Infinity);
    this.cache = new DecodeCache(parts.memory, parts.isa, new Set(parts.tensor?.ops), {
      pack: (op, rd, rs1, rs2, length) => op | (rd << At.rd) | (rs1 << At.rs1) | (rs2 << At.rs2) | (length << At.length),
      illegal: Op.illegal, fetchFault: Op.fetchFault, tensor: Op.tensor, nothing: Op.nothing,
      of: (mnemonic) => (Op as unknown as Record<string, number | undefined>)[mnemonic],
    });
  }

  /** RAM has changed under decoded instructions. */
  codeChanged(offset: number, length: number): void {
    this.cache.invalidate(offset, length);
  }

  /** Enters the trap handler; `pc` is the instruction's address. */
  trap(cause: number, tval: number, interrupt: boolean): void {
    this.vainQuestions.disturbed();
    this.lastTrap = { pc: this.pc >>> 0, cause, tval: tval >>> 0, interrupt };
    if (!interrupt) {
      if (this.retiredAtException !== this.retired) this.exception = this.lastTrap;
      this.retiredAtException = this.retired;
    }
    this.pc = this.parts.csrs.enterTrap(this.pc, cause, tval, interrupt);
    this.stuck = !interrupt && this.pc === this.lastTrap.pc;
  }

  /** Bits of the instruction at a pc as mtval reports them: 16 of a compressed one, else 32; 0 when it is not in RAM. */
  instructionAt(pc: number): number {
    const { memory, isa } = this.parts;
    const offset = memory.ramOffset(pc, 2);
    if (offset < 0 || offset & 1) return 0;
    const half = memory.ramU16[offset >>> 1]!;
    if (isa.c && (half & 3) !== 3) return half;
    return memory.ramOffset(pc, 4) < 0 ? 0 : (half | (memory.ramU16[(offset >>> 1) + 1]! << 16)) >>> 0;
  }

  /**
   * Does up to `limit` instructions (those that trap count too; limit < 2³⁰) and returns how many. Returns early when `leave` is set or
   * after an instruction that can change which interrupts are taken or what is protected, or when `stuck`. Takes no interrupts itself.
   */
  execute(limit: number): number {
    // Asked about only here, and then for each instruction, so that the loop is not slowed down by what hardly any program uses.
    return this.parts.csrs.pmp.restricts ? this.executeProtected() : this.executeFreely(limit);
  }

  /** One instruction, if memory protection allows what it accesses; else it traps. Returns 1. */
  private executeProtected(): number {
    const denied = this.deniedAccess();
    if (!denied) return this.executeFreely(1);
    this.leave = false;
    this.trap(denied.cause, denied.tval, false);
    return 1;
  }

  /** The exception that memory protection raises at the next instruction; undefined: none. */
  private deniedAccess(): { cause: number; tval: number } | undefined {
    const { csrs: { pmp }, isa } = this.parts;
    const pc = this.pc >>> 0;
    if (!pmp.allows(pc, 2, 'fetch')) return { cause: instructionFault.cause, tval: pc };
    const word = this.instructionAt(pc);
    const isShort = isa.c && (word & 3) !== 3;
    if (!isShort && !pmp.allows(pc + 2, 2, 'fetch')) return { cause: instructionFault.cause, tval: pc + 2 };
    const full = isShort ? expandCompressed(word) ?? 0 : word;
    const instruction = decode(full);
    const size = ACCESS_BYTES[instruction?.mnemonic ?? ''];
    if (!instruction || size === undefined) return undefined;
    const isStore = instruction.format === 'store';
    const tval = (this.x[rs1Of(full)]! + immediateOf(instruction.format, full)) >>> 0;
    // A misaligned access is one whatever else it is.
    if (tval % size !== 0 || pmp.allows(tval, size, isStore ? 'store' : 'load')) return undefined;
    return { cause: (isStore ? storeFault : loadFault).cause, tval };
  }

  private executeFreely(limit: number): number {
    const { x, cache, vainQuestions } = this;
    const { memory, tensor, csrs, isa } = this.parts;
    const { ram, ram8, ram16, ramU16, ram32, ramBytes, pageFlags } = memory;
    /** Target bits that must be 0. */
    const misaligned = isa.c ? 0 : 2;
    // Locals: the optimiser keeps them in machine registers, and need not look whether a module's constant has changed.
    const pageBits = PAGE_BITS;
    const pageMask = PAGE_MASK;
    const base = BASE;
    let pc = this.pc | 0;
    let n = 0;
    /** Retired instructions are start + n after an instruction, start + n − 1 within it. */
    let start = this.retired;
    let cause = 0;
    let tval = 0;
    this.leave = false;

    while (n < limit) {
      const page = pc & pageMask;
      const pageOffset = (page - base) >>> 0;
      if (pageOffset >= ramBytes) {
        // Jumped out of RAM: nothing to decode. The trap handler may be back in RAM.
        n++;
        start--;
        this.pc = pc;
        this.retired = start + n;
        this.trap(instructionFault.cause, pc, false);
        pc = this.pc | 0;
        if (this.stuck) limit = n;
        continue;
      }
      const slots = cache.openPage(pageOffset);
      const code = cache.code;
      while (n < limit && (pc & pageMask) === page) {
        n++;
        const at = slots + (pc & ~pageMask);
        const fields = code[at]!;
        const imm = code[at + 1]!;
        const rd = (fields >> At.rd) & 63;
        const rs1 = (fields >> At.rs1) & 31;
        const rs2 = (fields >> At.rs2) & 31;
        body: {
          switch (fields & 0xff) {
            case Op.undecoded: cache.fill((pc - base) >>> 0); n--; continue;
            case Op.illegal: cause = illegalInstruction.cause; tval = this.instructionAt(pc); break body;
            case Op.fetchFault: cause = instructionFault.cause; tval = pc + imm; break body;
            case Op.tensor: {
              const value = tensor!.execute(imm, x[rs1]!, x[rs2]!);
              x[rd] = value;
              if (!vainQuestions.executed(imm, value, start + n)) break;
              this.pc = pc + (fields >> At.length);
              this.retired = start + n;
              return n;
            }
            case Op.nothing: break;

            case Op.lui: x[rd] = imm; break;
            case Op.auipc: x[rd] = pc + imm; break;
            case Op.jal: {
              const target = (pc + imm) | 0;
              if (target & misaligned) { cause = instructionMisaligned.cause; tval = target; break body; }
              x[rd] = pc + (fields >> At.length);
              pc = target;
              continue;
            }
            case Op.jalr: {
              const target = (x[rs1]! + imm) & ~1;
              if (target & misaligned) { cause = instructionMisaligned.cause; tval = target; break body; }
              x[rd] = pc + (fields >> At.length);
              pc = target;
              continue;
            }
            case Op.beq:
              if (x[rs1]! !== x[rs2]!) break;
              if ((pc + imm) & misaligned) { cause = -1; break body; }
              pc = (pc + imm) | 0;
              continue;
            case Op.bne:
              if (x[rs1]! === x[rs2]!) break;
              if ((pc + imm) & misaligned) { cause = -1; break body; }
              pc = (pc + imm) | 0;
              continue;
            case Op.blt:
              if (x[rs1]! >= x[rs2]!) break;
              if ((pc + imm) & misaligned) { cause = -1; break body; }
              pc = (pc + imm) | 0;
              continue;
            case Op.bge:
              if (x[rs1]! < x[rs2]!) break;
              if ((pc + imm) & misaligned) { cause = -1; break body; }
              pc = (pc + imm) | 0;
              continue;
            case Op.bltu:
              if (x[rs1]! >>> 0 >= x[rs2]! >>> 0) break;
              if ((pc + imm) & misaligned) { cause = -1; break body; }
              pc = (pc + imm) | 0;
              continue;
            case Op.bgeu:
              if (x[rs1]! >>> 0 < x[rs2]! >>> 0) break;
              if ((pc + imm) & misaligned) { cause = -1; break body; }
              pc = (pc + imm) | 0;
              continue;

            case Op.lb: {
              const a = (x[rs1]! + imm) | 0;
              const offset = (a - base) >>> 0;
              if (offset < ramBytes) { x[rd] = ram8[offset]!; break; }
              this.retired = start + n - 1;
              const value = this.loadDevice(a, 1);
              if (value < 0) { cause = loadFault.cause; tval = a; break body; }
              x[rd] = (value << 24) >> 24;
              break;
            }
            case Op.lbu: {
              const a = (x[rs1]! + imm) | 0;
              const offset = (a - base) >>> 0;
              if (offset < ramBytes) { x[rd] = ram[offset]!; break; }
              this.retired = start + n - 1;
              const value = this.loadDevice(a, 1);
              if (value < 0) { cause = loadFault.cause; tval = a; break body; }
              x[rd] = value;
              break;
            }
            case Op.lh: {
              const a = (x[rs1]! + imm) | 0;
              if (a & 1) { cause = loadMisaligned.cause; tval = a; break body; }
              const offset = (a - base) >>> 0;
              if (offset < ramBytes) { x[rd] = ram16[offset >>> 1]!; break; }
              this.retired = start + n - 1;
              const value = this.loadDevice(a, 2);
              if (value < 0) { cause = loadFault.cause; tval = a; break body; }
              x[rd] = (value << 16) >> 16;
              break;
            }
            case Op.lhu: {
              const a = (x[rs1]! + imm) | 0;
              if (a & 1) { cause = loadMisaligned.cause; tval = a; break body; }
              const offset = (a - base) >>> 0;
              if (offset < ramBytes) { x[rd] = ramU16[offset >>> 1]!; break; }
              this.retired = start + n - 1;
              const value = this.loadDevice(a, 2);
              if (value < 0) { cause = loadFault.cause; tval = a; break body; }
              x[rd] = value;
              break;
            }
            case Op.lw: {
              const a = (x[rs1]! + imm) | 0;
              if (a & 3) { cause = loadMisaligned.cause; tval = a; break body; }
              const offset = (a - base) >>> 0;
              if (offset < ramBytes) { x[rd] = ram32[offset >>> 2]!; break; }
              this.retired = start + n - 1;
              const value = this.loadDevice(a, 4);
              if (value < 0) { cause = loadFault.cause; tval = a; break body; }
              x[rd] = value;
              break;
            }
            case Op.sb: {
              const a = (x[rs1]! + imm) | 0;
              const offset = (a - base) >>> 0;
              if (offset < ramBytes) {
                ram8[offset] = x[rs2]!;
                if (pageFlags[offset >>> pageBits] === 0) break;
                memory.storeFlagged(offset, 1);
              } else {
                this.retired = start + n - 1;
                if (!this.storeDevice(a, 1, x[rs2]!)) { cause = storeFault.cause; tval = a; break body; }
              }
              if (!this.leave) break;
              this.pc = pc + (fields >> At.length);
              this.retired = start + n;
              return n;
            }
            case Op.sh: {
              const a = (x[rs1]! + imm) | 0;
              if (a & 1) { cause = storeMisaligned.cause; tval = a; break body; }
              const offset = (a - base) >>> 0;
              if (offset < ramBytes) {
                ram16[offset >>> 1] = x[rs2]!;
                if (pageFlags[offset >>> pageBits] === 0) break;
                memory.storeFlagged(offset, 2);
              } else {
                this.retired = start + n - 1;
                if (!this.storeDevice(a, 2, x[rs2]!)) { cause = storeFault.cause; tval = a; break body; }
              }
              if (!this.leave) break;
              this.pc = pc + (fields >> At.length);
              this.retired = start + n;
              return n;
            }
            case Op.sw: {
              const a = (x[rs1]! + imm) | 0;
              if (a & 3) { cause = storeMisaligned.cause; tval = a; break body; }
              const offset = (a - base) >>> 0;
              if (offset < ramBytes) {
                ram32[offset >>> 2] = x[rs2]!;
                if (pageFlags[offset >>> pageBits] === 0) break;
                memory.storeFlagged(offset, 4);
              } else {
                this.retired = start + n - 1;
                if (!this.storeDevice(a, 4, x[rs2]!)) { cause = storeFault.cause; tval = a; break body; }
              }
              if (!this.leave) break;
              this.pc = pc + (fields >> At.length);
              this.retired = start + n;
              return n;
            }

            case Op.addi: x[rd] = x[rs1]! + imm; break;
            case Op.slti: x[rd] = x[rs1]! < imm ? 1 : 0; break;
            case Op.sltiu: x[rd] = x[rs1]! >>> 0 < imm >>> 0 ? 1 : 0; break;
            case Op.xori: x[rd] = x[rs1]! ^ imm; break;
            case Op.ori: x[rd] = x[rs1]! | imm; break;
            case Op.andi: x[rd] = x[rs1]! & imm; break;
            case Op.slli: x[rd] = x[rs1]! << imm; break;
            case Op.srli: x[rd] = x[rs1]! >>> imm; break;
            case Op.srai: x[rd] = x[rs1]! >> imm; break;
            case Op.add: x[rd] = x[rs1]! + x[rs2]!; break;
            case Op.sub: x[rd] = x[rs1]! - x[rs2]!; break;
            case Op.sll: x[rd] = x[rs1]! << x[rs2]!; break;
            case Op.slt: x[rd] = x[rs1]! < x[rs2]! ? 1 : 0; break;
            case Op.sltu: x[rd] = x[rs1]! >>> 0 < x[rs2]! >>> 0 ? 1 : 0; break;
            case Op.xor: x[rd] = x[rs1]! ^ x[rs2]!; break;
            case Op.srl: x[rd] = x[rs1]! >>> x[rs2]!; break;
            case Op.sra: x[rd] = x[rs1]! >> x[rs2]!; break;
            case Op.or: x[rd] = x[rs1]! | x[rs2]!; break;
            case Op.and: x[rd] = x[rs1]! & x[rs2]!; break;

            case Op.ecall: cause = machineCall.cause; tval = 0; break body;
            case Op.ebreak: cause = breakpoint.cause; tval = pc; break body;
            case Op.mret:
              this.pc = csrs.leaveTrap();
              this.retired = start + n;
              return n;
            case Op.csrrw: case Op.csrrs: case Op.csrrc: case Op.csrrwi: case Op.csrrsi: case Op.csrrci:
              this.retired = start + n - 1;
              if (!this.accessCsr(fields & 0xff, imm, rd, rs1)) {
                cause = illegalInstruction.cause;
                tval = this.instructionAt(pc);
                break body;
              }
              this.pc = pc + (fields >> At.length);
              this.retired = start + n;
              return n;

            case Op.mul: x[rd] = Math.imul(x[rs1]!, x[rs2]!); break;
            case Op.mulh: x[rd] = mulh(x[rs1]!, x[rs2]!); break;
            case Op.mulhsu: x[rd] = mulhsu(x[rs1]!, x[rs2]!); break;
            case Op.mulhu: x[rd] = mulhu(x[rs1]!, x[rs2]!); break;
            case Op.div: x[rd] = div(x[rs1]!, x[rs2]!); break;
            case Op.divu: x[rd] = divu(x[rs1]!, x[rs2]!); break;
            case Op.rem: x[rd] = rem(x[rs1]!, x[rs2]!); break;
            case Op.remu: x[rd] = remu(x[rs1]!, x[rs2]!); break;

            case Op.sh1add: x[rd] = x[rs2]! + (x[rs1]! << 1); break;
            case Op.sh2add: x[rd] = x[rs2]! + (x[rs1]! << 2); break;
            case Op.sh3add: x[rd] = x[rs2]! + (x[rs1]! << 3); break;
            case Op.andn: x[rd] = x[rs1]! & ~x[rs2]!; break;
            case Op.orn: x[rd] = x[rs1]! | ~x[rs2]!; break;
            case Op.xnor: x[rd] = ~(x[rs1]! ^ x[rs2]!); break;
            case Op.clz: x[rd] = Math.clz32(x[rs1]!); break;
            case Op.ctz: x[rd] = ctz(x[rs1]!); break;
            case Op.cpop: x[rd] = cpop(x[rs1]!); break;
            case Op['sext.b']: x[rd] = (x[rs1]! << 24) >> 24; break;
            case Op['sext.h']: x[rd] = (x[rs1]! << 16) >> 16; break;
            case Op['zext.h']: x[rd] = x[rs1]! & 0xffff; break;
            case Op.min: x[rd] = x[rs1]! < x[rs2]! ? x[rs1]! : x[rs2]!; break;
            case Op.minu: x[rd] = x[rs1]! >>> 0 < x[rs2]! >>> 0 ? x[rs1]! : x[rs2]!; break;
            case Op.max: x[rd] = x[rs1]! > x[rs2]! ? x[rs1]! : x[rs2]!; break;
            case Op.maxu: x[rd] = x[rs1]! >>> 0 > x[rs2]! >>> 0 ? x[rs1]! : x[rs2]!; break;
            case Op.rol: x[rd] = ror(x[rs1]!, -x[rs2]!); break;
            case Op.ror: x[rd] = ror(x[rs1]!, x[rs2]!); break;
            case Op.rori: x[rd] = ror(x[rs1]!, imm); break;
            case Op['orc.b']: x[rd] = orcb(x[rs1]!); break;
            case Op.rev8: x[rd] = rev8(x[rs1]!); break;
            case Op.bclr: x[rd] = x[rs1]! & ~(1 << x[rs2]!); break;
            case Op.bclri: x[rd] = x[rs1]! & ~(1 << imm); break;
            case Op.bext: x[rd] = (x[rs1]! >>> x[rs2]!) & 1; break;
            case Op.bexti: x[rd] = (x[rs1]! >>> imm) & 1; break;
            case Op.binv: x[rd] = x[rs1]! ^ (1 << x[rs2]!); break;
            case Op.binvi: x[rd] = x[rs1]! ^ (1 << imm); break;
            case Op.bset: x[rd] = x[rs1]! | (1 << x[rs2]!); break;
            case Op.bseti: x[rd] = x[rs1]! | (1 << imm); break;
          }
          pc = (pc + (fields >> At.length)) | 0;
          continue;
        }
        // The instruction trapped: it does not retire, and has changed nothing.
        if (cause < 0) {
          cause = instructionMisaligned.cause;
          tval = pc + imm;
        }
        start--;
        this.pc = pc;
        this.retired = start + n;
        this.trap(cause, tval, false);
        pc = this.pc | 0;
        if (this.stuck) limit = n;
      }
    }
    this.pc = pc >>> 0;
    this.retired = start + n;
    return n;
  }

  /** Zero-extended value, or -1 when there is nothing at the address. */
  private loadDevice(address: number, size: number): number {
    const value = this.parts.memory.loadDevice(address, size);
    if (value === undefined) return -1;
    const override = this.parts.overrideDevice?.(address >>> 0, size);
    return override === undefined ? value : override >>> 0;
  }

  private storeDevice(address: number, size: number, value: number): boolean {
    // A store to the CLINT can raise an interrupt or move the next one.
    this.leave = true;
    this.vainQuestions.disturbed();
    return this.parts.memory.storeDevice(address, size, value);
  }

  /** False: no such CSR, or it is read-only and would be written. */
  private accessCsr(op: Op, address: number, rd: number, rs1: number): boolean {
    const { csrs } = this.parts;
    const immediate = op >= Op.csrrwi;
    const operand = immediate ? rs1 : this.x[rs1]!;
    const old = csrs.read(address);
    if (old === undefined) return false;
    const replaces = op === Op.csrrw || op === Op.csrrwi;
    if (replaces || rs1 !== 0) {
      const sets = op === Op.csrrs || op === Op.csrrsi;
      if (!csrs.write(address, replaces ? operand : sets ? old | operand : old & ~operand, 1)) return false;
    }
    this.x[rd] = old;
    return true;
  }
}
