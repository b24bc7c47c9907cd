/** What is joined of parts of names: neighbours that lie side by side are written as one, whatever they are parts of. */
import { describe, expect, it } from 'vitest';
import { B, In, Out, S, U, bitsOf, bundle, cat, elaborate, fromBits, hw, repeat, vec, vecOf } from '../../../gen/index.ts';
import type { Design } from '../../../gen/index.ts';
import { printDesign } from '../../../gen/print/systemverilog.ts';
import { loadConfig } from '../../../hw/soc/config-file.ts';
import { Chip } from '../../../hw/soc/chip.ts';
import { has, inDirectory, lintWithVerilator, simulate, throughYosys } from '../tools.ts';
import { DESIGNS } from './designs.ts';
import { engineLines, testbench, vectorsFor } from './side-by-side.ts';

const Word = bundle('Word', { high: U(4), flags: vec(B, 4) });
const PORTS = {
  a: In(U(8)), s: In(S(8)), v: In(vec(U(2), 4)), b: In(Word), nested: In(vec(vec(U(2), 2), 3)), shift: In(B),
  slices: Out(U<number>(8)), bits: Out(vec(B, 8)), part: Out(U<number>(3)), signs: Out(B), signsAsBits: Out(B),
  elements: Out(vec(U(2), 3)), one: Out(vec(U(2), 1)), fields: Out(U<number>(8)), spread: Out(U<number>(12)),
  inner: Out(vec(vec(U(2), 2), 2)), deep: Out(vec(vec(U(2), 2), 2)), delayed: Out(vec(vec(U(2), 2), 3)),
  noted: Out(U<number>(8)), order: Out(U<number>(8)), line: Out(vec(B, 4)), sum: Out(U(8)),
};

const Joins = hw('Joins', PORTS, (m, io) => {
  const { a, s, v, b, nested } = io;
  const r = m.regs({ late: vec(vec(U(2), 2), 3), flags: vec(B, 4) });
  io.slices = cat(a.slice(7, 6), a.slice(5, 3), a.slice(2, 0));
  io.bits = vecOf(Array.from({ length: 8 }, (_, i) => a.bit(i)));
  io.part = cat(a.bit(6), a.bit(5), a.bit(4));
  // Signs that a join takes away.
  io.signsAsBits = bitsOf(vecOf(Array.from({ length: 8 }, (_, i) => s.bit(i)))).exact(8).lt(a);
  io.signs = cat(s.slice(7, 4), s.slice(3, 0)).lt(cat(a.slice(7, 4), s.slice(3, 0)));
  io.elements = vecOf([v.at(1), v.at(2), v.at(3)]);
  io.one = vecOf([v.at(2)]);
  io.fields = cat(b.high, b.flags.at(3), b.flags.at(2), b.flags.at(1), b.flags.at(0));
  io.inner = vecOf([nested.at(1), nested.at(2)]);
  io.deep = vecOf([vecOf([nested.at(0).at(0), nested.at(0).at(1)]), vecOf([nested.at(1).at(0), nested.at(1).at(1)])]);
  io.spread = cat(repeat(a.bit(7), 4), a.slice(6, 0), a.bit(7));
  io.noted = cat(a.slice(7, 4).note('upper'), a.slice(3, 0).note('lower'));
  io.order = cat(a.slice(3, 0), a.slice(7, 4));
  m.when(io.shift, () => {
    r.late = vecOf([nested.at(0), r.late.at(0), r.late.at(1)]);
    r.flags = vecOf([a.bit(0), r.flags.at(0), r.flags.at(1), r.flags.at(2)]);
  });
  io.delayed = r.late;
  io.line = r.flags;
  io.sum = vecOf([a.addWrap(1)]).at(0).addWrap(fromBits(vec(U(8), 1), a).at(0));
});

/** Neighbours in the text of which the one begins where the other ends. */
function neighboursIn(text: string): string[] {
  const joins = [...text.replace(/\s+/g, ' ').matchAll(/(?<=[{, ])([A-Za-z_][\w.]*)\[(\d+)(?::(\d+))?\](?=, \1\[(\d+))/g)];
  return joins.filter(([, , high, low = high, next]) => Number(low) === Number(next) + 1).map(([join, , , , next]) => `${join}, [${next}`);
}

const text = (design: Design): string => printDesign(design).map((f) => f.text).join('\n');

describe('neighbours', () => {
  const design = elaborate(Joins);

  it('are found by this test', () => {
    expect(neighboursIn('{a[7:4], a[3], b.c[3],\n  b.c[2:0], a[4:3], a[3]}')).toEqual(['a[7:4], [3', 'b.c[3], [2']);
  });

  it('are one part of what they are parts of', () => {
    const lines = [...text(design).matchAll(/^ +(?:assign )?(\w+) <?= ([^;]*);/gm)].filter(([, name]) => name !== 'unused').map(([, name, value]) => `${name} = ${value.replace(/\s+/g, ' ')}`);
    expect(lines).toEqual([
      'slices = a', 'bits = a', 'part = a[6:4]', 'signsAsBits = {s} < a', 'signs = $unsigned(s) < {a[7:4], s[3:0]}',
      'elements = v[7:2]', 'one = v[5:4]', 'fields = {b_high, b_flags}', 'inner = nested[11:4]',
      'deep = nested[7:0]', 'spread = {{4{a[7]}}, a[6:0], a[7]}', 'noted = {a[7:4] /* upper */, a[3:0] /* lower */}', 'order = {a[3:0], a[7:4]}',
      'delayed = late', 'line = flags', 'sum = (a + 8\'d1) + a', 'late = {late[7:0], nested[3:0]}', 'flags = {flags[2:0], a[0]}',
    ]);
  });

  it('mean the same in every tool', { timeout: 60_000 }, () => {
    const files = printDesign(design);
    const vectors = vectorsFor(design, 5);
    // Registers without reset are unknown to Icarus until they are driven.
    for (const v of vectors) v.set('shift', 1n);
    const engine = engineLines(design, vectors).slice(4);
    if (has('verilator')) expect(inDirectory(files, (dir) => lintWithVerilator(dir, files, 'Joins'))).toBe('');
    if (has('iverilog')) expect(simulate(files, testbench(design, vectors)).slice(4)).toEqual(engine);
    if (has('iverilog') && has('yosys')) expect(simulate([throughYosys(files)], testbench(design, vectors)).slice(4)).toEqual(engine);
  });

  it.each(Object.keys(DESIGNS))('do not stand in %s', (name) => {
    expect(neighboursIn(text(elaborate(DESIGNS[name])))).toEqual([]);
  });

  it('do not stand in a chip', () => {
    expect(neighboursIn(text(elaborate(Chip(loadConfig('nano')))))).toEqual([]);
  });
});
