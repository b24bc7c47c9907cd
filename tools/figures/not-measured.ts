/**
 * Numbers of the pages that look like measurements and are none that `npm run figures` makes: what they are instead, and for
 * figures of others, where they come from. A test finds numbers that stand neither here nor in `pages/`. Must not know how
 * figures are measured.
 */
import { tablesOf } from './page.ts';
import type { Page, Span } from './page.ts';

export interface NotMeasured {
  readonly page: string;
  /** All tables under this heading, or only one column of them; or every place of a text. */
  readonly where: { readonly heading: string; readonly column?: string } | { readonly text: RegExp };
  /** Sizes and choices of the design; figures of others; what a test holds; what happened once. */
  readonly kind: 'definition' | 'quotation' | 'test' | 'history';
  /** Source of a quotation, file of the test; else what it is. */
  readonly by: string;
}

const PERFORMANCE = 'docs/performance.md';

export const NOT_MEASURED: readonly NotMeasured[] = [
  { page: 'docs/beside-ibex.md', where: { heading: 'Beside Ibex' }, kind: 'quotation', by: 'Ibex\'s source, and the same tools on it; lines of ours are held by test/docs/excerpts.test.ts' },
  { page: 'docs/caches.md', where: { heading: 'Cycles' }, kind: 'test', by: 'test/hw/lib/data-cache.test.ts' },
  { page: PERFORMANCE, where: { text: /answers after 200 cycles|two cycles/g }, kind: 'definition', by: 'the memory that is measured' },
  { page: 'docs/caches.md', where: { text: /memory of 20 cycles/g }, kind: 'definition', by: 'the chip that is measured' },
  { page: 'docs/core.md', where: { heading: 'Cycles' }, kind: 'test', by: 'test/hw/core/latency.test.ts' },
  { page: 'docs/explore.md', where: { heading: 'Cells' }, kind: 'definition', by: 'how cells are counted' },
  { page: 'docs/fpga.md', where: { heading: 'FPGA' }, kind: 'definition', by: 'resources of the boards' },
  { page: 'docs/configuration.md', where: { heading: '' }, kind: 'test', by: 'test/hw/soc/config-manual.test.ts' },
  { page: 'docs/language.md', where: { heading: 'Parameters, and why the text has none' }, kind: 'test', by: 'test/hw/alike-modules.test.ts' },
  { page: 'docs/firmware.md', where: { text: /300 s, 2 GiB of memory and 1 GiB/g }, kind: 'definition', by: 'bounds of firmware/compiler.ts' },
  { page: 'docs/language.md', where: { heading: 'Parameters' }, kind: 'test', by: 'test/hw/alike-modules.test.ts' },
  { page: 'docs/simulation.md', where: { text: /100,000 cycles, or for 1,000 times/g }, kind: 'definition', by: 'sim/patience.ts' },
  { page: 'docs/simulation.md', where: { text: /every 255 cycles/g }, kind: 'definition', by: 'sim/event-recorder.ts' },
  { page: 'docs/tensor-unit.md', where: { text: /0\.5 % at most for all but the serial unit's/g }, kind: 'test', by: 'test/performance/cycles.test.ts' },
  { page: 'docs/tensor-unit.md', where: { text: /1 % at most, or two cycles; without an instruction cache 3 %/g }, kind: 'test', by: 'test/sim/timing/program-timing.test.ts' },
  { page: 'docs/tensor-unit.md', where: { heading: '' }, kind: 'definition', by: 'follows from the structure of the unit, as the page says' },
  { page: PERFORMANCE, where: { heading: 'Single products', column: 'Gemmini, DIM 16' }, kind: 'quotation', by: 'a third party\'s measurement of its RTL, as the page says' },
  { page: PERFORMANCE, where: { heading: 'Convolutions' }, kind: 'test', by: 'test/sim/timing/convolution-timing.test.ts' },
  { page: PERFORMANCE, where: { text: /97\.60 % and\s+98\.00 %/g }, kind: 'history', by: 'two training runs, of which the better was kept' },
  { page: PERFORMANCE, where: { text: /ten seconds; the port counts 10,000 cycles/g }, kind: 'definition', by: 'firmware/coremark/core_portme.c' },
  { page: PERFORMANCE, where: { text: /VexRiscv standard 5,985 LUT4, Ibex 5,029, PicoRV32 RV32I 1,657 cells/g }, kind: 'quotation', by: 'measured with the same tools from the projects\' own sources' },
  { page: PERFORMANCE, where: { text: /of 5,280\s+logic\s+cells,\s+\d+\s+of\s+8\s+DSP\s+blocks,\s+\d+\s+of\s+30\s+block\s+RAMs,\s+\d+\s+of\s+4\s+SPRAMs,\s+[\d.]+\s+MHz\s+for\s+a\s+12\s+MHz/g }, kind: 'definition', by: 'what an UP5K has, and the clock asked for' },
];

/** Where a page has what is not measured. */
export function placesOf({ where }: NotMeasured, page: Page): readonly Span[] {
  if ('text' in where) return [...page.text.matchAll(where.text)].map((m) => ({ start: m.index, end: m.index + m[0].length }));
  const { heading, column } = where;
  return tablesOf(page).filter((t) => t.heading.startsWith(heading)).flatMap((t) =>
    t.rows.flatMap((cells) => column === undefined ? cells : cells.slice(t.head.indexOf(column), t.head.indexOf(column) + 1)));
}
