/**
 * From what the instruction table says of commands to hardware: the rows that the command in hand uses, and whether its operands are
 * in range. Commands share what they have in common: a field that several have in one place, and one adder for the rows of a memory.
 * Must not know any particular command.
 */
import { U, bool } from '../../gen/index.ts';
import type { Bool, UInt } from '../../gen/index.ts';
import type { OperandField } from '../isa/instruction.ts';
import { timesConstant } from '../lib/times-constant.ts';
import { TENSOR_MEMORIES } from '../isa/tensor-rows.ts';
import type { OperandLimit, RowUse, TensorCommand, TensorMemoryName } from '../isa/tensor-rows.ts';
import { MOST_GROUPS, TENSOR, TENSOR_COMMAND_OPS, tensorOpsWith } from '../isa/tensor.ts';
import type { TensorCommandOp } from '../isa/tensor.ts';
import { GROUP_BITS, laneBytesBits } from './commands.ts';
import type { TensorParams } from './params.ts';

/**
 * Enough for the last row of a requantisation whose first is the last of the largest scratchpad, of the weights of a `tn.mv`, and of a
 * scattered load.
 */
const rowBits = ({ matrixVector, columns, scatter }: TensorParams): number =>
  (scatter ? 21 : matrixVector && columns * MOST_COUNT + MOST_ROW >= 2 ** 18 ? 20 : 18);
/** What the fields of a `tn.mv` can hold: weight tiles, and the first row of the first. */
const MOST_COUNT = 2 ** 12 - 1;
const MOST_ROW = 2 ** 16 - 1;

/** The command in hand. What is said of it while there is none, or none of these, is undefined. */
export interface CommandInHand {
  readonly rs1: UInt;
  readonly rs2: UInt;
  /** It is one of these. */
  isOneOf(...ops: readonly TensorCommandOp[]): Bool;
  /** A pending tn.arg. */
  readonly prefix: { readonly valid: Bool; readonly stride: UInt; readonly rowBytes: UInt; readonly groupRows: UInt | undefined };
  /** A pending tn.win; undefined: the unit has no such instruction. */
  readonly window: { readonly valid: Bool; readonly imageRows: UInt; readonly width: UInt; readonly windowWidth: UInt } | undefined;
}

/** Rows of one memory that some commands use; no command has two uses in one of these. */
export interface RowsInHand {
  readonly name: string;
  readonly memory: TensorMemoryName;
  readonly uses: readonly (readonly [TensorCommandOp, RowUse<string>])[];
  readonly first: UInt;
  readonly last: UInt;
}

const commandOf = (op: TensorCommandOp): TensorCommand => TENSOR[op];
const whoever = (is: (command: TensorCommand) => boolean): TensorCommandOp[] => TENSOR_COMMAND_OPS.filter((op) => is(commandOf(op)));
const any = (conditions: readonly Bool[]): Bool => conditions.reduce((a, b) => a.or(b));

/** Commands that move something from or to main memory. */
export const TRANSFERS = whoever(({ mainMemory }) => mainMemory !== undefined);
/** Of them, those that take a prefix; and those whose words must be aligned. */
/** Those that take rows of several groups. */
const SCATTERED = whoever(({ uses }) => uses.some(({ rows }) => 'isScattered' in rows));
const PREFIXED = whoever(({ mainMemory }) => mainMemory?.takesPrefix ?? false);
const ALIGNED = whoever(({ mainMemory }) => (mainMemory?.elementBytes ?? 1) > 1);

/** Commands that take a window, and those that need one. */
const WINDOWED = whoever(({ uses }) => uses.some(({ rows }) => 'orImage' in rows));
const NEEDS_WINDOW = whoever(({ uses }) => uses.some(({ rows }) => 'orImage' in rows && rows.orImage === 'needed'));
const AT_LEAST_1 = [...TENSOR.win.rs1, ...TENSOR.win.rs2].filter((field): field is typeof field & { readonly name: 'imageRows' | 'width' | 'windowWidth' } =>
  (field.least ?? 0) > 0);

interface Place {
  readonly register: 'rs1' | 'rs2';
  readonly field: OperandField;
}
function placeOf(op: TensorCommandOp, name: string): Place | undefined {
  for (const register of ['rs1', 'rs2'] as const) {
    const field = commandOf(op)[register].find((f) => f.name === name);
    if (field) return { register, field };
  }
  return undefined;
}

/** What the table says of the operands in hand. */
export class OperandRanges {
  readonly rows: readonly RowsInHand[];
  /** Of rows, of commands that have one, of which 0 is refused. */
  readonly count: UInt;
  /** Stride and length of a row are those of a pending tn.arg, by a command that takes it. */
  readonly usesPrefix: Bool;
  /** Bytes of a row in main memory without a prefix, of commands that may have one. */
  readonly natural: UInt;
  /** Commands that the unit has. */
  private readonly ops: readonly TensorCommandOp[];
  /** Of a row in groups, the number of the last one, and its bytes; undefined: the unit does not scatter. */
  readonly groups: { readonly last: UInt; readonly lastBytes: UInt } | undefined;

  private readonly rowBits: number;

  constructor(private readonly p: TensorParams, private readonly hand: CommandInHand) {
    this.rowBits = rowBits(p);
    const ops = tensorOpsWith(p);
    this.ops = TENSOR_COMMAND_OPS.filter((op) => ops.includes(op));
    this.count = this.chosen('count').named('count');
    this.usesPrefix = hand.isOneOf(...PREFIXED).and(hand.prefix.valid).named('usesPrefix');
    this.natural = this.naturalRowBytes().named('natural');
    this.groups = this.groupsOfRow();
    this.rows = (Object.keys(TENSOR_MEMORIES) as TensorMemoryName[]).flatMap((memory) => this.rowsOf(memory));
  }

  /** A field of one command. */
  field(op: TensorCommandOp, name: string): UInt {
    const place = placeOf(op, name);
    if (!place) throw new RangeError(`${commandOf(op).mnemonic} has no operand field '${name}'`);
    const { register, field: { lo, width } } = place;
    return this.hand[register].slice(lo + width - 1, lo);
  }

  /** The field of this name, of whichever of these commands is in hand; where several have it in one place it is taken once. */
  chosen(name: string, ops = this.ops): UInt {
    return this.chosenOf(() => ({ name, factor: 1 }), ops);
  }

  /** The same of a field that each command calls otherwise, and that counts so many. */
  private chosenOf(of: (op: TensorCommandOp) => { readonly name: string; readonly factor: number }, ops: readonly TensorCommandOp[]): UInt {
    const groups = new Map<string, TensorCommandOp[]>();
    for (const op of ops) {
      const place = placeOf(op, of(op).name);
      if (!place) continue;
      const key = `${place.register} ${place.field.lo} ${place.field.width} ${of(op).factor}`;
      groups.set(key, [...groups.get(key) ?? [], op]);
    }
    // Transfers last, who have their fields in one place.
    const ordered = [...groups.values()].sort((a, b) => Number(TRANSFERS.includes(a[0])) - Number(TRANSFERS.includes(b[0])));
    const values = ordered.map((group) => {
      const { name, factor } = of(group[0]);
      return [group, this.counted(group[0], name, factor)] as const;
    });
    const width = Math.max(...values.map(([, value]) => value.width));
    return this.either(values.map(([group, value]) => [group, value.zext(width)] as const));
  }

  /** The number of the first channel record that a command reads. */
  records(op: TensorCommandOp): UInt {
    const use = commandOf(op).uses.find(({ memory }) => memory === 'channels');
    if (!use) throw new RangeError(`${commandOf(op).mnemonic} reads no channel record`);
    return this.counted(op, use.first, use.inGroups ? this.p.vectorLanes : 1);
  }

  /** A field that counts so many, as a number of ones. */
  private counted(op: TensorCommandOp, name: string, factor: number): UInt {
    const field = this.field(op, name);
    return factor === 1 ? field : field.cat(U(Math.log2(factor)).lit(0));
  }

  /** Some operand is out of range. */
  outOfRange(): Bool {
    const counted = this.ops.filter((op) => placeOf(op, 'count'));
    const noRows = counted.length < this.ops.length ? this.hand.isOneOf(...counted).and(this.count.eq(0)) : this.count.eq(0);
    return any([noRows, ...this.beyondMemories(), ...this.beyondLimits(), ...this.badTransfers(), ...this.badWindow()]);
  }

  private badWindow(): Bool[] {
    const { window, isOneOf } = this.hand;
    if (!window) return [];
    const fields: Readonly<Record<(typeof AT_LEAST_1)[number]['name'], UInt>> = window;
    const isEmpty = any(AT_LEAST_1.map(({ name }) => fields[name].eq(0)));
    const lacks = this.p.depthwiseTaps > 0 ? [isOneOf(...NEEDS_WINDOW).and(window.valid.not())] : [];
    return [window.valid.and(isOneOf(...WINDOWED)).and(isEmpty), ...lacks];
  }

  /** Of a transfer: stride and length of a row come from the prefix. */
  hasPrefix(): Bool {
    return this.hand.prefix.valid.and(this.hand.isOneOf(...TRANSFERS.filter((op) => !PREFIXED.includes(op))).not());
  }

  /** A row without a prefix is one group. */
  private groupsOfRow(): OperandRanges['groups'] {
    const { p, usesPrefix, hand: { prefix: { rowBytes, groupRows } } } = this;
    if (groupRows === undefined) return undefined;
    const bytes = usesPrefix.mux<UInt>(rowBytes.zext(16), U(16).lit(p.rows)).named('bytesInGroups');
    const last = Array.from({ length: MOST_GROUPS - 1 }, (_, i) => bytes.gt((i + 1) * p.rows).asUInt().zext(GROUP_BITS))
      .reduce((sum, more) => sum.addWrap(more)).named('lastGroup');
    const lastBytes = bytes.subWrap(timesConstant(last, p.rows, 16)).trunc(laneBytesBits(p)).named('lastBytes');
    return { last, lastBytes };
  }

  /** Rows from the first row of the first group of the load in hand to that of its last one. */
  private rowsToLastGroup(): UInt | undefined {
    const { groups, hand: { prefix: { groupRows } } } = this;
    if (groups === undefined || groupRows === undefined) return undefined;
    const terms = Array.from({ length: GROUP_BITS }, (_, i) =>
      groups.last.bit(i).and(this.usesPrefix).mux(this.wide(groupRows).shlWrap(i), U(this.rowBits).lit(0)));
    return terms.reduce((sum, term) => sum.addWrap(term)).named('rowsToLastGroup');
  }

  private naturalRowBytes(): UInt {
    const bytesOf = (op: TensorCommandOp): number => {
      const { elementBytes, elements } = commandOf(op).mainMemory ?? { elementBytes: 1, elements: 0 };
      return elementBytes * (typeof elements === 'number' ? elements : this.p[elements]);
    };
    const all = [...new Set(PREFIXED.map(bytesOf))].reverse();
    return this.either(all.map((bytes) => [PREFIXED.filter((op) => bytesOf(op) === bytes), U(16).lit(bytes)] as const));
  }

  private rowsOf(memory: TensorMemoryName): RowsInHand[] {
    const slots: [TensorCommandOp, RowUse<string>][][] = [];
    for (const op of this.ops) {
      for (const [i, use] of commandOf(op).uses.filter((u) => u.memory === memory).entries()) (slots[i] ??= []).push([op, use]);
    }
    return slots.map((uses, i) => {
      const useOf = new Map(uses);
      const name = i === 0 ? memory : `${memory}${i + 1}`;
      const firstOf = (op: TensorCommandOp): { name: string; factor: number } =>
        ({ name: useOf.get(op)?.first ?? '', factor: useOf.get(op)?.inGroups ? this.p.vectorLanes : 1 });
      const first = this.wide(this.chosenOf(firstOf, uses.map(([op]) => op)).named(`${name}First`));
      const last = this.lastRow(first, uses).named(`${name}Last`);
      return { name, memory, uses, first, last };
    });
  }

  private lastRow(first: UInt, uses: RowsInHand['uses']): UInt {
    const counts: (readonly [TensorCommandOp[], UInt])[] = uses.flatMap(([op, { rows }]) => {
      if ('each' in rows) return [[[op], timesConstant(this.field(op, rows.count), this.p[rows.each], this.rowBits)] as const];
      return 'partsOf' in rows ? [[[op], this.parts(op, rows.count, rows.partsOf)] as const] : [];
    });
    const { window } = this.hand;
    const isPlain = ({ rows }: RowUse<string>): boolean => 'count' in rows && !('partsOf' in rows) && !('each' in rows);
    const ofImages = window ? uses.filter(([, { rows }]) => 'orImage' in rows).map(([op]) => op) : [];
    const inGroups = this.groups ? uses.filter(([, { rows }]) => 'isScattered' in rows).map(([op]) => op) : [];
    const toLast = inGroups.length === 0 ? undefined : this.rowsToLastGroup();
    if (toLast) counts.push([inGroups, this.wide(this.count).addWrap(toLast)]);
    const counted = uses.filter(([op, use]) => isPlain(use) && !ofImages.includes(op) && !inGroups.includes(op)).map(([op]) => op);
    if (window && ofImages.length > 0) counts.push([ofImages, window.valid.mux(this.wide(window.imageRows), this.wide(this.count)).named('imageRowsOrCount')]);
    if (counted.length > 0) counts.push([counted, this.wide(this.count)]);
    const lasts = uses.flatMap(([op, { rows }]) => {
      if ('fixed' in rows) return [[[op], U(this.rowBits).lit(rows.fixed - 1)] as const];
      if ('fact' in rows) return this.p[rows.fact] === 0 ? [] : [[[op], U(this.rowBits).lit(this.p[rows.fact] - 1)] as const];
      if ('groups' in rows) return [[[op], U(this.rowBits).lit(rows.groups * this.p.vectorLanes - 1)] as const];
      return 'lastOf' in rows ? [[[op], this.lastInGroup(op, rows.lastOf, rows.wholeGroups)] as const] : [];
    });
    if (lasts.length === 0) return first.addWrap(this.either(counts)).subWrap(1);
    return first.addWrap(this.either([...lasts, ...counts.map(([ops, count]) => [ops, count.subWrap(1)] as const)]));
  }

  /** The last of a group has ones in the lower bits of its number, since groups begin at multiples of their size. */
  private lastInGroup(op: TensorCommandOp, field: string, wholeGroups = false): UInt {
    const last = this.wide(this.field(op, field));
    return wholeGroups ? last.or(last.lit(this.p.vectorLanes - 1)) : last;
  }

  private wide(x: UInt): UInt {
    return x.zext(this.rowBits);
  }

  /** The value that belongs to the command in hand. */
  private either(values: readonly (readonly [readonly TensorCommandOp[], UInt])[]): UInt {
    const [last, ...others] = [...values].reverse();
    return others.reduce((rest, [ops, value]) => this.hand.isOneOf(...ops).mux(value, rest), last[1]);
  }

  /** `count` for each part of R lanes that columns 0…`lastColumn` fill. */
  private parts(op: TensorCommandOp, count: string, lastColumn: string): UInt {
    const { columns, rows } = this.p;
    const rowsOfPart = this.wide(this.field(op, count));
    const more = (i: number): UInt => this.field(op, lastColumn).ge((i + 1) * rows).mux(rowsOfPart, U(this.rowBits).lit(0));
    return Array.from({ length: Math.ceil(columns / rows) - 1 }, (_, i) => more(i)).reduce((sum, x) => sum.addWrap(x), rowsOfPart);
  }

  private beyondMemories(): Bool[] {
    return this.rows.map(({ name, memory, uses, last }) =>
      this.hand.isOneOf(...uses.map(([op]) => op)).named(`uses_${name}`).and(last.ge(this.p[TENSOR_MEMORIES[memory].rows])));
  }

  private beyondLimits(): Bool[] {
    const groups = new Map<string, (readonly [TensorCommandOp, OperandLimit<string>])[]>();
    for (const op of this.ops) {
      for (const limit of commandOf(op).limits) {
        const key = Object.values(limit).join(' ');
        groups.set(key, [...groups.get(key) ?? [], [op, limit]]);
      }
    }
    return [...groups.values()].map((group) => {
      const [[, limit]] = group;
      const ops = group.map(([op]) => op);
      const value = this.chosen(limit.field, ops);
      const isBad = 'below' in limit ? value.zext(8).ge(this.p[limit.below]) : isMultiple(value, this.p[limit.multipleOf]).not();
      return this.hand.isOneOf(...ops).and(isBad);
    });
  }

  private badTransfers(): Bool[] {
    const { p, hand: { rs1, isOneOf, prefix: { stride, rowBytes, groupRows } } } = this;
    const isAligned = isOneOf(...ALIGNED).named('isAligned');
    const odd = (x: UInt): Bool => x.slice(1, 0).ne(0);
    const isTooLong = this.natural.lt(rowBytes.zext(16));
    const scatters = groupRows?.ne(0).and(isOneOf(...SCATTERED)).named('scatters');
    const isLong = scatters ? isTooLong.and(scatters.not()).or(scatters.and(rowBytes.gt(MOST_GROUPS * p.rows))) : isTooLong;
    const lengthBad = rowBytes.eq(0).or(isLong).or(isAligned.and(odd(rowBytes)));
    const groupsBad = groupRows && scatters ? [this.usesPrefix.and(groupRows.ne(0)).and(scatters.not())] : [];
    return [this.usesPrefix.and(lengthBad), isAligned.and(odd(rs1).or(this.usesPrefix.and(odd(stride)))), ...groupsBad];
  }
}

const isMultiple = (value: UInt, of: number): Bool => (of === 1 ? bool(true) : value.slice(Math.log2(of) - 1, 0).eq(0));
