/** The error that the language, its checks and its passes raise: a rule, what happened, both positions, a hint. */
import { UserError } from './user-error.ts';
import type { Site } from './site.ts';

export type Rule =
  | 'width-mismatch'
  | 'type-mismatch'
  | 'literal-range'
  | 'bad-width'
  | 'undriven'
  | 'doubly-driven'
  | 'latch'
  | 'combinational-loop'
  | 'drive-input'
  | 'drive-value'
  | 'foreign-signal'
  | 'duplicate-name'
  | 'hidden-name'
  | 'reserved-name'
  | 'bad-name'
  | 'bad-text'
  | 'out-of-range'
  | 'missing-case'
  | 'operator'
  | 'no-member'
  | 'outside-body'
  | 'outside-lanes'
  | 'broken-chain'
  | 'connection'
  | 'no-module'
  | 'grid-wiring'
  | 'memory';

/**
 * A mistake in a design, told in one line wherever designs run (`uncaught.ts`). `message` has the form
 * `rule: what  at file:line, declared at file:line; hint`.
 */
export class DesignError extends UserError {
  static {
    DesignError.prototype.name = 'DesignError';
  }

  readonly #rule: Rule;

  constructor(
    rule: Rule,
    what: string,
    at?: Site,
    declared?: Site,
    hint?: string,
  ) {
    const places = [at?.isKnown ? `at ${at}` : '', declared?.isKnown ? `declared at ${declared}` : ''].filter((s) => s !== '').join(', ');
    super(`${rule}: ${what}${places ? `  ${places}` : ''}${hint ? `; ${hint}` : ''}`);
    this.#rule = rule;
    const line = at ?? declared;
    // Of the stack only the line of the design is of use; test runners show it with its surroundings.
    this.stack = `${this.name}: ${this.message}${line ? `\n${line.frame}` : ''}`;
  }

  /** Which rule of the language is broken. Not a property of its own: whoever shows an error would show it a second time. */
  get rule(): Rule {
    return this.#rule;
  }
}
