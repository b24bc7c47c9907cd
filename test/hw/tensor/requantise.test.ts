/**
 * Both forms of the requantiser of the four units, and the golden model's arithmetic, against TFLite's and gemmlowp's published functions
 * in exact arithmetic, with both roundings. With `SYSTOLE_LONG` ten million elements go through the pipelined form, else a hundred
 * thousand.
 */
import { describe, expect, it } from 'vitest';
import { elaborate } from '../../../gen/index.ts';
import { ALL_FEATURES } from '../../../hw/isa/tensor-rows.ts';
import { CHANNEL_RECORD } from '../../../hw/isa/tensor.ts';
import { LANE_LATENCY, RequantiseIterative, RequantiseLane } from '../../../hw/tensor/requantise.ts';
import { createWasmSimulator } from '../../../sim/engine/index.ts';
import type { Simulator } from '../../../sim/simulator.ts';
import { scaleRounded, scaleRoundedTwice } from '../../../sim/model/tensor.ts';
import { Random } from '../../../sw/data/random.ts';

interface Element {
  readonly value: number;
  readonly multiplier: number;
  readonly shift: number;
  readonly isDouble: boolean;
}

/** Truncates, as division does in C. */
const divided = (a: bigint, b: bigint): bigint => a / b;
/** `SaturatingRoundingDoublingHighMul` of an integer by a multiplier, neither of them the least there is: nothing saturates. */
const doublingHighMul = (a: bigint, b: bigint): bigint => {
  const product = a * b;
  return divided(product + (product >= 0n ? 1n << 30n : 1n - (1n << 30n)), 1n << 31n);
};
/** `RoundingDivideByPOT`. */
const divideByPowerOfTwo = (x: bigint, exponent: bigint): bigint => {
  const mask = (1n << exponent) - 1n;
  const threshold = (mask >> 1n) + (x < 0n ? 1n : 0n);
  return (x >> exponent) + ((x & mask) > threshold ? 1n : 0n);
};
/** `MultiplyByQuantizedMultiplier` of TFLite's default build, whose exponent is 31 less the shift; before the left shift wraps. */
function twice({ value, multiplier, shift }: Element): bigint {
  const exponent = 31 - shift;
  const left = BigInt(value) << BigInt(Math.max(exponent, 0));
  return divideByPowerOfTwo(doublingHighMul(left, BigInt(multiplier)), BigInt(Math.max(-exponent, 0)));
}
/** The same with `TFLITE_SINGLE_ROUNDING`. */
const once = ({ value, multiplier, shift }: Element): bigint =>
  (BigInt(value) * BigInt(multiplier) + (1n << BigInt(shift - 1))) >> BigInt(shift);
const exact = (element: Element): bigint => (element.isDouble ? twice(element) : once(element));

/** Parts in which elements are tried, so that none takes long. */
const PART = 100_000;
const PARTS = Array.from({ length: process.env.SYSTOLE_LONG === undefined ? 1 : 100 }, (_, part) => part + 1);

/** Of a sum, which is requantised in one pass, none of these is. */
const PASS = ['isFirst', 'isSecond', 'isBoth', 'multiplies'];

const bitsOf = (n: number): number => Math.ceil(Math.log2(Math.abs(n) + 1));

/** Of every size, with results about as large as an int8. */
function anywhere(random: Random): Element {
  const value = (random.uint32() | 0) >> random.below(32);
  const multiplier = random.uint32() >>> (1 + random.below(31));
  const shift = Math.min(Math.max(bitsOf(value) + bitsOf(multiplier) - random.below(10), 1), 62);
  return { value, multiplier, shift, isDouble: random.below(4) > 0 };
}

/** Whose product is all ones, or all zeros, over most of the bits between the two roundings, with either sign. */
function nearTie(random: Random): Element {
  const power = random.below(31);
  const shift = 32 + random.below(Math.min(power, 29) + 2);
  // Bits 30...shift-2 of the product, as the value has them, and what lies below and above.
  const [low, high] = [30 - power, shift - 1 - power];
  const ones = 2 ** high - 2 ** low;
  const below = low > 0 && random.below(2) === 0 ? random.uint32() % 2 ** low : 0;
  const above = random.below(Math.min(256, 2 ** (31 - high))) * 2 ** high;
  const one = random.below(3) === 0 ? 2 ** (low + random.below(Math.max(high - low, 1))) : 0;
  const value = Math.min(Math.max(above + ones + below + [0, one, -one][random.below(3)], 0), 2 ** 31 - 1);
  const sign = random.below(2) === 0 ? 1 : -1;
  const signed = sign * value - (random.below(4) === 0 ? sign : 0);
  return { value: signed, multiplier: Math.min(2 ** power, 2 ** 31 - 1), shift, isDouble: random.below(8) > 0 };
}

const drawn = (random: Random): Element => (random.below(2) === 0 ? anywhere(random) : nearTie(random));
const formatOf = ({ shift, isDouble }: Element): number =>
  (shift | (isDouble ? CHANNEL_RECORD.shift.flag : 0) | (0x80 << CHANNEL_RECORD.clampMin.lo) | (0x7f << CHANNEL_RECORD.clampMax.lo)) >>> 0;
const clamped = (n: bigint): number => Number(n < -128n ? -128n : n > 127n ? 127n : n);

describe('requantisation with single and double rounding', () => {
  it('tells the two roundings apart where the published functions do', () => {
    // 2.5 and -2.5 in the last step: away from zero, or up. And just below a half, which the first rounding makes one.
    const element = (value: number, shift: number): [bigint, bigint] => {
      const e = { value, multiplier: 2 ** 30, shift, isDouble: false };
      return [once(e), twice(e)];
    };
    expect(element(5, 31)).toEqual([3n, 3n]);
    expect(element(-5, 31)).toEqual([-2n, -2n]);
    expect(element(-10, 32)).toEqual([-2n, -3n]);
    expect(element(10, 32)).toEqual([3n, 3n]);
    expect(element(9, 32)).toEqual([2n, 3n]);
  });

  it('is in the golden model what the published functions say', () => {
    const random = new Random(3);
    for (let i = 0; i < 50_000; i++) {
      const e = drawn(random);
      const ours = (e.isDouble ? scaleRoundedTwice : scaleRounded)(e.value, e.multiplier, e.shift);
      if (BigInt(ours) !== exact(e)) expect({ ...e, is: BigInt(ours) }).toEqual({ ...e, is: exact(e) });
    }
  });

  const pipelined = createWasmSimulator(elaborate(RequantiseLane(ALL_FEATURES)));
  it.each(PARTS)('is in the pipelined form, an element a cycle, part %i', (part) => {
    const sim = pipelined;
    const random = new Random(100 + part);
    const inFlight: Element[] = [];
    let doubled = 0;
    for (const port of ['bias', ...PASS]) sim.poke(port, 0);
    for (let i = 0; i < PART; i++) {
      const e = drawn(random);
      sim.poke('acc', e.value >>> 0);
      sim.poke('multiplier', e.multiplier);
      sim.poke('format', formatOf(e));
      sim.step();
      if (inFlight.push(e) < LANE_LATENCY) continue;
      const done = inFlight.shift() as Element;
      const [is, wanted] = [Number(BigInt.asIntN(8, sim.peek('result'))), clamped(exact(done))];
      if (is !== wanted) expect({ ...done, is }).toEqual({ ...done, is: wanted });
      if (done.isDouble && clamped(once(done)) !== wanted) doubled++;
    }
    // Of these the second rounding made another number.
    expect(doubled).toBeGreaterThan(PART / 10);
  });

  it('is in the iterative form', () => {
    const sim = createWasmSimulator(elaborate(RequantiseIterative(ALL_FEATURES)));
    sim.poke('rst', 1);
    sim.step();
    for (const name of ['rst', 'bias', ...PASS]) sim.poke(name, 0);
    const random = new Random(5);
    for (let i = 0; i < 2000; i++) {
      const e = drawn(random);
      const inputs = { start: 1, acc: e.value >>> 0, multiplier: e.multiplier, format: formatOf(e) };
      for (const [name, value] of Object.entries(inputs)) sim.poke(name, value);
      sim.step();
      sim.poke('start', 0);
      for (let cycles = 0; sim.peek('done') !== 1n; cycles++) {
        if (cycles > 80) throw new Error('no result');
        sim.step();
      }
      expect(Number(BigInt.asIntN(8, sim.peek('result'))), JSON.stringify(e)).toBe(clamped(exact(e)));
      sim.step();
    }
  });
});

/** One of two operands, or their result, with its channel record. */
interface Part {
  readonly bias: number;
  readonly multiplier: number;
  readonly shift: number;
  readonly isDouble: boolean;
}
interface Pair {
  readonly bytes: readonly [number, number];
  readonly parts: readonly [Part, Part, Part];
  readonly zeroPoint: number;
  readonly multiplies: boolean;
}
const int8 = (random: Random): number => (random.uint32() << 24) >> 24;
/** As TFLite prepares it: operands times 2^20, scales of less than one, a result about as large as an int8. */
function usualPair(random: Random): Pair {
  const isDouble = random.below(2) === 0;
  const multiplies = random.below(2) === 0;
  const part = (bias: number, shift: number): Part => ({ bias, multiplier: 2 ** 30 + (random.uint32() % 2 ** 30), shift, isDouble });
  const parts = [-int8(random), -int8(random)].map((offset) => part(offset, 31 + random.below(9)));
  const both = part(0, multiplies ? 31 + random.below(12) : 31 + 12 + random.below(10));
  return { bytes: [int8(random), int8(random)], parts: [parts[0], parts[1], both], zeroPoint: int8(random), multiplies };
}
/** Any numbers at all. */
function anyPair(random: Random): Pair {
  const part = (): Part => {
    const multiplier = random.uint32() >>> (1 + random.below(31));
    return { bias: (random.uint32() | 0) >> random.below(32), multiplier, shift: 1 + random.below(62), isDouble: random.below(2) === 0 };
  };
  const bytes = [int8(random), int8(random)] as const;
  return { bytes, parts: [part(), part(), part()], zeroPoint: int8(random), multiplies: random.below(2) === 0 };
}
const scaled = (value: number, part: Part): bigint => exact({ value, ...part });
/** The instruction table's meaning, which is TFLite's `ADD` and `MUL`, with what goes beyond 32 bits, or beyond 12 in an operand. */
function pairResult({ bytes, parts: [first, second, both], zeroPoint, multiplies }: Pair): number {
  const [a, b] = [first, second].map(({ bias }, i) => BigInt.asIntN(12, BigInt(bytes[i]) + BigInt(bias)));
  const of = (x: bigint, part: Part): bigint => scaled(Number(BigInt.asIntN(32, x << 20n)), part);
  const v = BigInt.asIntN(32, (multiplies ? a * b : of(a, first) + of(b, second)) + BigInt(both.bias));
  return clamped(BigInt(zeroPoint) + scaled(Number(v), both));
}
const PASSES = [['isFirst', 0], ['isSecond', 1], ['isBoth', 2]] as const;
function pokePass(sim: Simulator, pair: Pair, pass: number): void {
  const { bias, ...part } = pair.parts[pass];
  for (const [name, at] of PASSES) sim.poke(name, at === pass ? 1 : 0);
  const format = (formatOf({ value: 0, ...part }) | ((pair.zeroPoint & 0xff) << CHANNEL_RECORD.zeroPoint.lo)) >>> 0;
  // Of a pair, the sum is none: whatever stands there does not count.
  const inputs = { acc: 0xdead_beef, bias: bias >>> 0, multiplier: part.multiplier, format, a: (pair.bytes[pass] ?? 99) & 0xff };
  for (const [name, value] of Object.entries({ ...inputs, multiplies: pair.multiplies ? 1 : 0 })) sim.poke(name, value);
}
const result = (sim: Simulator): number => Number(BigInt.asIntN(8, sim.peek('result')));

describe.each(['usual', 'any'])('two operands in three passes, %s ones', (kind) => {
  const draw = kind === 'usual' ? usualPair : anyPair;

  it('give TFLite\'s sums and products in the pipelined form', () => {
    const sim = createWasmSimulator(elaborate(RequantiseLane(ALL_FEATURES)));
    const random = new Random(6);
    const seen = new Set<number>();
    for (let i = 0; i < 5000; i++) {
      const pair = draw(random);
      for (const pass of [0, 1]) {
        pokePass(sim, pair, pass);
        sim.step();
      }
      for (const [name] of PASSES) sim.poke(name, 0);
      sim.step(LANE_LATENCY);
      pokePass(sim, pair, 2);
      sim.step(LANE_LATENCY);
      const wanted = pairResult(pair);
      seen.add(wanted);
      if (result(sim) !== wanted) expect({ ...pair, is: result(sim) }).toEqual({ ...pair, is: wanted });
    }
    expect(seen.size).toBe(256);
  });

  it('give the same in the iterative form', () => {
    const sim = createWasmSimulator(elaborate(RequantiseIterative(ALL_FEATURES)));
    sim.poke('rst', 1);
    sim.step();
    sim.poke('rst', 0);
    const random = new Random(7);
    for (let i = 0; i < 1000; i++) {
      const pair = draw(random);
      for (const pass of [0, 1, 2]) {
        pokePass(sim, pair, pass);
        sim.poke('start', 1);
        sim.step();
        sim.poke('start', 0);
        for (let cycles = 0; sim.peek('done') !== 1n; cycles++) {
          if (cycles > 80) throw new Error('no result');
          sim.step();
        }
        if (pass === 2) expect(result(sim), JSON.stringify(pair)).toBe(pairResult(pair));
        sim.step();
      }
    }
  });
});
