// Embench and Dhrystone for `systole bench core`: built from the user's copies and run on a core.
// Must not know: options, engines, how figures are shown.
import { setImmediate as nextTurn } from 'node:timers/promises';
import { during } from '../../gen/progress.ts';
import type { Progress } from '../../gen/progress.ts';
import { buildDhrystone, DHRYSTONE_FLAGS } from '../../firmware/dhrystone.ts';
import { embenchPrograms, EMBENCH_FLAGS } from '../../firmware/embench.ts';
import { compilerVersion, marchOf } from '../../firmware/compiler.ts';
import type { CoreConfig } from '../../hw/core/config.ts';
import { readElf } from '../../sim/elf-file.ts';
import type { CoreBenchRunner, CoreRun } from '../../sim/run-core.ts';
import { parseDhrystone } from '../dhrystone-report.ts';
import { geometric } from '../suite-report.ts';
import type { Built, DhrystoneFigures, EmbenchFigures, FailedProgram, MeasuredProgram } from '../suite-report.ts';

/** Longer than any program of either suite on the slowest core. */
const MOST_CYCLES = 500_000_000;

export interface SuiteSource {
  /** Folder of the user's copy. */
  readonly source: string;
  /** What to compile for, instead of all that the core has. */
  readonly march: string | undefined;
  /** Instead of the suite's own. */
  readonly flags: readonly string[] | undefined;
}

const builtFor = (march: string, flags: readonly string[]): Built => ({ march, compiler: compilerVersion(), flags: flags.join(' ') });

/** @throws UserError where the source is not there */
export async function runEmbench(
  runner: CoreBenchRunner, { isa }: CoreConfig, { source, march = marchOf(isa), flags = EMBENCH_FLAGS }: SuiteSource, progress: Progress,
): Promise<EmbenchFigures> {
  const programs: MeasuredProgram[] = [];
  const failed: FailedProgram[] = [];
  const suite = embenchPrograms({ source, isa, march, flags });
  await during(progress, 'Embench', async (task) => {
    for (const [i, { name, build, referenceMs }] of suite.entries()) {
      task.at(i / suite.length, name);
      // Building and running keep the event loop busy: who waits for it has its turn between programs.
      await nextTurn();
      const file = build();
      if (typeof file !== 'string') {
        failed.push({ name, fault: `not built: ${file.fault}` });
        continue;
      }
      const run = runner.run(readElf(file), MOST_CYCLES);
      const fault = faultOf(run);
      if (fault !== undefined) failed.push({ name, fault });
      else programs.push({ name, ...between(run, referenceMs) });
    }
  });
  return { ...builtFor(march, flags), programs, failed, ...(programs.length === 0 ? {} : geometric(programs.map((p) => p.ratio))) };
}

function faultOf({ exit, cycles, marks }: CoreRun): string | undefined {
  if (exit === undefined) return `did not end within ${cycles} cycles`;
  if (exit !== 0) return `its result is wrong (exit ${exit})`;
  return marks.length === 2 && marks[0].value === 0 && marks[1].value === 1 ? undefined : 'does not tell when its work begins and ends';
}

/** What lies between the two marks that the board support makes around the work. */
function between({ marks: [before, after] }: CoreRun, referenceMs: number): Omit<MeasuredProgram, 'name'> {
  const cycles = (after.cycle - before.cycle) >>> 0;
  return { cycles, instructions: (after.instret - before.instret) >>> 0, ratio: (referenceMs * 1000) / cycles };
}

/** @throws UserError where the source is not there */
export function runDhrystone(
  runner: CoreBenchRunner, { isa }: CoreConfig, { source, march = marchOf(isa), flags = DHRYSTONE_FLAGS }: SuiteSource,
): DhrystoneFigures {
  const file = buildDhrystone({ source, isa, march, flags });
  const run = runner.run(readElf(file), MOST_CYCLES);
  const report = parseDhrystone(run.text);
  if (report === undefined) throw new Error(`${file}: ended with ${run.exit ?? 'nothing'} and without Dhrystone's report`);
  return { ...builtFor(march, flags), ...report };
}
