// The one error class for bad input: a file, an option or a model that the user can mend.
// Must not know: any room's nouns, processes, exit codes other than by name in this comment.

/** Line breaks of every kind; a message that holds one would no longer be one line on stderr. */
const LINE_BREAKS = /[\r\n\v\f\u0085\u2028\u2029]+/gu;

/**
 * Bad input from outside: the message is one clear line that names the file, the place in it and the mend,
 * in the order `file: place: what is wrong; what to do`.
 *
 * The command line prints the message alone (no stack) and ends with exit status 2. Everything else that is thrown
 * is a fault of Systole itself and keeps its stack.
 */
export class UserError extends Error {
  constructor(message: string) {
    super(message.replace(LINE_BREAKS, ' '));
    this.name = 'UserError';
  }
}
