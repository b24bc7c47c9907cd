/**
 * What operators are worth on constants: the one table by which passes and engines fold. The interpreters of the tests have their own, to
 * be compared with. Results are whole numbers, to be cut to the width of the result. Must not know expressions.
 */
import type { BinaryFn, UnaryFn } from './expr.ts';

/** By the operand's bit pattern and width. */
export const UNARY_VALUE: Readonly<Record<UnaryFn, (bits: bigint, width: number) => bigint>> = {
  not: (bits) => ~bits,
  neg: (bits) => -bits,
  andR: (bits, width) => truth(bits === (1n << BigInt(width)) - 1n),
  orR: (bits) => truth(bits !== 0n),
  xorR: (bits) => {
    let parity = 0n;
    for (let rest = bits; rest > 0n; rest >>= 1n) parity ^= rest & 1n;
    return parity;
  },
};

/** No number has so many bits: what is shifted further is gone. */
const FAR = 65_536n;

/** By the operands' values, as their types read them. */
export const BINARY_VALUE: Readonly<Record<BinaryFn, (x: bigint, y: bigint) => bigint>> = {
  add: (x, y) => x + y, sub: (x, y) => x - y, mul: (x, y) => x * y,
  and: (x, y) => x & y, or: (x, y) => x | y, xor: (x, y) => x ^ y,
  shl: (x, y) => (y > FAR ? 0n : x << y),
  shr: (x, y) => x >> (y > FAR ? FAR : y),
  eq: (x, y) => truth(x === y), ne: (x, y) => truth(x !== y), lt: (x, y) => truth(x < y), le: (x, y) => truth(x <= y),
};

function truth(holds: boolean): bigint {
  return holds ? 1n : 0n;
}
