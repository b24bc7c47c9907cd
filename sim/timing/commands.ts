/** Commands of the tensor unit as the cycle model sees them: what they move, which rows, which hazard blocks. */
import { NO_PREFIX, commandRules, operandOf } from '../../hw/isa/tensor-checks.ts';
import type { CommandRules, OperandReader, TensorPrefixes, Window } from '../../hw/isa/tensor-checks.ts';
import { CHANNEL_RECORD_BYTES, TABLE_BYTES, TENSOR } from '../../hw/isa/tensor.ts';
import type { TensorCommandOp } from '../../hw/isa/tensor.ts';
import { useOf, memoryBlocks } from '../../hw/tensor/hazards.ts';
import type { UseName, Unit } from '../../hw/tensor/hazards.ts';
import { accumulatorBits, channelBits, scratchpadBits } from '../../hw/tensor/params.ts';
import type { TensorParams } from '../../hw/tensor/params.ts';

/** First and last block of a memory that a command uses. */
export interface BlockRange {
  readonly low: number;
  readonly high: number;
}

export interface TransferTiming {
  readonly address: number;
  readonly stride: number;
  /** Of a row in main memory; of a channel record 16. */
  readonly rowBytes: number;
  readonly count: number;
  readonly row: number;
  /** Scratchpad rows from one group of R bytes of a row to the next. */
  readonly groupRows: number;
  /** One run of bytes. */
  readonly isWhole: boolean;
  /** Channel records instead of the scratchpad, or accumulators. */
  readonly isOther: boolean;
  /** Pieces of the table instead of channel records. */
  readonly isTable?: boolean;
}

export interface MeshTiming {
  readonly aRow: number;
  readonly wRow: number;
  readonly accRow: number;
  readonly count: number;
  readonly accumulates: boolean;
  /** As many products of `count` rows, each behind the other in the scratchpad and with weights behind its, add up in the same sums. */
  readonly parts: number;
  /** Cycles in which weights are read, whether all from one row, and how many pixels of a line depthwise lanes take; 0: it is the mesh. */
  readonly weightReads: number;
  readonly isDepthwise: boolean;
  readonly taps: number;
  /** Which of the rows from `aRow` on are read; undefined: all, in order. */
  readonly window?: Window;
}

export interface VectorTiming {
  readonly accRow: number;
  readonly row: number;
  readonly count: number;
  readonly columns: number;
  /** First rows of two operands in the scratchpad, or of one that is looked up, instead of accumulator rows. */
  readonly operands?: readonly [number, number] | readonly [number];
}

export interface CommandTiming {
  readonly unit: Unit;
  readonly blocks: Readonly<Partial<Record<UseName, BlockRange>>>;
  readonly transfer?: TransferTiming;
  readonly mesh?: MeshTiming;
  readonly vector?: VectorTiming;
}

export const isCommand = (op: string): op is TensorCommandOp => Object.hasOwn(TENSOR, op) && TENSOR[op as TensorCommandOp].kind === 'command';

/** The prefixes that are pending after an instruction. */
export function prefixesAfter(prefixes: TensorPrefixes, op: string, rs1: number, rs2: number, { scatter }: TensorParams): TensorPrefixes {
  if (op === 'arg') return { ...prefixes, arg: { stride: rs1, rowBytes: rs2 & 0xffff, groupRows: scatter ? rs2 >>> 16 : 0 } };
  if (op === 'win') return { ...prefixes, win: { image: rs1, window: rs2 } };
  return isCommand(op) ? NO_PREFIX : prefixes;
}

/** Reads commands for one chip. */
export class CommandReader {
  private readonly rules: Readonly<Record<TensorCommandOp, CommandRules>>;
  private readonly readers = new Map<string, Map<string, OperandReader>>();
  private readonly rowBits: Readonly<Record<'scratchpad' | 'accumulators' | 'channels', number>>;
  private readonly blocks: ReturnType<typeof memoryBlocks>;

  constructor(private readonly p: TensorParams) {
    this.rules = commandRules(p);
    this.blocks = memoryBlocks(p);
    this.rowBits = { scratchpad: scratchpadBits(p), accumulators: accumulatorBits(p), channels: channelBits(p) };
  }

  /** undefined: a question or a prefix, or a command that is refused, which no unit sees. */
  read(op: string, rs1: number, rs2: number, prefixes: TensorPrefixes): CommandTiming | undefined {
    if (!isCommand(op)) return undefined;
    const rules = this.rules[op];
    if (rules.refusal(rs1, rs2, prefixes) !== undefined) return undefined;
    const { unit, uses, table } = TENSOR[op];
    const blocks: Partial<Record<UseName, BlockRange>> = {};
    for (const [i, { memory, first, count }] of rules.ranges(rs1, rs2, prefixes).entries()) {
      const perBlock = 2 ** this.rowBits[memory] / this.blocks[memory];
      blocks[useOf(uses[i])] = { low: Math.floor(first / perBlock), high: Math.floor((first + count - 1) / perBlock) };
    }
    if (table) blocks.tab = { low: 0, high: 0 };
    return { unit, blocks, ...this.details(op, rs1, rs2, rules, prefixes) };
  }

  private readerOf(op: TensorCommandOp, name: string): OperandReader {
    let ofOp = this.readers.get(op);
    if (!ofOp) this.readers.set(op, ofOp = new Map());
    let reader = ofOp.get(name);
    if (!reader) ofOp.set(name, reader = operandOf(op, name));
    return reader;
  }

  private details(
    op: TensorCommandOp, rs1: number, rs2: number, rules: CommandRules, prefixes: TensorPrefixes,
  ): Partial<CommandTiming> {
    const field = (name: string): number => this.readerOf(op, name)(rs1, rs2);
    switch (op) {
      case 'ld': case 'ldp': case 'st': case 'sta': {
        const transfer = rules.transfer(rs1, rs2, prefixes);
        if (!transfer) throw new RangeError(`${op} moves nothing`);
        const { address, stride, rowBytes, count, groupRows } = transfer;
        const isWhole = stride === rowBytes && (rowBytes === rules.naturalRowBytes || (this.p.scatter && op === 'ld'));
        const row = field(op === 'ldp' ? 'channel' : op === 'sta' ? 'accRow' : 'row');
        const isOther = op === 'ldp' || op === 'sta';
        return { transfer: { address: address >>> 0, stride: stride >>> 0, rowBytes, count, groupRows, row, isWhole, isOther } };
      }
      case 'ldt': return {
        transfer: {
          address: rs1 >>> 0, stride: CHANNEL_RECORD_BYTES, rowBytes: CHANNEL_RECORD_BYTES, count: TABLE_BYTES / CHANNEL_RECORD_BYTES,
          row: 0, groupRows: 0, isWhole: true, isOther: true, isTable: true,
        },
      };
      case 'mm': case 'dw': case 'mx': case 'dl': {
        const taps = op === 'dl' ? this.p.depthwiseTaps : 0;
        return {
          mesh: {
            aRow: field('aRow'), wRow: field('wRow'), accRow: field('accRow'), count: field('count'),
            accumulates: field('accumulate') === 1, weightReads: taps > 0 ? taps : field('columnsMinus1') + 1,
            isDepthwise: op === 'dw' || op === 'mx', taps, parts: 1, window: rules.window(prefixes),
          },
        };
      }
      case 'mv': return {
        mesh: {
          aRow: field('aRow'), wRow: field('wRow'), accRow: field('accRow'), count: 1, weightReads: this.p.columns,
          accumulates: field('accumulate') === 1, isDepthwise: false, taps: 0, parts: field('count'),
        },
      };
      case 'ad': case 'mu': return {
        vector: { accRow: 0, row: field('row'), count: field('count'), columns: this.p.rows, operands: [field('aRow'), field('bRow')] },
      };
      case 'tb': return {
        vector: { accRow: 0, row: field('row'), count: field('count'), columns: this.p.rows, operands: [field('aRow')] },
      };
      case 'rq': return { vector: { accRow: field('accRow'), row: field('row'), count: field('count'), columns: field('columnsMinus1') + 1 } };
    }
  }
}
