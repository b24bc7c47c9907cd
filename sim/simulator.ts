/**
 * The one interface behind which every cycle-accurate engine stands. An engine simulates one top module of the design
 * language; it knows nothing of cores, tensors or networks.
 */

/** Byte-wise back door to a memory of the design: word `i` occupies bytes `[i*wordBytes, (i+1)*wordBytes)`, little-endian. */
export interface MemoryAccess {
  readonly wordBytes: number;
  readonly bytes: number;
  read(offset: number, length: number): Uint8Array;
  write(offset: number, data: Uint8Array): void;
}

export interface AssertionFailure {
  /** Instance path and name of the assertion. */
  readonly path: string;
  readonly message: string;
  /** Clock cycle, counted from the simulator's creation, in which it did not hold. */
  readonly cycle: number;
}

/** A signal that waves can show. */
export interface SignalInfo {
  readonly path: string;
  readonly width: number;
}

/** Many signals that are looked at again and again. */
export interface Watch {
  /** Tells of each signal whose settled value is not that of the last look; at the first of all. `index`: its place among the paths. */
  changes(tell: (index: number, value: bigint) => void): void;
}

export interface Simulator {
  readonly engine: 'wasm' | 'verilator';
  /** Clock cycles since creation. */
  readonly cycle: number;
  /** Sets a top-level input. Takes effect at once for `peek`, at the next `step` for state. */
  poke(port: string, value: bigint | number): void;
  /** Settled value of a top-level port, or of a register by its path (`core.fetch.pc`). Unsigned bit pattern. */
  peek(path: string): bigint;
  /** Advances `cycles` clock edges (default 1). Throws AssertionError when an assertion of the design fails. */
  step(cycles?: number): void;
  /**
   * Steps until the top-level 1-bit output `stop` is 1 *before* an edge, or `maxCycles` edges have passed.
   * Returns the number of edges made and whether it stopped.
   */
  runUntil(stop: string, maxCycles: number): { cycles: number; stopped: boolean };
  /** Back door to a memory by its path (`ram.cells`). */
  memory(path: string): MemoryAccess;
  /** Signals to look at in every cycle: faster than to peek at each, where most stay as they are. */
  watch(paths: readonly string[]): Watch;
  /** Every register, port and named wire, for waves. */
  signals(): readonly SignalInfo[];
  /** How often each cover point was hit, by path. */
  covers(): ReadonlyMap<string, number>;
  close(): void;
}

/** A failed assertion of the design stops the simulation with this error. */
export class AssertionError extends Error {
  constructor(readonly failure: AssertionFailure) {
    super(`assertion ${failure.path} failed in cycle ${failure.cycle}: ${failure.message}`);
  }
}
