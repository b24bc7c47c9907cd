/**
 * The 32-bit arithmetic of M and B that JavaScript has no operator for, on int32 numbers.
 * Must not know registers nor encodings.
 */

/** High word of the unsigned product. */
export function mulhu(a: number, b: number): number {
  const left = a >>> 0;
  // Two partial products of at most 48 bits are exact in a double; conversion by | 0 wraps at 32 bits.
  const upper = left * (b >>> 16);
  const lower = left * (b & 0xffff);
  return ((upper + Math.floor(lower / 65536)) / 65536) | 0;
}

/** High word of the signed product. */
export function mulh(a: number, b: number): number {
  return (mulhu(a, b) - (a < 0 ? b : 0) - (b < 0 ? a : 0)) | 0;
}

/** High word of the product of signed a and unsigned b. */
export function mulhsu(a: number, b: number): number {
  return (mulhu(a, b) - (a < 0 ? b : 0)) | 0;
}

/** Signed quotient toward zero; by 0: −1. The overflow −2³¹ / −1 wraps to −2³¹ by itself. */
export const div = (a: number, b: number): number => (b === 0 ? -1 : (a / b) | 0);
/** Unsigned quotient; by 0: all ones. */
export const divu = (a: number, b: number): number => (b === 0 ? -1 : ((a >>> 0) / (b >>> 0)) | 0);
/** Signed remainder with the sign of a; by 0: a. */
export const rem = (a: number, b: number): number => (b === 0 ? a : (a % b) | 0);
/** Unsigned remainder; by 0: a. */
export const remu = (a: number, b: number): number => (b === 0 ? a : ((a >>> 0) % (b >>> 0)) | 0);

/** Number of trailing zero bits, 32 for 0. */
export const ctz = (a: number): number => (a === 0 ? 32 : 31 - Math.clz32(a & -a));

/** Number of one bits. */
export function cpop(a: number): number {
  const pairs = a - ((a >>> 1) & 0x5555_5555);
  const nibbles = (pairs & 0x3333_3333) + ((pairs >>> 2) & 0x3333_3333);
  return Math.imul((nibbles + (nibbles >>> 4)) & 0x0f0f_0f0f, 0x0101_0101) >>> 24;
}

/** Each byte all ones if it is not zero. */
export function orcb(a: number): number {
  return (a & 0xff ? 0xff : 0) | (a & 0xff00 ? 0xff00 : 0) | (a & 0xff_0000 ? 0xff_0000 : 0) | (a & 0xff00_0000 ? 0xff00_0000 : 0);
}

/** Bytes in reverse order. */
export const rev8 = (a: number): number => (a << 24) | ((a & 0xff00) << 8) | ((a >>> 8) & 0xff00) | (a >>> 24);

/** Rotates right by 0…31; to the left: by 32 minus that. */
export const ror = (a: number, by: number): number => (a >>> (by & 31)) | (a << (-by & 31));
