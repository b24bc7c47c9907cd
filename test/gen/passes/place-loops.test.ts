/** Loops that are written out: what stands around all rounds stands there once. */
import { expect, it } from 'vitest';
import { B, In, Out, U, elaborate, hw, vec } from '../../../gen/index.ts';
import { printDesign } from '../../../gen/print/systemverilog.ts';
import { Interpreter } from '../evaluate.ts';
import { Rng } from '../rng.ts';

const Bytes = hw('Bytes', {
  wr: In(B), clear: In(B), be: In(U(4)), at: In(U(4)), x: In(vec(U(8), 4)), word: Out(vec(U(8), 4)),
}, (m, io) => {
  const r = m.regs({ words: vec(vec(U(8, 0), 4), 16) });
  m.each(4, (i) => {
    m.when(io.wr, () => {
      m.when(io.be.bit(i), () => r.words.at(io.at).put(i, io.x.at(i)));
    }).elseWhen(io.clear, () => r.words.at(io.at).put(i, U(8).lit(7)));
  });
  io.word = r.words.at(io.at);
});

it('writes a condition around byte enables once', () => {
  const [{ text }] = printDesign(elaborate(Bytes));
  expect(text.match(/if \(wr\)/g)).toHaveLength(1);
  expect(text.match(/if \(clear\)/g)).toHaveLength(1);
  expect(text.match(/if \(be\[\d\]\)/g)).toHaveLength(4);
});

it('drives what the rounds one by one drive', () => {
  const rng = new Rng(1);
  const models = [Bytes.elaborate(), elaborate(Bytes).top].map((m) => new Interpreter(m));
  for (let cycle = 0; cycle < 200; cycle++) {
    const pokes = { wr: rng.bits(1), clear: rng.bits(1), be: rng.bits(4), at: rng.bits(4), x: rng.bits(32) };
    for (const model of models) {
      for (const [name, value] of Object.entries(pokes)) model.set(name, value);
      model.settle();
    }
    expect(models[1].get('word')).toBe(models[0].get('word'));
    for (const model of models) model.tick(cycle === 0);
  }
});
