/** Bits of a name: how an expression that only selects is written as one place, `item.addr`, `v[7:4]`. */
import { fieldPlace } from '../ir/leaves.ts';
import { widthOf } from '../ir/types.ts';
import type { Type } from '../ir/types.ts';
import { fieldText } from '../names/text-names.ts';

/** Bits of a named thing: `base[lo + width - 1 : lo]`, or the whole. */
export interface Selection {
  readonly base: string;
  /** Declared name at the root of `base`, for the record of what is read. */
  readonly root: string;
  readonly rootLo: number;
  readonly lo: number;
  readonly width: number;
  /** Width of `base`. */
  readonly of: number;
  /** Struct type of `base`, while members can still be named. */
  readonly struct: boolean;
}

/** A field of what is selected, which has the type `type`. */
export function member(of: Selection, type: Type, name: string): Selection {
  if (type.kind !== 'bundle') throw new Error(`${of.base} has no fields`);
  const field = fieldPlace(type, name);
  const { lo } = field;
  const w = widthOf(field.type);
  if (!of.struct || of.lo !== 0 || of.width !== of.of) return { ...of, lo: of.lo + lo, width: w, struct: false };
  return { base: `${of.base}.${fieldText(type, name)}`, root: of.root, rootLo: of.rootLo + lo, lo: 0, width: w, of: w, struct: field.type.kind === 'bundle' };
}

export function rangeText(s: Selection): string {
  if (s.lo === 0 && s.width === s.of) return s.base;
  return s.width === 1 ? `${s.base}[${s.lo}]` : `${s.base}[${s.lo + s.width - 1}:${s.lo}]`;
}
