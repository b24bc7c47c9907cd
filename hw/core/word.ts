/** Shapes and small idioms that the parts of the core share. */
import { U, repeat } from '../../gen/index.ts';
import type { Bool, UInt } from '../../gen/index.ts';

/** 32 bits; the width is not in the static type, so that slices and concatenations need no conversion. */
export const Word = U<number>(32);
export const RegisterNumber = U<number>(5);

/** Selects one of several values of one width: the `or` of those whose condition holds. Conditions must exclude each other. */
export function oneHot(choices: readonly (readonly [Bool, UInt])[]): UInt {
  return choices.map(([condition, value]) => repeat(condition, value.width).and(value)).reduce((a, b) => a.or(b));
}

/** Any of the conditions; there must be at least one. */
export function anyOf(...conditions: readonly Bool[]): Bool {
  return conditions.reduce((a, b) => a.or(b));
}

export function allOf(...conditions: readonly Bool[]): Bool {
  return conditions.reduce((a, b) => a.and(b));
}
