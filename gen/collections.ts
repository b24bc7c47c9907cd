/**
 * What `push(...items)` and `Math.max(...numbers)` do, for any number of items: what is spread over arguments may be about a hundred
 * thousand long, then JavaScript's stack is full. Must not know what is collected.
 */

/** Appends them one by one. */
export function pushAll<T>(into: T[], items: Iterable<T>): void {
  for (const item of items) into.push(item);
}

/** `least` if there are none above it. */
export function largestOf(numbers: Iterable<number>, least: number): number {
  let largest = least;
  for (const n of numbers) largest = Math.max(largest, n);
  return largest;
}
