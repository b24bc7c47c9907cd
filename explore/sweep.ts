/**
 * Runs a sweep: reads it, measures its points side by side, writes the reports. Must not know how a point is measured nor how
 * reports look.
 */
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { openInput } from '../gen/files/input.ts';
import { mustTakeFiles, writeWhole } from '../gen/files/output.ts';
import { UserError } from '../gen/user-error.ts';
import { GGUF_FILE } from '../sw/formats/gguf.ts';
import { importModel } from '../sw/frontends/import-model.ts';
import { findYosys } from './estimators/yosys.ts';
import type { Yosys } from './estimators/yosys.ts';
import { evaluateObjectives } from './objectives.ts';
import { paretoFront } from './pareto.ts';
import type { Measure, MeasuredPoint, PointResult, PointTask, SweepPoint } from './point.ts';
import { oneLine } from './progress.ts';
import type { SweepProgress } from './progress.ts';
import { measuredValues, valuesOf } from './quantities.ts';
import { csvOf } from './report/csv.ts';
import { htmlOf } from './report/html.ts';
import { jsonOf } from './report/json.ts';
import { sourcesHash } from './sources-hash.ts';
import { hashOfInput } from './store.ts';
import { readSweep } from './sweep-file.ts';
import type { Sweep } from './sweep-file.ts';
import { Workers } from './workers.ts';

export interface SweepOptions {
  /** Folder for reports and for the results that a later run reuses. */
  readonly outDir: string;
  /** Points measured at a time; default: as many as there are processor cores. */
  readonly jobs?: number;
  readonly onProgress?: (progress: SweepProgress) => void;
  /** Lines about what takes time before the first point. */
  readonly onNote?: (line: string) => void;
  /**
   * Asked for when measuring begins: from then on there is something to keep. When it is aborted, points under way are given up,
   * and the reports tell of those that are done.
   */
  readonly stopSignal?: () => AbortSignal;
  /** Measures a point, instead of processes that do; for tests. */
  readonly measure?: Measure;
  /** Fingerprint of this Systole; results of another are not reused. Default: of its sources. */
  readonly sourcesHash?: string;
  /** Finds the synthesis tool. */
  readonly findTool?: (onNote: (line: string) => void) => Promise<Yosys>;
}

export interface SweepResult {
  readonly sweep: Sweep;
  readonly yosys: Yosys;
  /** In the order of the sweep; of one that was interrupted, those that were done. */
  readonly points: readonly PointResult[];
  /** How many were not measured because it was interrupted. */
  readonly left: number;
  /** How many points failed; the command's exit status is 1 if any did. */
  readonly failed: number;
  /** How many results were there already. */
  readonly reused: number;
  /** Paths of the reports; an interrupted sweep with nothing done leaves none. */
  readonly files: readonly string[];
  /** For the screen only. */
  readonly seconds: number;
}

/**
 * Measures the chips of a sweep and writes `points.csv`, `points.json` and `index.html` into `outDir`. A point that fails is
 * reported and the others go on. After an interruption the reports hold the points that were done.
 * @throws UserError for a bad sweep, model or folder, or where no synthesis tool can be had: before anything is measured
 */
export async function runSweep(sweepPath: string, options: SweepOptions): Promise<SweepResult> {
  const { outDir, jobs = availableParallelism(), onProgress = () => {}, onNote = () => {}, findTool = findYosys } = options;
  if (!(Number.isInteger(jobs) && jobs >= 1)) throw new UserError(`--jobs ${jobs}: is not a whole number from 1; give one`);
  const start = performance.now();
  const sweep = readSweep(sweepPath);
  importModel(sweep.workload.model);
  const modelHash = hashOfInput(openInput(sweep.workload.model, GGUF_FILE));
  const common = { workload: sweep.workload, modelHash, sourcesHash: options.sourcesHash ?? sourcesHash(), storeDir: outDir };
  mustTakeFiles(join(outDir, 'points'));
  const yosys = await findTool(onNote);

  const workers = new Workers();
  const measure = options.measure ?? ((task, onStage) => workers.measure(task, onStage));
  const stop = options.stopSignal?.() ?? new AbortController().signal;
  let outcomes: Outcome[];
  try {
    outcomes = await mapSideBySide(sweep.points, jobs, stop, (point, index) => {
      const which = { point: point.name, number: index + 1, of: sweep.points.length };
      return outcomeOf({ ...common, point, yosys }, measure, (news) => {
        // What is given up has not failed.
        if (!stop.aborted) onProgress({ ...which, ...news });
      });
    });
  } finally {
    workers.close();
  }

  const result: SweepResult = {
    sweep, yosys, points: withFront(sweep, outcomes), left: sweep.points.length - outcomes.length,
    failed: outcomes.filter((o) => 'error' in o).length,
    reused: outcomes.filter((o) => 'measured' in o && o.measured.isReused).length,
    files: outcomes.length === 0 ? [] : ['points.csv', 'points.json', 'index.html'].map((name) => join(outDir, name)),
    seconds: (performance.now() - start) / 1000,
  };
  const texts = [csvOf, (r: SweepResult) => `${JSON.stringify(jsonOf(r), null, 2)}\n`, htmlOf];
  result.files.forEach((file, i) => writeWhole(file, texts[i](result)));
  return result;
}

type Outcome = { readonly point: SweepPoint } & ({ readonly measured: MeasuredPoint } | { readonly error: string });

async function outcomeOf(task: PointTask, measure: Measure, tell: (news: Omit<SweepProgress, 'point' | 'number' | 'of'>) => void): Promise<Outcome> {
  const { point } = task;
  try {
    const measured = await measure(task, (state, share) => tell({ state, ...(share === undefined ? {} : { share }) }));
    tell({ state: measured.isReused ? 'reused' : 'done', seconds: measured.seconds });
    return { point, measured };
  } catch (thrown) {
    const error = oneLine(thrown instanceof Error ? thrown.message : String(thrown));
    tell({ state: 'failed', error });
    return { point, error };
  }
}

/** Adds what can only be said with all points measured: which of them no other beats. */
function withFront({ objectives, plot }: Sweep, outcomes: readonly Outcome[]): PointResult[] {
  const results = outcomes.map((o): PointResult => ('error' in o ? o : { ...o, objectives: evaluateObjectives(objectives, allValues(o)), isOnFront: false }));
  const front = paretoFront(results.map((result) => {
    const { [plot.x]: x = null, [plot.y]: y = null } = valuesOf(result);
    return 'error' in result || x === null || y === null ? null : { x, y };
  }));
  return results.map((result, i) => ('error' in result ? result : { ...result, isOnFront: front[i] }));
}

function allValues({ point, measured }: { point: SweepPoint; measured: MeasuredPoint }): Record<string, number> {
  const config = valuesOf({ point, error: '' }) as Record<string, number>;
  return { ...config, ...measuredValues(measured.measurement) };
}

/** Results in the order of `items`, `jobs` of them under way at a time; once stopped, those that were there then. */
async function mapSideBySide<T, R>(
  items: readonly T[], jobs: number, stop: AbortSignal, work: (item: T, index: number) => Promise<R>,
): Promise<R[]> {
  const results = new Map<number, R>();
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < items.length && !stop.aborted) {
      const index = next++;
      const result = await work(items[index], index);
      if (!stop.aborted) results.set(index, result);
    }
  };
  const stopped = new Promise<void>((resolve) => {
    if (stop.aborted) resolve();
    stop.addEventListener('abort', () => resolve(), { once: true });
  });
  await Promise.race([Promise.all(Array.from({ length: Math.min(jobs, items.length) }, lane)), stopped]);
  return [...results].sort(([a], [b]) => a - b).map(([, result]) => result);
}
