/**
 * Which commands may not overtake each other. A command's use of the memories is described by masks over their blocks; the
 * instruction table says which command reads or writes what, so that only comparisons that can matter become hardware.
 */
import { U, indexWidth } from '../../gen/index.ts';
import type { Bool, Builder, UInt } from '../../gen/index.ts';
import { TENSOR_UNITS } from '../isa/tensor-rows.ts';
import type { RowUse, TensorMemoryName, TensorUnitName } from '../isa/tensor-rows.ts';
import { TENSOR, commandsOf } from '../isa/tensor.ts';
import { accumulatorBlocks, channelBlocks } from './params.ts';
import type { TensorParams } from './params.ts';

export const UNITS = TENSOR_UNITS;
export type Unit = TensorUnitName;

/** Masks of a command: scratchpad blocks read and written, accumulator and channel blocks used. */
export const MASKS = ['rS', 'wS', 'acc', 'ch'] as const;
export type MaskName = (typeof MASKS)[number];
export type Masks = Readonly<Record<MaskName, UInt>>;
/** Blocks into which hazard tracking divides each memory. */
export const memoryBlocks = (p: TensorParams): Record<TensorMemoryName, number> =>
  ({ scratchpad: p.hazardBlocks, accumulators: accumulatorBlocks(p), channels: channelBlocks(p) });
export function maskBits(p: TensorParams): Record<MaskName, number> {
  const { scratchpad, accumulators, channels } = memoryBlocks(p);
  return { rS: scratchpad, wS: scratchpad, acc: accumulators, ch: channels };
}

/** A way in which commands of a unit use a memory on the chip, and the mask that tells where. */
interface Use {
  readonly mask: MaskName;
  readonly memory: TensorMemoryName;
  readonly writes: boolean;
}

/** Of the scratchpad, reading and writing are told apart: it is read twice in a product, and what is read may be read by others too. */
export const maskOf = ({ memory, access }: RowUse<string>): MaskName =>
  ({ scratchpad: access === 'read' ? 'rS' : 'wS', accumulators: 'acc', channels: 'ch' } as const)[memory];

/** What the commands of a unit do with the memories, from the instruction table: each mask once, and writing if any command writes. */
function usesOf(unit: Unit): readonly Use[] {
  const all = commandsOf(unit).flatMap((op): readonly RowUse<string>[] => TENSOR[op].uses)
    .map((use): Use => ({ mask: maskOf(use), memory: use.memory, writes: use.access !== 'read' }));
  return MASKS.flatMap((mask): readonly Use[] => {
    const alike = all.filter((use) => use.mask === mask);
    return alike.length === 0 ? [] : [{ ...alike[0], writes: alike.some(({ writes }) => writes) }];
  });
}
const USES: Readonly<Record<Unit, readonly Use[]>> =
  { load: usesOf('load'), mesh: usesOf('mesh'), vector: usesOf('vector'), store: usesOf('store') };

/** Masks that a unit's commands have at all. */
export const masksOf = (unit: Unit): readonly MaskName[] => USES[unit].map(({ mask }) => mask);

/** Pairs of masks that conflict if they share a block: both of one memory, and at least one of them writes. */
const pairsOf = (x: Unit, y: Unit): (readonly [MaskName, MaskName])[] =>
  USES[x].flatMap((mine) => USES[y].filter((theirs) => mine.memory === theirs.memory && (mine.writes || theirs.writes))
    .map((theirs) => [mine.mask, theirs.mask] as const));

/** Main memory counts as one block: whoever reads it waits for all earlier writers, and the other way round. */
const always = (x: Unit, y: Unit): boolean => {
  const accesses = (unit: Unit): readonly string[] => commandsOf(unit).flatMap((op) => TENSOR[op].mainMemory?.access ?? []);
  return accesses(x).some((mine) => accesses(y).some((theirs) => mine === 'write' || theirs === 'write'));
};

/** Units for whose commands a command of `x` may have to wait. */
export const waitsFor = (x: Unit): Unit[] => UNITS.filter((y) => y !== x && (always(x, y) || pairsOf(x, y).length > 0));

/** Whether a new command of `x` must wait for an earlier one of `y`. */
export function conflict(x: Unit, mine: Masks, y: Unit, theirs: Masks): Bool | true {
  if (always(x, y)) return true;
  return pairsOf(x, y)
    .map(([m, n]) => mine[m].and(theirs[n]).orR())
    .reduce((a, b) => a.or(b));
}

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
