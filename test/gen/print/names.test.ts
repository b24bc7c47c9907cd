/**
 * One pool for all names that the text of a design uses: whatever meets in it (signals, members, counters of covers, joined ports,
 * labels, modules, files, words of the tools) is told apart, every tool takes the text without a warning, and it means what the
 * built-in engine computes.
 */
import { describe, expect, it } from 'vitest';
import { B, In, Out, U, blackBox, bundle, elaborate, enumeration, hw, valueOf, vec, vecOf } from '../../../gen/index.ts';
import type { Design, ModuleDef, PortMap } from '../../../gen/index.ts';
import { printDesign } from '../../../gen/print/systemverilog.ts';
import type { SourceFile } from '../../../gen/print/systemverilog.ts';
import { checkWithYosys, compileWithIcarus, has, inDirectory, lintWithVerilator, simulate, throughYosys } from '../tools.ts';
import { clashes } from './declared-names.ts';
import { engineLines, testbench, vectorsFor } from './side-by-side.ts';

type Number4 = ReturnType<ReturnType<typeof U<4>>['lit']>;

/** Adds two numbers in a wire called `total`; the ports are called as asked. */
const adder = (name: string, a = 'a', b = 'b'): ModuleDef<PortMap> => hw(name, { [a]: In(U(4)), [b]: In(U(4)), high: Out(B), low: Out(B) }, (_m, io) => {
  const ports = io as unknown as Record<string, Number4>;
  const total = ports[a].addGrow(ports[b]).named('total');
  Object.assign(io, { high: total.bit(4), low: total.bit(0) });
});

/** What the parent of an `adder` sees. */
const seen = (ports: unknown): Record<string, Number4> => ports as Record<string, Number4>;

const PORTS = { a: In(U(4)), b: In(U(4)), c: In(B), out: Out(U(8)) };
type Body = Parameters<typeof hw<typeof PORTS>>[2];
const top = (body: Body, name = 'Top'): ModuleDef<PortMap> => hw(name, PORTS, body) as unknown as ModuleDef<PortMap>;

const Op = enumeration('Op', 'add', 'sub');

/** An instance of `def`, fed and read, under the name given. */
const use = (m: Parameters<Body>[0], io: Parameters<Body>[1], name: string, def: ModuleDef<PortMap>, a = 'a', b = 'b'): Number4 => {
  const ports = seen(m.inst(name, def));
  Object.assign(ports, { [a]: io.a, [b]: io.b });
  return ports.high;
};

const oneLine = (): ModuleDef<PortMap> => {
  // A hint like the module: it would hide it.
  const Sum = hw('Sum', { a: In(U(4)), b: In(U(4)), x: Out(B), y: Out(B) }, (_m, io) => Object.assign(io, ((s) => ({ x: s.bit(4), y: s.bit(0) }))(io.a.addGrow(io.b).named('Sum'))));
  return Sum as unknown as ModuleDef<PortMap>;
};

const Pair = bundle('Pair', { pair_t: U(4, 1), low: U(4, 2) });
const Cell = hw('Cell', { a: In(U(4)), mesh_col: In(U(4)), o: Out(U(4)) }, (m, io) => {
  const r = m.regs({ held: U(4, 0) });
  r.held = io.a.addWrap(io.mesh_col);
  io.o = r.held;
});

const DESIGNS: Readonly<Record<string, () => ModuleDef<PortMap>>> = {
  'a wire named like a member of an enumeration': () => top((m, io) => {
    const r = m.regs({ op: Op.resetTo('sub') });
    m.when(io.c, () => {
      r.op = Op.add;
    });
    const OP_ADD = io.a.addGrow(io.b).named('OP_ADD');
    io.out = r.op.eq('add').mux(OP_ADD.zext(8), OP_ADD.zext(8).not());
  }),
  'a register like a member of an enumeration': () => top((m, io) => {
    const r = m.regs({ op: Op.resetTo('sub'), OP_ADD: U(4, 0), op_t: U(4, 1) });
    r.op = io.c.mux(Op.add, Op.sub);
    r.OP_ADD = io.a;
    r.op_t = r.OP_ADD;
    io.out = r.op.eq('add').mux(r.OP_ADD, r.op_t).zext(8);
  }),
  'members that are one word in capitals': () => top((m, io) => {
    const Colour = enumeration('Colour', 'red', 'Red', 'fooBar', 'foo_bar', 'plain');
    const r = m.regs({ colour: Colour.resetTo('Red') });
    m.switch(r.colour, {
      red: () => (r.colour = Colour.fooBar), Red: () => (r.colour = Colour.plain), fooBar: () => (r.colour = Colour.foo_bar),
      foo_bar: () => (r.colour = Colour.Red), plain: () => (r.colour = Colour.red),
    });
    io.out = r.colour.asUInt().zext(8);
  }),
  'two enumerations whose names and members join to one word': () => top((m, io) => {
    const [One, Two] = [enumeration('A', 'b_c', 'd'), enumeration('A_b', 'c', 'd')];
    const r = m.regs({ one: One.resetTo('b_c'), two: Two.resetTo('d') });
    r.one = io.c.mux(One.d, One.b_c);
    r.two = r.one.eq('d').mux(Two.c, Two.d);
    io.out = vecOf([r.one.asUInt(), r.two.asUInt()]).asUInt().zext(8);
  }),
  'enumerations and bundles whose types are one word': () => top((m, io) => {
    const [One, Two, Three] = [enumeration('Mode', 'a', 'b'), enumeration('mode', 'c', 'd'), bundle('MODE', { x: U(4, 3), y: U(4, 5) })];
    const r = m.regs({ one: One.resetTo('a'), two: Two.resetTo('d'), three: Three });
    r.one = io.c.mux(One.b, One.a);
    r.two = io.c.mux(Two.c, Two.d);
    m.when(r.one.eq('a').and(r.two.eq('d')), () => (r.three = valueOf(Three, { x: io.a, y: io.b })));
    io.out = r.three.x.addGrow(r.three.y).zext(8);
  }),
  'a register like the counter of a cover': () => top((m, io) => {
    const r = m.regs({ cover_x: U(8, 0) });
    r.cover_x = r.cover_x.addWrap(1);
    m.cover('x', io.c);
    m.cover('x_1', io.c.not());
    m.assert('cover_x_1', io.c.or(io.c.not()), 'holds');
    io.out = r.cover_x;
  }),
  'a hint like its module': oneLine,
  'instances whose ports join to one name': () => top((m, io) => {
    const first = seen(m.inst('a_b', adder('One', 'c', 'd')));
    const second = seen(m.inst('x', adder('Two', 'b_c', 'high_q')));
    const third = seen(m.inst('x_b', adder('Three', 'c', 'q')));
    const all = m.regs({ a_b_c: U(4, 0), x_high: B, x_b_low: B });
    all.a_b_c = io.a;
    all.x_high = io.c;
    all.x_b_low = all.x_high;
    Object.assign(first, { c: all.a_b_c.addWrap(1), d: io.b.addWrap(2) });
    Object.assign(second, { b_c: io.a.addWrap(3), high_q: io.b.addWrap(4) });
    Object.assign(third, { c: io.a.addWrap(5), q: io.b.addWrap(6) });
    const bits = [first, second, third].flatMap((p) => [p.high, p.low, p.high.not()]) as unknown as ReturnType<typeof io.c.not>[];
    io.out = vecOf(bits.slice(0, 6)).asUInt().zext(8);
    m.cover('odd', bits[6].and(bits[7]).and(bits[8]).and(all.x_b_low));
  }),
  'ports of an instance that join to a word of SystemVerilog': () => top((m, io) => {
    const child = seen(m.inst('accept', adder('Child', 'on', 'b')));
    Object.assign(child, { on: io.a.addWrap(1), b: io.b });
    io.out = (child.high as unknown as typeof io.c).asUInt().zext(8);
  }),
  'parts of a vector or bundle that follow each other, like others and like words': () => top((m, io) => {
    const w = m.wires({ accept: bundle('Accept', { on: U(4), off: U(4) }), accept_off: U(4), v: vec(U(4), 2), v_1: U(4) });
    w.accept.on = io.a;
    w.accept.off = w.accept.on.addWrap(w.accept_off);
    w.accept_off = io.b;
    w.v.put(0, w.accept.off);
    w.v.put(1, w.v.at(0).addWrap(w.v_1));
    w.v_1 = io.a.addWrap(io.b);
    io.out = w.v.at(1).addGrow(w.accept.off).zext(8);
  }),
  'instances like wires of their module that only a hint named': () => top((m, io) => {
    const same = adder('Inner');
    const total = use(m, io, 'total', same) as unknown as typeof io.c;
    const other = use(m, io, 'i', same) as unknown as typeof io.c;
    io.out = vecOf([total, other]).asUInt().zext(8);
  }),
  'instances like loop variables, members, joined ports and parts in them': () => {
    const Child = top((m, io) => {
      const ram = m.mem('ram', U(8), 16, { init: [] });
      const r = m.regs({ op: Op.resetTo('add') });
      const w = m.wires({ v: vec(U(4), 2) });
      r.op = io.c.mux(Op.add, Op.sub);
      w.v.put(0, io.b);
      w.v.put(1, w.v.at(0).addWrap(io.a));
      const inner = use(m, io, 'inner', adder('Inner'), 'a', 'b') as unknown as typeof io.c;
      m.when(io.c.or(inner).or(inner.not()), () => ram.writeMasked(io.a, io.b.zext(8), io.b));
      io.out = ram.readSync('held', w.v.at(1)).addWrap(r.op.asUInt().zext(8));
    }, 'Child');
    return top((m, io) => {
      const outs = ['i', 'OP_ADD', 'op_t', 'inner_high', 'v_0', 'inner_a'].map((name) => {
        const child = m.inst(name, Child) as unknown as Record<string, unknown>;
        Object.assign(child, { a: io.a, b: io.b, c: io.c });
        return child.out as typeof io.out;
      });
      m.cover('seen', outs.reduce((x, y) => x.xor(y)).orR());
      io.out = outs[0];
    });
  },
  'types of the text like fields, modules and ports': () => top((m, io) => {
    const r = m.regs({ pair: Pair, op: Op.resetTo('add') });
    m.when(io.c, () => (r.pair = valueOf(Pair, { pair_t: io.a, low: io.b })));
    r.op = io.c.mux(Op.sub, Op.add);
    const one = use(m, io, 'one', adder('op_t', 'pair_t_1', 'b'), 'pair_t_1', 'b') as unknown as typeof io.c;
    io.out = vecOf([r.pair.pair_t.andR(), r.pair.low.orR(), r.op.eq('add'), one]).asUInt().zext(8);
  }),
  'fields that are words of C++': () => top((m, io) => {
    const Word = bundle('Word', { list: U(4, 0), list_1: U(4, 3), set: bundle('set', { char: U(2, 1), public: U(2) }) });
    const r = m.regs({ word: Word });
    r.word.list = io.a;
    r.word.list_1 = io.b;
    r.word.set.public = io.b.trunc(2);
    m.when(io.c, () => (r.word.set.char = r.word.set.public));
    io.out = vecOf([r.word.list, r.word.list_1]).asUInt().exact(8).xor(r.word.set.char.zext(8));
  }),
  'ports of the top and of a module below that are words of C++': () => {
    const ports = { list: In(U(4)), set: In(U(4)), interrupt: Out(U(4)) };
    const Child = hw('Child', ports, (_m, io) => {
      io.interrupt = io.list.xor(io.set);
    });
    return hw('Top', ports, (m, io) => {
      const child = m.inst('short', Child);
      child.list = io.list.addWrap(1);
      child.set = io.set;
      io.interrupt = child.interrupt;
    }) as unknown as ModuleDef<PortMap>;
  },
  'a grid beside signals like its labels and cells': () => top((m, io) => {
    const w = m.wires({ cell_i: U(4), mesh_row: U(4), mesh_col: vec(U(4), 2), mesh_a: U(4), r: U(4), e: U(4) });
    w.cell_i = io.a;
    w.mesh_row = io.b;
    w.mesh_col = vecOf([io.b, w.mesh_row]);
    w.mesh_a = w.cell_i;
    w.r = w.mesh_a;
    w.e = w.r;
    const mesh = m.grid('mesh', Cell, 2, 2);
    mesh.fromWest('a', 'o', vecOf([w.cell_i, w.e]));
    mesh.column('mesh_col', w.mesh_col);
    const other = m.grid('other', Cell, 1, 2);
    other.all('a', w.cell_i);
    other.column('mesh_col', w.mesh_col);
    const last = mesh.columnOut('o', 1);
    io.out = last.at(0).addGrow(last.at(1)).zext(8).xor(other.allOut('o').asUInt().exact(8));
  }),
  'cells of a grid with signals like their instance': () => {
    const Inner = hw('Inner', { a: In(U(4)), o: Out(U(4)) }, (m, io) => {
      const r = m.regs({ cell_i: U(4, 0), mesh_row: U(4, 0) });
      r.cell_i = io.a;
      r.mesh_row = r.cell_i;
      io.o = r.mesh_row;
    });
    return top((m, io) => {
      const mesh = m.grid('mesh', Inner, 1, 2);
      mesh.fromWest('a', 'o', vecOf([io.a]));
      io.out = mesh.columnOut('o', 1).asUInt().zext(8);
    });
  },
  'modules that differ in case only': () => top((m, io) => {
    const one = use(m, io, 'one', adder('queue')) as unknown as typeof io.c;
    const two = use(m, io, 'two', adder('Queue', 'a', 'x'), 'a', 'x') as unknown as typeof io.c;
    const three = use(m, io, 'three', adder('queue_2', 'x', 'b'), 'x', 'b') as unknown as typeof io.c;
    const four = use(m, io, 'four', adder('TOP', 'x', 'y'), 'x', 'y') as unknown as typeof io.c;
    io.out = vecOf([one, two, three, four]).asUInt().zext(8);
  }),
  'a module below like the top': () => top((m, io) => {
    io.out = (use(m, io, 'inner', adder('Top')) as unknown as typeof io.c).asUInt().zext(8);
  }),
  'modules like a cell and like the behaviour of a box': () => top((m, io) => {
    const ports = { x: In(U(4)), y: In(U(4)), high: Out(B), low: Out(B) };
    const Box = blackBox('Box', ports, { cell: 'CELL', behaviour: (_m, io2) => {
      io2.high = io2.x.lt(io2.y);
      io2.low = io2.x.eq(io2.y);
    } }) as unknown as ModuleDef<PortMap>;
    const bits = [use(m, io, 'one', Box, 'x', 'y'), use(m, io, 'two', adder('CELL')), use(m, io, 'three', adder('BoxBehaviour', 'x'), 'x')];
    io.out = vecOf(bits as unknown as (typeof io.c)[]).asUInt().zext(8);
  }),
  'signals like their module': () => top((m, io) => {
    const r = m.regs({ count: U(8, 0) });
    r.count = r.count.addWrap(io.a.zext(8));
    io.out = r.count;
  }, 'count'),
  'a register like the check of a memory': () => top((m, io) => {
    const ram = m.mem('ram', U(8), 16, { style: 'block', collisionFree: true, init: [] });
    m.when(io.c, () => ram.write(io.a, io.b.zext(8)));
    io.out = ram.readSync('held', io.a, io.c.not());
    m.let({ ramCollision: io.c });
  }),
  'a memory like its words, and sums like numbered ones': () => top((m, io) => {
    const ram = m.mem('ram', U(8), 16, { init: Array.from({ length: 16 }, (_, i) => BigInt(i * 5)) });
    const w = m.wires({ ram_word: U(4), sum: U(4), sum_1: U(4), value: U(4) });
    w.ram_word = io.a;
    w.sum = io.b;
    w.sum_1 = w.ram_word.addWrap(w.sum);
    w.value = w.sum_1;
    io.out = ram.read(io.a.addWrap(w.value)).slice(6, 2).zext(8).addWrap(io.a.addGrow(io.b).slice(4, 1).zext(8));
  }),
  'hints that tools call something else, or that somebody declares': () => top((m, io) => {
    const bool = io.a.addGrow(io.b).named('bool');
    const process = io.a.subGrow(io.b).named('process');
    const wreal = io.a.mul(io.b).named('wreal');
    const { kept } = m.let({ kept: io.b.mul(io.b).named('kept').slice(7, 1) });
    const unused = io.a.mul(io.a).named('unused');
    const parts = [bool.slice(4, 1), process.slice(4, 1), wreal.slice(7, 1), kept, unused.slice(6, 2)];
    io.out = parts.map((part) => part.zext(8)).reduce((x, y) => x.xor(y));
  }),
  'names like system tasks, and very long ones': () => top((m, io) => {
    const long = 'long'.repeat(24);
    const w = m.wires({ display: U(4), error: U(4), clog2: U(4), finish: U(4), [long]: U(4), [`${long}_1`]: U(4) }) as unknown as Record<string, Number4>;
    const names = Object.keys(w);
    names.forEach((n, i) => (w[n] = i === 0 ? io.a : w[names[i - 1]].addWrap(io.b)));
    io.out = w[names[names.length - 1]].zext(8);
  }),
};

/** Cells of a target's library, for the tools that read the synthesis side of a black box. */
const LIBRARY: SourceFile = { name: 'CELL.v', text: '(* blackbox *) module CELL (input [3:0] x, y, output high, low);\nendmodule\n' };

describe.each(Object.keys(DESIGNS))('%s', (name) => {
  const build = (): Design => elaborate(DESIGNS[name]());
  let made: { readonly design: Design; readonly files: readonly SourceFile[]; readonly topName: string } | undefined;
  const make = (): NonNullable<typeof made> => {
    if (made) return made;
    const design = build();
    return (made = { design, files: printDesign(design), topName: design.top.name });
  };

  it('print names that mean one thing each', () => {
    const { files } = make();
    expect(clashes(files)).toEqual([]);
    expect(printDesign(build())).toEqual(files);
  });

  it.skipIf(!has('verilator') || !has('iverilog') || !has('yosys'))('pass Verilator, Icarus and Yosys without a warning', { timeout: 30_000 }, () => {
    const { files, topName } = make();
    expect(inDirectory(files, (dir) => lintWithVerilator(dir, files, topName))).toBe('');
    expect(inDirectory(files, (dir) => compileWithIcarus(dir, files, topName))).toBe('');
    const all = name.includes('a cell and') ? [...files, LIBRARY] : files;
    expect(inDirectory(all, (dir) => checkWithYosys(dir, all, topName))).toBe('');
  });

  it.skipIf(!has('iverilog'))('mean in Icarus what they mean in the engine', { timeout: 30_000 }, () => {
    const { design, files } = make();
    const vectors = vectorsFor(design, 1);
    // Before the first edge nothing is reset.
    expect(simulate(files, testbench(design, vectors)).slice(1)).toEqual(engineLines(design, vectors).slice(1));
  });
});

describe('a wire like a member', () => {
  it.skipIf(!has('iverilog') || !has('yosys'))('is a wire of its own in the netlist of Yosys', { timeout: 30_000 }, () => {
    const design = elaborate(DESIGNS['a wire named like a member of an enumeration']());
    const vectors = vectorsFor(design, 2);
    const shown = simulate([throughYosys(printDesign(design))], testbench(design, vectors));
    // Before the first edge nothing is reset.
    expect(shown.slice(1)).toEqual(engineLines(design, vectors).slice(1));
  });
});

describe('words of C++ and SystemC', () => {
  const WORDS = [
    // Keywords of C++20 and of its drafts, and what the headers of Verilator and SystemC declare.
    ...`alignas alignof and_eq asm auto bitand bitor catch char char8_t char16_t char32_t co_await co_return co_yield compl concept const_cast
      consteval constexpr constinit decltype delete double dynamic_cast explicit false far float friend goto huge inline long mutable namespace
      near noexcept not_eq nullptr operator or_eq override pascal private public reflexpr register reinterpret_cast requires short sizeof
      static_assert static_cast switch synchronized template thread_local throw true try typeid typename using volatile wchar_t xor_eq`.split(/\s+/),
    ...['int', 'uint'].flatMap((kind) => ['', '_fast', '_least'].flatMap((how) => [8, 16, 32, 64].map((bits) => `${kind}${how}${bits}_t`))),
    ...'size_t ptrdiff_t intptr_t uintptr_t intmax_t deque list map queue set stack vector complex iterator'.split(' '),
    ...'sc_in sc_out sc_inout sc_signal sc_clock sc_time sc_module sc_event sc_bv sc_lv sc_bit sc_int sc_uint sensitive bit_vector'.split(' '),
  ];

  it.skipIf(!has('verilator'))('are fields without a warning, all that there are', () => {
    const Words = bundle('Words', Object.fromEntries(WORDS.map((word) => [word, B])));
    const design = elaborate(hw('Top', { a: In(Words), b: Out(Words) }, (m, io) => {
      const r = m.regs({ kept: Words });
      r.kept = io.a;
      io.b = r.kept;
    }));
    const files = printDesign(design);
    expect(inDirectory(files, (dir) => lintWithVerilator(dir, files, 'Top'))).toBe('');
  });
});
