/** Aggregates whose parts follow each other fall apart into wires, and nothing else changes. */
import { describe, expect, it } from 'vitest';
import { B, In, Out, U, bundle, elaborate, hw, valueOf, vec } from '../../../gen/index.ts';
import type { ModuleDef, PortMap } from '../../../gen/index.ts';
import { widthOf } from '../../../gen/ir/types.ts';
import { printDesign } from '../../../gen/print/systemverilog.ts';
import { Interpreter } from '../evaluate.ts';
import { randomModule } from '../random-modules.ts';
import { Rng } from '../rng.ts';
import { has, inDirectory, lintWithVerilator } from '../tools.ts';

/** Outputs in every cycle of a random run, before the passes and after them. */
function bothSides<P extends PortMap>(def: ModuleDef<P>, cycles: number, seed: number): [string[], string[]] {
  const sides = [def.elaborate(), elaborate(def).top].map((module) => {
    const rng = new Rng(seed);
    const run = new Interpreter(module);
    const lines: string[] = [];
    for (let cycle = 0; cycle < cycles; cycle++) {
      for (const p of module.ports) if (p.kind === 'input') run.set(p.name, rng.bits(widthOf(p.type)));
      run.settle();
      lines.push(module.ports.filter((p) => p.kind === 'output').map((p) => `${p.name}=${run.get(p.name)}`).join(' '));
      run.tick(cycle === 0);
    }
    return lines;
  });
  return [sides[0], sides[1]];
}

const Pair = bundle('Pair', { high: U(4), low: vec(U(4), 2) });

/** Fields that follow each other under conditions, a vector in a bundle, an output that reads itself, a dynamic element. */
const Tangled = hw('Tangled', { a: In(U(4)), c: In(B), i: In(U(2)), out: Out(vec(U(4), 3)), sum: Out(U(4)), picked: Out(U(4)) }, (m, io) => {
  const w = m.wires({ pair: Pair, v: vec(U(4), 3), first: U(4) });
  w.pair = valueOf(Pair, { high: w.first.addWrap(1), low: [io.a, io.a] });
  m.when(io.c, () => {
    w.pair.high = w.pair.low.at(1).addWrap(3);
    w.pair.low.put(0, io.a.not());
  });
  w.first = w.pair.low.at(0);
  io.out.put(0, w.pair.high);
  io.out.put(1, io.out.at(0).xor(io.a));
  io.out.put(2, io.c.mux(io.out.at(1), 7));
  w.v.put(0, io.a);
  w.v.put(1, w.v.at(0).addWrap(1));
  w.v.put(2, w.v.at(1).addWrap(1));
  io.sum = w.v.at(2);
  io.picked = w.v.at(io.i);
});

describe('signals whose parts follow each other', () => {
  it('compute the same when they are taken apart', () => {
    const [before, after] = bothSides(Tangled, 100, 3);
    expect(after).toEqual(before);
    const [text] = printDesign(elaborate(Tangled)).map((f) => f.text);
    for (const name of ['pair_high', 'pair_low', 'v_0', 'v_2', 'out_1']) expect(text).toMatch(new RegExp(`^ {2}logic (\\[\\d+:0\\] )?${name};$`, 'm'));
    expect(text).toContain('assign out = {out_2, out_1, out_0};');
  });

  it.skipIf(!has('verilator'))('look like no loop to Verilator', { timeout: 20_000 }, () => {
    const files = printDesign(elaborate(Tangled));
    expect(inDirectory(files, (dir) => lintWithVerilator(dir, files, 'Tangled'))).toBe('');
  });

  it('are the only ones: a bundle without such parts stays whole', () => {
    const Top = hw('Top', { a: In(U(4)), b: Out(U(4)) }, (m, io) => {
      const w = m.wires({ pair: Pair });
      w.pair = valueOf(Pair, { high: io.a, low: [io.a, io.a] });
      io.b = w.pair.high.xor(w.pair.low.at(1));
    });
    expect(elaborate(Top).top.wires.map((s) => s.name)).toEqual(['pair']);
  });
});

describe('all passes together', () => {
  it('keep the behaviour of random modules', () => {
    for (let seed = 1; seed <= 15; seed++) {
      const def = randomModule('Random', new Rng(seed));
      const [before, after] = bothSides(def, 40, seed);
      expect(after).toEqual(before);
    }
  });
});
