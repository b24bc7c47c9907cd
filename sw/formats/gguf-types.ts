// The nouns of the GGUF file format: its value types, its tensor types, a parsed file. Facts from ggml's docs/gguf.md and
// ggml-common.h (block layouts), ggml v0.21.
// Must not know: how the bytes are read or written, any architecture.
import { printable } from '../../gen/printable.ts';
import type { ByteSource } from './byte-source.ts';

export const GGUF_VERSION = 3;
export const GGUF_DEFAULT_ALIGNMENT = 32;
export const ALIGNMENT_KEY = 'general.alignment';
export const MAX_DIMENSIONS = 4;

/** Longest tensor name in UTF-8 bytes that the format allows; ggml itself reads at most {@link MAX_WRITTEN_NAME_BYTES}. */
export const MAX_NAME_BYTES = 64;
export const MAX_WRITTEN_NAME_BYTES = 63;
export const MAX_KEY_BYTES = 65535;

/** Types of key-value pairs; a type's code in the file is its index here. */
export const GGUF_VALUE_TYPES = [
  'uint8', 'int8', 'uint16', 'int16', 'uint32', 'int32', 'float32', 'bool', 'string', 'array', 'uint64', 'int64', 'float64',
] as const;
export type GgufValueType = (typeof GGUF_VALUE_TYPES)[number];

export type GgufNumberType = 'uint8' | 'int8' | 'uint16' | 'int16' | 'uint32' | 'int32' | 'float32' | 'float64';

/** The values of an array, one representation for each element type. */
export type GgufArray =
  | { readonly elementType: 'uint8'; readonly values: Uint8Array }
  | { readonly elementType: 'int8'; readonly values: Int8Array }
  | { readonly elementType: 'uint16'; readonly values: Uint16Array }
  | { readonly elementType: 'int16'; readonly values: Int16Array }
  | { readonly elementType: 'uint32'; readonly values: Uint32Array }
  | { readonly elementType: 'int32'; readonly values: Int32Array }
  | { readonly elementType: 'float32'; readonly values: Float32Array }
  | { readonly elementType: 'float64'; readonly values: Float64Array }
  | { readonly elementType: 'uint64'; readonly values: BigUint64Array }
  | { readonly elementType: 'int64'; readonly values: BigInt64Array }
  | { readonly elementType: 'bool'; readonly values: readonly boolean[] }
  | { readonly elementType: 'string'; readonly values: readonly string[] }
  | { readonly elementType: 'array'; readonly values: readonly GgufArray[] };

/** One value of the key-value section. */
export type GgufValue =
  | { readonly type: GgufNumberType; readonly value: number }
  | { readonly type: 'uint64' | 'int64'; readonly value: bigint }
  | { readonly type: 'bool'; readonly value: boolean }
  | { readonly type: 'string'; readonly value: string }
  | { readonly type: 'array'; readonly value: GgufArray };

/** How a tensor type is laid out: `blockElements` neighbours along dimension 0 share `blockBytes` bytes. */
export interface TensorTypeLayout {
  readonly code: number;
  readonly blockElements: number;
  readonly blockBytes: number;
}

const layout = (code: number, blockElements: number, blockBytes: number): TensorTypeLayout => ({ code, blockElements, blockBytes });

/** Every tensor type ggml still accepts. Which of them can be turned into floats is said in `gguf-tensor.ts`. */
export const TENSOR_TYPES = {
  F32: layout(0, 1, 4),
  F16: layout(1, 1, 2),
  Q4_0: layout(2, 32, 18),
  Q4_1: layout(3, 32, 20),
  Q5_0: layout(6, 32, 22),
  Q5_1: layout(7, 32, 24),
  Q8_0: layout(8, 32, 34),
  Q8_1: layout(9, 32, 36),
  Q2_K: layout(10, 256, 84),
  Q3_K: layout(11, 256, 110),
  Q4_K: layout(12, 256, 144),
  Q5_K: layout(13, 256, 176),
  Q6_K: layout(14, 256, 210),
  Q8_K: layout(15, 256, 292),
  IQ2_XXS: layout(16, 256, 66),
  IQ2_XS: layout(17, 256, 74),
  IQ3_XXS: layout(18, 256, 98),
  IQ1_S: layout(19, 256, 50),
  IQ4_NL: layout(20, 32, 18),
  IQ3_S: layout(21, 256, 110),
  IQ2_S: layout(22, 256, 82),
  IQ4_XS: layout(23, 256, 136),
  I8: layout(24, 1, 1),
  I16: layout(25, 1, 2),
  I32: layout(26, 1, 4),
  I64: layout(27, 1, 8),
  F64: layout(28, 1, 8),
  IQ1_M: layout(29, 256, 56),
  BF16: layout(30, 1, 2),
  TQ1_0: layout(34, 256, 54),
  TQ2_0: layout(35, 256, 66),
  MXFP4: layout(39, 32, 17),
  NVFP4: layout(40, 64, 36),
  Q1_0: layout(41, 128, 18),
  Q2_0: layout(42, 64, 18),
} as const;
export type TensorType = keyof typeof TENSOR_TYPES;

const TENSOR_TYPE_BY_CODE: ReadonlyMap<number, TensorType> = new Map(
  (Object.keys(TENSOR_TYPES) as TensorType[]).map((type) => [TENSOR_TYPES[type].code, type]),
);

/** The tensor type of a code in a file, or undefined for a code that no type has (any more). */
export function tensorTypeOfCode(code: number): TensorType | undefined {
  return TENSOR_TYPE_BY_CODE.get(code);
}

/** One entry of the tensor table. */
export interface GgufTensor {
  readonly name: string;
  readonly type: TensorType;
  /** GGUF's order: dimension 0 varies fastest. A row-major `[N,K]` matrix is `[K, N]` here. Empty for a scalar. */
  readonly dimensions: readonly number[];
  readonly elementCount: number;
  /** Bytes from the start of the data section. */
  readonly offset: number;
  readonly byteLength: number;
}

/** A file whose header has been read and checked; tensor data is fetched on demand. Maps keep the file's order. */
export interface GgufFile {
  readonly source: ByteSource;
  readonly version: 2 | 3;
  readonly alignment: number;
  readonly keyValues: ReadonlyMap<string, GgufValue>;
  readonly tensors: ReadonlyMap<string, GgufTensor>;
  /** Byte of the file at which the data section starts. */
  readonly dataOffset: number;
}

/** The smallest multiple of `alignment` (a power of two) that is not below `offset`. Exact below 2^53. */
export function alignUp(offset: number, alignment: number): number {
  const rest = offset % alignment;
  return rest === 0 ? offset : offset + alignment - rest;
}

/**
 * A name from a file, safe to show on one line of a terminal: quoted, at most 64 characters,
 * with control, format and unassigned characters, quotes and backslashes escaped.
 */
export function quoteName(name: string): string {
  const characters = Array.from(name.slice(0, 130));
  const shown = printable(characters.slice(0, 64).join('').replace(/["\\]/g, '\\$&'));
  return `"${shown}${characters.length > 64 ? '…' : ''}"`;
}
