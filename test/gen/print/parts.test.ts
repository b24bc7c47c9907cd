/** Parts of names in blocks that are no registers: no tool has a word about them, and they mean the same in all. */
import { describe, expect, it } from 'vitest';
import { B, In, Out, S, U, bitsOf, bool, bundle, elaborate, hw, vec } from '../../../gen/index.ts';
import type { Builder, Inside } from '../../../gen/index.ts';
import { namesInText, printDesign } from '../../../gen/print/systemverilog.ts';
import { checkWithYosys, compileWithIcarus, has, inDirectory, lintWithVerilator, simulate, throughYosys } from '../tools.ts';
import { engineLines, testbench, vectorsFor } from './side-by-side.ts';

const Pair = bundle('Pair', { high: S(4), low: U(4) });
const PORTS = {
  st: In(B), x: In(U(8)), s: In(S(8)), p: In(Pair), v: In(vec(U(4), 4)), far: In(U(6)), i: In(U(4)),
  y: Out(B), z: Out(U(4)), w: Out(S(12)), each: Out(vec(U(4), 4)), q: Out(vec(B, 3)),
};
type Io = Inside<typeof PORTS>;

/** Each drives some outputs in a block; the others are 0. */
const BODIES: Readonly<Record<string, (m: Builder, io: Io) => void>> = {
  'a bit': (m, io) => void m.when(io.st, () => (io.y = io.x.bit(3))),
  'bits, and a bit as a condition': (m, io) => void m.when(io.x.bit(1), () => (io.z = io.x.slice(6, 3))),
  'a sign': (m, io) => void m.when(io.st, () => (io.w = io.s.sext(12))),
  fields: (m, io) => {
    const r = m.regs({ p: Pair });
    r.p = io.p;
    m.when(io.st, () => {
      io.z = r.p.low.addWrap(bitsOf(r.p.high).exact(4));
      io.w = r.p.high.sext(12);
      io.y = r.p.low.bit(2);
    });
  },
  elements: (m, io) => void m.when(io.st, () => (io.z = io.v.at(2).addWrap(io.v.at(1)))),
  'the low bits of an index': (m, io) => void m.when(io.st, () => (io.z = io.v.at(io.far.addWrap(1).trunc(6)))),
  'a part of an index in a place': (m, io) => void m.when(io.st, () => io.each.put(io.i.slice(2, 1), io.x.trunc(4))),
  'a switch on bits': (m, io) => void m.switchOn(io.x.slice(1, 0), [[[1], () => (io.z = io.x.slice(5, 2))], [[2], () => (io.y = io.x.bit(7))]]),
  'parts of a sum': (m, io) => void m.when(io.st, () => (io.z = io.x.addGrow(io.far.zext(8)).slice(8, 5))),
  lanes: (m, io) => m.each(3, (i) => {
    m.when(io.x.bit(7), () => {
      io.q.put(i, io.x.bit(i).xor(i.bit(0)));
      io.each.put(i, io.v.at(i).addGrow(io.x.slice(3, 0)).slice(4, 1));
    });
  }),
  'the same part in two blocks': (m, io) => {
    m.when(io.st, () => (io.y = io.x.bit(3)));
    m.when(io.i.bit(0), () => (io.z = io.x.bit(3).mux(io.v.at(3), io.x.trunc(4))));
  },
};

describe.each(Object.entries(BODIES))('a block that reads %s', (_, body) => {
  const design = elaborate(hw('Top', PORTS, (m, io) => {
    io.y = bool(true);
    io.z = U(4).lit(5);
    io.w = S(12).lit(-3);
    m.each(4, (i) => io.each.put(i, U(4).lit(9)));
    m.each(3, (i) => io.q.put(i, bool(true)));
    body(m, io);
  }));
  const files = printDesign(design);

  it('is taken by every tool without a word, and means the same', { timeout: 60_000 }, () => {
    inDirectory(files, (dir) => {
      if (has('iverilog')) expect(compileWithIcarus(dir, files, 'Top')).toBe('');
      if (has('verilator')) expect(lintWithVerilator(dir, files, 'Top')).toBe('');
      if (has('yosys')) expect(checkWithYosys(dir, files, 'Top')).toBe('');
    });
    const vectors = vectorsFor(design, 3);
    const engine = engineLines(design, vectors);
    if (has('iverilog')) expect(simulate(files, testbench(design, vectors)).slice(2)).toEqual(engine.slice(2));
    if (has('iverilog') && has('yosys')) expect(simulate([throughYosys(files)], testbench(design, vectors)).slice(2)).toEqual(engine.slice(2));
  });
});

it('the wire is called after the part, and there is one for all blocks', () => {
  const design = elaborate(hw('Top', { st: In(B), go: In(B), x: In(U(8)), y: Out(B), z: Out(U(3)) }, (m, io) => {
    io.y = bool(true);
    io.z = U(3).lit(1);
    m.when(io.st, () => (io.y = io.x.bit(3)));
    m.when(io.go, () => (io.z = io.x.bit(3).mux(io.x.slice(6, 4), U(3).lit(2))));
  }));
  expect(namesInText(design)[0].invented).toEqual(['x_3', 'x_6_4']);
  expect(printDesign(design)[0].text).toContain('  assign x_3 = x[3];\n  assign x_6_4 = x[6:4];\n');
});
