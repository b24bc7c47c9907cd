/**
 * Which commands may not overtake each other. A command's use of a memory is described by its first and last block; the
 * instruction table says which command reads or writes what, so that only comparisons that can matter become hardware.
 */
import { B, U, bundle, indexWidth } from '../../gen/index.ts';
import type { Bool, UInt } from '../../gen/index.ts';
import { TENSOR_UNITS } from '../isa/tensor-rows.ts';
import type { RowUse, TensorFeatures, TensorMemoryName, TensorUnitName } from '../isa/tensor-rows.ts';
import { TENSOR, commandsOf, tensorOpsWith } from '../isa/tensor.ts';
import { accumulatorBlocks, channelBlocks, scratchpadBlocks } from './params.ts';
import type { TensorParams } from './params.ts';

export const UNITS = TENSOR_UNITS;
export type Unit = TensorUnitName;

/** Uses of the memories by a command: scratchpad blocks read, read late and written, accumulator and channel blocks and the table used. */
const ALL_USES = ['rS', 'lS', 'wS', 'acc', 'ch', 'tab'] as const;
export type UseName = (typeof ALL_USES)[number];
/** Those that a unit has. */
export const useNames = (has: TensorFeatures): readonly UseName[] => ALL_USES.filter((name) => name !== 'tab' || has.table);
/** The table is one block. */
type Memory = TensorMemoryName | 'table';
const MEMORY_OF: Readonly<Record<UseName, Memory>> = {
  rS: 'scratchpad', lS: 'scratchpad', wS: 'scratchpad', acc: 'accumulators', ch: 'channels', tab: 'table',
};
/** Blocks into which hazard tracking divides each memory. */
export const memoryBlocks = (p: TensorParams): Record<Memory, number> =>
  ({ scratchpad: scratchpadBlocks(p), accumulators: accumulatorBlocks(p), channels: channelBlocks(p), table: 1 });
/** Bits of a block's number; of a memory that is one block it is 0. */
export const blockBits = (p: TensorParams, memory: Memory): number => Math.max(1, Math.log2(memoryBlocks(p)[memory]));

/** The blocks of a memory that a command uses, if any. */
export interface Blocks {
  readonly used: Bool;
  readonly first: UInt;
  readonly last: UInt;
}
const BLOCKS_NAMES: Readonly<Record<Memory, string>> = {
  scratchpad: 'ScratchpadBlocks', accumulators: 'AccumulatorBlocks', channels: 'ChannelBlocks', table: 'TableBlocks',
};
const blocksShape = (p: TensorParams, use: UseName) => {
  const memory = MEMORY_OF[use];
  const bits = blockBits(p, memory);
  return bundle(BLOCKS_NAMES[memory], { used: B, first: U<number>(bits), last: U<number>(bits) });
};
type BlocksShape = ReturnType<typeof blocksShape>;
/** What a command uses; asked of those uses alone that the units' commands have. */
type UsedBlocks = (use: UseName) => Blocks;
/** `tab` must not be touched where there is no table. */
export const usedBlocks = (p: TensorParams): Record<UseName, BlocksShape> => {
  const of = (use: UseName): BlocksShape => blocksShape(p, use);
  return { rS: of('rS'), lS: of('lS'), wS: of('wS'), acc: of('acc'), ch: of('ch'), tab: of('tab') };
};

/** A way in which commands of a unit use a memory on the chip. */
interface Use {
  readonly name: UseName;
  readonly memory: Memory;
  readonly writes: boolean;
  readonly isLate: boolean;
}

/** Of the scratchpad, reading and writing are told apart: it is read twice in a product, and what is read may be read by others too. */
export const useOf = ({ memory, access, isLate }: RowUse<string>): UseName =>
  ({ scratchpad: access !== 'read' ? 'wS' : isLate ? 'lS' : 'rS', accumulators: 'acc', channels: 'ch' } as const)[memory];

/** What the commands of a unit do with the memories, from the instruction table: each use once, and writing if any command writes. */
function usesOf(unit: Unit, has: TensorFeatures): readonly Use[] {
  const ops = commandsOf(unit).filter((op) => tensorOpsWith(has).includes(op));
  const rows = ops.flatMap((op): readonly RowUse<string>[] => TENSOR[op].uses)
    .map((use): Use => ({ name: useOf(use), memory: use.memory, writes: use.access !== 'read', isLate: use.isLate ?? false }));
  const table = ops.flatMap((op): readonly Use[] => {
    const { table: access } = TENSOR[op];
    return access === undefined ? [] : [{ name: 'tab', memory: 'table', writes: access === 'write', isLate: false }];
  });
  const all = [...rows, ...table];
  return ALL_USES.flatMap((name): readonly Use[] => {
    const alike = all.filter((use) => use.name === name);
    return alike.length === 0 ? [] : [{ ...alike[0], writes: alike.some(({ writes }) => writes) }];
  });
}

/** Uses that a unit's commands have at all, with these features. */
export const usesOfUnit = (unit: Unit, has: TensorFeatures): readonly UseName[] => usesOf(unit, has).map(({ name }) => name);

/**
 * The memory whose rows a unit writes in ascending order and tells about (`UnwrittenRows`): a later command that reads them need not wait
 * until all are written, but follows a row behind.
 */
const WRITES_IN_ORDER: Readonly<Partial<Record<Unit, Memory>>> = { load: 'scratchpad', mesh: 'accumulators', vector: 'scratchpad' };

/**
 * How a command waits for an earlier one of another unit: it starts when that is complete; or when it can be followed, a row behind; or it
 * starts at once and waits, until it can follow, before it reads what it reads late.
 */
export const WAITS = ['complete', 'follow', 'followLate'] as const;
export type Wait = (typeof WAITS)[number];

export interface Pair {
  readonly mine: UseName;
  readonly theirs: UseName;
  readonly wait: Wait;
}

const overlap = (a: Blocks, b: Blocks): Bool => a.used.and(b.used).and(a.first.le(b.last)).and(b.first.le(a.last));

/** What a new command of `x` and an earlier one of `y` conflict about if they share a block: a memory that at least one of them writes. */
const pairsOf = (x: Unit, y: Unit, has: TensorFeatures): readonly Pair[] =>
  usesOf(x, has).flatMap((mine) => usesOf(y, has).filter((theirs) => mine.memory === theirs.memory && (mine.writes || theirs.writes))
    .map((theirs) => ({ mine: mine.name, theirs: theirs.name, wait: waitOf(mine, y, theirs) })));
const waitOf = (mine: Use, y: Unit, theirs: Use): Wait =>
  (mine.writes || WRITES_IN_ORDER[y] !== theirs.memory ? 'complete' : mine.isLate ? 'followLate' : 'follow');

/** Main memory counts as one block: whoever reads it waits for all earlier writers, and the other way round. */
const always = (x: Unit, y: Unit): boolean => {
  const accesses = (unit: Unit): readonly string[] => commandsOf(unit).flatMap((op) => TENSOR[op].mainMemory?.access ?? []);
  return accesses(x).some((mine) => accesses(y).some((theirs) => mine === 'write' || theirs === 'write'));
};

/** What a command of `x` that comes after one of `y` conflicts about with it. */
export const conflictsOf = (x: Unit, y: Unit, has: TensorFeatures): readonly Pair[] | 'always' => (always(x, y) ? 'always' : pairsOf(x, y, has));

/** Units for whose commands a command of `x` may have to wait in this way. */
export function waitsFor(x: Unit, wait: Wait, has: TensorFeatures): Unit[] {
  const mayWait = (y: Unit): boolean =>
    (always(x, y) ? wait === 'complete' : pairsOf(x, y, has).some((pair) => pair.wait === wait));
  return UNITS.filter((y) => y !== x && mayWait(y));
}

/** Whether a new command of `x` must wait in this way for an earlier one of `y`. */
export function conflict(x: Unit, mine: UsedBlocks, y: Unit, theirs: UsedBlocks, wait: Wait, has: TensorFeatures): Bool | true {
  if (always(x, y)) return true;
  return pairsOf(x, y, has)
    .filter((pair) => pair.wait === wait)
    .map((pair) => overlap(mine(pair.mine), theirs(pair.theirs)))
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

/** The same for rows `first`…`last`. */
export const areWritten = (rows: { readonly first: UInt; readonly last: UInt }, ...ranges: readonly UnwrittenRows[]): Bool =>
  ranges.map(({ valid, first, last }) => valid.and(rows.last.ge(first)).and(rows.first.le(last))).reduce((a, b) => a.or(b)).not();

/** Bits of a number of commands of one unit. */
export const heldBits = (p: TensorParams): number => indexWidth(p.queueDepth + 1);
