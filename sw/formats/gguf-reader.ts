// Reads and checks the header of a GGUF file (versions 2 and 3, little-endian). The file is taken to be hostile:
// every count is compared with the bytes that are left before anything is allocated or repeated.
// Must not know: any architecture or tensor name.
import type { InputKind } from '../../gen/files/input.ts';
import { UserError } from '../../gen/user-error.ts';
import { fileSource, memorySource } from './byte-source.ts';
import type { ByteSource } from './byte-source.ts';
import { GgufCursor } from './gguf-cursor.ts';
import {
  ALIGNMENT_KEY, GGUF_DEFAULT_ALIGNMENT, GGUF_VALUE_TYPES, MAX_DIMENSIONS, MAX_KEY_BYTES, MAX_NAME_BYTES, TENSOR_TYPES,
  alignUp, quoteName, tensorTypeOfCode,
} from './gguf-types.ts';
import type { GgufArray, GgufFile, GgufTensor, GgufValue, GgufValueType } from './gguf-types.ts';

/** A model file before it is read; it is read piece by piece, so it may be large. */
export const GGUF_FILE: InputKind = { wanted: 'give a GGUF file', mostBytes: 2 ** 40 };

const MAX_KEY_VALUES = 1 << 16;
const MAX_TENSORS = 1 << 16;
const MAX_STRING_BYTES = 1 << 26;
const MAX_ARRAY_DEPTH = 4;
/**
 * Elements of all arrays of a file together, which bounds the memory that they take: the largest vocabularies have about a quarter of
 * a million, with three or four arrays of as many.
 */
const MAX_ARRAY_ELEMENTS = 1 << 22;
/** An array in an array counts as so many elements more: empty, it has 12 bytes in the file and hundreds in memory. */
const ELEMENTS_OF_ARRAY = 32;

/** Fewest bytes a key-value pair can have: key length, one letter, type, one byte of value. */
const MIN_KEY_VALUE_BYTES = 8 + 1 + 4 + 1;
/** Fewest bytes an entry of the tensor table can have: name length, one letter, dimension count, type, offset. */
const MIN_TENSOR_BYTES = 8 + 1 + 4 + 4 + 8;

/** Bytes of one value; for strings and arrays the fewest that one can have. */
const MIN_VALUE_BYTES: Readonly<Record<GgufValueType, number>> = {
  uint8: 1, int8: 1, uint16: 2, int16: 2, uint32: 4, int32: 4, float32: 4, bool: 1, string: 8, array: 12, uint64: 8, int64: 8, float64: 8,
};

/**
 * Opens a GGUF file and checks its whole header.
 * @throws UserError naming the file, the byte or tensor, and the mend; never any other error, whatever the bytes are.
 */
export function readGgufFile(path: string): GgufFile {
  return readGguf(fileSource(path, GGUF_FILE));
}

/** The same for bytes in memory, which must stay unchanged; `label` stands for the path in messages. */
export function parseGguf(bytes: Uint8Array, label: string): GgufFile {
  return readGguf(memorySource(label, bytes));
}

/** The same for any source of bytes. */
export function readGguf(source: ByteSource): GgufFile {
  const cursor = new GgufCursor(source);
  checkMagic(cursor);
  const version = readVersion(cursor);
  const countsAt = cursor.offset;
  const tensorCount = cursor.uint64('the tensor count');
  const keyValueCount = cursor.uint64('the key-value count');
  checkCount(cursor, countsAt, 'tensors', tensorCount, MAX_TENSORS);
  checkCount(cursor, countsAt + 8, 'key-value pairs', keyValueCount, MAX_KEY_VALUES);
  const keyValues = readKeyValues(cursor, keyValueCount);
  const alignment = alignmentOf(source.label, keyValues);
  const tensors = readTensorTable(cursor, tensorCount, alignment);
  const dataOffset = tensors.size === 0 ? cursor.offset : alignUp(cursor.offset, alignment);
  checkTensorData(source, tensors, dataOffset);
  return { source, version, alignment, keyValues, tensors, dataOffset };
}

function checkMagic(cursor: GgufCursor): void {
  const magic = cursor.bytes(4, 'the magic "GGUF"');
  if (String.fromCharCode(...magic) === 'GGUF') return;
  const found = Array.from(magic, (byte) => byte.toString(16).padStart(2, '0')).join(' ');
  throw cursor.error(0, `starts with ${found}, not with 47 47 55 46 ("GGUF"); give a GGUF file`);
}

function readVersion(cursor: GgufCursor): 2 | 3 {
  const at = cursor.offset;
  const version = cursor.uint32('the version');
  if (version === 2 || version === 3) return version;
  // A small number read in the wrong byte order has its low half empty.
  if (version !== 0 && (version & 0xffff) === 0) {
    throw cursor.error(at, 'is a big-endian GGUF file; convert it to little-endian');
  }
  throw cursor.error(at, `is GGUF version ${version}; only 2 and 3 are read, convert it to version 3`);
}

function checkCount(cursor: GgufCursor, at: number, what: string, count: bigint, limit: number): void {
  if (count > limit) throw cursor.error(at, `declares ${count} ${what}; at most ${limit} are read, the file is damaged or not a model`);
}

function readKeyValues(cursor: GgufCursor, declared: bigint): Map<string, GgufValue> {
  const count = cursor.requireItems(declared, MIN_KEY_VALUE_BYTES, 'key-value pairs');
  const keyValues = new Map<string, GgufValue>();
  const budget = { elements: MAX_ARRAY_ELEMENTS };
  for (let index = 0; index < count; index += 1) {
    const at = cursor.offset;
    const key = cursor.string(`key ${index}`, MAX_KEY_BYTES);
    if (key === '') throw cursor.error(at, `key ${index} is empty; give it a name`);
    if (keyValues.has(key)) throw cursor.error(at, `key ${quoteName(key)} appears twice; remove one of the two`);
    keyValues.set(key, readValue(cursor, `the value of key ${quoteName(key)}`, budget));
  }
  return keyValues;
}

interface ArrayBudget {
  elements: number;
}

function readType(cursor: GgufCursor, what: string): GgufValueType {
  const at = cursor.offset;
  const code = cursor.uint32(`the type of ${what}`);
  const type = GGUF_VALUE_TYPES[code];
  if (type === undefined) {
    const last = GGUF_VALUE_TYPES.length - 1;
    throw cursor.error(at, `${what} has type ${code}; types are 0 to ${last}, the file is damaged or newer than GGUF 3`);
  }
  return type;
}

function readValue(cursor: GgufCursor, what: string, budget: ArrayBudget): GgufValue {
  const type = readType(cursor, what);
  if (type === 'string') return { type, value: cursor.string(what, MAX_STRING_BYTES) };
  if (type === 'array') return { type, value: readArray(cursor, what, 1, budget) };
  const at = cursor.offset;
  const byteLength = MIN_VALUE_BYTES[type];
  const bytes = cursor.bytes(byteLength, what);
  const view = new DataView(bytes.buffer, bytes.byteOffset, byteLength);
  switch (type) {
    case 'uint64': return { type, value: view.getBigUint64(0, true) };
    case 'int64': return { type, value: view.getBigInt64(0, true) };
    case 'bool': return { type, value: readBool(cursor, at, what, view.getUint8(0)) };
    default: return { type, value: GET_NUMBER[type](view, 0) };
  }
}

const GET_NUMBER = {
  uint8: (view: DataView, at: number) => view.getUint8(at),
  int8: (view: DataView, at: number) => view.getInt8(at),
  uint16: (view: DataView, at: number) => view.getUint16(at, true),
  int16: (view: DataView, at: number) => view.getInt16(at, true),
  uint32: (view: DataView, at: number) => view.getUint32(at, true),
  int32: (view: DataView, at: number) => view.getInt32(at, true),
  float32: (view: DataView, at: number) => view.getFloat32(at, true),
  float64: (view: DataView, at: number) => view.getFloat64(at, true),
};

function readBool(cursor: GgufCursor, at: number, what: string, byte: number): boolean {
  if (byte > 1) throw cursor.error(at, `${what} is the bool ${byte}; a bool is 0 or 1, the file is damaged`);
  return byte === 1;
}

function readArray(cursor: GgufCursor, what: string, depth: number, budget: ArrayBudget): GgufArray {
  const at = cursor.offset;
  if (depth > MAX_ARRAY_DEPTH) throw cursor.error(at, `${what} nests arrays deeper than ${MAX_ARRAY_DEPTH}; flatten it`);
  const elementType = readType(cursor, what);
  const declared = cursor.uint64(`the length of ${what}`);
  const count = cursor.requireItems(declared, MIN_VALUE_BYTES[elementType], `${elementType} elements of ${what}`);
  budget.elements -= count + ELEMENTS_OF_ARRAY;
  if (budget.elements < 0) {
    throw cursor.error(at, `the arrays of the file have more than ${MAX_ARRAY_ELEMENTS} elements together; use a file with smaller ones`);
  }
  if (elementType === 'string') {
    return { elementType, values: Array.from({ length: count }, () => cursor.string(`an element of ${what}`, MAX_STRING_BYTES)) };
  }
  if (elementType === 'array') {
    return { elementType, values: Array.from({ length: count }, () => readArray(cursor, what, depth + 1, budget)) };
  }
  const valuesAt = cursor.offset;
  const bytes = cursor.bytes(count * MIN_VALUE_BYTES[elementType], what);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  switch (elementType) {
    case 'uint8': return { elementType, values: bytes };
    case 'int8': return { elementType, values: Int8Array.from(bytes) };
    case 'uint16': return { elementType, values: fill(new Uint16Array(count), (index) => view.getUint16(2 * index, true)) };
    case 'int16': return { elementType, values: fill(new Int16Array(count), (index) => view.getInt16(2 * index, true)) };
    case 'uint32': return { elementType, values: fill(new Uint32Array(count), (index) => view.getUint32(4 * index, true)) };
    case 'int32': return { elementType, values: fill(new Int32Array(count), (index) => view.getInt32(4 * index, true)) };
    case 'float32': return { elementType, values: fill(new Float32Array(count), (index) => view.getFloat32(4 * index, true)) };
    case 'float64': return { elementType, values: fill(new Float64Array(count), (index) => view.getFloat64(8 * index, true)) };
    case 'uint64': return { elementType, values: fill(new BigUint64Array(count), (index) => view.getBigUint64(8 * index, true)) };
    case 'int64': return { elementType, values: fill(new BigInt64Array(count), (index) => view.getBigInt64(8 * index, true)) };
    case 'bool': return { elementType, values: Array.from(bytes, (byte, index) => readBool(cursor, valuesAt + index, what, byte)) };
  }
}

function fill<T extends { [index: number]: V; readonly length: number }, V>(target: T, value: (index: number) => V): T {
  for (let index = 0; index < target.length; index += 1) target[index] = value(index);
  return target;
}

function alignmentOf(label: string, keyValues: ReadonlyMap<string, GgufValue>): number {
  const entry = keyValues.get(ALIGNMENT_KEY);
  if (entry === undefined) return GGUF_DEFAULT_ALIGNMENT;
  if (entry.type !== 'uint32') {
    throw new UserError(`${label}: key "${ALIGNMENT_KEY}": has type ${entry.type}; make it uint32`);
  }
  // The format asks for a multiple of 8; ggml asks for a power of two, and so accepts 1, 2 and 4. Be as lenient as ggml.
  if (entry.value === 0 || (entry.value & (entry.value - 1)) !== 0) {
    throw new UserError(`${label}: key "${ALIGNMENT_KEY}": is ${entry.value}; make it a power of two`);
  }
  return entry.value;
}

function readTensorTable(cursor: GgufCursor, declared: bigint, alignment: number): Map<string, GgufTensor> {
  const count = cursor.requireItems(declared, MIN_TENSOR_BYTES, 'tensors');
  const tensors = new Map<string, GgufTensor>();
  for (let index = 0; index < count; index += 1) {
    const at = cursor.offset;
    const name = cursor.string(`the name of tensor ${index}`, MAX_NAME_BYTES);
    if (name === '') throw cursor.error(at, `tensor ${index} has an empty name; give it one`);
    if (tensors.has(name)) throw cursor.error(at, `tensor ${quoteName(name)} appears twice; rename one of the two`);
    tensors.set(name, readTensor(cursor, name, alignment));
  }
  return tensors;
}

function readTensor(cursor: GgufCursor, name: string, alignment: number): GgufTensor {
  const what = `tensor ${quoteName(name)}`;
  const rankAt = cursor.offset;
  const rank = cursor.uint32(`the dimension count of ${what}`);
  if (rank > MAX_DIMENSIONS) throw cursor.error(rankAt, `${what} has ${rank} dimensions; at most ${MAX_DIMENSIONS} are allowed`);
  const sizesAt = cursor.offset;
  const sizes = Array.from({ length: rank }, () => cursor.uint64(`a dimension of ${what}`));
  const typeAt = cursor.offset;
  const code = cursor.uint32(`the type of ${what}`);
  const type = tensorTypeOfCode(code);
  if (type === undefined) {
    throw cursor.error(typeAt, `${what} has the unknown type ${code}; convert it to a type that ggml knows, such as F32 or Q8_0`);
  }
  const { blockElements, blockBytes } = TENSOR_TYPES[type];
  const rowLength = sizes[0] ?? 1n;
  if (rowLength % BigInt(blockElements) !== 0n) {
    throw cursor.error(
      sizesAt,
      `${what} has rows of ${rowLength} elements; rows of type ${type} are multiples of ${blockElements}, convert the tensor to F32`,
    );
  }
  // BigInt: the product of four 64-bit sizes overflows everything else.
  const elements = sizes.reduce((product, size) => product * size, 1n);
  const bytes = elements / BigInt(blockElements) * BigInt(blockBytes);
  const offsetAt = cursor.offset;
  const offset = cursor.uint64(`the offset of ${what}`);
  // A dimension beside a zero-sized one can still be huge, so each is checked as well as the product.
  if ([...sizes, elements, bytes].some((size) => size > BigInt(Number.MAX_SAFE_INTEGER))) {
    throw cursor.error(sizesAt, `${what} of shape [${sizes.join(', ')}] is too large; the file is damaged`);
  }
  if (offset + bytes > BigInt(cursor.source.byteLength)) {
    throw cursor.error(
      offsetAt,
      `${what} has ${bytes} bytes at ${offset} of the data section, past the end of the file (${cursor.source.byteLength} bytes); `
      + 'the file is cut off, get a complete copy',
    );
  }
  if (offset % BigInt(alignment) !== 0n) {
    throw cursor.error(offsetAt, `${what} starts at ${offset} of the data section, not a multiple of ${alignment}; write the file again`);
  }
  return { name, type, dimensions: sizes.map(Number), elementCount: Number(elements), offset: Number(offset), byteLength: Number(bytes) };
}

/** Checks that all tensor data lies inside the file and that no two tensors share a byte. */
function checkTensorData(source: ByteSource, tensors: ReadonlyMap<string, GgufTensor>, dataOffset: number): void {
  const inOrder = [...tensors.values()].filter((tensor) => tensor.byteLength > 0).sort((a, b) => a.offset - b.offset);
  let previous: GgufTensor | undefined;
  for (const tensor of inOrder) {
    const what = `${source.label}: tensor ${quoteName(tensor.name)}`;
    const start = dataOffset + tensor.offset;
    if (start + tensor.byteLength > source.byteLength) {
      throw new UserError(
        `${what}: its ${tensor.byteLength} bytes at byte ${start} end past the end of the file (${source.byteLength} bytes); `
        + 'the file is cut off, get a complete copy',
      );
    }
    if (previous !== undefined && tensor.offset < previous.offset + previous.byteLength) {
      const other = quoteName(previous.name);
      throw new UserError(`${what}: its data at byte ${start} overlaps that of tensor ${other}; write the file again`);
    }
    previous = tensor;
  }
}
