/** Powers of two, which sizes of caches, banks and rows have to be. */

/** Whether `n` is 1, 2, 4 and so on. Not by the logarithm alone, which rounds. */
export const isPowerOfTwo = (n: number): boolean => n >= 1 && Number.isSafeInteger(n) && 2 ** Math.round(Math.log2(n)) === n;
