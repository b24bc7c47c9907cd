/** Small vectors seen from loops over lanes that are longer than they are. */
import { fromBits, repeat, shapeOf, vec } from '../../gen/index.ts';
import type { Value, Vec } from '../../gen/index.ts';

/** The vector `times` times, end to end: element i is element `i mod length`. */
export function repeated<V extends Value>(items: Vec<V>, times: number): Vec<V> {
  return times === 1 ? items : fromBits(vec(shapeOf(items.at(0)), items.length * times), repeat(items, times));
}
