// Networks by which small accelerators are compared, as shapes of their layers: those of MLPerf Tiny (mlcommons/tiny, "Closed division"
// reference models). Softmax, which the core computes, is not among them.
// Must not know: chips, numbers.
import { windowed } from './layer.ts';
import type { DenseLayer, ImageShape, Layer, Network, WindowOptions, WindowedKind, WindowedLayer } from './layer.ts';

/** Layers one behind the other: each takes what the one before gave. */
class Stack {
  readonly layers: Layer[] = [];
  constructor(public shape: ImageShape) {}

  add(kind: WindowedKind, name: string, options: WindowOptions, from: ImageShape = this.shape): WindowedLayer {
    const layer = windowed(kind, name, from, options);
    this.layers.push(layer);
    this.shape = layer.output;
    return layer;
  }

  pool(kernel: readonly [number, number]): void {
    this.add('averagePool', 'pool', { kernel, stride: kernel[0], padding: 'valid' });
  }

  dense(outputs: number): void {
    const { height, width, channels } = this.shape;
    this.layers.push({ kind: 'dense', name: 'dense', inputs: height * width * channels, outputs });
  }
}

const image = (height: number, width: number, channels: number): ImageShape => ({ height, width, channels });
const SQUARE = { kernel: [3, 3] } as const;

/** Image classification: ResNet-8 on CIFAR-10. */
function resnet8(): Network {
  const net = new Stack(image(32, 32, 3));
  net.add('conv', 'conv', { ...SQUARE, channels: 16 });
  for (const [block, channels] of [16, 32, 64].entries()) {
    const from = net.shape;
    const stride = block === 0 ? 1 : 2;
    const name = `block${block + 1}`;
    net.add('conv', `${name}.conv1`, { ...SQUARE, stride, channels });
    net.add('conv', `${name}.conv2`, { ...SQUARE, channels });
    if (stride > 1) net.add('conv', `${name}.skip`, { stride, channels }, from);
    net.layers.push({ kind: 'add', name: `${name}.add`, input: net.shape });
  }
  net.pool([8, 8]);
  net.dense(10);
  return { name: 'resnet8', layers: net.layers };
}

/** Keyword spotting: DS-CNN on 49 frames of 10 coefficients. */
function dscnn(): Network {
  const net = new Stack(image(49, 10, 1));
  net.add('conv', 'conv', { kernel: [10, 4], stride: 2, channels: 64 });
  for (let block = 1; block <= 4; block += 1) {
    net.add('depthwise', `block${block}.depthwise`, SQUARE);
    net.add('conv', `block${block}.pointwise`, {});
  }
  net.pool([25, 5]);
  net.dense(12);
  return { name: 'dscnn', layers: net.layers };
}

/** Visual wake words: MobileNetV1 at a quarter of its channels, on 96 × 96 pixels. */
function mobilenet025(): Network {
  const net = new Stack(image(96, 96, 3));
  net.add('conv', 'conv', { ...SQUARE, stride: 2, channels: 8 });
  const blocks = [
    [1, 16], [2, 32], [1, 32], [2, 64], [1, 64], [2, 128], [1, 128], [1, 128], [1, 128], [1, 128], [1, 128], [2, 256], [1, 256],
  ];
  for (const [index, [stride, channels]] of blocks.entries()) {
    net.add('depthwise', `block${index + 1}.depthwise`, { ...SQUARE, stride });
    net.add('conv', `block${index + 1}.pointwise`, { channels });
  }
  net.pool([3, 3]);
  net.dense(2);
  return { name: 'mobilenet025', layers: net.layers };
}

/** Anomaly detection: an autoencoder, one frame at a time. */
function ad01(): Network {
  const sizes = [640, 128, 128, 128, 128, 8, 128, 128, 128, 128, 640];
  const layers = sizes.slice(1).map((outputs, index): DenseLayer => ({ kind: 'dense', name: `dense${index + 1}`, inputs: sizes[index], outputs }));
  return { name: 'ad01', layers };
}

export const NETWORK_NAMES = ['resnet8', 'dscnn', 'mobilenet025', 'ad01'] as const;
export type NetworkName = (typeof NETWORK_NAMES)[number];

export const NETWORKS: Readonly<Record<NetworkName, () => Network>> = { resnet8, dscnn, mobilenet025, ad01 };
