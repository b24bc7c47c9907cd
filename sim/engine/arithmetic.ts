/**
 * The operators of the intermediate representation on ropes: on one word where the width allows it, else on 64-bit limbs.
 * Must not know expressions, modules or memory.
 */
import type { BinaryFn, UnaryFn } from '../../gen/ir/expr.ts';
import type { BinaryOp, Graph, Node, WordType } from './nodes.ts';
import { bitsOfType } from './nodes.ts';
import type { BoxPiece, NodePiece, Rope } from './rope.ts';
import { boxRope, concatRopes, constRope, nodeRope, ropeWidth, sameBox, sameRope, sliceRope, Words } from './rope.ts';

export class Arithmetic {
  readonly words: Words;
  constructor(readonly graph: Graph) {
    this.words = new Words(graph);
  }

  unary(fn: UnaryFn, a: Rope): Rope {
    const width = ropeWidth(a);
    const g = this.graph;
    switch (fn) {
      case 'not':
        if (width === 1) return nodeRope(g.not(this.words.word(a)), 1);
        return this.chunked(a, a, (x, _, w) => g.binary('xor', x, g.constant(x.type, (1n << BigInt(w)) - 1n)));
      case 'neg':
        return this.binary('sub', constRope(0n, width), a, false);
      case 'andR':
        return nodeRope(
          this.reduce(a, 'and', (x, w) => g.binary('eq', x, g.constant(x.type, (1n << BigInt(w)) - 1n))),
          1,
        );
      case 'orR':
        return nodeRope(
          this.reduce(a, 'or', (x) => g.binary('ne', x, g.constant(x.type, 0))),
          1,
        );
      case 'xorR': {
        const all = width <= 64 ? this.words.word(a) : this.words.limbs(a).reduce((x, y) => g.binary('xor', x, y));
        const ones = all.unsignedBits <= 1 ? all : g.binary('and', g.unary('popcnt', all), g.constant(all.type, 1));
        return nodeRope(g.asBool(ones), 1);
      }
    }
  }

  private reduce(a: Rope, op: 'and' | 'or', f: (x: Node, width: number) => Node): Node {
    const width = ropeWidth(a);
    if (width <= 64) return f(this.words.word(a), width);
    return this.words
      .limbs(a)
      .map((x, i) => f(x, Math.min(64, width - 64 * i)))
      .reduce((x, y) => this.graph.binary(op, x, y));
  }

  /** Operands of one width except for `mul`, `shl` and `shr`. */
  binary(fn: BinaryFn, a: Rope, b: Rope, signed: boolean): Rope {
    switch (fn) {
      case 'add':
      case 'sub':
        return this.addSub(fn, a, b);
      case 'mul':
        return this.mul(a, b, signed);
      case 'and':
      case 'or':
      case 'xor':
        return this.chunked(a, b, (x, y) => this.graph.binary(fn, x, y));
      case 'shl':
      case 'shr':
        return this.shift(fn, a, b, signed);
      case 'eq':
        return nodeRope(this.equal(a, b), 1);
      case 'ne':
        return nodeRope(this.graph.not(this.equal(a, b)), 1);
      case 'lt':
        return nodeRope(this.less(a, b, signed), 1);
      case 'le':
        return nodeRope(this.graph.not(this.less(b, a, signed)), 1);
    }
  }

  /** `cond ? a : b`, bit for bit. */
  mux(cond: Node, a: Rope, b: Rope): Rope {
    if (cond.op === 'const') return cond.value === 0n ? b : a;
    if (sameRope(a, b)) return a;
    return this.chunked(a, b, (x, y) => this.graph.select(cond, x, y), true);
  }

  extend(a: Rope, width: number, signed: boolean): Rope {
    const from = ropeWidth(a);
    if (!signed) return concatRopes([a, constRope(0n, width - from)]);
    const g = this.graph;
    if (width <= 64) {
      const x = this.words.word(a, this.words.typeFor(width));
      return nodeRope(g.mask(this.signExtend(a, x.type), width), width);
    }
    const topWidth = from % 64 === 0 ? 64 : from % 64;
    const top = this.signExtend(sliceRope(a, from - topWidth, topWidth), 'i64');
    const sign = g.binary('shrS', top, g.constant('i64', 63));
    const parts = [sliceRope(a, 0, from - topWidth), nodeRope(top, Math.min(64, width - from + topWidth))];
    for (let at = from - topWidth + 64; at < width; at += 64)
      parts.push(nodeRope(g.mask(sign, Math.min(64, width - at)), Math.min(64, width - at)));
    if (width - from + topWidth < 64) parts[1] = nodeRope(g.mask(top, width - from + topWidth), width - from + topWidth);
    return concatRopes(parts);
  }

  /** The rope's value, as a signed number in a word of `type`. */
  private signExtend(a: Rope, type: WordType): Node {
    const width = ropeWidth(a);
    const g = this.graph;
    if (type === 'i64' && width <= 32) return g.unary('extS', g.signed(this.words.word(a), width));
    return g.signed(this.words.word(a, type), width);
  }

  /** Applies a bitwise operation piece by piece, cutting where both operands are cut, or where the more rigid one is. */
  private chunked(a: Rope, b: Rope, f: (x: Node, y: Node, width: number) => Node, keepSame = false): Rope {
    const width = ropeWidth(a);
    const one = (x: Rope, y: Rope): Rope => {
      const w = ropeWidth(x);
      if (keepSame && sameRope(x, y)) return x;
      const type = this.words.typeFor(w);
      return nodeRope(f(this.words.word(x, type), this.words.word(y, type), w), w);
    };
    if (width <= 64) return one(a, b);
    const parts: Rope[] = [];
    let from = 0;
    for (const to of boundaries(a, b)) {
      parts.push(one(sliceRope(a, from, to - from), sliceRope(b, from, to - from)));
      from = to;
    }
    return concatRopes(parts);
  }

  private addSub(fn: 'add' | 'sub', a: Rope, b: Rope): Rope {
    const width = ropeWidth(a);
    const g = this.graph;
    if (width <= 64) return nodeRope(g.mask(g.binary(fn, this.words.word(a), this.words.word(b)), width), width);
    const x = this.words.limbs(a);
    const y = this.words.limbs(b);
    const out: Node[] = [];
    let carry = g.constant('i64', 0);
    for (const [i, xi] of x.entries()) {
      const sum = g.binary(fn, xi, y[i]);
      const total = g.binary(fn, sum, carry);
      // Carry out of an addition: the sum is below an operand; borrow out of a subtraction: the operand is below the subtrahend.
      const c1 = fn === 'add' ? g.binary('ltU', sum, xi) : g.binary('ltU', xi, y[i]);
      const c2 = fn === 'add' ? g.binary('ltU', total, sum) : g.binary('ltU', sum, carry);
      carry = g.unary('extU', g.binary('or', c1, c2));
      out.push(g.mask(total, Math.min(64, width - 64 * i)));
    }
    return this.words.fromLimbs(out, width);
  }

  private mul(a: Rope, b: Rope, signed: boolean): Rope {
    const width = ropeWidth(a) + ropeWidth(b);
    const g = this.graph;
    if (width <= 64) {
      const type = this.words.typeFor(width);
      const word = (r: Rope): Node => (signed ? this.signExtend(r, type) : this.words.word(r, type));
      return nodeRope(g.mask(g.binary('mul', word(a), word(b)), width), width);
    }
    // Schoolbook in digits of 32 bits, modulo 2^width, on operands extended to the width of the result.
    const digits = (r: Rope): Node[] => {
      const full = this.extend(r, width, signed);
      const out: Node[] = [];
      for (let lo = 0; lo < width; lo += 32) out.push(this.words.word(sliceRope(full, lo, Math.min(32, width - lo)), 'i64'));
      return out;
    };
    const x = digits(a);
    const y = digits(b);
    const zero = g.constant('i64', 0);
    const low = g.constant('i64', 0xffffffffn);
    const result: Node[] = x.map(() => zero);
    for (let i = 0; i < x.length; i++) {
      let carry = zero;
      for (let j = 0; i + j < result.length; j++) {
        const t = g.binary('add', g.binary('add', g.binary('mul', x[i], y[j]), result[i + j]), carry);
        result[i + j] = g.binary('and', t, low);
        carry = g.binary('shrU', t, g.constant('i64', 32));
      }
    }
    return concatRopes(result.map((n, i) => nodeRope(g.mask(n, Math.min(32, width - 32 * i)), Math.min(32, width - 32 * i))));
  }

  private equal(a: Rope, b: Rope): Node {
    const width = ropeWidth(a);
    const g = this.graph;
    if (sameRope(a, b)) return g.bool(true);
    const [x0, y0] = a.every((p) => p.kind === 'const') ? [b, a] : [a, b];
    const inPlace = this.equalInPlace(x0, y0);
    if (inPlace) return inPlace;
    if (width <= 64) return g.binary('eq', this.words.word(a), this.words.word(b));
    const x = this.words.limbs(a);
    const y = this.words.limbs(b);
    return x.map((xi, i) => g.binary('eq', xi, y[i])).reduce((p, q) => g.binary('and', p, q));
  }

  /** Comparison of parts of one word with a constant: the parts are masked where they are instead of being gathered. */
  private equalInPlace(a: Rope, b: Rope): Node | undefined {
    const first = a.find((p): p is NodePiece | BoxPiece => p.kind !== 'const');
    if (!first || b.some((p) => p.kind !== 'const')) return undefined;
    const whole: Rope = first.kind === 'node' ? nodeRope(first.node, bitsOfType(first.node.type)) : boxRope(first.box);
    if (ropeWidth(whole) > 64) return undefined;
    const g = this.graph;
    let mask = 0n;
    let value = 0n;
    let at = 0;
    for (const p of a) {
      const wanted = constantOf(sliceRope(b, at, p.width));
      at += p.width;
      if (p.kind === 'const') {
        if (p.value !== wanted) return g.bool(false);
        continue;
      }
      if (p.kind === 'node' ? first.kind !== 'node' || p.node !== first.node : first.kind !== 'box' || !sameBox(p.box, first.box)) return undefined;
      const ones = ((1n << BigInt(p.width)) - 1n) << BigInt(p.lo);
      // The same bit twice, as two values.
      if ((mask & ones & (value ^ (wanted << BigInt(p.lo)))) !== 0n) return g.bool(false);
      mask |= ones;
      value |= wanted << BigInt(p.lo);
    }
    const word = this.words.word(mask >> 32n === 0n ? sliceRope(whole, 0, Math.min(32, ropeWidth(whole))) : whole);
    return g.binary('eq', g.binary('and', word, g.constant(word.type, mask)), g.constant(word.type, value));
  }

  private less(a: Rope, b: Rope, signed: boolean): Node {
    const width = ropeWidth(a);
    const g = this.graph;
    const op: BinaryOp = signed ? 'ltS' : 'ltU';
    if (width <= 64) {
      const type = this.words.typeFor(width);
      return signed
        ? g.binary(op, this.signExtend(a, type), this.signExtend(b, type))
        : g.binary(op, this.words.word(a), this.words.word(b));
    }
    const x = this.words.limbs(a);
    const y = this.words.limbs(b);
    const topWidth = width - 64 * (x.length - 1);
    let result = g.bool(false);
    for (const [i, xi] of x.entries()) {
      const top = i === x.length - 1 && signed;
      const p = top ? g.signed(xi, topWidth) : xi;
      const q = top ? g.signed(y[i], topWidth) : y[i];
      result = g.select(g.binary('eq', p, q), result, g.binary(top ? 'ltS' : 'ltU', p, q));
    }
    return result;
  }

  private shift(fn: 'shl' | 'shr', a: Rope, b: Rope, signed: boolean): Rope {
    const width = ropeWidth(a);
    const g = this.graph;
    if (b.every((p) => p.kind === 'const')) {
      const amount = constantOf(b);
      return this.shiftBy(fn, a, amount > BigInt(width) ? width : Number(amount), signed);
    }
    if (width > 64) return this.wideShift(fn, a, b, signed);
    const type = this.words.typeFor(width);
    const bits = bitsOfType(type);
    const { amount, tooFar } = this.shiftAmount(b, type, bits);
    if (fn === 'shr' && signed) {
      const x = this.signExtend(a, type);
      const clamped = g.select(tooFar, g.constant(type, bits - 1), amount);
      return nodeRope(g.mask(g.binary('shrS', x, clamped), width), width);
    }
    const shifted = g.binary(fn === 'shl' ? 'shl' : 'shrU', this.words.word(a), amount);
    return nodeRope(g.mask(g.select(tooFar, g.constant(type, 0), shifted), width), width);
  }

  /** The amount as a word of `type`, and whether it is `limit` or more. */
  private shiftAmount(b: Rope, type: WordType, limit: number): { amount: Node; tooFar: Node } {
    const g = this.graph;
    const width = ropeWidth(b);
    const low = this.words.word(sliceRope(b, 0, Math.min(width, 32)));
    let tooFar = g.not(g.binary('ltU', low, g.constant('i32', limit)));
    if (width > 32) tooFar = g.binary('or', tooFar, this.words.word(this.unary('orR', sliceRope(b, 32, width - 32))));
    return { amount: this.words.convert(low, type), tooFar };
  }

  private fill(a: Rope, width: number, signed: boolean): Rope {
    if (!signed) return constRope(0n, width);
    const sign = sliceRope(a, ropeWidth(a) - 1, 1);
    return width <= 0 ? [] : this.extend(sign, width, true);
  }

  private shiftBy(fn: 'shl' | 'shr', a: Rope, amount: number, signed: boolean): Rope {
    const width = ropeWidth(a);
    if (fn === 'shl') return concatRopes([constRope(0n, amount), sliceRope(a, 0, width - amount)]);
    return concatRopes([sliceRope(a, amount, width - amount), this.fill(a, amount, signed)]);
  }

  /** Stages of whole limbs by the amount's high bits, then a funnel by its low six bits. */
  private wideShift(fn: 'shl' | 'shr', a: Rope, b: Rope, signed: boolean): Rope {
    const g = this.graph;
    const width = ropeWidth(a);
    const amountWidth = ropeWidth(b);
    let x = a;
    let tooFar = g.bool(false);
    for (let k = 6; k < amountWidth; k++) {
      const bit = this.words.word(sliceRope(b, k, 1));
      if (k > 30 || 2 ** k >= width) tooFar = g.binary('or', tooFar, bit);
      else x = this.mux(bit, this.shiftBy(fn, x, 2 ** k, signed), x);
    }
    const amount = this.words.word(sliceRope(b, 0, Math.min(6, amountWidth)), 'i64');
    const back = g.binary('sub', g.constant('i64', 63), amount);
    const fill = this.fill(a, 64, signed);
    const padded = fn === 'shl' ? x : this.extend(x, Math.ceil(width / 64) * 64, signed);
    const limbs = this.words.limbs(padded);
    const one = g.constant('i64', 1);
    const out = limbs.map((limb, i) => {
      if (fn === 'shl') {
        const below = i === 0 ? undefined : g.binary('shrU', g.binary('shrU', limbs[i - 1], one), back);
        const high = g.binary('shl', limb, amount);
        return below ? g.binary('or', high, below) : high;
      }
      const above = i === limbs.length - 1 ? this.words.word(fill, 'i64') : limbs[i + 1];
      return g.binary('or', g.binary('shrU', limb, amount), g.binary('shl', g.binary('shl', above, one), back));
    });
    const masked = out.map((n, i) => g.mask(n, Math.min(64, width - 64 * i)));
    return this.mux(tooFar, this.fill(a, width, signed && fn === 'shr'), this.words.fromLimbs(masked, width));
  }
}

/**
 * Where to cut two ropes of one width for an operation bit by bit, ascending, the last is the width; no part exceeds 64
 * bits. Constants and a whole in memory can be cut anywhere; computed words should not be cut.
 */
function boundaries(a: Rope, b: Rope): number[] {
  const width = ropeWidth(a);
  const cutsOf = (r: Rope): Set<number> | undefined => {
    if (r.every((p) => p.kind === 'const') || (r.length === 1 && r[0].kind !== 'node')) return undefined;
    const cuts = new Set<number>();
    let at = 0;
    for (const p of r) cuts.add((at += p.width));
    return cuts;
  };
  const x = cutsOf(a);
  const y = cutsOf(b);
  const common = x && y ? [...x].filter((c) => y.has(c)) : [...(x ?? y ?? [width])];
  const rigid = [...(x ?? y ?? [])];
  const out: number[] = [];
  let from = 0;
  for (const to of common) {
    while (to - from > 64) {
      const start = from;
      const best = rigid.filter((c) => c > start && c <= start + 64 && c < to).at(-1);
      from = best ?? start + 64;
      out.push(from);
    }
    out.push(to);
    from = to;
  }
  return out;
}

/** The value of a rope of constants. */
function constantOf(r: Rope): bigint {
  return r.reduceRight((v, p) => (v << BigInt(p.width)) | (p.kind === 'const' ? p.value : 0n), 0n);
}
