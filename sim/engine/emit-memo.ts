/** The lookup in a table of remembered results (`memo.ts`) in WebAssembly. */
import { tagBytes } from './memo.ts';
import type { EntryLayout, MemoTable } from './memo.ts';
import type { Code, ValueType } from './wasm-encoder.ts';
import { BINARY_OPS, OP, loadOp } from './wasm-opcodes.ts';

/** 2^32 and 2^64 over the golden ratio, odd. */
const MULTIPLIER = { i32: 0x9e3779b1n, i64: 0x9e3779b97f4a7c15n } as const;

/** Parameters of the function that computes an entry: its address and the key. */
export const fillParams = (layout: EntryLayout): readonly ValueType[] => ['i32', layout.keyType];

/**
 * Replaces the key on the stack by the offset of its entry, which `fill` computes if it holds another key. Key 0 selects entry 0,
 * which therefore begins with a tag that selects another one (`initialTag`); all others begin with tag 0.
 */
export function emitMemo(code: Code, table: MemoTable, fill: number): void {
  const { keyType, bytes } = table.layout;
  const bits = keyType === 'i32' ? 32 : 64;
  const constant = (value: bigint | number): void => (keyType === 'i32' ? code.i32(Number(BigInt.asIntN(32, BigInt(value)))) : code.i64(BigInt(value)));
  const key = code.local(keyType);
  const entry = code.local('i32');
  code.opIndex(OP.localTee, key);
  constant(MULTIPLIER[keyType]);
  code.op(BINARY_OPS.mul[keyType]);
  constant(bits - table.indexBits);
  code.op(BINARY_OPS.shrU[keyType]);
  if (keyType === 'i64') code.op(OP.i32Wrap);
  code.i32(bytes);
  code.op(OP.i32Mul);
  code.opIndex(OP.localTee, entry);
  code.memory(loadOp(keyType, tagBytes(table.layout), false), table.address);
  code.opIndex(OP.localGet, key);
  code.op(BINARY_OPS.ne[keyType], OP.if, OP.void);
  code.opIndex(OP.localGet, entry);
  code.i32(table.address);
  code.op(OP.i32Add);
  code.opIndex(OP.localGet, key);
  code.opIndex(OP.call, fill);
  code.op(OP.end);
  code.opIndex(OP.localGet, entry);
}

/** What entry 0 begins with as its tag: all ones, as a key it selects another entry. */
export const initialTag = (table: MemoTable): bigint => (1n << BigInt(8 * tagBytes(table.layout))) - 1n;
