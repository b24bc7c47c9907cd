// How a verb is declared: options, examples, and the strictness that all verbs share.
// Must not know: any verb.
import type { Command, CommanderError, Option } from 'commander';
import { UserError } from '../gen/user-error.ts';

export interface VerbLook {
  readonly summary: string;
  readonly examples: readonly string[];
  readonly options: readonly Option[];
}

/** Adds a verb with what it takes, and examples to its help. */
export function addVerb(parent: Command, name: string, { summary, examples, options }: VerbLook): Command {
  const verb = parent.command(name).description(summary);
  for (const option of options) verb.addOption(option);
  return verb.addHelpText('after', `\nExamples:\n${examples.map((example) => `  ${example}`).join('\n')}`);
}

/**
 * The value of an option without which a verb can do nothing. Asked for here and not by commander, which looks for it before it looks at
 * what there is instead, such as a misspelt one. @throws UserError
 */
export function required<T>(value: T | undefined, flags: string, verb: string): T {
  if (value === undefined) throw new UserError(`${flags}: is missing; systole ${verb} --help lists what there is`);
  return value;
}

/** An object of options as commander gives it, in which some that are required may be missing. */
export type Given<T, K extends keyof T> = Omit<T, K> & Partial<Pick<T, K>>;

/** Whether the user gave the option. */
export const isGiven = (verb: Command, option: string): boolean => verb.getOptionValueSource(option) === 'cli';

/**
 * Makes a command and those below it say what is wrong as a `UserError`, and refuse an option that is given twice: of two values, one
 * would be ignored.
 */
export function makeStrict(command: Command, name = command.name()): void {
  command.configureOutput({ writeErr: () => undefined }).exitOverride((error) => {
    throw explained(error, name);
  });
  for (const option of command.options) {
    let count = 0;
    command.on(`option:${option.name()}`, () => {
      if (++count > 1) throw new UserError(`${option.long ?? option.flags}: is given twice; give it once`);
    });
  }
  for (const child of command.commands) makeStrict(child, `${name} ${child.name()}`);
}

/** What commander throws, in our words; help and the version are no errors. */
function explained(error: CommanderError, name: string): Error {
  if (error.exitCode === 0) return error;
  // `commander.help`: without a verb, or with `bench` alone.
  const message = error.code === 'commander.help' ? 'no verb given' : error.message
    .replace(/^error: /, '').replace(/\.$/, '')
    .replace(/^missing required argument '(.*)'$/, '$1: is missing').replace(/^option '(.*)' argument missing$/, '$1: has no value');
  return new UserError(`${message}; ${name} --help lists what there is`);
}
