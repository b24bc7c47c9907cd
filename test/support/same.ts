/** Comparison of long arrays of numbers: that of vitest, number by number and with a list of what differs, only where bytes do. */
import { expect } from 'vitest';

type Numbers = Int8Array | Uint8Array | Int32Array | Uint32Array;

const bytesOf = ({ buffer, byteOffset, byteLength }: Numbers): Uint8Array => new Uint8Array(buffer, byteOffset, byteLength);

export function expectSame(found: Numbers, expected: Numbers, what: string): void {
  const isSame = found[Symbol.toStringTag] === expected[Symbol.toStringTag] && Buffer.compare(bytesOf(found), bytesOf(expected)) === 0;
  if (!isSame) expect(found, what).toEqual(expected);
}
