/** A page of Markdown as places in a text: its tables, its prose, and the numbers in them. Must not know what is measured. */

export interface Span {
  readonly start: number;
  readonly end: number;
}

export interface Page {
  /** Path from the project's root. */
  readonly file: string;
  readonly text: string;
}

export interface Cell extends Span {
  readonly text: string;
}

export interface Table {
  /** Text of the heading above. */
  readonly heading: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly Cell[])[];
}

/** A number as pages write it: 1,234 or 3.40. */
export const NUMBER = /(?<![\w.])\d[\d,]*(?:\.\d+)?(?![\w])/g;

/** Between bars, without the blanks around. */
function cellsOf(line: string, offset: number): Cell[] {
  const cells: Cell[] = [];
  // A bar in code would be part of a cell; no page has one.
  for (const m of line.matchAll(/(?<=\|)([^|]*)(?=\|)/g)) {
    const text = m[1].trim();
    const start = offset + m.index + (text === '' ? Math.min(1, m[1].length) : m[1].indexOf(text));
    cells.push({ text, start, end: start + text.length });
  }
  return cells;
}

/** All lines that are not code, with their offsets. */
function proseLines({ text }: Page): { line: string; offset: number }[] {
  let offset = 0;
  let isCode = false;
  return text.split('\n').flatMap((line) => {
    const here = { line, offset };
    offset += line.length + 1;
    if (!line.startsWith('```')) return isCode ? [] : [here];
    isCode = !isCode;
    return [];
  });
}

export function tablesOf(page: Page): Table[] {
  const tables: { heading: string; head: string[]; rows: Cell[][] }[] = [];
  let heading = '';
  let isInside = false;
  for (const { line, offset } of proseLines(page)) {
    if (line.startsWith('#')) heading = line.replace(/^#+ */, '');
    if (!line.startsWith('|')) {
      isInside = false;
      continue;
    }
    const cells = cellsOf(line, offset);
    if (!isInside) tables.push({ heading, head: cells.map((c) => c.text), rows: [] });
    else if (!/^\|[-:| ]+\|$/.test(line)) tables[tables.length - 1].rows.push(cells);
    isInside = true;
  }
  return tables;
}

export const lineOf = ({ text }: Page, offset: number): number => text.slice(0, offset).split('\n').length;

const blank = (text: string): string => text.replace(/[^\n]/g, ' ');

/** The page with code and addresses of links blanked out: numbers in them are not claims. */
function claims({ text }: Page): string {
  return text.replace(/^```[\s\S]*?^```$/gm, blank).replace(/`[^`\n]+`/g, blank).replace(/\]\([^)]*\)/g, blank);
}

/** What is counted or timed; a number before one of these words, or in a column of that name, is a measurement or says what it is. */
const UNITS = String.raw`(?:%|cycles?|MHz|[KMG]B|s|ms|seconds|LUTs?|LUT4|FF|flip-flops|BRAM|(?:block|single-port)\s+RAMs?|SPRAMs|(?:logic\s+)?cells|DSP(?:\s+blocks)?`
  + String.raw`|modules|multiplications|CoreMark/MHz|DMIPS/MHz)(?![\w/-])`;
const NAMES_UNIT = new RegExp(String.raw`(?<![\w/])${UNITS}`, 'i');

const inCells = (text: string, cells: readonly Cell[], pattern: RegExp): Span[] => cells.flatMap(({ start, end }) =>
  [...text.slice(start, end).matchAll(pattern)].map((m) => ({ start: start + m.index, end: start + m.index + m[0].length })));

/** All numbers of a table, but for the first cell of each row, which names it. */
export const numbersOf = (page: Page, { rows }: Table): Span[] => inCells(claims(page), rows.flatMap((cells) => cells.slice(1)), NUMBER);

/** Numbers of the page that look like measurements: those with a unit, in prose, in a cell of a table, or above it. */
export function measuredNumbers(page: Page): Span[] {
  const text = claims(page);
  const withUnit = new RegExp(String.raw`${NUMBER.source}(?=(?:\s+of\s+[\d,.]+)?\s+${UNITS})`, 'g');
  const inTables = tablesOf(page).flatMap(({ heading, head, rows }) => rows.flatMap((cells) => cells.slice(1).flatMap((cell, i) =>
    inCells(text, [cell], [heading, head[i + 1] ?? ''].some((name) => NAMES_UNIT.test(name)) ? NUMBER : withUnit))));
  const prose = text.replace(/^\|.*$/gm, blank).replace(/^#.*$/gm, blank);
  const inProse = [...prose.matchAll(withUnit)].map((m) => ({ start: m.index, end: m.index + m[0].length }));
  return [...inTables, ...inProse].sort((a, b) => a.start - b.start);
}
