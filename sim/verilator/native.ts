/** What the addon offers to JavaScript; see native/addon.cpp. */

/** Numbers of variables come from `find`. */
export interface NativeSimulation {
  /** A port (empty scope) or a public variable; `depth` is 1 unless it is a memory. -1 if the design has none. */
  find(scope: string, name: string, width: number, depth: number): number;
  peek(variable: number): bigint;
  poke(variable: number, value: bigint): void;
  /** Rising edges until `cycles` are made, a check fails, or `stop` (a variable or -1) is 1 before an edge; the edges made. */
  run(cycles: number, stop: number): number;
  /** Whether the last `run` found `stop` at 1. */
  stopped(): boolean;
  readArray(variable: number, wordBytes: number, offset: number, length: number): Uint8Array;
  writeArray(variable: number, wordBytes: number, offset: number, data: Uint8Array): void;
  /** What the design printed since the last call. */
  takeOutput(): string;
  /** True once after a check of the design failed. */
  takeFailure(): boolean;
  close(): void;
}

export interface NativeModule {
  readonly NativeSimulation: new () => NativeSimulation;
}
