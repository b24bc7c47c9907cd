// Tensor data of a GGUF file: raw bytes to and from Float32Array, for the types F32, F16 and Q8_0.
// Must not know: any architecture.
import { UserError } from '../../gen/user-error.ts';
import { TENSOR_TYPES, quoteName } from './gguf-types.ts';
import type { GgufFile, GgufTensor, TensorType } from './gguf-types.ts';
import { halfToNumber, numberToHalf } from './half.ts';

interface FloatCodec {
  decode(view: DataView, out: Float32Array): void;
  encode(values: Float32Array, view: DataView): void;
}

/** The types whose values can be had as floats. A further type is a further entry. */
const CODECS = {
  F32: {
    decode: (view, out) => {
      for (let index = 0; index < out.length; index += 1) out[index] = view.getFloat32(4 * index, true);
    },
    encode: (values, view) => values.forEach((value, index) => view.setFloat32(4 * index, value, true)),
  },
  F16: {
    decode: (view, out) => {
      for (let index = 0; index < out.length; index += 1) out[index] = halfToNumber(view.getUint16(2 * index, true));
    },
    encode: (values, view) => values.forEach((value, index) => view.setUint16(2 * index, numberToHalf(value), true)),
  },
  Q8_0: { decode: decodeQ8, encode: encodeQ8 },
} as const satisfies Partial<Record<TensorType, FloatCodec>>;

/** No weights of a chip with at most 1 GiB of memory need more, and a damaged or foreign file may declare anything. */
export const MAX_TENSOR_ELEMENTS = 2 ** 28;
export const MAX_TENSOR_BYTES = 2 ** 30;

export type FloatTensorType = keyof typeof CODECS;
export const FLOAT_TENSOR_TYPES = Object.keys(CODECS) as readonly FloatTensorType[];

/** The table entry of a tensor that must be there. @throws UserError naming the tensors that are. */
export function requireTensor(file: GgufFile, name: string): GgufTensor {
  const tensor = file.tensors.get(name);
  if (tensor === undefined) {
    const names = [...file.tensors.keys()];
    const known = names.length === 0 ? 'no tensors' : names.slice(0, 8).map(quoteName).join(', ') + (names.length > 8 ? ', …' : '');
    throw new UserError(`${file.source.label}: tensor ${quoteName(name)}: is missing; the file has ${known}`);
  }
  return tensor;
}

/** The encoded data of a tensor, copied out of the file. @throws UserError for one that is absent or too large */
export function tensorBytes(file: GgufFile, name: string): Uint8Array {
  const tensor = requireTensor(file, name);
  const { elementCount, byteLength } = tensor;
  if (elementCount > MAX_TENSOR_ELEMENTS || byteLength > MAX_TENSOR_BYTES) {
    throw new UserError(
      `${file.source.label}: tensor ${quoteName(name)}: has ${elementCount} elements in ${byteLength} bytes; at most ${MAX_TENSOR_ELEMENTS} in `
      + `${MAX_TENSOR_BYTES} are read, use a smaller model`,
    );
  }
  return file.source.read(file.dataOffset + tensor.offset, tensor.byteLength);
}

/**
 * The values of a tensor as floats, in the file's order (dimension 0 fastest). F32 is exact, F16 is exact,
 * Q8_0 is `scale * q` rounded once to float32. NaN and infinities pass through.
 * @throws UserError for an absent tensor or a type that is not among `FLOAT_TENSOR_TYPES`.
 */
export function tensorAsF32(file: GgufFile, name: string): Float32Array {
  const tensor = requireTensor(file, name);
  if (!isFloatTensorType(tensor.type)) {
    throw new UserError(
      `${file.source.label}: tensor ${quoteName(name)}: has type ${tensor.type}, which cannot be read yet; `
      + `convert it to ${FLOAT_TENSOR_TYPES.join(', ')}`,
    );
  }
  const bytes = tensorBytes(file, name);
  const out = new Float32Array(tensor.elementCount);
  CODECS[tensor.type].decode(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), out);
  return out;
}

export function isFloatTensorType(type: TensorType): type is FloatTensorType {
  return Object.hasOwn(CODECS, type);
}

/**
 * The data of a tensor to write. F16 rounds to nearest even; Q8_0 takes blocks of 32 with `scale = max|x| / 127`, stored as F16,
 * and `q = x / scale` with the unrounded scale, ties away from zero (ggml's reference quantiser).
 * @param values for Q8_0 a multiple of 32 values
 */
export function encodeTensor(type: FloatTensorType, values: Float32Array): Uint8Array {
  const { blockElements, blockBytes } = TENSOR_TYPES[type];
  if (values.length % blockElements !== 0) {
    throw new UserError(`${type} data to write: has ${values.length} values; give a multiple of ${blockElements}`);
  }
  const bytes = new Uint8Array(values.length / blockElements * blockBytes);
  CODECS[type].encode(values, new DataView(bytes.buffer));
  return bytes;
}

const { blockElements: Q8_ELEMENTS, blockBytes: Q8_BYTES } = TENSOR_TYPES.Q8_0;

function decodeQ8(view: DataView, out: Float32Array): void {
  for (let block = 0; block * Q8_ELEMENTS < out.length; block += 1) {
    const scale = halfToNumber(view.getUint16(block * Q8_BYTES, true));
    for (let index = 0; index < Q8_ELEMENTS; index += 1) {
      out[block * Q8_ELEMENTS + index] = scale * view.getInt8(block * Q8_BYTES + 2 + index);
    }
  }
}

function encodeQ8(values: Float32Array, view: DataView): void {
  for (let block = 0; block * Q8_ELEMENTS < values.length; block += 1) {
    const items = values.subarray(block * Q8_ELEMENTS, (block + 1) * Q8_ELEMENTS);
    // ggml computes in float32: both the scale and its inverse are rounded.
    const scale = Math.fround(items.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0) / 127);
    const inverse = scale === 0 ? 0 : Math.fround(1 / scale);
    view.setUint16(block * Q8_BYTES, numberToHalf(scale), true);
    items.forEach((value, index) => {
      const scaled = Math.fround(value * inverse);
      view.setInt8(block * Q8_BYTES + 2 + index, Math.sign(scaled) * Math.round(Math.abs(scaled)));
    });
  }
}
