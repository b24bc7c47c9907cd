/** Byte rotation, the heart of every aligner: a barrel of multiplexers over a power of two of bytes. */
import type { Builder, UInt, Value, Vec } from '../../gen/index.ts';
import { repeated } from '../lib/lanes.ts';

/**
 * Element i of the result is element `(i + by) mod n` of `bytes`; n must be a power of two, `by` has log2(n) bits. The result is a wire
 * called `name`, the steps before it `NAME_1`, `NAME_2`, …, after how far they turn.
 */
export function rotateDown<V extends Value>(m: Builder, name: string, bytes: Vec<V>, by: UInt): Vec<V> {
  const n = bytes.length;
  let items = bytes;
  for (let step = 1; step < n; step *= 2) {
    const takes = by.bit(Math.log2(step)).named(`${name}By${step}`);
    const ring = repeated(items, 2).named(`${name}Ring${step}`);
    items = m.map(2 * step === n ? name : `${name}_${step}`, n, (i) => takes.mux(ring.at(i.plus(step)), ring.at(i)));
  }
  return items;
}
