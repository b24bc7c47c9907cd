// `npm run train`: trains mnist-fc, prints its accuracy on the held-out digits and writes the model file.
// Must not know: how training works.
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { UserError } from '../../gen/user-error.ts';
import { writeGgufFile } from '../formats/gguf.ts';
import { DEFAULT_TRAIN_OPTIONS, trainMnistFc } from './train-mnist-fc.ts';

const DEFAULT_OUT = fileURLToPath(new URL('../../models/mnist-fc.gguf', import.meta.url));

const HELP = `usage: npm run train -- [--epochs N] [--seed N] [--out FILE]

Trains the network mnist-fc on the digits of the npm package mnist and writes it as a GGUF file.

  --epochs N   passes over the 8,500 training digits (default ${DEFAULT_TRAIN_OPTIONS.epochs})
  --seed N     0 to 4294967295; another seed, another network (default ${DEFAULT_TRAIN_OPTIONS.seed})
  --out FILE   where to write (default models/mnist-fc.gguf)
  --help       this text
`;

function main(args: readonly string[]): void {
  const values = parseOptions(args);
  if (values.help) {
    process.stdout.write(HELP);
    return;
  }
  const epochs = wholeNumber('--epochs', values.epochs, DEFAULT_TRAIN_OPTIONS.epochs, 1, 10_000);
  const seed = wholeNumber('--seed', values.seed, DEFAULT_TRAIN_OPTIONS.seed, 0, 0xffff_ffff);
  const out = values.out ?? DEFAULT_OUT;
  const start = performance.now();
  const result = trainMnistFc({ ...DEFAULT_TRAIN_OPTIONS, epochs, seed }, ({ epoch, confidence }) => {
    const seconds = ((performance.now() - start) / 1000).toFixed(0);
    process.stderr.write(`epoch ${epoch}/${epochs}: mean confidence ${confidence.toFixed(4)}, ${seconds} s\n`);
  });
  writeGgufFile(out, result.content);
  const percent = (100 * result.heldOutCorrect / result.heldOutCount).toFixed(2);
  process.stdout.write(`held-out accuracy ${percent} % (${result.heldOutCorrect} of ${result.heldOutCount}), written to ${out}\n`);
}

interface Options {
  readonly epochs?: string;
  readonly seed?: string;
  readonly out?: string;
  readonly help?: boolean;
}

function parseOptions(args: readonly string[]): Options {
  try {
    return parseArgs({
      args: [...args],
      options: { epochs: { type: 'string' }, seed: { type: 'string' }, out: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
    }).values;
  } catch (error) {
    throw new UserError(`train: ${error instanceof Error ? error.message : String(error)}; --help lists the options`);
  }
}

function wholeNumber(option: string, text: string | undefined, fallback: number, smallest: number, largest: number): number {
  if (text === undefined) return fallback;
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= smallest && value <= largest) return value;
  throw new UserError(`train: ${option} ${text}: is not a whole number from ${smallest} to ${largest}; give one`);
}

try {
  main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof UserError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 2;
}
