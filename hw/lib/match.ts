/** From patterns of fixed and free bits to conditions on a word, in few gates. Must not know what the words mean. */
import { bool, cat } from '../../gen/index.ts';
import type { Bool, UInt } from '../../gen/index.ts';
import { runsOf } from './bit-fields.ts';
import { minimise, minimiseExactly } from './cubes.ts';
import type { Cube } from './cubes.ts';

function inCube(word: UInt, cube: Cube): Bool {
  const fields = runsOf(cube.mask);
  if (fields.length === 0) return bool(true);
  const value = fields.reduce((v, { hi, lo }) => {
    const width = BigInt(hi - lo + 1);
    return (v << width) | ((BigInt(cube.match) >> BigInt(lo)) & ((1n << width) - 1n));
  }, 0n);
  const bits = cat(...fields.map(({ hi, lo }) => word.slice(hi, lo)));
  return bits.width === 1 ? (value === 1n ? bits.bit(0) : bits.bit(0).not()) : bits.eq(value);
}

/** The word is in one of the cubes. */
export function inCubes(word: UInt, cubes: readonly Cube[]): Bool {
  return cubes.map((c) => inCube(word, c)).reduce((a, b) => a.or(b), bool(false));
}

/** Exactly the words of the table. */
export function isAnyOf(word: UInt, table: readonly Cube[]): Bool {
  return inCubes(word, minimiseExactly(table));
}

/** Tells members of a table from each other, ignoring those it lacks; what it says of a word outside the table is undefined. */
export interface Decoder {
  (...members: readonly Cube[]): Bool;
}

export function decoderFor(word: UInt, table: readonly Cube[]): Decoder {
  return (...members) => {
    const present = members.filter((c) => table.includes(c));
    if (present.length === 0) return bool(false);
    return inCubes(word, minimise(present, table.filter((c) => !present.includes(c))));
  };
}
