// Options that verbs share, and how their values are read.
// Must not know: what a verb does.
import { fileURLToPath } from 'node:url';
import { Option } from 'commander';
import type { Command } from 'commander';
import { UserError } from '../gen/user-error.ts';
import { loadConfig } from '../hw/soc/config.ts';
import type { ChipConfig } from '../hw/soc/config.ts';
import { ENGINES } from './engines.ts';
import type { EngineName } from './engines.ts';

const fileOf = (path: string): string => fileURLToPath(new URL(`../${path}`, import.meta.url));
export const DEFAULT_CONFIG = fileOf('configs/base.toml');
export const DEFAULT_MODEL = fileOf('models/mnist-fc.gguf');

export interface CommonOptions {
  readonly config: string;
  readonly json?: boolean;
}

/** Adds what every verb takes, and examples to its help. */
export function common(command: Command, examples: readonly string[]): Command {
  return command
    .option('--config <file>', 'chip: a TOML file or the name of a preset', DEFAULT_CONFIG)
    .option('--json', 'one JSON object on stdout, nothing else')
    .addHelpText('after', `\nExamples:\n${examples.map((example) => `  ${example}`).join('\n')}`);
}

export function withEngine(command: Command): Command {
  return command.addOption(new Option('--engine <name>', 'what executes the chip').choices(ENGINES).default('wasm' satisfies EngineName));
}

/** Whether the user named a configuration. */
export const hasConfig = (command: Command): boolean => command.getOptionValueSource('config') !== 'default';

export const configOf = (options: CommonOptions): ChipConfig => loadConfig(options.config);

/** A parser for a whole number of an option. */
export function wholeNumber(option: string, smallest: number, largest: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= smallest && value <= largest) return value;
    throw new UserError(`${option} ${text}: is not a whole number from ${smallest} to ${largest}; give one`);
  };
}
