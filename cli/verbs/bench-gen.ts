// `systole bench gen`: how the time that the language takes grows with the size of a design.
// Must not know: how designs are elaborated, printed or compiled.
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Command } from 'commander';
import { during } from '../../gen/progress.ts';
import { UserError } from '../../gen/user-error.ts';
import { SHARED, short, someText, valued, wholeNumber } from '../options.ts';
import { reporter, table } from '../output.ts';
import type { Column } from '../output.ts';
import { addVerb } from '../verb.ts';

interface GenBenchOptions {
  readonly only?: string;
  readonly percent: number;
  readonly json?: boolean;
}

export function addBenchGen(bench: Command): void {
  addVerb(bench, 'gen', {
    summary: 'the hardware language: large designs of one construct each, at full size and at half of it',
    examples: ['systole bench gen', 'systole bench gen --only chain,arms --percent 10', 'systole bench gen --json'],
    options: [
      valued('--only <names>', 'constructs, separated by commas; all of them otherwise', someText),
      valued('--percent <n>', 'of the full sizes', wholeNumber(1, 400), { value: 100 }),
      SHARED.json(),
    ],
  })
    .action((options: GenBenchOptions) => benchGen(options));
}

const COLUMNS: readonly Column[] = [
  { title: 'construct' }, { title: 'size', look: 'count' }, { title: 'of' }, { title: 'elaborate s', look: 'decimal' }, { title: 'print s', look: 'decimal' },
  { title: 'compile s', look: 'decimal' }, { title: 'to half the size', look: 'decimal' },
];

/** What one line has room for. */
const NAMED = 12;
function someNames(names: readonly string[]): string {
  const more = names.length - NAMED;
  return more > 0 ? `${names.slice(0, NAMED).join(', ')} or ${more} more, which a run without --only shows` : names.join(', ');
}

async function benchGen({ only, percent, json }: GenBenchOptions): Promise<void> {
  const { CONSTRUCTS } = await import('../gen-bench/constructs.ts');
  const { timesOf, totalOf } = await import('../gen-bench/measure.ts');
  const wanted = only?.split(',').map((name) => name.trim()) ?? CONSTRUCTS.map((c) => c.name);
  const chosen = wanted.map((name) => {
    const construct = CONSTRUCTS.find((c) => c.name === name);
    if (!construct) throw new UserError(`--only ${short(name)}: is not one of ${someNames(CONSTRUCTS.map((c) => c.name))}; give some of them`);
    return construct;
  });
  const report = reporter('bench gen', json === true);
  const constructs = await during(report, 'constructs', async (task) => {
    const results = [];
    for (const [i, construct] of chosen.entries()) {
      task.at(i / chosen.length, construct.name);
      await nextTurn();
      const size = Math.max(2, Math.round((construct.size * percent) / 100));
      // The half first: code that runs for the first time is slow.
      const half = timesOf(construct, Math.round(size / 2));
      const times = timesOf(construct, size);
      results.push({ name: construct.name, size, unit: construct.unit, ...times, ratioToHalf: totalOf(times) / totalOf(half) });
    }
    return results;
  });
  const milliseconds = (x: number): number => Number(x.toFixed(3));
  report.result({ constructs }, () => table(COLUMNS, constructs.map((c) => [
    c.name, c.size, c.unit, ...[c.elaborateSeconds, c.printSeconds, c.compileSeconds, c.ratioToHalf].map(milliseconds),
  ])));
}
