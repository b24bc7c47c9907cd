// What training can be told, and what the committed network was trained with.
// Must not know: how training works.
import type { DigitSplit } from '../data/mnist-digits.ts';

export interface TrainOptions {
  /** Passes over the training digits. */
  readonly epochs: number;
  /** Seeds the initial weights, the order of the digits and their distortions. */
  readonly seed: number;
  /** Units of the hidden layer; ggml's example reads 500 only. */
  readonly hidden: number;
  /** Digits per step. */
  readonly batch: number;
  /** Adam's step at the start; it falls in a straight line to zero at the end. */
  readonly learningRate: number;
  /** How far every digit is distorted anew each time it is shown; see `randomDistortion`. 0 shows it as it is. */
  readonly distortion: number;
  /** Digits to learn from and to be judged by; the project's split by default. */
  readonly digits?: DigitSplit;
}

/** What `models/mnist-fc.gguf` was trained with. */
export const DEFAULT_TRAIN_OPTIONS: TrainOptions = {
  epochs: 60, seed: 1, hidden: 500, batch: 50, learningRate: 1e-3, distortion: 1,
};
