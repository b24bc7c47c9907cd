/** Numbers below each other are written in one base. */
import { expect, it } from 'vitest';
import { In, Out, U, elaborate, hw } from '../../../gen/index.ts';
import { printDesign } from '../../../gen/print/systemverilog.ts';

const PORTS = { a: In(U(16)), b: In(U(16)), y: Out(U(16)), z: Out(U(16)) };

/** Text of a `case` for labels and values, and of one of statements. */
function textOf(labels: readonly number[], values: readonly number[]): string {
  return printDesign(elaborate(hw('Top', PORTS, (m, io) => {
    io.y = labels.reduce((rest, label, i) => io.a.eq(label).mux(U(16).lit(values[i]), rest), U(16).lit(7));
    io.z = io.b;
    m.switchOn(io.a, labels.map((label, i) => [[label], () => (io.z = io.b.addWrap(i + 1))]));
  })))[0].text;
}

it.each([
  ['decimal', [3, 16, 99], [12, 4, 64]],
  ['hex', [3, 16, 0x343], [12, 4, 0x4000]],
])('the branches of a case and what they give are %s', (base, labels, values) => {
  const text = textOf(labels, values);
  const write = (n: number): string => (base === 'hex' ? `16'h${n.toString(16)}` : `16'd${n}`);
  for (const [i, label] of labels.entries()) {
    expect(text).toContain(`${write(label)}: y = ${write(values[i])};`);
    expect(text).toContain(`${write(label)}: z = `);
  }
  expect(text).toContain(`default: y = ${write(7)};`);
});

it.each([
  [8, [103], ['8\'d103']],
  [16, [5, 60], ['16\'d5', '16\'d60']],
  [16, [5, 0x300], ['16\'h5', '16\'h300']],
])('constants of %d bits that have names are in one base: %j', (width, values, texts) => {
  const text = printDesign(elaborate(hw('Top', { a: In(U(width)), y: Out(U(width)) }, (_m, io) => {
    io.y = values.reduce((sum, v, i) => sum.xor(U(width).lit(v).named(`NUMBER_${i}`)).addWrap(io.a), io.a);
  })))[0].text;
  expect([...text.matchAll(/localparam .* = (.*);/g)].map((found) => found[1])).toEqual(texts);
});
