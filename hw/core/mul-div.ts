/**
 * Multiplication and division. The divider makes one bit of the quotient a cycle from magnitudes; the iterative multiplier
 * adds and shifts in the same registers; the single-cycle one stands beside them. Must not know encodings.
 */
import { B, Flag, In, Out, U, bool, cat, hw } from '../../gen/index.ts';
import type { UInt } from '../../gen/index.ts';
import { constant } from '../lib/constants.ts';
import type { CoreConfig } from './config.ts';
import { MulDivControl } from './decoder.ts';
import { Word } from './word.ts';

/** Steps of a division after the first cycle: the dividend's magnitude, and a bit of the quotient each. */
const DIVIDE_STEPS = constant<number>(6, 33, 'divide', 'steps');

export function MulDiv(config: CoreConfig) {
  const iterative = config.multiplier === 'iterative';
  const stepped = config.multiplier === 'stepped';
  const multiplySteps = constant<number>(6, stepped ? 2 : 32, 'multiply', 'steps');
  return hw('MulDiv', {
    /** Held, with stable control and operands, until `done`. */
    request: In(B),
    control: In(MulDivControl),
    a: In(Word),
    b: In(Word),
    done: Out(B),
    result: Out(Word),
  }, (m, io) => {
    m.doc(`Multiplier and divider. Division by 0 and overflow give what the M extension prescribes without special cases, but
      for the sign of a quotient by 0.`);
    const { control, a, b } = io;
    const { signA, signB } = m.let({ signA: control.signedFirst.and(a.bit(31)), signB: control.signedSecond.and(b.bit(31)) });

    /**
     * `upper`: remainder, or upper half of the product. `lower`: dividend that becomes the quotient, or multiplier that becomes
     * the lower half.
     */
    const r = m.regs({ busy: Flag(false), negate: Flag(false), steps: U<number>(6), upper: U<number>(33), lower: Word });
    const multiply = iterative || stepped ? m.let({ multiply: control.divide.not() }).multiply : bool(false);
    const { last } = m.let({ last: r.busy.and(r.steps.eq(0)) });
    const usesUnit = iterative || stepped ? io.request : io.request.and(control.divide);

    // Division: twice the remainder, with the next bit of the dividend, minus the divisor's magnitude.
    const { doubled } = m.let({ doubled: cat(r.upper.slice(31, 0), r.lower.bit(31)) });
    const augend = iterative ? m.let({ augend: multiply.mux(r.upper, doubled) }).augend : doubled;
    const augendSign = iterative ? multiply.and(r.upper.bit(32)) : bool(false);
    // The multiplier's sign bit has negative weight: its partial product, the last, is subtracted.
    const { subtract } = m.let({ subtract: iterative ? multiply.mux(signA.and(r.steps.eq(1)), signB.not()) : signB.not() });
    const take = iterative ? m.let({ take: control.divide.or(r.lower.bit(0)) }).take : bool(true);
    const { wideB } = m.let({ wideB: cat(signB, signB, b) });
    const { addend } = m.let({ addend: take.mux(subtract.mux(wideB.not(), wideB), U<number>(34).lit(0)) });
    // The bit below brings in the carry that completes the two's complement.
    const { sumAndCarry } = m.let({ sumAndCarry: cat(augendSign, augend, U(1).lit(1)).addWrap(cat(addend, subtract.and(take))) });
    const { sum } = m.let({ sum: sumAndCarry.slice(34, 1) });
    const { fits } = m.let({ fits: sum.bit(33).not() });

    // One negator serves the dividend before and the result after the steps.
    const { selected } = m.let({ selected: r.busy.and(control.upperResult).and(last).mux(r.upper.slice(31, 0), r.lower) });
    const { negation } = m.let({ negation: cat(r.negate.mux(selected.not(), selected), U(1).lit(1)).addWrap(cat(Word.lit(0), r.negate)) });
    const { negated } = m.let({ negated: negation.slice(32, 1) });

    m.when(r.busy.not(), () => {
      r.upper = stepped ? multiply.mux(cat(signA, a), U<number>(33).lit(0)) : U<number>(33).lit(0);
      r.lower = stepped ? multiply.mux(b, a) : a;
      r.negate = control.divide.and(signA);
      r.steps = multiply.mux(multiplySteps, DIVIDE_STEPS);
      r.busy = usesUnit;
    }).otherwise(() => {
      r.steps = r.steps.subWrap(1);
      const divides = (): void => {
        m.when(r.steps.eq(DIVIDE_STEPS), () => {
          r.lower = negated;
          r.negate = control.upperResult.mux(signA, signA.ne(signB).and(b.orR()));
        }).otherwise(() => {
          r.upper = fits.mux(sum.slice(32, 0), augend);
          r.lower = cat(r.lower.slice(30, 0), fits);
        });
      };
      const start = m.when(last, () => {
        r.busy = bool(false);
      });
      if (iterative) {
        start.elseWhen(multiply, () => {
          r.upper = sum.slice(33, 1);
          r.lower = cat(sum.bit(0), r.lower.slice(31, 1));
        }).otherwise(divides);
      } else {
        start.elseWhen(control.divide, divides);
      }
    });

    if (iterative) {
      io.done = last;
      io.result = negated;
      return;
    }
    let product: UInt;
    if (stepped) {
      // One multiplier of 33 by 17 bits on registered operands: first with the lower half of b, then with the upper one, then the sum.
      const half = m.regs({ low: U<number>(50), high: U<number>(50) });
      const upperHalf = cat(control.signedSecond.and(r.lower.bit(31)), r.lower.slice(31, 16));
      const { halfOfB } = m.let({ halfOfB: r.steps.bit(1).mux(cat(U(1).lit(0), r.lower.slice(15, 0)), upperHalf) });
      const { signedPartial } = m.let({ signedPartial: r.upper.asSInt().mul(halfOfB.asSInt()) });
      const partial = signedPartial.asUInt();
      half.high = partial;
      m.when(r.steps.bit(1), () => {
        half.low = partial;
      });
      const { upperOfLow } = m.let({ upperOfLow: half.low.asSInt().shr(16) });
      const { upperSum } = m.let({ upperSum: half.high.slice(47, 0).addWrap(upperOfLow.slice(47, 0)) });
      ({ product } = m.let({ product: cat(upperSum, half.low.slice(15, 0)) }));
      io.done = last;
    } else {
      const { signedProduct } = m.let({ signedProduct: cat(signA, a).asSInt().mul(cat(signB, b).asSInt()) });
      product = signedProduct.asUInt();
      io.done = control.divide.mux(last, io.request);
    }
    io.result = control.divide.mux(negated, control.upperResult.mux(product.slice(63, 32), product.slice(31, 0)));
  });
}
