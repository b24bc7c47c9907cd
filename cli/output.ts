// What a verb leaves behind: files that are whole or not there, and text on stdout and stderr.
// Must not know: verbs.
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { SILENT } from '../gen/progress.ts';
import type { Progress } from '../gen/progress.ts';
import { UserError } from '../gen/user-error.ts';
import { showProgress } from './progress.ts';
import type { ShownProgress } from './progress.ts';

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

export interface Reporter extends Progress {
  readonly isJson: boolean;
  /** The verb's result: one JSON object, or text for people. */
  result(json: Readonly<Record<string, unknown>>, text: () => string): void;
  /** A line on stderr that is no progress: with `--json` too. */
  warn(line: string): void;
  /** Makes room for output of another kind on the same terminal. */
  clear(): void;
}

/** Writes results to stdout, progress to stderr; with `--json` there is no progress. */
export function reporter(isJson: boolean): Reporter {
  const write = (text: string): void => void process.stderr.write(text);
  const { start, note, clear }: ShownProgress = isJson ? { ...SILENT, clear: () => undefined } : showProgress({
    write, isTerminal: process.stderr.isTTY, columns: () => process.stderr.columns ?? 80, now: () => performance.now(),
  });
  return {
    isJson, start, note, clear,
    result(json, text) {
      clear();
      process.stdout.write(`${isJson ? JSON.stringify(json) : text()}\n`);
    },
    warn(line) {
      clear();
      write(`${line}\n`);
    },
  };
}
