/**
 * The lowered circuit: a hash-consed graph of operations on 32- and 64-bit words, simplified as it is built. Every value
 * of the design is held zero-extended. Each node carries bounds on its range, so that masks and sign extensions that
 * change nothing are never made. Must not know hardware types, modules or WebAssembly's encoding.
 */
import { BINARY_VALUE } from '../../gen/ir/fold.ts';
import type { AccessBytes, Base, Slot } from './slots.ts';

export type WordType = 'i32' | 'i64';
export type BinaryOp = 'add' | 'sub' | 'mul' | 'and' | 'or' | 'xor' | 'shl' | 'shrU' | 'shrS' | 'eq' | 'ne' | 'ltU' | 'ltS' | 'leU' | 'leS';
export type UnaryOp = 'eqz' | 'wrap' | 'extU' | 'extS' | 'ext8' | 'ext16' | 'ext32' | 'popcnt';
export type Op = 'const' | 'param' | 'lane' | 'level' | 'load' | 'select' | 'memo' | 'sweep' | BinaryOp | UnaryOp;

export interface Access {
  readonly slot: Slot;
  readonly base: Base;
  readonly address: number;
  readonly bytes: AccessBytes;
  readonly signed: boolean;
}

export interface Node {
  /** Operands have smaller numbers. */
  readonly id: number;
  readonly op: Op;
  readonly type: WordType;
  readonly args: readonly Node[];
  /** Constants: the unsigned pattern; `param`, `lane`, `level`, `sweep`: its number; `memo`: that of the table. */
  readonly value: bigint;
  readonly access?: Access;
  /** The value is below 2^unsignedBits. */
  readonly unsignedBits: number;
  /** As a two's complement number of its type the value fits signedBits. */
  readonly signedBits: number;
  /** Differs from cell to cell of a grid's loop, or from round to round of one over lanes. */
  readonly isVariant: boolean;
  /** Of a `sweep`, which has no value: what it does to memory. */
  readonly sweep?: Sweep;
}

/** Work that fills memory, before others load from there; see `sweeps.ts`. */
export interface Sweep {
  /** What it loads and may have changed by the end of the step. */
  readonly reads: ReadonlySet<Slot>;
  /** Operations of one round. */
  readonly size: number;
}

export const bitsOfType = (t: WordType): number => (t === 'i32' ? 32 : 64);

const COMPARE = new Set<Op>(['eq', 'ne', 'ltU', 'ltS', 'leU', 'leS', 'eqz']);
const COMMUTATIVE = new Set<Op>(['add', 'mul', 'and', 'or', 'xor', 'eq', 'ne']);
const FALSE_IF_SAME = new Set<Op>(['ne', 'ltU', 'ltS']);
const TRUE_IF_SAME = new Set<Op>(['eq', 'leU', 'leS']);

function bitLength(v: bigint): number {
  return v === 0n ? 0 : v.toString(2).length;
}

function isMask(v: bigint): boolean {
  return (v & (v + 1n)) === 0n;
}

export class Graph {
  readonly nodes: Node[] = [];
  private readonly table = new Map<string, Node>();

  private intern(
    op: Op,
    type: WordType,
    args: readonly Node[],
    unsignedBits: number,
    signedBits: number,
    value = 0n,
    access?: Access,
  ): Node {
    let key: string = op + type;
    for (const a of args) key += `,${a.id}`;
    if (op === 'const' || op === 'memo' || op === 'lane' || op === 'level') key += `,${value}`;
    if (op === 'param') key += `,${value},${unsignedBits}`;
    if (access) key += `,${access.slot.id},${access.base},${access.address},${access.bytes},${access.signed}`;
    const found = this.table.get(key);
    if (found) return found;
    const bits = bitsOfType(type);
    const u = Math.min(unsignedBits, bits);
    const isVariant = op === 'lane' || op === 'level' || (access !== undefined && access.base !== 'abs' && access.base !== 'dynamic') || args.some((a) => a.isVariant);
    const s = Math.min(signedBits, bits, u < bits ? u + 1 : bits);
    const node: Node = { id: this.nodes.length, op, type, args, value, access, unsignedBits: u, signedBits: s, isVariant };
    this.nodes.push(node);
    this.table.set(key, node);
    return node;
  }

  constant(type: WordType, value: bigint | number): Node {
    const bits = bitsOfType(type);
    const v = BigInt.asUintN(bits, BigInt(value));
    const signed = BigInt.asIntN(bits, v);
    return this.intern('const', type, [], bitLength(v), bitLength(signed < 0n ? ~signed : signed) + 1, v);
  }

  /** A parameter of the function, below 2^width. */
  param(index: number, type: WordType, width: number): Node {
    return this.intern('param', type, [], width, bitsOfType(type), BigInt(index));
  }

  /** Byte offset, below 2^width, of the entry of a table that holds the results for `key`; computed if they are not there. */
  memo(key: Node, table: number, width: number): Node {
    return this.intern('memo', 'i32', [key], width, 32, BigInt(table));
  }

  /**
   * The number of the present round of loop `index`, at most `most`: as a `lane`, the column of the cells that the loop runs over, or as a
   * `level`, of a loop with others around or in it.
   */
  round(op: 'lane' | 'level', index: number, most: number): Node {
    const width = bitLength(BigInt(most));
    return this.intern(op, 'i32', [], width, width + 1, BigInt(index));
  }

  /** `args`: values that it uses and other sweeps that come before it. */
  sweep(sweep: Sweep, args: readonly Node[]): Node {
    const id = this.nodes.length;
    const node: Node = { id, op: 'sweep', type: 'i32', args, value: BigInt(id), unsignedBits: 32, signedBits: 32, isVariant: false, sweep };
    this.nodes.push(node);
    return node;
  }

  bool(value: boolean): Node {
    return this.constant('i32', value ? 1 : 0);
  }

  /**
   * `width`: how many bits of what is loaded can be 1. `args`: the address for base `dynamic`, then the sweep that comes before it, if any.
   */
  load(type: WordType, access: Access, width: number, args: readonly Node[] = []): Node {
    const bits = access.bytes * 8;
    return access.signed
      ? this.intern('load', type, args, bitsOfType(type), bits, 0n, access)
      : this.intern('load', type, args, Math.min(width, bits), bits + 1, 0n, access);
  }

  isConst(n: Node, value?: bigint): boolean {
    return n.op === 'const' && (value === undefined || n.value === value);
  }

  unary(op: UnaryOp, a: Node): Node {
    const type: WordType = op === 'wrap' || op === 'eqz' ? 'i32' : op === 'extU' || op === 'extS' || op === 'ext32' ? 'i64' : a.type;
    if (a.op === 'const') return this.constant(type, foldUnary(op, a));
    switch (op) {
      case 'eqz':
        return this.not(a);
      case 'wrap':
        return this.wrap(a);
      case 'extU':
        return this.intern(op, type, [a], a.unsignedBits, 64);
      case 'extS':
        return a.unsignedBits < 32 ? this.intern('extU', type, [a], a.unsignedBits, 64) : this.intern(op, type, [a], 64, a.signedBits);
      case 'popcnt':
        return this.intern(op, type, [a], 7, 8);
      case 'ext8':
      case 'ext16':
      case 'ext32':
        return this.intern(op, type, [a], bitsOfType(type), Number(op.slice(3)));
    }
  }

  private wrap(a: Node): Node {
    if (a.op === 'extU' || a.op === 'extS') return a.args[0];
    if (a.op === 'and' && a.args[1].op === 'const') return this.binary('and', this.wrap(a.args[0]), this.unary('wrap', a.args[1]));
    if (a.op === 'or') return this.binary('or', this.unary('wrap', a.args[0]), this.unary('wrap', a.args[1]));
    if (a.op === 'shl' && a.args[1].op === 'const') {
      if (a.args[1].value >= 32n) return this.constant('i32', 0);
      return this.binary('shl', this.unary('wrap', a.args[0]), this.unary('wrap', a.args[1]));
    }
    if (a.op === 'load' && !a.isVariant && a.access && a.access.bytes >= 4 && !a.access.signed) {
      return this.load('i32', { ...a.access, bytes: 4 }, Math.min(a.unsignedBits, 32), a.args);
    }
    return this.intern('wrap', 'i32', [a], a.unsignedBits <= 32 ? a.unsignedBits : 32, a.signedBits <= 32 ? a.signedBits : 32);
  }

  /** Of a word that is 0 or 1, or the test for zero of any word. */
  not(a: Node): Node {
    if (a.op === 'const') return this.bool(a.value === 0n);
    if (a.type === 'i32' && a.unsignedBits <= 1) {
      switch (a.op) {
        case 'eqz':
          if (a.args[0].unsignedBits <= 1 && a.args[0].type === 'i32') return a.args[0];
          break;
        case 'eq':
          return this.binary('ne', a.args[0], a.args[1]);
        case 'ne':
          return this.binary('eq', a.args[0], a.args[1]);
        case 'ltU':
          return this.binary('leU', a.args[1], a.args[0]);
        case 'ltS':
          return this.binary('leS', a.args[1], a.args[0]);
        case 'leU':
          return this.binary('ltU', a.args[1], a.args[0]);
        case 'leS':
          return this.binary('ltS', a.args[1], a.args[0]);
        default:
      }
    }
    if (a.op === 'extU') return this.not(a.args[0]);
    return this.intern('eqz', 'i32', [a], 1, 2);
  }

  binary(op: BinaryOp, x: Node, y: Node): Node {
    let a = x;
    let b = y;
    if (a.type !== b.type) throw new Error(`engine: ${op} of ${a.type} and ${b.type}`);
    const type = a.type;
    const resultType: WordType = COMPARE.has(op) ? 'i32' : type;
    if (a.op === 'const' && b.op === 'const') return this.constant(resultType, foldBinary(op, a, b));
    if (COMMUTATIVE.has(op) && (a.op === 'const' || (b.op !== 'const' && a.id > b.id))) [a, b] = [b, a];
    if (a === b) {
      if (FALSE_IF_SAME.has(op)) return this.bool(false);
      if (TRUE_IF_SAME.has(op)) return this.bool(true);
      if (op === 'xor' || op === 'sub') return this.constant(type, 0);
      if (op === 'and' || op === 'or') return a;
    }
    const simple =
      b.op === 'const'
        ? this.withConstant(op, a, b)
        : op === 'ltU' && a.op === 'const' && a.value === 0n
          ? this.not(this.not(b))
          : undefined;
    if (simple) return simple;
    if (op === 'and') {
      const gated = this.gated(a, b) ?? this.gated(b, a);
      if (gated) return gated;
    }
    if ((op === 'and' || op === 'or') && this.isComplement(a, b)) return this.bool(op === 'or');
    const [u, s] = boundsOf(op, a, b);
    return this.intern(op, resultType, [a, b], u, s);
  }

  /** `value` where the condition holds that fills `fill` with ones, else 0. */
  private gated(fill: Node, value: Node): Node | undefined {
    if (fill.op !== 'select' || value.op === 'const') return undefined;
    const [condition, ones, zero] = fill.args;
    if (!this.isConst(zero, 0n) || ones.op !== 'const' || !isMask(ones.value) || value.unsignedBits > bitLength(ones.value)) return undefined;
    return this.select(condition, value, zero);
  }

  private isComplement(a: Node, b: Node): boolean {
    return (
      (a.op === 'eqz' && a.args[0] === b && b.unsignedBits <= 1 && b.type === 'i32') ||
      (b.op === 'eqz' && b.args[0] === a && a.unsignedBits <= 1 && a.type === 'i32')
    );
  }

  private withConstant(op: BinaryOp, a: Node, b: Node): Node | undefined {
    const bits = bitsOfType(a.type);
    const k = b.value;
    const ones = (1n << BigInt(bits)) - 1n;
    switch (op) {
      case 'add':
      case 'sub':
        if (k === 0n) return a;
        if (op === 'sub') return this.binary('add', a, this.constant(a.type, -k));
        if (a.op === 'add' && a.args[1].op === 'const') return this.binary('add', a.args[0], this.constant(a.type, a.args[1].value + k));
        return undefined;
      case 'mul':
        if (k === 0n) return b;
        if (k === 1n) return a;
        if ((k & (k - 1n)) === 0n) return this.binary('shl', a, this.constant(a.type, bitLength(k) - 1));
        return undefined;
      case 'and':
        if (k === 0n) return b;
        if (k === ones || (isMask(k) && a.unsignedBits <= bitLength(k))) return a;
        if (a.op === 'and' && a.args[1].op === 'const') return this.binary('and', a.args[0], this.constant(a.type, a.args[1].value & k));
        if (a.op === 'select' && a.args[1].op === 'const' && a.args[2].op === 'const')
          return this.select(a.args[0], this.binary('and', a.args[1], b), this.binary('and', a.args[2], b));
        if (a.unsignedBits < bitLength(k)) return this.binary('and', a, this.constant(a.type, k & ((1n << BigInt(a.unsignedBits)) - 1n)));
        return undefined;
      case 'or':
        if (k === 0n) return a;
        return k === ones || (k === 1n && a.unsignedBits <= 1) ? b : undefined;
      case 'xor':
        if (k === 0n) return a;
        return k === 1n && a.unsignedBits <= 1 && a.type === 'i32' ? this.not(a) : undefined;
      case 'shl':
      case 'shrU':
      case 'shrS':
        return this.shiftByConstant(op, a, Number(k));
      case 'eq':
      case 'ne':
        if (bitLength(k) > a.unsignedBits) return this.bool(op === 'ne');
        if (k === 0n) return op === 'eq' ? this.not(a) : a.unsignedBits <= 1 ? this.asBool(a) : undefined;
        if (k === 1n && a.unsignedBits <= 1) return op === 'eq' ? this.asBool(a) : this.not(a);
        return undefined;
      case 'ltU':
        if (k === 0n) return this.bool(false);
        return bitLength(k) > a.unsignedBits ? this.bool(true) : undefined;
      case 'leU':
        if (k === 0n) return this.not(a);
        return a.unsignedBits < bits && k >= (1n << BigInt(a.unsignedBits)) - 1n ? this.bool(true) : undefined;
      default:
        return undefined;
    }
  }

  private shiftByConstant(op: 'shl' | 'shrU' | 'shrS', a: Node, k: number): Node | undefined {
    if (k === 0) return a;
    if (op === 'shrU' && k >= a.unsignedBits) return this.constant(a.type, 0);
    if (op === 'shrS' && a.unsignedBits < bitsOfType(a.type)) return this.binary('shrU', a, this.constant(a.type, k));
    if (a.op === op && a.args[1].op === 'const' && op !== 'shrS') {
      const total = k + Number(a.args[1].value);
      return total >= bitsOfType(a.type) ? this.constant(a.type, 0) : this.binary(op, a.args[0], this.constant(a.type, total));
    }
    return undefined;
  }

  /** A word known to be 0 or 1 as i32. */
  asBool(a: Node): Node {
    return a.type === 'i64' ? this.unary('wrap', a) : a;
  }

  /** `cond ? a : b`; any `cond` but 0 is true. */
  select(cond: Node, x: Node, y: Node): Node {
    let [c, a, b] = [cond, x, y];
    if (c.op === 'const') return c.value === 0n ? b : a;
    while (c.op === 'eqz' && c.args[0].type === 'i32') [c, a, b] = [c.args[0], b, a];
    if (a.op === 'select' && a.args[0] === c) a = a.args[1];
    if (b.op === 'select' && b.args[0] === c) b = b.args[2];
    if (a === b) return a;
    if (c.unsignedBits <= 1 && c.type === 'i32') {
      if (a.type === 'i32' && a.unsignedBits <= 1 && b.unsignedBits <= 1) {
        if (this.isConst(a, 1n) || a === c) return this.binary('or', c, b);
        if (this.isConst(a, 0n)) return this.binary('and', this.not(c), b);
        if (this.isConst(b, 0n) || b === c) return this.binary('and', c, a);
        if (this.isConst(b, 1n)) return this.binary('or', this.not(c), a);
      }
      if (a.op === 'const' && this.isConst(b, 0n) && (a.value & (a.value - 1n)) === 0n)
        return this.binary('shl', a.type === 'i32' ? c : this.unary('extU', c), this.constant(a.type, bitLength(a.value) - 1));
      if (b.op === 'select' && b.args[1] === a && b.args[0].unsignedBits <= 1)
        return this.select(this.binary('or', c, b.args[0]), a, b.args[2]);
    }
    return this.intern('select', a.type, [c, a, b], Math.max(a.unsignedBits, b.unsignedBits), Math.max(a.signedBits, b.signedBits));
  }

  /** The low `width` bits, zero-extended. */
  mask(node: Node, width: number): Node {
    if (node.unsignedBits <= width) return node;
    const n = this.low(node, width);
    if (n.unsignedBits <= width) return n;
    return this.binary('and', n, this.constant(n.type, (1n << BigInt(width)) - 1n));
  }

  /** The low `width` bits, sign-extended to the word. */
  signed(node: Node, width: number): Node {
    if (node.signedBits <= width) return node;
    const bits = bitsOfType(node.type);
    if (width >= bits) return node;
    const n = this.low(node, width);
    if (n.signedBits <= width) return n;
    if (n.op === 'const') return this.constant(n.type, BigInt.asIntN(width, n.value));
    if (n.op === 'load' && n.access && !n.access.signed && n.access.bytes * 8 === width) {
      return this.load(n.type, { ...n.access, signed: true }, width, n.args);
    }
    if (width === 8) return this.unary('ext8', n);
    if (width === 16) return this.unary('ext16', n);
    if (width === 32) return this.unary('ext32', n);
    const k = this.constant(n.type, bits - width);
    return this.binary('shrS', this.binary('shl', n, k), k);
  }

  /** A node that agrees with `n` in the low `width` bits and may be cheaper. */
  low(n: Node, width: number): Node {
    switch (n.op) {
      case 'and': {
        const k = n.args[1];
        const wanted = (1n << BigInt(width)) - 1n;
        return k.op === 'const' && (k.value & wanted) === wanted ? this.low(n.args[0], width) : n;
      }
      case 'ext8':
      case 'ext16':
      case 'ext32':
        return Number(n.op.slice(3)) >= width ? this.low(n.args[0], width) : n;
      case 'shrS': {
        const [inner, k] = n.args;
        if (inner.op !== 'shl' || inner.args[1] !== k || k.op !== 'const') return n;
        return bitsOfType(n.type) - Number(k.value) >= width ? this.low(inner.args[0], width) : n;
      }
      case 'add':
      case 'sub':
      case 'mul': {
        const a = this.lowOperand(n.args[0], width);
        const b = this.lowOperand(n.args[1], width);
        return a === n.args[0] && b === n.args[1] ? n : this.binary(n.op, a, b);
      }
      default:
        return n;
    }
  }

  /** Strips what `low` can strip without looking further down than one operation. */
  private lowOperand(n: Node, width: number): Node {
    return n.op === 'and' || n.op === 'ext8' || n.op === 'ext16' || n.op === 'ext32' || n.op === 'shrS' ? this.low(n, width) : n;
  }
}

function boundsOf(op: BinaryOp, a: Node, b: Node): [number, number] {
  const au = a.unsignedBits;
  const bu = b.unsignedBits;
  const as = a.signedBits;
  const bs = b.signedBits;
  switch (op) {
    case 'add':
      return [Math.max(au, bu) + 1, Math.max(as, bs) + 1];
    case 'sub':
      return [64, Math.max(as, bs) + 1];
    case 'mul':
      return [au + bu, as + bs];
    case 'and':
      return [Math.min(au, bu), Math.max(as, bs)];
    case 'or':
    case 'xor':
      return [Math.max(au, bu), Math.max(as, bs)];
    case 'shl':
      return b.op === 'const' ? [au + Number(b.value), as + Number(b.value)] : [64, 64];
    case 'shrU':
      return b.op === 'const' ? [au - Number(b.value), 64] : [au, 64];
    case 'shrS':
      return b.op === 'const' ? [64, as - Number(b.value)] : [64, as];
    default:
      return [1, 2];
  }
}

function foldUnary(op: UnaryOp, a: Node): bigint {
  switch (op) {
    case 'eqz':
      return a.value === 0n ? 1n : 0n;
    case 'wrap':
    case 'extU':
      return a.value;
    case 'extS':
    case 'ext32':
      return BigInt.asIntN(32, a.value);
    case 'ext8':
      return BigInt.asIntN(8, a.value);
    case 'ext16':
      return BigInt.asIntN(16, a.value);
    case 'popcnt':
      return BigInt([...a.value.toString(2)].filter((d) => d === '1').length);
  }
}

function foldBinary(op: BinaryOp, x: Node, y: Node): bigint {
  const bits = bitsOfType(x.type);
  const a = x.value;
  const b = y.value;
  const signed = (v: bigint): bigint => BigInt.asIntN(bits, v);
  const amount = b % BigInt(bits);
  switch (op) {
    case 'shl':
      return BINARY_VALUE.shl(a, amount);
    case 'shrU':
      return BINARY_VALUE.shr(a, amount);
    case 'shrS':
      return BINARY_VALUE.shr(signed(a), amount);
    case 'ltU':
      return BINARY_VALUE.lt(a, b);
    case 'ltS':
      return BINARY_VALUE.lt(signed(a), signed(b));
    case 'leU':
      return BINARY_VALUE.le(a, b);
    case 'leS':
      return BINARY_VALUE.le(signed(a), signed(b));
    default:
      return BINARY_VALUE[op](a, b);
  }
}
