// `systole fpga` and `systole explore`: verbs of rooms that stand behind this one.
// Must not know: boards, sweeps.
import type { Command } from 'commander';
import type { ChipConfig } from '../../hw/soc/config.ts';
import { enter, isThere } from '../later.ts';
import { common, configOf } from '../options.ts';
import type { CommonOptions } from '../options.ts';
import { pairs, reporter } from '../output.ts';

const FPGA = 'fpga/flow.ts';
const EXPLORE = 'explore/sweep.ts';
type Json = Readonly<Record<string, unknown>>;
type OnProgress = (what: string, done: number, of: number) => void;
/** What the rooms offer: each gives the object for `--json`. */
type BuildBitstream = (options: { config: ChipConfig; board: string; outDir: string; onProgress: OnProgress }) => Promise<Json>;
type RunSweep = (options: { sweep: string; outDir: string; onProgress: OnProgress }) => Promise<Json>;

/** Adds the verbs whose rooms are there. */
export function addRooms(program: Command): void {
  if (isThere(FPGA)) {
    common(program.command('fpga').description('bitstream, utilisation and timing for a board'), ['systole fpga --board icebreaker --config nano', 'systole fpga --board icebreaker --config nano --json'])
      .requiredOption('--board <name>', 'the board')
      .option('--out <dir>', 'folder to write to', 'build/fpga')
      .action(async (options: CommonOptions & { board: string; out: string }) => {
        const config = configOf(options);
        const report = reporter(options.json === true);
        const build = await enter<BuildBitstream>(FPGA, 'buildBitstream', 'fpga');
        const result = await build({ config, board: options.board, outDir: options.out, onProgress: (what, done, of) => report.progress(what, done, of) });
        report.result(result, () => summary(result));
      });
  }
  if (isThere(EXPLORE)) {
    common(program.command('explore').description('compare chips by speed, area and energy'), ['systole explore explore/sweeps/base.toml', 'systole explore sweep.toml --out build/explore --json'])
      .argument('<sweep>', 'a TOML file')
      .option('--out <dir>', 'folder to write to', 'build/explore')
      .action(async (sweep: string, options: CommonOptions & { out: string }) => {
        const report = reporter(options.json === true);
        const run = await enter<RunSweep>(EXPLORE, 'runSweep', 'explore');
        const result = await run({ sweep, outDir: options.out, onProgress: (what, done, of) => report.progress(what, done, of) });
        report.result(result, () => summary(result));
      });
  }
}

/** The plain values of a result. */
function summary(result: Json): string {
  return pairs(Object.fromEntries(Object.entries(result).filter((entry): entry is [string, string | number] => ['string', 'number'].includes(typeof entry[1]))));
}
