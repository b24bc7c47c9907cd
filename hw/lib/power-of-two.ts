/** Powers of two, which sizes of caches, banks and rows have to be. Nothing here goes by logarithms, which round. */

/** Whether `n` is 1, 2, 4 and so on. */
export const isPowerOfTwo = (n: number): boolean => n >= 1 && Number.isSafeInteger(n) && powerOfTwoAtMost(n) === n;

/** The largest power of two that `n` holds; 1 where it holds none. */
export function powerOfTwoAtMost(n: number): number {
  let power = 1;
  while (power <= n / 2) power *= 2;
  return power;
}

/** The smallest power of two that holds `n`. */
export function powerOfTwoAtLeast(n: number): number {
  const power = powerOfTwoAtMost(n);
  return power < n ? 2 * power : power;
}
