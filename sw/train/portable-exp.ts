// e^x from additions and multiplications alone. The language leaves the last bits of Math.exp to each engine; a trained model
// must not depend on them.
// Must not know: what it is used for.

const LN2 = 0.6931471805599453;
/** 2^-n for n = 0..1010, by exact halving. */
const HALVES = powersOfHalf(1011);
/** 1/n! for n = 0..13: beyond that a term of the series is below the last bit of the sum for |r| <= ln2/2. */
const SERIES = inverseFactorials(14);

/**
 * e^x for x <= 0 with a relative error below 1e-15 (1 + |x|); 0 for x < -700, where e^x < 1e-304; NaN for NaN.
 * The same bits on every machine.
 *
 * x = r - n ln2 with |r| <= ln2/2, e^r by its Taylor series, times 2^-n.
 */
export function portableExp(x: number): number {
  if (x < -700) return 0;
  const n = Math.floor(0.5 - x / LN2);
  const r = x + n * LN2;
  let sum = 0;
  for (let term = SERIES.length - 1; term >= 0; term -= 1) sum = sum * r + SERIES[term];
  return sum * HALVES[n];
}

function powersOfHalf(count: number): Float64Array {
  const powers = new Float64Array(count);
  powers[0] = 1;
  for (let n = 1; n < count; n += 1) powers[n] = powers[n - 1] / 2;
  return powers;
}

function inverseFactorials(count: number): Float64Array {
  const inverses = new Float64Array(count);
  let factorial = 1;
  for (let n = 0; n < count; n += 1) {
    if (n > 1) factorial *= n;
    inverses[n] = 1 / factorial;
  }
  return inverses;
}
