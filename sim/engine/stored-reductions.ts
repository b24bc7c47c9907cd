/**
 * Whether all, one, or an odd number of the bits of a large stored value are set: a loop over its words instead of a line of code for each.
 * Must not know signals.
 */
import type { UnaryFn } from '../../gen/ir/expr.ts';
import type { Type } from '../../gen/ir/types.ts';
import { isScalar, widthOf } from '../../gen/ir/types.ts';
import type { WriteAction } from './actions.ts';
import { columnsOf } from './context.ts';
import type { Graph, Node } from './nodes.ts';
import { bytesOf } from './offsets.ts';
import type { Storage } from './offsets.ts';
import type { AccessBytes, Arena } from './slots.ts';
import { storageBytes } from './slots.ts';
import { sweepNode } from './sweeps.ts';

/** Words of 8 bytes from which a loop is made. */
const MIN_WORDS = 8;

export type Reduction = UnaryFn & ('andR' | 'orR' | 'xorR');

export const isReduction = (fn: UnaryFn): fn is Reduction => fn === 'andR' || fn === 'orR' || fn === 'xorR';

/** Of a vector (of vectors) of equal scalars of at most 64 bits, the scalar's width. */
function elementWidth(type: Type): number | undefined {
  if (isScalar(type)) return widthOf(type) <= 64 ? widthOf(type) : undefined;
  return type.kind === 'vec' && !columnsOf(type) ? elementWidth(type.element) : undefined;
}

/** 0 or 1; undefined if the value is not large, or its elements differ. `numbered`: makes the number of a round, at most so much. */
export function reduceStored(g: Graph, arena: Arena, storage: Storage, fn: Reduction, numbered: (most: number) => Node): Node | undefined {
  const width = elementWidth(storage.type);
  const bytes = bytesOf(storage.type);
  const words = Math.floor(bytes / 8);
  if (width === undefined || words < MIN_WORDS) return undefined;
  const { slot: from, address, after } = storage;
  const ordered = after ? [after] : [];
  const own = arena.slot('reduced');
  const place = arena.allocate(8);
  const op = fn === 'andR' ? 'and' : fn === 'orR' ? 'or' : 'xor';

  const round = numbered(words - 1);
  const number = g.binary('mul', round, g.constant('i32', 8));
  const word = g.load('i64', { slot: from, base: 'dynamic', address, bytes: 8, signed: false }, 64, [number, ...ordered]);
  const before = g.load('i64', { slot: own, base: 'round', address: place, bytes: 8, signed: false }, 64);
  const store = (value: Node): WriteAction =>
    ({ kind: 'write', slot: own, enable: g.bool(true), offset: g.constant('i32', 0), parts: [{ address: place, bytes: 8, value }], full: [] });
  const start = g.constant('i64', fn === 'andR' ? -1n : 0n);
  const sweep = sweepNode(g, [
    { kind: 'nest', nest: [], actions: [store(start)] },
    { kind: 'nest', nest: [{ round, count: words }], actions: [store(g.binary(op, before, word))] },
  ], [], new Set([own]));

  const all = g.load('i64', { slot: own, base: 'abs', address: place, bytes: 8, signed: false }, 64, [sweep]);
  const rest: { readonly value: Node; readonly bytes: number }[] = [];
  for (let at = 8 * words; at < bytes;) {
    const size: AccessBytes = bytes - at >= 4 ? 4 : bytes - at >= 2 ? 2 : 1;
    rest.push({ value: g.load('i32', { slot: from, base: 'abs', address: address + at, bytes: size, signed: false }, 8 * size, ordered), bytes: size });
    at += size;
  }
  const parts = [{ value: all, bytes: 8 }, ...rest];
  if (fn === 'xorR') {
    const ones = parts.map((p) => g.unary('popcnt', p.value)).map((n) => g.binary('and', n, g.constant(n.type, 1))).map((n) => g.asBool(n));
    return ones.reduce((a, b) => g.binary('xor', a, b));
  }
  if (fn === 'orR') return parts.map((p) => g.binary('ne', p.value, g.constant(p.value.type, 0))).reduce((a, b) => g.binary('or', a, b));
  return parts.map((p) => g.binary('eq', p.value, g.constant(p.value.type, onesIn(width, p.bytes)))).reduce((a, b) => g.binary('and', a, b));
}

/** The bits of elements in so many bytes. */
function onesIn(width: number, bytes: number): bigint {
  const size = storageBytes(width);
  const one = (1n << BigInt(width)) - 1n;
  let all = 0n;
  for (let at = 0; at < bytes; at += size) all |= one << BigInt(8 * at);
  return all;
}
