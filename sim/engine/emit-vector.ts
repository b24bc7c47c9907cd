/**
 * The body of a grid's loop in vector instructions: 4, 8 or 16 columns at a time, each value in the narrowest lanes that
 * hold it, so that int8 × int8 products are made 8 in one instruction. Straight-line code: everything is computed, then
 * everything is stored.
 */
import type { Store, StoresAction } from './actions.ts';
import type { Pointers } from './emit.ts';
import type { Lane } from './lanes.ts';
import { compareLane, isCompare, isTruth, laneOf, shiftLane, vectorsFor } from './lanes.ts';
import type { Node } from './nodes.ts';
import { ARITHMETIC, BIT_OF_BYTE, COMPARE, EXTEND, EXTMUL, FIRST_BYTES, LOW_HALVES, NARROW, NEG, SIMD, SIMD_PREFIX, SPLAT } from './simd-opcodes.ts';
import type { Code } from './wasm-encoder.ts';
import { BINARY_OPS, OP, loadOp } from './wasm-opcodes.ts';

/** Lanes in vectors that locals hold. `mask`: all ones for 1, else the value. */
interface Held {
  readonly lane: Lane;
  readonly vectors: readonly number[];
  readonly isMask: boolean;
}

export class VectorBody {
  private readonly held = new Map<Node, Held>();
  private readonly converted = new Map<string, readonly number[]>();
  private readonly splats = new Map<string, number>();

  constructor(
    private readonly code: Code,
    private readonly nodes: readonly Node[],
    private readonly actions: readonly StoresAction[],
    /** Columns at a time. */
    private readonly count: number,
    private readonly pointers: Pointers,
    private readonly local: (n: Node) => number,
  ) {}

  /** Before the loop: a dry run finds which constants and outer values are needed in which lanes, and makes them. */
  prepare(): void {
    const length = this.code.bytes.length;
    const wanted: { key: string; make: () => void }[] = [];
    this.want = (key, make) => wanted.push({ key, make });
    this.emit();
    this.code.bytes.length = length;
    this.held.clear();
    this.converted.clear();
    this.want = undefined;
    for (const { key, make } of wanted) {
      make();
      this.code.opIndex(OP.localSet, this.splats.get(key) ?? 0);
    }
  }

  private want: ((key: string, make: () => void) => void) | undefined;

  emit(): void {
    for (const n of this.nodes) this.held.set(n, this.node(n));
    // All values first: a store may overwrite what another value's conversion still reads only through its locals.
    const values = this.actions.map((a) => a.stores.map((s) => this.as(s.value, (s.bytes * 8) as Lane)));
    for (const [i, a] of this.actions.entries()) {
      if (a.enable) {
        this.code.opIndex(OP.localGet, this.local(a.enable));
        this.code.op(OP.if, OP.void);
      }
      for (const [k, s] of a.stores.entries()) this.store(s, values[i][k]);
      if (a.enable) this.code.op(OP.end);
    }
  }

  private get(local: number): void {
    this.code.opIndex(OP.localGet, local);
  }

  /** What is on the stack, in a new local. */
  private keep(): number {
    const l = this.code.local('v128');
    this.code.opIndex(OP.localSet, l);
    return l;
  }

  private store(s: Store, vectors: readonly number[]): void {
    const total = s.bytes * this.count;
    for (const [i, v] of vectors.entries()) {
      this.get(this.pointers.cell(s.bytes));
      this.get(v);
      const address = s.address + 16 * i;
      if (total >= 16) {
        this.code.memory(SIMD.store, address, SIMD_PREFIX);
      } else {
        this.code.memory(total === 8 ? SIMD.store64Lane : SIMD.store32Lane, address, SIMD_PREFIX);
        this.code.op(0);
      }
    }
  }

  // ── values in wanted lanes ──

  /** A value that is the same in every lane; made before the loop. */
  private splat(n: Node, lane: Lane): number {
    const key = `${n.id}:${lane}`;
    let l = this.splats.get(key);
    if (l === undefined) {
      l = this.code.local('v128');
      this.splats.set(key, l);
    }
    this.want?.(key, () => {
      if (n.op === 'const') {
        if (lane === 64) this.code.i64(n.value);
        else this.code.i32(Number(BigInt.asIntN(32, n.value)));
      } else {
        this.get(this.local(n));
        if (lane === 64 && n.type === 'i32') this.code.op(n.unsignedBits < 32 ? 0xad : 0xac);
        if (lane < 64 && n.type === 'i64') this.code.op(0xa7);
      }
      this.code.simd(SPLAT[lane]);
    });
    return l;
  }

  private constant(value: number, lane: Lane): number {
    const key = `=${value}:${lane}`;
    let l = this.splats.get(key);
    if (l === undefined) {
      l = this.code.local('v128');
      this.splats.set(key, l);
    }
    this.want?.(key, () => {
      if (lane === 64) this.code.i64(BigInt(value));
      else this.code.i32(value);
      this.code.simd(SPLAT[lane]);
    });
    return l;
  }

  /** The low `lane` bits of a node's value. */
  private as(n: Node, lane: Lane): readonly number[] {
    if (!n.isVariant) return this.repeat(this.splat(n, lane), lane);
    const key = `${n.id}:${lane}`;
    const known = this.converted.get(key);
    if (known) return known;
    const h = this.heldOf(n);
    let vectors: readonly number[];
    if (h.isMask) {
      const one = this.constant(1, lane);
      vectors = this.mask(n, lane).map((v) => this.op2(SIMD.and, v, one));
    } else {
      vectors = this.resize(h.vectors, h.lane, lane, n);
    }
    this.converted.set(key, vectors);
    return vectors;
  }

  /** All ones where the node is not 0. */
  private mask(n: Node, lane: Lane): readonly number[] {
    if (!n.isVariant) {
      const key = `mask:${n.id}`;
      let l = this.splats.get(key);
      if (l === undefined) {
        l = this.code.local('v128');
        this.splats.set(key, l);
      }
      this.want?.(key, () => {
        this.code.i32(-1);
        this.code.i32(0);
        if (n.op === 'const') this.code.i32(n.value === 0n ? 0 : 1);
        else this.get(this.local(n));
        if (n.type === 'i64' && n.op !== 'const') this.code.op(0x50, 0x45);
        this.code.op(OP.select);
        this.code.simd(SPLAT[8]);
      });
      return this.repeat(l, lane);
    }
    const key = `${n.id}:mask:${lane}`;
    const known = this.converted.get(key);
    if (known) return known;
    const h = this.heldOf(n);
    let vectors: readonly number[];
    if (h.isMask) vectors = this.resizeMask(h.vectors, h.lane, lane);
    else if (isTruth(n))
      vectors = this.resizeMask(
        h.vectors.map((v) => this.op1(NEG[h.lane], v)),
        h.lane,
        lane,
      );
    else
      vectors = this.resizeMask(
        h.vectors.map((v) => this.op2(this.opcode(COMPARE.ne[h.lane]), v, this.constant(0, h.lane))),
        h.lane,
        lane,
      );
    this.converted.set(key, vectors);
    return vectors;
  }

  private heldOf(n: Node): Held {
    const h = this.held.get(n);
    if (!h) throw new Error('engine: a vector is not there');
    return h;
  }

  private repeat(l: number, lane: Lane): readonly number[] {
    return Array.from({ length: vectorsFor(lane, this.count) }, () => l);
  }

  private resize(vectors: readonly number[], from: Lane, to: Lane, n: Node): readonly number[] {
    let v = vectors;
    let lane = from;
    while (lane < to) {
      lane = (lane * 2) as Lane;
      v = this.widen(v, lane as 16 | 32 | 64, n.unsignedBits <= lane / 2 ? 'unsigned' : 'signed');
    }
    while (lane > to) {
      lane = (lane / 2) as Lane;
      const fits = n.unsignedBits <= lane ? 'unsigned' : n.signedBits <= lane ? 'signed' : undefined;
      v = this.narrow(v, lane as 8 | 16 | 32, fits);
    }
    return v;
  }

  private resizeMask(vectors: readonly number[], from: Lane, to: Lane): readonly number[] {
    let v = vectors;
    let lane = from;
    while (lane < to) v = this.widen(v, (lane = (lane * 2) as Lane) as 16 | 32 | 64, 'signed');
    while (lane > to) v = this.narrow(v, (lane = (lane / 2) as Lane) as 8 | 16 | 32, 'signed');
    return v;
  }

  /** To lanes of `to` bits from those of half the width. */
  private widen(vectors: readonly number[], to: 16 | 32 | 64, how: 'signed' | 'unsigned'): readonly number[] {
    const [low, high] = EXTEND[to][how];
    if (this.count * to <= 128) return vectors.map((v) => this.op1(low, v));
    return vectors.flatMap((v) => [this.op1(low, v), this.op1(high, v)]);
  }

  /** To lanes of `to` bits from those of twice the width; without `fits` high bits are dropped. */
  private narrow(vectors: readonly number[], to: 8 | 16 | 32, fits: 'signed' | 'unsigned' | undefined): readonly number[] {
    const pairs: [number, number][] = [];
    for (let i = 0; i < vectors.length; i += 2) pairs.push([vectors[i], vectors[i + 1] ?? vectors[i]]);
    return pairs.map(([a, b]) => {
      if (to === 32) {
        this.get(a);
        this.get(b);
        this.code.simd(SIMD.shuffle, ...LOW_HALVES);
        return this.keep();
      }
      const cut = (v: number): number => (fits ? v : this.op2(SIMD.and, v, this.constant(2 ** to - 1, (to * 2) as Lane)));
      return this.op2(NARROW[to][fits ?? 'unsigned'], cut(a), cut(b));
    });
  }

  private op1(op: number, a: number): number {
    this.get(a);
    this.code.simd(op);
    return this.keep();
  }

  private op2(op: number, a: number, b: number): number {
    this.get(a);
    this.get(b);
    this.code.simd(op);
    return this.keep();
  }

  private opcode(op: number | undefined): number {
    if (op === undefined) throw new Error('engine: no such vector instruction');
    return op;
  }

  // ── operations ──

  private node(n: Node): Held {
    const value = (lane: Lane, vectors: readonly number[]): Held => ({ lane, vectors, isMask: false });
    const zip = (lane: Lane, op: number): Held => {
      const b = this.as(n.args[1], lane);
      return value(
        lane,
        this.as(n.args[0], lane).map((x, i) => this.op2(op, x, b[i])),
      );
    };
    if (isCompare(n)) {
      const { lane } = compareLane(n);
      const op = this.opcode(COMPARE[n.op as keyof typeof COMPARE][lane]);
      return { ...zip(lane, op), isMask: true };
    }
    const lane = laneOf(n);
    switch (n.op) {
      case 'lane':
        return value(lane, this.numbers(lane));
      case 'load':
        if (n.access?.base === 'bit') return { lane: 8, vectors: [this.bits(n.access.address)], isMask: true };
        return value((this.accessOf(n).bytes * 8) as Lane, this.load(n));
      case 'add':
      case 'sub':
        return zip(lane, this.opcode(ARITHMETIC[n.op][lane]));
      case 'and':
      case 'or':
      case 'xor':
        return n.args.every(isTruth) && n.args.some((a) => a.isVariant && this.heldOf(a).isMask) ? this.logic(n) : zip(lane, SIMD[n.op]);
      case 'mul':
        return this.mul(n, lane === 8 ? 16 : lane);
      case 'shl':
      case 'shrU':
      case 'shrS':
        return this.shift(n);
      case 'eqz': {
        const [a] = n.args;
        const h = this.heldOf(a);
        const negated = h.isMask
          ? h.vectors.map((v) => this.op1(SIMD.not, v))
          : h.vectors.map((v) => this.op2(COMPARE.eq[h.lane] ?? 0, v, this.constant(0, h.lane)));
        return { lane: h.lane, vectors: negated, isMask: true };
      }
      case 'select':
        return this.select(n, lane);
      default:
        // Conversions between words: the same value, or its low bits.
        return value(lane, this.as(n.args[0], lane));
    }
  }

  private accessOf(n: Node): NonNullable<Node['access']> {
    if (!n.access) throw new Error('engine: load from nowhere');
    return n.access;
  }

  private load(n: Node): readonly number[] {
    const a = this.accessOf(n);
    const lane = (a.bytes * 8) as Lane;
    if (a.base === 'row') {
      this.get(this.pointers.row(a.bytes));
      this.code.memory(loadOp(lane === 64 ? 'i64' : 'i32', a.bytes, false), a.address);
      this.code.simd(SPLAT[lane]);
      return this.repeat(this.keep(), lane);
    }
    const pointer = a.base === 'cell' ? this.pointers.cell(a.bytes) : this.pointers.column(a.bytes);
    const total = a.bytes * this.count;
    return Array.from({ length: vectorsFor(lane, this.count) }, (_, i) => {
      this.get(pointer);
      this.code.memory(total >= 16 ? SIMD.load : total === 8 ? SIMD.load64Zero : SIMD.load32Zero, a.address + 16 * i, SIMD_PREFIX);
      return this.keep();
    });
  }

  /** A mask of the bits of the columns' numbers, the first of which is a multiple of how many there are. */
  private bits(address: number): number {
    const constant = (key: string, bytes: readonly number[]): number => {
      let l = this.splats.get(key);
      if (l === undefined) this.splats.set(key, (l = this.code.local('v128')));
      this.want?.(key, () => this.code.simd(SIMD.const, ...bytes));
      return l;
    };
    this.get(this.pointers.cell(1));
    this.code.i32(3);
    this.code.op(BINARY_OPS.shrU.i32);
    this.code.memory(this.count > 8 ? SIMD.load16Splat : SIMD.load8Splat, address, SIMD_PREFIX);
    let spread = this.keep();
    if (this.count > 8) {
      this.get(spread);
      this.get(spread);
      this.code.simd(SIMD.shuffle, ...FIRST_BYTES);
      spread = this.keep();
    }
    const own = this.op2(SIMD.and, spread, constant('bits', BIT_OF_BYTE));
    return this.op2(this.opcode(COMPARE.ne[8]), own, this.constant(0, 8));
  }

  /** The columns' numbers. */
  private numbers(lane: Lane): readonly number[] {
    const inVector = 128 / lane;
    return Array.from({ length: vectorsFor(lane, this.count) }, (_, i) => {
      const key = `numbers:${lane}:${i}`;
      let steps = this.splats.get(key);
      if (steps === undefined) this.splats.set(key, (steps = this.code.local('v128')));
      const byteOf = (b: number): number => ((b * 8) % lane === 0 ? i * inVector + (b * 8) / lane : 0);
      const bytes = Array.from({ length: 16 }, (__, b) => byteOf(b));
      this.want?.(key, () => this.code.simd(SIMD.const, ...bytes));
      this.get(this.pointers.cell(1));
      this.code.simd(SPLAT[lane]);
      return this.op2(this.opcode(ARITHMETIC.add[lane]), this.keep(), steps);
    });
  }

  /** On truth values, as masks of the lanes that one operand has. */
  private logic(n: Node): Held {
    const model = n.args.find((a) => a.isVariant && this.heldOf(a).isMask) ?? n.args[0];
    const { lane } = this.heldOf(model);
    const b = this.mask(n.args[1], lane);
    const vectors = this.mask(n.args[0], lane).map((x, i) => this.op2(SIMD[n.op as 'and' | 'or' | 'xor'], x, b[i]));
    return { lane, vectors, isMask: true };
  }

  private mul(n: Node, lane: 16 | 32 | 64): Held {
    const [a, b] = n.args;
    const half = lane / 2;
    const how =
      a.signedBits <= half && b.signedBits <= half ? 'signed' : a.unsignedBits <= half && b.unsignedBits <= half ? 'unsigned' : undefined;
    if (!how) {
      const y = this.as(b, lane);
      return { lane, isMask: false, vectors: this.as(a, lane).map((x, i) => this.op2(this.opcode(ARITHMETIC.mul[lane]), x, y[i])) };
    }
    const [low, high] = EXTMUL[lane][how];
    const y = this.as(b, half as Lane);
    const both = this.count * lane > 128;
    const vectors = this.as(a, half as Lane).flatMap((x, i) =>
      both ? [this.op2(low, x, y[i]), this.op2(high, x, y[i])] : [this.op2(low, x, y[i])],
    );
    return { lane, vectors, isMask: false };
  }

  private shift(n: Node): Held {
    const lane = shiftLane(n);
    const amount = Math.min(Number(n.args[1].value), n.op === 'shrS' ? lane - 1 : 63);
    const vectors = this.as(n.args[0], lane).map((v) => {
      this.get(v);
      this.code.i32(amount);
      this.code.simd(this.opcode(ARITHMETIC[n.op as 'shl' | 'shrU' | 'shrS'][lane]));
      return this.keep();
    });
    return { lane, vectors, isMask: false };
  }

  private select(n: Node, lane: Lane): Held {
    const [c, a, b] = n.args;
    const masks = [a, b].every((x) => isTruth(x) && x.isVariant && this.heldOf(x).isMask);
    const at = masks ? this.heldOf(a).lane : lane;
    const x = masks ? this.mask(a, at) : this.as(a, at);
    const y = masks ? this.mask(b, at) : this.as(b, at);
    const m = this.mask(c, at);
    const vectors = x.map((v, i) => {
      this.get(v);
      this.get(y[i]);
      this.get(m[i]);
      this.code.simd(SIMD.bitselect);
      return this.keep();
    });
    return { lane: at, vectors, isMask: masks };
  }
}
