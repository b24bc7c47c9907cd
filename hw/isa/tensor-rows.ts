/**
 * How the tensor table is written: a row is a question (the front answers it at once), a prefix (the front keeps it for the next
 * command) or a command (one of four units executes it), and a command says which memories it reads and writes, where, and what
 * its operands may be. The names of fields and units stay in the type of a row, so that whoever maps rows to something is told by
 * the type checker of a row that was forgotten, and a row of a field that it does not have. Must not know any particular row.
 */
import type { ExtensionInstruction, OperandField } from './instruction.ts';

const R_TYPE_MASK = 0xfe00707f;

/** What executes commands, in the order of the bits of `tn.poll`. */
export const TENSOR_UNITS = ['load', 'mesh', 'vector', 'store'] as const;
export type TensorUnitName = (typeof TENSOR_UNITS)[number];

/** Memories on the chip: the facts that tell how many rows they have, and lanes in a row; and what a lane is. */
export const TENSOR_MEMORIES = {
  scratchpad: { rows: 'scratchpadRows', lanes: 'rows', element: 'int8' },
  accumulators: { rows: 'accumulatorRows', lanes: 'columns', element: 'int32' },
  channels: { rows: 'channels', lanes: undefined, element: 'record of 16 bytes' },
} as const;
export type TensorMemoryName = keyof typeof TENSOR_MEMORIES;

/**
 * What some units have and others lack, in the order of the bits of fact `features`; a chip's key of that name decides: `tn.win` and
 * `tn.dw`; `tn.mx`; `tn.dl`; requantisation with double rounding; `tn.ad` and `tn.mu`; `tn.ldt` and `tn.tb`; `tn.mv`; rows scattered over
 * several groups of scratchpad rows.
 */
export const TENSOR_FEATURES = [
  'convolution', 'maximum', 'depthwiseTaps', 'doubleRounding', 'elementwise', 'table', 'matrixVector', 'scatter',
] as const;
export type TensorFeature = (typeof TENSOR_FEATURES)[number];
/** Whether a unit has each; or how much of it, 0 for none. */
export type TensorFeatures = Readonly<Record<Exclude<TensorFeature, 'depthwiseTaps'>, boolean>> & { readonly depthwiseTaps: number };
const features = (of: (name: TensorFeature) => boolean | number): TensorFeatures =>
  Object.fromEntries(TENSOR_FEATURES.map((name) => [name, of(name)])) as TensorFeatures;
const isNumber = (name: TensorFeature): boolean => name === 'depthwiseTaps';
export const ALL_FEATURES = features((name) => (isNumber(name) ? 2 : true));
export const NO_FEATURES = features((name) => (isNumber(name) ? 0 : false));
/** The features alone, of something that says more. */
export const featuresOf = (unit: TensorFeatures): TensorFeatures => features((name) => unit[name]);
export const hasFeature = (unit: TensorFeatures, name: TensorFeature): boolean => unit[name] !== false && unit[name] !== 0;

/** A named field, and its name as a type. */
export interface NamedField<Name extends string> extends OperandField {
  readonly name: Name;
}

/**
 * How many rows: the number in field `count`, or those of the image of a pending `tn.win` that the command takes, or without which it is
 * refused, or so many for `each` of what a fact counts; always one, or as many as a fact of the chip; one more than the number in field
 * `lastOf`, and all that are read together with these (groups of `vectorLanes`); `count` for each part of R lanes that the columns
 * 0…`partsOf` fill; or so many groups of `vectorLanes`. `isScattered`: a pending `tn.arg` may spread the rows of main memory over several
 * groups of as many rows, so far apart as it says.
 */
export type RowCount<Field extends string> =
  | { readonly count: Field; readonly orImage?: true | 'needed'; readonly isScattered?: true }
  | { readonly count: Field; readonly each: 'columns' }
  | { readonly fixed: 1 }
  | { readonly fact: 'depthwiseTaps' }
  | { readonly lastOf: Field; readonly wholeGroups?: true }
  | { readonly count: Field; readonly partsOf: Field }
  | { readonly groups: number };

/** Rows `first`… of a memory on the chip that a command reads, writes or (update) does both to. */
export interface RowUse<Field extends string> {
  readonly memory: TensorMemoryName;
  readonly access: 'read' | 'write' | 'update';
  readonly first: Field;
  /** Field `first` counts groups of `vectorLanes` rows. */
  readonly inGroups?: true;
  readonly rows: RowCount<Field>;
  /** Read after all else that the command reads: it may begin before these rows are there. */
  readonly isLate?: true;
}

/** What a command moves from or to main memory: `count` rows, or one without such a field, of so many elements, the first at `address`. */
export interface MainMemoryUse {
  readonly access: 'read' | 'write';
  /** Address and stride are multiples of it, and so is the length of a row. */
  readonly elementBytes: 1 | 4;
  /** Elements of a row, as a number or as the fact that tells it; with a prefix at most as many. */
  readonly elements: 'rows' | 'columns' | number;
  /** A pending `tn.arg` gives stride and length of a row; otherwise it is discarded. */
  readonly takesPrefix: boolean;
}

/** What an operand may be beside what its field can hold: less than a fact of the chip, or a multiple of one. */
export type OperandLimit<Field extends string> =
  | { readonly field: Field; readonly below: 'columns' | 'rows' }
  | { readonly field: Field; readonly multipleOf: 'vectorLanes' };

interface Encoding {
  readonly mnemonic: string;
  readonly opcode: number;
  readonly funct3: number;
  readonly funct7?: number;
  readonly summary: string;
  readonly semantics: readonly string[];
}
interface Operands<A extends string, B extends string> {
  readonly rs1: readonly NamedField<A>[];
  readonly rs2: readonly NamedField<B>[];
}

/** Returns a value, changes nothing. */
export interface TensorQuestion extends ExtensionInstruction {
  readonly kind: 'question';
  readonly writesRd: true;
  /** The answer is always the same: nobody asks again for another one. */
  readonly isConstant: boolean;
}
/** Kept for the next command. */
export interface TensorPrefix<A extends string = string, B extends string = string> extends ExtensionInstruction {
  readonly kind: 'prefix';
  readonly writesRd: false;
  readonly rs1: readonly NamedField<A>[];
  readonly rs2: readonly NamedField<B>[];
  /** What a unit must have for it; undefined: all have it. */
  readonly feature: TensorFeature | undefined;
}
/** Executed by a unit. */
export interface TensorCommand<Unit extends TensorUnitName = TensorUnitName, A extends string = string, B extends string = string>
  extends ExtensionInstruction {
  readonly kind: 'command';
  readonly writesRd: false;
  readonly rs1: readonly NamedField<A>[];
  readonly rs2: readonly NamedField<B>[];
  readonly unit: Unit;
  readonly feature: TensorFeature | undefined;
  readonly uses: readonly RowUse<A | B>[];
  /** What it does to the table, which is one thing and has no rows. */
  readonly table: 'read' | 'write' | undefined;
  readonly mainMemory: MainMemoryUse | undefined;
  readonly limits: readonly OperandLimit<A | B>[];
}

const encoded = ({ mnemonic, opcode, funct3, funct7 = 0, summary, semantics }: Encoding) => ({
  mnemonic, extension: 'Xsystole', format: 'R' as const,
  match: ((funct7 << 25) | (funct3 << 12) | opcode) >>> 0, mask: R_TYPE_MASK >>> 0, summary, semantics,
});

interface QuestionRow extends Encoding {
  readonly waits?: true;
  readonly isConstant?: true;
  readonly rs1?: readonly OperandField[];
}
export const question = (r: QuestionRow): TensorQuestion => ({
  ...encoded(r), kind: 'question', writesRd: true, waits: r.waits ?? false, isConstant: r.isConstant ?? false, rs1: r.rs1 ?? [], rs2: [],
});

interface PrefixRow<A extends string, B extends string> extends Encoding, Operands<A, B> {
  readonly feature?: TensorFeature;
}
export const prefix = <A extends string, B extends string>(r: PrefixRow<A, B>): TensorPrefix<A, B> =>
  ({ ...encoded(r), kind: 'prefix', writesRd: false, waits: false, rs1: r.rs1, rs2: r.rs2, feature: r.feature });

interface CommandRow<A extends string, B extends string> extends Encoding, Operands<A, B> {
  readonly feature?: TensorFeature;
  readonly uses: readonly RowUse<NoInfer<A | B>>[];
  readonly table?: 'read' | 'write';
  readonly mainMemory?: MainMemoryUse;
  readonly limits?: readonly OperandLimit<NoInfer<A | B>>[];
}
export const command = <Unit extends TensorUnitName, A extends string, B extends string>(
  unit: Unit, r: CommandRow<A, B>,
): TensorCommand<Unit, A, B> => ({
  ...encoded(r), kind: 'command', writesRd: false, waits: false, unit, rs1: r.rs1, rs2: r.rs2,
  feature: r.feature, uses: r.uses, table: r.table, mainMemory: r.mainMemory, limits: r.limits ?? [],
});

export type TensorInstruction = TensorQuestion | TensorPrefix | TensorCommand;
