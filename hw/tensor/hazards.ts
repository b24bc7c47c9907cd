/**
 * Which commands may not overtake each other. A command's use of the memories is described by masks over their blocks; the
 * instruction table says which command reads or writes what, so that only comparisons that can matter become hardware.
 */
import { B, U, bundle, indexWidth } from '../../gen/index.ts';
import type { Bool, Builder, UInt } from '../../gen/index.ts';
import { TENSOR_UNITS } from '../isa/tensor-rows.ts';
import type { RowUse, TensorMemoryName, TensorUnitName } from '../isa/tensor-rows.ts';
import { TENSOR, commandsOf } from '../isa/tensor.ts';
import { accumulatorBlocks, channelBlocks } from './params.ts';
import type { TensorParams } from './params.ts';

export const UNITS = TENSOR_UNITS;
export type Unit = TensorUnitName;

/** Masks of a command: scratchpad blocks read, read late and written, accumulator and channel blocks used. */
export const MASKS = ['rS', 'lS', 'wS', 'acc', 'ch'] as const;
export type MaskName = (typeof MASKS)[number];
export type Masks = Readonly<Record<MaskName, UInt>>;
/** Blocks into which hazard tracking divides each memory. */
export const memoryBlocks = (p: TensorParams): Record<TensorMemoryName, number> =>
  ({ scratchpad: p.hazardBlocks, accumulators: accumulatorBlocks(p), channels: channelBlocks(p) });
export function maskBits(p: TensorParams): Record<MaskName, number> {
  const { scratchpad, accumulators, channels } = memoryBlocks(p);
  return { rS: scratchpad, lS: scratchpad, wS: scratchpad, acc: accumulators, ch: channels };
}

/** A way in which commands of a unit use a memory on the chip, and the mask that tells where. */
interface Use {
  readonly mask: MaskName;
  readonly memory: TensorMemoryName;
  readonly writes: boolean;
  readonly isLate: boolean;
}

/** Of the scratchpad, reading and writing are told apart: it is read twice in a product, and what is read may be read by others too. */
export const maskOf = ({ memory, access, isLate }: RowUse<string>): MaskName =>
  ({ scratchpad: access !== 'read' ? 'wS' : isLate ? 'lS' : 'rS', accumulators: 'acc', channels: 'ch' } as const)[memory];

/** What the commands of a unit do with the memories, from the instruction table: each mask once, and writing if any command writes. */
function usesOf(unit: Unit): readonly Use[] {
  const all = commandsOf(unit).flatMap((op): readonly RowUse<string>[] => TENSOR[op].uses)
    .map((use): Use => ({ mask: maskOf(use), memory: use.memory, writes: use.access !== 'read', isLate: use.isLate ?? false }));
  return MASKS.flatMap((mask): readonly Use[] => {
    const alike = all.filter((use) => use.mask === mask);
    return alike.length === 0 ? [] : [{ ...alike[0], writes: alike.some(({ writes }) => writes) }];
  });
}
const USES: Readonly<Record<Unit, readonly Use[]>> =
  { load: usesOf('load'), mesh: usesOf('mesh'), vector: usesOf('vector'), store: usesOf('store') };

/** Masks that a unit's commands have at all. */
export const masksOf = (unit: Unit): readonly MaskName[] => USES[unit].map(({ mask }) => mask);

/**
 * The memory whose rows a unit writes in ascending order and tells about (`UnwrittenRows`): a later command that reads them need not wait
 * until all are written, but follows a row behind.
 */
const WRITES_IN_ORDER: Readonly<Partial<Record<Unit, TensorMemoryName>>> = { load: 'scratchpad', mesh: 'accumulators', vector: 'scratchpad' };

/**
 * How a command waits for an earlier one of another unit: it starts when that is complete; or when it can be followed, a row behind; or it
 * starts at once and waits, until it can follow, before it reads what it reads late.
 */
export const WAITS = ['complete', 'follow', 'followLate'] as const;
export type Wait = (typeof WAITS)[number];

export interface Pair {
  readonly mine: MaskName;
  readonly theirs: MaskName;
  readonly wait: Wait;
}

/** What a new command of `x` and an earlier one of `y` conflict about if they share a block: a memory that at least one of them writes. */
const pairsOf = (x: Unit, y: Unit): readonly Pair[] =>
  USES[x].flatMap((mine) => USES[y].filter((theirs) => mine.memory === theirs.memory && (mine.writes || theirs.writes))
    .map((theirs) => ({ mine: mine.mask, theirs: theirs.mask, wait: waitOf(mine, y, theirs) })));
const waitOf = (mine: Use, y: Unit, theirs: Use): Wait =>
  (mine.writes || WRITES_IN_ORDER[y] !== theirs.memory ? 'complete' : mine.isLate ? 'followLate' : 'follow');

/** Main memory counts as one block: whoever reads it waits for all earlier writers, and the other way round. */
const always = (x: Unit, y: Unit): boolean => {
  const accesses = (unit: Unit): readonly string[] => commandsOf(unit).flatMap((op) => TENSOR[op].mainMemory?.access ?? []);
  return accesses(x).some((mine) => accesses(y).some((theirs) => mine === 'write' || theirs === 'write'));
};

/** What a command of `x` that comes after one of `y` conflicts about with it. */
export const conflictsOf = (x: Unit, y: Unit): readonly Pair[] | 'always' => (always(x, y) ? 'always' : pairsOf(x, y));

/** Units for whose commands a command of `x` may have to wait in this way. */
export function waitsFor(x: Unit, wait: Wait): Unit[] {
  const mayWait = (y: Unit): boolean =>
    (always(x, y) ? wait === 'complete' : pairsOf(x, y).some((pair) => pair.wait === wait));
  return UNITS.filter((y) => y !== x && mayWait(y));
}

/** Whether a new command of `x` must wait in this way for an earlier one of `y`. */
export function conflict(x: Unit, mine: Masks, y: Unit, theirs: Masks, wait: Wait): Bool | true {
  if (always(x, y)) return true;
  return pairsOf(x, y)
    .filter((pair) => pair.wait === wait)
    .map((pair) => mine[pair.mine].and(theirs[pair.theirs]).orR())
    .reduce((a, b) => a.or(b));
}

/**
 * Rows that a unit's oldest command will still write: `first`…`last`; not valid where nobody can follow it. Whoever reads rows compares
 * with it in every cycle: rows of commands that have nothing to do with each other differ, so that none waits in vain.
 */
export const unwrittenRows = (bits: number) => bundle('UnwrittenRows', { valid: B, first: U(bits), last: U(bits) });
export interface UnwrittenRows {
  readonly valid: Bool;
  readonly first: UInt;
  readonly last: UInt;
}
/** Whether a row can be read: none of these will still write it. */
export const isWritten = (row: UInt, ...ranges: readonly UnwrittenRows[]): Bool =>
  ranges.map(({ valid, first, last }) => valid.and(row.ge(first)).and(row.le(last))).reduce((a, b) => a.or(b)).not();

/** Bits of a number of commands of one unit. */
export const heldBits = (p: TensorParams): number => indexWidth(p.queueDepth + 1);

/** Mask of the blocks that rows `first..last` touch, as a wire called `name`; `rowBits` bits number the rows of all blocks. */
export function blocksOf(m: Builder, name: string, first: UInt, last: UInt, rowBits: number, blocks: number): UInt {
  const bits = Math.log2(blocks);
  if (bits === 0) return U(1).lit(1);
  const lo = first.slice(rowBits - 1, rowBits - bits).named(`${name}Low`);
  const hi = last.slice(rowBits - 1, rowBits - bits).named(`${name}High`);
  return m.map(name, blocks, (i) => lo.le(i.exact(bits)).and(hi.ge(i.exact(bits)))).asUInt();
}
