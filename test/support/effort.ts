/** How much is tried: `npm run test:long` (or SYSTOLE_LONG=1) leaves nothing out, an everyday run takes some of what differs little. */

export const IS_LONG = process.env.SYSTOLE_LONG !== undefined;

/** All of them in a long run; else `count`, spread evenly, the same ones every day. */
export function someOf<T>(items: readonly T[], count: number): readonly T[] {
  const share = (i: number): number => Math.floor((i * count) / items.length);
  return IS_LONG ? items : items.filter((_, i) => share(i) !== share(i + 1));
}
