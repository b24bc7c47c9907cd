// `systole explore`: the verb of a room that grows beside this one; it is listed when the room is there.
// Must not know: sweeps.
import type { Command } from 'commander';
import { enter, isThere } from '../later.ts';
import { common } from '../options.ts';
import type { CommonOptions } from '../options.ts';
import { pairs, reporter } from '../output.ts';

const EXPLORE = 'explore/sweep.ts';
type Json = Readonly<Record<string, unknown>>;
/** What the room offers: the object for `--json`, with a list of `points`. */
type RunSweep = (options: { sweep: string; outDir: string; onProgress: (what: string, done: number, of: number) => void }) => Promise<Json>;

export function addExplore(program: Command): void {
  if (!isThere(EXPLORE)) return;
  const examples = ['systole explore sweep.toml', 'systole explore sweep.toml --out build/explore --json'];
  common(program.command('explore').description('compare chips by speed, area and energy'), examples)
    .argument('<sweep>', 'a TOML file')
    .option('--out <dir>', 'folder to write to', 'build/explore')
    .action(async (sweep: string, options: CommonOptions & { out: string }) => {
      const report = reporter(options.json === true);
      const run = await enter<RunSweep>(EXPLORE, 'runSweep', 'explore');
      const result = await run({ sweep, outDir: options.out, onProgress: (what, done, of) => report.progress(what, done, of) });
      report.result(result, () => summary(result));
    });
}

/** The plain values of a result. */
function summary(result: Json): string {
  const isPlain = (entry: [string, unknown]): entry is [string, string | number] => ['string', 'number'].includes(typeof entry[1]);
  return pairs(Object.fromEntries(Object.entries(result).filter(isPlain)));
}
