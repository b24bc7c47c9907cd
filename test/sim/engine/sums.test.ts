/** Sums, differences and comparisons of words around a limb's width, with every carry and borrow: beside integers without limit. */
import { expect, it } from 'vitest';
import { B, In, Out, S, U, elaborate, hw } from '../../../gen/index.ts';
import { createWasmSimulator } from '../../../sim/engine/index.ts';

/** Of each limb nothing, the least, all but the least, all. */
const LIMBS = [0n, 1n, (1n << 64n) - 2n, (1n << 64n) - 1n];

const OUTPUTS = ['sum', 'difference', 'wideSum', 'isLess', 'isLessSigned', 'grownSum', 'grownDifference'];

/** Words of which each limb takes each of these. */
function corners(width: number): readonly bigint[] {
  let words = [0n];
  for (let at = 0; at < width; at += 64) words = words.flatMap((word) => LIMBS.map((limb) => word | (limb << BigInt(at))));
  return [...new Set(words.map((word) => BigInt.asUintN(width, word)))];
}

it.each([1, 8, 63, 64, 65, 127, 128, 129, 192])('words of %i bits', (width) => {
  const Top = hw('Top', {
    a: In(U<number>(width)), b: In(U<number>(width)), sum: Out(U<number>(width)), difference: Out(U<number>(width)),
    wideSum: Out(U<number>(width + 1)), isLess: Out(B), isLessSigned: Out(B),
    grownSum: Out(S<number>(width + 1)), grownDifference: Out(S<number>(width + 1)),
  }, (_, io) => {
    const [a, b] = [io.a.asSInt(), io.b.asSInt()];
    io.sum = io.a.addWrap(io.b);
    io.difference = io.a.subWrap(io.b);
    io.wideSum = io.a.addGrow(io.b).exact(width + 1);
    io.isLess = io.a.lt(io.b);
    io.isLessSigned = a.lt(b);
    io.grownSum = a.addGrow(b).exact(width + 1);
    io.grownDifference = a.subGrow(b).exact(width + 1);
  });
  const sim = createWasmSimulator(elaborate(Top));
  const signed = (word: bigint): bigint => BigInt.asIntN(width, word);
  for (const a of corners(width)) {
    sim.poke('a', a);
    for (const b of corners(width)) {
      sim.poke('b', b);
      const seen = Object.fromEntries(OUTPUTS.map((port) => [port, sim.peek(port)]));
      expect({ a, b, ...seen }).toEqual({
        a, b, sum: BigInt.asUintN(width, a + b), difference: BigInt.asUintN(width, a - b), wideSum: a + b,
        isLess: a < b ? 1n : 0n, isLessSigned: signed(a) < signed(b) ? 1n : 0n,
        grownSum: BigInt.asUintN(width + 1, signed(a) + signed(b)), grownDifference: BigInt.asUintN(width + 1, signed(a) - signed(b)),
      });
    }
  }
  sim.close();
});
