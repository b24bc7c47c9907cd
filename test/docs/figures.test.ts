/** Every figure of README and docs/ is measured by `npm run figures` or explained otherwise. Here nothing is measured. */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { UserError } from '../../gen/user-error.ts';
import { runFigures } from '../../tools/figures/command.ts';
import { compareAll, written } from '../../tools/figures/compare.ts';
import { unexplained } from '../../tools/figures/coverage.ts';
import { EXACT, isSame, noisy, tableFigures, textFigures } from '../../tools/figures/figure.ts';
import { Answer, NotMeasured, measurement } from '../../tools/figures/measurement.ts';
import type { Context } from '../../tools/figures/measurement.ts';
import { NOT_MEASURED, placesOf } from '../../tools/figures/not-measured.ts';
import { measuredNumbers } from '../../tools/figures/page.ts';
import type { Page } from '../../tools/figures/page.ts';
import { FIGURES } from '../../tools/figures/pages/index.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const pageOf = (file: string): Page => ({ file, text: readFileSync(join(ROOT, file), 'utf8') });
const PAGES = ['README.md', ...readdirSync(join(ROOT, 'docs')).filter((f) => f.endsWith('.md')).map((f) => `docs/${f}`)].map(pageOf);

describe('the pages', () => {
  it.each(PAGES.map((page) => [page.file, page] as const))('%s has its figures, each once', (file, page) => {
    const starts = FIGURES.filter((f) => f.page === file).map((f) => f.find(page).start);
    expect(new Set(starts).size).toBe(starts.length);
  });

  it('have no number that looks measured and is neither measured nor explained (tools/figures/pages/, tools/figures/not-measured.ts)', () => {
    expect(PAGES.flatMap((page) => unexplained(page, FIGURES, NOT_MEASURED))).toEqual([]);
  });

  it('have a number wherever one is explained, and tests where they say so', () => {
    const idle = NOT_MEASURED.filter((other) => {
      const page = pageOf(other.page);
      const places = placesOf(other, page);
      return !measuredNumbers(page).some((n) => places.some((p) => n.start >= p.start && n.end <= p.end));
    });
    expect(idle.map(({ page, where }) => [page, where])).toEqual([]);
    expect(NOT_MEASURED.filter(({ kind, by }) => kind === 'test' && !existsSync(join(ROOT, by)))).toEqual([]);
    expect(FIGURES.filter(({ page }) => !existsSync(join(ROOT, page)))).toEqual([]);
  });
});

const PAGE: Page = {
  file: 'docs/example.md',
  text: `# Example
The chip takes 1,200 of 5,280 logic
cells, about 3.5 ms.

\`\`\`
100 cycles of code
\`\`\`

| what | cycles | note |
|---|---|---|
| \`a 7\` | 1,234 (50 %) | |
| b | 5 | quoted 6 |
`,
};
const context = (folders: Context['folders'] = {}): Context => ({ root: ROOT, out: '/nowhere', folders, note: () => undefined });
const of = <T>(value: T) => measurement('a command', () => value);

describe('a page', () => {
  it('shows its numbers with units, those above columns too, not those in code', () => {
    expect(measuredNumbers(PAGE).map(({ start, end }) => PAGE.text.slice(start, end))).toEqual(['1,200', '5,280', '3.5', '1,234', '50', '5']);
  });

  it('tells what is not explained, by file and line', () => {
    const figures = [
      ...textFigures(PAGE.file, 'takes {n} of 5,280 logic cells', of(0), { n: String }),
      ...tableFigures(PAGE.file, 'Example', [{ row: ['`a 7`'], of: of(0) }], { cycles: String }),
    ];
    const others = [{ page: PAGE.file, where: { heading: 'Example', column: 'note' }, kind: 'quotation', by: 'nobody' } as const];
    expect(unexplained(PAGE, figures, others)).toEqual(['docs/example.md:2: 5,280 logic', 'docs/example.md:3: 3.5 ms.', 'docs/example.md:12: 5 | quoted 6 |']);
    // In a table with a figure, a number needs no unit to be asked for.
    expect(unexplained(PAGE, figures, [])).toContain('docs/example.md:12: 6 |');
    expect(unexplained(PAGE, figures, [...others, { page: PAGE.file, where: { text: /about 3\.5/g }, kind: 'history', by: 'nobody' }])).toHaveLength(2);
  });

  it('must have each figure once', () => {
    const found = (f: readonly { find(page: Page): unknown }[]): unknown => f.map((figure) => figure.find(PAGE));
    expect(() => found(textFigures(PAGE.file, 'takes {n} of 9 cells', of(0), { n: String }))).toThrow(
      new UserError('docs/example.md: has no the text "takes {n} of 9 cells"; mend the page or tools/figures/pages/'));
    expect(() => found(tableFigures(PAGE.file, 'Example', [{ row: [], of: of(0) }], { cycles: String }))).toThrow('has 2 times a cell');
  });
});

describe('comparing', () => {
  it('is exact in words and numbers, or within a share of what is measured', () => {
    expect(isSame('1,234 (50 %)', '1,234 (50 %)', EXACT)).toBe(true);
    expect(isSame('1,234 (50 %)', '1,235 (50 %)', EXACT)).toBe(false);
    expect(isSame('3.40', '3.4', EXACT)).toBe(false);
    expect(isSame('110 MB', '100 MB', noisy(0.1))).toBe(true);
    expect(isSame('111 MB', '100 MB', noisy(0.1))).toBe(false);
    expect(isSame('100 KB', '100 MB', noisy(0.1))).toBe(false);
  });

  const figures = [
    ...textFigures(PAGE.file, 'takes {n} of 5,280 logic cells', of(1200), { n: (n) => n.toLocaleString('en-US') }),
    ...tableFigures(PAGE.file, 'Example', [{ row: ['`a 7`'], of: of(1235) }], { cycles: (n) => `${n.toLocaleString('en-US')} (49 %)` }),
    ...tableFigures(PAGE.file, 'Example', [{ row: ['b'], of: measurement('theirs', () => 5, ['coremark']) }], { cycles: String }),
    ...tableFigures(PAGE.file, 'Example', [{ row: ['b'], of: measurement<number>('broken', () => { throw new Error('broken'); }) }], { note: String }),
  ];

  it('tells what is the same, what differs, what is not measured and what failed, and mends only what differs', async () => {
    const pages = new Map([[PAGE.file, PAGE]]);
    const outcomes = await compareAll(figures, pages, context(), () => undefined);
    expect(outcomes.map(({ state, line, said, measured, why }) => ({ state, line, said, measured, why }))).toEqual([
      { state: 'same', line: 2, said: '1,200', measured: '1,200' },
      { state: 'differs', line: 11, said: '1,234 (50 %)', measured: '1,235 (49 %)' },
      { state: 'not measured', line: 12, said: '5', why: 'give --coremark DIR, a copy of github.com/eembc/coremark' },
      { state: 'failed', line: 12, said: 'quoted 6', why: 'broken' },
    ]);
    expect(written(outcomes, pages)).toEqual([{ file: PAGE.file, text: PAGE.text.replace('1,234 (50 %)', '1,235 (49 %)') }]);
  });

  it('measures once for all figures, and only where the folder is given', async () => {
    let runs = 0;
    const once = measurement('theirs', () => ++runs, ['coremark']);
    expect(await once.get(context({ coremark: '/x' }))).toBe(1);
    expect(await once.get(context({ coremark: '/x' }))).toBe(1);
    await expect(measurement('theirs', () => 5, ['coremark']).get(context())).rejects.toThrow(NotMeasured);
  });

  it('names what an answer lacks', () => {
    const answer = new Answer({ cores: [{ core: 'fast', cycles: 5 }] }, 'systole bench');
    expect(answer.item('cores', 'core', 'fast').number('cycles')).toBe(5);
    expect(() => answer.item('cores', 'core', 'slow')).toThrow('systole bench.cores has no element with core slow');
    expect(() => answer.number('cores', 0, 'ipc')).toThrow('systole bench.cores.0.ipc is no number: it is not there');
  });
});

describe('npm run figures', () => {
  async function figures(...args: string[]): Promise<{ status: number; stdout: string; stderr: string }> {
    const said = { stdout: '', stderr: '' };
    const status = await runFigures(args, { out: (text) => { said.stdout += text; }, err: (text) => { said.stderr += text; } });
    return { status, ...said };
  }

  it('tells what it cannot measure for want of a folder, and skips nothing in silence', async () => {
    const { status, stdout } = await figures('--only', 'CoreMark: .*: cycles per iteration', '--json');
    const answer = JSON.parse(stdout) as { notMeasured: number; same: number; figures: { state: string; why: string }[] };
    expect(answer.notMeasured).toBeGreaterThan(5);
    expect(answer.figures.every(({ state, why }) => state === 'not measured' && why.startsWith('give --coremark DIR'))).toBe(true);
    expect(answer.figures).toHaveLength(answer.notMeasured);
    expect(status).toBe(0);
  });

  it.each([
    [['--only', 'nothing of that name'], 'figures: --only nothing of that name: matches no figure; --list tells all\n'],
    [['--embench', 'package.json'], 'figures: --embench package.json: is no folder; give a copy of github.com/embench/embench-iot, tag embench-1.0\n'],
    [['--hurry'], expect.stringMatching(/^figures: Unknown option '--hurry'.*; --help tells what there is\n$/) as string],
  ])('refuses %j', async (args, stderr) => {
    expect(await figures(...args)).toEqual({ status: 2, stdout: '', stderr });
  });
});
