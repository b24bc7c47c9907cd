// Options, and how their values are read: an option that several verbs take has one meaning, one limit and one message.
// Must not know: what a verb does.
import { relative } from 'node:path';
import { Argument, Option } from 'commander';
import { UserError } from '../gen/user-error.ts';
import { loadConfig, presetNames } from '../hw/soc/config-file.ts';
import type { ChipConfig } from '../hw/soc/config.ts';
import { OWN_MODEL } from '../sw/data/own-model.ts';
import { ENGINES } from './engines.ts';

/** The value of an option from its text. @throws UserError that names the option */
export type ReadValue<T> = (text: string, option: string) => T;

export interface OptionDefault<T> {
  readonly value: T;
  /** How help shows it, where the value itself says little. */
  readonly shown?: string;
}

/** An option with a value. */
export function valued<T>(flags: string, summary: string, read: ReadValue<T>, fallback?: OptionDefault<T>): Option {
  const option = new Option(flags, summary);
  option.argParser((text) => read(text, option.long ?? flags));
  return fallback === undefined ? option : option.default(fallback.value, fallback.shown ?? String(fallback.value));
}

/** An argument without dashes. */
export function positional<T>(name: string, summary: string, read: ReadValue<T>): Argument {
  return new Argument(`<${name}>`, summary).argParser((text) => read(text, name));
}

export function wholeNumber(smallest: number, largest: number): ReadValue<number> {
  return (text, option) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= smallest && value <= largest) return value;
    throw new UserError(`${option} ${short(text)}: is not a whole number from ${smallest} to ${largest}; give one`);
  };
}

export function oneOf<T extends string>(names: readonly T[]): ReadValue<T> {
  return (text, option) => {
    const name = names.find((known) => known === text);
    if (name !== undefined) return name;
    throw new UserError(`${option} ${short(text)}: is not one of ${names.join(', ')}; give one`);
  };
}

/** Several of them, separated by commas, each once. */
export function someOf<T extends string>(names: readonly T[]): ReadValue<readonly T[]> {
  return (text, option) => {
    const chosen = text.split(',').map((part) => oneOf(names)(part.trim(), option));
    const twice = chosen.find((name, index) => chosen.indexOf(name) !== index);
    if (twice !== undefined) throw new UserError(`${option} ${short(text)}: names ${twice} twice; name each once`);
    return chosen;
  };
}

/** @param what it names: `a file`, `a folder` */
export function path(what: string): ReadValue<string> {
  return (text, option) => {
    if (text.trim() === '') throw new UserError(`${option}: names nothing; give ${what}`);
    if (text.includes('\0')) throw new UserError(`${option}: has a character in it that no file's name has; give ${what}`);
    if (text.length > LONGEST_PATH) throw new UserError(`${option} ${short(text)}: is longer than any file's name; give ${what}`);
    // Most often its own value was forgotten.
    if (text.startsWith('-')) throw new UserError(`${option} ${short(text)}: looks like an option; give ${what}, one that begins with a dash as ./${short(text)}`);
    return text;
  };
}

/** A list and the like, which its own reader looks into. */
export const someText: ReadValue<string> = (text, option) => {
  if (text.trim() === '') throw new UserError(`${option}: is empty; give a value`);
  return text;
};

/** Linux takes no longer one. */
const LONGEST_PATH = 4096;
const LONGEST_SHOWN = 60;
/** A value in a message. */
export const short = (text: string): string => text === '' ? '\'\'' : text.length <= LONGEST_SHOWN ? text : `${text.slice(0, LONGEST_SHOWN)}…`;

/** Digits there are. */
const MOST_IMAGES = 10_000;
const MOST_BATCH = 1_000_000;

/** Options that several verbs take. */
export const SHARED = {
  config: (fallback?: OptionDefault<string>): Option => valued(
    '--config <chip>', `the chip: a TOML file or a preset (${presetNames().join(', ')})`, path('a TOML file or the name of a preset'), fallback),
  json: (): Option => new Option('--json', 'one JSON object on stdout, no progress; docs/json.md explains it'),
  engine: (): Option => valued('--engine <name>', `what executes the chip: ${ENGINES.join(', ')}`, oneOf(ENGINES), { value: 'wasm' }),
  model: (): Option => valued(
    '--model <file>', 'the network: a GGUF file', path('a GGUF file'), { value: relative(process.cwd(), OWN_MODEL), shown: 'models/mnist-fc.gguf of Systole' }),
  images: (value: number): Option => valued('--images <n>', 'digits to recognise; those held out of training come first', wholeNumber(1, MOST_IMAGES), { value }),
  elf: (summary: string): Option => valued('--elf <file>', summary, path('a linked RISC-V program')),
  batch: (summary: string, fallback?: OptionDefault<number>): Option => valued('--batch <n>', summary, wholeNumber(1, MOST_BATCH), fallback),
  outFolder: (value?: string): Option =>
    valued('-o, --out <dir>', 'folder to write to', path('a folder'), value === undefined ? undefined : { value }),
  outFile: (summary: string, fallback?: OptionDefault<string>): Option => valued('-o, --out <file>', summary, path('a file'), fallback),
} as const;

export interface ChipOptions {
  readonly config: string;
  readonly json?: boolean;
}

export const configOf = (options: ChipOptions): ChipConfig => loadConfig(options.config);
