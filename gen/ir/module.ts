/**
 * Modules, signals and statements of the intermediate representation. After the passes this is what the SystemVerilog
 * printer and the simulation engine both read; grids of instances are still symbolic in it.
 */
import type { Site } from '../site.ts';
import type { Expr } from './expr.ts';
import type { Lanes } from './lanes.ts';
import type { Memory, Signal } from './signal.ts';

export type { Memory, Signal, SignalKind } from './signal.ts';

export type PathElement = { readonly field: string } | { readonly index: number | Expr };

export type Statement = Assign | When | Switch | For | MemWrite;
export interface Assign {
  readonly kind: 'assign';
  readonly target: Signal;
  /** Empty: the whole signal. */
  readonly path: readonly PathElement[];
  readonly value: Expr;
  readonly site: Site;
}
export interface When {
  readonly kind: 'when';
  readonly cond: Expr;
  readonly then: readonly Statement[];
  readonly else: readonly Statement[];
  readonly site: Site;
}
/** Cases are disjoint; `default` runs when none matches. */
export interface Switch {
  readonly kind: 'switch';
  readonly on: Expr;
  readonly cases: readonly SwitchCase[];
  readonly default: readonly Statement[];
  readonly site: Site;
}
export interface SwitchCase {
  readonly values: readonly bigint[];
  /** What the designer calls the values, as far as he does: see `hint` of an expression. */
  readonly names?: readonly (string | undefined)[];
  readonly body: readonly Statement[];
}
/** The body once for every lane, in ascending order; what it reads is settled, so the order decides only which assignment is the last. */
export interface For {
  readonly kind: 'for';
  readonly lanes: Lanes;
  readonly body: readonly Statement[];
  readonly site: Site;
}
/** Write at the clock edge. `mask` (UInt, one bit per lane of equal width, lane 0 = least significant) selects lanes. */
export interface MemWrite {
  readonly kind: 'memWrite';
  readonly mem: Memory;
  readonly addr: Expr;
  readonly data: Expr;
  readonly mask?: Expr;
  readonly site: Site;
}

/** Checked at every clock edge while reset is inactive: `assert` must hold, `cover` is counted. */
export interface Check {
  readonly kind: 'assert' | 'cover';
  readonly name: string;
  readonly cond: Expr;
  readonly message: string;
  readonly site: Site;
}

export interface Instance {
  readonly name: string;
  readonly module: Module;
  readonly site: Site;
  /** Signals (`instIn`, `instOut`) of the parent by port name. */
  readonly connections: ReadonlyMap<string, Signal>;
}

/** How one input port of every cell of a grid is fed. `signal` is a `gridIn` of the parent. */
export type GridInput =
  | { readonly kind: 'all'; readonly signal: Signal } // the same value for every cell
  | { readonly kind: 'row'; readonly signal: Signal } // vector of `rows` elements
  | { readonly kind: 'column'; readonly signal: Signal } // vector of `columns` elements
  | { readonly kind: 'cell'; readonly signal: Signal } // vector of rows*columns elements, row-major
  | {
    /** From the neighbour in the given direction; cells at that edge take `signal` (a vector along the edge). */
    readonly kind: 'neighbour';
    readonly from: 'west' | 'north' | 'east' | 'south';
    readonly output: string;
    readonly signal: Signal;
  };

/** How outputs of the cells are seen by the parent: one row, one column, or all cells (row-major), as a vector. */
export type GridOutput = { readonly signal: Signal; readonly port: string } & (
  | { readonly kind: 'row'; readonly row: number }
  | { readonly kind: 'column'; readonly column: number }
  | { readonly kind: 'all' }
);

export interface Grid {
  readonly name: string;
  readonly module: Module;
  readonly rows: number;
  readonly columns: number;
  readonly site: Site;
  readonly inputs: ReadonlyMap<string, GridInput>;
  readonly outputs: readonly GridOutput[];
}

export interface Module {
  readonly name: string;
  readonly site: Site;
  /** Text of the module's docstring for the printed header; may be empty. */
  readonly doc: string;
  readonly ports: readonly Signal[];
  readonly wires: readonly Signal[];
  readonly regs: readonly Signal[];
  readonly memories: readonly Memory[];
  readonly instances: readonly Instance[];
  readonly grids: readonly Grid[];
  readonly body: readonly Statement[];
  readonly checks: readonly Check[];
  /** A module that is not described here: printed as an instance only; engines use `behaviour` if it is given. */
  readonly blackBox?: BlackBox;
  /** True if this module or one below it has state: then it has ports `clk` and `rst`. */
  readonly clocked: boolean;
}

export interface BlackBox {
  /** Name of the cell in the target library. */
  readonly cell: string;
  /** Parameters printed with the instance, in order: numbers or sized literals given as text. */
  readonly parameters: readonly { readonly name: string; readonly value: string }[];
  /** Name of the cell's clock port, if it has one; it is connected to `clk`. */
  readonly clock?: string;
  /** A module with the same ports that behaves as the cell does, for simulation. */
  readonly behaviour?: Module;
}

export interface Design {
  readonly top: Module;
  /** Every module once, children before parents; the last is `top`. */
  readonly modules: readonly Module[];
}
