/** Random expressions through the language's public face: every operation, every width 1..70, shared subexpressions. */
import { S, U, bool, bundle, cat, fromBits, repeat, valueOf, vec, vecOf } from '../../gen/index.ts';
import type { Bool, SInt, UInt, Value, Vec } from '../../gen/index.ts';
import type { Rng } from './rng.ts';

export interface Leaves {
  readonly uints: readonly UInt[];
  readonly sints: readonly SInt[];
  readonly bools: readonly Bool[];
  readonly vectors: readonly Vec<Value>[];
}

const WIDTHS = [1, 1, 2, 3, 4, 5, 7, 8, 8, 9, 12, 16, 17, 24, 31, 32, 33, 40, 48, 63, 64, 65, 70];

export class RandomExpressions {
  /** Made before: reused now and then, so that subexpressions are shared. */
  private readonly oldUints: UInt[] = [];
  private readonly oldSints: SInt[] = [];
  private readonly oldBools: Bool[] = [];

  constructor(private readonly rng: Rng, private readonly leaves: Leaves) {}

  width(): number {
    return this.rng.chance(0.3) ? this.rng.between(1, 70) : this.rng.pick(WIDTHS);
  }

  any(depth: number): Value {
    const pick = this.rng.below(5);
    if (pick < 2) return this.uint(this.width(), depth);
    return pick < 4 ? this.sint(this.width(), depth) : this.bool(depth);
  }

  uint<W extends number>(width: W, depth: number): UInt<W> {
    return this.anyUint(width, depth).exact(width);
  }

  sint<W extends number>(width: W, depth: number): SInt<W> {
    return this.anySint(width, depth).exact(width);
  }

  private anyUint(width: number, depth: number): UInt {
    if (depth > 0 && this.rng.chance(0.08)) {
      const known = this.oldUints.filter((v) => v.width === width);
      if (known.length > 0) return this.rng.pick(known);
    }
    const v = depth <= 0 ? this.uintLeaf(width) : this.uintOf(width, depth - 1);
    this.oldUints.push(v);
    return v;
  }

  private anySint(width: number, depth: number): SInt {
    if (depth > 0 && this.rng.chance(0.08)) {
      const known = this.oldSints.filter((v) => v.width === width);
      if (known.length > 0) return this.rng.pick(known);
    }
    const v = depth <= 0 ? this.sintLeaf(width) : this.sintOf(width, depth - 1);
    this.oldSints.push(v);
    return v;
  }

  bool(depth: number): Bool {
    if (depth > 0 && this.oldBools.length > 0 && this.rng.chance(0.08)) return this.rng.pick(this.oldBools);
    const v = depth <= 0 ? this.boolLeaf() : this.boolOf(depth - 1);
    this.oldBools.push(v);
    return v;
  }

  private fitU(v: UInt, width: number): UInt {
    return v.width === width ? v : v.width < width ? v.zext(width) : this.rng.chance(0.5) ? v.trunc(width) : v.sat(width);
  }
  private fitS(v: SInt, width: number): SInt {
    return v.width === width ? v : v.width < width ? v.sext(width) : this.rng.chance(0.5) ? v.trunc(width) : v.sat(width);
  }

  private uintLeaf(width: number): UInt {
    if (this.rng.chance(0.15)) return U(width).lit(this.rng.bits(width));
    if (this.rng.chance(0.2)) return this.fitU(this.rng.pick(this.leaves.sints).asUInt(), width);
    return this.fitU(this.rng.pick(this.leaves.uints), width);
  }
  private sintLeaf(width: number): SInt {
    if (this.rng.chance(0.15)) return S(width).lit(BigInt.asIntN(width, this.rng.bits(width)));
    if (this.rng.chance(0.2)) return this.fitS(this.rng.pick(this.leaves.uints).asSInt(), width);
    return this.fitS(this.rng.pick(this.leaves.sints), width);
  }
  private boolLeaf(): Bool {
    if (this.rng.chance(0.08)) return bool(this.rng.chance(0.5));
    return this.rng.chance(0.3) ? this.bitOf(this.rng.pick(this.leaves.uints), 0) : this.rng.pick(this.leaves.bools);
  }

  private bitOf(v: UInt | SInt, depth: number): Bool {
    return this.rng.chance(0.6) ? v.bit(this.rng.below(v.width)) : v.bit(this.uint(this.rng.between(1, 7), depth));
  }

  private amount(width: number, depth: number): UInt | number {
    if (this.rng.chance(0.4)) return this.rng.below(width + 3);
    return this.uint(this.rng.chance(0.85) ? this.rng.between(1, 7) : this.width(), depth);
  }

  private uintOf(w: number, d: number): UInt {
    const { rng } = this;
    const makers: (() => UInt)[] = [
      () => this.uint(w, d).addWrap(this.uint(w, d)),
      () => this.uint(w, d).addWrap(rng.bits(w)),
      () => this.uint(w, d).subWrap(this.uint(w, d)),
      () => this.uint(w, d).addSat(this.uint(w, d)),
      () => this.uint(w, d).subSat(this.uint(w, d)),
      () => this.uint(w, d).and(this.uint(w, d)),
      () => this.uint(w, d).or(rng.chance(0.3) ? rng.bits(w) : this.uint(w, d)),
      () => this.uint(w, d).xor(this.uint(w, d)),
      () => this.uint(w, d).not(),
      () => this.uint(w, d).shlWrap(this.amount(w, d)),
      () => this.uint(w, d).shr(this.amount(w, d)),
      () => this.sint(w, d).asUInt(),
      () => this.fitU(this.uint(this.width(), d), w),
      () => this.bool(d).mux<UInt>(this.uint(w, d), rng.chance(0.2) ? rng.bits(w) : this.uint(w, d)),
      () => this.sliceOf(this.uint(Math.min(w + rng.below(20), 90), d), w),
      () => this.sliceOf(this.sint(Math.min(w + rng.below(20), 90), d), w),
      () => this.fitU(this.element(d), w),
      () => (w === 1 ? this.bool(d).asUInt() : this.bool(d).asUInt().zext(w)),
      () => this.pack(w, d),
      () => this.tableU(w, d),
      () => this.uint(w, d).xor(this.namedU(w)),
    ];
    if (w > 1) {
      const part = rng.between(1, w - 1);
      makers.push(
        () => this.uint(part, d).mul(this.uint(w - part, d)),
        () => this.uint(part, d).mul(this.uint(w - part, d)),
        () => this.uint(w - 1, d).addGrow(this.uint(part, d)),
        () => this.uint(part, d).cat(rng.chance(0.5) ? this.uint(w - part, d) : this.sint(w - part, d)),
        () => this.uint(part, d).shlGrow(w - part),
        () => (w % 3 === 0 ? repeat(this.uint(w / 3, d), 3) : cat(this.sint(part, d), this.uint(w - part, d))),
      );
    }
    return rng.pick(makers)();
  }

  private sintOf(w: number, d: number): SInt {
    const { rng } = this;
    const makers: (() => SInt)[] = [
      () => this.sint(w, d).addWrap(this.sint(w, d)),
      () => this.sint(w, d).subWrap(this.sint(w, d)),
      () => this.sint(w, d).subWrap(BigInt.asIntN(w, rng.bits(w))),
      () => this.sint(w, d).addSat(this.sint(w, d)),
      () => this.sint(w, d).subSat(this.sint(w, d)),
      () => this.sint(w, d).negWrap(),
      () => this.sint(w, d).and(this.sint(w, d)),
      () => this.sint(w, d).or(this.sint(w, d)),
      () => this.sint(w, d).xor(this.sint(w, d)),
      () => this.sint(w, d).not(),
      () => this.sint(w, d).shlWrap(this.amount(w, d)),
      () => this.sint(w, d).shr(this.amount(w, d)),
      () => this.sint(w, d).shr(this.amount(w, d)),
      () => this.uint(w, d).asSInt(),
      () => this.fitS(this.sint(this.width(), d), w),
      () => this.bool(d).mux<SInt>(this.sint(w, d), this.sint(w, d)),
      () => this.structField(w, d),
      () => this.tableS(w, d),
      () => this.sint(w, d).addWrap(this.namedS(w)),
    ];
    if (w > 1) {
      const part = rng.between(1, w - 1);
      makers.push(
        () => this.sint(part, d).mul(this.sint(w - part, d)),
        () => this.sint(part, d).mul(this.sint(w - part, d)),
        () => this.sint(w - 1, d).addGrow(this.sint(part, d)),
        () => this.sint(w - 1, d).subGrow(this.sint(part, d)),
        () => this.uint(w - 1, d).subGrow(this.uint(part, d)),
      );
    }
    return rng.pick(makers)();
  }

  private boolOf(d: number): Bool {
    const { rng } = this;
    const w = this.width();
    const kind = rng.chance(0.5);
    const u = (): UInt => this.uint(w, d);
    const s = (): SInt => this.sint(w, d);
    return rng.pick<() => Bool>([
      () => this.bool(d).and(this.bool(d)),
      () => this.bool(d).or(this.bool(d)),
      () => this.bool(d).xor(this.bool(d)),
      () => this.bool(d).not(),
      () => this.bool(d).eq(rng.chance(0.3) ? rng.chance(0.5) : this.bool(d)),
      () => this.bool(d).ne(this.bool(d)),
      () => this.bool(d).mux(this.bool(d), this.bool(d)),
      () => (kind ? u().eq(u()) : s().eq(s())),
      () => (kind ? u().ne(rng.bits(w)) : s().ne(s())),
      () => (kind ? u().lt(u()) : s().lt(s())),
      () => (kind ? u().le(rng.bits(w)) : s().le(BigInt.asIntN(w, rng.bits(w)))),
      () => (kind ? u().gt(u()) : s().gt(s())),
      () => (kind ? u().ge(u()) : s().ge(s())),
      () => (kind ? u() : s()).andR(),
      () => (kind ? u() : s()).orR(),
      () => (kind ? u() : s()).xorR(),
      () => this.bitOf(kind ? u() : s(), d),
    ])();
  }

  private sliceOf(v: UInt | SInt, w: number): UInt {
    const lo = this.rng.below(v.width - w + 1);
    return v.slice(lo + w - 1, lo);
  }

  /** Element of an input vector or of one made here, by an index that may be past the end. */
  private element(d: number): UInt {
    const { rng } = this;
    const index = this.uint(rng.between(1, 5), d);
    if (rng.chance(0.4)) {
      const w = this.width();
      const items = Array.from({ length: rng.between(1, 6) }, () => this.uint(w, d - 1));
      return rng.chance(0.5) ? vecOf(items).at(index) : vecOf(items).at(rng.below(items.length));
    }
    const v = rng.pick(this.leaves.vectors);
    return (rng.chance(0.7) ? v.at(index) : v.at(rng.below(v.length))).asUInt();
  }

  /** Bits through a vector or a bundle and back. */
  private pack(w: number, d: number): UInt {
    if (w < 2) return this.uint(w, d);
    if (w % 2 === 0) return fromBits(vec(U(w / 2), 2), this.uint(w, d)).asUInt();
    return valueOf(vec(U(1), w), Array.from({ length: w }, (_, i) => (i % 3 === 0 ? this.bool(d - 2).asUInt() : i % 2))).asUInt();
  }

  private namedU(w: number): UInt {
    return U(w).lit(this.rng.bits(w)).named(`K${this.rng.below(4)}`);
  }
  private namedS(w: number): SInt {
    return S(w).lit(BigInt.asIntN(w, this.rng.bits(w))).named(`K${this.rng.below(4)}`);
  }

  private tableU(w: number, d: number): UInt {
    return this.table<UInt>(() => this.uint(w, d - 1), d);
  }
  private tableS(w: number, d: number): SInt {
    return this.table<SInt>(() => this.sint(w, d - 1), d);
  }

  /** One value compared with several constants, the same one twice now and then. */
  private table<T>(value: () => T, d: number): T {
    const { rng } = this;
    const w = rng.between(1, 4);
    const on = rng.chance(0.7) ? this.uint(w, d - 1) : this.sint(w, d - 1);
    const is = (): Bool => {
      const bits = rng.bits(w);
      if (on.kind === 'sint') return rng.chance(0.3) ? on.eq(S(w).lit(BigInt.asIntN(w, bits)).named('MARK')) : on.eq(BigInt.asIntN(w, bits));
      return rng.chance(0.3) ? on.eq(U(w).lit(bits).named('MARK')) : on.eq(bits);
    };
    let result = value();
    for (let n = rng.between(2, 7); n > 0; n--) result = (rng.chance(0.2) ? is().or(is()) : is()).mux(value(), result);
    return result;
  }

  /** A signed field of a bundle: made from parts, seen in bits, or chosen between two. */
  private structField(w: number, d: number): SInt {
    const other = this.rng.between(1, 5);
    const Pair = this.rng.chance(0.5)
      ? bundle('Pair', { low: U(other), it: S(w) })
      : bundle('PairToo', { it: S(w), low: U(other) });
    const a = valueOf(Pair, { it: this.sint(w, d), low: this.uint(other, d) });
    const b = fromBits(Pair, this.uint(w + other, d));
    return this.rng.pick([a, b, this.bool(d).mux(a, b)]).it;
  }
}
