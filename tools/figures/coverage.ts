/** Which numbers of the pages nobody measures nor explains. Must not know how figures are measured. */
import type { Figure } from './figure.ts';
import { placesOf } from './not-measured.ts';
import type { NotMeasured } from './not-measured.ts';
import { lineOf, measuredNumbers, numbersOf, tablesOf } from './page.ts';
import type { Page, Span } from './page.ts';

const isIn = (inner: Span, outer: Span): boolean => inner.start >= outer.start && inner.end <= outer.end;

/**
 * Lines `docs/x.md:12: 3,686 …`, one for each number that looks like a measurement and is neither measured nor explained. In a
 * table that holds one figure every number looks like one.
 */
export function unexplained(page: Page, figures: readonly Figure[], others: readonly NotMeasured[]): readonly string[] {
  const measured = figures.filter((f) => f.page === page.file).map((f) => f.find(page));
  const explained = [...measured, ...others.filter((o) => o.page === page.file).flatMap((o) => placesOf(o, page))];
  const ofFigures = tablesOf(page).filter(({ rows }) => rows.flat().some((cell) => measured.some((m) => isIn(m, cell))));
  const numbers = [...measuredNumbers(page), ...ofFigures.flatMap((table) => numbersOf(page, table))];
  const lines = numbers.filter((n) => !explained.some((e) => isIn(n, e))).sort((a, b) => a.start - b.start).map((n) =>
    `${page.file}:${lineOf(page, n.start)}: ${page.text.slice(n.start, n.end + 30).split('\n')[0]}`);
  return [...new Set(lines)];
}
