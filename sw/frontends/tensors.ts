// What every front end asks of a GGUF file: a tensor of the right type and rank, as floats that are numbers.
// Must not know: a single architecture.
import { UserError } from '../../gen/user-error.ts';
import { FLOAT_TENSOR_TYPES, isFloatTensorType, quoteName, requireTensor, tensorAsF32 } from '../formats/gguf.ts';
import type { GgufFile } from '../formats/gguf.ts';

/** A tensor as a front end wants it. */
export interface ModelTensor {
  readonly name: string;
  /** Row-major, outermost first: the reverse of GGUF's order. */
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/**
 * Loads a tensor of `expected.length` dimensions. Sizes of 1 beyond that rank are dropped, as ggml does.
 * @param expected in GGUF's order (dimension 0 fastest); a string stands for a size that is free, and names it in messages
 * @throws UserError for a missing tensor, an unreadable type, a wrong shape, an empty dimension, a NaN or an infinity
 */
export function loadTensor(file: GgufFile, name: string, expected: readonly (number | string)[]): ModelTensor {
  const fail = (text: string): never => {
    throw new UserError(`${file.source.label}: tensor ${quoteName(name)}: ${text}`);
  };
  const { type, dimensions } = requireTensor(file, name);
  if (!isFloatTensorType(type)) fail(`has type ${type}; make it ${FLOAT_TENSOR_TYPES.join(', ')}`);
  const sizes = [...dimensions, ...expected.map(() => 1)].slice(0, Math.max(expected.length, trimmedLength(dimensions)));
  const fits = sizes.length === expected.length
    && sizes.every((size, index) => typeof expected[index] === 'string' ? size >= 1 : size === expected[index]);
  if (!fits) fail(`has shape [${dimensions.join(', ')}]; make it [${expected.join(', ')}]`);
  const data = tensorAsF32(file, name);
  const bad = data.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0) fail(`element ${bad} is ${data[bad]}; train or convert the model again so that all weights are finite numbers`);
  return { name, shape: sizes.reverse(), data };
}

/** The number of dimensions without trailing ones. */
function trimmedLength(dimensions: readonly number[]): number {
  return dimensions.findLastIndex((size) => size !== 1) + 1;
}
