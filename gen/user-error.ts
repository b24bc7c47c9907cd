/**
 * The one error class for bad input: a file, an option or a model that the user can mend. Must not know any room's nouns nor processes.
 */
import { printable } from './printable.ts';

/** Line breaks of every kind and tabs; a message that holds one would no longer be one line on stderr. */
const GAPS = /[\r\n\v\f\t\u0085\u2028\u2029]+/gu;

/** Characters of a message; a name from a damaged file may have a million. Where it is cut, beginning and mend stay. */
const LONGEST = 4000;
const KEPT_END = 1000;

/**
 * Bad input from outside: the message is one clear line that names the file, the place in it and the mend,
 * in the order `file: place: what is wrong; what to do`. What a terminal would obey in names from files is escaped.
 *
 * The command line prints the message alone (no stack) and ends with exit status 2. Everything else that is thrown
 * is a fault of Systole itself and keeps its stack.
 */
export class UserError extends Error {
  static {
    // Not a property of each error: whoever shows one would show it again as a detail.
    UserError.prototype.name = 'UserError';
  }

  constructor(message: string) {
    const short = message.length <= LONGEST ? message : `${message.slice(0, LONGEST - KEPT_END)}…${message.slice(-KEPT_END)}`;
    super(printable(short.replace(GAPS, ' ')));
  }
}
