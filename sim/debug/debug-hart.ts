/**
 * A hart in a debugger's hands: it stands between two instructions, goes on by one or by many, and shows and takes values.
 * The contract that each engine fulfils. Must not know the debugger's protocol.
 */
import type { Csr } from '../../hw/isa/csr.ts';
import type { Recorded } from './crash.ts';
import type { HartEvent } from './hart-event.ts';
import type { Access } from './shadow-hart.ts';

/** tohost: the program ended; stuck: its trap handler traps for ever; hang: it waits for ever; limit: it has had the time allowed. */
export type End = 'tohost' | 'stuck' | 'hang' | 'limit';

export interface DebugHart {
  /** Address of the next instruction. */
  readonly pc: number;
  /** Why it cannot go on; undefined: it can. */
  readonly end: End | undefined;
  /** What the program reported; undefined: nothing yet. */
  readonly exit: number | undefined;
  readonly cycles: number;
  readonly instret: number;
  /** Whether `next` tells what the instruction loaded or stored. */
  watching: boolean;
  /** Goes on to the next event and not beyond; undefined: none came within a bounded time, or at the end. */
  next(): { readonly event: HartEvent; readonly access: Access | undefined } | undefined;
  /** Goes on for a bounded time (some milliseconds) as fast as possible, to stop wherever that is. */
  run(): void;
  /** After `run`: comes to stand between two instructions. */
  stand(): void;
  /** Passes on what the program has sent meanwhile. */
  flushUart(): void;
  register(n: number): number;
  /** Those that the hart has, in order of address. */
  readonly csrs: readonly Csr[];
  /** Undefined: there is none. */
  csr(address: number): number | undefined;
  /** False: the engine cannot. */
  setRegister(n: number, value: number): boolean;
  /** False also where no instruction can be: the address is not aligned. */
  setPc(address: number): boolean;
  /** False also where an instruction could not write it. */
  setCsr(address: number, value: number): boolean;
  /** As many of the bytes as are in RAM before the first that is not. */
  read(address: number, bytes: number): Uint8Array;
  /** False: not all of it is RAM; nothing is written then. */
  write(address: number, bytes: Uint8Array): boolean;
  /** Loads the program afresh, to stand before its first instruction. */
  reset(): void;
  recorded(): Omit<Recorded, 'exit'>;
  close(): void;
}

/** What a hart is made of, whatever the engine. */
export interface HartOptions {
  readonly onEvent?: (event: HartEvent) => void;
  readonly onUart?: (bytes: Uint8Array) => void;
  /** Clock cycles, for `model` instructions, that it may take in all. */
  readonly maxCycles: number;
}
