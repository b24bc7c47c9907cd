// Affine int8: `real = (q - zeroPoint) * scale`. How scale and zero point are chosen, and how values go to and fro.
// Must not know: graphs, layers.

export const INT8_MIN = -128;
export const INT8_MAX = 127;
/** Weights leave out -128, so that they are symmetric. */
export const WEIGHT_MAX = 127;
/** The smallest normal float32: smaller scales lose precision, and their inverses overflow. */
export const MIN_SCALE = 2 ** -126;

/** How int8 stands for reals: `real = (q - zeroPoint) * scale`; scale is a float32 above 0, zeroPoint is in -128..127. */
export interface AffineParams {
  readonly scale: number;
  readonly zeroPoint: number;
}

/** An interval of reals. */
export interface Range {
  readonly min: number;
  readonly max: number;
}

/** The nearest integer, ties away from zero (TFLite's rounding of constants); never -0. */
export function roundAwayFromZero(value: number): number {
  return value < 0 ? 0 - Math.round(-value) : Math.round(value);
}

/**
 * Spreads 256 steps over `range`, widened so that it holds 0, which then is a step exactly (padding and ReLU need it).
 * A range of nothing but 0 gets scale 1.
 */
export function affineParams(range: Range): AffineParams {
  const min = Math.min(range.min, 0);
  const max = Math.max(range.max, 0);
  if (min === max) return { scale: 1, zeroPoint: 0 };
  const scale = float32Scale((max - min) / (INT8_MAX - INT8_MIN));
  return { scale, zeroPoint: clampInt8(roundAwayFromZero(INT8_MIN - min / scale)) };
}

/** A scale as it is stored: rounded to float32 and not below the smallest normal one. */
export function float32Scale(scale: number): number {
  return Math.max(Math.fround(scale), MIN_SCALE);
}

export function clampInt8(value: number): number {
  return Math.min(Math.max(value, INT8_MIN), INT8_MAX);
}

/** The nearest step, ties away from zero before the zero point is added; saturates. NaN becomes the zero point. */
export function quantiseValue(real: number, { scale, zeroPoint }: AffineParams): number {
  const steps = roundAwayFromZero(real / scale);
  return Number.isNaN(steps) ? zeroPoint : clampInt8(steps + zeroPoint);
}

export function quantiseValues(reals: Float32Array, params: AffineParams): Int8Array {
  return Int8Array.from(reals, (real) => quantiseValue(real, params));
}

/** The reals that int8 values stand for, rounded to float32. */
export function dequantiseValues(values: Int8Array, { scale, zeroPoint }: AffineParams): Float32Array {
  return Float32Array.from(values, (value) => (value - zeroPoint) * scale);
}
