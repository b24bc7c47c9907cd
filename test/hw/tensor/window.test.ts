/** The walk over a window gives the rows that the table says, at the ends of every field and however far the window sticks out. */
import { describe, expect, it } from 'vitest';
import { B, In, Out, S, U, elaborate, hw } from '../../../gen/index.ts';
import { packFields, rangeOfField } from '../../../hw/isa/instruction.ts';
import type { OperandField } from '../../../hw/isa/instruction.ts';
import { ALL_FEATURES } from '../../../hw/isa/tensor-rows.ts';
import { windowOf } from '../../../hw/isa/tensor-checks.ts';
import { TENSOR } from '../../../hw/isa/tensor.ts';
import type { TensorParams } from '../../../hw/tensor/params.ts';
import { ActivationWalk, windowFields } from '../../../hw/tensor/window.ts';
import { createWasmSimulator } from '../../../sim/engine/index.ts';
import { Random } from '../../../sw/data/random.ts';

/** With as many rows as an image can have. */
const p: TensorParams = {
  rows: 4, columns: 4, scratchpadRows: 65_536, accumulatorRows: 4096, channels: 16, scratchpadBanks: 1, accumulatorBanks: 1, vectorLanes: 1,
  requantiser: 'pipelined', queueDepth: 1, hazardBlocks: 1, counters: false, busBytes: 4, idBits: 1, pipelineEvery: 1, ...ALL_FEATURES, depthwiseTaps: 3, multiplier: 'generic',
};
const Walked = hw('Walked', {
  start: In(B), aRow: In(U<number>(16)), windowed: In(B), image: In(U(32)), window: In(U(32)), step: In(B), lanes: In(B),
  row: Out(U<number>(16)), onImage: Out(B), padding: Out(S(8)), completes: Out(B),
}, (m, io) => {
  const walk = m.inst('walk', ActivationWalk(p));
  walk.start = io.start;
  walk.aRow = io.aRow;
  walk.windowed = io.windowed;
  walk.window = windowFields(io.image, io.window);
  walk.step = io.step;
  walk.lanes = io.lanes;
  io.row = walk.row;
  io.onImage = walk.onImage;
  io.padding = walk.padding;
  io.completes = walk.completes;
});

type Values = Readonly<Record<string, number>>;
interface Case {
  readonly image: Values;
  readonly window: Values;
  readonly count: number;
}

/** Every field at its least, its most, or anywhere. */
function drawn(random: Random): Case {
  const of = (fields: readonly OperandField[]): Values => Object.fromEntries(fields.map((field) => {
    const { least, most } = { ...rangeOfField(field), ...(field.least === undefined ? {} : { least: field.least }) };
    const near = Math.min(most, least + random.below(12));
    return [field.name, [least, most, near, least + random.below(most - least + 1)][random.below(4)]];
  }));
  return { image: of(TENSOR.win.rs1), window: of(TENSOR.win.rs2), count: 1 + random.below(200) };
}

/** Of which the window comes round to where it was, were its position to grow for ever. */
const FAR: readonly Case[] = [
  { image: { imageRows: 65_535, width: 4095, strideYMinus1: 3 }, window: { windowWidth: 1 }, count: 200 },
  { image: { imageRows: 65_535, width: 4095, strideYMinus1: 3 }, window: { left: -64, top: -64, windowWidth: 1 }, count: 200 },
  { image: { imageRows: 65_535, width: 4095, strideXMinus1: 3 }, window: { left: 63, top: 63, windowWidth: 1023 }, count: 4095 },
];

describe('the walk over a window', () => {
  const sim = createWasmSimulator(elaborate(Walked));
  function check({ image, window, count }: Case, aRow: number): void {
    const words = { image: packFields(TENSOR.win.rs1, image), window: packFields(TENSOR.win.rs2, window) };
    const expected = windowOf(words);
    for (const [name, value] of Object.entries({ ...words, start: 1, aRow, windowed: 1, step: 0, lanes: 0 })) sim.poke(name, value);
    sim.step();
    sim.poke('start', 0);
    for (let index = 0; index < count; index++) {
      const what = `${JSON.stringify({ image, window })}, ${index}`;
      const row = expected.rowOf(index);
      expect(sim.peek('onImage'), what).toBe(row === undefined ? 0n : 1n);
      if (row === undefined) expect(BigInt.asIntN(8, sim.peek('padding')), what).toBe(BigInt(expected.padding));
      else expect(sim.peek('row'), what).toBe(BigInt((aRow + row) & 0xffff));
      expect(sim.peek('completes'), what).toBe(1n);
      // It stands until it is taken.
      sim.poke('step', index % 3 === 1 ? 0 : 1);
      if (index % 3 === 1) {
        sim.step();
        sim.poke('step', 1);
      }
      sim.step();
    }
  }

  it.each(FAR)('is as the table says, far out: %j', (far) => {
    check(far, 0);
  });

  it('is as the table says, anywhere', () => {
    const random = new Random(11);
    for (let i = 0; i < 300; i++) check(drawn(random), random.below(65_536));
  });

  /** The last rows before each place of the window are those of a line of the kernel, and no more rows are taken than that needs. */
  function checkLines({ image, window, count }: Case, aRow: number): void {
    const taps = p.depthwiseTaps;
    const words = { image: packFields(TENSOR.win.rs1, image), window: packFields(TENSOR.win.rs2, window) };
    const expected = windowOf(words);
    for (const [name, value] of Object.entries({ ...words, start: 1, aRow, windowed: 1, step: 0, lanes: 1 })) sim.poke(name, value);
    sim.step();
    for (const [name, value] of Object.entries({ start: 0, step: 1 })) sim.poke(name, value);
    const { strideX, width } = expected;
    const taken: (bigint | 'beside')[] = [];
    let most = 0;
    for (let place = 0; place < count; place++) {
      const startsLine = place % width === 0;
      // Two lines share a pixel where the one ends beside the image and the other begins there.
      const isShared = startsLine && place > 0 && expected.rowOf(place - 1, taps - 1) === undefined && expected.left < 0;
      most += startsLine ? taps - (isShared ? 1 : 0) : strideX;
      do {
        taken.push(sim.peek('onImage') === 1n ? sim.peek('row') : 'beside');
        if (sim.peek('completes') === 1n) break;
        sim.step();
      } while (taken.length < most);
      const what = `${JSON.stringify({ image, window })}, ${place}`;
      expect(sim.peek('completes'), what).toBe(1n);
      expect(taken.length, what).toBe(most);
      const line = Array.from({ length: taps }, (_, j) => expected.rowOf(place, j));
      expect(taken.slice(-taps), what).toEqual(line.map((row) => (row === undefined ? 'beside' : BigInt((aRow + row) & 0xffff))));
      sim.step();
    }
  }

  it.each(FAR)('gives depthwise lanes lines of the kernel, far out: %j', (far) => {
    checkLines(far, 0);
  });

  it('gives depthwise lanes lines of the kernel, anywhere', () => {
    const random = new Random(12);
    for (let i = 0; i < 300; i++) checkLines(drawn(random), random.below(65_536));
  });

  it('is one row after the other without a window', () => {
    const begin = { start: 1, aRow: 65_530, windowed: 0, image: 0, window: 0, step: 0, lanes: 0 };
    for (const [name, value] of Object.entries(begin)) sim.poke(name, value);
    sim.step();
    for (const [name, value] of Object.entries({ start: 0, step: 1 })) sim.poke(name, value);
    for (let index = 0; index < 6; index++) {
      expect([sim.peek('onImage'), sim.peek('row')]).toEqual([1n, BigInt(65_530 + index)]);
      sim.step();
    }
  });
});
