/**
 * How the values of a grid's cell can be held in lanes of vectors, one lane a column: the narrowest lanes that hold each
 * value, and whether every operation has a vector form. Must not know instructions.
 */
import { pushAll } from '../../gen/collections.ts';
import type { StoresAction } from './actions.ts';
import type { Node } from './nodes.ts';
import { bitsOfType } from './nodes.ts';

export type Lane = 8 | 16 | 32 | 64;
export const LANES: readonly Lane[] = [8, 16, 32, 64];

/** A lane that holds the value so that zero or sign extension gives it back. */
export function laneOf(n: Node): Lane {
  return atLeast(Math.min(n.unsignedBits, n.signedBits));
}

export function atLeast(bits: number): Lane {
  return bits <= 8 ? 8 : bits <= 16 ? 16 : bits <= 32 ? 32 : 64;
}

/** Narrowest lanes in which two values compare as they do in full, and how. */
export function compareLane(n: Node): { lane: Lane; signed: boolean } {
  const [a, b] = n.args;
  const signed = atLeast(Math.max(a.signedBits, b.signedBits));
  const unsigned = atLeast(Math.max(a.unsignedBits, b.unsignedBits));
  if (n.op === 'ltS' || n.op === 'leS') return { lane: signed, signed: true };
  if (n.op === 'ltU' || n.op === 'leU') return { lane: unsigned, signed: false };
  return signed <= unsigned ? { lane: signed, signed: true } : { lane: unsigned, signed: false };
}

export const isCompare = (n: Node): boolean =>
  n.op === 'eq' || n.op === 'ne' || n.op === 'ltU' || n.op === 'ltS' || n.op === 'leU' || n.op === 'leS';

/** 0 or 1. */
export const isTruth = (n: Node): boolean => n.unsignedBits <= 1 && n.type === 'i32';

function hasVectorForm(n: Node): boolean {
  switch (n.op) {
    case 'popcnt':
      return false;
    case 'shl':
    case 'shrU':
    case 'shrS':
      return n.args[1].op === 'const';
    case 'ltU':
    case 'leU':
      return compareLane(n).lane < 64;
    case 'load':
      return n.access !== undefined && n.access.base !== 'dynamic';
    default:
      return true;
  }
}

/** The nodes that vary from cell to cell, operands first; undefined if one of them has no vector form. */
export function vectorNodes(actions: readonly StoresAction[]): Node[] | undefined {
  const seen = new Set<Node>();
  const stack = actions.flatMap((a) => [...(a.enable ? [a.enable] : []), ...a.stores.map((s) => s.value)]);
  for (let n = stack.pop(); n; n = stack.pop()) {
    if (seen.has(n) || !n.isVariant) continue;
    if (!hasVectorForm(n)) return undefined;
    seen.add(n);
    pushAll(stack, n.args);
  }
  return [...seen].sort((a, b) => a.id - b.id);
}

/** Cost of a cell in vectors of 16 bytes, for `count` columns at a time. */
export function vectorsFor(lane: Lane, count: number): number {
  return Math.max(1, (lane * count) / 128);
}

/** Columns at a time: as many as fill the narrowest vectors, but not many more than there are. */
export function columnsAtOnce(columns: number): 4 | 8 | 16 {
  return columns <= 4 ? 4 : columns <= 8 ? 8 : 16;
}

/** Lanes in which a shift is done: of its operand, wide enough for the amount. */
export function shiftLane(n: Node): Lane {
  const [a, k] = n.args;
  const amount = Number(k.value);
  const bits = bitsOfType(n.type);
  if (n.op === 'shrU') return atLeast(Math.min(bits, a.unsignedBits));
  if (n.op === 'shrS') return atLeast(Math.min(bits, a.signedBits));
  return atLeast(Math.max(laneOf(n), amount + 1));
}
