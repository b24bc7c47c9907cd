/**
 * SystemVerilog as printed: what stands in a module, in which order, as which kind of block. Every decision of the printer is visible
 * here; only lines, columns and indentation are `write.ts`'s. Expressions and places are text already. Must not know the IR.
 */

export interface SvModule {
  /** Comment above the module. */
  readonly doc: readonly string[];
  /** Text macros that the module uses, with what they are where the tool's command line does not say. */
  readonly macros: readonly { readonly name: string; readonly value: string }[];
  readonly name: string;
  readonly ports: readonly Declaration[];
  /** Warnings of Verilator that do not hold for the ports. */
  readonly portLint: readonly string[];
  /** Set apart by a line; empty ones leave none. */
  readonly sections: readonly (readonly Item[])[];
}

/** `lead type name rest`. */
export interface Declaration {
  /** What stands before the type: a direction, attributes. */
  readonly lead?: string;
  readonly type: string;
  readonly name: string;
  /** What follows the name: dimensions, a value. */
  readonly rest?: string;
}

/** What stands in a module or in a loop of one. */
export type Item =
  | { readonly kind: 'comment'; readonly text: string }
  | { readonly kind: 'enum'; readonly name: string; readonly width: number; readonly members: readonly { readonly name: string; readonly value: number }[] }
  | { readonly kind: 'struct'; readonly name: string; readonly fields: readonly Declaration[] }
  | { readonly kind: 'declarations'; readonly groups: readonly DeclarationGroup[] }
  | { readonly kind: 'assign'; readonly target: string; readonly value: string }
  | { readonly kind: 'always'; readonly trigger: 'comb' | 'clock'; readonly body: readonly Stmt[]; readonly comment?: string }
  | { readonly kind: 'initial'; readonly body: readonly Stmt[] }
  | { readonly kind: 'readMemory'; readonly file: string; readonly memory: string }
  | { readonly kind: 'check'; readonly cond: string; readonly action: string; readonly comment?: string }
  | SvLoop
  | { readonly kind: 'instance'; readonly module: string; readonly name: string; readonly parameters: readonly Connection[]; readonly ports: readonly Connection[] }
  /** `then` where the macro is defined (`not`: is not), `else` elsewhere. */
  | { readonly kind: 'ifdef'; readonly macro: string; readonly not: boolean; readonly then: readonly Item[]; readonly else: readonly Item[] }
  /** Close together: no empty line inside. */
  | { readonly kind: 'paragraph'; readonly items: readonly Item[] };

/** Declarations below each other, in columns. */
export interface DeclarationGroup {
  readonly comment?: string;
  readonly of: readonly Declaration[];
}

/** `for (genvar variable = 0; variable < count; …) begin : label`. */
export interface SvLoop {
  readonly kind: 'loop';
  readonly variable: string;
  readonly count: number;
  readonly label: string;
  readonly items: readonly Item[];
  readonly comment?: string;
  /** Warnings of Verilator that do not hold inside. */
  readonly lint?: readonly string[];
}

/** `.port(text)`. */
export interface Connection {
  readonly port: string;
  readonly text: string;
}

/** What stands in a block. */
export type Stmt =
  | SvAssign
  /** One assignment under a condition, on one line. */
  | { readonly kind: 'guarded'; readonly cond: string; readonly then: SvAssign }
  /** `if`, `else if` …, `else`; an empty `else` is none. */
  | { readonly kind: 'if'; readonly arms: readonly { readonly cond: string; readonly body: readonly Stmt[] }[]; readonly else: readonly Stmt[] }
  | { readonly kind: 'case'; readonly on: string; readonly arms: readonly { readonly labels: readonly string[]; readonly body: readonly Stmt[] }[] }
  /** `for (int variable = from; variable < to; …)`. */
  | { readonly kind: 'for'; readonly variable: string; readonly from: number; readonly to: number; readonly body: readonly Stmt[] };

export interface SvAssign {
  readonly kind: 'set';
  readonly target: string;
  readonly op: '=' | '<=';
  readonly value: string;
}
