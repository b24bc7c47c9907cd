// The front door of the GGUF format: what other rooms import.
// Must not know: any architecture.
export { GGUF_FILE, readGguf, readGgufFile, parseGguf } from './gguf-reader.ts';
export { encodeGguf, writeGgufFile } from './gguf-writer.ts';
export type { GgufContent, GgufTensorContent } from './gguf-writer.ts';
export { FLOAT_TENSOR_TYPES, encodeTensor, isFloatTensorType, requireTensor, tensorAsF32, tensorBytes } from './gguf-tensor.ts';
export type { FloatTensorType } from './gguf-tensor.ts';
export { GGUF_VALUE_TYPES, TENSOR_TYPES, quoteName } from './gguf-types.ts';
export type {
  GgufArray, GgufFile, GgufNumberType, GgufTensor, GgufValue, GgufValueType, TensorType, TensorTypeLayout,
} from './gguf-types.ts';
