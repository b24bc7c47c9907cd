// `systole mnist`: real digits through the chip.
// Must not know: how they get there.
import type { Command } from 'commander';
import { openMachine } from '../engines.ts';
import type { EngineName } from '../engines.ts';
import { DEFAULT_MODEL, common, configOf, wholeNumber, withEngine } from '../options.ts';
import type { CommonOptions } from '../options.ts';
import { pairs, percent, reporter } from '../output.ts';

interface MnistVerbOptions extends CommonOptions {
  readonly model: string;
  readonly images: number;
  readonly batch?: number;
  readonly engine: EngineName;
}

export function addMnist(program: Command): void {
  withEngine(common(program.command('mnist').description('run handwritten digits, held out of training, through the chip'), [
    'systole mnist', 'systole mnist --images 500 --config edge', 'systole mnist --engine model --json',
  ]))
    .option('--model <file>', 'a GGUF file', DEFAULT_MODEL)
    .option('--images <n>', 'how many digits', wholeNumber('--images', 1, 1_000_000), 100)
    .option('--batch <n>', 'images in one run of the program (default: all, at most 100)', wholeNumber('--batch', 1, 1_000_000))
    .action((options: MnistVerbOptions) => mnist(options));
}

async function mnist(options: MnistVerbOptions): Promise<void> {
  const config = configOf(options);
  const { runMnist } = await import('../../sw/mnist.ts');
  const report = reporter(options.json === true);
  const result = await runMnist({
    model: options.model, images: options.images, config, open: (chip) => openMachine(chip, options.engine, report.note),
    progress: report,
    ...(options.batch === undefined ? {} : { batch: options.batch }),
  });
  report.result({ ...result, config: config.name }, () => pairs({
    chip: config.name, engine: result.engine, images: result.images,
    accuracy: `${percent(result.accuracy)} (${result.correct} of ${result.images}; in floating point ${percent(result.floatAccuracy)})`,
    agreement: `${percent(result.agreement)} with floating point`,
    'multiply-accumulates': result.macs,
    ...(result.cycles === null ? { cycles: 'the model has no time' } : {
      cycles: result.cycles, 'cycles per image': result.cyclesPerImage ?? 0, utilization: percent(result.utilization ?? 0),
      'cycles per second': Math.round(result.cyclesPerSecond ?? 0),
    }),
    'estimated cycles': result.estimatedCycles, seconds: result.seconds,
  }));
}
