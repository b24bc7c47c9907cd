// What a verb leaves behind: files that are whole or not there, and text on stdout and stderr.
// Must not know: verbs.
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { UserError } from '../gen/user-error.ts';

/** Writes a file so that nobody ever sees half of it. @throws UserError where it cannot be written */
export function writeWhole(path: string, content: string | Uint8Array): void {
  const unfinished = `${path}.${process.pid}.tmp`;
  try {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(unfinished, content);
    renameSync(unfinished, path);
  } catch (error) {
    remove(unfinished);
    throw cannotWrite(path, error);
  }
}

/** Writes files of one folder: first all of them under other names, then all names at once. Returns their paths. */
export function writeFolder(folder: string, files: ReadonlyMap<string, string | Uint8Array>): readonly string[] {
  const unfinished = (name: string): string => join(folder, `${name}.${process.pid}.tmp`);
  try {
    mkdirSync(folder, { recursive: true });
    for (const [name, content] of files) writeFileSync(unfinished(name), content);
    for (const name of files.keys()) renameSync(unfinished(name), join(folder, name));
  } catch (error) {
    for (const name of files.keys()) remove(unfinished(name));
    throw cannotWrite(folder, error);
  }
  return [...files.keys()].map((name) => join(folder, name));
}

function remove(path: string): void {
  // Where its folder is no folder, there is nothing to remove.
  if (existsSync(path)) rmSync(path);
}

function cannotWrite(path: string, error: unknown): Error {
  const code = error instanceof Error && 'code' in error ? String(error.code) : undefined;
  return code === undefined ? error as Error : new UserError(`${path}: cannot be written (${code}); choose another place`);
}

/** Columns aligned: text to the left, numbers to the right. */
export function table(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const cells = [head, ...rows.map((row) => row.map(show))];
  const widths = head.map((_, column) => Math.max(...cells.map((row) => row[column].length)));
  const isNumber = head.map((_, column) => rows.length > 0 && rows.every((row) => typeof row[column] === 'number'));
  const aligned = (cell: string, column: number): string => isNumber[column] ? cell.padStart(widths[column]) : cell.padEnd(widths[column]);
  return cells.map((row) => row.map(aligned).join('  ').trimEnd()).join('\n');
}

/** Names and values, one pair a line. */
export function pairs(values: Readonly<Record<string, string | number>>): string {
  const width = Math.max(...Object.keys(values).map((name) => name.length));
  return Object.entries(values).map(([name, value]) => `${name.padEnd(width)}  ${show(value)}`).join('\n');
}

function show(value: string | number): string {
  if (typeof value === 'string') return value;
  return Number.isInteger(value) ? value.toLocaleString('en-US') : value.toPrecision(4);
}

export const percent = (share: number): string => `${(100 * share).toFixed(2)} %`;

export interface Reporter {
  readonly isJson: boolean;
  /** The verb's result: one JSON object, or text for people. */
  result(json: Readonly<Record<string, unknown>>, text: () => string): void;
  /** What is going on, on stderr; with `--json` too. */
  progress(what: string, done: number, of: number): void;
  /** A line on stderr. */
  note(line: string): void;
}

/** Writes results to stdout and progress to stderr: one line that is rewritten on a terminal, else a line for each tenth. */
export function reporter(isJson: boolean): Reporter {
  let lastTenth = -1;
  return {
    isJson,
    result(json, text) {
      process.stdout.write(`${isJson ? JSON.stringify(json) : text()}\n`);
    },
    progress(what, done, of) {
      const line = `${what}: ${Math.floor((100 * done) / of)} % (${done} of ${of})`;
      if (process.stderr.isTTY) {
        process.stderr.write(`\r${line}${done >= of ? '\n' : ''}`);
        return;
      }
      const tenth = Math.floor((10 * done) / of);
      if (tenth === lastTenth) return;
      lastTenth = tenth;
      process.stderr.write(`${line}\n`);
    },
    note: (line) => void process.stderr.write(`${line}\n`),
  };
}
