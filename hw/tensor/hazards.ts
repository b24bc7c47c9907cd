/**
 * Which commands may not overtake each other. A command's use of the memories is described by masks over their blocks; the
 * tables say which unit reads or writes what, so that only comparisons that can matter become hardware.
 */
import { U, indexWidth } from '../../gen/index.ts';
import type { Bool, UInt } from '../../gen/index.ts';
import { TENSOR_UNITS } from '../isa/tensor-rows.ts';
import type { TensorUnitName } from '../isa/tensor-rows.ts';
import { accumulatorBlocks, channelBlocks } from './params.ts';
import type { TensorParams } from './params.ts';

export const UNITS = TENSOR_UNITS;
export type Unit = TensorUnitName;

/** Masks of a command: scratchpad blocks read and written, accumulator and channel blocks used. */
export const MASKS = ['rS', 'wS', 'acc', 'ch'] as const;
export type MaskName = (typeof MASKS)[number];
export type Masks = Readonly<Record<MaskName, UInt>>;
export const maskBits = (p: TensorParams): Record<MaskName, number> => ({ rS: p.hazardBlocks, wS: p.hazardBlocks,
  acc: accumulatorBlocks(p), ch: channelBlocks(p) });

/** Masks that a unit's commands have at all. */
export const MASKS_OF: Readonly<Record<Unit, readonly MaskName[]>> = {
  load: ['wS', 'ch'],
  mesh: ['rS', 'acc'],
  vector: ['wS', 'acc', 'ch'],
  store: ['rS', 'acc'],
};

/** Pairs of masks that conflict if they share a block: (a command of one unit, an earlier one of another). */
const CONFLICTS: readonly (readonly [Unit, MaskName, Unit, MaskName])[] = [
  ['load', 'wS', 'mesh', 'rS'],
  ['load', 'wS', 'vector', 'wS'],
  ['load', 'ch', 'vector', 'ch'],
  ['load', 'wS', 'store', 'rS'],
  ['mesh', 'rS', 'vector', 'wS'],
  ['mesh', 'acc', 'vector', 'acc'],
  ['mesh', 'acc', 'store', 'acc'],
  ['vector', 'wS', 'store', 'rS'],
];
/** Main memory counts as one block: loads wait for all earlier stores and stores for all earlier loads. */
const ALWAYS: readonly (readonly [Unit, Unit])[] = [['load', 'store']];

const pairsOf = (x: Unit, y: Unit): (readonly [MaskName, MaskName])[] =>
  CONFLICTS.flatMap(([a, m, b, n]): (readonly [MaskName, MaskName])[] =>
    (a === x && b === y ? [[m, n]] : a === y && b === x ? [[n, m]] : []));
const always = (x: Unit, y: Unit): boolean => ALWAYS.some(([a, b]) => (a === x && b === y) || (a === y && b === x));

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

/** Mask of the blocks that rows `first..last` touch; `rowBits` bits number the rows of all blocks. */
export function blocksOf(first: UInt, last: UInt, rowBits: number, blocks: number): UInt[] {
  const bits = Math.log2(blocks);
  if (bits === 0) return [U(1).lit(1)];
  const lo = first.slice(rowBits - 1, rowBits - bits).named('lo');
  const hi = last.slice(rowBits - 1, rowBits - bits);
  return Array.from({ length: blocks }, (_, i) => lo.le(i).and(hi.ge(i)).asUInt());
}
