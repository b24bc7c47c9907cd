/** Opcodes of WebAssembly's scalar instructions, as tables by operation and type. */
import type { BinaryOp, UnaryOp, WordType } from './nodes.ts';
import type { AccessBytes } from './slots.ts';

export const OP = {
  block: 0x02,
  loop: 0x03,
  if: 0x04,
  else: 0x05,
  end: 0x0b,
  br: 0x0c,
  brIf: 0x0d,
  return: 0x0f,
  call: 0x10,
  select: 0x1b,
  localGet: 0x20,
  localSet: 0x21,
  localTee: 0x22,
  i32Load: 0x28,
  i64Load: 0x29,
  i32Store: 0x36,
  i64Store: 0x37,
  i32Eqz: 0x45,
  i32Eq: 0x46,
  i32GeS: 0x4e,
  i32Add: 0x6a,
  i32Sub: 0x6b,
  i32Mul: 0x6c,
  i32Wrap: 0xa7,
  i64Add: 0x7c,
  /** Types of blocks. */
  void: 0x40,
  i32: 0x7f,
  i64: 0x7e,
} as const;

type ByType = Readonly<Record<WordType, number>>;

export const BINARY_OPS: Readonly<Record<BinaryOp, ByType>> = {
  add: { i32: 0x6a, i64: 0x7c },
  sub: { i32: 0x6b, i64: 0x7d },
  mul: { i32: 0x6c, i64: 0x7e },
  and: { i32: 0x71, i64: 0x83 },
  or: { i32: 0x72, i64: 0x84 },
  xor: { i32: 0x73, i64: 0x85 },
  shl: { i32: 0x74, i64: 0x86 },
  shrS: { i32: 0x75, i64: 0x87 },
  shrU: { i32: 0x76, i64: 0x88 },
  eq: { i32: 0x46, i64: 0x51 },
  ne: { i32: 0x47, i64: 0x52 },
  ltS: { i32: 0x48, i64: 0x53 },
  ltU: { i32: 0x49, i64: 0x54 },
  leS: { i32: 0x4c, i64: 0x57 },
  leU: { i32: 0x4d, i64: 0x58 },
};

/** By the operand's type. */
export const UNARY_OPS: Readonly<Record<UnaryOp, ByType>> = {
  eqz: { i32: 0x45, i64: 0x50 },
  wrap: { i32: 0, i64: 0xa7 },
  extS: { i32: 0xac, i64: 0 },
  extU: { i32: 0xad, i64: 0 },
  ext8: { i32: 0xc0, i64: 0xc2 },
  ext16: { i32: 0xc1, i64: 0xc3 },
  ext32: { i32: 0, i64: 0xc4 },
  popcnt: { i32: 0x69, i64: 0x7b },
};

export function loadOp(type: WordType, bytes: AccessBytes, signed: boolean): number {
  if (type === 'i32') return bytes === 4 ? 0x28 : bytes === 2 ? (signed ? 0x2e : 0x2f) : signed ? 0x2c : 0x2d;
  if (bytes === 8) return 0x29;
  const first = bytes === 4 ? 0x34 : bytes === 2 ? 0x32 : 0x30;
  return signed ? first : first + 1;
}

export function storeOp(type: WordType, bytes: AccessBytes): number {
  if (type === 'i32') return bytes === 4 ? 0x36 : bytes === 2 ? 0x3b : 0x3a;
  return bytes === 8 ? 0x37 : bytes === 4 ? 0x3e : bytes === 2 ? 0x3d : 0x3c;
}
