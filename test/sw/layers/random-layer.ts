// Layers of odd shapes: kernels that stick out, strides that leave pixels out, channels that fill no row.
import { windowed } from '../../../sw/layers/layer.ts';
import type { Layer, WindowedLayer } from '../../../sw/layers/layer.ts';
import { Rng } from '../../gen/rng.ts';

export function randomWindowed(seed: number): WindowedLayer {
  const random = new Rng(seed);
  const kind = random.pick(['conv', 'conv', 'depthwise', 'averagePool'] as const);
  const kernel = [random.between(1, 5), random.between(1, 5)] as const;
  const isPool = kind === 'averagePool';
  const padding = isPool || random.chance(0.3) ? 'valid' : 'same';
  // Without padding the kernel fits the image.
  const side = (): number => random.between(padding === 'valid' ? 5 : 1, 14);
  const input = { height: side(), width: side(), channels: random.pick([1, 2, 3, 5, 8, 13, 24]) };
  const channels = kind === 'conv' ? random.pick([1, 3, 8, 17, 40]) : input.channels;
  return windowed(kind, `random${seed}`, input, { kernel, stride: random.between(1, 3), padding, channels });
}

export function randomLayer(seed: number): Layer {
  const random = new Rng(seed + 1_000_000);
  const name = `random${seed}`;
  switch (random.below(8)) {
    case 0: return { kind: 'dense', name, inputs: random.between(1, 90), outputs: random.between(1, 60) };
    case 1: return { kind: 'add', name, input: { height: random.between(1, 9), width: random.between(1, 9), channels: random.between(1, 30) } };
    default: return randomWindowed(seed);
  }
}
