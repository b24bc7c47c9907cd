/** What holds values in a module: signals and memories. Must not know what drives and reads them. */
import type { Site } from '../site.ts';
import type { Lit } from './literal.ts';
import type { Type } from './types.ts';

export type SignalKind =
  | 'input'
  | 'output'
  | 'wire' // combinational, assigned in the body
  | 'reg' // assigned in the body, takes the value at the next clock edge
  | 'instIn' // input port of an instance, assigned in the body like a wire
  | 'instOut' // output port of an instance, read only
  | 'gridIn' // feeds a grid's ports, assigned in the body like a wire
  | 'gridOut'; // gathered from a grid's cells, read only

export interface Signal {
  /** Unique within the module; also the name in SystemVerilog and in waves. */
  readonly name: string;
  readonly kind: SignalKind;
  readonly type: Type;
  readonly site: Site;
  /** Registers: value on reset (one literal per scalar leaf, in leaf order), or none: the register is not reset. */
  readonly reset?: readonly (Lit | undefined)[];
  /** `instIn`, `instOut`: which port of which instance. */
  readonly port?: { readonly instance: string; readonly port: string };
}

/**
 * A memory with asynchronous reads (`memRead`) and clocked writes (`memWrite`). A register assigned from a `memRead`
 * is a synchronous read port. A read in the cycle of a write to the same address gives the old content.
 */
export interface Memory {
  readonly name: string;
  readonly type: Type;
  readonly depth: number;
  readonly site: Site;
  /** Initial words (unsigned bit patterns); missing ones are 0. */
  readonly init?: readonly bigint[];
  /** Implementation the designer asks of synthesis; does not change behaviour. */
  readonly style: 'auto' | 'registers' | 'block' | 'ultra';
  /** Checked promise that no synchronous read meets a write to its address: synthesis need not build the old word's path. */
  readonly collisionFree: boolean;
}
