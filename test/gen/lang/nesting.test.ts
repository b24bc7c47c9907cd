/** Bundles and vectors in each other: as deep as allowed they go through everything, deeper they are refused in one line. */
import { describe, expect, it } from 'vitest';
import { In, Out, U, bitsOf, bundle, elaborate, fromBits, hw, vec } from '../../../gen/index.ts';
import type { Shape } from '../../../gen/index.ts';
import { printDesign } from '../../../gen/print/systemverilog.ts';
import { createWasmSimulator } from '../../../sim/engine/index.ts';

const KINDS: Readonly<Record<string, (inner: Shape<unknown>, level: number) => Shape<unknown>>> = {
  bundles: (inner, level) => bundle(`Level${level}`, { value: inner }),
  vectors: (inner) => vec(inner, 1),
  both: (inner, level) => (level % 2 ? vec(inner, 1) : bundle(`Level${level}`, { value: inner })),
};

describe.each(Object.entries(KINDS))('%s in each other', (_, wrapped) => {
  const nested = (levels: number): Shape<unknown> => {
    let shape: Shape<unknown> = U(4);
    for (let level = 0; level < levels; level++) shape = wrapped(shape, level);
    return shape;
  };

  it('work at 200 levels', () => {
    const shape = nested(200);
    const design = elaborate(hw('Deep', { given: In(U(4)), out: Out(U(4)) }, (m, io) => {
      const r = m.regs({ kept: shape });
      r.kept = fromBits(shape, io.given);
      io.out = bitsOf(r.kept).exact(4);
    }));
    expect(printDesign(design)).toHaveLength(1);
    const sim = createWasmSimulator(design);
    sim.step();
    sim.close();
  });

  it.each([201, 1500, 20_000])('are refused at %d', (levels) => {
    expect(() => nested(levels)).toThrow(/^bad-width: (vector|bundle) of 201 levels {2}at \S+; nest bundles and vectors at most 200 deep$/);
  });
});
