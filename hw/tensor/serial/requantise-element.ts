/**
 * Requantises one element, bit-exact with `requantise.ts`: a bit of the multiplier a cycle, lowest first, while the product
 * moves down by a bit. What is wanted is the product shifted by `shift - 1`, of which ten bits decide: all beyond clamps.
 *
 * With `shift` above 31 the multiplier is used up when the product has moved far enough, and the bits stand in `high`. Else
 * they drop out of `high` one by one and are collected on the way; later ones must then be copies of the sign.
 */
import { B, Flag, In, Out, S, U, bool, cat, hw } from '../../../gen/index.ts';
import type { Bool, UInt } from '../../../gen/index.ts';
import { CHANNEL_RECORD } from '../../isa/tensor.ts';
import { KEPT_SHIFT } from '../channel-records.ts';

/** Bits of the shifted product that matter: rounded and moved by a zero point, anything longer clamps. */
const WINDOW = 10;
const MULTIPLIER_BITS = 31;

const field = <W extends number>(word: UInt, f: { lo: number; width: W }): UInt<W> => word.slice(f.lo + f.width - 1, f.lo).exact(f.width);

export const RequantiseElement = hw(
  'RequantiseElement',
  {
    /** The operands are there from the next cycle until `done`. */
    start: In(B),
    acc: In(U(32)), bias: In(U(32)), multiplier: In(U(32)), format: In(U(32)),
    done: Out(B), result: Out(S(8)),
  },
  (m, io) => {
    m.doc('One element: bias, multiply and shift a bit a cycle, round, zero point, clamp.');
    const r = m.regs({
      active: Flag(false), delivers: Flag(false), high: S(32), step: U(6), window: S(WINDOW), collected: U(4), strays: B,
    });
    const { active } = r;
    const { biased } = m.let({ biased: io.acc.addWrap(io.bias).asSInt() });
    // Bits past the last read 0.
    const bits = io.multiplier.slice(MULTIPLIER_BITS - 1, 0);
    const { factorBit, factorUsed } = m.let({
      factorBit: r.step.bit(5).not().and(bits.bit(r.step.slice(4, 0))),
      factorUsed: r.step.bit(5).or(r.step.slice(4, 0).andR()),
    });
    const { sum } = m.let({ sum: factorBit.mux(r.high.sext(33).addWrap(biased.sext(33)), r.high.sext(33)) });
    const shift = field(io.format, KEPT_SHIFT);
    const { atShift } = m.let({ atShift: r.step.addWrap(1).eq(shift) });
    const { allCollected } = m.let({ allCollected: r.collected.eq(WINDOW) });
    const { ends } = m.let({ ends: factorUsed.and(allCollected.or(r.collected.eq(0).and(atShift))) });
    const collects = atShift.or(r.collected.ne(0)).and(allCollected.not()).named('collects');

    m.when(io.start, () => {
      r.step = r.step.lit(0);
      r.high = r.high.lit(0);
      r.collected = r.collected.lit(0);
      r.strays = bool(false);
    }).elseWhen(active.and(ends.not()), () => {
      r.step = r.step.addWrap(1);
      r.high = sum.shr(1).named('halfSum').trunc(32);
      m.when(collects, () => {
        r.collected = r.collected.addWrap(1);
      });
      m.when(allCollected, () => {
        r.strays = r.strays.or(sum.bit(0).ne(r.window.bit(WINDOW - 1)));
      });
    });
    // Where the product has moved far enough in `high` the window takes it from there.
    m.when(collects, () => {
      const withNext = cat(sum.bit(0), r.window.slice(WINDOW - 1, 1)).asSInt().exact(WINDOW);
      r.window = factorUsed.and(r.collected.eq(0)).mux(r.high.trunc(WINDOW), withNext);
    });
    m.when(io.start, () => {
      r.active = bool(true);
    }).elseWhen(ends, () => {
      r.active = bool(false);
    });
    r.delivers = active.and(ends);
    io.done = r.delivers;

    // --- round, add the zero point, clamp ---
    const isNegative = r.high.isNegative();
    const differs = (bit: number): Bool => r.high.bit(bit).ne(r.window.bit(WINDOW - 1));
    const any = (from: number, to: number): Bool =>
      Array.from({ length: to - from + 1 }, (_, i) => differs(from + i)).reduce((a, b) => a.or(b));
    const { isFar } = m.let({ isFar: any(WINDOW - 1, 31).or(r.collected.eq(WINDOW).and(r.strays.or(any(0, WINDOW - 2)))) });
    const wide = WINDOW + 1;
    const doubled = cat(field(io.format, CHANNEL_RECORD.zeroPoint), bool(true)).asSInt().named('doubled').sext(wide);
    const { shifted } = m.let({ shifted: r.window.sext(wide).addWrap(doubled).shr(1).named('rounded').trunc(WINDOW) });
    const low = field(io.format, CHANNEL_RECORD.clampMin).asSInt();
    const high = field(io.format, CHANNEL_RECORD.clampMax).asSInt();
    const wideLow = low.sext(WINDOW).named('wideLow');
    const { isLow } = m.let({ isLow: isFar.mux(isNegative, shifted.lt(wideLow)) });
    const { raised } = m.let({ raised: isLow.mux(wideLow, shifted) });
    // The upper end counts last: it wins where the ends are crossed.
    const isHigh = isFar.and(isNegative.not()).or(raised.gt(high.sext(WINDOW)));
    io.result = isHigh.mux(high, raised.trunc(8)).exact(8);
  },
);
