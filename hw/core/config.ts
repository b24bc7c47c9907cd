/** What a core can be: its parameters as data, and presets. Must not know how the core is built. */
import type { PmpRegions } from '../isa/csr.ts';
import { XIF_DEFAULTS } from '../lib/cv-x-if.ts';
import type { XifParams } from '../lib/cv-x-if.ts';

export interface CoreIsa {
  /** Integer multiplication and division. */
  readonly m: boolean;
  /** 16-bit instructions. */
  readonly c: boolean;
  readonly zba: boolean;
  readonly zbb: boolean;
  readonly zbs: boolean;
  /** The unprivileged counters cycle, time and instret; without it they are illegal CSRs. */
  readonly zicntr: boolean;
}

export interface CoreConfig {
  /** Extensions beside RV32I, Zicsr, Zifencei and the machine mode, which are always there. */
  readonly isa: CoreIsa;
  /** First instruction after reset; a multiple of 4. */
  readonly bootAddress: number;
  /**
   * 2: fetch, execute; a load or store stays in execute until its response, and results are written from there: smallest.
   * 3: fetch, execute, write; loads and stores overlap with what follows, only the use of a load's result waits one cycle.
   */
  readonly stages: 2 | 3;
  /** Words that wait between fetch and execute, and requests under way: 2 keeps up with memories of two cycles. 1 needs two stages. */
  readonly prefetch: 1 | 2;
  /**
   * Entries of the branch target buffer, a power of two; 0: none, every taken branch and jump costs a cycle. With it a branch that
   * goes where it went before costs nothing.
   */
  readonly predictorEntries: number;
  /**
   * When fetch learns of a jump that it did not expect: `direct` in the same cycle, `registered` one cycle later, which takes the
   * branch decision out of the path to the instruction memory.
   */
  readonly redirect: 'direct' | 'registered';
  /**
   * The instruction after a load uses what comes from the memory in the same cycle, instead of waiting for it one cycle more: fewer
   * cycles, a longer path. Only with three stages.
   */
  readonly loadBypass: boolean;
  /**
   * `single`: one cycle; `stepped`: four, with half of that multiplier; `iterative`: one bit a cycle in the divider's registers.
   * Matters only with isa.m.
   */
  readonly multiplier: 'single' | 'stepped' | 'iterative';
  /** `barrel`: one cycle; `serial`: one bit a cycle. */
  readonly shifter: 'barrel' | 'serial';
  /** `flipflop`: asynchronous read (flip-flops or LUT RAM); `block`: two copies in memories with synchronous read (block RAM). */
  readonly registerFile: 'flipflop' | 'block';
  /** mcycle and minstret count (64 bits, mcountinhibit); otherwise they read 0. */
  readonly counters: boolean;
  /** Regions of physical memory protection; 0: none. A region restricts machine mode, and so this core, only once it is locked. */
  readonly pmpRegions: PmpRegions;
  /** The CV-X-IF port for an extension unit. */
  readonly xif: boolean;
  /**
   * The core goes on while the extension unit works: results come later and in any order, and who needs them waits. Without it every
   * instruction of the unit ends before the next one begins. Only with `xif`.
   */
  readonly xifOverlap: boolean;
  /** X_ISSUE_REGISTER_SPLIT of the port: operands follow the issue of an instruction, one cycle later at the earliest. Only with `xif`. */
  readonly xifSplit: boolean;
  /** X_ID_WIDTH of the port. With overlap its power of two is the most that can be under way. */
  readonly xifIdBits: number;
  /** Outputs that tell of every retired instruction and trap, for lockstep checks and waves. */
  readonly trace: boolean;
  /** Inputs that stop the core between two instructions and write its registers, for a debugger. Not with xifOverlap. */
  readonly debug: boolean;
}

const RAM_START = 0x8000_0000;

/** Least area: for a chip on an iCE40 UP5K. */
export const smallCore: CoreConfig = {
  isa: { m: false, c: false, zba: false, zbb: false, zbs: false, zicntr: false },
  bootAddress: RAM_START, stages: 2, prefetch: 1, predictorEntries: 0, redirect: 'direct', loadBypass: false, multiplier: 'iterative', shifter: 'serial', registerFile: 'block',
  counters: false, pmpRegions: 0, xif: true, xifOverlap: false, xifSplit: false, xifIdBits: XIF_DEFAULTS.idBits, trace: false, debug: false,
};

/** Full instruction set at moderate area. */
export const balancedCore: CoreConfig = {
  isa: { m: true, c: true, zba: false, zbb: false, zbs: false, zicntr: true },
  bootAddress: RAM_START, stages: 3, prefetch: 2, predictorEntries: 0, redirect: 'direct', loadBypass: false, multiplier: 'iterative', shifter: 'barrel', registerFile: 'block',
  counters: true, pmpRegions: 0, xif: true, xifOverlap: false, xifSplit: false, xifIdBits: XIF_DEFAULTS.idBits, trace: false, debug: false,
};

/** Fewest cycles. */
export const fastCore: CoreConfig = {
  isa: { m: true, c: true, zba: true, zbb: true, zbs: true, zicntr: true },
  bootAddress: RAM_START, stages: 3, prefetch: 2, predictorEntries: 64, redirect: 'direct', loadBypass: true, multiplier: 'single', shifter: 'barrel', registerFile: 'flipflop',
  counters: true, pmpRegions: 0, xif: true, xifOverlap: false, xifSplit: false, xifIdBits: XIF_DEFAULTS.idBits, trace: false, debug: false,
};

/** Most work a second on a small FPGA: what would lengthen the cycle is done in one cycle more, or left out. */
export const clockedCore: CoreConfig = {
  ...fastCore, isa: { ...fastCore.isa, zbb: false }, redirect: 'registered', loadBypass: false, multiplier: 'stepped', registerFile: 'block',
};

/** By the name that configuration files and commands use. */
export const CORE_PRESETS = { small: smallCore, balanced: balancedCore, clocked: clockedCore, fast: fastCore } as const;

/** Parameters of the core's CV-X-IF port. */
export const xifOf = ({ xifSplit, xifIdBits }: CoreConfig): XifParams =>
  ({ ...XIF_DEFAULTS, split: xifSplit, idBits: xifIdBits });
