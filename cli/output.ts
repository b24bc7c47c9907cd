// What a verb says: text on stdout and stderr.
// Must not know: verbs.
import { printableJson, printableLines } from '../gen/printable.ts';
import { SILENT } from '../gen/progress.ts';
import type { Progress } from '../gen/progress.ts';
import { showProgress } from './progress.ts';
import type { ShownProgress } from './progress.ts';

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
      process.stdout.write(`${isJson ? printableJson(JSON.stringify(json)) : printableLines(text())}\n`);
    },
    warn(line) {
      clear();
      write(`${printableLines(line)}\n`);
    },
  };
}
