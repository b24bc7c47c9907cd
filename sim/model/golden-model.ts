/**
 * The golden model as others use it: one hart with RAM, CLINT, UART and, if the chip has one, a tensor unit; loads a program,
 * runs it or steps it beside another engine. Must not know that engine, nor any particular program.
 */
import { csrByName } from '../../hw/isa/csr.ts';
import type { PmpRegions } from '../../hw/isa/csr.ts';
import { formatWritesRd, immediateOf, rdOf, registerNumber, rs1Of, rs2Of } from '../../hw/isa/encoding.ts';
import { decode, expandCompressed } from '../../hw/isa/riscv.ts';
import { decodeTensor } from '../../hw/isa/tensor-decode.ts';
import { RAM_BASE } from '../../hw/soc/memory-map.ts';
import type { ElfImage } from '../elf.ts';
import { planLoad, simulatedRam } from '../load-program.ts';
import { CsrFile, lineBit } from './csr-file.ts';
import type { IsaOptions } from './csr-file.ts';
import { Clint, Uart } from './devices.ts';
import { Machine } from './machine.ts';
import type { Trap } from './machine.ts';
import { Memory } from './memory.ts';
import { TensorModel } from './tensor.ts';
import type { TensorShape } from './tensor.ts';
import type { VainQuestion } from './vain-questions.ts';

export type { IsaOptions } from './csr-file.ts';
export type { TensorShape } from './tensor.ts';

export interface GoldenModelOptions {
  /** Extensions of the hart; each is present unless set to false. */
  readonly isa?: Partial<IsaOptions>;
  /** Regions of physical memory protection; default 0: there is none. */
  readonly pmpRegions?: PmpRegions;
  /** Bytes of RAM at RAM_BASE; default 64 MiB. */
  readonly ramBytes?: number;
  /** Sizes of the tensor unit; left out: there is none and its instructions are illegal. */
  readonly tensor?: TensorShape;
  /** How often a program may get the same answer of the tensor unit before it is taken to wait for ever; default: any number. */
  readonly patience?: number;
  /** Receives every byte that the program sends to the UART. */
  readonly uart?: (byte: number) => void;
  /** Lockstep: value for reads of a CSR (cycle, time, mip…) by its address, instead of the model's. */
  readonly overrideCsr?: (address: number) => number | undefined;
  /** Lockstep: value for a load of `size` bytes from a device, zero-extended, instead of the model's. */
  readonly overrideDevice?: (address: number, size: number) => number | undefined;
}

/** An instruction that did its work. */
export interface RetiredInstruction {
  readonly kind: 'retired';
  readonly pc: number;
  /** 16 bits of a compressed instruction, else 32. */
  readonly word: number;
  /** Bytes: 2 or 4. */
  readonly length: number;
  readonly nextPc: number;
  /** Register written, 0: none. */
  readonly rd: number;
  /** Value written to rd, 0…2³²−1; 0 when rd is 0. */
  readonly value: number;
  /** Store by the instruction itself (not by the tensor unit); `value` holds the `size` low bytes. */
  readonly store: { readonly address: number; readonly size: number; readonly value: number } | undefined;
}

/** An exception or interrupt that was taken instead of an instruction. */
export interface TrapTaken {
  readonly kind: 'trap';
  /** The instruction that trapped, or before which the interrupt came: the new mepc. */
  readonly pc: number;
  /** The instruction's bits; 0 for an interrupt or a failed fetch. */
  readonly word: number;
  /** Address of the handler. */
  readonly nextPc: number;
  readonly interrupt: boolean;
  /** Number without the interrupt bit. */
  readonly cause: number;
  readonly tval: number;
}

export type StepResult = RetiredInstruction | TrapTaken;

export interface RunResult {
  /** 0: passed; n: test n failed; undefined: the program did not end. */
  readonly exit: number | undefined;
  /** Instructions retired in this run. */
  readonly instret: number;
  /**
   * tohost: the program ended; limit: not within the instructions allowed; stuck: its trap handler traps at its first
   * instruction; hang: it asks the tensor unit for ever what can no more change.
   */
  readonly stopped: 'tohost' | 'limit' | 'stuck' | 'hang';
}

export type InterruptLine = 'software' | 'timer' | 'external';

/**
 * Instructions in one call of the machine. V8 enters newly optimised code best at a call: after a deoptimisation inside one
 * endless call the loop would go on in the interpreter for a long time.
 */
const LONGEST_RUN = 50_000;
const DEFAULT_RAM_BYTES = 64 * 1024 * 1024;
/** Store mnemonics and the bytes they move. */
const STORE_BYTES: Readonly<Record<string, number | undefined>> = { sb: 1, sh: 2, sw: 4 };

export class GoldenModel {
  readonly isa: IsaOptions;
  readonly memory: Memory;
  readonly csrs: CsrFile;
  readonly tensor: TensorModel | undefined;
  private readonly machine: Machine;
  private readonly clint: Clint;
  private readonly uart: Uart;
  private readonly forced = new Map<InterruptLine, boolean>();
  private exitValue: number | undefined;

  /** Throws UserError when a size is impossible. */
  constructor(options: GoldenModelOptions = {}) {
    this.isa = { m: true, c: true, zba: true, zbb: true, zbs: true, ...options.isa };
    const retired = (): number => this.machine.retired;
    this.clint = new Clint(retired);
    this.uart = new Uart(options.uart ?? (() => undefined));
    this.memory = new Memory(options.ramBytes ?? DEFAULT_RAM_BYTES, [this.clint, this.uart], {
      codeChanged: (offset, length) => this.machine.codeChanged(offset, length),
      watchedWritten: (value) => this.toHost(value),
    });
    this.tensor = options.tensor && new TensorModel(options.tensor, this.memory);
    const hooks = { retired, time: () => this.clint.time, lines: () => this.lines(), override: options.overrideCsr };
    this.csrs = new CsrFile(this.isa, hooks, options.pmpRegions);
    this.machine = new Machine({
      isa: this.isa, memory: this.memory, csrs: this.csrs, tensor: this.tensor, patience: options.patience,
      overrideDevice: options.overrideDevice,
    });
  }

  /** Instructions retired since creation. */
  get instret(): number {
    return this.machine.retired;
  }

  get pc(): number {
    return this.machine.pc >>> 0;
  }

  /** The low bits that no instruction address has are dropped. */
  set pc(address: number) {
    this.machine.pc = (address & (this.isa.c ? ~1 : ~3)) >>> 0;
  }

  /** Exit value that the program wrote to tohost: 0 passed, n test n failed; undefined: not yet. */
  get exit(): number | undefined {
    return this.exitValue;
  }

  /**
   * Copies a program into RAM, sets pc to its entry and watches its `tohost` symbol, if any. Registers, CSRs and the rest of RAM
   * stay as they are: make a new model for a fresh start. Throws UserError when the program breaks a rule of `sim/load-program.ts`.
   */
  load(elf: ElfImage): void {
    const { pieces, tohost } = planLoad(elf, simulatedRam(this.memory.ramBytes));
    for (const { offset, bytes, zeros } of pieces) {
      this.memory.writeBlock(RAM_BASE + offset, bytes);
      this.memory.clearBlock(RAM_BASE + offset + bytes.length, zeros);
    }
    this.memory.watch(tohost);
    this.exitValue = undefined;
    this.pc = elf.entry;
  }

  /**
   * One event: an interrupt taken (no instruction is done), or one instruction retired or trapped. Interrupts are looked at
   * before every instruction.
   *
   * In lockstep with hardware, what the model cannot know (tn.count, the busy bits of tn.poll) is mended after the step by
   * `setRegister(result.rd, …)`; interrupts come when `setInterrupt` says so.
   */
  step(): StepResult {
    const { machine } = this;
    const interrupt = this.csrs.interruptToTake();
    const pc = this.pc;
    if (interrupt >= 0) {
      machine.trap(interrupt, 0, true);
      return { kind: 'trap', pc, word: 0, nextPc: this.pc, interrupt: true, cause: interrupt, tval: 0 };
    }
    const word = machine.instructionAt(pc);
    const length = this.isa.c && (word & 3) !== 3 ? 2 : 4;
    const full = length === 2 ? expandCompressed(word) ?? 0 : word;
    const standard = decode(full);
    const size = STORE_BYTES[standard?.mnemonic ?? ''];
    const store = size === undefined ? undefined : {
      address: (machine.x[rs1Of(full)]! + immediateOf('store', full)) >>> 0,
      size,
      value: (machine.x[rs2Of(full)]! & (2 ** (8 * size) - 1)) >>> 0,
    };
    machine.lastTrap = undefined;
    machine.execute(1);
    const trap = machine.lastTrap as Machine['lastTrap'];
    if (trap) return { kind: 'trap', pc, word, nextPc: this.pc, interrupt: false, cause: trap.cause, tval: trap.tval };
    const writes = standard ? formatWritesRd(standard.format) : decodeTensor(full)?.instruction.writesRd ?? false;
    const rd = writes ? rdOf(full) : 0;
    return { kind: 'retired', pc, word, length, nextPc: this.pc, rd, value: rd === 0 ? 0 : machine.x[rd]! >>> 0, store };
  }

  /** Runs until the program ends or `maxInstructions` more (traps count as one each) have been done. */
  run(maxInstructions: number): RunResult {
    const { machine } = this;
    const from = machine.retired;
    let left = maxInstructions;
    while (left > 0 && this.exitValue === undefined) {
      const interrupt = this.csrs.interruptToTake();
      if (interrupt >= 0) machine.trap(interrupt, 0, true);
      // Until the timer interrupt becomes pending, only stores to devices and CSR writes can change which interrupts are taken.
      const untilTimer = this.clint.timerPendingAt - machine.retired;
      left -= machine.execute(Math.min(left, untilTimer > 0 ? untilTimer : LONGEST_RUN, LONGEST_RUN));
      if (machine.stuck) return { exit: undefined, instret: machine.retired - from, stopped: 'stuck' };
      if (this.vainQuestion && this.exitValue === undefined) return { exit: undefined, instret: machine.retired - from, stopped: 'hang' };
    }
    return { exit: this.exitValue, instret: machine.retired - from, stopped: this.exitValue === undefined ? 'limit' : 'tohost' };
  }

  /** True when the trap handler's first instruction traps itself, and so for ever. */
  get stuck(): boolean {
    return this.machine.stuck;
  }

  /** What the program asks the tensor unit for ever; undefined: nothing. */
  get vainQuestion(): VainQuestion | undefined {
    return this.machine.vainQuestions.found;
  }

  /** The last exception that was not one of the trap handler's first instruction; undefined: there was none. */
  get exception(): Trap | undefined {
    return this.machine.exception;
  }

  /** Bits of the instruction at an address in RAM: 16 of a compressed one, else 32; 0 where there is none. */
  instructionAt(address: number): number {
    return this.machine.instructionAt(address);
  }

  /** Value of a register by number or name, 0…2³²−1. Throws RangeError when there is none of that name. */
  register(register: number | string): number {
    return this.machine.x[this.registerIndex(register)]! >>> 0;
  }

  /** Sets a register; x0 stays 0. */
  setRegister(register: number | string, value: number): void {
    const index = this.registerIndex(register);
    if (index !== 0) this.machine.x[index] = value;
  }

  /** Value of a CSR by name or address. Throws RangeError when the hart has none such. */
  csr(csr: number | string): number {
    const value = this.csrs.read(this.csrAddress(csr));
    if (value === undefined) throw new RangeError(`no CSR ${csr}`);
    return value;
  }

  /** Writes a CSR as an instruction would. Throws RangeError when the hart has none such or it is read-only. */
  setCsr(csr: number | string, value: number): void {
    if (!this.csrs.write(this.csrAddress(csr), value)) throw new RangeError(`no writable CSR ${csr}`);
  }

  /** A copy of `length` bytes of RAM. Throws RangeError when they are not all in RAM. */
  read(address: number, length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    if (!this.memory.readBlock(address, bytes)) throw new RangeError(`0x${address.toString(16)} + ${length} is not in RAM`);
    return bytes;
  }

  /** Overwrites RAM. Throws RangeError when it is not all in RAM. */
  write(address: number, bytes: Uint8Array): void {
    if (!this.memory.writeBlock(address, bytes)) throw new RangeError(`0x${address.toString(16)} + ${bytes.length} is not in RAM`);
  }

  /** The little-endian word at an address in RAM, 0…2³²−1. */
  readWord(address: number): number {
    return new DataView(this.read(address, 4).buffer).getUint32(0, true);
  }

  /** Queues bytes that the program will read from the UART. */
  sendUart(bytes: Iterable<number>): void {
    this.uart.receive(bytes);
  }

  /** Holds an interrupt line at a level; undefined: the line follows the CLINT again (external: low). */
  setInterrupt(line: InterruptLine, level: boolean | undefined): void {
    if (level === undefined) this.forced.delete(line);
    else this.forced.set(line, level);
  }

  private lines(): number {
    const software = this.forced.get('software') ?? this.clint.softwarePending;
    const timer = this.forced.get('timer') ?? this.clint.timerPending;
    const external = this.forced.get('external') ?? false;
    return (software ? lineBit('software') : 0) | (timer ? lineBit('timer') : 0) | (external ? lineBit('external') : 0);
  }

  /** Even values are requests of a host protocol that we do not speak; 0 clears. */
  private toHost(value: number): void {
    if ((value & 1) === 0) return;
    this.exitValue = value === 1 ? 0 : value >>> 1;
    this.machine.leave = true;
  }

  private registerIndex(register: number | string): number {
    const index = typeof register === 'number' ? register : registerNumber(register);
    if (index === undefined || !Number.isInteger(index) || index < 0 || index > 31) throw new RangeError(`no register ${register}`);
    return index;
  }

  private csrAddress(csr: number | string): number {
    return typeof csr === 'number' ? csr : csrByName(csr)?.address ?? -1;
  }
}

/** Loads a program into a fresh model and runs it. */
export function runElf(elf: ElfImage, options: GoldenModelOptions, maxInstructions: number): RunResult {
  const model = new GoldenModel(options);
  model.load(elf);
  return model.run(maxInstructions);
}
