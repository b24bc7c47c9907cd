/** Conditions of assertions as people would write them: what must not be the case, in lines that break beside it. */
import { expect, it } from 'vitest';
import { B, In, elaborate, hw } from '../../../gen/index.ts';
import type { Bool } from '../../../gen/index.ts';
import { printDesign } from '../../../gen/print/systemverilog.ts';

const textOf = (of: (a: Bool, b: Bool, c: Bool) => Bool, message = ''): string[] => {
  const design = elaborate(hw('Top', { a: In(B), b: In(B), c: In(B) }, (m, io) => void m.assert('holds', of(io.a, io.b, io.c), message)));
  return printDesign(design)[0].text.split('\n').filter((line) => /always|\$error/.test(line));
};

it.each<[string, (a: Bool, b: Bool, c: Bool) => Bool]>([
  ['a && !b', (a, b) => a.not().or(b)],
  ['a && b', (a, b) => a.not().or(b.not())],
  ['a && !(b && c)', (a, b, c) => a.not().or(b.and(c))],
  ['a && b && !c', (a, b, c) => a.not().or(b.not().or(c))],
  ['!a && b', (a, b) => a.or(b.not())],
  ['!a && b && !c', (a, b, c) => a.or(b.not()).or(c)],
  ['!a && b && !c', (a, b, c) => a.or(b.not().or(c))],
  ['(!a || b)', (a, b) => a.and(b.not())],
  ['a && (!b || c)', (a, b, c) => a.not().or(b.and(c.not()))],
  ['a && b && c', (a, b, c) => a.and(b).not().or(c.not())],
  ['!(a && b)', (a, b) => a.and(b)],
  ['!(a || b)', (a, b) => a.or(b)],
  ['!a', (a) => a],
  ['a', (a) => a.not()],
])('an assertion fails where %s', (cond, of) => {
  expect(textOf(of)).toEqual([`  always @(posedge clk) if (!rst && ${cond}) $error("%m.holds");`]);
});

it('an assertion that is too long for a line has its text on the next', () => {
  const message = 'a sentence that takes some room, and then some more of it';
  expect(textOf((a, b) => a.not().or(b), `${message}${message}`)).toEqual([
    '  always @(posedge clk) if (!rst && a && !b)', `    $error("%m.holds: ${message}${message}");`,
  ]);
});
