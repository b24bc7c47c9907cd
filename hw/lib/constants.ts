/** Numbers that have a name, in the text as well. Must not know what they mean. */
import { U } from '../../gen/index.ts';
import type { UInt } from '../../gen/index.ts';

/** `MTIME_LO` of `mtimeLo`. */
const upperSnake = (word: string): string => word.replace(/(?<=[a-z\d])(?=[A-Z])/g, '_').toUpperCase();

/** A number of `width` bits, called by its words in capitals: `INTERRUPT_TIMER` of `interrupt` and `timer`. */
export function constant<const W extends number>(width: W, value: number, ...words: readonly string[]): UInt<W> {
  return U(width).lit(value).named(words.map(upperSnake).join('_'));
}
