/**
 * TOML text with the lines of its keys, which the parser forgets and error messages need. Must not know what keys mean.
 */
import { createRequire } from 'node:module';
import { UserError } from '../../gen/user-error.ts';

export interface TomlSource {
  /** Top-level keys and tables as parsed. */
  readonly values: Readonly<Record<string, unknown>>;
  /** `file:line` of a key (`tensor.rows`), of its table, or the file alone. */
  place(path: string): string;
}

const TOML = createRequire(import.meta.url)('@iarna/toml') as { parse(text: string): Record<string, unknown> };

/** Parses TOML. Throws UserError with file and line. */
export function parseToml(text: string, file: string): TomlSource {
  let values: Record<string, unknown>;
  try {
    values = TOML.parse(text);
  } catch (error) {
    const { line, message } = error as { line?: number; message: string };
    const what = message.split('\n')[0].replace(/ at row \d+, col \d+, pos \d+:?/, '').replace(/\.$/, '');
    throw new UserError(`${file}${line === undefined ? '' : `:${line + 1}`}: not valid TOML: ${what}; mend the line`);
  }
  const lines = keyLines(text);
  return {
    values,
    place: (path) => {
      for (let p = path; p !== ''; p = p.slice(0, Math.max(0, p.lastIndexOf('.')))) {
        const line = lines.get(p);
        if (line !== undefined) return `${file}:${line}`;
      }
      return file;
    },
  };
}

/** Line (from 1) at which each key and table first stands. Good for plain files; inline tables count as one key. */
function keyLines(text: string): Map<string, number> {
  const lines = new Map<string, number>();
  const note = (path: string, line: number): void => {
    if (!lines.has(path)) lines.set(path, line);
  };
  const bare = (key: string): string => key.replace(/\s+/g, '').replace(/["']/g, '');
  let table = '';
  for (const [i, line] of text.split(/\r\n|\n|\r/).entries()) {
    const header = /^\s*\[+\s*([^\]#]+?)\s*\]/.exec(line);
    const key = /^\s*([A-Za-z0-9_."'-]+(?:\s*\.\s*[A-Za-z0-9_"'-]+)*)\s*=/.exec(line);
    if (header) {
      table = bare(header[1]);
      note(table, i + 1);
    } else if (key) {
      note(table === '' ? bare(key[1]) : `${table}.${bare(key[1])}`, i + 1);
    }
  }
  return lines;
}
