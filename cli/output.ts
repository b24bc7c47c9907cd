// What a verb says: text on stdout and stderr.
// Must not know: verbs.
import { numberText } from '../gen/number-text.ts';
import type { Look } from '../gen/number-text.ts';
import { printableJson, printableLines } from '../gen/printable.ts';
import { SILENT } from '../gen/progress.ts';
import type { Progress } from '../gen/progress.ts';
import type { VerbJson } from './json-fields.ts';
import { showProgress } from './progress.ts';
import type { ShownProgress } from './progress.ts';
import { VERSION } from './version.ts';

/** A column: of numbers, which look alike and stand to the right, or of text. */
export interface Column {
  readonly title: string;
  readonly look?: Look;
}

/** How a program ended: its exit value, and what that means. */
export const exitText = (exit: number, reason?: string): string =>
  exit === 0 ? '0 (passed)' : `${exit} (failed${reason === undefined ? '' : `: ${reason}`})`;

/** Columns aligned. A number that is absent is a dash. */
export function table(columns: readonly Column[], rows: readonly (readonly (string | number | undefined)[])[]): string {
  const text = (value: string | number | undefined, column: number): string =>
    typeof value === 'string' ? value : numberText(value, columns[column].look ?? 'decimal');
  const cells = [columns.map(({ title }) => title), ...rows.map((row) => row.map(text))];
  const widths = columns.map((_, column) => Math.max(...cells.map((row) => row[column].length)));
  const aligned = (cell: string, column: number): string =>
    columns[column].look === undefined ? cell.padEnd(widths[column]) : cell.padStart(widths[column]);
  return cells.map((row) => row.map(aligned).join('  ').trimEnd()).join('\n');
}

/** Names and values, one pair a line; what is absent has none. Numbers are counts where they are not texts already. */
export function pairs(values: Readonly<Record<string, string | number | undefined>>): string {
  const entries = Object.entries(values).flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const]));
  const width = Math.max(...entries.map(([name]) => name.length));
  return entries.map(([name, value]) => `${name.padEnd(width)}  ${typeof value === 'string' ? value : numberText(value, 'count')}`).join('\n');
}

export interface Reporter extends Progress {
  readonly isJson: boolean;
  /** The verb's result: one JSON object, with names from `json-fields.ts`, or text for people. */
  result(json: VerbJson, text: () => string): void;
  /** A line on stderr that is no progress: with `--json` too. */
  warn(line: string): void;
  /** Makes room for output of another kind on the same terminal. */
  clear(): void;
}

/** Writes results to stdout, progress to stderr; with `--json` there is no progress. @param verb its name on the command line */
export function reporter(verb: string, isJson: boolean): Reporter {
  const write = (text: string): void => void process.stderr.write(text);
  const { start, note, clear }: ShownProgress = isJson ? { ...SILENT, clear: () => undefined } : showProgress({
    write, isTerminal: process.stderr.isTTY, columns: () => process.stderr.columns ?? 80, now: () => performance.now(),
  });
  return {
    isJson, start, note, clear,
    result(json, text) {
      clear();
      process.stdout.write(`${isJson ? printableJson(JSON.stringify({ verb, version: VERSION, ...json })) : printableLines(text())}\n`);
    },
    warn(line) {
      clear();
      write(`${printableLines(line)}\n`);
    },
  };
}
