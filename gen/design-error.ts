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
  | 'out-of-range'
  | 'missing-case'
  | 'operator'
  | 'connection'
  | 'no-module'
  | 'grid-wiring'
  | 'memory';

/**
 * A mistake in a design. `message` has the form
 * `rule: what  at file:line, declared at file:line; hint`.
 */
export class DesignError extends UserError {
  override readonly name = 'DesignError';
  constructor(
    readonly rule: Rule,
    what: string,
    at?: Site,
    declared?: Site,
    hint?: string,
  ) {
    const places = [at ? `at ${at}` : '', declared ? `declared at ${declared}` : ''].filter((s) => s !== '').join(', ');
    super(`${rule}: ${what}${places ? `  ${places}` : ''}${hint ? `; ${hint}` : ''}`);
  }
}
