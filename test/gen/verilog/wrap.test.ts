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

  /** Brackets of all kinds around each place, and square ones alone. */
  const around = (line: string, at: number): { readonly all: number; readonly square: number } => {
    const before = line.slice(0, at);
    const count = (open: RegExp, close: RegExp): number => (before.match(open) ?? []).length - (before.match(close) ?? []).length;
    return { all: count(/[([{]/g, /[)\]}]/g), square: count(/\[/g, /\]/g) };
  };

  it('is never broken inside of an index, and outside of as many brackets as can be', () => {
    const rng = new Rng(2);
    const operand = (depth: number): string => {
      const kind = depth > 3 ? 0 : rng.between(0, 5);
      const two = (): string => `${operand(depth + 1)} ${rng.pick(['||', '&&', '|', '^', '&', '+', '-'])} ${operand(depth + 1)}`;
      if (kind === 0) return rng.pick(['first', 'second_of_them', 'x']);
      if (kind === 1) return `line[${operand(4)} * 24 + ${operand(4)} +: 12]`;
      if (kind === 2) return `{${operand(depth + 1)}, ${two()}}`;
      if (kind === 3) return `(${operand(depth + 1)} ? ${operand(depth + 1)} : ${operand(depth + 1)})`;
      return `(${two()})`;
    };
    let broken = 0;
    for (let seed = 0; seed < 500; seed++) {
      const line = `  assign y = ${Array.from({ length: rng.between(2, 9) }, () => operand(0)).join(' || ')};`;
      const lines = wrapLine(line);
      expect(joined(lines)).toBe(line);
      let from = 0;
      for (const [i, l] of lines.slice(0, -1).entries()) {
        broken++;
        const own = i === 0 ? l : l.trimStart();
        const end = around(line, from + own.length);
        expect(end.square).toBe(0);
        // Of the first places of a line nothing but indentation would be left.
        const late = [...own.matchAll(/(?<=,) | (?=(\|\||&&|[|^&+?:-]) )/g)].filter(({ index }) => index > 12);
        for (const { all, square } of late.map(({ index }) => around(line, from + index))) {
          if (square === 0) expect(all).toBeGreaterThanOrEqual(end.all);
        }
        from += own.length + 1;
      }
    }
    expect(broken).toBeGreaterThan(500);
  });

  const long = (n: number, word = 'w'): string => word.repeat(n);

  it('is broken before what binds least, of equals before the last', () => {
    const second = (text: string): string => wrapLine(`  assign y = ${text};`)[1].trim();
    expect(second(`${long(30)} && ${long(30)} || ${long(30)} && ${long(30)}`)).toBe(`|| ${long(30)} && ${long(30)};`);
    expect(second(`${long(30)} || ${long(30)} && ${long(30)} || ${long(30)}`)).toBe(`|| ${long(30)};`);
    expect(second(`${long(30)} ? ${long(30)} : ${long(30)} & ${long(30)}`)).toBe(`: ${long(30)} & ${long(30)};`);
    expect(second(`${long(30)} ^ ${long(30)} + ${long(40)} - ${long(30)}`)).toBe(`^ ${long(30)} + ${long(40)} - ${long(30)};`);
    expect(second(`{${long(30)}, ${long(30)} || ${long(30)}, ${long(30)}}`)).toBe(`${long(30)}};`);
    expect(second(`${long(30)} - (${long(30)} || ${long(30)} || ${long(30)})`)).toBe(`- (${long(30)} || ${long(30)} || ${long(30)});`);
    expect(second(`{${long(30)}, ${long(30)}, ${long(30)}} == ${long(30)}`)).toBe(`${long(30)}} == ${long(30)};`);
    expect(second(`{${long(30)}, ${long(30)}} == ${long(30)} /* ${long(30)} */`)).toBe(`/* ${long(30)} */;`);
  });

  it('leaves no crumb for the next line', () => {
    expect(wrapLine(`    ${long(55)} <= ${long(55)} + 1;`)).toEqual([`    ${long(55)} <=`, `        ${long(55)} + 1;`]);
    const [left, right] = [`  assign ${long(50)} = ${long(30)}`, `|| ${long(22)} || c;`];
    expect(wrapLine(`${left} ${right}`)).toEqual([left, `      ${right}`]);
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
