/** Where lines are broken. */
import { describe, expect, it } from 'vitest';
import { B, In, Out, U, elaborate, hw } from '../../../gen/index.ts';
import { printDesign } from '../../../gen/print/systemverilog.ts';
import { wrapLine } from '../../../gen/verilog/wrap.ts';
import { Rng } from '../../gen/rng.ts';
import { has, simulate } from '../tools.ts';

/** The line again, however it was broken. */
const joined = (lines: readonly string[]): string => lines.map((l, i) => (i === 0 ? l : l.trimStart())).join(' ');

describe('a long line', () => {
  it('is broken outside of strings and comments, and says the same', () => {
    const rng = new Rng(1);
    const pieces = ['a', '||', '&&', '+', 'b,', '"x, y || z"', '"5\\" + long, and on"', '"/* no */ note */ , at all"', '/* note, of || two */', '? c', ': d', '{e,', 'f}', '(g', 'h)'];
    for (let seed = 0; seed < 500; seed++) {
      const line = `  assign y = ${Array.from({ length: rng.between(1, 60) }, () => rng.pick(pieces)).join(' ')};`;
      const lines = wrapLine(line);
      expect(joined(lines)).toBe(line);
      for (const l of lines) {
        expect((l.replaceAll(/\\./gu, '').match(/"/g) ?? []).length % 2).toBe(0);
        expect(l.replaceAll(/"(\\.|[^"\\])*"/gu, '').split('/*').length).toBe(l.replaceAll(/"(\\.|[^"\\])*"/gu, '').split('*/').length);
      }
    }
  });

  it('is broken before an operator or after a comma, the rest indented', () => {
    const terms = Array.from({ length: 30 }, (_, i) => `term_${i}`);
    const [, second] = wrapLine(`  assign a = ${terms.join(' | ')};`);
    expect(second).toMatch(/^ {6}\| term/);
    expect(wrapLine(`  f(${terms.join(', ')});`).slice(0, -1).every((l) => l.endsWith(',') && l.length <= 120)).toBe(true);
  });

  it('of a comment stays one', () => {
    const line = `// glob of src/**/ and lib/**/ ${'and on, '.repeat(30)}`;
    expect(wrapLine(line)).toEqual([line]);
  });

  it('does not end at a piece that is too long', () => {
    const name = 'n'.repeat(130);
    expect(wrapLine(`  assign a = ${name} | b | ${name};`).length).toBeGreaterThan(1);
  });

  it('is not made of the text of an assertion', () => {
    const texts = ['see /* here */ and /* there */ or not', `was 5" long, ${'and on, '.repeat(20)}`];
    const files = printDesign(elaborate(hw('Top', { a: In(U(4)), b: In(B), y: Out(U(4)) }, (m, io) => {
      m.doc('glob of src/**/ and lib/**/ x');
      for (const [i, text] of texts.entries()) m.assert(`ok${i}`, io.a.ne(3), text);
      io.y = io.a;
    })));
    expect(files[0].text).toContain('$error("%m.ok0: see /* here */ and /* there */ or not")');
    expect(files[0].text).toContain('// glob of src/**/ and lib/**/ x\n');
    if (has('iverilog')) expect(simulate(files, 'module tb; initial $display("fine"); endmodule\n')).toEqual(['fine']);
  });
});
