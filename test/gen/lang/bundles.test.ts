/** A bundle is taken for no other, whatever its fields; what is meant is written, and means the same in the text. */
import { describe, expect, it } from 'vitest';
import { B, In, Out, Sink, Source, U, bitsOf, bundle, elaborate, fromBits, hw, valueOf, vec, vecOf } from '../../../gen/index.ts';
import type { Builder, Inside } from '../../../gen/index.ts';
import { printDesign } from '../../../gen/print/systemverilog.ts';
import { elaborationError } from '../errors.ts';
import { engineLines, testbench, vectorsFor } from '../print/side-by-side.ts';
import { checkWithYosys, compileWithIcarus, has, inDirectory, lintWithVerilator, simulate, throughYosys } from '../tools.ts';

const Read = bundle('Read', { addr: U(4), size: U(8) });
const Write = bundle('Write', { addr: U(4), size: U(8) });
const Pair = bundle('Pair', { high: U(8), low: U(4) });
/** Of the same name as another, with other fields. */
const Other = bundle('Read', { addr: U(4), length: U(8) });

const PORTS = { r: In(Read), f: In(B), i: In(U(1)), from: Sink(Read), to: Source(Write), w: Out(Write), v: Out(vec(Write, 2)), n: Out(bundle('Outer', { inner: Write, ok: B })) };

/** To TypeScript, which looks at fields alone, all of these are fine. */
type Use = (m: Builder, io: Inside<typeof PORTS>, x: Inside<typeof PORTS>['r']) => unknown;

describe('a bundle of another name', () => {
  const told = /type-mismatch: .*\(?Write\)? ← .* \(Read\) {2}at .*; name the fields, \{ addr: …\.addr, … \}, or take the bits: fromBits\(Write, bitsOf\(…\)\)$/;

  it.each([
    ['an output', (_m, io, x) => void (io.w = x)],
    ['a register', (m, _io, x) => void (m.regs({ q: Write }).q = x)],
    ['a wire', (m, _io, x) => void (m.wires({ q: Write }).q = x)],
    ['an element', (_m, io, x) => io.v.put(0, x)],
    ['an element that a signal finds', (m, io, x) => m.regs({ q: vec(Write, 2) }).q.put(io.i, x)],
    ['a field', (_m, io, x) => void (io.n.inner = x)],
    ['a field of a record', (_m, io, x) => void (io.n = { inner: x, ok: io.f })],
    ['a list', (_m, _io, x) => valueOf(vec(Write, 2), [x, x])],
    ['a choice', (m, io, x) => io.f.mux(m.regs({ q: Write }).q, x)],
    ['the beginning of a vector', (m, _io, x) => vecOf([m.regs({ q: Write }).q, x])],
    ['a memory', (m, io, x) => m.mem('ram', Write, 2).write(io.i, x)],
    ['the other end of a stream', (m, io) => m.connect(io.from, io.to)],
    ['the bits of a stream', (_m, io, x) => void (io.to.bits = x)],
    ['the port of an instance', (m, _io, x) => void (m.inst('inner', hw('Inner', { a: In(Write), b: Out(U(4)) }, (_n, own) => void (own.b = own.a.addr))).a = x)],
    ['a value by name', (_m, _io, x) => valueOf(Write, x)],
  ] satisfies readonly [string, Use][])('is not taken as %s', (_, use) => {
    expect(elaborationError(hw('Top', PORTS, (m, io) => void use(m, io, io.r)))).toMatch(told);
  });

  it('of the same name and other fields is told by its fields', () => {
    const error = elaborationError(hw('Top', { r: In(Read), w: Out(Other) }, (_m, io) => void (io.w = io.r as never)));
    expect(error).toMatch(/type-mismatch: w \(Read of addr: UInt<4>, length: UInt<8>\) ← bundle \(Read of addr: UInt<4>, size: UInt<8>\) /);
  });

  it('of another width has no bits to take', () => {
    const error = elaborationError(hw('Top', { r: In(Read), w: Out(bundle('Wide', { addr: U(5) })) }, (_m, io) => void (io.w = io.r as never)));
    expect(error).toMatch(/w \(Wide\) ← bundle \(Read\) .*; name the fields, \{ addr: …\.addr, … \}$/);
  });
});

it('a bundle made twice alike is one', () => {
  const again = bundle('Read', { addr: U(4), size: U(8) });
  expect(printDesign(elaborate(hw('Top', { r: In(Read), w: Out(again) }, (_m, io) => void (io.w = io.r))))[0].text).toContain('assign w_addr = r_addr;');
});

it('a bundle that is taken for another means the same in every tool', { timeout: 60_000 }, () => {
  const Deep = bundle('Deep', { inner: Read, ok: B });
  const Alike = bundle('Alike', { inner: Write, ok: B });
  const design = elaborate(hw('Top', {
    r: In(Read), d: In(Deep), high: Out(U(8)), low: Out(U(4)), w: Out(Write), written: Out(Write), p: Out(Pair),
    addr: Out(U(4)), size: Out(U(8)), whole: Out(U(13)),
    at: In(U(4)), part: Out(U(5)), found: Out(B),
  }, (m, io) => {
    const q = m.regs({ r: Read, d: Deep, w: Write, p: Pair });
    q.r = io.r;
    q.d = io.d;
    q.w = fromBits(Write, bitsOf(q.r));
    q.p = fromBits(Pair, bitsOf(q.r));
    io.w = q.w;
    io.written = { addr: q.r.addr, size: q.r.size };
    io.p = q.p;
    const pair = fromBits(Pair, bitsOf(q.r));
    io.high = pair.high;
    io.low = pair.low;
    const alike = fromBits(Alike, bitsOf(q.d));
    io.addr = alike.inner.addr;
    io.size = fromBits(Pair, bitsOf(alike.inner)).high;
    io.part = bitsOf(q.d.inner).exact(12).slice(9, 5);
    io.found = bitsOf(q.d.inner).exact(12).bit(io.at);
    io.whole = bitsOf(alike).exact(13);
  }));
  const files = printDesign(design);
  inDirectory(files, (dir) => {
    if (has('verilator')) expect(lintWithVerilator(dir, files, 'Top')).toBe('');
    if (has('iverilog')) expect(compileWithIcarus(dir, files, 'Top')).toBe('');
    if (has('yosys')) expect(checkWithYosys(dir, files, 'Top')).toBe('');
  });
  const vectors = vectorsFor(design, 7);
  const engine = engineLines(design, vectors);
  if (has('iverilog')) expect(simulate(files, testbench(design, vectors)).slice(2)).toEqual(engine.slice(2));
  if (has('iverilog') && has('yosys')) expect(simulate([throughYosys(files)], testbench(design, vectors)).slice(2)).toEqual(engine.slice(2));
});
