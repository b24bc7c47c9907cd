/**
 * What the tensor table says of one command with its operands, on a unit of given sizes: which rows of which memories it uses, what it
 * moves from or to main memory, and whether it is refused, and why. The golden model checks by it; programs that draw or explain
 * commands may. Must not know what commands compute.
 */
import type { OperandField } from './instruction.ts';
import { TENSOR_MEMORIES } from './tensor-rows.ts';
import type { OperandLimit, RowCount, RowUse, TensorCommand, TensorMemoryName } from './tensor-rows.ts';
import { TENSOR, TENSOR_COMMAND_OPS } from './tensor.ts';
import type { TensorCommandOp, TensorInfo } from './tensor.ts';

type FactName = Extract<TensorInfo, 'rows' | 'columns' | 'scratchpadRows' | 'accumulatorRows' | 'channels' | 'vectorLanes'>;
/** The facts of a unit that operands depend on. */
export type TensorFacts = Readonly<Record<FactName, number>>;

/** A pending `tn.arg`. */
export interface TensorPrefixValues {
  readonly stride: number;
  readonly rowBytes: number;
}

/** Rows `first`…`first + count - 1` of a memory on the chip. */
export interface RowRange {
  readonly memory: TensorMemoryName;
  readonly access: RowUse<string>['access'];
  readonly first: number;
  readonly count: number;
}

/** `count` rows of main memory, `rowBytes` of each, `stride` bytes apart. `address` and `stride` may be negative numbers of 32 bits. */
export interface Transfer {
  readonly address: number;
  readonly stride: number;
  readonly rowBytes: number;
  readonly count: number;
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
const hex = (n: number): string => `0x${(n >>> 0).toString(16)}`;

interface CompiledUse {
  readonly memory: TensorMemoryName;
  readonly access: RowUse<string>['access'];
  readonly first: OperandReader;
  readonly count: OperandReader;
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

  constructor(private readonly op: TensorCommandOp, facts: TensorFacts) {
    const { uses, limits, rs1, rs2, mainMemory } = commandOf(op);
    this.uses = uses.map(({ memory, access, first, rows }) =>
      ({ memory, access, first: operandOf(op, first), count: rowCount(op, rows, facts), rows: facts[TENSOR_MEMORIES[memory].rows] }));
    const least = [...rs1, ...rs2].flatMap(({ name, least: most = 0 }) => (most === 0 ? [] : [{
      name, read: operandOf(op, name), allows: (value: number) => value >= most, demand: `must be at least ${most}`,
    }]));
    this.limits = [...least, ...limits.map((limit) => compiledLimit(op, limit, facts))];
    this.address = mainMemory && operandOf(op, 'address');
    this.count = mainMemory && operandOf(op, 'count');
    const { elementBytes, elements } = mainMemory ?? { elementBytes: 1, elements: 0 };
    this.naturalRowBytes = elementBytes * (typeof elements === 'number' ? elements : facts[elements]);
  }

  /** In the order of the table. */
  ranges(rs1: number, rs2: number): readonly RowRange[] {
    return this.uses.map(({ memory, access, first, count }) => ({ memory, access, first: first(rs1, rs2), count: count(rs1, rs2) }));
  }

  /** undefined: the command moves nothing from or to main memory. */
  transfer(rs1: number, rs2: number, prefix: TensorPrefixValues | undefined): Transfer | undefined {
    const { address, count, naturalRowBytes: natural } = this;
    if (!address || !count) return undefined;
    const given = commandOf(this.op).mainMemory?.takesPrefix ? prefix : undefined;
    return { address: address(rs1, rs2), stride: given?.stride ?? natural, rowBytes: given?.rowBytes ?? natural, count: count(rs1, rs2) };
  }

  /** Why the unit refuses the command, which operand and what it must be; undefined: it does not. */
  refusal(rs1: number, rs2: number, prefix: TensorPrefixValues | undefined): string | undefined {
    for (const { name, read, allows, demand } of this.limits) {
      const value = read(rs1, rs2);
      if (!allows(value)) return this.text(`${name} = ${value}; ${demand}`);
    }
    for (const { memory, first, count, rows } of this.uses) {
      const [from, to] = [first(rs1, rs2), first(rs1, rs2) + count(rs1, rs2)];
      if (to > rows) return this.text(`rows ${from}…${to - 1} of the ${memory}; there are ${rows}`);
    }
    const transfer = this.transfer(rs1, rs2, prefix);
    return transfer && this.transferProblem(transfer);
  }

  private transferProblem({ address, stride, rowBytes }: Transfer): string | undefined {
    const elementBytes = commandOf(this.op).mainMemory?.elementBytes ?? 1;
    const most = this.naturalRowBytes;
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

function rowCount(op: TensorCommandOp, rows: RowCount<string>, facts: TensorFacts): OperandReader {
  if ('lastOf' in rows) {
    const last = operandOf(op, rows.lastOf);
    return (rs1, rs2) => last(rs1, rs2) + 1;
  }
  const count = operandOf(op, rows.count);
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
