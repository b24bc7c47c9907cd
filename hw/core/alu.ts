/**
 * Arithmetic, comparison, logic and shifts on two operands, in one cycle; with the serial shifter, one step of a shift.
 * Must not know instructions: `AluControl` says what to do.
 */
import { B, In, Out, U, cat, hw } from '../../gen/index.ts';
import type { Bool, Builder, UInt } from '../../gen/index.ts';
import type { CoreConfig } from './config.ts';
import { AluControl, BitControl, LOGIC } from './decoder.ts';
import { withOnly } from '../lib/with-only.ts';
import { Word, oneHot } from './word.ts';

const ports = {
  control: In(AluControl),
  /** Bits by which `a` is shifted left before the sum. Present if config.isa.zba. */
  preshift: In(BitControl.fields.preshift),
  a: In(Word),
  b: In(Word),
  /** The shift goes on: the result is `a` shifted by one. Otherwise a shift gives `LOGIC.first`. Present with the serial shifter. */
  stepping: In(B),
  /** With `invertB`: a < b, in the order asked for. */
  less: Out(B),
  /** With `invertB` and `LOGIC.xor`: a = b. */
  equal: Out(B),
  /** 0 where the operation is none of this unit's. */
  result: Out(Word),
};

export function Alu(config: CoreConfig) {
  const serial = config.shifter === 'serial';
  return hw('Alu', withOnly(ports, { preshift: config.isa.zba, stepping: serial }), (m, io) => {
    m.doc('Adder, comparison, logic and shifter. The operations run side by side; control chooses whose result counts.');
    const { control, a, b } = io;
    const augend = config.isa.zba ? shiftedBefore(m, a, io.preshift) : a;
    const { operandB } = m.let({ operandB: control.invertB.mux(b.not(), b) });

    // The extra bit below brings in the carry that completes the two's complement; the one above holds the carry out.
    const { sum } = m.let({ sum: cat(U(1).lit(0), augend, U(1).lit(1)).addWrap(cat(U(1).lit(0), operandB, control.invertB)) });
    const operations: Readonly<Record<number, UInt>> = {
      [LOGIC.xor]: a.xor(operandB), [LOGIC.or]: a.or(operandB), [LOGIC.and]: a.and(operandB), [LOGIC.first]: a,
    };
    // Chosen bit by bit: synthesis makes less of it than of comparisons with four numbers.
    const ofTwo = (low: number): UInt => control.bitwise.bit(0).mux(operations[low + 1], operations[low]);
    const { bitwise } = m.let({ bitwise: control.bitwise.bit(1).mux(ofTwo(2), ofTwo(0)) });
    const { borrow } = m.let({ borrow: sum.bit(33).not() });
    io.less = control.unsignedOrder.mux(borrow, borrow.xor(a.bit(31)).xor(b.bit(31)));
    io.equal = bitwise.andR();

    const { shifted } = m.let({ shifted: serial ? shiftByOne(control, a) : barrelShift(m, control, a, b.slice(4, 0)) });
    io.result = oneHot([
      [control.isSum, sum.slice(32, 1)],
      [serial ? control.isLogic.or(control.isShift.and(io.stepping.not())) : control.isLogic, bitwise],
      [control.isLess, io.less.asUInt().zext(32)],
      [serial ? io.stepping : control.isShift, shifted],
    ]);
  });
}

/** `a` times 1, 2, 4 or 8: for the address of an element. */
function shiftedBefore(m: Builder, a: UInt, by: UInt): UInt {
  const { scaled } = m.let({ scaled: by.bit(1).mux(cat(a.slice(29, 0), U(2).lit(0)), a) });
  return m.let({ augend: by.bit(0).mux(cat(scaled.slice(30, 0), U(1).lit(0)), scaled) }).augend;
}

type ShiftControl = { readonly shiftRight: Bool; readonly arithmetic: Bool; readonly rotate: Bool };

/** Right shift of 63 bits by 0…31; a left shift is a right shift of the value above 31 other bits, by the complement of the amount. */
function barrelShift(m: Builder, control: ShiftControl, a: UInt, amount: UInt): UInt {
  const upper = control.rotate.mux(a.slice(30, 0), control.arithmetic.and(a.bit(31)).mux<UInt>((1n << 31n) - 1n, U<number>(31).lit(0)));
  const lower = control.rotate.mux(a.slice(31, 1), U<number>(31).lit(0));
  const { distance } = m.let({ distance: control.shiftRight.mux(amount, amount.not()) });
  const { window } = m.let({ window: control.shiftRight.mux(cat(upper, a), cat(a, lower)) });
  let value: UInt = window;
  for (let bit = 4; bit >= 0; bit--) {
    // What is further up than the shifts still to come can reach falls away.
    const step = 2 ** bit;
    const next = distance.bit(bit).mux(value.slice(value.width - 1, step), value.slice(value.width - step - 1, 0));
    value = bit === 0 ? next : m.let({ [`after${step}`]: next })[`after${step}`];
  }
  return value;
}

function shiftByOne(control: ShiftControl, a: UInt): UInt {
  const top = control.rotate.mux(a.bit(0), control.arithmetic.and(a.bit(31)));
  const bottom = control.rotate.and(a.bit(31));
  return control.shiftRight.mux(cat(top, a.slice(31, 1)), cat(a.slice(30, 0), bottom));
}
