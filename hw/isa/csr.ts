/**
 * The control and status registers of a machine-mode-only RV32 hart, and its trap causes, as data. RTL, golden model,
 * assembler and manual are made from these tables.
 * Source: RISC-V privileged specification, chapters "CSRs" and "Machine-level ISA"; counters: unprivileged, "Zicntr".
 * Must not know how an engine stores them.
 */

export interface Csr {
  readonly name: string;
  /** 12 bits; bits 11:10 = 3 means read-only: a write is an illegal instruction. */
  readonly address: number;
  readonly access: 'rw' | 'r';
  /** Value after reset. misa's depends on the chip: see `misaValue`. */
  readonly reset: number;
  /** Bits that a write changes; all others keep their reset value. 0 in an 'rw' register: writes are allowed and ignored. */
  readonly writable: number;
  readonly summary: string;
}

const rw = (name: string, address: number, writable: number, summary: string, reset = 0): Csr =>
  ({ name, address, access: 'rw', reset: reset >>> 0, writable: writable >>> 0, summary });
const ro = (name: string, address: number, summary: string, reset = 0): Csr =>
  ({ name, address, access: 'r', reset: reset >>> 0, writable: 0, summary });

/** Bits of mstatus that this hart has. MPP is fixed at 3: there is only machine mode. */
export const MSTATUS = { MIE: 1 << 3, MPIE: 1 << 7, MPP: 3 << 11 } as const;
/** Bits of mcountinhibit that this hart has. */
export const MCOUNTINHIBIT = { CY: 1 << 0, IR: 1 << 2 } as const;

/** Interrupts: number in mcause, bit in mie and mip. Taken in the order external, software, timer. */
export const INTERRUPT = { software: 3, timer: 7, external: 11 } as const;
/** Numbers of the interrupts, the first that is pending and enabled is taken. */
export const INTERRUPT_ORDER = ['external', 'software', 'timer'] as const;
export const INTERRUPT_PRIORITY: readonly number[] = INTERRUPT_ORDER.map((name) => INTERRUPT[name]);
const INTERRUPT_BITS = (1 << INTERRUPT.software) | (1 << INTERRUPT.timer) | (1 << INTERRUPT.external);

/** CSRs with a name of their own; the object's keys are their names. */
export const CSR = {
  mvendorid: ro('mvendorid', 0xf11, 'vendor: 0, not a commercial implementation'),
  marchid: ro('marchid', 0xf12, 'architecture: 0, none assigned'),
  mimpid: ro('mimpid', 0xf13, 'implementation version: major, minor, patch in bits 23:16, 15:8, 7:0', 0x0000_0100),
  mhartid: ro('mhartid', 0xf14, 'number of this hart: 0'),
  mconfigptr: ro('mconfigptr', 0xf15, 'address of the configuration structure: 0, there is none'),
  mstatus: rw('mstatus', 0x300, MSTATUS.MIE | MSTATUS.MPIE, 'MIE (bit 3), MPIE (bit 7), MPP (bits 12:11, always 3)', MSTATUS.MPP),
  misa: rw('misa', 0x301, 0, 'extensions of this hart; fixed'),
  mie: rw('mie', 0x304, INTERRUPT_BITS, 'enabled interrupts: software (3), timer (7), external (11)'),
  mtvec: rw('mtvec', 0x305, 0xffff_fffd, 'trap vector: base, a multiple of 4; mode 0 direct, 1 vectored (interrupts to base + 4·cause)'),
  mstatush: rw('mstatush', 0x310, 0, 'upper half of mstatus: 0, little-endian'),
  mcountinhibit: rw('mcountinhibit', 0x320, MCOUNTINHIBIT.CY | MCOUNTINHIBIT.IR, 'stops mcycle (bit 0) and minstret (bit 2)'),
  mscratch: rw('mscratch', 0x340, 0xffff_ffff, 'free for the trap handler'),
  mepc: rw('mepc', 0x341, 0xffff_fffe, 'pc of the instruction that trapped; bit 1 is also 0 without the C extension'),
  mcause: rw('mcause', 0x342, 0x8000_001f, 'bit 31: interrupt; bits 4:0: cause'),
  mtval: rw('mtval', 0x343, 0xffff_ffff, 'address or instruction bits of the trap, else 0'),
  mip: rw('mip', 0x344, 0, 'pending interrupts, in the places of mie; follow the interrupt lines'),
  mcycle: rw('mcycle', 0xb00, 0xffff_ffff, 'clock cycles, low word'),
  minstret: rw('minstret', 0xb02, 0xffff_ffff, 'retired instructions, low word'),
  mcycleh: rw('mcycleh', 0xb80, 0xffff_ffff, 'clock cycles, high word'),
  minstreth: rw('minstreth', 0xb82, 0xffff_ffff, 'retired instructions, high word'),
  cycle: ro('cycle', 0xc00, 'clock cycles, low word'),
  time: ro('time', 0xc01, 'mtime, low word'),
  instret: ro('instret', 0xc02, 'retired instructions, low word'),
  cycleh: ro('cycleh', 0xc80, 'clock cycles, high word'),
  timeh: ro('timeh', 0xc81, 'mtime, high word'),
  instreth: ro('instreth', 0xc82, 'retired instructions, high word'),
} as const satisfies Record<string, Csr>;

export type CsrName = keyof typeof CSR;

/** Hardware performance counters 3…31 and their selectors: present as the specification demands, and always 0. */
const UNUSED_COUNTERS: readonly Csr[] = Array.from({ length: 29 }, (_, i) => i + 3).flatMap((n) => [
  rw(`mhpmevent${n}`, 0x320 + n, 0, `event of counter ${n}: always 0`),
  rw(`mhpmcounter${n}`, 0xb00 + n, 0, `performance counter ${n}, low word: always 0`),
  rw(`mhpmcounter${n}h`, 0xb80 + n, 0, `performance counter ${n}, high word: always 0`),
]);

/** Regions of physical memory protection that can be set up; 0: there is no protection, and none of its CSRs. */
export type PmpRegions = 0 | 4 | 8 | 16;
/** Regions that have CSRs wherever there is protection: the specification knows 0, 16 and 64. Those beyond `PmpRegions` are always 0. */
export const PMP_ENTRIES = 16;
/** Fields of a region's byte in pmpcfg. Bits 6:5 are 0; W is stored only together with R, because W alone is reserved. */
export const PMP_CFG = { R: 1 << 0, W: 1 << 1, X: 1 << 2, A: 3 << 3, L: 1 << 7 } as const;
/** How a region says where it is: field A. */
export const PMP_MODES = ['off', 'tor', 'na4', 'napot'] as const;
export const PMP_MODE = Object.fromEntries(PMP_MODES.map((name, i) => [name, i])) as Readonly<Record<typeof PMP_MODES[number], number>>;
const PMP_BYTE = PMP_CFG.R | PMP_CFG.W | PMP_CFG.X | PMP_CFG.A | PMP_CFG.L;

/**
 * pmpcfg0…3 of a hart, four regions each, region 0 in the lowest byte. Bytes and addresses of locked regions (L), and the address
 * before a locked region of mode TOR, keep their value until reset.
 */
export const pmpConfigs = (regions: PmpRegions): Csr[] => Array.from({ length: PMP_ENTRIES / 4 }, (_, n) =>
  rw(`pmpcfg${n}`, 0x3a0 + n, 4 * n < regions ? PMP_BYTE * 0x0101_0101 : 0,
    `protection of regions ${4 * n}…${4 * n + 3}, a byte each: L00AAXWR`));
/** pmpaddr0…15 of a hart. */
export const pmpAddresses = (regions: PmpRegions): Csr[] => Array.from({ length: PMP_ENTRIES }, (_, n) =>
  rw(`pmpaddr${n}`, 0x3b0 + n, n < regions ? 0xffff_ffff : 0, `bits 33:2 of the address of region ${n}`));

const UNPRIVILEGED: readonly Csr[] = [CSR.cycle, CSR.cycleh, CSR.time, CSR.timeh, CSR.instret, CSR.instreth];

const COUNTERS: readonly Csr[] = [CSR.mcountinhibit, CSR.mcycle, CSR.mcycleh, CSR.minstret, CSR.minstreth];

/** What decides which CSRs a hart has. */
export interface CsrOptions {
  /** The counters that unprivileged software reads. */
  readonly zicntr: boolean;
  /** mcycle, minstret and mcountinhibit work; otherwise they are there, and always 0. */
  readonly counters: boolean;
  readonly pmpRegions: PmpRegions;
}

/** Every CSR of a hart in order of address; any other address is an illegal instruction. */
export function csrsOf({ zicntr, counters, pmpRegions }: CsrOptions): readonly Csr[] {
  const always = Object.values<Csr>(CSR).filter((csr) => zicntr || !UNPRIVILEGED.includes(csr))
    .map((csr) => (counters || !COUNTERS.includes(csr) ? csr : { ...csr, writable: 0 }));
  const protection = pmpRegions === 0 ? [] : [...pmpConfigs(pmpRegions), ...pmpAddresses(pmpRegions)];
  return [...always, ...UNUSED_COUNTERS, ...protection].sort((a, b) => a.address - b.address);
}

/** Every CSR that a hart can have. */
export const CSRS: readonly Csr[] = csrsOf({ zicntr: true, counters: true, pmpRegions: PMP_ENTRIES });

const BY_ADDRESS: ReadonlyMap<number, Csr> = new Map(CSRS.map((csr) => [csr.address, csr]));
const BY_NAME: ReadonlyMap<string, Csr> = new Map(CSRS.map((csr) => [csr.name, csr]));

export const csrByAddress = (address: number): Csr | undefined => BY_ADDRESS.get(address);
export const csrByName = (name: string): Csr | undefined => BY_NAME.get(name);

/** Extensions that can be left out of a hart. */
export interface IsaExtensions {
  readonly m: boolean;
  readonly c: boolean;
  readonly zba: boolean;
  readonly zbb: boolean;
  readonly zbs: boolean;
}

/** misa of a hart: MXL = 1 (32 bits) and one bit a letter; B stands for Zba, Zbb and Zbs together. */
export function misaValue(has: IsaExtensions): number {
  const letter = (name: string, present: boolean): number => (present ? 1 << (name.charCodeAt(0) - 65) : 0);
  return ((1 << 30) | letter('I', true) | letter('M', has.m) | letter('C', has.c) | letter('B', has.zba && has.zbb && has.zbs)) >>> 0;
}

/** Exceptions that a machine-mode hart can raise: number in mcause, what mtval holds. A protected region is as if nothing were there. */
export const EXCEPTION = {
  instructionMisaligned: { cause: 0, summary: 'jump to an address that is not a multiple of 4; only without C', mtval: 'the target' },
  instructionFault: { cause: 1, summary: 'fetch from where there is no memory', mtval: 'address of the part that is missing' },
  illegalInstruction: { cause: 2, summary: 'unknown instruction or CSR, or write to a read-only CSR', mtval: 'the instruction' },
  breakpoint: { cause: 3, summary: 'ebreak or c.ebreak', mtval: 'its pc' },
  loadMisaligned: { cause: 4, summary: 'load from an address that is not a multiple of its size', mtval: 'the address' },
  loadFault: { cause: 5, summary: 'load from where there is nothing', mtval: 'the address' },
  storeMisaligned: { cause: 6, summary: 'store to an address that is not a multiple of its size', mtval: 'the address' },
  storeFault: { cause: 7, summary: 'store to where there is nothing', mtval: 'the address' },
  machineCall: { cause: 11, summary: 'ecall', mtval: '0' },
} as const satisfies Record<string, { readonly cause: number; readonly summary: string; readonly mtval: string }>;

/** Bit 31 of mcause: the trap is an interrupt. */
export const CAUSE_INTERRUPT = 0x8000_0000;
