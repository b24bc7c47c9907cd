/**
 * Lanes beside the mesh for depthwise products: each has a multiplier for every pixel of a line of the kernel (a tap), and adds up the
 * products of the last T activation rows with weights of its own. They take the activation rows and the weights that the mesh takes, in the
 * same cycles, column by column tap by tap, and have two weights for each tap as the mesh's cells have. Knows nothing of windows: which of
 * the sums mean something is known to whoever streams the rows.
 *
 * A row given in cycle t with `step` is the last one of the sums in cycle t + 1: sum over j < T of w[j] · (row T - 1 - j steps before).
 */
import { B, In, Out, S, U, hw, indexWidth, vec } from '../../gen/index.ts';
import type { ModuleDef, SInt } from '../../gen/index.ts';
import { depthwiseLanes } from './params.ts';
import type { TensorParams } from './params.ts';

/** Bits of the sum of T products of two int8 values. */
export const laneSumBits = (p: TensorParams): number => 16 + Math.ceil(Math.log2(p.depthwiseTaps));

/** One lane. Each tap adds its product to what the tap before it had, so that a sum is complete when it leaves the last one. */
const Lane = (taps: number, sumBits: number) =>
  hw('DepthwiseLane', {
    a: In(S(8)), step: In(B), bank: In(B), w: In(S(8)), load0: In(vec(B, taps)), load1: In(vec(B, taps)), sum: Out(S(sumBits)),
  }, (m, io) => {
    m.doc(`${taps} products of a lane, of as many activation rows one after the other.`);
    const r = m.regs({ w0: vec(S(8), taps), w1: vec(S(8), taps), sums: vec(S(sumBits), taps) });
    for (let tap = 0; tap < taps; tap++) {
      m.when(io.load0.at(tap), () => {
        r.w0.put(tap, io.w);
      });
      m.when(io.load1.at(tap), () => {
        r.w1.put(tap, io.w);
      });
    }
    const products = Array.from({ length: taps }, (_, tap) =>
      io.a.mul(io.bank.mux(r.w1.at(tap), r.w0.at(tap))).named(`product${tap}`).sext(sumBits));
    m.when(io.step, () => {
      for (const [tap, product] of products.entries()) r.sums.put(tap, tap === 0 ? product : r.sums.at(tap - 1).addWrap(product));
    });
    io.sum = r.sums.at(taps - 1);
  });

export const depthwiseLanesPorts = (p: TensorParams) => ({
  a: In(vec(S(8), p.rows)),
  /** The row is one of theirs. */
  step: In(B),
  bank: In(B),
  /** Weights of one tap, and for which bank, if for any. */
  w: In(vec(S(8), p.rows)),
  load0: In(B),
  load1: In(B),
  /** Number of the tap; they ignore what is beyond. */
  loadColumn: In(U(indexWidth(p.columns))),
  sums: Out(vec(S(laneSumBits(p)), depthwiseLanes(p))),
});

export function DepthwiseLanes(p: TensorParams): ModuleDef<ReturnType<typeof depthwiseLanesPorts>> {
  const lanes = depthwiseLanes(p);
  return hw('DepthwiseLanes', depthwiseLanesPorts(p), (m, io) => {
    m.doc(`${lanes} lanes of ${p.depthwiseTaps} multipliers for depthwise products.`);
    const taps = m.map('taps', p.depthwiseTaps, (tap) => io.loadColumn.eq(tap.zext(io.loadColumn.width)));
    const load0 = m.map('loads0', p.depthwiseTaps, (tap) => io.load0.and(taps.at(tap)));
    const load1 = m.map('loads1', p.depthwiseTaps, (tap) => io.load1.and(taps.at(tap)));
    const sums: SInt[] = [];
    for (let i = 0; i < lanes; i++) {
      const lane = m.inst(`lane${i}`, Lane(p.depthwiseTaps, laneSumBits(p)));
      lane.a = io.a.at(i);
      lane.step = io.step;
      lane.bank = io.bank;
      lane.w = io.w.at(i);
      lane.load0 = load0;
      lane.load1 = load1;
      sums.push(lane.sum);
    }
    for (const [i, sum] of sums.entries()) io.sums.put(i, sum);
  });
}
