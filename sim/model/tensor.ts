/**
 * The tensor unit as the programmer sees it: every command of `hw/isa/tensor.ts` done at once and in order, no time, no
 * units, no queues. Must not know the hart, nor any particular network.
 *
 * Where the table leaves room, the model does this (and hardware may differ only where it says so):
 * - Range checks come first; a refused command has no effect at all but its count in the status and the loss of pending prefixes.
 * - A transfer that meets an address outside RAM is counted as failed and goes on: such bytes load as 0 and are not stored.
 *   Hardware may leave other data in the rows of a failed transfer, and channel records of such data may count as refused or not.
 * - tn.count answers 0 for every counter; hardware counts.
 */
import { UserError } from '../../gen/user-error.ts';
import {
  ARG_PENDING_BIT, CHANNEL_RECORD, CHANNEL_RECORD_BYTES, MOST_GROUPS, TABLE_BYTES, TENSOR, TENSOR_INFO, TENSOR_OPS, TENSOR_STATE,
  TENSOR_STATUS, TENSOR_VERSION, WIN_PENDING_BIT, featureBits, tensorOpsWith,
} from '../../hw/isa/tensor.ts';
import type { TensorCommandOp, TensorInfo, TensorOp, TensorState } from '../../hw/isa/tensor.ts';
import { unpackField } from '../../hw/isa/instruction.ts';
import type { TensorFeature, TensorFeatures } from '../../hw/isa/tensor-rows.ts';
import { NO_PREFIX, commandRules, operandOf } from '../../hw/isa/tensor-checks.ts';
import type { CommandRules, Transfer, Window } from '../../hw/isa/tensor-checks.ts';

/** Sizes of one unit, named as in the information table, and the features that it has. */
export interface TensorShape extends TensorFeatures {
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

/**
 * The same with gemmlowp's two roundings, as TFLite's default build has it: first to value·multiplier / 2^31, halves towards plus infinity
 * (`SaturatingRoundingDoublingHighMul`), then by what is left of the shift, halves away from zero (`RoundingDivideByPOT`). With shifts up
 * to 31 there is one rounding only. Exact: the first result is an int32.
 */
export function scaleRoundedTwice(value: number, multiplier: number, shift: number): number {
  if (shift <= 31) return scaleRounded(value, multiplier, shift);
  const first = scaleRounded(value, multiplier, 31);
  const divisor = 2 ** (shift - 31);
  return Math.floor((first + divisor / 2 - (first < 0 ? 1 : 0)) / divisor);
}

/** What a scaled number is in 32 bits, wrapping: exact where `scaleRounded` is. With less of a shift the number is too long for that. */
function scaledWord(value: number, multiplier: number, shift: number, isDouble: boolean): number {
  if (shift >= 12) return (isDouble ? scaleRoundedTwice : scaleRounded)(value, multiplier, shift) | 0;
  return Number(BigInt.asIntN(32, (BigInt(value) * BigInt(multiplier) + (1n << BigInt(shift - 1))) >> BigInt(shift)));
}

/** Operands, found in the table once. */
const AT = {
  ldRow: operandOf('ld', 'row'), ldpChannel: operandOf('ldp', 'channel'), stRow: operandOf('st', 'row'), staRow: operandOf('sta', 'accRow'),
  mmA: operandOf('mm', 'aRow'), mmW: operandOf('mm', 'wRow'), mmAcc: operandOf('mm', 'accRow'), mmCount: operandOf('mm', 'count'),
  mmColumns: operandOf('mm', 'columnsMinus1'), mmAccumulate: operandOf('mm', 'accumulate'),
  rqAcc: operandOf('rq', 'accRow'), rqCount: operandOf('rq', 'count'), rqColumns: operandOf('rq', 'columnsMinus1'),
  rqRow: operandOf('rq', 'row'), rqChannel: operandOf('rq', 'channel'),
  adA: operandOf('ad', 'aRow'), adB: operandOf('ad', 'bRow'), adRow: operandOf('ad', 'row'), adCount: operandOf('ad', 'count'),
  adRecords: operandOf('ad', 'recordGroup'), tbA: operandOf('tb', 'aRow'), tbRow: operandOf('tb', 'row'), tbCount: operandOf('tb', 'count'),
};

/** A channel record, taken apart. */
type RequantiseRecord = Readonly<Record<keyof typeof CHANNEL_RECORD, number>> & { readonly isDouble: boolean };

type CommandMeaning = (rs1: number, rs2: number, transfer: Transfer, window: Window | undefined) => void;

/** Of a command that moves nothing. */
const NO_TRANSFER: Transfer = { address: 0, stride: 0, rowBytes: 0, count: 0, groupRows: 0 };
const isCommand = (op: TensorOp): op is TensorCommandOp => TENSOR[op].kind === 'command';

export class TensorModel {
  readonly scratchpad: Int8Array;
  readonly accumulators: Int32Array;
  /** Channel records, four words each. */
  readonly channelWords: Int32Array;
  readonly table = new Uint8Array(TABLE_BYTES);
  private status = 0;
  /** Fields of the status in which the present command has been counted. */
  private readonly counted = new Set<StatusField>();
  private prefixes = NO_PREFIX;
  /** Why the last command that was refused was: which operand, and what it must be; undefined: none was. */
  lastRefusal: string | undefined;
  private readonly facts: readonly number[];
  /** What each row of the table does that is no command. Returns the value for rd, 0 where it has none. */
  private readonly answers: Readonly<Record<Exclude<TensorOp, TensorCommandOp>, (rs1: number, rs2: number) => number>> = {
    info: (index) => this.facts[index >>> 0] ?? 0,
    count: () => 0,
    poll: () => 0,
    fence: () => this.status,
    state: (index) => this.stateOf(index >>> 0),
    arg: (stride, rs2) => {
      const rowBytes = unpackField(TENSOR.arg.rs2, 'rowBytes', rs2);
      const { rows, columns, scatter } = this.shape;
      const most = Math.max(rows * (scatter ? MOST_GROUPS : 1), 4 * columns);
      const groupRows = scatter ? unpackField(TENSOR.arg.rs2, 'groupRows', rs2) : 0;
      const arg = { stride: stride | 0, rowBytes: rowBytes > most ? 0 : rowBytes, groupRows };
      this.prefixes = { ...this.prefixes, arg };
      return 0;
    },
    win: (image, window) => {
      this.prefixes = { ...this.prefixes, win: { image, window } };
      return 0;
    },
  };
  /** What each command does that is not refused. */
  private readonly commands: Readonly<Record<TensorCommandOp, CommandMeaning>> = {
    ld: (rs1, rs2, transfer) => this.load(AT.ldRow(rs1, rs2), transfer),
    ldp: (rs1, rs2, transfer) => this.loadChannels(AT.ldpChannel(rs1, rs2), transfer),
    ldt: (_, __, { address }) => this.read(address >>> 0, this.table),
    mm: (rs1, rs2, _, window) => this.multiply(rs1, rs2, window, 'all'),
    dw: (rs1, rs2, _, window) => this.multiply(rs1, rs2, window, 'add'),
    mx: (rs1, rs2, _, window) => this.multiply(rs1, rs2, window, 'maximum'),
    mv: (rs1, rs2) => this.multiplyVector(rs1, rs2),
    dl: (rs1, rs2, _, window) => this.multiplyLines(rs1, rs2, window),
    rq: (rs1, rs2) => this.requantise(rs1, rs2),
    ad: (rs1, rs2) => this.elementwise(rs1, rs2, false),
    mu: (rs1, rs2) => this.elementwise(rs1, rs2, true),
    tb: (rs1, rs2) => this.lookUp(AT.tbA(rs1, rs2), AT.tbRow(rs1, rs2), AT.tbCount(rs1, rs2)),
    st: (rs1, rs2, transfer) => {
      const { rows } = this.shape;
      this.store(new Uint8Array(this.scratchpad.buffer), AT.stRow(rs1, rs2) * rows, rows, transfer);
    },
    sta: (rs1, rs2, transfer) => {
      const rowBytes = 4 * this.shape.columns;
      this.store(new Uint8Array(this.accumulators.buffer), AT.staRow(rs1, rs2) * rowBytes, rowBytes, transfer);
    },
  };
  private readonly rules: Readonly<Record<TensorCommandOp, CommandRules>>;

  /** Throws UserError when a size is not a positive integer or too large for the instructions' fields. */
  constructor(private readonly shape: TensorShape, private readonly memory: TensorMemory) {
    const limits: readonly (readonly [Exclude<keyof TensorShape, TensorFeature>, number])[] =
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
    const facts: Readonly<Record<TensorInfo, number>> = { ...shape, version: TENSOR_VERSION, types: 1, features: featureBits(shape) };
    this.facts = TENSOR_INFO.map(({ name }) => facts[name]);
    this.rules = commandRules(shape);
  }

  /** The instructions that it has. */
  get ops(): readonly TensorOp[] {
    return tensorOpsWith(this.shape);
  }

  /** Does instruction number `op` of TENSOR_OPS. Returns the value for rd; 0 where the instruction has none. */
  execute(op: number, rs1: number, rs2: number): number {
    const name = TENSOR_OPS[op];
    if (name === undefined) throw new RangeError(`tensor operation ${op} is not one of ${TENSOR_OPS.length}`);
    if (!isCommand(name)) return this.answers[name](rs1, rs2);
    const { prefixes } = this;
    this.prefixes = NO_PREFIX;
    this.counted.clear();
    const rules = this.rules[name];
    const refusal = rules.refusal(rs1, rs2, prefixes);
    if (refusal === undefined) this.commands[name](rs1, rs2, rules.transfer(rs1, rs2, prefixes) ?? NO_TRANSFER, rules.window(prefixes));
    else this.refuse(refusal);
    return 0;
  }

  private stateOf(index: number): number {
    const { arg, win } = this.prefixes;
    const pending = (arg ? 1 << ARG_PENDING_BIT : 0) | (win ? 1 << WIN_PENDING_BIT : 0);
    const parts: Record<TensorState, number> = {
      status: this.status, argStride: arg?.stride ?? 0, argRowBytes: pending | (arg?.rowBytes ?? 0),
      winImage: win?.image ?? 0, winWindow: win?.window ?? 0, argGroupRows: arg?.groupRows ?? 0,
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

  private refuse(cause: string): void {
    this.lastRefusal = cause;
    this.count('refused');
  }

  private load(row: number, { address, stride, rowBytes, count, groupRows }: Transfer): void {
    const { rows } = this.shape;
    const bytes = new Uint8Array(this.scratchpad.buffer);
    for (let i = 0; i < count; i++) {
      for (let first = 0; first < rowBytes; first += rows) {
        const from = (row + (first / rows) * groupRows + i) * rows;
        const lanes = Math.min(rows, rowBytes - first);
        this.read((address + Math.imul(i, stride) + first) >>> 0, bytes.subarray(from, from + lanes));
        bytes.fill(0, from + lanes, from + rows);
      }
    }
  }

  /** `bytes`: of the memory whose rows, so many bytes apart, are stored from byte `first` on. */
  private store(bytes: Uint8Array, first: number, apart: number, { address, stride, rowBytes, count }: Transfer): void {
    for (let i = 0; i < count; i++) {
      const cells = bytes.subarray(first + i * apart, first + i * apart + rowBytes);
      const place = (address + Math.imul(i, stride)) >>> 0;
      if (!this.memory.writeBlock(place, cells)) this.writeBytes(place, cells);
    }
  }

  private loadChannels(channel: number, { address, count }: Transfer): void {
    this.read(address >>> 0, new Uint8Array(this.channelWords.buffer, channel * CHANNEL_RECORD_BYTES, count * CHANNEL_RECORD_BYTES));
    for (let i = 0; i < count; i++) {
      if (!this.keepRecord((channel + i) * (CHANNEL_RECORD_BYTES / 4))) this.refuse(`tn.ldp: record ${i} of ${count}, a shift or multiplier out of range`);
    }
  }

  /** Brings the record at `word` into range; false where it was not. */
  private keepRecord(word: number): boolean {
    const words = this.channelWords;
    const multiplier = words[word + CHANNEL_RECORD.multiplier.word]!;
    words[word + CHANNEL_RECORD.multiplier.word] = multiplier & 0x7fff_ffff;
    const { word: at, lo, width } = CHANNEL_RECORD.shift;
    const mask = 2 ** width - 1;
    const shift = (words[word + at]! >>> lo) & (this.shape.doubleRounding ? mask & ~CHANNEL_RECORD.shift.flag : mask);
    const isLegal = shift >= CHANNEL_RECORD.shift.least && shift <= CHANNEL_RECORD.shift.most;
    if (!isLegal) words[word + at] = (words[word + at]! & ~(mask << lo)) | (CHANNEL_RECORD.shift.most << lo);
    return isLegal && multiplier >= 0;
  }

  private read(address: number, into: Uint8Array): void {
    if (!this.memory.readBlock(address, into)) this.readBytes(address, into);
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

  /**
   * `lanes`: all of a row count, or that of the column alone, whose product is added or is a candidate for the maximum; then all weights
   * lie in one row. Operands have the places of tn.mm.
   */
  private multiply(rs1: number, rs2: number, window: Window | undefined, lanes: 'all' | 'add' | 'maximum'): void {
    const isDepthwise = lanes !== 'all';
    const { rows, columns } = this.shape;
    const [aRow, wRow, accRow, count] = [AT.mmA(rs1, rs2), AT.mmW(rs1, rs2), AT.mmAcc(rs1, rs2), AT.mmCount(rs1, rs2)];
    const used = AT.mmColumns(rs1, rs2) + 1;
    const keep = AT.mmAccumulate(rs1, rs2) === 1;
    const sp = this.scratchpad;
    const acc = this.accumulators;
    const whole = rows & ~3;
    const beside = window && new Int8Array(rows).fill(window.padding);
    for (let m = 0; m < count; m++) {
      const row = window ? window.rowOf(m) : m;
      const [from, a] = beside && row === undefined ? [beside, 0] : [sp, (aRow + (row ?? 0)) * rows];
      const out = (accRow + m) * columns;
      for (let n = 0; n < used; n++) {
        const w = (isDepthwise ? wRow : wRow + n) * rows;
        let sum = keep ? acc[out + n]! : 0;
        if (isDepthwise) {
          const product = from[a + n]! * sp[w + n]!;
          acc[out + n] = lanes === 'add' ? sum + product : keep ? Math.max(sum, product) : product;
          continue;
        }
        let k = 0;
        for (; k < whole; k += 4) {
          const low = from[a + k]! * sp[w + k]! + from[a + k + 1]! * sp[w + k + 1]!;
          const high = from[a + k + 2]! * sp[w + k + 2]! + from[a + k + 3]! * sp[w + k + 3]!;
          sum = (sum + low + high) | 0;
        }
        for (; k < rows; k++) sum = (sum + from[a + k]! * sp[w + k]!) | 0;
        acc[out + n] = sum;
      }
    }
  }

  /** Operands have the places of tn.mm. */
  private multiplyVector(rs1: number, rs2: number): void {
    const { rows, columns } = this.shape;
    const [aRow, wRow, accRow, count] = [AT.mmA(rs1, rs2), AT.mmW(rs1, rs2), AT.mmAcc(rs1, rs2), AT.mmCount(rs1, rs2)];
    for (let n = 0; n <= AT.mmColumns(rs1, rs2); n++) {
      const out = accRow * columns + n;
      let sum = AT.mmAccumulate(rs1, rs2) === 1 ? this.accumulators[out]! : 0;
      for (let m = 0; m < count; m++) {
        const [a, w] = [(aRow + m) * rows, (wRow + m * columns + n) * rows];
        for (let k = 0; k < rows; k++) sum = (sum + this.scratchpad[a + k]! * this.scratchpad[w + k]!) | 0;
      }
      this.accumulators[out] = sum;
    }
  }

  /** Depthwise, `depthwiseTaps` pixels of a line at a time. Operands have the places of tn.mm; without a window the command is refused. */
  private multiplyLines(rs1: number, rs2: number, window: Window | undefined): void {
    const { shape: { rows, columns, depthwiseTaps }, scratchpad: sp, accumulators: acc } = this;
    const [aRow, wRow, accRow, count] = [AT.mmA(rs1, rs2), AT.mmW(rs1, rs2), AT.mmAcc(rs1, rs2), AT.mmCount(rs1, rs2)];
    const used = AT.mmColumns(rs1, rs2) + 1;
    const keep = AT.mmAccumulate(rs1, rs2) === 1;
    for (let m = 0; m < count; m++) {
      const out = (accRow + m) * columns;
      for (let n = 0; n < used; n++) if (!keep) acc[out + n] = 0;
      for (let j = 0; j < depthwiseTaps; j++) {
        const row = window?.rowOf(m, j);
        for (let n = 0; n < used; n++) {
          const a = row === undefined ? window?.padding ?? 0 : sp[(aRow + row) * rows + n]!;
          acc[out + n] = acc[out + n]! + a * sp[(wRow + j) * rows + n]!;
        }
      }
    }
  }

  private requantise(rs1: number, rs2: number): void {
    const { rows, columns } = this.shape;
    const [accRow, count, used] = [AT.rqAcc(rs1, rs2), AT.rqCount(rs1, rs2), AT.rqColumns(rs1, rs2) + 1];
    const [row, channel] = [AT.rqRow(rs1, rs2), AT.rqChannel(rs1, rs2)];
    const groups = Math.ceil(used / rows);
    this.scratchpad.fill(0, (row + (groups - 1) * count) * rows, (row + groups * count) * rows);
    for (let n = 0; n < used; n++) {
      const { bias, multiplier, shift, isDouble, zeroPoint, clampMin, clampMax } = this.record(channel + n);
      const scaled = isDouble ? scaleRoundedTwice : scaleRounded;
      const lane = (row + Math.floor(n / rows) * count) * rows + (n % rows);
      for (let m = 0; m < count; m++) {
        const value = (this.accumulators[(accRow + m) * columns + n]! + bias) | 0;
        const q = scaled(value, multiplier, shift);
        this.scratchpad[lane + m * rows] = Math.min(Math.max(zeroPoint + q, clampMin), clampMax);
      }
    }
  }

  /** Operands have the places of tn.ad. */
  private elementwise(rs1: number, rs2: number, isProduct: boolean): void {
    const { rows, vectorLanes } = this.shape;
    const [aRow, bRow, row, count] = [AT.adA(rs1, rs2), AT.adB(rs1, rs2), AT.adRow(rs1, rs2), AT.adCount(rs1, rs2)];
    const first = AT.adRecords(rs1, rs2) * vectorLanes;
    const records = Array.from({ length: 3 * vectorLanes }, (_, i) => this.record(first + i));
    const sp = this.scratchpad;
    const low12 = (x: number): number => (x << 20) >> 20;
    const word = (x: number, { multiplier, shift, isDouble }: RequantiseRecord): number => scaledWord(x, multiplier, shift, isDouble);
    for (let i = 0; i < count; i++) {
      for (let n = 0; n < rows; n++) {
        const [ofA, ofB, ofResult] = [0, 1, 2].map((part) => records[part * vectorLanes + (n % vectorLanes)]);
        const [a, b] = [low12(sp[(aRow + i) * rows + n] + ofA.bias), low12(sp[(bRow + i) * rows + n] + ofB.bias)];
        const v = isProduct ? a * b : word(a << 20, ofA) + word(b << 20, ofB);
        const q = (ofResult.isDouble ? scaleRoundedTwice : scaleRounded)((v + ofResult.bias) | 0, ofResult.multiplier, ofResult.shift);
        sp[(row + i) * rows + n] = Math.min(Math.max(ofResult.zeroPoint + q, ofResult.clampMin), ofResult.clampMax);
      }
    }
  }

  private lookUp(aRow: number, row: number, count: number): void {
    const { rows } = this.shape;
    for (let i = 0; i < count * rows; i++) this.scratchpad[row * rows + i] = this.table[this.scratchpad[aRow * rows + i]! & 0xff]!;
  }

  private record(channel: number): RequantiseRecord {
    const part = (name: keyof typeof CHANNEL_RECORD): number => {
      const { word, lo, width, signed } = CHANNEL_RECORD[name];
      const shifted = this.channelWords[channel * (CHANNEL_RECORD_BYTES / 4) + word]! << (32 - lo - width);
      return signed ? shifted >> (32 - width) : shifted >>> (32 - width);
    };
    const { flag } = CHANNEL_RECORD.shift;
    return {
      bias: part('bias'), multiplier: part('multiplier'), shift: part('shift') & ~flag, isDouble: (part('shift') & flag) !== 0,
      zeroPoint: part('zeroPoint'), clampMin: part('clampMin'), clampMax: part('clampMax'),
    };
  }
}
