// Small GGUF files for tests: one that has everything, and a way to say exactly which bytes a header has.
import { encodeGguf, encodeTensor } from '../../../sw/formats/gguf.ts';
import type { GgufContent } from '../../../sw/formats/gguf.ts';

/** Every value type, arrays of every element type, tensors of readable and unreadable types. */
export const SAMPLE: GgufContent = {
  keyValues: [
    ['general.architecture', { type: 'string', value: 'sample' }],
    ['k.u8', { type: 'uint8', value: 255 }],
    ['k.i8', { type: 'int8', value: -128 }],
    ['k.u16', { type: 'uint16', value: 65535 }],
    ['k.i16', { type: 'int16', value: -32768 }],
    ['k.u32', { type: 'uint32', value: 4294967295 }],
    ['k.i32', { type: 'int32', value: -2147483648 }],
    ['k.f32', { type: 'float32', value: 0.5 }],
    ['k.bool', { type: 'bool', value: true }],
    ['k.u64', { type: 'uint64', value: 18446744073709551615n }],
    ['k.i64', { type: 'int64', value: -9223372036854775808n }],
    ['k.f64', { type: 'float64', value: Math.PI }],
    ['k.text', { type: 'string', value: 'naïve 数 \u{1f600}' }],
    ['a.u8', { type: 'array', value: { elementType: 'uint8', values: Uint8Array.of(1, 2) } }],
    ['a.i8', { type: 'array', value: { elementType: 'int8', values: Int8Array.of(-1, 2) } }],
    ['a.u16', { type: 'array', value: { elementType: 'uint16', values: Uint16Array.of(60000) } }],
    ['a.i16', { type: 'array', value: { elementType: 'int16', values: Int16Array.of(-30000) } }],
    ['a.u32', { type: 'array', value: { elementType: 'uint32', values: Uint32Array.of(4000000000) } }],
    ['a.i32', { type: 'array', value: { elementType: 'int32', values: Int32Array.of(-2000000000) } }],
    ['a.f32', { type: 'array', value: { elementType: 'float32', values: Float32Array.of(1.5, -2) } }],
    ['a.f64', { type: 'array', value: { elementType: 'float64', values: Float64Array.of(Math.E) } }],
    ['a.u64', { type: 'array', value: { elementType: 'uint64', values: BigUint64Array.of(1n << 63n) } }],
    ['a.i64', { type: 'array', value: { elementType: 'int64', values: BigInt64Array.of(-1n) } }],
    ['a.bool', { type: 'array', value: { elementType: 'bool', values: [true, false] } }],
    ['a.text', { type: 'array', value: { elementType: 'string', values: ['', 'x', 'é'] } }],
    ['a.nested', {
      type: 'array',
      value: { elementType: 'array', values: [{ elementType: 'int8', values: Int8Array.of(7) }, { elementType: 'string', values: [] }] },
    }],
  ],
  tensors: [
    { name: 'floats', type: 'F32', dimensions: [3, 2], data: encodeTensor('F32', Float32Array.of(1, 2, 3, 4, 5, 6)) },
    { name: 'halves', type: 'F16', dimensions: [3], data: encodeTensor('F16', Float32Array.of(1, -2, 0.25)) },
    { name: 'blocks', type: 'Q8_0', dimensions: [32, 2], data: encodeTensor('Q8_0', Float32Array.from({ length: 64 }, (_, i) => i - 20)) },
    { name: 'packed', type: 'Q4_K', dimensions: [256], data: new Uint8Array(144) },
    { name: 'scalar', type: 'F32', dimensions: [], data: encodeTensor('F32', Float32Array.of(9)) },
    { name: 'nothing', type: 'F32', dimensions: [0, 5], data: new Uint8Array(0) },
  ],
};

export const SAMPLE_BYTES = encodeGguf(SAMPLE);

/** A header made by hand, to hold what the writer refuses to write. */
export class RawGguf {
  private readonly parts: number[] = [];

  static withHeader(version: number, tensors: bigint, keyValues: bigint): RawGguf {
    return new RawGguf().ascii('GGUF').u32(version).u64(tensors).u64(keyValues);
  }

  ascii(text: string): this {
    for (const byte of Buffer.from(text, 'latin1')) this.parts.push(byte);
    return this;
  }

  u8(value: number): this {
    this.parts.push(value);
    return this;
  }

  u32(value: number): this {
    for (let shift = 0; shift < 32; shift += 8) this.parts.push((value >>> shift) & 0xff);
    return this;
  }

  u64(value: bigint): this {
    for (let shift = 0n; shift < 64n; shift += 8n) this.parts.push(Number((value >> shift) & 0xffn));
    return this;
  }

  text(text: string): this {
    return this.u64(BigInt(Buffer.byteLength(text, 'latin1'))).ascii(text);
  }

  tensor(name: string, dimensions: readonly bigint[], type: number, offset: bigint): this {
    this.text(name).u32(dimensions.length);
    for (const size of dimensions) this.u64(size);
    return this.u32(type).u64(offset);
  }

  zeros(count: number): this {
    for (let index = 0; index < count; index += 1) this.parts.push(0);
    return this;
  }

  bytes(): Uint8Array {
    return Uint8Array.from(this.parts);
  }
}
