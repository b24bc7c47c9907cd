/** A multiplication by a constant, as shifts and adds. Must not know what is multiplied. */
import type { UInt } from '../../gen/index.ts';

/** `count * factor` modulo 2^bits; `factor` is at least 1. */
export function timesConstant(count: UInt, factor: number, bits: number): UInt {
  let sum: UInt | undefined;
  for (let i = 0; 2 ** i <= factor; i++) {
    if ((factor & (2 ** i)) === 0) continue;
    const term = count.zext(bits).shlWrap(i);
    sum = sum ? sum.addWrap(term) : term;
  }
  if (!sum) throw new RangeError(`a multiplication by ${factor}`);
  return sum;
}
