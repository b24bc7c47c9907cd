/**
 * The tensor unit as the programmer sees it: every command of `hw/isa/tensor.ts` done at once and in order, no time, no
 * units, no queues. Must not know the hart, nor any particular network.
 *
 * Where the table leaves room, the model does this (and hardware may differ only where it says so):
 * - Range checks come first; a refused command has no effect at all but its count in the status and the loss of a pending tn.arg.
 * - A transfer that meets an address outside RAM is counted as failed and goes on: such bytes load as 0 and are not stored.
 *   Hardware may leave other data in the rows of a failed transfer, and channel records of such data may count as refused or not.
 * - tn.count answers 0 for every counter; hardware counts.
 */
import { UserError } from '../../gen/user-error.ts';
import {
  ARG_PENDING_BIT, CHANNEL_RECORD, CHANNEL_RECORD_BYTES, TENSOR, TENSOR_INFO, TENSOR_OPS, TENSOR_STATE, TENSOR_STATUS, TENSOR_VERSION,
} from '../../hw/isa/tensor.ts';
import type { TensorInfo, TensorOp, TensorState } from '../../hw/isa/tensor.ts';
import type { OperandField } from '../../hw/isa/instruction.ts';

/** Sizes of one unit, named as in the information table. */
export interface TensorShape {
  /** R, 1…128. */
  readonly rows: number;
  /** C, 1…128. */
  readonly columns: number;
  readonly scratchpadRows: number;
  readonly accumulatorRows: number;
  readonly channels: number;
  readonly busBytes: number;
  readonly queueDepth: number;
  readonly vectorLanes: number;
  /** Number of performance counters. */
  readonly counters: number;
}

/** Main memory as the unit's bus sees it. A block is moved whole or, with `false`, not at all. */
export interface TensorMemory {
  readBlock(address: number, into: Uint8Array): boolean;
  writeBlock(address: number, bytes: Uint8Array): boolean;
}

type StatusField = keyof typeof TENSOR_STATUS;

/** Position of a field, read from the table once. */
const at = (fields: readonly OperandField[], name: string): { readonly lo: number; readonly mask: number } => {
  const field = fields.find((f) => f.name === name);
  if (!field) throw new Error(`tensor table has no field '${name}'`);
  return { lo: field.lo, mask: 2 ** field.width - 1 };
};
const FIELD = {
  argRowBytes: at(TENSOR.arg.rs2, 'rowBytes'),
  ldRow: at(TENSOR.ld.rs2, 'row'), ldCount: at(TENSOR.ld.rs2, 'count'),
  stRow: at(TENSOR.st.rs2, 'row'), stCount: at(TENSOR.st.rs2, 'count'),
  ldpChannel: at(TENSOR.ldp.rs2, 'channel'), ldpCount: at(TENSOR.ldp.rs2, 'count'),
  staRow: at(TENSOR.sta.rs2, 'accRow'), staCount: at(TENSOR.sta.rs2, 'count'),
  mmA: at(TENSOR.mm.rs1, 'aRow'), mmW: at(TENSOR.mm.rs1, 'wRow'),
  mmAcc: at(TENSOR.mm.rs2, 'accRow'), mmCount: at(TENSOR.mm.rs2, 'count'),
  mmColumns: at(TENSOR.mm.rs2, 'columnsMinus1'), mmAccumulate: at(TENSOR.mm.rs2, 'accumulate'),
  rqAcc: at(TENSOR.rq.rs1, 'accRow'), rqCount: at(TENSOR.rq.rs1, 'count'), rqColumns: at(TENSOR.rq.rs1, 'columnsMinus1'),
  rqRow: at(TENSOR.rq.rs2, 'row'), rqChannel: at(TENSOR.rq.rs2, 'channel'),
} as const;
const get = (word: number, field: { readonly lo: number; readonly mask: number }): number => (word >>> field.lo) & field.mask;

/**
 * floor((value·multiplier + 2^(shift−1)) / 2^shift), exactly while it is within ±2⁵³, else near enough to saturate alike.
 * value int32, multiplier int32, shift 1…62. Without BigInt: the 64-bit product is kept as high and low word.
 */
export function scaleRounded(value: number, multiplier: number, shift: number): number {
  const upper = value * Math.floor(multiplier / 65536);
  const lower = value * (multiplier & 0xffff);
  const sum = upper + Math.floor(lower / 65536); // product = sum·2^16 + (lower mod 2^16), |sum| < 2^49
  let high = Math.floor(sum / 65536);
  let low = (sum - high * 65536) * 65536 + (lower & 0xffff);
  if (shift <= 32) low += 2 ** (shift - 1);
  else high += 2 ** (shift - 33);
  if (low >= 2 ** 32) {
    low -= 2 ** 32;
    high++;
  }
  return shift < 32 ? high * 2 ** (32 - shift) + Math.floor(low / 2 ** shift) : Math.floor(high / 2 ** (shift - 32));
}

/** A pending tn.arg. */
interface Argument {
  readonly stride: number;
  readonly rowBytes: number;
}
/** Does one instruction; of a command also with the tn.arg that was pending. Returns the value for rd. */
type Meaning = (rs1: number, rs2: number, argument: Argument | undefined) => number;

export class TensorModel {
  readonly scratchpad: Int8Array;
  readonly accumulators: Int32Array;
  /** Channel records, four words each. */
  readonly channelWords: Int32Array;
  private status = 0;
  /** Fields of the status in which the present command has been counted. */
  private readonly counted = new Set<StatusField>();
  private argument: Argument | undefined;
  private readonly facts: readonly number[];
  /** What each row of the table does. */
  private readonly meanings: Readonly<Record<TensorOp, Meaning>> = {
    info: (index) => this.facts[index >>> 0] ?? 0,
    count: () => 0,
    poll: () => 0,
    fence: () => this.status,
    state: (index) => this.stateOf(index >>> 0),
    arg: (stride, rs2) => {
      const rowBytes = get(rs2, FIELD.argRowBytes);
      this.argument = { stride: stride | 0, rowBytes: rowBytes > Math.max(this.shape.rows, 4 * this.shape.columns) ? 0 : rowBytes };
      return 0;
    },
    ld: (address, rs2, argument) => this.move(address, get(rs2, FIELD.ldRow), get(rs2, FIELD.ldCount), argument, true),
    st: (address, rs2, argument) => this.move(address, get(rs2, FIELD.stRow), get(rs2, FIELD.stCount), argument, false),
    ldp: (address, rs2) => this.loadChannels(address, get(rs2, FIELD.ldpChannel), get(rs2, FIELD.ldpCount)),
    sta: (address, rs2, argument) => this.storeAccumulators(address, get(rs2, FIELD.staRow), get(rs2, FIELD.staCount), argument),
    mm: (rs1, rs2) => this.multiply(rs1, rs2),
    rq: (rs1, rs2) => this.requantise(rs1, rs2),
  };

  /** Throws UserError when a size is not a positive integer or too large for the instructions' fields. */
  constructor(private readonly shape: TensorShape, private readonly memory: TensorMemory) {
    const limits: readonly (readonly [keyof TensorShape, number])[] =
      [['rows', 128], ['columns', 128], ['scratchpadRows', 65536], ['accumulatorRows', 4096], ['channels', 65536]];
    for (const [name, limit] of limits) {
      const value = shape[name];
      if (!Number.isInteger(value) || value < 1 || value > limit) {
        throw new UserError(`tensor unit: ${name} = ${value}; must be 1…${limit}`);
      }
    }
    this.scratchpad = new Int8Array(shape.scratchpadRows * shape.rows);
    this.accumulators = new Int32Array(shape.accumulatorRows * shape.columns);
    this.channelWords = new Int32Array((shape.channels * CHANNEL_RECORD_BYTES) / 4);
    const fact = (name: TensorInfo): number => (name === 'version' ? TENSOR_VERSION : name === 'types' ? 1 : shape[name]);
    this.facts = TENSOR_INFO.map(({ name }) => fact(name));
  }

  /** Does instruction number `op` of TENSOR_OPS. Returns the value for rd; 0 where the instruction has none. */
  execute(op: number, rs1: number, rs2: number): number {
    const name = TENSOR_OPS[op];
    if (name === undefined) throw new RangeError(`tensor operation ${op} is not one of ${TENSOR_OPS.length}`);
    if (TENSOR[name].kind !== 'command') return this.meanings[name](rs1, rs2, undefined);
    const argument = this.argument;
    this.argument = undefined;
    this.counted.clear();
    return this.meanings[name](rs1, rs2, argument);
  }

  private stateOf(index: number): number {
    const argument = this.argument;
    const parts: Record<TensorState, number> = {
      status: this.status, argStride: argument?.stride ?? 0, argRowBytes: argument ? (1 << ARG_PENDING_BIT) | argument.rowBytes : 0,
    };
    const part = TENSOR_STATE[index];
    return part ? parts[part.name] : 0;
  }

  /** Counts the present command in a field of the status, once. */
  private count(name: StatusField): void {
    if (this.counted.has(name)) return;
    this.counted.add(name);
    const { lo, width } = TENSOR_STATUS[name];
    const mask = 2 ** width - 1;
    this.status = (this.status & ~(mask << lo)) | ((((this.status >>> lo) + 1) & mask) << lo);
  }

  private outOfRange(): 0 {
    this.count('refused');
    return 0;
  }

  private move(address: number, row: number, count: number, argument: Argument | undefined, load: boolean): 0 {
    const { rows, scratchpadRows } = this.shape;
    const { stride, rowBytes } = argument ?? { stride: rows, rowBytes: rows };
    if (count < 1 || row + count > scratchpadRows || rowBytes < 1 || rowBytes > rows) return this.outOfRange();
    const bytes = new Uint8Array(this.scratchpad.buffer);
    for (let i = 0; i < count; i++) {
      const from = (row + i) * rows;
      const cells = bytes.subarray(from, from + rowBytes);
      const place = (address + Math.imul(i, stride)) >>> 0;
      if (load) {
        if (!this.memory.readBlock(place, cells)) this.readBytes(place, cells);
        bytes.fill(0, from + rowBytes, from + rows);
      } else if (!this.memory.writeBlock(place, cells)) this.writeBytes(place, cells);
    }
    return 0;
  }

  private loadChannels(address: number, channel: number, count: number): 0 {
    if (address & 3 || count < 1 || channel + count > this.shape.channels) return this.outOfRange();
    const records = new Uint8Array(this.channelWords.buffer, channel * CHANNEL_RECORD_BYTES, count * CHANNEL_RECORD_BYTES);
    if (!this.memory.readBlock(address >>> 0, records)) this.readBytes(address, records);
    for (let i = 0; i < count; i++) if (!this.keepRecord((channel + i) * (CHANNEL_RECORD_BYTES / 4))) this.count('refused');
    return 0;
  }

  /** Brings the record at `word` into range; false where it was not. */
  private keepRecord(word: number): boolean {
    const words = this.channelWords;
    const multiplier = words[word + CHANNEL_RECORD.multiplier.word]!;
    words[word + CHANNEL_RECORD.multiplier.word] = multiplier & 0x7fff_ffff;
    const { word: at, lo, width } = CHANNEL_RECORD.shift;
    const mask = 2 ** width - 1;
    const shift = (words[word + at]! >>> lo) & mask;
    const isLegal = shift >= CHANNEL_RECORD.shift.least && shift <= CHANNEL_RECORD.shift.most;
    if (!isLegal) words[word + at] = (words[word + at]! & ~(mask << lo)) | (CHANNEL_RECORD.shift.most << lo);
    return isLegal && multiplier >= 0;
  }

  private storeAccumulators(address: number, row: number, count: number, argument: Argument | undefined): 0 {
    const { columns, accumulatorRows } = this.shape;
    const { stride, rowBytes } = argument ?? { stride: 4 * columns, rowBytes: 4 * columns };
    const badSize = rowBytes < 4 || rowBytes > 4 * columns || rowBytes & 3 || stride & 3;
    if (address & 3 || count < 1 || row + count > accumulatorRows || badSize) return this.outOfRange();
    for (let i = 0; i < count; i++) {
      const bytes = new Uint8Array(this.accumulators.buffer, (row + i) * columns * 4, rowBytes);
      const place = (address + Math.imul(i, stride)) >>> 0;
      if (!this.memory.writeBlock(place, bytes)) this.writeBytes(place, bytes);
    }
    return 0;
  }

  /** The slow way round, for a block that is not all in RAM. */
  private readBytes(address: number, into: Uint8Array): void {
    const byte = new Uint8Array(1);
    for (let i = 0; i < into.length; i++) {
      if (this.memory.readBlock((address + i) >>> 0, byte)) into[i] = byte[0]!;
      else {
        into[i] = 0;
        this.count('failed');
      }
    }
  }

  private writeBytes(address: number, bytes: Uint8Array): void {
    for (let i = 0; i < bytes.length; i++) {
      if (!this.memory.writeBlock((address + i) >>> 0, bytes.subarray(i, i + 1))) this.count('failed');
    }
  }

  private multiply(rs1: number, rs2: number): 0 {
    const { rows, columns, scratchpadRows, accumulatorRows } = this.shape;
    const [aRow, wRow] = [get(rs1, FIELD.mmA), get(rs1, FIELD.mmW)];
    const [accRow, count] = [get(rs2, FIELD.mmAcc), get(rs2, FIELD.mmCount)];
    const used = get(rs2, FIELD.mmColumns) + 1;
    const keep = get(rs2, FIELD.mmAccumulate) === 1;
    if (count < 1 || used > columns) return this.outOfRange();
    if (aRow + count > scratchpadRows || wRow + used > scratchpadRows || accRow + count > accumulatorRows) return this.outOfRange();
    const sp = this.scratchpad;
    const acc = this.accumulators;
    const whole = rows & ~3;
    for (let m = 0; m < count; m++) {
      const a = (aRow + m) * rows;
      const out = (accRow + m) * columns;
      for (let n = 0; n < used; n++) {
        const w = (wRow + n) * rows;
        let sum = keep ? acc[out + n]! : 0;
        let k = 0;
        for (; k < whole; k += 4) {
          const low = sp[a + k]! * sp[w + k]! + sp[a + k + 1]! * sp[w + k + 1]!;
          const high = sp[a + k + 2]! * sp[w + k + 2]! + sp[a + k + 3]! * sp[w + k + 3]!;
          sum = (sum + low + high) | 0;
        }
        for (; k < rows; k++) sum = (sum + sp[a + k]! * sp[w + k]!) | 0;
        acc[out + n] = sum;
      }
    }
    return 0;
  }

  private requantise(rs1: number, rs2: number): 0 {
    const { rows, columns, scratchpadRows, accumulatorRows, channels } = this.shape;
    const [accRow, count, used] = [get(rs1, FIELD.rqAcc), get(rs1, FIELD.rqCount), get(rs1, FIELD.rqColumns) + 1];
    const [row, channel] = [get(rs2, FIELD.rqRow), get(rs2, FIELD.rqChannel)];
    const groups = Math.ceil(used / rows);
    if (count < 1 || used > columns || accRow + count > accumulatorRows) return this.outOfRange();
    if (row + groups * count > scratchpadRows || channel + used > channels) return this.outOfRange();
    if (channel % this.shape.vectorLanes !== 0) return this.outOfRange();
    this.scratchpad.fill(0, (row + (groups - 1) * count) * rows, (row + groups * count) * rows);
    for (let n = 0; n < used; n++) {
      const record = (channel + n) * 4;
      const part = (name: keyof typeof CHANNEL_RECORD): number => {
        const { word, lo, width, signed } = CHANNEL_RECORD[name];
        const shifted = this.channelWords[record + word]! << (32 - lo - width);
        return signed ? shifted >> (32 - width) : shifted >>> (32 - width);
      };
      const [bias, multiplier, shift] = [part('bias'), part('multiplier'), part('shift')];
      const [zeroPoint, clampMin, clampMax] = [part('zeroPoint'), part('clampMin'), part('clampMax')];
      const lane = (row + Math.floor(n / rows) * count) * rows + (n % rows);
      for (let m = 0; m < count; m++) {
        const value = (this.accumulators[(accRow + m) * columns + n]! + bias) | 0;
        const q = scaleRounded(value, multiplier, shift);
        this.scratchpad[lane + m * rows] = Math.min(Math.max(zeroPoint + q, clampMin), clampMax);
      }
    }
    return 0;
  }
}
