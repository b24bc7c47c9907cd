/** Figures of pages set beside what is measured, and pages mended. Must not know particular pages nor the command line. */
import { isSame } from './figure.ts';
import type { Figure } from './figure.ts';
import { NotMeasured } from './measurement.ts';
import type { Context } from './measurement.ts';
import { lineOf } from './page.ts';
import type { Page, Span } from './page.ts';

export interface Outcome {
  readonly figure: Figure;
  readonly state: 'same' | 'differs' | 'not measured' | 'failed';
  readonly line: number;
  readonly place: Span;
  readonly said: string;
  readonly measured?: string;
  /** Of what was not measured or failed. */
  readonly why?: string;
}

/** @throws UserError where a page does not have a figure; then nothing has been measured */
export async function compareAll(
  figures: readonly Figure[], pages: ReadonlyMap<string, Page>, context: Context, onOutcome: (outcome: Outcome) => void,
): Promise<readonly Outcome[]> {
  const placed = figures.map((figure) => {
    const page = pages.get(figure.page);
    if (page === undefined) throw new Error(`${figure.page} has not been read`);
    const place = figure.find(page);
    return { figure, place, line: lineOf(page, place.start), said: page.text.slice(place.start, place.end) };
  });
  const outcomes: Outcome[] = [];
  for (const at of placed) {
    const outcome = { ...at, ...await judged(at.figure, at.said, context) };
    outcomes.push(outcome);
    onOutcome(outcome);
  }
  return outcomes;
}

async function judged(figure: Figure, said: string, context: Context): Promise<Pick<Outcome, 'state' | 'measured' | 'why'>> {
  try {
    const measured = await figure.measured(context);
    return { state: isSame(said, measured, figure.tolerance) ? 'same' : 'differs', measured };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { state: error instanceof NotMeasured ? 'not measured' : 'failed', why };
  }
}

/** The pages in which something differs, with what was measured. */
export function written(outcomes: readonly Outcome[], pages: ReadonlyMap<string, Page>): readonly Page[] {
  return [...pages.values()].flatMap((page) => {
    const mine = outcomes.filter((o) => o.figure.page === page.file && o.state === 'differs').sort((a, b) => b.place.start - a.place.start);
    if (mine.length === 0) return [];
    const text = mine.reduce((t, { place, measured = '' }) => t.slice(0, place.start) + measured + t.slice(place.end), page.text);
    return [{ file: page.file, text }];
  });
}
