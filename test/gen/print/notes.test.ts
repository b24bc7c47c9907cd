/** Notes beside values. */
import { describe, expect, it } from 'vitest';
import { B, In, Out, U, elaborate, hw } from '../../../gen/index.ts';
import type { Bool, UInt } from '../../../gen/index.ts';
import { printDesign } from '../../../gen/print/systemverilog.ts';
import { decoderFor, isAnyOf } from '../../../hw/lib/match.ts';

const textOf = (body: (a: UInt) => readonly Bool[]): string =>
  printDesign(elaborate(hw('Top', { a: In(U<number>(16)), x: Out(B), y: Out(B) }, (_m, io) => {
    const [x, y] = body(io.a);
    io.x = x;
    io.y = y;
  })))[0].text;
const assigns = (text: string): string[] => text.slice(text.indexOf('  assign x')).split('\n').slice(0, -2).map((l) => l.trim());

describe('a note', () => {
  it('stands beside the value that it is about, and not beside an equal one', () => {
    expect(assigns(textOf((a) => [a.eq(3).note('the third'), a.eq(3)]))).toEqual(['assign x = a == 16\'d3 /* the third */;', 'assign y = a == 16\'d3;']);
  });

  it('stays when what it is about is simplified, and goes when that is a constant or a name', () => {
    expect(assigns(textOf((a) => [a.eq(0).not().not().note('none'), a.bit(2).note('flag')]))).toEqual([
      'assign x = a == 16\'d0 /* none */;', 'assign y = a[2] /* flag */;',
    ]);
    expect(textOf((a) => [U(16).lit(3).eq(3).note('always'), a.note('number').orR()])).not.toMatch(/always|number/);
  });

  it('has a line of its own where there are several', () => {
    expect(assigns(textOf((a) => [a.eq(1).note('one').or(a.eq(2).note('two')).or(a.lt(a.lit(9)).note('small').and(a.bit(3))), a.bit(0)]))).toEqual([
      'assign x = a == 16\'d1 /* one */', '|| a == 16\'d2 /* two */', '|| (a < 16\'d9 /* small */', '&& a[3]);', 'assign y = a[0];',
    ]);
  });

  it('cannot end early, whatever is in it', () => {
    const text = textOf((a) => [a.eq(1).note('one */ endmodule /* two\n\u0000three'), a.bit(0)]);
    expect(text).toContain('/* one * / endmodule / * two\\u{a}\\u{0}three */');
  });
});

describe('patterns of words', () => {
  const table = [{ name: 'add', match: 0x0011, mask: 0x00ff }, { name: 'sub', match: 0x0811, mask: 0x0fff }, { name: 'load', match: 0x0003, mask: 0x000f }];
  const label = (p: { readonly name: string }): string => p.name;
  const [, sub, load] = table;

  it('are compared in their places, with the patterns that are found beside', () => {
    const words = [{ name: 'add', match: 0x0011, mask: 0xf0ff }, { name: 'load', match: 0x0003, mask: 0x000f }];
    expect(assigns(textOf((a) => [isAnyOf(a, words, { label }), a.bit(0)]))).toEqual([
      'assign x = (a & 16\'hf0fd) == 16\'h11 /* add */', '|| a[3:0] == 4\'d3 /* load */;', 'assign y = a[0];',
    ]);
  });

  it('are compared side by side where that is asked for', () => {
    const text = textOf((a) => [decoderFor(a, [sub, load], { label, gathered: true })(sub), isAnyOf(a, [sub], { gathered: true })]);
    expect(text).toContain('assign y = a[11:0] == 12\'h811;');
    expect(text).toContain('/* sub */');
  });
});
