import { describe, expect, it } from 'vitest';
import { DIGIT_PIXELS } from '../../../sw/data/mnist-digits.ts';
import { Random } from '../../../sw/data/random.ts';
import { FcPass, initialArrays, zeroArrays } from '../../../sw/train/mnist-fc-net.ts';
import type { FcArrays } from '../../../sw/train/mnist-fc-net.ts';

const HIDDEN = 6;
const LABEL = 3;

describe('the gradient of mnist-fc', () => {
  const random = new Random(11);
  const net = initialArrays(HIDDEN, random);
  net.bias1.forEach((_, index) => { net.bias1[index] = random.unit() - 0.3; });
  const pixels = Uint8Array.from({ length: DIGIT_PIXELS }, () => random.below(4) === 0 ? random.below(256) : 0);
  const pass = new FcPass(HIDDEN);

  const loss = (): number => {
    pass.forward(net, pixels, 0);
    const sum = pass.logits.reduce((total, logit) => total + Math.exp(logit), 0);
    return Math.log(sum) - pass.logits[LABEL];
  };
  const gradient = zeroArrays(HIDDEN);
  pass.forward(net, pixels, 0);
  const confidence = pass.backward(net, gradient, pixels, 0, LABEL, 1);

  it('agrees with differences of the loss in every array', () => {
    for (const name of ['weights1', 'bias1', 'weights2', 'bias2'] as const satisfies readonly (keyof FcArrays)[]) {
      const array = net[name];
      const checked = Array.from({ length: 12 }, () => random.below(array.length));
      for (const index of checked) {
        const original = array[index];
        array[index] = original + 2 ** -8;
        const above = loss();
        array[index] = original - 2 ** -8;
        const below = loss();
        array[index] = original;
        expect((above - below) / 2 ** -7).toBeCloseTo(gradient[name][index], 3);
      }
    }
  });

  it('comes with the probability of the right label', () => {
    expect(confidence).toBeCloseTo(Math.exp(-loss()), 6);
  });
});
