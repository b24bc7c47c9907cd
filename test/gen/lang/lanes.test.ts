/** Loops over lanes: what a body may do, what each form means in the IR, and what the language says to mistakes, word for word. */
import { describe, expect, it } from 'vitest';
import { B, Flag, In, Out, S, U, bool, bundle, elaborate, fromBits, hw, resetTo, vec, vecOf } from '../../../gen/index.ts';
import type { Builder, ModuleDef, PortMap, UInt } from '../../../gen/index.ts';
import type { Statement } from '../../../gen/ir/module.ts';
import { printDesign } from '../../../gen/print/systemverilog.ts';
import { createWasmSimulator } from '../../../sim/engine/index.ts';
import { elaborationError, placesIn } from '../errors.ts';

const at = placesIn(import.meta.url);
const inBody = (body: (m: Builder) => void): string => elaborationError(hw('Top', {}, body));
const textOf = <P extends PortMap>(def: ModuleDef<P>): string => printDesign(elaborate(def)).map((f) => f.text).join('\n');
const loops = (body: readonly Statement[]): number => body.filter((s) => s.kind === 'for').length;

describe('mistakes', () => {
  it('a lane selects what exists', () => {
    expect(inBody((m) => {
      const w = m.wires({ few: vec(U(4), 3) }); // @fewDeclared
      m.each(4, (i) => w.few.at(i)); // @fewAt
    })).toBe(`out-of-range: lanes 0..3 of Vec<UInt<4>, 3>  at ${at('fewAt')}, declared at ${at('fewDeclared')}; it has 3 elements; near(lane, offset, edge) says what stands beyond`);
    expect(inBody((m) => {
      const w = m.wires({ bits: U(7) });
      m.each(4, (i) => w.bits.bit(i.times(2).plus(1)));
    })).toMatch(/^out-of-range: bit 7 of bits \(UInt<7>\) .*; use 0\.\.6$/);
    expect(inBody((m) => m.each(4, (i) => i.minus(1)))).toMatch(/^out-of-range: lane -1 is none .*; use near\(lane, offset, edge\), which says what stands beyond the edge$/);
    expect(inBody((m) => m.each(4, (i) => i.plus(0.5)))).toMatch(/^out-of-range: lane 3\.5 /);
  });

  it('a lane is used in the body that it is given to', () => {
    expect(inBody((m) => {
      const w = m.wires({ v: vec(U(2), 4), one: U(2) });
      let kept: UInt | undefined;
      m.each(4, (i) => { // @keptDeclared
        w.v.put(i, i.exact(2));
        kept = i;
      });
      w.one = w.v.at(kept ?? 0); // @keptAt
    })).toMatch(/^outside-lanes: Top uses a lane outside of its each\(\) .*; use it in the body that each\(\) gives it to$/);
  });

  it('what cannot exist once a lane is refused in a body', () => {
    const Child = hw('Child', { x: In(U(2)), y: Out(U(2)) }, (_m, io) => {
      io.y = io.x;
    });
    expect(inBody((m) => m.each(4, () => m.inst('child', Child)))).toMatch(/^outside-lanes: instance child in the body of each\(\) .*; make a grid of one row outside, and drive its vectors here$/);
    expect(inBody((m) => m.each(4, () => m.grid('children', Child, 1, 2)))).toMatch(/^outside-lanes: grid children /);
    expect(inBody((m) => m.each(4, () => m.mem('words', U(8), 4)))).toMatch(/^outside-lanes: memory words /);
    const withMemory = (use: (m: Builder, mem: ReturnType<typeof memory>) => void): string => inBody((m) => {
      const mem = memory(m);
      m.each(4, () => use(m, mem));
    });
    const memory = (m: Builder) => m.mem('words', U(8), 4);
    expect(withMemory((_m, mem) => mem.write(U(2).lit(1), U(8).lit(1)))).toMatch(/^outside-lanes: write\(\) of words .*; make data and mask of all lanes, and write them once, with writeMasked\(\)$/);
    expect(withMemory((_m, mem) => mem.readSync('word', U(2).lit(1)))).toMatch(/^outside-lanes: readSync\(\) of words /);
  });

  it('a lane that is driven by the one after it is driven twice', () => {
    expect(inBody((m) => {
      const w = m.wires({ one: U(3) });
      m.each(4, (i) => (w.one = i.zext(3))); // @twice
    })).toBe(`doubly-driven: Top.one is driven again  at ${at('twice')}, declared at ${at('twice')}; put the default first and the exceptions in when()`);
  });

  it('elements that no lane drives are undriven, and what depends on itself is a loop', () => {
    expect(elaborationError(hw('Top', { a: In(U(4)), o: Out(vec(B, 4)) }, (m, io) => m.each(3, (i) => io.o.put(i, io.a.bit(i)))))).toMatch(/^undriven: Top\.o\[3\] /);
    expect(elaborationError(hw('Top', { o: Out(vec(U(4), 4)) }, (m, io) => {
      const w = m.wires({ v: vec(U(4), 4) });
      m.each(4, (i) => w.v.put(i, w.v.near(i, 1, w.v.at(0)).not()));
      io.o = w.v;
    }))).toMatch(/^combinational-loop: Top: v\[/);
  });

  it('reductions say what they take', () => {
    const flags = (m: Builder) => m.wires({ v: vec(U(4), 3) }).v;
    expect(inBody((m) => m.first('first', flags(m) as never))).toMatch(/^type-mismatch: first\(\) of a Vec<UInt<4>, 3> .*; give a vector of truth values$/);
    expect(inBody((m) => m.sum('total', vecOf([m.wires({ b: B }).b]) as never))).toMatch(/^type-mismatch: sum\(\) of a Vec<Bool, 1> .*; give a vector of numbers$/);
    expect(inBody((m) => m.fold('all', flags(m), (a, b) => a.addGrow(b) as never))).toMatch(/^type-mismatch: fold\(\) of UInt<4> by a function that makes UInt<5> .*; make a value of the same type; sum\(\) grows$/);
  });
});

describe('what a loop means', () => {
  it('no lane is nothing, one lane is no loop', () => {
    const Top = hw('Top', { a: In(vec(U(4), 1)), o: Out(vec(U(4), 1)) }, (m, io) => {
      m.each(0, () => {
        throw new Error('never described');
      });
      m.each(1, (i) => io.o.put(i, io.a.at(i)));
    });
    expect(textOf(Top)).toContain('assign o = a;');
  });

  it('a body is described once, whatever the number of lanes', () => {
    let described = 0;
    elaborate(hw('Top', { a: In(U(4000)), o: Out(vec(B, 4000)) }, (m, io) => m.each(4000, (i) => {
      described++;
      io.o.put(i, io.a.bit(i).not());
    })));
    expect(described).toBe(1);
  });

  it('stays a loop behind conditions and defaults, and where wholes and elements are driven together', () => {
    const Top = hw('Top', { a: In(vec(U(4), 5)), go: In(B), clear: In(B), o: Out(vec(U(4), 5)), p: Out(vec(U(4), 5)) }, (m, io) => {
      const r = m.regs({ kept: vec(U(4, 0), 5) });
      m.when(io.clear, () => {
        r.kept = vecOf(Array.from({ length: 5 }, () => U(4).lit(1)));
      }).elseWhen(io.go, () => m.each(5, (i) => m.when(io.a.at(i).ne(3), () => r.kept.put(i, io.a.at(i)))));
      io.o = r.kept;
      io.p = io.a;
      m.when(io.go, () => m.each(5, (i) => io.p.put(i, r.kept.at(i))));
    });
    const design = elaborate(Top);
    expect(loops(design.top.body)).toBe(2);
    expect(textOf(Top).match(/for \(genvar/g)).toHaveLength(2);
  });

  it('is written out where a later lane wins', () => {
    const Top = hw('Top', { mask: In(U(5)), o: Out(U(3)) }, (m, io) => {
      io.o = U(3).lit(7);
      m.each(5, (i) => m.when(io.mask.bit(i), () => (io.o = i.exact(3))));
    });
    expect(loops(elaborate(Top).top.body)).toBe(0);
    const sim = createWasmSimulator(elaborate(Top));
    sim.poke('mask', 0b01010);
    expect(sim.peek('o')).toBe(3n);
    sim.poke('mask', 0);
    expect(sim.peek('o')).toBe(7n);
  });

  it('signals that a body declares have an element a lane, with its reset', () => {
    const Top = hw('Top', { d: In(U(4)), o: Out(vec(U(3), 4)) }, (m, io) => m.each(4, (i) => {
      const r = m.regs({ seen: Flag(true), count: U(3, 5) });
      r.seen = io.d.bit(i);
      m.when(r.seen, () => (r.count = r.count.addWrap(1)));
      io.o.put(i, r.count);
      m.assert('bounded', r.count.le(7), 'never more');
    }));
    const { top } = elaborate(Top);
    expect(top.regs.map((r) => [r.name, r.type.kind === 'vec' && r.type.length, r.reset?.map((l) => l?.value)])).toEqual([
      ['seen', 4, [1n, 1n, 1n, 1n]], ['count', 4, [5n, 5n, 5n, 5n]],
    ]);
  });

  it('a map is the vector of what its body makes, wherever it is asked for', () => {
    const Top = hw('Top', { a: In(vec(U(4), 3)), go: In(B), o: Out(vec(U(5), 3)) }, (m, io) => {
      io.o = vecOf([U(5).lit(1), U(5).lit(2), U(5).lit(3)]);
      m.when(io.go, () => {
        io.o = m.map('raised', 3, (i) => io.a.at(i).addGrow(i.zext(4)));
      });
    });
    const sim = createWasmSimulator(elaborate(Top));
    sim.poke('a', 0x9af);
    sim.poke('go', 1);
    expect([0, 1, 2].map((i) => Number((sim.peek('o') >> BigInt(5 * i)) & 31n))).toEqual([15, 11, 11]);
    expect(inBody((m) => m.map('none', 0, () => U(3).lit(1)))).toMatch(/^out-of-range: map\(\) of 0 lanes /);
    expect(inBody((m) => m.map('none', 2, () => 1))).toMatch(/^type-mismatch: number 1 is not a hardware value /);
  });

  it('what no lane drives of a register is reset all the same', () => {
    const Pair = bundle('Pair', { high: U(3, 5), low: U(4, 2) });
    const Top = hw('Top', { a: In(vec(U(4), 3)), o: Out(vec(Pair, 3)) }, (m, io) => m.each(3, (i) => {
      const r = m.regs({ pair: Pair });
      r.pair.low = io.a.at(i);
      m.when(io.a.at(i).lt(0), () => (r.pair.high = U(3).lit(1)));
      io.o.put(i, r.pair);
    }));
    const text = textOf(Top);
    for (const lo of [4, 11, 18]) expect(text).toContain(`pair[${lo + 2}:${lo}] <= 3'd5;`);
  });

  it('what no lane drives beside a diagonal is reset all the same', () => {
    const Top = hw('Top', { a: In(vec(U(4), 3)), o: Out(vec(vec(U(4), 3), 3)) }, (m, io) => {
      const r = m.regs({ square: vec(vec(U(4, 6), 3), 3) });
      m.each(3, (i) => {
        r.square.at(i).put(i, io.a.at(i));
        m.each(3, (j) => m.when(io.a.at(j).lt(0), () => r.square.at(i).put(j, io.a.at(j))));
      });
      io.o = r.square;
    });
    const sim = createWasmSimulator(elaborate(Top));
    sim.poke('rst', 1);
    sim.step();
    expect(sim.peek('o')).toBe(0x666666666n);
    sim.poke('rst', 0);
    sim.poke('a', 0x321);
    sim.step();
    expect(sim.peek('o')).toBe(0x366626661n);
    expect(textOf(Top).match(/square\[\d+:\d+\] <= 4'd6;/g)).toHaveLength(6);
  });

  it('a condition that is constant is a condition, as it is without loops', () => {
    const Top = hw('Top', { a: In(vec(U(4), 3)), o: Out(vec(U(4), 3)) }, (m, io) => {
      const r = m.regs({ kept: vec(U(4, 9), 3) });
      m.each(3, (i) => {
        m.when(bool(false), () => r.kept.put(i, io.a.at(i)));
        io.o.put(i, U(4).lit(1));
        m.when(i.eq(1), () => io.o.put(i, r.kept.at(i)));
      });
    });
    const sim = createWasmSimulator(elaborate(Top));
    sim.poke('rst', 1);
    sim.step();
    expect(sim.peek('o')).toBe(0x191n);
  });

  it('elements of elements are driven where the vector can be', () => {
    const Top = hw('Top', { a: In(U(4)), o: Out(vec(vec(B, 2), 3)) }, (m, io) => {
      m.each(3, (i) => m.each(2, (j) => io.o.at(i).put(j, io.a.bit(i).xor(j.eq(1)))));
    });
    const sim = createWasmSimulator(elaborate(Top));
    sim.poke('a', 0b101);
    expect(sim.peek('o')).toBe(0b011001n);
  });
});

describe('what only some lanes have', () => {
  it('a lane is compared with any whole number', () => {
    const compared = (lanes: number): bigint => {
      const sim = createWasmSimulator(elaborate(hw('Top', { o: Out(vec(U(8), lanes)) }, (m, io) => m.each(lanes, (i) => {
        const truths = [i.eq(7), i.ne(7), i.lt(7), i.ge(7), i.gt(-1), i.le(-1n), i.eq(2n ** 70n), i.lt(2)];
        io.o.put(i, truths.map((b) => b.asUInt()).reduce<UInt>((all, b) => b.cat(all), truths[0].asUInt()).slice(8, 1).exact(8));
      }))));
      return sim.peek('o');
    };
    const truthsOf = (i: number): readonly boolean[] => [i === 7, i !== 7, i < 7, i >= 7, true, false, false, i < 2];
    const asNumbers = (i: number): number => truthsOf(i).reduce((bits, b, at) => bits | (Number(b) << at), 0);
    for (const lanes of [1, 2, 4, 5, 8, 9]) {
      const expected = Array.from({ length: lanes }, (_, i) => BigInt(asNumbers(i)) << BigInt(8 * i)).reduce((x, y) => x | y);
      expect(compared(lanes), `${lanes} lanes`).toBe(expected);
    }
    expect(inBody((m) => m.each(4, (i) => i.eq(1.5)))).toMatch(/^literal-range: 1\.5 is not a whole number /);
    expect(inBody((m) => m.each(4, (i) => i.addWrap(7 as never)))).toMatch(/^literal-range: 7 does not fit UInt<2> /);
  });

  it.each([-9, -2, -1, 1, 2, 9])('near() at %i takes what stands beyond from the lane, and pads the vector once for all', (offset) => {
    const Top = hw('Top', { a: In(vec(U(4), 5)), b: In(vec(U(4), 5)), o: Out(vec(U(4), 5)) }, (m, io) => {
      m.each(5, (i) => io.o.put(i, io.a.near(i, offset, io.b.at(i).xor(i.zext(4)))));
    });
    const sim = createWasmSimulator(elaborate(Top));
    const [a, b] = [[3, 9, 14, 6, 1], [8, 2, 11, 7, 12]];
    const packed = (list: readonly number[]): bigint => list.reduceRight((bits, x) => (bits << 4n) | BigInt(x), 0n);
    sim.poke('a', packed(a));
    sim.poke('b', packed(b));
    expect(sim.peek('o')).toBe(packed(b.map((own, i) => a[i + offset] ?? own ^ i)));
    const loop = /begin : gen_o\n([^]*?)\n {2}end/.exec(textOf(Top))?.[1] ?? '';
    expect(loop).toContain('assign o[');
    expect(loop).not.toMatch(/\{a|a,|logic \[\d\d:0\]/);
  });

  it('a place that is computed of lanes alone is driven as one that is written', () => {
    const Top = hw('Top', { a: In(vec(U(4), 4)), o: Out(vec(U(4), 4)), p: Out(vec(U(4), 4)), q: Out(vec(vec(U(4), 2), 2)) }, (m, io) => {
      m.each(4, (i) => {
        io.o.put(i.not(), io.a.at(i));
        io.p.put(i.addWrap(1), io.a.at(i));
      });
      m.each(2, (i) => m.each(2, (j) => io.q.at(i.xor(j)).put(j, io.a.at(i))));
    });
    const sim = createWasmSimulator(elaborate(Top));
    sim.poke('a', 0x4321);
    expect([sim.peek('o'), sim.peek('p'), sim.peek('q')]).toEqual([0x1234n, 0x3214n, 0x1221n]);
    expect(inBody((m) => {
      const w = m.wires({ v: vec(U(4), 4) });
      m.each(4, (i) => w.v.put(i.shr(1), U(4).lit(1)));
    })).toMatch(/^doubly-driven: Top\.v\[0\] is driven again /);
    expect(elaborationError(hw('Top', { x: In(U(2)), o: Out(vec(B, 4)) }, (m, io) => m.each(4, (i) => io.o.put(i.xor(io.x.exact(2) as never), bool(true))))))
      .toMatch(/^latch: Top\.o\[0\] .*; give it a default first: which element is driven is known in the circuit only$/);
  });

  it('registers may be reset to something else in each lane', () => {
    const Pair = bundle('Pair', { high: U(4), low: S(4) });
    const Top = hw('Top', { a: In(vec(U(4), 3)), go: In(B), ov: Out(vec(U(4), 3)), op: Out(vec(Pair, 2)) }, (m, io) => {
      const r = m.regs({ v: resetTo(vec(U(4), 3), [7, 8, 9]), p: resetTo(vec(Pair, 2), [{ high: 1, low: -1 }, { high: 2, low: -2 }]) });
      m.when(io.go, () => m.each(3, (i) => r.v.put(i, io.a.at(i))));
      m.when(io.go, () => m.each(2, (i) => {
        r.p.at(i).high = io.a.at(i);
        r.p.at(i).low = io.a.at(i).asSInt();
      }));
      io.ov = r.v;
      io.op = r.p;
    });
    const sim = createWasmSimulator(elaborate(Top));
    sim.poke('rst', 1);
    sim.step();
    expect([sim.peek('ov'), sim.peek('op')]).toEqual([0x987n, 0x2e1fn]);
    expect(inBody((m) => m.each(3, (i) => m.regs({ x: resetTo(U(2), i) })))).toMatch(/^type-mismatch: lane \(UInt<2>\) in a reset .*; a reset is constant: /);
    expect(inBody((m) => m.each(3, (i) => m.regs({ x: U(2, i as never) })))).toMatch(/^type-mismatch: U\(\): reset is a UInt<2>, not a number or bigint /);
  });
});

describe('reductions', () => {
  const LENGTHS = [1, 2, 3, 4, 5, 7, 8, 13];
  it.each(LENGTHS)('of %i elements are what they say', (n) => {
    const Top = hw('Top', {
      a: In(U(8 * n)), f: In(U(n)), total: Out(U(20)), signedTotal: Out(S(20)), most: Out(U(8)), valid: Out(B), index: Out(U(4)),
    }, (m, io) => {
      const values = fromBits(vec(U(8), n), io.a);
      io.total = m.sum('t', values).zext(20);
      io.signedTotal = m.sum('s', fromBits(vec(S(8), n), io.a)).sext(20);
      io.most = m.fold('largest', values, (x, y) => x.lt(y).mux(y, x));
      const { valid, index } = m.first('lowest', fromBits(vec(B, n), io.f));
      io.valid = valid;
      io.index = index.zext(4);
    });
    const sim = createWasmSimulator(elaborate(Top));
    for (let seed = 1; seed < 40; seed++) {
      const bytes = Array.from({ length: n }, (_, i) => (seed * 77 + i * 131 * seed) & 255);
      const flags = (seed * 0x9e37) & ((1 << n) - 1);
      sim.poke('a', bytes.reduceRight((v, b) => (v << 8n) | BigInt(b), 0n));
      sim.poke('f', flags);
      expect(sim.peek('total')).toBe(BigInt(bytes.reduce((x, y) => x + y)));
      expect(BigInt.asIntN(20, sim.peek('signedTotal'))).toBe(BigInt(bytes.reduce((sum, b) => sum + ((b << 24) >> 24), 0)));
      expect(sim.peek('most')).toBe(BigInt(Math.max(...bytes)));
      expect(sim.peek('valid')).toBe(flags === 0 ? 0n : 1n);
      expect(sim.peek('index')).toBe(flags === 0 ? 0n : BigInt(Math.log2(flags & -flags)));
    }
  });

  it('what a fold names is there once a level, with the names of its wires, and makes way for what the designer named', () => {
    const Top = (isBefore: boolean) => hw('Top', { a: In(vec(U(4), 6)), most: Out(U(4)), o: Out(U(1)) }, (m, io) => {
      if (isBefore) io.o = m.let({ isLess_1: io.a.at(0).bit(0).asUInt() }).isLess_1;
      io.most = m.fold('largest', io.a, (x, y) => {
        const { isLess } = m.let({ isLess: x.lt(y) });
        const w = m.wires({ chosen: U(4) });
        w.chosen = isLess.mux(y, x);
        m.assert('isOne', w.chosen.eq(x).or(w.chosen.eq(y)), 'one of both');
        m.cover('isSecond', isLess);
        return w.chosen;
      });
      if (!isBefore) io.o = m.let({ isLess_1: io.a.at(0).bit(0).asUInt() }).isLess_1;
    });
    for (const isBefore of [true, false]) {
      const { top } = elaborate(Top(isBefore));
      expect(top.wires.filter((w) => /isLess|chosen/.test(w.name)).map((w) => w.name).sort()).toEqual(
        ['chosen', 'chosen_1', 'chosen_2', 'isLess', 'isLess_1', 'isLess_1_1', 'isLess_2'],
      );
      expect(top.checks.map((c) => c.name)).toEqual(
        ['isOne_1[0]', 'isOne_1[1]', 'isOne_1[2]', 'isSecond_1', 'isOne_2[0]', 'isSecond_2', 'isOne', 'isSecond'],
      );
    }
    const sim = createWasmSimulator(elaborate(Top(false)));
    sim.poke('a', 0x1b3752);
    sim.step(2);
    expect(sim.peek('most')).toBe(11n);
    expect(inBody((m) => m.fold('all', m.wires({ v: vec(U(4), 3) }).v, (x, y) => {
      m.let({ twice: x });
      return m.let({ twice: y }).twice;
    }))).toMatch(/^duplicate-name: 'twice' is declared twice in Top /);
  });

  it('a fold may fold', () => {
    const Top = hw('Top', { a: In(vec(vec(U(4), 3), 3)), o: Out(vec(U(4), 3)) }, (m, io) => {
      io.o = m.fold('both', io.a, (x, y) => {
        const least = m.fold('least', m.map('smaller', 3, (i) => x.at(i).lt(y.at(i)).mux(x.at(i), y.at(i))), (p, q) => p.lt(q).mux(p, q));
        return vecOf([0, 1, 2].map((i) => x.at(i).or(y.at(i)).and(least)));
      });
    });
    const sim = createWasmSimulator(elaborate(Top));
    const rows = [[1, 6, 9], [12, 3, 5], [7, 11, 14]];
    sim.poke('a', rows.flat().reduceRight((bits, x) => (bits << 4n) | BigInt(x), 0n));
    const join = (x: number[], y: number[]): number[] => x.map((v, i) => (v | y[i]) & Math.min(...x, ...y));
    expect(sim.peek('o')).toBe(join(join(rows[0], rows[1]), rows[2]).reduceRight((bits, x) => (bits << 4n) | BigInt(x), 0n));
  });
});
