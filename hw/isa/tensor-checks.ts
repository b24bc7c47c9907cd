/**
 * What the tensor table says of one command with its operands, on a unit of given sizes: which rows of which memories it uses, what it
 * moves from or to main memory, and whether it is refused, and why. The golden model checks by it; programs that draw or explain
 * commands may. Must not know what commands compute.
 */
import { unpackField } from './instruction.ts';
import type { OperandField } from './instruction.ts';
import { TENSOR_MEMORIES } from './tensor-rows.ts';
import type { OperandLimit, RowCount, RowUse, TensorCommand, TensorMemoryName } from './tensor-rows.ts';
import { MOST_GROUPS, TENSOR, TENSOR_COMMAND_OPS } from './tensor.ts';
import type { TensorCommandOp, TensorInfo } from './tensor.ts';

type FactName = Extract<TensorInfo, 'rows' | 'columns' | 'scratchpadRows' | 'accumulatorRows' | 'channels' | 'vectorLanes' | 'depthwiseTaps'>;
/** The facts of a unit that operands depend on. */
export type TensorFacts = Readonly<Record<FactName, number>>;

/** A pending `tn.arg`. */
export interface TensorArg {
  readonly stride: number;
  readonly rowBytes: number;
  /** 0 on a unit that does not scatter. */
  readonly groupRows: number;
}
/** A pending `tn.win`: the registers that it was given. */
export interface TensorWin {
  readonly image: number;
  readonly window: number;
}
/** What prefixes a command finds. */
export interface TensorPrefixes {
  readonly arg?: TensorArg;
  readonly win?: TensorWin;
}
export const NO_PREFIX: TensorPrefixes = {};

/** Where activations of a product come from: number `index` is that row of the image, from its first one on; undefined: padding. */
export interface Window {
  /** `right`: of the pixel so far right of it. */
  rowOf(index: number, right?: number): number | undefined;
  /** Places of a line, pixels from one to the next, and the column of the first. */
  readonly width: number;
  readonly strideX: number;
  readonly left: number;
  readonly imageRows: number;
  readonly padding: number;
  /** Equal windows have equal keys. */
  readonly key: string;
}
export function windowOf({ image, window }: TensorWin): Window {
  const ofImage = (name: string): number => unpackField(TENSOR.win.rs1, name, image);
  const ofWindow = (name: string): number => unpackField(TENSOR.win.rs2, name, window);
  const [imageRows, width] = [ofImage('imageRows'), ofImage('width')];
  const [strideX, strideY] = [ofImage('strideXMinus1') + 1, ofImage('strideYMinus1') + 1];
  const [left, top, windowWidth] = [ofWindow('left'), ofWindow('top'), ofWindow('windowWidth')];
  return {
    imageRows, width: windowWidth, strideX, left, padding: ofWindow('padding'), key: `${image} ${window}`,
    rowOf: (index, right = 0) => {
      const x = left + (index % windowWidth) * strideX + right;
      const row = (top + Math.floor(index / windowWidth) * strideY) * width + x;
      return x >= 0 && x < width && row >= 0 && row < imageRows ? row : undefined;
    },
  };
}

/** Rows `first`…`first + count - 1` of a memory on the chip. */
export interface RowRange {
  readonly memory: TensorMemoryName;
  readonly access: RowUse<string>['access'];
  readonly first: number;
  readonly count: number;
}

/**
 * `count` rows of main memory, `rowBytes` of each, `stride` bytes apart, and of each R bytes `groupRows` scratchpad rows from the R before.
 * `address` and `stride` may be negative numbers of 32 bits.
 */
export interface Transfer {
  readonly address: number;
  readonly stride: number;
  readonly rowBytes: number;
  readonly count: number;
  readonly groupRows: number;
}

/** Reads one operand of a command from its registers. Fields of 32 bits are addresses, and may be negative. */
export type OperandReader = (rs1: number, rs2: number) => number;

/** @throws RangeError where the command has no such field */
export function operandOf(op: TensorCommandOp, name: string): OperandReader {
  const { rs1, rs2, mnemonic } = commandOf(op);
  const find = (fields: readonly OperandField[]): OperandField | undefined => fields.find((f) => f.name === name);
  const [first, second] = [find(rs1), find(rs2)];
  const field = first ?? second;
  if (!field) throw new RangeError(`${mnemonic} has no operand field '${name}'`);
  const { lo, width } = field;
  if (width === 32) return first ? (a) => a | 0 : (_, b) => b | 0;
  const mask = 2 ** width - 1;
  return first ? (a) => (a >>> lo) & mask : (_, b) => (b >>> lo) & mask;
}

const commandOf = (op: TensorCommandOp): TensorCommand => TENSOR[op];
const times = (read: OperandReader, factor: number): OperandReader => (factor === 1 ? read : (rs1, rs2) => factor * read(rs1, rs2));
const hex = (n: number): string => `0x${(n >>> 0).toString(16)}`;

interface CompiledUse {
  readonly memory: TensorMemoryName;
  readonly access: RowUse<string>['access'];
  readonly first: OperandReader;
  readonly count: OperandReader;
  readonly orImage: boolean;
  readonly needsImage: boolean;
  readonly isScattered: boolean;
  /** Rows that there are. */
  readonly rows: number;
}
/** One operand, and what is wrong with a value of it; undefined: nothing. */
interface CompiledLimit {
  readonly name: string;
  readonly read: OperandReader;
  readonly allows: (value: number) => boolean;
  readonly demand: string;
}

/** The rules for one command on a unit of given sizes. */
export class CommandRules {
  private readonly uses: readonly CompiledUse[];
  private readonly limits: readonly CompiledLimit[];
  private readonly address: OperandReader | undefined;
  private readonly count: OperandReader | undefined;
  /** Bytes of a row of main memory without a prefix, which are also the most; 0: nothing is moved. */
  readonly naturalRowBytes: number;

  /** R. */
  private readonly lanes: number;

  constructor(private readonly op: TensorCommandOp, facts: TensorFacts) {
    this.lanes = facts.rows;
    const { uses, limits, rs1, rs2, mainMemory } = commandOf(op);
    this.uses = uses.map(({ memory, access, first, inGroups, rows }) =>
      ({
        memory, access, first: times(operandOf(op, first), inGroups ? facts.vectorLanes : 1), count: rowCount(op, rows, facts),
        orImage: 'orImage' in rows, needsImage: 'orImage' in rows && rows.orImage === 'needed', isScattered: 'isScattered' in rows,
        rows: facts[TENSOR_MEMORIES[memory].rows],
      }));
    const least = [...rs1, ...rs2].flatMap(({ name, least: most = 0 }) => (most === 0 ? [] : [{
      name, read: operandOf(op, name), allows: (value: number) => value >= most, demand: `must be at least ${most}`,
    }]));
    this.limits = [...least, ...limits.map((limit) => compiledLimit(op, limit, facts))];
    this.address = mainMemory && operandOf(op, 'address');
    const hasCount = [...rs1, ...rs2].some(({ name }) => name === 'count');
    this.count = mainMemory && (hasCount ? operandOf(op, 'count') : () => 1);
    const { elementBytes, elements } = mainMemory ?? { elementBytes: 1, elements: 0 };
    this.naturalRowBytes = elementBytes * (typeof elements === 'number' ? elements : facts[elements]);
  }

  /** In the order of the table. */
  ranges(rs1: number, rs2: number, { win, arg }: TensorPrefixes = NO_PREFIX): readonly RowRange[] {
    return this.uses.map(({ memory, access, first, count, orImage, isScattered }) => ({
      memory, access, first: first(rs1, rs2),
      count: orImage && win ? windowOf(win).imageRows : count(rs1, rs2) + (isScattered && arg ? this.rowsToLastGroup(arg) : 0),
    }));
  }

  /** Where the command's activations come from, if that is a window. */
  window({ win }: TensorPrefixes): Window | undefined {
    return win && this.uses.some(({ orImage }) => orImage) ? windowOf(win) : undefined;
  }

  /** undefined: the command moves nothing from or to main memory. */
  transfer(rs1: number, rs2: number, { arg }: TensorPrefixes): Transfer | undefined {
    const { address, count, naturalRowBytes: natural } = this;
    if (!address || !count) return undefined;
    const given = commandOf(this.op).mainMemory?.takesPrefix ? arg : undefined;
    return {
      address: address(rs1, rs2), stride: given?.stride ?? natural, rowBytes: given?.rowBytes ?? natural, count: count(rs1, rs2),
      groupRows: given?.groupRows ?? 0,
    };
  }

  /** Why the unit refuses the command, which operand and what it must be; undefined: it does not. */
  refusal(rs1: number, rs2: number, prefixes: TensorPrefixes): string | undefined {
    for (const { name, read, allows, demand } of this.limits) {
      const value = read(rs1, rs2);
      if (!allows(value)) return this.text(`${name} = ${value}; ${demand}`);
    }
    if (!prefixes.win && this.uses.some(({ needsImage }) => needsImage)) return this.text('no tn.win is pending; give one before it');
    const problem = this.window(prefixes) && windowProblem(prefixes.win);
    if (problem) return this.text(problem);
    for (const [i, { memory, first, count }] of this.ranges(rs1, rs2, prefixes).entries()) {
      const { rows } = this.uses[i];
      if (first + count > rows) return this.text(`rows ${first}…${first + count - 1} of the ${memory}; there are ${rows}`);
    }
    const transfer = this.transfer(rs1, rs2, prefixes);
    return transfer && this.transferProblem(transfer);
  }

  private rowsToLastGroup({ rowBytes, groupRows }: TensorArg): number {
    return Math.max(0, Math.ceil(rowBytes / this.lanes) - 1) * groupRows;
  }

  private transferProblem({ address, stride, rowBytes, groupRows }: Transfer): string | undefined {
    const elementBytes = commandOf(this.op).mainMemory?.elementBytes ?? 1;
    const scatters = groupRows > 0 && this.uses.some(({ isScattered }) => isScattered);
    if (groupRows > 0 && !scatters) return this.text(`groupRows = ${groupRows} of tn.arg; must be 0`);
    const most = this.naturalRowBytes * (scatters ? MOST_GROUPS : 1);
    if (address % elementBytes !== 0) return this.text(`address = ${hex(address)}; must be a multiple of ${elementBytes}`);
    if (stride % elementBytes !== 0) return this.text(`stride = ${stride} of tn.arg; must be a multiple of ${elementBytes}`);
    if (rowBytes >= elementBytes && rowBytes <= most && rowBytes % elementBytes === 0) return undefined;
    const multiple = elementBytes === 1 ? '' : `a multiple of ${elementBytes} in `;
    return this.text(`rowBytes = ${rowBytes} of tn.arg; must be ${multiple}${elementBytes}…${most}`);
  }

  private text(problem: string): string {
    return `${commandOf(this.op).mnemonic}: ${problem}`;
  }
}

/** A prefix is kept whatever it says; the command that takes it is refused. */
function windowProblem(win: TensorWin | undefined): string | undefined {
  const { rs1, rs2 } = TENSOR.win;
  const tooSmall = (fields: readonly OperandField[], word: number): OperandField | undefined =>
    fields.find(({ name, least = -Infinity }) => unpackField(fields, name, word) < least);
  const bad = tooSmall(rs1, win?.image ?? 0) ?? tooSmall(rs2, win?.window ?? 0);
  return bad && `${bad.name} = 0 of tn.win; must be at least ${bad.least}`;
}

function rowCount(op: TensorCommandOp, rows: RowCount<string>, facts: TensorFacts): OperandReader {
  if ('fixed' in rows) return () => rows.fixed;
  if ('groups' in rows) return () => rows.groups * facts.vectorLanes;
  if ('fact' in rows) return () => facts[rows.fact];
  if ('lastOf' in rows) {
    const last = operandOf(op, rows.lastOf);
    const together = rows.wholeGroups ? facts.vectorLanes : 1;
    return (rs1, rs2) => Math.ceil((last(rs1, rs2) + 1) / together) * together;
  }
  const count = operandOf(op, rows.count);
  if ('each' in rows) return (rs1, rs2) => count(rs1, rs2) * facts[rows.each];
  if (!('partsOf' in rows)) return count;
  const lastLane = operandOf(op, rows.partsOf);
  return (rs1, rs2) => count(rs1, rs2) * Math.ceil((lastLane(rs1, rs2) + 1) / facts.rows);
}

function compiledLimit(op: TensorCommandOp, limit: OperandLimit<string>, facts: TensorFacts): CompiledLimit {
  const operand = { name: limit.field, read: operandOf(op, limit.field) };
  if ('below' in limit) {
    const most = facts[limit.below];
    return { ...operand, allows: (value) => value < most, demand: `the unit has ${most} ${limit.below}` };
  }
  const of = facts[limit.multipleOf];
  return { ...operand, allows: (value) => value % of === 0, demand: `must be a multiple of ${limit.multipleOf} = ${of}` };
}

/** The rules for all commands. */
export const commandRules = (facts: TensorFacts): Readonly<Record<TensorCommandOp, CommandRules>> =>
  Object.fromEntries(TENSOR_COMMAND_OPS.map((op) => [op, new CommandRules(op, facts)])) as Record<TensorCommandOp, CommandRules>;
