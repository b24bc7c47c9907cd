/** Byte rotation, the heart of every aligner: a barrel of multiplexers over a power of two of bytes. */
import { named, vecOf } from '../../gen/index.ts';
import type { UInt, Vec } from '../../gen/index.ts';

/** Element i of the result is element `(i + by) mod n` of `bytes`; n must be a power of two, `by` has log2(n) bits. */
export function rotateDown<V>(bytes: Vec<V>, by: UInt): Vec<V> {
  let items = bytes.toArray();
  for (let bit = 0; 2 ** bit < items.length; bit++) {
    const take = by.bit(bit).named(`turns${2 ** bit}`);
    const before = items;
    items = before.map((x, i) => named(`turned${2 ** bit}_${i}`, take.mux(before[(i + 2 ** bit) % before.length], x)));
  }
  return vecOf(items);
}
