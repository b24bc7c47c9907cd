/** Grids of every shape: no loop that runs once and no array of one, and the same meaning in every tool. */
import { describe, expect, it } from 'vitest';
import { In, Out, U, elaborate, hw, vec } from '../../../gen/index.ts';
import type { Design } from '../../../gen/index.ts';
import type { Expr } from '../../../gen/ir/expr.ts';
import type { Assign, Module, Statement } from '../../../gen/ir/module.ts';
import { BOOL, uintType, widthOf } from '../../../gen/ir/types.ts';
import { printDesign } from '../../../gen/print/systemverilog.ts';
import { checkWithYosys, compileWithIcarus, has, inDirectory, lintWithVerilator, simulate, throughYosys } from '../tools.ts';
import { engineLines, testbench, vectorsFor } from './side-by-side.ts';

/** Takes from all four neighbours, and in every way from outside. */
const Cell = hw('Cell', {
  west: In(U(4)), east: In(U(4)), north: In(U(4)), south: In(U(4)), all: In(U(4)), row: In(U(4)), column: In(U(4)), own: In(U(3)),
  toEast: Out(U(4)), toWest: Out(U(4)), toSouth: Out(U(4)), toNorth: Out(U(4)), sum: Out(U(4)),
}, (m, io) => {
  const r = m.regs({ kept: U(4, 0) });
  r.kept = io.west.addWrap(io.own.zext(4));
  io.toEast = r.kept;
  io.toWest = io.east.xor(io.row);
  io.toSouth = io.north.addWrap(io.column);
  io.toNorth = io.south.addWrap(io.all);
  io.sum = io.west.addWrap(io.north).xor(io.own.zext(4));
});

function gridOf(rows: number, columns: number): Design {
  const ports = {
    west: In(vec(U(4), rows)), east: In(vec(U(4), rows)), north: In(vec(U(4), columns)), south: In(vec(U(4), columns)),
    all: In(U(4)), own: In(vec(U(3), rows * columns)),
    sums: Out(vec(U(4), rows * columns)), last: Out(vec(U(4), rows)), bottom: Out(vec(U(4), columns)),
    first: Out(vec(U(4), rows)), top: Out(vec(U(4), columns)),
  };
  return elaborate(hw('Top', ports, (m, io) => {
    const g = m.grid('g', Cell, rows, columns);
    g.fromWest('west', 'toEast', io.west);
    g.fromEast('east', 'toWest', io.east);
    g.fromNorth('north', 'toSouth', io.north);
    g.fromSouth('south', 'toNorth', io.south);
    g.all('all', io.all);
    g.row('row', io.west);
    g.column('column', io.north);
    g.cell('own', io.own);
    io.sums = g.allOut('sum');
    io.last = g.columnOut('toEast', columns - 1);
    io.bottom = g.rowOut('toSouth', rows - 1);
    io.first = g.columnOut('toWest', 0);
    io.top = g.rowOut('toNorth', 0);
  }));
}

describe.each([[1, 1], [1, 3], [3, 1], [2, 3]])('a grid of %d x %d', (rows, columns) => {
  const design = gridOf(rows, columns);
  const files = printDesign(design);
  const text = files.at(-1)?.text ?? '';

  it('has loops over what there are several of, and no others', () => {
    const counts = [...text.matchAll(/for \(genvar (\w) = 0; \w < (\d+);/g)].map(([, variable, count]) => `${variable}${count}`);
    expect(counts.filter((count) => /^.1$/.test(count))).toEqual([]);
    expect([counts.includes(`r${rows}`), counts.includes(`c${columns}`)]).toEqual([rows > 1, columns > 1]);
    expect(text).not.toMatch(/\[0:0\]|\b0 \+|\b0 \*/);
  });

  it('means the same in every tool', { timeout: 60_000 }, () => {
    inDirectory(files, (dir) => {
      if (has('verilator')) expect(lintWithVerilator(dir, files, 'Top')).toBe('');
      if (has('iverilog')) expect(compileWithIcarus(dir, files, 'Top')).toBe('');
      if (has('yosys')) expect(checkWithYosys(dir, files, 'Top')).toBe('');
    });
    const vectors = vectorsFor(design, rows * 10 + columns);
    const engine = engineLines(design, vectors);
    if (has('iverilog')) expect(simulate(files, testbench(design, vectors)).slice(1)).toEqual(engine.slice(1));
    if (has('iverilog') && has('yosys')) expect(simulate([throughYosys(files)], testbench(design, vectors)).slice(1)).toEqual(engine.slice(1));
  });
});

/** What feeds a grid is the wire's value, whatever comes after its first assignment: the language assigns it once, a pass need not. */
it('is fed by what its edges are in the end', () => {
  const plain = gridOf(2, 3);
  const { top } = plain;
  const all = top.ports.find(({ name }) => name === 'all');
  if (all === undefined) throw new Error('the grid has no port of that name');
  const isOdd: Expr = { op: 'cast', type: BOOL, of: { op: 'slice', type: uintType(1), of: { op: 'ref', type: all.type, signal: all }, lo: 0 } };
  const fed = new Set<Assign['target']>(top.grids.flatMap((g) => [...g.inputs.values()].map(({ signal }) => signal)));
  const inverted = (s: Assign): Assign => {
    const bits = uintType(widthOf(s.value.type));
    const flipped: Expr = { op: 'unary', fn: 'not', type: bits, a: { op: 'cast', type: bits, of: s.value } };
    return { ...s, value: { op: 'cast', type: s.value.type, of: flipped } };
  };
  const body = top.body.flatMap((s): Statement[] => (s.kind !== 'assign' || !fed.has(s.target) ? [s]
    : [s, { kind: 'when', cond: isOdd, then: [inverted(s)], else: [], site: s.site }]));
  const changed: Module = { ...top, body };
  const design: Design = { top: changed, modules: plain.modules.map((x) => (x === top ? changed : x)) };
  const files = printDesign(design);
  if (has('verilator')) expect(inDirectory(files, (dir) => lintWithVerilator(dir, files, 'Top'))).toBe('');
  const vectors = vectorsFor(design, 23);
  if (has('iverilog')) expect(simulate(files, testbench(design, vectors)).slice(1)).toEqual(engineLines(design, vectors).slice(1));
});

it('of single cells stand beside each other', () => {
  const design = elaborate(hw('Top', { a: In(vec(U(4), 1)), b: Out(vec(U(4), 1)) }, (m, io) => {
    const Pass = hw('Pass', { a: In(U(4)), b: Out(U(4)) }, (inner, own) => {
      const r = inner.regs({ kept: U(4, 0) });
      r.kept = own.a;
      own.b = r.kept;
    });
    const [one, two] = ['one', 'two'].map((name) => m.grid(name, Pass, 1, 1));
    one.fromWest('a', 'b', io.a);
    two.fromWest('a', 'b', one.columnOut('b', 0));
    io.b = two.columnOut('b', 0);
  }));
  const files = printDesign(design);
  expect(files.at(-1)?.text).toMatch(/Pass one_cell \([^]*Pass two_cell \(/);
  if (has('verilator')) expect(inDirectory(files, (dir) => lintWithVerilator(dir, files, 'Top'))).toBe('');
});
