/**
 * Which instruction of the tensor table a word is, for the fronts of all forms of the unit. The issue side (`Intake`) accepts a word
 * by the whole match and mask of a row, so that what is in hand is always one of the table; to tell its rows from each other takes
 * the few bits in which they differ, wherever in the word the table has them. Must not know what instructions do.
 */
import type { Bool, UInt } from '../../gen/index.ts';
import type { TensorFeatures } from '../isa/tensor-rows.ts';
import { TENSOR, tensorOpsWith } from '../isa/tensor.ts';
import type { TensorOp } from '../isa/tensor.ts';
import { countBits, gather, gathered } from '../lib/bit-fields.ts';
import { intersects } from '../lib/cubes.ts';
import type { Cube } from '../lib/cubes.ts';
import { decoderFor } from '../lib/match.ts';

export interface TableDecoder<Op extends string> {
  readonly keyBits: number;
  /** The bits by which the rows differ, side by side. */
  key(instr: UInt): UInt;
  /** From a key: whether its instruction is one of these. What it says of a word that no row matches is undefined. */
  is(key: UInt): (...ops: readonly Op[]) => Bool;
}

/** Throws RangeError where a word could be of two rows. */
export function tableDecoder<Op extends string>(table: Readonly<Partial<Record<Op, Cube>>>): TableDecoder<Op> {
  const rows = Object.entries<Cube | undefined>(table).flatMap(([name, row]) => (row ? [[name, row] as const] : []));
  for (const [i, [name, row]] of rows.entries()) {
    const other = rows.slice(i + 1).find(([, r]) => intersects(row, r));
    if (other) throw new RangeError(`the instruction table cannot tell ${name} from ${other[0]}: a word may be both`);
  }
  const bits = keyMask(rows.map(([, row]) => row));
  const keys = new Map(rows.map(([name, { match, mask }]) => [name, { match: gathered(match, bits), mask: gathered(mask, bits) }]));
  const names = new Map([...keys].map(([name, cube]) => [cube, name]));
  return {
    keyBits: countBits(bits),
    key: (instr) => gather(instr, bits),
    is: (key) => {
      const decode = decoderFor(key, [...keys.values()], { label: (cube) => names.get(cube) ?? '' });
      return (...ops) => decode(...ops.flatMap((op) => keys.get(op) ?? []));
    },
  };
}

/** Bits that are not the same in all rows. */
function keyMask(rows: readonly Cube[]): number {
  const fixedAlike = rows.reduce((all, { match, mask }) => all & mask & ~(match ^ rows[0].match), -1);
  return (rows.reduce((any, { mask }) => any | mask, 0) & ~fixedAlike) >>> 0;
}

const DECODERS = new Map<string, TableDecoder<TensorOp>>();

/** Of the table's rows that a unit has. */
export function tensorDecoder(features: TensorFeatures): TableDecoder<TensorOp> {
  const ops = tensorOpsWith(features);
  const known = DECODERS.get(ops.join());
  if (known) return known;
  const decoder = tableDecoder<TensorOp>(Object.fromEntries(ops.map((op) => [op, TENSOR[op]])));
  DECODERS.set(ops.join(), decoder);
  return decoder;
}
