/** Bits of a name: how an expression that only selects is written as one place, `item.addr`, `v[7:4]`. */
import { fieldPlace } from '../../ir/leaves.ts';
import { widthOf } from '../../ir/types.ts';
import type { Lanes } from '../../ir/lanes.ts';
import type { Type } from '../../ir/types.ts';
import { fieldText } from '../../names/text-names.ts';

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
  /** `base` is a struct inside of one: Icarus 11 takes parts of such a member from the wrong place, so they are taken of the root. */
  readonly isInner?: boolean;
  /** Struct type of `base`, while members can still be named. */
  readonly struct: boolean;
  /** Inside of loops: steps that their variables add to `lo`. */
  readonly steps?: readonly LaneStep[];
}

/** What an index by a lane adds to a place in each round. */
export interface LaneStep {
  readonly lanes: Lanes;
  /** In bits: `i * 8`. */
  readonly text: string;
  /** Bits from round to round. */
  readonly bits: number;
}

/** All bits of a declared name. */
export function wholeOf(name: string, width: number, struct = false): Selection {
  return { base: name, root: name, rootLo: 0, lo: 0, width, of: width, struct };
}

/** A field of what is selected, which has the type `type`. */
export function member(of: Selection, type: Type, name: string): Selection {
  if (type.kind !== 'bundle') throw new Error(`${of.base} has no fields`);
  const field = fieldPlace(type, name);
  const { lo } = field;
  const w = widthOf(field.type);
  if (!of.struct || of.lo !== 0 || of.width !== of.of) return { ...of, lo: of.lo + lo, width: w, struct: false };
  const struct = field.type.kind === 'bundle';
  return { base: `${of.base}.${fieldText(type, name)}`, root: of.root, rootLo: of.rootLo + lo, lo: 0, width: w, of: w, struct, isInner: struct };
}

export function rangeText(s: Selection): string {
  if (s.steps) return laneText(s, s.steps);
  if (s.lo === 0 && s.width === s.of) return s.base;
  if (s.isInner) return rangeText({ ...s, base: s.root, lo: s.rootLo + s.lo, of: Infinity, isInner: false });
  return s.width === 1 ? `${s.base}[${s.lo}]` : `${s.base}[${s.lo + s.width - 1}:${s.lo}]`;
}

/** Two places of one name as one, if the one ends where the other begins. */
export function sideBySide(high: Selection, low: Selection): Selection | undefined {
  if (high.base !== low.base || high.steps || low.steps || high.lo !== low.lo + low.width) return undefined;
  return { ...low, width: low.width + high.width, struct: false };
}

function laneText(s: Selection, steps: readonly LaneStep[]): string {
  if (s.width === s.of) return s.base;
  const [base, lo] = s.isInner ? [s.root, s.rootLo + s.lo] : [s.base, s.lo];
  const from = [...steps.map((x) => x.text), ...(lo > 0 ? [String(lo)] : [])].join(' + ');
  return s.width === 1 ? `${base}[${from}]` : `${base}[${from} +: ${s.width}]`;
}

/** Positions of the lowest selected bit, one for each round. Steps of one lane go together: `[i * 12 + i * 4]`. */
export function positions({ lo, steps = [] }: Selection): number[] {
  const bits = new Map<Lanes, number>();
  for (const step of steps) bits.set(step.lanes, (bits.get(step.lanes) ?? 0) + step.bits);
  return [...bits].reduce((all, [{ count }, by]) => all.flatMap((at) => Array.from({ length: count }, (_, i) => at + i * by)), [lo]);
}
