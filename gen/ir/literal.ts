/** What every expression has, and the one without operands: a constant. Apart from the others because registers are reset to constants. */
import type { Site } from '../site.ts';
import type { ScalarType, Type } from './types.ts';

export interface Base<T extends Type = Type> {
  readonly type: T;
  /** Where the user wrote it; literals and derived nodes may lack it. */
  readonly site?: Site;
  /**
   * What the designer calls the value, for the case that the text needs a name for it; a literal always gets it. It is no part of what is
   * described: nodes that differ in it alone are equal, and it is the one thing that can be given to a node later (`giveHint` of expr.ts),
   * so that whoever names a value that others hold too does not make a second one.
   */
  hint?: string;
  /** What stands beside the value where the text spells it out. No part of what is described either. */
  note?: string;
}
/** `value` is the unsigned bit pattern, `0 <= value < 2^width`. */
export interface Lit extends Base<ScalarType> {
  readonly op: 'lit';
  readonly value: bigint;
}
