// The trainable network mnist-fc: 784 inputs, one hidden ReLU layer, 10 logits, softmax cross entropy. Forward and gradient.
// Must not know: where digits come from, optimisers, files.
import { DIGIT_CLASSES, DIGIT_PIXELS } from '../data/mnist-digits.ts';
import type { Random } from '../data/random.ts';
import { portableExp } from './portable-exp.ts';

/** The arrays of the network, or their gradients. `H` is the hidden size. */
export interface FcArrays {
  /** `[784][H]`: transposed, so that the many zero pixels skip whole rows. */
  readonly weights1: Float32Array;
  /** `[H]` */
  readonly bias1: Float32Array;
  /** `[10][H]` */
  readonly weights2: Float32Array;
  /** `[10]` */
  readonly bias2: Float32Array;
}

export function zeroArrays(hidden: number): FcArrays {
  return {
    weights1: new Float32Array(DIGIT_PIXELS * hidden),
    bias1: new Float32Array(hidden),
    weights2: new Float32Array(DIGIT_CLASSES * hidden),
    bias2: new Float32Array(DIGIT_CLASSES),
  };
}

/** Weights uniform in ±sqrt(6 / fan-in) (K. He et al. 2015, for ReLU), biases zero. */
export function initialArrays(hidden: number, random: Random): FcArrays {
  const arrays = zeroArrays(hidden);
  fillUniform(arrays.weights1, Math.sqrt(6 / DIGIT_PIXELS), random);
  fillUniform(arrays.weights2, Math.sqrt(6 / hidden), random);
  return arrays;
}

function fillUniform(target: Float32Array, limit: number, random: Random): void {
  for (let index = 0; index < target.length; index += 1) target[index] = (2 * random.unit() - 1) * limit;
}

/** Room for one digit's pass through the network; reused, so that training allocates nothing. */
export class FcPass {
  readonly logits = new Float64Array(DIGIT_CLASSES);
  private readonly hiddenSize: number;
  private readonly hidden: Float32Array;
  private readonly hiddenGradient: Float32Array;
  private readonly activePixels = new Uint16Array(DIGIT_PIXELS);
  private activeCount = 0;

  constructor(hiddenSize: number) {
    this.hiddenSize = hiddenSize;
    this.hidden = new Float32Array(hiddenSize);
    this.hiddenGradient = new Float32Array(hiddenSize);
  }

  /** Computes `logits` of one digit. `inputs` are the 784 pixels at `offset`, 0..255; the network sees `pixel / 255`. */
  forward(net: FcArrays, pixels: Uint8Array, offset: number): void {
    const { hidden, hiddenSize } = this;
    hidden.set(net.bias1);
    this.activeCount = 0;
    for (let pixel = 0; pixel < DIGIT_PIXELS; pixel += 1) {
      const byte = pixels[offset + pixel];
      if (byte === 0) continue;
      this.activePixels[this.activeCount++] = pixel;
      addScaled(hidden, byte / 255, net.weights1, pixel * hiddenSize);
    }
    for (let unit = 0; unit < hiddenSize; unit += 1) if (hidden[unit] < 0) hidden[unit] = 0;
    for (let label = 0; label < DIGIT_CLASSES; label += 1) {
      let sum = net.bias2[label];
      for (let unit = 0, at = label * hiddenSize; unit < hiddenSize; unit += 1, at += 1) sum += net.weights2[at] * hidden[unit];
      this.logits[label] = sum;
    }
  }

  /**
   * After `forward` of the same digit: adds `scale` times the gradient of the cross entropy to `gradient`.
   * Returns the probability the network gave to `label`.
   */
  backward(net: FcArrays, gradient: FcArrays, pixels: Uint8Array, offset: number, label: number, scale: number): number {
    const { hidden, hiddenGradient, hiddenSize } = this;
    const probabilities = softmax(this.logits);
    hiddenGradient.fill(0);
    for (let other = 0; other < DIGIT_CLASSES; other += 1) {
      const error = (probabilities[other] - (other === label ? 1 : 0)) * scale;
      gradient.bias2[other] += error;
      addScaled(hiddenGradient, error, net.weights2, other * hiddenSize);
      for (let unit = 0, at = other * hiddenSize; unit < hiddenSize; unit += 1, at += 1) gradient.weights2[at] += error * hidden[unit];
    }
    for (let unit = 0; unit < hiddenSize; unit += 1) {
      if (hidden[unit] === 0) hiddenGradient[unit] = 0;
      gradient.bias1[unit] += hiddenGradient[unit];
    }
    for (let index = 0; index < this.activeCount; index += 1) {
      const pixel = this.activePixels[index];
      const value = pixels[offset + pixel] / 255;
      const weights = gradient.weights1;
      for (let unit = 0, at = pixel * hiddenSize; unit < hiddenSize; unit += 1, at += 1) weights[at] += value * hiddenGradient[unit];
    }
    return probabilities[label];
  }
}

/** `target[i] += factor * source[start + i]` for all of `target`. */
function addScaled(target: Float32Array, factor: number, source: Float32Array, start: number): void {
  for (let index = 0; index < target.length; index += 1) target[index] += factor * source[start + index];
}

function softmax(logits: Float64Array): Float64Array {
  const largest = logits.reduce((a, b) => Math.max(a, b), -Infinity);
  const powers = logits.map((logit) => portableExp(logit - largest));
  const sum = powers.reduce((a, b) => a + b, 0);
  return powers.map((power) => power / sum);
}

/** How many of `labels` the network ranks first; `pixels` is `[labels.length][784]`. */
export function countCorrect(net: FcArrays, pixels: Uint8Array, labels: Uint8Array): number {
  const pass = new FcPass(net.bias1.length);
  let correct = 0;
  labels.forEach((label, index) => {
    pass.forward(net, pixels, index * DIGIT_PIXELS);
    let best = 0;
    for (let other = 1; other < DIGIT_CLASSES; other += 1) if (pass.logits[other] > pass.logits[best]) best = other;
    if (best === label) correct += 1;
  });
  return correct;
}
