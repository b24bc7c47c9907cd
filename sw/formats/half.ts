// IEEE 754 binary16 ("half", ggml's F16) to and from numbers.
// Must not know: files, tensors.

/**
 * The number that a half's 16 bits stand for. Exact; NaN payloads are not kept.
 * @param bits an integer in 0..65535
 */
export function halfToNumber(bits: number): number {
  const sign = (bits & 0x8000) === 0 ? 1 : -1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  return sign * (1024 + fraction) * 2 ** (exponent - 25);
}

/**
 * The half nearest to `value`, ties to even, as 16 bits; too large becomes infinity, NaN becomes the quiet NaN 0x7e00.
 * Halves of one sign are ordered as their bits are, so a carry out of the fraction is a carry into the exponent.
 */
export function numberToHalf(value: number): number {
  if (Number.isNaN(value)) return 0x7e00;
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const magnitude = Math.abs(value);
  if (magnitude >= 65520) return sign | 0x7c00; // half-way between the largest half, 65504, and the next step up
  // The exponent of the binade that holds `magnitude`; -14 also serves the subnormals, which share its step.
  let exponent = -14;
  while (magnitude >= 2 ** (exponent + 1)) exponent += 1;
  const steps = roundTiesToEven(magnitude / 2 ** (exponent - 10));
  return sign | (((exponent + 14) << 10) + steps);
}

function roundTiesToEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest > 0.5 || (rest === 0.5 && floor % 2 === 1)) return floor + 1;
  return floor;
}
