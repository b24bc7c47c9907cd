/** What printing gives a name of its own. */
import type { Type } from '../ir/types.ts';

/** A wire that printing introduced. */
export interface Hoisted {
  readonly name: string;
  readonly type: Type;
  readonly value: string | TableText;
  /** Whether the designer gave a name for it. */
  readonly isNamed: boolean;
}

/** A value that a `case` gives. */
export interface TableText {
  readonly on: string;
  readonly arms: readonly { readonly labels: readonly string[]; readonly value: string }[];
  readonly otherwise: string;
}
