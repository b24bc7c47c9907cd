import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UserError } from '../../../gen/user-error.ts';
import { isFloatTensorType, parseGguf, readGgufFile, tensorAsF32, tensorBytes } from '../../../sw/formats/gguf.ts';
import { RawGguf, SAMPLE, SAMPLE_BYTES } from './gguf-samples.ts';
import { checkProperty } from '../../support/property.ts';

/** The message of the UserError that reading `bytes` ends with. */
function complaint(bytes: Uint8Array): string {
  try {
    parseGguf(bytes, 'f.gguf');
  } catch (error) {
    if (error instanceof UserError) return error.message;
    throw error;
  }
  return 'no complaint';
}

/** Reads everything there is; throws only what is not a UserError. Returns whether the file was accepted. */
function survives(bytes: Uint8Array): boolean {
  try {
    const file = parseGguf(bytes, 'f.gguf');
    for (const { name, type } of file.tensors.values()) {
      tensorBytes(file, name);
      if (isFloatTensorType(type)) tensorAsF32(file, name);
    }
    return true;
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    expect(error.message).toMatch(/^f\.gguf: [^\n\r\u2028\u2029]+; [^\n\r\u2028\u2029]+$/u);
    return false;
  }
}

describe('GGUF reader', () => {
  it('reads every value type and every tensor type it lists', () => {
    const file = parseGguf(SAMPLE_BYTES, 'f.gguf');
    expect([...file.keyValues]).toEqual([...SAMPLE.keyValues]);
    expect(file.version).toBe(3);
    expect(file.alignment).toBe(32);
    expect([...file.tensors.values()].map(({ name, type, dimensions }) => ({ name, type, dimensions })))
      .toEqual(SAMPLE.tensors.map(({ name, type, dimensions }) => ({ name, type, dimensions })));
    for (const { name, data } of SAMPLE.tensors) expect(tensorBytes(file, name)).toEqual(data);
  });

  it('reads version 2 as it reads version 3', () => {
    const bytes = SAMPLE_BYTES.slice();
    bytes[4] = 2;
    const file = parseGguf(bytes, 'f.gguf');
    expect(file.version).toBe(2);
    expect([...file.keyValues]).toEqual([...SAMPLE.keyValues]);
  });

  it('reads a file on disk like bytes in memory, and a file larger than its window', () => {
    const folder = mkdtempSync(join(tmpdir(), 'systole-gguf-'));
    try {
      const path = join(folder, 'big.gguf');
      const long = 'x'.repeat(200_000);
      const raw = RawGguf.withHeader(3, 0n, 3n).text('a').u32(8).text(long).text('b').u32(4).u32(77).text('c').u32(8).text(long);
      writeFileSync(path, raw.bytes());
      const file = readGgufFile(path);
      expect(file.keyValues.get('b')).toEqual({ type: 'uint32', value: 77 });
      expect(file.keyValues.get('c')).toEqual({ type: 'string', value: long });
      expect(() => readGgufFile(join(folder, 'none.gguf'))).toThrow(`${folder}/none.gguf: does not exist; give a GGUF file`);
      expect(() => readGgufFile(folder)).toThrow(`${folder}: is a folder, not a regular file; give a GGUF file`);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('refuses a file cut off at any byte, in one line, and accepts the whole', () => {
    const dataEnd = SAMPLE_BYTES.length - 28; // the last tensor has 4 of 32 bytes, the rest is padding
    for (let length = 0; length < dataEnd; length += 1) expect(survives(SAMPLE_BYTES.subarray(0, length))).toBe(false);
    expect(survives(SAMPLE_BYTES.subarray(0, dataEnd))).toBe(true);
    expect(survives(SAMPLE_BYTES)).toBe(true);
  });

  it('answers any damage with a UserError or a file, never with anything else', () => {
    const damage = fc.array(fc.tuple(fc.nat(SAMPLE_BYTES.length - 1), fc.integer({ min: 0, max: 255 })), { minLength: 1, maxLength: 8 });
    checkProperty(fc.property(damage, fc.boolean(), (changes, cut) => {
      const bytes = SAMPLE_BYTES.slice(0, cut ? changes[0][0] : undefined);
      for (const [at, value] of changes) bytes[at] = value;
      survives(bytes);
    }), { runs: 1500 });
  });

  it('answers every flip of a single bit likewise', () => {
    for (let bit = 0; bit < 8 * SAMPLE_BYTES.length; bit += 3) {
      const bytes = SAMPLE_BYTES.slice();
      bytes[bit >> 3] ^= 1 << (bit & 7);
      survives(bytes);
    }
  });

  it('answers random bytes after a good start likewise', () => {
    checkProperty(fc.property(fc.uint8Array({ maxLength: 200 }), fc.bigInt({ min: 0n, max: 3n }), (rest, count) => {
      survives(Uint8Array.of(...RawGguf.withHeader(3, count, 2n).bytes(), ...rest));
    }), { runs: 1000 });
  });

  const header = (tensors: bigint, keyValues: bigint): RawGguf => RawGguf.withHeader(3, tensors, keyValues);
  const F32 = 0;
  const cases: readonly [string, RawGguf, string][] = [
    ['an empty file', new RawGguf(), 'byte 0: the magic "GGUF" needs 4 bytes but 0 are left; the file is cut off, get a complete copy'],
    ['another format', new RawGguf().ascii('PK\x03\x04more'),
      'byte 0: starts with 50 4b 03 04, not with 47 47 55 46 ("GGUF"); give a GGUF file'],
    ['big-endian', new RawGguf().ascii('GGUF\x00\x00\x00\x03').zeros(16), 'byte 4: is a big-endian GGUF file; convert it to little-endian'],
    ['version 1', RawGguf.withHeader(1, 0n, 0n), 'byte 4: is GGUF version 1; only 2 and 3 are read, convert it to version 3'],
    ['version 4', RawGguf.withHeader(4, 0n, 0n), 'byte 4: is GGUF version 4; only 2 and 3 are read, convert it to version 3'],
    ['2^63 tensors', header(1n << 63n, 0n),
      'byte 8: declares 9223372036854775808 tensors; at most 65536 are read, the file is damaged or not a model'],
    ['more keys than bytes', header(0n, 60000n),
      'byte 24: 60000 key-value pairs cannot fit into the 0 bytes that are left; '
      + 'the count is damaged or the file is cut off, get a complete copy'],
    ['a key of 2^64-1 bytes', header(0n, 1n).u64((1n << 64n) - 1n).zeros(20),
      'byte 32: key 0 needs 18446744073709551615 bytes but 20 are left; the file is cut off, get a complete copy'],
    ['a text that is not UTF-8', header(0n, 1n).text('k').u32(8).text('\xff\xfe'),
      'byte 37: the value of key "k" is not valid UTF-8; write the file again with UTF-8 text'],
    ['a key twice', header(0n, 2n).text('k').u32(0).u8(1).text('k').u32(0).u8(1),
      'byte 38: key "k" appears twice; remove one of the two'],
    ['an unknown value type', header(0n, 1n).text('k').u32(13).zeros(9),
      'byte 33: the value of key "k" has type 13; types are 0 to 12, the file is damaged or newer than GGUF 3'],
    ['a bool of 2', header(0n, 1n).text('k').u32(7).u8(2),
      'byte 37: the value of key "k" is the bool 2; a bool is 0 or 1, the file is damaged'],
    ['an array of 2^60 elements', header(0n, 1n).text('k').u32(9).u32(4).u64(1n << 60n).zeros(8),
      'byte 49: 1152921504606846976 uint32 elements of the value of key "k" cannot fit into the 8 bytes that are left; '
      + 'the count is damaged or the file is cut off, get a complete copy'],
    ['arrays nested five deep', [1, 2, 3, 4].reduce((raw) => raw.u32(9).u64(1n), header(0n, 1n).text('k').u32(9)).u32(0).u64(0n),
      'byte 85: the value of key "k" nests arrays deeper than 4; flatten it'],
    ['an alignment of 24', header(0n, 1n).text('general.alignment').u32(4).u32(24),
      'key "general.alignment": is 24; make it a power of two'],
    ['an alignment of 0', header(0n, 1n).text('general.alignment').u32(4).u32(0),
      'key "general.alignment": is 0; make it a power of two'],
    ['an alignment as text', header(0n, 1n).text('general.alignment').u32(8).text('32'),
      'key "general.alignment": has type string; make it uint32'],
    ['a tensor name of 65 bytes', header(1n, 0n).tensor('x'.repeat(65), [1n], F32, 0n).zeros(32),
      'byte 24: the name of tensor 0 has 65 bytes; at most 64 are allowed'],
    ['a tensor twice', header(2n, 0n).tensor('t', [1n], F32, 0n).tensor('t', [1n], F32, 32n).zeros(96),
      'byte 57: tensor "t" appears twice; rename one of the two'],
    ['five dimensions', header(1n, 0n).tensor('t', [1n, 1n, 1n, 1n, 1n], F32, 0n).zeros(32),
      'byte 33: tensor "t" has 5 dimensions; at most 4 are allowed'],
    ['dimensions whose product overflows', header(1n, 0n).tensor('t', [1n << 32n, 1n << 32n, 4n], F32, 0n).zeros(32),
      'byte 37: tensor "t" of shape [4294967296, 4294967296, 4] is too large; the file is damaged'],
    ['a huge dimension beside an empty one', header(1n, 0n).tensor('t', [0n, 1n << 60n], F32, 0n).zeros(32),
      'byte 37: tensor "t" of shape [0, 1152921504606846976] is too large; the file is damaged'],
    ['a removed tensor type', header(1n, 0n).tensor('t', [32n], 31, 0n).zeros(64),
      'byte 45: tensor "t" has the unknown type 31; convert it to a type that ggml knows, such as F32 or Q8_0'],
    ['a row that is no whole number of blocks', header(1n, 0n).tensor('t', [33n], 8, 0n).zeros(64),
      'byte 37: tensor "t" has rows of 33 elements; rows of type Q8_0 are multiples of 32, convert the tensor to F32'],
    ['data past the end', header(1n, 0n).tensor('t', [28n], F32, 0n).zeros(64),
      'tensor "t": its 112 bytes at byte 64 end past the end of the file (121 bytes); the file is cut off, get a complete copy'],
    ['an offset past the end', header(1n, 0n).tensor('t', [1n], F32, 1n << 63n).zeros(64),
      'byte 49: tensor "t" has 4 bytes at 9223372036854775808 of the data section, past the end of the file (121 bytes); '
      + 'the file is cut off, get a complete copy'],
    ['an offset off the alignment', header(1n, 0n).tensor('t', [1n], F32, 8n).zeros(64),
      'byte 49: tensor "t" starts at 8 of the data section, not a multiple of 32; write the file again'],
    ['tensors that overlap', header(2n, 0n).tensor('b', [9n], F32, 0n).tensor('a', [9n], F32, 32n).zeros(200),
      'tensor "a": its data at byte 128 overlaps that of tensor "b"; write the file again'],
    ['a name that would break the line', header(1n, 0n).tensor('a\n\x1b[31m"', [1n], F32, 8n).zeros(64),
      'byte 56: tensor "a\\u{a}\\u{1b}[31m\\"" starts at 8 of the data section, not a multiple of 32; write the file again'],
  ];
  // The bytes are there: only the budget stands between such a file and gigabytes of memory.
  const overBudget = 'the arrays of the file have more than 4194304 elements together; use a file with smaller ones';
  const followedBy = (raw: RawGguf, count: number, part: readonly number[] = [0]): Uint8Array => {
    const start = raw.bytes();
    const bytes = new Uint8Array(start.length + count * part.length);
    bytes.set(start);
    for (let i = 0; i < count; i++) bytes.set(part, start.length + i * part.length);
    return bytes;
  };
  it('bounds the elements of all arrays together', () => {
    const array = (count: number): Uint8Array => followedBy(header(0n, 1n).text('k').u32(9).u32(0).u64(BigInt(count)), count);
    expect(complaint(array(4_194_304 - 32))).toBe('no complaint');
    expect(complaint(array(4_194_304))).toBe(`f.gguf: byte 37: ${overBudget}`);
    const two = followedBy(header(0n, 2n).text('k').u32(9).u32(0).u64(4_000_000n), 4_000_000);
    const second = new RawGguf().text('l').u32(9).u32(0).u64(300_000n).bytes();
    const both = new Uint8Array(two.length + second.length + 300_000);
    both.set(two);
    both.set(second, two.length);
    expect(complaint(both)).toBe(`f.gguf: byte ${two.length + 13}: ${overBudget}`);
  });

  it('counts arrays in arrays, which take more memory than bytes', () => {
    const empty = [...new RawGguf().u32(0).u64(0n).bytes()];
    const nested = (count: number): Uint8Array => followedBy(header(0n, 1n).text('k').u32(9).u32(9).u64(BigInt(count)), count, empty);
    expect(complaint(nested(100_000))).toBe('no complaint');
    expect(complaint(nested(140_000))).toContain(overBudget);
  });

  it.each(cases)('says what is wrong with %s', (_, raw, expected) => {
    expect(complaint(raw.bytes())).toBe(`f.gguf: ${expected}`);
  });
});
