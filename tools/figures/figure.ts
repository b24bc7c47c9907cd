/**
 * A figure of a page: where it stands, what measures it, how far it may be off. Must not know particular pages.
 */
import { UserError } from '../../gen/user-error.ts';
import type { Context, Measurement } from './measurement.ts';
import { NUMBER, tablesOf } from './page.ts';
import type { Page, Span } from './page.ts';

export interface Tolerance {
  /** Largest difference of a number, as a share of what is measured. */
  readonly share: number;
  /** Depends on the machine and what else it does: a difference is one only where it is gross. */
  readonly isNoisy: boolean;
}

/** Counts and cycles: the same on every machine. */
export const EXACT: Tolerance = { share: 0, isNoisy: false };
/** Speeds: only good for comparing lines of one run. */
export const noisy = (share: number): Tolerance => ({ share, isNoisy: true });

export interface Figure {
  readonly page: string;
  /** For people: the row and column, or the name in a sentence. */
  readonly name: string;
  readonly tolerance: Tolerance;
  readonly measurement: Measurement<unknown>;
  /** @throws UserError where the page does not have it, or has it twice */
  find(page: Page): Span;
  /** What ought to stand there. */
  measured(context: Context): Promise<string>;
}

interface Row<R> {
  /** Texts that the row's first cells begin with. */
  readonly row: readonly string[];
  readonly of: Measurement<R>;
}

/** Figures of a table: every named column of every named row. */
export function tableFigures<R>(
  page: string, heading: string, rows: readonly Row<R>[], columns: Readonly<Record<string, (result: R) => string>>, tolerance = EXACT,
): Figure[] {
  return rows.flatMap(({ row, of }) => Object.entries(columns).map(([column, text]): Figure => ({
    page, name: `${heading}: ${row.join(', ')}: ${column}`, tolerance, measurement: of,
    find: (p) => cellAt(p, heading, row, column),
    measured: async (context) => text(await of.get(context)),
  })));
}

function cellAt(page: Page, heading: string, row: readonly string[], column: string): Span {
  const found = tablesOf(page).filter((t) => t.heading.startsWith(heading) && t.head.includes(column)).flatMap((t) =>
    t.rows.filter((cells) => row.every((text, i) => cells[i]?.text === text)).map((cells) => cells[t.head.indexOf(column)]));
  return only(found, page, `a cell ${row.join(', ')} in a column ${column} under ${heading}`);
}

/** Figures in a sentence, which is written with `{name}` where they stand; blanks and line ends are the same. */
export function textFigures<R>(
  page: string, sentence: string, of: Measurement<R>, texts: Readonly<Record<string, (result: R) => string>>, tolerance = EXACT,
): Figure[] {
  return Object.entries(texts).map(([name, text]): Figure => ({
    page, name: sentence.replace(/\s+/g, ' '), tolerance, measurement: of,
    find: (p) => inSentence(p, sentence, name),
    measured: async (context) => text(await of.get(context)),
  }));
}

function inSentence(page: Page, sentence: string, name: string): Span {
  const literal = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replace(/\s+/g, '\\s+');
  const pattern = sentence.split(/(\{\w+\})/).map((part) => part.startsWith('{') ? `(?<${part.slice(1, -1)}>\\d[\\d,]*(?:\\.\\d+)?)` : literal(part)).join('');
  const spans = [...page.text.matchAll(new RegExp(pattern, 'dg'))].flatMap((m) => {
    const at = m.indices?.groups?.[name];
    return at === undefined ? [] : [{ start: at[0], end: at[1] }];
  });
  return only(spans, page, `the text "${sentence}"`);
}

function only(found: readonly Span[], page: Page, what: string): Span {
  if (found.length === 1) return found[0];
  throw new UserError(`${page.file}: has ${found.length === 0 ? 'no' : `${found.length} times`} ${what}; mend the page or tools/figures/pages/`);
}

/** Whether a page's text says what was measured: the same words, and numbers within the tolerance. */
export function isSame(said: string, measured: string, { share }: Tolerance): boolean {
  const words = (text: string): string => text.replace(NUMBER, '#');
  const numbers = (text: string): number[] => [...text.matchAll(NUMBER)].map(([n]) => Number(n.replaceAll(',', '')));
  if (share === 0) return said === measured;
  const there = numbers(said);
  return words(said) === words(measured) && numbers(measured).every((value, i) => Math.abs(there[i] - value) <= share * value);
}

export const int = (n: number): string => Math.round(n).toLocaleString('en-US');
export const percent = (share: number, digits: number): string => `${(100 * share).toFixed(digits)} %`;
