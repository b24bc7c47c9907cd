/**
 * TOML text with the lines of its keys, which the parser forgets and error messages need. Must not know what keys mean.
 */
import { UserError } from '../../gen/user-error.ts';
import { packageOf } from './packages.ts';
import { TomlLines } from './toml-lines.ts';

export interface TomlSource {
  /** Top-level keys and tables as parsed. */
  readonly values: Readonly<Record<string, unknown>>;
  /** `file:line` of a key (`tensor.rows`), of its table, or the file alone. */
  place(path: string): string;
  /** The same of each table in a list of tables, `[[path]]`, in order. */
  placesOf(path: string): readonly string[];
}

/** Parses TOML. Throws UserError with file and line. */
export function parseToml(text: string, file: string): TomlSource {
  const toml = packageOf('@iarna/toml');
  let values: Record<string, unknown>;
  try {
    // The parser takes the carriage return of a line that ends in a comment for a part of the comment, and refuses it.
    values = toml.parse(text.replaceAll('\r\n', '\n'));
  } catch (error) {
    const { line, message } = error as { line?: number; message: string };
    const what = message.split('\n')[0].replace(/ at row \d+, col \d+, pos \d+:?/, '').replace(/\.$/, '');
    throw new UserError(`${file}${line === undefined ? '' : `:${line + 1}`}: not valid TOML: ${what}; mend the line`);
  }
  const lines = new TomlLines(text);
  return {
    values,
    place: (path) => {
      const line = lines.nearest(path);
      return line === undefined ? file : `${file}:${line}`;
    },
    placesOf: (path) => lines.heads(path).map((line) => `${file}:${line}`),
  };
}
