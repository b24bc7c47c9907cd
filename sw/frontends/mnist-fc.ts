// The architecture `mnist-fc`: two fully connected layers with a ReLU between, as ggml's examples/mnist writes it.
// Must not know: training, quantisation.
import type { GgufFile } from '../formats/gguf.ts';
import { GraphBuilder } from '../graph/builder.ts';
import type { Graph } from '../graph/graph.ts';
import { loadTensor } from './tensors.ts';

/** ggml's example divides each byte by 255. */
const PIXEL_NORMALISATION = { rawType: 'uint8', scale: 1 / 255, zeroPoint: 0 } as const;

/**
 * `image [1,K] → relu(image · fc1ᵀ + b1) [1,H] → · fc2ᵀ + b2 → logits [1,C]`; K, H and C are read from the tensors
 * `fc1.weight` ne=[K,H], `fc1.bias` [H], `fc2.weight` [H,C], `fc2.bias` [C] (GGUF's order, so both weights are row-major `[N][K]`).
 * @throws UserError for a missing tensor, a wrong shape or an unreadable type
 */
export function importMnistFc(file: GgufFile): Graph {
  const weight1 = loadTensor(file, 'fc1.weight', ['inputs', 'hidden']);
  const [hidden, inputs] = weight1.shape;
  const bias1 = loadTensor(file, 'fc1.bias', [hidden]);
  const weight2 = loadTensor(file, 'fc2.weight', [hidden, 'classes']);
  const bias2 = loadTensor(file, 'fc2.bias', [weight2.shape[0]]);

  const graph = new GraphBuilder('mnist-fc');
  const [w1, b1, w2, b2] = [weight1, bias1, weight2, bias2].map(({ name, shape, data }) => graph.constant(name, shape, data));
  const image = graph.input('image', [1, inputs], PIXEL_NORMALISATION);
  const sum1 = graph.addBias('fc1.sum', graph.matmul('fc1.product', image, w1), b1);
  const fc1 = graph.relu('fc1', sum1);
  const logits = graph.addBias('logits', graph.matmul('fc2.product', fc1, w2), b2);
  return graph.finish([logits]);
}
