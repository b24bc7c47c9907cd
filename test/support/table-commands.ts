/**
 * Random commands drawn from what the instruction table says of them, so that a new row is drawn like all others: mostly in range,
 * else with one operand that may be anything. Must not know any particular command.
 */
import { packFields, rangeOfField } from '../../hw/isa/instruction.ts';
import type { OperandField } from '../../hw/isa/instruction.ts';
import { commandRules } from '../../hw/isa/tensor-checks.ts';
import type { CommandRules, TensorArg, TensorFacts, TensorWin } from '../../hw/isa/tensor-checks.ts';
import { TENSOR_MEMORIES } from '../../hw/isa/tensor-rows.ts';
import type { TensorCommand, TensorFeatures } from '../../hw/isa/tensor-rows.ts';
import { TENSOR, TENSOR_COMMAND_OPS, tensorOpsWith } from '../../hw/isa/tensor.ts';
import type { TensorCommandOp, TensorOp } from '../../hw/isa/tensor.ts';
import type { Random } from '../../sw/data/random.ts';

export type DrawnInstruction = readonly [TensorOp, number, number];

/** Main memory that commands read and write. */
export interface DrawnMemory {
  readonly base: number;
  readonly bytes: number;
}

/** Some operands of the command are refused; an address of bytes alone never is. */
const canBeRefused = ({ rs1, rs2, uses, limits, mainMemory }: TensorCommand): boolean =>
  [...rs1, ...rs2].some(({ least = 0 }) => least > 0) || uses.length + limits.length > 0 || (mainMemory?.elementBytes ?? 1) > 1;

const MOST_ROWS = 6;
const MOST_GROUP_ROWS = 9;
const MOST_TRIES = 10_000;

export class TableCommands {
  private readonly rules: Readonly<Record<TensorCommandOp, CommandRules>>;
  private readonly ops: readonly TensorCommandOp[];

  constructor(
    private readonly random: Random, private readonly facts: TensorFacts & TensorFeatures,
    private readonly memory: DrawnMemory,
  ) {
    this.rules = commandRules(facts);
    this.ops = TENSOR_COMMAND_OPS.filter((op) => tensorOpsWith(facts).includes(op));
  }

  /** A command of any row, perhaps behind prefixes. */
  next(): readonly DrawnInstruction[] {
    const { random } = this;
    const op = this.ops[random.below(this.ops.length)];
    const isLegal = random.below(8) > 0 || !canBeRefused(TENSOR[op]);
    for (let i = 0; i < MOST_TRIES; i++) {
      const arg = random.below(3) === 0 ? this.arg() : undefined;
      const win = this.facts.convolution && random.below(2) === 0 ? this.win() : undefined;
      const [rs1, rs2] = this.operands(op, isLegal);
      const transfer = this.rules[op].transfer(rs1, rs2, { arg });
      if ((this.rules[op].refusal(rs1, rs2, { arg, win }) === undefined) !== isLegal) continue;
      if (isLegal && transfer && !this.isInMemory(transfer)) continue;
      return [
        ...(arg ? [['arg', arg.stride >>> 0, packFields(TENSOR.arg.rs2, { rowBytes: arg.rowBytes, groupRows: arg.groupRows })] as const] : []),
        ...(win ? [['win', win.image, win.window] as const] : []), [op, rs1, rs2],
      ];
    }
    throw new Error(`no ${isLegal ? 'legal' : 'illegal'} ${op} found`);
  }

  private isInMemory({ address, stride, rowBytes, count }: { address: number; stride: number; rowBytes: number; count: number }): boolean {
    const ends = [address, address + (count - 1) * stride].map((at) => (at >>> 0) - this.memory.base);
    return Math.min(...ends) >= 0 && Math.max(...ends) + rowBytes <= this.memory.bytes;
  }

  /** Mostly a window that meets its image somewhere, with lines of a few pixels. */
  private win(): TensorWin {
    const { random } = this;
    const usual = (name: string): number => ({
      imageRows: 1 + random.below(24), width: 1 + random.below(6), windowWidth: 1 + random.below(6),
      left: random.below(6) - 3, top: random.below(6) - 3,
    })[name] ?? 0;
    const one = (field: OperandField): number => {
      const { least, most } = rangeOfField(field);
      const isUsual = random.below(12) > 0 && !['strideXMinus1', 'strideYMinus1', 'padding'].includes(field.name);
      return isUsual ? usual(field.name) : least + random.below(most - least + 1);
    };
    const pack = (fields: readonly OperandField[]): number =>
      packFields(fields, Object.fromEntries(fields.map((field) => [field.name, one(field)])));
    return { image: pack(TENSOR.win.rs1), window: pack(TENSOR.win.rs2) };
  }

  private arg(): TensorArg {
    const { random, facts } = this;
    const groupRows = facts.scatter && random.below(2) === 0 ? 1 + random.below(MOST_GROUP_ROWS) : 0;
    const most = Math.max(facts.rows * (groupRows > 0 ? 4 : 1), 4 * facts.columns);
    const words = random.below(2) === 0 ? 4 : 1;
    const rowBytes = words * (1 + random.below(Math.ceil(most / words)));
    // Often rows that lie one behind the other.
    return { stride: random.below(2) === 0 ? rowBytes : words * (random.below(40) - 10), rowBytes, groupRows };
  }

  private operands(op: TensorCommandOp, isLegal: boolean): readonly [number, number] {
    const { rs1, rs2 }: TensorCommand = TENSOR[op];
    const wild = isLegal ? -1 : this.random.below(rs1.length + rs2.length);
    const values = [...rs1, ...rs2].map((field, i): readonly [string, number] =>
      [field.name, i === wild ? this.anything(field) : this.likely(op, field)]);
    const of = (fields: readonly OperandField[], from: number): number =>
      packFields(fields, Object.fromEntries(values.slice(from, from + fields.length)));
    return [of(rs1, 0), of(rs2, rs1.length)];
  }

  private anything({ width }: OperandField): number {
    const bits = this.random.below(width + 1);
    return Math.floor((this.random.uint32() / 2 ** 32) * 2 ** bits);
  }

  private likely(op: TensorCommandOp, { name, width, least = 0 }: OperandField): number {
    const { uses, limits, mainMemory }: TensorCommand = TENSOR[op];
    const { random, facts, memory } = this;
    if (mainMemory && name === 'address') return memory.base + mainMemory.elementBytes * random.below(memory.bytes / mainMemory.elementBytes);
    if (least > 0) return least + random.below(MOST_ROWS);
    const use = uses.find(({ first }) => first === name);
    const limit = limits.find(({ field }) => field === name);
    const step = limit && 'multipleOf' in limit ? facts[limit.multipleOf] : 1;
    // Among the first few rows, so that commands get in each other's way, or anywhere.
    if (use) {
      const rows = random.below(2) === 0 ? 12 : facts[TENSOR_MEMORIES[use.memory].rows];
      return use.inGroups ? random.below(Math.ceil(rows / facts.vectorLanes)) : step * random.below(Math.ceil(rows / step));
    }
    if (limit && 'below' in limit) return random.below(facts[limit.below]);
    return random.below(2 ** Math.min(width, 31));
  }
}
