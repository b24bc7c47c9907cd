/**
 * The control and status registers of the golden model's hart, and the trap rules that live in them (privileged
 * specification, chapter "Machine-level ISA"). What exists, resets and is writable comes from `hw/isa/csr.ts`.
 * Must not know instructions nor memory.
 */
import { CAUSE_INTERRUPT, CSR, INTERRUPT, INTERRUPT_PRIORITY, MCOUNTINHIBIT, MSTATUS, csrsOf, misaValue } from '../../hw/isa/csr.ts';
import type { Csr, IsaExtensions, PmpRegions } from '../../hw/isa/csr.ts';
import { Pmp } from './pmp.ts';

/** Which extensions a hart has beside I, Zicsr and Zifencei. */
export interface IsaOptions extends IsaExtensions {
  /** Unprivileged counters; default: present. */
  readonly zicntr?: boolean;
  /** mcycle and minstret count, and mcountinhibit stops them; default: they do. Otherwise all three are 0. */
  readonly counters?: boolean;
}

/** What the CSRs see of their surroundings. */
export interface CsrHooks {
  /** Instructions retired so far, the one that reads not counted. */
  retired(): number;
  /** mtime. */
  time(): bigint;
  /** Interrupt lines in the places of mip. */
  lines(): number;
  /** Value that a read of a CSR shall return instead of the model's, or undefined. */
  override?(address: number): number | undefined;
}

const WORD = (1n << 64n) - 1n;

/** A 64-bit counter of retired instructions that software can write and stop. */
class Counter {
  /** Value minus retired instructions; while stopped, the value itself. */
  private base = 0n;
  private stopped = false;

  constructor(private readonly retired: () => number) {}

  get value(): bigint {
    return (this.stopped ? this.base : this.base + BigInt(this.retired())) & WORD;
  }

  /** Sets the value that holds once `inFlight` more instructions have retired. */
  write(value: bigint, inFlight: number): void {
    this.base = this.stopped ? value : value - BigInt(this.retired() + inFlight);
  }

  /** Stops or starts once `inFlight` more instructions have retired. */
  inhibit(stop: boolean, inFlight: number): void {
    if (stop === this.stopped) return;
    const next = BigInt(this.retired() + inFlight);
    this.base += stop ? next : -next;
    this.stopped = stop;
  }
}

export class CsrFile {
  mstatus: number = CSR.mstatus.reset;
  mie = 0;
  mtvec: number = CSR.mtvec.reset;
  mscratch = 0;
  mepc = 0;
  mcause = 0;
  mtval = 0;
  readonly pmp: Pmp;
  private mcountinhibit = 0;
  /** Those that this hart has, by address. */
  readonly existing: ReadonlyMap<number, Csr>;
  private readonly cycles: Counter;
  private readonly instret: Counter;
  private readonly misa: number;
  private readonly mepcMask: number;

  constructor(isa: IsaOptions, private readonly hooks: CsrHooks, pmpRegions: PmpRegions = 0) {
    this.pmp = new Pmp(pmpRegions);
    const { zicntr = true, counters = true } = isa;
    this.existing = new Map(csrsOf({ zicntr, counters, pmpRegions }).map((csr) => [csr.address, csr]));
    // A counter that is not there stands still at 0.
    const retired = counters ? hooks.retired : (): number => 0;
    this.cycles = new Counter(retired);
    this.instret = new Counter(retired);
    this.misa = misaValue(isa);
    this.mepcMask = isa.c ? CSR.mepc.writable : CSR.mepc.writable & ~2;
  }

  /** Value of a CSR, 0…2³²−1; undefined when the hart has no such CSR. */
  read(address: number): number | undefined {
    const csr = this.existing.get(address);
    if (csr === undefined) return undefined;
    const override = this.hooks.override?.(address);
    if (override !== undefined) return override >>> 0;
    switch (address) {
      case CSR.mstatus.address: return this.mstatus >>> 0;
      case CSR.misa.address: return this.misa;
      case CSR.mie.address: return this.mie >>> 0;
      case CSR.mip.address: return this.hooks.lines();
      case CSR.mtvec.address: return this.mtvec >>> 0;
      case CSR.mscratch.address: return this.mscratch >>> 0;
      case CSR.mepc.address: return this.mepc >>> 0;
      case CSR.mcause.address: return this.mcause >>> 0;
      case CSR.mtval.address: return this.mtval >>> 0;
      case CSR.mcountinhibit.address: return this.mcountinhibit;
      case CSR.mcycle.address: case CSR.cycle.address: return Number(this.cycles.value & 0xffff_ffffn);
      case CSR.mcycleh.address: case CSR.cycleh.address: return Number(this.cycles.value >> 32n);
      case CSR.minstret.address: case CSR.instret.address: return Number(this.instret.value & 0xffff_ffffn);
      case CSR.minstreth.address: case CSR.instreth.address: return Number(this.instret.value >> 32n);
      case CSR.time.address: return Number(this.hooks.time() & 0xffff_ffffn);
      case CSR.timeh.address: return Number(this.hooks.time() >> 32n);
      default: return this.pmp.read(address) ?? csr.reset;
    }
  }

  /**
   * Writes a CSR, within what is writable; false when it does not exist or is read-only. `inFlight` is 1 for the write of an
   * instruction, which itself does not move the counter that it writes: the next one reads `value`.
   */
  write(address: number, value: number, inFlight: 0 | 1 = 0): boolean {
    const csr = this.existing.get(address);
    if (!csr || csr.access === 'r') return false;
    const kept = ((value & csr.writable) | (csr.reset & ~csr.writable)) >>> 0;
    const word = BigInt(value >>> 0);
    if (csr.writable === 0) return true;
    switch (address) {
      case CSR.mstatus.address: this.mstatus = kept; break;
      case CSR.mie.address: this.mie = kept; break;
      case CSR.mtvec.address: this.mtvec = kept; break;
      case CSR.mscratch.address: this.mscratch = kept; break;
      case CSR.mepc.address: this.mepc = (value & this.mepcMask) >>> 0; break;
      case CSR.mcause.address: this.mcause = kept; break;
      case CSR.mtval.address: this.mtval = kept; break;
      case CSR.mcountinhibit.address:
        this.mcountinhibit = kept;
        this.cycles.inhibit((kept & MCOUNTINHIBIT.CY) !== 0, inFlight);
        this.instret.inhibit((kept & MCOUNTINHIBIT.IR) !== 0, inFlight);
        break;
      case CSR.mcycle.address: this.cycles.write((this.cycles.value & ~0xffff_ffffn) | word, inFlight); break;
      case CSR.mcycleh.address: this.cycles.write((this.cycles.value & 0xffff_ffffn) | (word << 32n), inFlight); break;
      case CSR.minstret.address: this.instret.write((this.instret.value & ~0xffff_ffffn) | word, inFlight); break;
      case CSR.minstreth.address: this.instret.write((this.instret.value & 0xffff_ffffn) | (word << 32n), inFlight); break;
      default: this.pmp.write(address, value);
    }
    return true;
  }

  /** Cause of the interrupt to take now, or -1: none is pending, enabled and allowed. */
  interruptToTake(): number {
    if (!(this.mstatus & MSTATUS.MIE) || this.mie === 0) return -1;
    const pending = this.hooks.lines() & this.mie;
    return pending === 0 ? -1 : INTERRUPT_PRIORITY.find((n) => pending & (1 << n)) ?? -1;
  }

  /** Enters a trap: saves where and why, disables interrupts. Returns the handler's address. */
  enterTrap(pc: number, cause: number, tval: number, interrupt: boolean): number {
    this.mepc = pc >>> 0;
    this.mcause = interrupt ? (CAUSE_INTERRUPT | cause) >>> 0 : cause;
    this.mtval = tval >>> 0;
    const wasEnabled = (this.mstatus & MSTATUS.MIE) !== 0;
    this.mstatus = MSTATUS.MPP | (wasEnabled ? MSTATUS.MPIE : 0);
    const base = this.mtvec & ~3;
    return (interrupt && this.mtvec & 1 ? base + 4 * cause : base) >>> 0;
  }

  /** mret: interrupts as they were before the trap. Returns the address to go on at. */
  leaveTrap(): number {
    const enabled = (this.mstatus & MSTATUS.MPIE) !== 0;
    this.mstatus = MSTATUS.MPP | MSTATUS.MPIE | (enabled ? MSTATUS.MIE : 0);
    return this.mepc;
  }
}

/** Bit of an interrupt line in mip. */
export const lineBit = (name: keyof typeof INTERRUPT): number => 1 << INTERRUPT[name];
