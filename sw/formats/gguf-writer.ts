// Writes GGUF version 3, little-endian: the same content always gives the same bytes, in the order given.
// Must not know: any architecture or tensor name.
import { writeWhole } from '../../gen/files/output.ts';
import { UserError } from '../../gen/user-error.ts';
import {
  ALIGNMENT_KEY, GGUF_DEFAULT_ALIGNMENT, GGUF_VALUE_TYPES, GGUF_VERSION, MAX_DIMENSIONS, MAX_KEY_BYTES, MAX_WRITTEN_NAME_BYTES,
  TENSOR_TYPES, alignUp, quoteName,
} from './gguf-types.ts';
import type { GgufArray, GgufNumberType, GgufValue, GgufValueType, TensorType } from './gguf-types.ts';

/** Padding costs up to one alignment per tensor; nothing needs more than a huge page. */
const MAX_WRITTEN_ALIGNMENT = 1 << 21;

/** A tensor to write. */
export interface GgufTensorContent {
  readonly name: string;
  readonly type: TensorType;
  /** GGUF's order: dimension 0 varies fastest. */
  readonly dimensions: readonly number[];
  /** The encoded elements, exactly as many bytes as type and dimensions call for. */
  readonly data: Uint8Array;
}

/** What goes into a file. The key `general.alignment`, if present, sets the alignment; 32 otherwise. */
export interface GgufContent {
  readonly keyValues: Iterable<readonly [string, GgufValue]>;
  readonly tensors: readonly GgufTensorContent[];
}

/**
 * The bytes of a GGUF file. Every tensor, the last one too, is padded with zeros to the alignment: ggml insists on it.
 * @throws UserError for content that no reader would take back: duplicate or over-long names, wrong sizes, values out of range.
 */
export function encodeGguf(content: GgufContent): Uint8Array {
  const keyValues = [...content.keyValues];
  const alignment = alignmentOf(keyValues);
  requireUnique('key', keyValues.map(([key]) => key));
  requireUnique('tensor', content.tensors.map((tensor) => tensor.name));

  const out = new ByteBuilder();
  out.bytes(new TextEncoder().encode('GGUF'));
  out.number('uint32', GGUF_VERSION);
  out.big('uint64', BigInt(content.tensors.length));
  out.big('uint64', BigInt(keyValues.length));
  for (const [key, value] of keyValues) {
    const place = `key ${quoteName(key)}`;
    out.text(key, place, MAX_KEY_BYTES);
    out.type(value.type);
    inPlace(place, () => writeValue(out, value, place));
  }
  let offset = 0;
  for (const tensor of content.tensors) {
    checkTensor(tensor);
    out.text(tensor.name, `tensor ${quoteName(tensor.name)}`, MAX_WRITTEN_NAME_BYTES);
    out.number('uint32', tensor.dimensions.length);
    for (const size of tensor.dimensions) out.big('uint64', BigInt(size));
    out.number('uint32', TENSOR_TYPES[tensor.type].code);
    out.big('uint64', BigInt(offset));
    offset = alignUp(offset + tensor.data.length, alignment);
  }
  for (const tensor of content.tensors) {
    out.pad(alignment);
    out.bytes(tensor.data);
  }
  if (content.tensors.length > 0) out.pad(alignment);
  return out.finish();
}

/**
 * Writes a GGUF file and the folders above it. A file of that name is replaced at once or not at all.
 * @throws UserError as `encodeGguf`, or where the file cannot be written.
 */
export function writeGgufFile(path: string, content: GgufContent): void {
  writeWhole(path, encodeGguf(content));
}

function alignmentOf(keyValues: readonly (readonly [string, GgufValue])[]): number {
  const value = keyValues.find(([key]) => key === ALIGNMENT_KEY)?.[1];
  if (value === undefined) return GGUF_DEFAULT_ALIGNMENT;
  const isPower = value.type === 'uint32' && value.value >= 8 && (value.value & (value.value - 1)) === 0;
  if (value.type !== 'uint32' || !isPower || value.value > MAX_WRITTEN_ALIGNMENT) {
    throw new UserError(`GGUF to write: key "${ALIGNMENT_KEY}": must be a uint32 power of two from 8 to ${MAX_WRITTEN_ALIGNMENT}`);
  }
  return value.value;
}

function requireUnique(what: string, names: readonly string[]): void {
  const seen = new Set<string>();
  for (const name of names) {
    if (name === '') throw new UserError(`GGUF to write: a ${what} has an empty name; give it one`);
    if (seen.has(name)) throw new UserError(`GGUF to write: ${what} ${quoteName(name)}: appears twice; rename one of the two`);
    seen.add(name);
  }
}

function checkTensor(tensor: GgufTensorContent): void {
  const place = `GGUF to write: tensor ${quoteName(tensor.name)}`;
  const { blockElements, blockBytes } = TENSOR_TYPES[tensor.type];
  const sizes = tensor.dimensions;
  if (sizes.length > MAX_DIMENSIONS || !sizes.every((size) => Number.isSafeInteger(size) && size >= 0)) {
    throw new UserError(`${place}: has shape [${sizes.join(', ')}]; give at most ${MAX_DIMENSIONS} whole numbers`);
  }
  if ((sizes[0] ?? 1) % blockElements !== 0) {
    throw new UserError(`${place}: rows of ${sizes[0] ?? 1} elements cannot have type ${tensor.type}; use a multiple of ${blockElements}`);
  }
  const expected = sizes.reduce((product, size) => product * size, 1) / blockElements * blockBytes;
  if (tensor.data.length !== expected) {
    throw new UserError(
      `${place}: has ${tensor.data.length} bytes of data; type ${tensor.type} and shape [${sizes.join(', ')}] call for ${expected}`,
    );
  }
}

/** Says which key a value out of range belongs to. */
function inPlace(place: string, action: () => void): void {
  try {
    action();
  } catch (error) {
    if (error instanceof RangeError) throw new UserError(`GGUF to write: ${place}: ${error.message}`);
    throw error;
  }
}

function writeValue(out: ByteBuilder, value: GgufValue, place: string): void {
  switch (value.type) {
    case 'string': return out.text(value.value, place, Infinity);
    case 'bool': return out.number('uint8', value.value ? 1 : 0);
    case 'uint64':
    case 'int64': return out.big(value.type, value.value);
    case 'array': return writeArray(out, value.value, place);
    default: return out.number(value.type, value.value);
  }
}

function writeArray(out: ByteBuilder, array: GgufArray, place: string): void {
  out.type(array.elementType);
  out.big('uint64', BigInt(array.values.length));
  switch (array.elementType) {
    case 'string': return array.values.forEach((text) => out.text(text, place, Infinity));
    case 'bool': return array.values.forEach((flag) => out.number('uint8', flag ? 1 : 0));
    case 'array': return array.values.forEach((inner) => writeArray(out, inner, place));
    case 'uint64':
    case 'int64': return array.values.forEach((value) => out.big(array.elementType, value));
    default: for (const value of array.values) out.number(array.elementType, value);
  }
}

/** How a number type is stored, and which numbers it holds; floats hold all. */
const NUMBER_LAYOUT: Readonly<Record<GgufNumberType, { bytes: number; range?: readonly [number, number]; set: NumberSetter }>> = {
  uint8: { bytes: 1, range: [0, 0xff], set: (view, at, value) => view.setUint8(at, value) },
  int8: { bytes: 1, range: [-0x80, 0x7f], set: (view, at, value) => view.setInt8(at, value) },
  uint16: { bytes: 2, range: [0, 0xffff], set: (view, at, value) => view.setUint16(at, value, true) },
  int16: { bytes: 2, range: [-0x8000, 0x7fff], set: (view, at, value) => view.setInt16(at, value, true) },
  uint32: { bytes: 4, range: [0, 0xffff_ffff], set: (view, at, value) => view.setUint32(at, value, true) },
  int32: { bytes: 4, range: [-0x8000_0000, 0x7fff_ffff], set: (view, at, value) => view.setInt32(at, value, true) },
  float32: { bytes: 4, set: (view, at, value) => view.setFloat32(at, value, true) },
  float64: { bytes: 8, set: (view, at, value) => view.setFloat64(at, value, true) },
};
type NumberSetter = (view: DataView, at: number, value: number) => void;

/** A byte string under construction; doubles its room when full. */
class ByteBuilder {
  private view = new DataView(new ArrayBuffer(1024));
  private length = 0;

  bytes(bytes: Uint8Array): void {
    const at = this.grow(bytes.length);
    new Uint8Array(this.view.buffer).set(bytes, at);
  }

  number(type: GgufNumberType, value: number): void {
    const { bytes, range, set } = NUMBER_LAYOUT[type];
    if (range !== undefined && !(Number.isInteger(value) && value >= range[0] && value <= range[1])) {
      throw new RangeError(`${value} is not a ${type}; give a whole number from ${range[0]} to ${range[1]}`);
    }
    const at = this.grow(bytes);
    set(this.view, at, value);
  }

  big(type: 'uint64' | 'int64', value: bigint): void {
    const inRange = type === 'uint64' ? BigInt.asUintN(64, value) === value : BigInt.asIntN(64, value) === value;
    if (!inRange) throw new RangeError(`${value} is not a ${type}; give a number of 64 bits`);
    const at = this.grow(8);
    this.view.setBigUint64(at, BigInt.asUintN(64, value), true);
  }

  text(text: string, place: string, maximumBytes: number): void {
    // Half of a surrogate pair has no UTF-8 form: the encoder would silently write another character.
    if (/\p{Surrogate}/u.test(text)) throw new UserError(`GGUF to write: ${place}: holds half a surrogate pair; give well-formed text`);
    const bytes = new TextEncoder().encode(text);
    if (bytes.length > maximumBytes) {
      throw new UserError(`GGUF to write: ${place}: has ${bytes.length} bytes; at most ${maximumBytes} are allowed`);
    }
    this.big('uint64', BigInt(bytes.length));
    this.bytes(bytes);
  }

  type(type: GgufValueType): void {
    this.number('uint32', GGUF_VALUE_TYPES.indexOf(type));
  }

  pad(alignment: number): void {
    this.grow(alignUp(this.length, alignment) - this.length);
  }

  finish(): Uint8Array {
    return new Uint8Array(this.view.buffer, 0, this.length).slice();
  }

  /** Appends `count` zero bytes; returns where they start. */
  private grow(count: number): number {
    const start = this.length;
    this.length += count;
    if (this.length > this.view.byteLength) {
      const larger = new Uint8Array(Math.max(2 * this.view.byteLength, this.length));
      larger.set(new Uint8Array(this.view.buffer));
      this.view = new DataView(larger.buffer);
    }
    return start;
  }
}
