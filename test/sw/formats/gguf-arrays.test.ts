/** Bounds on the arrays of a GGUF, which bound the memory that a file can claim. */
import { expect, it } from 'vitest';
import { parseGguf } from '../../../sw/formats/gguf-reader.ts';

const [UINT8, ARRAY, UINT64] = [0, 9, 10];
const MOST = 2 ** 22;
/** What an array counts besides its elements. */
const EACH = 32;

/** A file of arrays of bytes, so many in each, and no tensors. */
function fileOfArrays(counts: readonly number[]): Uint8Array {
  const heads = counts.map((count, index) => {
    const head = new DataView(new ArrayBuffer(8 + 1 + 4 + 4 + 8));
    head.setBigUint64(0, 1n, true);
    head.setUint8(8, 'a'.charCodeAt(0) + index);
    head.setUint32(9, ARRAY, true);
    head.setUint32(13, UINT8, true);
    head.setBigUint64(17, BigInt(count), true);
    return new Uint8Array(head.buffer);
  });
  const start = new DataView(new ArrayBuffer(24));
  start.setUint32(0, 0x4655_4747, true);
  start.setUint32(4, 3, true);
  start.setBigUint64(16, BigInt(counts.length), true);
  const file = new Uint8Array(24 + heads.reduce((sum, head, index) => sum + head.length + counts[index], 0));
  file.set(new Uint8Array(start.buffer));
  let at = 24;
  for (const [index, head] of heads.entries()) {
    file.set(head, at);
    at += head.length + counts[index];
  }
  return file;
}

it('reads as many elements as are allowed, and refuses one more, in one array or in several', () => {
  const small = parseGguf(fileOfArrays([3, 5]), 'small.gguf');
  expect([...small.keyValues.keys()]).toEqual(['a', 'b']);
  expect(parseGguf(fileOfArrays([MOST / 2 - EACH, MOST / 2 - EACH]), 'most.gguf').keyValues.size).toBe(2);
  for (const counts of [[MOST - EACH + 1], [MOST / 2, MOST / 2 - EACH, 1]]) {
    expect(() => parseGguf(fileOfArrays(counts), 'large.gguf')).toThrow(/^large\.gguf: byte \d+: the arrays of the file have more than 4194304 elements together;/);
  }
});

it('refuses a count that cannot fit into what is left before anything is made for it', () => {
  const file = fileOfArrays([79]);
  // Ten elements of eight bytes want 80.
  new DataView(file.buffer).setUint32(24 + 13, UINT64, true);
  new DataView(file.buffer).setBigUint64(24 + 17, 10n, true);
  expect(() => parseGguf(file, 'cut.gguf')).toThrow('10 uint64 elements of the value of key "a" cannot fit into the 79 bytes that are left');
});
