/**
 * Requantisation of one element, TFLite's int8 scheme with a single rounding:
 * `clamp(zeroPoint + ((acc + bias) * multiplier + 2^(shift-1) >> shift))`, in exact arithmetic; or with gemmlowp's double rounding.
 *
 * Both forms use that `(p + 2^(s-1)) >> s` equals `((p >> (s-1)) + 1) >> 1`, and that the intermediate may be saturated to
 * `ROUNDED_BITS` because everything beyond clamps to the same int8.
 *
 * Double rounding with a shift s above 31 is `t = (p + 2^30) >> 31` and then t divided by 2^(s-31), halves away from zero. That is
 * `((t' >> (s-32)) + 1) >> 1` with t' = t less one if p is negative, and t' is `p >> 31` plus bit 30 of p less its sign: it differs by -1,
 * 0 or 1. That reaches bit s-1 only through bits 31...s-2 of p that are all unlike the sign; and there it decides whether the last
 * rounding carries: up, it does, down, it does not. So of `p >> (s-1)` no more than the last bit has to be another one.
 *
 * Sums and products of two int8 operands, for `tn.ad` and `tn.mu`, take three passes: of the one operand and of the other with records
 * of their own, whose results of 32 bits are added up, and of that. A product is the second operand scaled by the first: of an operand
 * x = a + bias the number x · 2^20 goes in, so that a shift of 20 leaves the product as it is.
 */
import { B, In, Out, S, U, bool, cat, hw } from '../../gen/index.ts';
import type { Bool, SInt, UInt } from '../../gen/index.ts';
import type { TensorFeatures } from '../isa/tensor-rows.ts';
import { CHANNEL_RECORD } from '../isa/tensor.ts';
import { withOnly } from '../lib/with-only.ts';
import { DOUBLE_ROUNDING_BIT, KEPT_SHIFT } from './channel-records.ts';

/** Wide enough that adding a zero point cannot bring a saturated value back into int8. */
const ROUNDED_BITS = 12;

const field = <W extends number>(word: UInt, f: { lo: number; width: W }): UInt<W> => word.slice(f.lo + f.width - 1, f.lo).exact(f.width);

/** Rounds the last bit away, adds the zero point and clamps. `t` is the product shifted by `shift - 1`, saturated. */
function finish(t: SInt, format: UInt): SInt<8> {
  const rounded = t.addGrow(S(2).lit(1)).shr(1).named('rounded');
  const wide = rounded.width + 1;
  const shifted = rounded.sext(wide).addWrap(field(format, CHANNEL_RECORD.zeroPoint).asSInt().sext(wide)).named('shifted');
  const low = field(format, CHANNEL_RECORD.clampMin).asSInt().sext(wide).named('low');
  const high = field(format, CHANNEL_RECORD.clampMax).asSInt().sext(wide).named('high');
  const atLeast = shifted.lt(low).mux(low, shifted).named('atLeast');
  return atLeast.gt(high).mux(high, atLeast).named('clamped').trunc(8);
}

type Options = Pick<TensorFeatures, 'doubleRounding' | 'elementwise'>;

/** What arrives, of three passes; none: a sum, for a result. */
const passPorts = () => ({
  /** The first or the second operand in `a`, or what has become of both. */
  isFirst: In(B), isSecond: In(B), isBoth: In(B),
  /** The operands are multiplied. */
  multiplies: In(B),
  a: In(S(8)),
});
const allPorts = () => ({ acc: In(S(32)), bias: In(U(32)), multiplier: In(U(32)), format: In(U(32)), ...passPorts() });
const inputs = ({ elementwise }: Options): ReturnType<typeof allPorts> =>
  withOnly(allPorts(), { isFirst: elementwise, isSecond: elementwise, isBoth: elementwise, multiplies: elementwise, a: elementwise });

/** Bits of an operand of `tn.ad` and `tn.mu` with its bias, above as many zeros as make a number of 32 bits. */
const OPERAND_BITS = 12;
const OPERAND_AT = 32 - OPERAND_BITS;
/** Of `tn.mu`: leaves of a product of two such operands, of which one is in place, the product. */
const PRODUCT_SHIFT = OPERAND_AT;

interface Arriving {
  readonly acc: SInt<32>;
  readonly bias: UInt<32>;
  readonly a: SInt<8>;
  readonly isFirst: Bool;
  readonly isSecond: Bool;
  readonly isBoth: Bool;
}

/** Value and bias as they are added. `both`: what has become of two operands. */
function toAdd(io: Arriving, both: SInt<32>): { readonly value: SInt<32>; readonly bias: SInt<32>; readonly isOperand: Bool } {
  const isOperand = io.isFirst.or(io.isSecond).named('isOperand');
  const inPlace = (x: UInt): SInt<32> => cat(x, U(OPERAND_AT).lit(0)).asSInt().exact(32);
  const operand = inPlace(io.a.sext(OPERAND_BITS).asUInt());
  const value = isOperand.mux(operand, io.isBoth.mux(both, io.acc)).named('value');
  return { value, bias: isOperand.mux(inPlace(io.bias.slice(OPERAND_BITS - 1, 0)), io.bias.asSInt()).named('biasInPlace'), isOperand };
}

/**
 * One lane of the pipelined form: takes an element a cycle. `acc`, `bias`, `multiplier` and `format` (the third word of the
 * channel record) arrive together; `result` follows `LANE_LATENCY` cycles later. So does what becomes of the first operand, and of the
 * second: it is kept for the pass of both, which may arrive in the next cycle.
 */
export const LANE_LATENCY = 3;
export const RequantiseLane = (has: Options) => hw(
  'RequantiseLane',
  { ...inputs(has), result: Out(S(8)) },
  (m, io) => {
    m.doc('One element a cycle: add bias, multiply, shift and round, add zero point, clamp.');
    const r = m.regs({
      biased: S(32), factor: U(32), format1: U(32), product: S(64), format2: U(32), shifted: S(ROUNDED_BITS), format3: U(32),
    });
    const passes = has.elementwise ? threePasses() : undefined;
    const biased = passes ? passes.value.addWrap(passes.bias).named('biasedNow') : io.acc.addWrap(io.bias.asSInt());
    r.biased = biased;
    r.factor = passes ? passes.factor : io.multiplier;
    r.format1 = passes ? passes.format : io.format;
    const product = r.biased.mul(r.factor.asSInt());
    r.product = product;
    r.format2 = r.format1;
    const shift = field(r.format2, KEPT_SHIFT);
    const moved = r.product.shr(shift.subWrap(1)).named('moved');
    const shifted = moved.sat(ROUNDED_BITS);
    const carry = has.doubleRounding ? carries() : undefined;
    r.shifted = carry ? roundedBefore(shifted, carry, r.product.isNegative()) : shifted;
    r.format3 = r.format2;
    io.result = finish(r.shifted, r.format3);
    passes?.keep(biased, carry ? roundedBefore(moved, carry, r.product.isNegative()) : moved);

    /** What goes in instead of a sum and its record; and what is kept of what comes out. */
    function threePasses() {
      const k = m.regs({ both: S(32), scale: S(OPERAND_BITS), wide: S(33), firsts: U(LANE_LATENCY), seconds: U(LANE_LATENCY) });
      const { value, bias } = toAdd(io, k.both);
      const scales = io.isSecond.and(io.multiplies).named('scales');
      k.firsts = k.firsts.slice(LANE_LATENCY - 2, 0).cat(io.isFirst).exact(LANE_LATENCY);
      k.seconds = k.seconds.slice(LANE_LATENCY - 2, 0).cat(io.isSecond).exact(LANE_LATENCY);
      const keep = (biased: SInt<32>, moved: SInt): void => {
        m.when(io.isFirst, () => {
          k.scale = biased.slice(31, OPERAND_AT).asSInt().exact(OPERAND_BITS);
        });
        k.wide = moved.trunc(33);
        const [first, second] = [k.firsts.bit(LANE_LATENCY - 1), k.seconds.bit(LANE_LATENCY - 1)];
        m.when(first.or(second), () => {
          k.both = summed(second.and(io.multiplies.not()).mux(k.both, S(32).lit(0)), k.wide);
        });
      };
      return {
        value, bias, keep, factor: scales.mux(k.scale.sext(32).asUInt(), io.multiplier),
        format: scales.mux(productFormat(io.format), io.format),
      };
    }
    /** The first of two roundings reaches the bit that is rounded away: bit 30 of the product, and those between, are unlike the sign. */
    function carries(): Bool {
      const unlike = (i: number): Bool => r.product.bit(i).ne(r.product.isNegative());
      const between = Array.from({ length: 30 }, (_, i) => unlike(31 + i).or(shift.lt(33 + i)));
      const isDouble = r.format2.bit(DOUBLE_ROUNDING_BIT).and(shift.bit(5));
      return between.reduce((a, b) => a.and(b), isDouble.and(unlike(30))).named('carries');
    }
  },
);

/** A sum and a product shifted by one bit less than its shift, as that is rounded, in one addition: 32 bits, wrapping. */
function summed(sum: SInt<32>, wide: SInt<33>): SInt<32> {
  return cat(sum, bool(true)).asSInt().addWrap(wide).named('summed').shr(1).trunc(32).exact(32);
}
/** The format of a record whose shift leaves a product as it is. */
const productFormat = (format: UInt<32>): UInt<32> => cat(format.slice(31, 8), U(8).lit(PRODUCT_SHIFT)).exact(32);

/** `p >> (s-1)` in which the first of two roundings has been: where that carries, the last bit tells which way. */
function roundedBefore<W extends number>(shifted: SInt<W>, carries: Bool, isNegative: Bool): SInt<W> {
  const lastBit = carries.mux(isNegative.not(), shifted.bit(0)).named('lastBit');
  return cat(shifted.slice(shifted.width - 1, 1), lastBit).asSInt().exact(shifted.width as W);
}

/**
 * The iterative form: one element at a time, a bit of the multiplier a cycle, then a bit of the shift a cycle. `start` takes
 * the operands; the channel words must stay until `done`.
 */
export const RequantiseIterative = (has: Options) => hw(
  'RequantiseIterative',
  { start: In(B), ...inputs(has), done: Out(B), result: Out(S(8)) },
  (m, io) => {
    m.doc('One element at a time: shift-and-add multiplication, then a shift of one bit a cycle.');
    const r = m.regs({ phase: U(2, 0), biased: S(32), high: S(33), low: U(32), steps: U(6), left: B });
    const passes = has.elementwise ? threePasses() : undefined;
    const shift = field(passes ? passes.format : io.format, KEPT_SHIFT);
    /** The first of two roundings reaches all bits that have been shifted out; the sign. */
    const d = has.doubleRounding ? m.regs({ carries: B, isNegative: B }) : undefined;
    const [idle, multiply, align, deliver] = [0, 1, 2, 3];
    m.when(io.start, () => {
      r.phase = r.phase.lit(multiply);
      r.biased = passes ? passes.biased : io.acc.addWrap(io.bias.asSInt());
      r.high = r.high.lit(0);
      r.low = passes ? passes.factor : io.multiplier;
      r.steps = r.steps.lit(31);
    });
    // The product grows downwards: after 32 steps its upper half is in `high`, its lower half in `low`.
    const { sum } = m.let({ sum: r.low.bit(0).mux(r.high.addWrap(r.biased.sext(33)), r.high) });
    // `high` is the product shifted by 32. What is wanted is the product shifted by shift - 1.
    const { isLeft } = m.let({ isLeft: shift.lt(33) });
    const distance = isLeft.mux(U(6).lit(33).subWrap(shift), shift.subWrap(33));
    m.switchOn(r.phase, [
      [multiply, () => {
        r.high = sum.shr(1);
        r.low = cat(sum.bit(0), r.low.slice(31, 1)).exact(32);
        r.steps = r.steps.subWrap(1);
        m.when(r.steps.eq(0), () => {
          r.phase = r.phase.lit(align);
          r.steps = distance;
          r.left = isLeft;
        });
        // Bits 30 and 31 of the product; the latter is none of those between where the shift is 32.
        if (d) {
          const unlike = (b: Bool): Bool => b.ne(sum.isNegative());
          d.isNegative = sum.isNegative();
          d.carries = io.format.bit(DOUBLE_ROUNDING_BIT).and(shift.bit(5)).and(unlike(r.low.bit(31))).and(isLeft.or(unlike(sum.bit(0))));
        }
      }],
      [align, () => {
        // What is far out clamps whatever follows: stop before a left shift could lose the sign.
        const isFar = passes ? farOut(r.high).and(passes.isOperand.not()) : farOut(r.high);
        m.when(r.steps.eq(0).or(r.left.and(isFar)), () => {
          r.phase = r.phase.lit(deliver);
        }).otherwise(() => {
          r.steps = r.steps.subWrap(1);
          m.when(r.left, () => {
            r.high = cat(r.high.slice(31, 0), r.low.bit(31)).asSInt().exact(33);
            r.low = r.low.shlWrap(1);
          }).otherwise(() => {
            r.high = r.high.shr(1);
            if (d) d.carries = d.carries.and(r.high.bit(0).ne(d.isNegative));
          });
        });
      }],
      [deliver, () => {
        r.phase = r.phase.lit(idle);
      }],
    ]);
    io.done = r.phase.eq(deliver);
    const saturated = r.high.sat(ROUNDED_BITS).named('saturated');
    io.result = finish(d ? roundedBefore(saturated, d.carries, d.isNegative) : saturated, io.format);
    passes?.keep(d ? roundedBefore(r.high, d.carries, d.isNegative) : r.high);

    /**
     * As in the pipelined form; the pass stays as it is until it is done. A factor that is negative counts 2^32 too much here: of a product
     * that is beyond what is kept of it, as its other factor is a multiple of 2^20.
     */
    function threePasses() {
      const k = m.regs({ both: S(32), scale: S(OPERAND_BITS) });
      const { value, bias, isOperand } = toAdd(io, k.both);
      const biased = value.addWrap(bias).named('biasedNow');
      const scales = io.isSecond.and(io.multiplies).named('scales');
      m.when(io.start.and(io.isFirst), () => {
        k.scale = biased.slice(31, OPERAND_AT).asSInt().exact(OPERAND_BITS);
      });
      const keep = (wide: SInt<33>): void => {
        m.when(r.phase.eq(3).and(isOperand), () => {
          k.both = summed(io.isSecond.and(io.multiplies.not()).mux(k.both, S(32).lit(0)), wide);
        });
      };
      return {
        isOperand, biased, keep, factor: scales.mux(k.scale.sext(32).asUInt(), io.multiplier),
        format: scales.mux(productFormat(io.format), io.format),
      };
    }

    /** Already beyond what rounding and clamping can distinguish. */
    function farOut(v: SInt): Bool {
      const top = v.slice(v.width - 1, ROUNDED_BITS);
      return top.andR().or(top.orR().not()).not();
    }
  },
);
