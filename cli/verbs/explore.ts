// `systole explore`: compares the chips of a sweep.
// Must not know: how points are measured or reports look.
import type { Command } from 'commander';
import { common, wholeNumber } from '../options.ts';
import type { CommonOptions } from '../options.ts';
import { reporter } from '../output.ts';

interface ExploreOptions extends CommonOptions {
  readonly out: string;
  readonly jobs?: number;
}

export function addExplore(program: Command): void {
  const examples = ['systole explore configs/sweeps/first.toml', 'systole explore configs/sweeps/mesh.toml --out build/mesh --jobs 1 --json'];
  common(program.command('explore').description('compare chips: cycles, utilisation, synthesised cells; a sweep names its own chips'), examples)
    .argument('<sweep>', 'a TOML file: docs/explore.md')
    .option('--out <dir>', 'folder for reports and for results that a later run reuses', 'build/explore')
    .option('--jobs <n>', 'points measured at a time; default: one a core', wholeNumber('--jobs', 1, 256))
    .action((sweep: string, options: ExploreOptions) => explore(sweep, options));
}

async function explore(sweep: string, options: ExploreOptions): Promise<void> {
  const { jsonOf, progressLines, runSweep, tableOf } = await import('../../explore/index.ts');
  const report = reporter(options.json === true);
  const result = await runSweep(sweep, {
    outDir: options.out, ...(options.jobs === undefined ? {} : { jobs: options.jobs }),
    onProgress: progressLines(report.note), onNote: report.note,
  });
  report.result({ ...jsonOf(result), files: result.files, seconds: result.seconds }, () => tableOf(result));
  if (result.failed > 0) process.exitCode = 1;
}
