// `systole explore`: compares the chips of a sweep.
// Must not know: how points are measured or reports look.
import type { Command } from 'commander';
import type { SweepOptions } from '../../explore/index.ts';
import { SHARED, path, positional, valued, wholeNumber } from '../options.ts';
import { reporter } from '../output.ts';
import { checkFolder } from '../places.ts';
import { addVerb } from '../verb.ts';

interface ExploreOptions {
  readonly json?: boolean;
  readonly out: string;
  readonly jobs?: number;
}

export function addExplore(program: Command): void {
  addVerb(program, 'explore', {
    summary: 'compare chips: cycles, utilisation, synthesised cells; a sweep names its own chips',
    examples: ['systole explore configs/sweeps/first.toml', 'systole explore configs/sweeps/mesh.toml --out build/mesh --jobs 1 --json'],
    options: [
      SHARED.outFolder('build/explore'), valued('--jobs <n>', 'points measured at a time (default: one a processor core)', wholeNumber(1, 256)), SHARED.json(),
    ],
  })
    .addArgument(positional('sweep', 'a TOML file: docs/explore.md', path('a TOML file')))
    .action((sweep: string, options: ExploreOptions) => explore(sweep, options));
}

/** Ways to interrupt a command, and the exit status that each leaves by convention. */
const SIGNALS = [['SIGINT', 130], ['SIGTERM', 143], ['SIGHUP', 129]] as const;
/** One Ctrl-C may arrive twice, from the terminal and from a program in between; a second one does not wait. */
const ONE_WISH_MILLISECONDS = 1000;

/** Turns an interruption into a signal to stop; a second one ends the process at once. */
function interruption(): { readonly signal: AbortSignal; readonly status: () => number | undefined } {
  const stop = new AbortController();
  let first: { readonly status: number; readonly at: number } | undefined;
  for (const [name, status] of SIGNALS) {
    process.on(name, () => {
      if (first && performance.now() - first.at > ONE_WISH_MILLISECONDS) process.exit(status);
      first ??= { status, at: performance.now() };
      stop.abort();
    });
  }
  return { signal: stop.signal, status: () => first?.status };
}

/** @param more other ways of measuring, for tests */
export async function explore(sweep: string, options: ExploreOptions, more: Pick<SweepOptions, 'findTool'> = {}): Promise<void> {
  checkFolder('--out', options.out);
  const { jsonOf, runSweep, tableOf, tellSweep } = await import('../../explore/index.ts');
  const report = reporter('explore', options.json === true);
  const told = tellSweep(report);
  let interrupted: ReturnType<typeof interruption> | undefined;
  const result = await runSweep(sweep, {
    outDir: options.out, ...(options.jobs === undefined ? {} : { jobs: options.jobs }), onProgress: told.tell, onNote: report.note, ...more,
    stopSignal: () => (interrupted = interruption()).signal,
  }).finally(told.end);
  if (report.isJson || result.points.length > 0) {
    const { reused: reusedPoints, failed: failedPoints, files, seconds } = result;
    report.result({ ...jsonOf(result), reusedPoints, failedPoints, files, seconds }, () => tableOf(result));
  }
  if (result.failed > 0) process.exitCode = 1;
  if (result.left === 0) return;
  const of = result.points.length + result.left;
  const kept = `all results kept in ${options.out}; the same command goes on from there`;
  report.warn(`interrupted: ${result.points.length} of ${of} chips are measured, ${kept}`);
  process.exitCode = interrupted?.status();
}
