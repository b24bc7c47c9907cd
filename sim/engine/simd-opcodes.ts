/** Opcodes of WebAssembly's vector instructions (all after the prefix 0xfd), as tables by lane width. */
import type { Lane } from './lanes.ts';

export const SIMD_PREFIX = 0xfd;

export const SIMD = {
  load: 0x00,
  load8Splat: 0x07,
  load16Splat: 0x08,
  load32Zero: 0x5c,
  load64Zero: 0x5d,
  store: 0x0b,
  store32Lane: 0x5a,
  store64Lane: 0x5b,
  const: 0x0c,
  shuffle: 0x0d,
  not: 0x4d,
  and: 0x4e,
  or: 0x50,
  xor: 0x51,
  bitselect: 0x52,
} as const;

type ByLane = Readonly<Record<Lane, number>>;

export const SPLAT: ByLane = { 8: 0x0f, 16: 0x10, 32: 0x11, 64: 0x12 };
export const NEG: ByLane = { 8: 0x61, 16: 0x81, 32: 0xa1, 64: 0xc1 };
/** Undefined where there is no such instruction. */
export const ARITHMETIC: Readonly<Record<'add' | 'sub' | 'mul' | 'shl' | 'shrS' | 'shrU', Readonly<Record<Lane, number | undefined>>>> = {
  add: { 8: 0x6e, 16: 0x8e, 32: 0xae, 64: 0xce },
  sub: { 8: 0x71, 16: 0x91, 32: 0xb1, 64: 0xd1 },
  mul: { 8: undefined, 16: 0x95, 32: 0xb5, 64: 0xd5 },
  shl: { 8: 0x6b, 16: 0x8b, 32: 0xab, 64: 0xcb },
  shrS: { 8: 0x6c, 16: 0x8c, 32: 0xac, 64: 0xcc },
  shrU: { 8: 0x6d, 16: 0x8d, 32: 0xad, 64: 0xcd },
};
export const COMPARE: Readonly<Record<'eq' | 'ne' | 'ltS' | 'ltU' | 'leS' | 'leU', Readonly<Record<Lane, number | undefined>>>> = {
  eq: { 8: 0x23, 16: 0x2d, 32: 0x37, 64: 0xd6 },
  ne: { 8: 0x24, 16: 0x2e, 32: 0x38, 64: 0xd7 },
  ltS: { 8: 0x25, 16: 0x2f, 32: 0x39, 64: 0xd8 },
  ltU: { 8: 0x26, 16: 0x30, 32: 0x3a, 64: undefined },
  leS: { 8: 0x29, 16: 0x33, 32: 0x3d, 64: 0xda },
  leU: { 8: 0x2a, 16: 0x34, 32: 0x3e, 64: undefined },
};

type Halves = Readonly<Record<'signed' | 'unsigned', readonly [low: number, high: number]>>;
/** To lanes of this width from those of half the width. */
export const EXTEND: Readonly<Record<16 | 32 | 64, Halves>> = {
  16: { signed: [0x87, 0x88], unsigned: [0x89, 0x8a] },
  32: { signed: [0xa7, 0xa8], unsigned: [0xa9, 0xaa] },
  64: { signed: [0xc7, 0xc8], unsigned: [0xc9, 0xca] },
};
/** Products in lanes of this width of operands in lanes of half the width. */
export const EXTMUL: Readonly<Record<16 | 32 | 64, Halves>> = {
  16: { signed: [0x9c, 0x9d], unsigned: [0x9e, 0x9f] },
  32: { signed: [0xbc, 0xbd], unsigned: [0xbe, 0xbf] },
  64: { signed: [0xdc, 0xdd], unsigned: [0xde, 0xdf] },
};
/** From lanes of twice the width, saturating a signed value to a signed or unsigned one. */
export const NARROW: Readonly<Record<8 | 16, { readonly signed: number; readonly unsigned: number }>> = {
  8: { signed: 0x65, unsigned: 0x66 },
  16: { signed: 0x85, unsigned: 0x86 },
};
/** Bytes that take the first byte eight times, and the second. */
export const FIRST_BYTES: readonly number[] = Array.from({ length: 16 }, (_, i) => i >> 3);
/** A bit of each byte: the lowest of the first, the next of the second, and so on. */
export const BIT_OF_BYTE: readonly number[] = Array.from({ length: 16 }, (_, i) => 1 << (i & 7));
/** Bytes that take the low halves of the 64-bit lanes of two vectors. */
export const LOW_HALVES: readonly number[] = [0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19, 24, 25, 26, 27];
