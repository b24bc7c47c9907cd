// Trains mnist-fc and gives the GGUF content that ggml's own mnist example reads.
// Must not know: the command line, paths.
import { SILENT } from '../../gen/progress.ts';
import type { Progress } from '../../gen/progress.ts';
import { DIGIT_CLASSES, DIGIT_PIXELS, loadMnistSplit } from '../data/mnist-digits.ts';
import { Random } from '../data/random.ts';
import { encodeTensor } from '../formats/gguf.ts';
import type { GgufContent } from '../formats/gguf.ts';
import { Adam } from './adam.ts';
import { distortDigit, randomDistortion } from './distort.ts';
import { FcPass, countCorrect, initialArrays, zeroArrays } from './mnist-fc-net.ts';
import type { FcArrays } from './mnist-fc-net.ts';
import { DEFAULT_TRAIN_OPTIONS } from './train-options.ts';
import type { TrainOptions } from './train-options.ts';

export interface TrainProgress {
  /** 1..epochs */
  readonly epoch: number;
  readonly epochs: number;
  /** Mean probability given to the right label over the epoch's (distorted) digits. */
  readonly confidence: number;
}

export interface TrainResult {
  readonly net: FcArrays;
  readonly heldOutCount: number;
  /** Of the held-out digits, after the last epoch. A run never looks at them before: the last epoch counts, not the best one. */
  readonly heldOutCorrect: number;
  /** The model file's content. */
  readonly content: GgufContent;
}

/**
 * Trains on one core. The same options give the same result bit for bit on every machine:
 * only IEEE additions, multiplications, divisions and square roots are used, in a fixed order.
 */
export function trainMnistFc(
  options: TrainOptions = DEFAULT_TRAIN_OPTIONS, onEpoch: (epoch: TrainProgress) => void = () => {}, progress: Progress = SILENT,
): TrainResult {
  const { train, heldOut } = options.digits ?? loadMnistSplit();
  const random = new Random(options.seed);
  const net = initialArrays(options.hidden, random);
  const gradient = zeroArrays(options.hidden);
  const gradients = arrayList(gradient);
  const adam = new Adam(arrayList(net));
  const pass = new FcPass(options.hidden);
  const shown = new Uint8Array(DIGIT_PIXELS);
  const order = Uint32Array.from({ length: train.count }, (_, index) => index);
  const stepsPerEpoch = Math.ceil(train.count / options.batch);

  const task = progress.start('training');
  for (let epoch = 0; epoch < options.epochs; epoch += 1) {
    random.shuffle(order);
    let confidence = 0;
    for (let step = 0; step < stepsPerEpoch; step += 1) {
      const batch = order.subarray(step * options.batch, (step + 1) * options.batch);
      for (const digit of batch) {
        distortDigit(shown, train.pixels, digit * DIGIT_PIXELS, randomDistortion(random, options.distortion));
        pass.forward(net, shown, 0);
        confidence += pass.backward(net, gradient, shown, 0, train.labels[digit], 1 / batch.length);
      }
      const steps = epoch * stepsPerEpoch + step;
      adam.step(gradients, options.learningRate * (1 - steps / (options.epochs * stepsPerEpoch)));
      task.at((steps + 1) / (options.epochs * stepsPerEpoch), `epoch ${epoch + 1} of ${options.epochs}`);
    }
    onEpoch({ epoch: epoch + 1, epochs: options.epochs, confidence: confidence / train.count });
  }
  task.end();
  return {
    net,
    heldOutCount: heldOut.count,
    heldOutCorrect: countCorrect(net, heldOut.pixels, heldOut.labels),
    content: mnistFcContent(net),
  };
}

/** The file content: one key, four F32 tensors, in the order in which ggml's example writes them. */
export function mnistFcContent(net: FcArrays): GgufContent {
  const hidden = net.bias1.length;
  return {
    keyValues: [['general.architecture', { type: 'string', value: 'mnist-fc' }]],
    tensors: [
      f32('fc1.weight', [DIGIT_PIXELS, hidden], transpose(net.weights1, DIGIT_PIXELS, hidden)),
      f32('fc1.bias', [hidden], net.bias1),
      f32('fc2.weight', [hidden, DIGIT_CLASSES], net.weights2),
      f32('fc2.bias', [DIGIT_CLASSES], net.bias2),
    ],
  };
}

function f32(name: string, dimensions: readonly number[], values: Float32Array): GgufContent['tensors'][number] {
  return { name, type: 'F32', dimensions, data: encodeTensor('F32', values) };
}

/** `[rows][columns] → [columns][rows]` */
function transpose(matrix: Float32Array, rows: number, columns: number): Float32Array {
  return Float32Array.from(matrix, (_, index) => matrix[index % rows * columns + Math.floor(index / rows)]);
}

function arrayList(arrays: FcArrays): readonly Float32Array[] {
  return [arrays.weights1, arrays.bias1, arrays.weights2, arrays.bias2];
}
