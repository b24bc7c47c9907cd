/** Notes beside values. */
import { describe, expect, it } from 'vitest';
import { B, In, Out, U, elaborate, hw } from '../../../gen/index.ts';
import type { Bool, UInt } from '../../../gen/index.ts';
import { printDesign } from '../../../gen/print/systemverilog.ts';
import { decoderFor, isAnyOf } from '../../../hw/lib/match.ts';
import { has, throughYosys } from '../tools.ts';

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

  it('stands beside the label that its comparison becomes', () => {
    const text = printDesign(elaborate(hw('Top', { s: In(U(2)), a: In(U(4)), y: Out(U(4)) }, (_m, io) => {
      io.y = io.s.eq(0).note('load').mux(io.a, io.s.eq(1).mux(io.a.not(), io.s.eq(2).note('clear').mux(U(4).lit(0), U(4).lit(1))));
    })))[0].text;
    expect(text).toContain('2\'d0 /* load */: y = a;');
    expect(text).toContain('2\'d2 /* clear */: y = 4\'d0;');
  });

  it.skipIf(!has('yosys'))('is an order to no tool, nor is what a module says of itself', () => {
    for (const order of ['synopsys translate_off', 'synthesis translate_off', 'synopsys full_case parallel_case', 'Synthesis off', 'verilator lint_off WIDTH']) {
      const files = printDesign(elaborate(hw('Top', { a: In(U(4)), y: Out(U(4)) }, (m, io) => {
        m.doc(order);
        io.y = io.a.addWrap(3).note(order);
      })));
      expect(files[0].text).toContain(`// note: ${order}`);
      expect(files[0].text).toContain(`a + 4'd3 /* note: ${order} */`);
      expect(throughYosys(files).text).toContain('module Top');
    }
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
