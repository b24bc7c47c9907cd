/** Products of all widths, signed and unsigned, on both sides of a word's and of a limb's width: beside integers without limit. */
import { expect, it } from 'vitest';
import { In, Out, S, U, elaborate, hw } from '../../../gen/index.ts';
import { createWasmSimulator } from '../../../sim/engine/index.ts';
import { Random } from '../../../sw/data/random.ts';

const WIDTHS = [1, 2, 8, 16, 31, 32, 33, 40, 64, 70];

it.each(WIDTHS)('a factor of %i bits', (first) => {
  for (const second of WIDTHS) {
    const Top = hw('Top', {
      sa: In(S<number>(first)), sb: In(S<number>(second)), ua: In(U<number>(first)), ub: In(U<number>(second)),
      withSigns: Out(S<number>(first + second)), without: Out(U<number>(first + second)),
    }, (_, io) => {
      io.withSigns = io.sa.mul(io.sb).exact(first + second);
      io.without = io.ua.mul(io.ub).exact(first + second);
    });
    const sim = createWasmSimulator(elaborate(Top));
    const random = new Random(first * 100 + second);
    const words = (): bigint => [0, 32, 64].reduce((sum, at) => sum + (BigInt(random.uint32()) << BigInt(at)), 0n);
    const bits = (width: number): bigint => BigInt.asUintN(width, words());
    const corners = (width: number): bigint[] => [0n, 1n, (1n << BigInt(width)) - 1n, 1n << BigInt(width - 1), bits(width), bits(width)];
    for (const a of corners(first)) {
      for (const b of corners(second)) {
        for (const [port, value] of [['sa', a], ['ua', a], ['sb', b], ['ub', b]] as const) sim.poke(port, value);
        const product = BigInt.asIntN(first, a) * BigInt.asIntN(second, b);
        const expected = { withSigns: BigInt.asUintN(first + second, product), without: a * b };
        expect({ second, a, b, withSigns: sim.peek('withSigns'), without: sim.peek('without') }).toEqual({ second, a, b, ...expected });
      }
    }
    sim.close();
  }
});
