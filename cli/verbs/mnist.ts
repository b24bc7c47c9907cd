// `systole mnist`: real digits through the chip.
// Must not know: how they get there.
import type { Command } from 'commander';
import { numberText } from '../../gen/number-text.ts';
import type { MnistResult } from '../../sw/mnist.ts';
import { openMachine } from '../engines.ts';
import type { EngineName } from '../engines.ts';
import { SHARED, configOf } from '../options.ts';
import type { ChipOptions } from '../options.ts';
import { pairs, reporter } from '../output.ts';
import { addVerb } from '../verb.ts';

interface MnistVerbOptions extends ChipOptions {
  readonly model: string;
  readonly images: number;
  readonly batch?: number;
  readonly engine: EngineName;
}

export function addMnist(program: Command): void {
  addVerb(program, 'mnist', {
    summary: 'run handwritten digits, held out of training, through the chip',
    examples: ['systole mnist', 'systole mnist --images 500 --config edge', 'systole mnist --engine model --json'],
    options: [
      SHARED.config({ value: 'base' }), SHARED.engine(), SHARED.model(), SHARED.images(100),
      SHARED.batch('images in one run of the program (default: all, at most 100)'), SHARED.json(),
    ],
  })
    .action((options: MnistVerbOptions) => mnist(options));
}

async function mnist(options: MnistVerbOptions): Promise<void> {
  const config = configOf(options);
  const { runMnist } = await import('../../sw/mnist.ts');
  const report = reporter('mnist', options.json === true);
  const result = await runMnist({
    model: options.model, images: options.images, config, open: (chip) => openMachine(chip, options.engine, report.note),
    progress: report,
    ...(options.batch === undefined ? {} : { batch: options.batch }),
  });
  const { images, cycles, cyclesPerSecond } = result;
  report.result({ config, model: options.model, ...result }, () => pairs({
    chip: config.name, engine: result.engine, images, digits: digitsText(result), batch: batchText(result),
    accuracy: `${share(result.accuracy)} (${count(result.correct)} of ${count(images)}; in floating point ${share(result.floatAccuracy)})`,
    agreement: `${share(result.agreement)} with floating point`,
    'multiply-accumulates': result.macs,
    cycles,
    'cycles per image': cycles === undefined ? undefined : numberText(result.cyclesPerImage, 'decimal'),
    utilization: cycles === undefined ? undefined : share(result.utilization),
    'cycles per second': cyclesPerSecond === undefined ? undefined : numberText(cyclesPerSecond, 'decimal'),
    'estimated cycles': result.estimatedCycles, seconds: numberText(result.seconds, 'seconds'),
  }));
}

const share = (value: number | undefined): string => numberText(value, 'share');
const count = (value: number): string => numberText(value, 'count');

/** A program of a fixed batch computes all of it, whatever is asked for. */
function batchText({ batch, images }: MnistResult): string {
  const empty = Math.ceil(images / batch) * batch - images;
  return `${count(batch)} images a run${empty === 0 ? '' : `; blank ones in the last run: ${count(empty)}, and their cycles count`}`;
}

/** Accuracy says little of a network that was trained on the digits that it is shown. */
function digitsText({ split: { heldOut, training }, trainedOn }: MnistResult): string {
  const counts = [`${count(heldOut)} held out of Systole's training`, ...(training > 0 ? [`${count(training)} of its training digits`] : [])].join(' and ');
  return trainedOn === 'unknown' ? `${counts}; whether this model was trained on them is not known` : counts;
}
