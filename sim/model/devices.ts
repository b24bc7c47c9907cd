/**
 * The devices beside RAM as the golden model sees them: CLINT (timer, software interrupt) and UART, with the registers of
 * `hw/soc/memory-map.ts`. Must not know the hart: time and output reach it through callbacks.
 */
import { REGIONS, REGISTERS } from '../../hw/soc/memory-map.ts';
import type { Region } from '../../hw/soc/memory-map.ts';

/** A device of 32-bit registers. Offsets are multiples of 4 inside its region; places without a register read 0 and ignore writes. */
export interface Device {
  readonly region: Region;
  read(offset: number): number;
  /** Writes the bytes of `value` whose bits are set in `byteMask` (0…15). */
  write(offset: number, value: number, byteMask: number): void;
}

const ALL_ONES = (1n << 64n) - 1n;

/** Replaces the masked bytes of a 32-bit register. */
function merge(old: number, value: number, byteMask: number): number {
  let bits = 0;
  for (let i = 0; i < 4; i++) if (byteMask & (1 << i)) bits |= 0xff << (8 * i);
  return ((old & ~bits) | (value & bits)) >>> 0;
}

const low = (value: bigint): number => Number(value & 0xffff_ffffn);
const high = (value: bigint): number => Number(value >> 32n);
const withLow = (value: bigint, word: number): bigint => (value & ~0xffff_ffffn) | BigInt(word);
const withHigh = (value: bigint, word: number): bigint => (value & 0xffff_ffffn) | (BigInt(word) << 32n);

/**
 * Core-local interruptor. In the model `mtime` advances by one per retired instruction (hardware: per clock cycle), and
 * `mtimecmp` starts at 2^64 − 1 so that no timer interrupt is pending before software asks for one.
 */
export class Clint implements Device {
  readonly region = REGIONS.clint;
  private software = 0;
  private compare = ALL_ONES;
  /** mtime minus retired instructions. */
  private offset = 0n;
  /** Retired-instruction count from which the timer interrupt is pending. */
  timerPendingAt = Infinity;

  /** @param retired how many instructions the hart has retired so far */
  constructor(private readonly retired: () => number) {}

  get time(): bigint {
    return (BigInt(this.retired()) + this.offset) & ALL_ONES;
  }

  get softwarePending(): boolean {
    return this.software !== 0;
  }

  get timerPending(): boolean {
    return this.retired() >= this.timerPendingAt;
  }

  read(offset: number): number {
    switch (offset) {
      case REGISTERS.msip.offset: return this.software;
      case REGISTERS.mtimecmpLo.offset: return low(this.compare);
      case REGISTERS.mtimecmpHi.offset: return high(this.compare);
      case REGISTERS.mtimeLo.offset: return low(this.time);
      case REGISTERS.mtimeHi.offset: return high(this.time);
      default: return 0;
    }
  }

  write(offset: number, value: number, byteMask: number): void {
    const word = merge(this.read(offset), value, byteMask);
    switch (offset) {
      case REGISTERS.msip.offset: this.software = word & 1; break;
      case REGISTERS.mtimecmpLo.offset: this.compare = withLow(this.compare, word); break;
      case REGISTERS.mtimecmpHi.offset: this.compare = withHigh(this.compare, word); break;
      case REGISTERS.mtimeLo.offset: this.setTime(withLow(this.time, word)); break;
      case REGISTERS.mtimeHi.offset: this.setTime(withHigh(this.time, word)); break;
      default: return;
    }
    this.timerPendingAt = this.compare === ALL_ONES ? Infinity : Number(this.compare - this.offset);
  }

  private setTime(time: bigint): void {
    // The store is still in flight: the instruction after it shall see the value written.
    this.offset = time - BigInt(this.retired()) - 1n;
  }
}

/** Serial port without delay: what is sent goes to a callback at once, what is received waits in a queue. */
export class Uart implements Device {
  readonly region = REGIONS.uart;
  private readonly input: number[] = [];

  constructor(private readonly output: (byte: number) => void) {}

  /** Queues bytes for the program to read. */
  receive(bytes: Iterable<number>): void {
    for (const byte of bytes) this.input.push(byte & 0xff);
  }

  read(offset: number): number {
    switch (offset) {
      case REGISTERS.uartData.offset: return this.input.shift() ?? 0x8000_0000;
      case REGISTERS.uartStatus.offset: return 1 | (this.input.length > 0 ? 2 : 0);
      default: return 0;
    }
  }

  write(offset: number, value: number, byteMask: number): void {
    if (offset === REGISTERS.uartData.offset && byteMask & 1) this.output(value & 0xff);
  }
}
