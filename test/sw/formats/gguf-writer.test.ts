import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TENSOR_TYPES, encodeGguf, parseGguf, tensorBytes, writeGgufFile } from '../../../sw/formats/gguf.ts';
import type { GgufArray, GgufContent, GgufTensorContent, GgufValue, TensorType } from '../../../sw/formats/gguf.ts';
import { SAMPLE, SAMPLE_BYTES } from './gguf-samples.ts';
import { checkProperty } from '../../support/property.ts';

const text = fc.string({ unit: 'grapheme', maxLength: 20 });
const flatArray: fc.Arbitrary<GgufArray> = fc.oneof(
  fc.record({ elementType: fc.constant('uint8' as const), values: fc.uint8Array({ maxLength: 5 }) }),
  fc.record({ elementType: fc.constant('int16' as const), values: fc.int16Array({ maxLength: 5 }) }),
  fc.record({ elementType: fc.constant('float32' as const), values: fc.float32Array({ maxLength: 5 }) }),
  fc.record({ elementType: fc.constant('int64' as const), values: fc.bigInt64Array({ maxLength: 5 }) }),
  fc.record({ elementType: fc.constant('bool' as const), values: fc.array(fc.boolean(), { maxLength: 5 }) }),
  fc.record({ elementType: fc.constant('string' as const), values: fc.array(text, { maxLength: 5 }) }),
);
const anyArray: fc.Arbitrary<GgufArray> = fc.oneof(
  flatArray,
  fc.record({ elementType: fc.constant('array' as const), values: fc.array(flatArray, { maxLength: 3 }) }),
);
const anyValue: fc.Arbitrary<GgufValue> = fc.oneof(
  fc.record({ type: fc.constant('int32' as const), value: fc.integer() }),
  fc.record({ type: fc.constant('uint8' as const), value: fc.integer({ min: 0, max: 255 }) }),
  fc.record({ type: fc.constant('float32' as const), value: fc.float() }),
  fc.record({ type: fc.constant('float64' as const), value: fc.double() }),
  fc.record({ type: fc.constant('uint64' as const), value: fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }) }),
  fc.record({ type: fc.constant('bool' as const), value: fc.boolean() }),
  fc.record({ type: fc.constant('string' as const), value: text }),
  fc.record({ type: fc.constant('array' as const), value: anyArray }),
);
const anyTensor: fc.Arbitrary<GgufTensorContent> = fc
  .record({
    name: fc.string({ minLength: 1, maxLength: 12 }),
    type: fc.constantFrom<TensorType>('F32', 'F16', 'Q8_0', 'Q6_K', 'I8'),
    blocks: fc.integer({ min: 0, max: 3 }),
    others: fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 3 }),
  })
  .chain(({ name, type, blocks, others }) => {
    const { blockElements, blockBytes } = TENSOR_TYPES[type];
    const length = others.reduce((product, size) => product * size, blocks * blockBytes);
    return fc.uint8Array({ minLength: length, maxLength: length })
      .map((data) => ({ name, type, dimensions: [blocks * blockElements, ...others], data }));
  });
const anyKey = fc.string({ minLength: 1, maxLength: 12 }).map((key) => `k.${key}`);
const anyContent: fc.Arbitrary<GgufContent> = fc.record({
  alignment: fc.option(fc.constantFrom(8, 16, 32, 64, 4096)),
  pairs: fc.uniqueArray(fc.tuple(anyKey, anyValue), { selector: ([key]) => key }),
  tensors: fc.uniqueArray(anyTensor, { selector: ({ name }) => name, maxLength: 4 }),
}).map(({ alignment, pairs, tensors }) => ({
  keyValues: alignment === null ? pairs : [...pairs, ['general.alignment', { type: 'uint32', value: alignment }]],
  tensors,
}));

describe('GGUF writer', () => {
  it('writes what the reader reads back, whatever the content', () => {
    checkProperty(fc.property(anyContent, (content) => {
      const file = parseGguf(encodeGguf(content), 'f.gguf');
      expect([...file.keyValues]).toEqual([...content.keyValues]);
      expect([...file.tensors.keys()]).toEqual(content.tensors.map(({ name }) => name));
      for (const tensor of content.tensors) {
        expect(file.tensors.get(tensor.name)).toMatchObject({ type: tensor.type, dimensions: tensor.dimensions });
        expect(tensorBytes(file, tensor.name)).toEqual(tensor.data);
      }
    }), { runs: 200 });
  });

  it('writes the same bytes each time, and pads each tensor, also the last, to the alignment', () => {
    expect(encodeGguf(SAMPLE)).toEqual(SAMPLE_BYTES);
    expect(SAMPLE_BYTES.length % 32).toBe(0);
    const keyValues: GgufContent['keyValues'] = [['general.alignment', { type: 'uint32', value: 256 }]];
    const bytes = encodeGguf({ keyValues, tensors: SAMPLE.tensors });
    const file = parseGguf(bytes, 'f.gguf');
    expect(file.dataOffset % 256).toBe(0);
    expect(bytes.length % 256).toBe(0);
    // ggml expects each tensor exactly where the padding of the one before it ends.
    expect([...file.tensors.values()].map(({ offset }) => offset)).toEqual([0, 256, 512, 768, 1024, 1280]);
  });

  it('has the documented layout, byte by byte', () => {
    const bytes = encodeGguf({
      keyValues: [['k', { type: 'uint8', value: 7 }]],
      tensors: [{ name: 't', type: 'I8', dimensions: [2], data: Uint8Array.of(5, 6) }],
    });
    const hex = Buffer.from(bytes).toString('hex');
    expect(hex).toBe([
      '47475546', '03000000', '0100000000000000', '0100000000000000',
      '0100000000000000', '6b', '00000000', '07',
      '0100000000000000', '74', '01000000', '0200000000000000', '18000000', '0000000000000000',
      '00'.repeat(25), '0506', '00'.repeat(30),
    ].join(''));
  });

  const f32 = (name: string, dimensions: readonly number[], bytes: number): GgufTensorContent => ({
    name, type: 'F32', dimensions, data: new Uint8Array(bytes),
  });
  const cases: readonly [string, GgufContent, string][] = [
    ['a key twice', { keyValues: [['k', { type: 'bool', value: true }], ['k', { type: 'bool', value: true }]], tensors: [] },
      'GGUF to write: key "k": appears twice; rename one of the two'],
    ['a number out of range', { keyValues: [['k', { type: 'uint8', value: 256 }]], tensors: [] },
      'GGUF to write: key "k": 256 is not a uint8; give a whole number from 0 to 255'],
    ['a big number out of range', { keyValues: [['k', { type: 'int64', value: 1n << 63n }]], tensors: [] },
      'GGUF to write: key "k": 9223372036854775808 is not a int64; give a number of 64 bits'],
    ['half a surrogate pair', { keyValues: [['k', { type: 'string', value: '\ud800' }]], tensors: [] },
      'GGUF to write: key "k": holds half a surrogate pair; give well-formed text'],
    ['an alignment of 12', { keyValues: [['general.alignment', { type: 'uint32', value: 12 }]], tensors: [] },
      'GGUF to write: key "general.alignment": must be a uint32 power of two from 8 to 2097152'],
    ['a name ggml cannot read', { keyValues: [], tensors: [f32('x'.repeat(64), [1], 4)] },
      `GGUF to write: tensor "${'x'.repeat(64)}": has 64 bytes; at most 63 are allowed`],
    ['too little data', { keyValues: [], tensors: [f32('t', [2, 3], 4)] },
      'GGUF to write: tensor "t": has 4 bytes of data; type F32 and shape [2, 3] call for 24'],
    ['five dimensions', { keyValues: [], tensors: [f32('t', [1, 1, 1, 1, 1], 4)] },
      'GGUF to write: tensor "t": has shape [1, 1, 1, 1, 1]; give at most 4 whole numbers'],
  ];
  it.each(cases)('refuses %s', (_, content, expected) => {
    expect(() => encodeGguf(content)).toThrow(new RegExp(`^${expected.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}$`));
  });

  it('replaces a file at once or not at all', () => {
    const folder = mkdtempSync(join(tmpdir(), 'systole-gguf-'));
    try {
      const path = join(folder, 'new', 'model.gguf');
      writeGgufFile(path, SAMPLE);
      expect(new Uint8Array(readFileSync(path))).toEqual(SAMPLE_BYTES);
      expect(() => writeGgufFile(path, { keyValues: [], tensors: [f32('t', [1], 0)] })).toThrow('call for 4');
      expect(new Uint8Array(readFileSync(path))).toEqual(SAMPLE_BYTES);
      expect(readdirSync(join(folder, 'new'))).toEqual(['model.gguf']);
      writeFileSync(join(folder, 'file'), '');
      expect(() => writeGgufFile(join(folder, 'file', 'x.gguf'), SAMPLE)).toThrow(/x\.gguf: cannot be written: .* \(ENOTDIR\); choose another place/);
      expect(existsSync(join(folder, 'file', 'x.gguf'))).toBe(false);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
