/** The SystemVerilog form as text. */
import { describe, expect, it } from 'vitest';
import type { Item, Stmt, SvModule } from '../../../gen/verilog/form.ts';
import { writeModule, writeStatements } from '../../../gen/verilog/write.ts';

const set = (target: string, value: string, op: '=' | '<=' = '<='): Extract<Stmt, { kind: 'set' }> => ({ kind: 'set', target, op, value });
const wire = (name: string): Item => ({ kind: 'declarations', groups: [{ of: [{ type: 'logic', name }] }] });

function moduleOf(...sections: readonly (readonly Item[])[]): SvModule {
  return { doc: [], macros: [], name: 'M', ports: [{ lead: 'input  ', type: 'logic', name: 'clk' }], portLint: [], sections };
}

/** What stands between the ports and the end, without its first indentation. */
function inside(...sections: readonly (readonly Item[])[]): string[] {
  return writeModule(moduleOf(...sections)).split('\n').slice(4, -2).map((l) => l.replace(/^ {2}/, ''));
}

describe('a module', () => {
  it('has its comment, macros and lint above, and its ports in columns', () => {
    const text = writeModule({
      doc: ['M: made for a test', '', 'Second line.'], macros: [{ name: 'DATA', value: '"./"' }], name: 'M', portLint: ['SYMRSVDWORD'],
      ports: [{ lead: 'input  ', type: 'logic', name: 'clk' }, { lead: 'output ', type: 'logic [7:0]', name: 'q' }], sections: [],
    });
    expect(text.split('\n')).toEqual([
      '// M: made for a test', '//', '// Second line.', '`ifndef DATA', '`define DATA "./"', '`endif', '// verilator lint_off SYMRSVDWORD',
      'module M (', '  input  logic       clk,', '  output logic [7:0] q', ');', '// verilator lint_on SYMRSVDWORD', 'endmodule', '',
    ]);
  });

  it('has an empty line between sections and before blocks, none at their beginning and none for empty sections', () => {
    const block: Item = { kind: 'always', trigger: 'clock', body: [set('q', 'd')] };
    const written = ['always_ff @(posedge clk) begin', '  q <= d;', 'end'];
    expect(inside([wire('a')], [], [block, block], [wire('b'), block])).toEqual([
      'logic a;', '', ...written, '', ...written, '', 'logic b;', '', ...written,
    ]);
  });

  it('keeps a paragraph together', () => {
    const loop: Item = { kind: 'loop', variable: 'i', count: 3, label: 'each', items: [wire('w')] };
    expect(inside([wire('a'), { kind: 'paragraph', items: [{ kind: 'comment', text: 'Two.' }, loop, loop] }])).toEqual([
      'logic a;', '', '// Two.',
      ...[1, 2].flatMap(() => ['for (genvar i = 0; i < 3; i++) begin : each', '  logic w;', 'end']),
    ]);
  });

  it('turns a warning off once for loops that follow each other, and not again inside', () => {
    const loop = (lint: string[], items: Item[] = [wire('w')]): Item => ({ kind: 'loop', variable: 'i', count: 3, label: 'each', items, lint });
    const lints = (...items: Item[]): string[] => inside(items).flatMap((l) => {
      const [, kind, w] = /lint_(o\w+) (\w+)/.exec(l) ?? [];
      return kind ? [`${kind} ${w}`] : /^ *for/.test(l) ? ['for'] : /^end/.test(l) ? ['end'] : /^logic/.test(l) ? ['logic'] : [];
    });
    expect(lints(loop(['A']), loop(['A']), loop(['A']))).toEqual(['off A', 'for', 'end', 'for', 'end', 'for', 'end', 'on A']);
    expect(lints(loop(['A']), wire('x'), loop(['A']))).toEqual(['off A', 'for', 'end', 'on A', 'logic', 'off A', 'for', 'end', 'on A']);
    expect(lints(loop(['A']), loop(['A', 'B']), loop(['B']), loop([]))).toEqual(['off A', 'for', 'end', 'off B', 'for', 'end', 'on A', 'for', 'end', 'on B', 'for', 'end']);
    expect(lints(loop(['A'], [loop(['A', 'B']), loop(['A'])]))).toEqual(['off A', 'for', 'off B', 'for', 'on B', 'for', 'end', 'on A']);
    expect(inside([loop(['A']), loop(['A'])])).toEqual([
      '// verilator lint_off A', ...[0, 1].flatMap((i) => [...(i > 0 ? [''] : []), 'for (genvar i = 0; i < 3; i++) begin : each', '  logic w;', 'end']), '// verilator lint_on A',
    ]);
  });

  it('writes types, instances, conditions on macros, contents and checks', () => {
    expect(inside([
      { kind: 'enum', name: 'state_t', width: 1, members: [{ name: 'IDLE', value: 0 }, { name: 'BUSY', value: 1 }] },
      { kind: 'struct', name: 'pair_t', fields: [{ type: 'logic', name: 'a' }] },
      { kind: 'initial', body: [set('m[0]', '0', '='), { kind: 'for', variable: 'i', from: 1, to: 4, body: [set('m[i]', '1', '=')] }] },
      { kind: 'readMemory', file: '"m.hex"', memory: 'm' },
      { kind: 'ifdef', macro: 'SYNTHESIS', not: true, then: [{ kind: 'check', cond: '!ok', action: '$error("no")', comment: 'a.ts:1' }], else: [wire('x')] },
      { kind: 'instance', module: 'Cell', name: 'u', parameters: [{ port: 'N', text: '1' }], ports: [{ port: 'a', text: 'b' }, { port: 'c', text: 'd' }] },
    ])).toEqual([
      'typedef enum logic {IDLE = 1\'d0, BUSY = 1\'d1} state_t;', 'typedef struct packed {', '  logic a;', '} pair_t;',
      'initial begin', '  m[0] = 0;', '  for (int i = 1; i < 4; i++) m[i] = 1;', 'end', 'initial $readmemh("m.hex", m);',
      '`ifndef SYNTHESIS', '// a.ts:1', 'always @(posedge clk) if (!ok) $error("no");', '`else', 'logic x;', '`endif',
      '', 'Cell #(', '  .N(1)', ') u (', '  .a(b),', '  .c(d)', ');',
    ]);
  });
});

describe('a block', () => {
  it('has short branches of a case on one line, and says what it leaves out', () => {
    const guarded: Stmt = { kind: 'guarded', cond: 'ok', then: set('b', '2') };
    expect(writeStatements([{ kind: 'case', on: 's', arms: [
      { labels: ['0', '1'], body: [set('a', '1')] }, { labels: ['2'], body: [guarded] }, { labels: ['3'], body: [set('a', '1'), guarded] }, { labels: ['default'], body: [] },
    ] }]).split('\n')).toEqual([
      'case (s)', '  0, 1: a <= 1;', '  2: if (ok) b <= 2;', '  3: begin', '    a <= 1;', '    if (ok) b <= 2;', '  end', '  default: ;', 'endcase',
    ]);
  });

  it('parts a condition from what it guards where they are too long for one line', () => {
    const [cond, name] = ['c'.repeat(60), 'a'.repeat(55)];
    const guarded: Stmt = { kind: 'guarded', cond: `${cond} && d`, then: set(name, `${name.slice(9)} + 1`) };
    expect(writeStatements([guarded]).split('\n')).toEqual([`if (${cond} && d)`, `  ${name} <= ${name.slice(9)} + 1;`]);
    expect(writeStatements([{ kind: 'case', on: 's', arms: [{ labels: ['1'], body: [guarded] }] }]).split('\n')).toEqual([
      'case (s)', '  1: begin', `    if (${cond} && d)`, `      ${name} <= ${name.slice(9)} + 1;`, '  end', 'endcase',
    ]);
  });

  it('writes conditions after each other as one chain', () => {
    const arms = ['x', 'y'].map((cond) => ({ cond, body: [set('a', cond)] }));
    expect(writeStatements([{ kind: 'if', arms, else: [set('a', '0')] }]).split('\n')).toEqual([
      'if (x) begin', '  a <= x;', 'end else if (y) begin', '  a <= y;', 'end else begin', '  a <= 0;', 'end',
    ]);
  });

  it('writes a condition with one short assignment on one line', () => {
    const one = (cond: string, body: readonly Stmt[]): Stmt => ({ kind: 'if', arms: [{ cond, body }], else: [] });
    const long = Array.from({ length: 12 }, (_, i) => `term_${i}`).join(' + ');
    expect(writeStatements([one('x', [set('a', 'x')]), one('y', [set('a', 'x'), set('b', 'y')]), one('z', [set('a', long)]), one('w', [])]).split('\n')).toEqual([
      'if (x) a <= x;', 'if (y) begin', '  a <= x;', '  b <= y;', 'end', 'if (z) begin', `  a <= ${long};`, 'end', 'if (w) begin', 'end',
    ]);
  });

  it('may be nested deeper than the stack, without lines that are longer and longer', () => {
    let body: readonly Stmt[] = [set('a', '1')];
    for (let i = 0; i < 100_000; i++) body = [{ kind: 'if', arms: [{ cond: `c${i}`, body }], else: [] }];
    const lines = writeStatements(body).split('\n');
    expect(lines).toHaveLength(199_999);
    expect(lines.every((l) => l.length < 100)).toBe(true);
  });

  it('breaks what is too long before operators and after commas', () => {
    const terms = Array.from({ length: 30 }, (_, i) => `term_${i}`);
    const lines = writeStatements([set('a', terms.join(' | ')), set('b', `{${terms.join(', ')}}`)]).split('\n');
    expect(lines.every((l) => l.length <= 120)).toBe(true);
    expect(lines.filter((l) => !/^ {4}/.test(l))).toHaveLength(2);
    expect(lines.slice(1, 3).every((l) => /^ {4}\| /.test(l))).toBe(true);
  });
});
