/**
 * Values of any width as ropes: pieces, least significant first, that are constants, parts of a node, or parts of a box
 * in memory that has not been loaded yet. Slices, concatenations and casts only cut and join pieces; words are made when
 * an operation needs them. Must not know expressions or modules.
 */
import type { Graph, Node, WordType } from './nodes.ts';
import { bitsOfType } from './nodes.ts';
import type { AccessBytes, Base, Slot } from './slots.ts';

/** `width` bits in memory, in `bytes` bytes whose remaining bits are 0. */
export interface Box {
  readonly slot: Slot;
  readonly base: Base;
  readonly address: number;
  readonly dynamic?: Node;
  /** The sweep that has filled it. */
  readonly after?: Node;
  readonly width: number;
  readonly bytes: number;
}

export interface ConstPiece {
  readonly kind: 'const';
  readonly value: bigint;
  readonly width: number;
}
export interface NodePiece {
  readonly kind: 'node';
  readonly node: Node;
  readonly lo: number;
  readonly width: number;
}
export interface BoxPiece {
  readonly kind: 'box';
  readonly box: Box;
  readonly lo: number;
  readonly width: number;
}
export type Piece = ConstPiece | NodePiece | BoxPiece;
/** Least significant piece first; no piece is empty. */
export type Rope = readonly Piece[];

export function ropeWidth(r: Rope): number {
  let w = 0;
  for (const p of r) w += p.width;
  return w;
}

export function constRope(value: bigint, width: number): Rope {
  return width === 0 ? [] : [{ kind: 'const', value: BigInt.asUintN(width, value), width }];
}

/** A word whose bits from `width` up are 0. */
export function nodeRope(node: Node, width: number): Rope {
  return node.op === 'const' ? constRope(node.value, width) : [{ kind: 'node', node, lo: 0, width }];
}

export function boxRope(box: Box, lo = 0, width = box.width): Rope {
  return [{ kind: 'box', box, lo, width }];
}

function cut(p: Piece, from: number, width: number): Piece {
  if (from === 0 && width === p.width) return p;
  if (p.kind === 'const') return { kind: 'const', value: BigInt.asUintN(width, p.value >> BigInt(from)), width };
  return { ...p, lo: p.lo + from, width };
}

export function sliceRope(r: Rope, lo: number, width: number): Rope {
  const out: Piece[] = [];
  let at = 0;
  for (const p of r) {
    const start = Math.max(lo, at);
    const end = Math.min(lo + width, at + p.width);
    if (start < end) out.push(cut(p, start - at, end - start));
    at += p.width;
    if (at >= lo + width) break;
  }
  return out;
}

/** Slices of a rope at ascending places, in one walk over its pieces. */
export class RopeReader {
  private next = 0;
  /** Where the next piece begins. */
  private at = 0;
  constructor(private readonly rope: Rope) {}

  slice(lo: number, width: number): Rope {
    const { rope } = this;
    while (this.next < rope.length && this.at + rope[this.next].width <= lo) this.at += rope[this.next++].width;
    const out: Piece[] = [];
    let at = this.at;
    for (let i = this.next; i < rope.length && at < lo + width; i++) {
      const p = rope[i];
      const start = Math.max(lo, at);
      const end = Math.min(lo + width, at + p.width);
      if (start < end) out.push(cut(p, start - at, end - start));
      at += p.width;
    }
    return out;
  }
}

export function sameBox(a: Box, b: Box): boolean {
  if (a === b) return true;
  if (a.slot !== b.slot || a.base !== b.base || a.dynamic !== b.dynamic || a.after !== b.after) return false;
  return a.address === b.address && a.width === b.width;
}

/** Constants of more bits than a number can have stay apart: cutting elements out of one takes time that grows with all of it. */
const LONGEST_CONSTANT = 65536;

/** The two pieces as one, if they lie next to each other in the same source. */
function join(a: Piece, b: Piece): Piece | undefined {
  if (a.kind === 'const' && b.kind === 'const' && a.width + b.width <= LONGEST_CONSTANT)
    return { kind: 'const', value: a.value | (b.value << BigInt(a.width)), width: a.width + b.width };
  if (a.kind === 'node' && b.kind === 'node')
    return a.node === b.node && a.lo + a.width === b.lo ? { ...a, width: a.width + b.width } : undefined;
  if (a.kind !== 'box' || b.kind !== 'box') return undefined;
  if (sameBox(a.box, b.box)) return a.lo + a.width === b.lo ? { ...a, width: a.width + b.width } : undefined;
  const [x, y] = [a.box, b.box];
  const touching =
    x.slot === y.slot &&
    x.base === y.base &&
    (x.base === 'abs' || x.base === 'dynamic') &&
    x.dynamic === y.dynamic &&
    x.after === y.after &&
    x.width === x.bytes * 8 &&
    x.address + x.bytes === y.address &&
    a.lo + a.width === x.width &&
    b.lo === 0;
  if (!touching) return undefined;
  return { kind: 'box', box: { ...x, width: x.width + y.width, bytes: x.bytes + y.bytes }, lo: a.lo, width: a.width + b.width };
}

export function concatRopes(parts: readonly Rope[]): Rope {
  const out: Piece[] = [];
  for (const part of parts) {
    for (const p of part) {
      const last = out.at(-1);
      const joined = last && join(last, p);
      if (joined) out[out.length - 1] = joined;
      else out.push(p);
    }
  }
  return out;
}

function samePiece(a: Piece, b: Piece): boolean {
  if (a.width !== b.width) return false;
  if (a.kind === 'const') return b.kind === 'const' && a.value === b.value;
  if (a.kind === 'node') return b.kind === 'node' && a.node === b.node && a.lo === b.lo;
  return b.kind === 'box' && sameBox(a.box, b.box) && a.lo === b.lo;
}

export function sameRope(a: Rope, b: Rope): boolean {
  return a === b || (a.length === b.length && a.every((p, i) => samePiece(p, b[i])));
}

export function isAccess(bytes: number): bytes is AccessBytes {
  return bytes === 1 || bytes === 2 || bytes === 4 || bytes === 8;
}

/** How many pieces from number `i` on are the same single bit. */
function copiesFrom(r: Rope, i: number): number {
  const first = r[i];
  if (first.width !== 1 || first.kind === 'const') return 1;
  let end = i + 1;
  while (end < r.length && samePiece(r[end], first)) end++;
  return end - i;
}

/** Makes words of ropes. */
export class Words {
  constructor(readonly graph: Graph) {}

  typeFor(width: number): WordType {
    return width <= 32 ? 'i32' : 'i64';
  }

  /** `n` as a word of `type`; a narrowing drops high bits, a widening adds zeros. */
  convert(n: Node, type: WordType): Node {
    if (n.type === type) return n;
    return this.graph.unary(type === 'i32' ? 'wrap' : 'extU', n);
  }

  /** The rope of at most 64 bits as one zero-extended word: i32 up to 32 bits, else i64 (or as asked). */
  word(r: Rope, type: WordType = this.typeFor(ropeWidth(r))): Node {
    const g = this.graph;
    let result: Node | undefined;
    let at = 0;
    for (let i = 0; i < r.length; i++) {
      const copies = copiesFrom(r, i);
      const bits = copies > 1 ? this.filled(this.piece(r[i]), copies, type) : this.convert(this.piece(r[i]), type);
      const shifted = at === 0 ? bits : g.binary('shl', bits, g.constant(type, at));
      result = result ? g.binary('or', shifted, result) : shifted;
      at += copies > 1 ? copies : r[i].width;
      i += copies - 1;
    }
    return result ?? g.constant(type, 0);
  }

  /** `copies` times the same bit, side by side. */
  private filled(bit: Node, copies: number, type: WordType): Node {
    const g = this.graph;
    return g.select(g.asBool(bit), g.constant(type, (1n << BigInt(copies)) - 1n), g.constant(type, 0));
  }

  /** Words of 64 bits, the last one of what remains; all i64. */
  limbs(r: Rope): Node[] {
    const width = ropeWidth(r);
    const out: Node[] = [];
    const reader = new RopeReader(r);
    for (let lo = 0; lo < width; lo += 64) out.push(this.word(reader.slice(lo, Math.min(64, width - lo)), 'i64'));
    return out;
  }

  fromLimbs(limbs: readonly Node[], width: number): Rope {
    return concatRopes(limbs.map((n, i) => nodeRope(n, Math.min(64, width - 64 * i))));
  }

  private piece(p: Piece): Node {
    const g = this.graph;
    if (p.kind === 'const') return g.constant(this.typeFor(p.width), p.value);
    if (p.kind === 'box') return this.load(p.box, p.lo, p.width);
    return this.extract(p.node, p.lo, p.width);
  }

  private extract(node: Node, lo: number, width: number): Node {
    const g = this.graph;
    let n = node;
    if (n.type === 'i64' && lo + width <= 32) n = g.unary('wrap', n);
    if (lo > 0) n = g.binary('shrU', n, g.constant(n.type, lo));
    if (n.type === 'i64' && width <= 32) n = g.unary('wrap', n);
    return lo + width >= bitsOfType(node.type) ? n : g.mask(n, width);
  }

  private load(box: Box, lo: number, width: number): Node {
    if (isAccess(box.bytes)) return this.extract(this.access(box, 0, box.bytes), lo, width);
    const inByte = lo % 8;
    const at = (lo - inByte) / 8;
    if (inByte === 0 && (width === 8 || width === 16 || width === 32 || width === 64))
      return this.access(box, at, (width / 8) as AccessBytes);
    for (const bytes of [4, 8] as const) {
      const start = Math.max(0, Math.min(at, box.bytes - bytes));
      if (lo - start * 8 + width <= bytes * 8) return this.extract(this.access(box, start, bytes), lo - start * 8, width);
    }
    const low = 64 - (lo % 64);
    return this.word([
      { kind: 'box', box, lo, width: low },
      { kind: 'box', box, lo: lo + low, width: width - low },
    ]);
  }

  private access(box: Box, at: number, bytes: AccessBytes): Node {
    // Past the end of a dense box lies something else.
    const known = at + bytes > box.bytes ? bytes * 8 : Math.max(0, Math.min(bytes * 8, box.width - at * 8));
    const access = { slot: box.slot, base: box.base, address: box.address + at, bytes, signed: false };
    return this.graph.load(bytes === 8 ? 'i64' : 'i32', access, known, [...(box.dynamic ? [box.dynamic] : []), ...(box.after ? [box.after] : [])]);
  }
}
