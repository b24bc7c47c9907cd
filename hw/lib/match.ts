/** From patterns of fixed and free bits to conditions on a word, in few gates. Must not know what the words mean. */
import { bool } from '../../gen/index.ts';
import type { Bool, UInt } from '../../gen/index.ts';
import { gather, gathered, runsOf } from './bit-fields.ts';
import { contains, intersects, minimise, minimiseExactly } from './cubes.ts';
import type { Cube } from './cubes.ts';

/** How conditions are written down. */
export interface Wording<C> {
  /** What a pattern is called: a note beside each comparison tells which patterns it finds. */
  readonly label?: (pattern: C) => string;
  /** Bits are gathered and then compared, not compared in their places. Harder to read; synthesis makes less of narrow words so. */
  readonly gathered?: boolean;
}

function inCube(word: UInt, cube: Cube, isGathered: boolean): Bool {
  const fields = runsOf(cube.mask);
  const [first] = fields;
  if (!first) return bool(true);
  // Bits that lie side by side are compared as a number, others in their places.
  if (fields.length > 1) {
    return isGathered ? gather(word, cube.mask).eq(gathered(cube.match, cube.mask)) : word.and(cube.mask).eq(cube.match);
  }
  const value = cube.match >>> first.lo;
  if (first.hi > first.lo) return word.slice(first.hi, first.lo).eq(value);
  return value === 1 ? word.bit(first.lo) : word.bit(first.lo).not();
}

/** Patterns that a note names; of more it tells how many. */
const MOST_NAMED = 6;

/** The word is in one of the cubes. A note beside each says which patterns lie in it. */
function inCubes<C extends Cube>(word: UInt, cubes: readonly Cube[], patterns: readonly C[], wording: Wording<C>): Bool {
  const { label, gathered: isGathered = false } = wording;
  return cubes.map((cube) => {
    const condition = inCube(word, cube, isGathered);
    if (!label) return condition;
    const inside = patterns.filter((p) => contains(cube, p));
    const names = [...new Set((inside.length > 0 ? inside : patterns.filter((p) => intersects(p, cube))).map(label))];
    const rest = names.length - MOST_NAMED;
    return condition.note(rest > 1 ? `${names.slice(0, MOST_NAMED).join(', ')} and ${rest} more` : names.join(', '));
  }).reduce((a, b) => a.or(b), bool(false));
}

/** Exactly the words of the table. */
export function isAnyOf<C extends Cube>(word: UInt, table: readonly C[], wording: Wording<C> = {}): Bool {
  return inCubes(word, minimiseExactly(table), table, wording);
}

/** Tells members of a table from each other, ignoring those it lacks; what it says of a word outside the table is undefined. */
export interface Decoder<C extends Cube = Cube> {
  (...members: readonly C[]): Bool;
}

export function decoderFor<C extends Cube>(word: UInt, table: readonly C[], wording: Wording<C> = {}): Decoder<C> {
  return (...members) => {
    const present = members.filter((c) => table.includes(c));
    if (present.length === 0) return bool(false);
    return inCubes(word, minimise(present, table.filter((c) => !present.includes(c))), present, wording);
  };
}
