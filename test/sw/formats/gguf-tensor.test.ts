import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeGguf, encodeTensor, parseGguf, readGgufFile, tensorAsF32, tensorBytes } from '../../../sw/formats/gguf.ts';
import type { FloatTensorType } from '../../../sw/formats/gguf.ts';
import { RawGguf, SAMPLE_BYTES } from './gguf-samples.ts';
import { checkProperty } from '../../support/property.ts';

function throughFile(type: FloatTensorType, values: Float32Array): Float32Array {
  const tensors = [{ name: 't', type, dimensions: [values.length], data: encodeTensor(type, values) }];
  return tensorAsF32(parseGguf(encodeGguf({ keyValues: [], tensors }), 'f.gguf'), 't');
}

describe('a tensor that is too large', () => {
  // Such a file takes no room on a disk that keeps only what has been written.
  it.each([[700_000n, 2_195_200_000], [4_050_000n, 12_700_800_000]])('is refused unread: [784, %i]', (rows, bytes) => {
    const folder = mkdtempSync(join(tmpdir(), 'systole-tensor-'));
    try {
      const path = join(folder, 'large.gguf');
      writeFileSync(path, RawGguf.withHeader(3, 1n, 0n).tensor('t', [784n, rows], 0, 0n).bytes());
      truncateSync(path, 96 + bytes);
      const file = readGgufFile(path);
      const elements = bytes / 4;
      const refused = `${path}: tensor "t": has ${elements} elements in ${bytes} bytes; at most 268435456 in 1073741824 are read, use a smaller model`;
      expect(() => tensorBytes(file, 't')).toThrow(refused);
      expect(() => tensorAsF32(file, 't')).toThrow(refused);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe('GGUF tensor data', () => {
  it('keeps F32 exactly', () => {
    checkProperty(fc.property(fc.float32Array({ maxLength: 40 }), (values) => {
      expect(throughFile('F32', values)).toEqual(values);
    }));
  });

  it('keeps F16 to half a step', () => {
    checkProperty(fc.property(fc.float32Array({ min: -60000, max: 60000, noNaN: true, maxLength: 40 }), (values) => {
      throughFile('F16', values).forEach((value, index) => {
        expect(Math.abs(value - values[index])).toBeLessThanOrEqual(Math.max(Math.abs(values[index]) * 2 ** -11, 2 ** -25));
      });
    }));
  });

  it('keeps Q8_0 to a little more than half a step of its block', () => {
    const block = fc.float32Array({ min: -1000, max: 1000, noNaN: true, minLength: 64, maxLength: 64 });
    checkProperty(fc.property(block, (values) => {
      const largest = [0, 32].map((start) => Math.max(...values.subarray(start, start + 32).map(Math.abs)));
      throughFile('Q8_0', values).forEach((value, index) => {
        const step = largest[index < 32 ? 0 : 1] / 127;
        // The stored scale is rounded to F16: 2^-11 of up to 127 steps on top, or 2^-25 of a step that is subnormal there.
        expect(Math.abs(value - values[index])).toBeLessThanOrEqual(step * 0.5001 + 127 * Math.max(step * 2 ** -11, 2 ** -25));
      });
    }));
  });

  it('knows one Q8_0 block byte by byte', () => {
    const data = encodeTensor('Q8_0', Float32Array.from({ length: 32 }, (_, index) => index === 0 ? -127 : index / 2));
    expect([...data.subarray(0, 2)]).toEqual([0x00, 0x3c]); // scale 1
    expect([...new Int8Array(data.buffer, 2, 6)]).toEqual([-127, 1, 1, 2, 2, 3]);
  });

  it('says which tensors there are and which types can be read', () => {
    const file = parseGguf(SAMPLE_BYTES, 'f.gguf');
    expect([...tensorAsF32(file, 'floats')]).toEqual([1, 2, 3, 4, 5, 6]);
    expect([...tensorAsF32(file, 'halves')]).toEqual([1, -2, 0.25]);
    expect([...tensorAsF32(file, 'scalar')]).toEqual([9]);
    expect(tensorAsF32(file, 'nothing')).toHaveLength(0);
    expect(() => tensorAsF32(file, 'packed')).toThrow(
      'f.gguf: tensor "packed": has type Q4_K, which cannot be read yet; convert it to F32, F16, Q8_0',
    );
    expect(() => tensorAsF32(file, 'other')).toThrow(
      'f.gguf: tensor "other": is missing; the file has "floats", "halves", "blocks", "packed", "scalar", "nothing"',
    );
  });
});
