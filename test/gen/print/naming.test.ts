/** Names that printing introduces: the designer's hints, else what a wire is needed for; the same ones whatever is added elsewhere. */
import { describe, expect, it } from 'vitest';
import { B, DesignError, In, Out, S, U, bool, bundle, elaborate, hw, named, valueOf, vec, vecOf } from '../../../gen/index.ts';
import type { Builder, Inside, ModuleDef, PortMap, UInt } from '../../../gen/index.ts';
import { namesInText, printDesign } from '../../../gen/print/systemverilog.ts';
import { Rng } from '../rng.ts';
import { has, inDirectory, lintWithVerilator } from '../tools.ts';

const textOf = <P extends PortMap>(def: ModuleDef<P>): string => printDesign(elaborate(def)).map((f) => f.text).join('\n');

const PORTS = { a: In(U(8)), b: In(U(8)), x: Out(U(4)), y: Out(U(4)) };
const top = (body: (m: Builder, io: Inside<typeof PORTS>) => void): ModuleDef<typeof PORTS> => hw('Top', PORTS, body);
const assignsIn = (text: string): string[] => [...text.matchAll(/^ {2}assign (?!unused )([^;]*);/gm)].map((m) => m[1].replace(/\s+/g, ' '));
const assigns = (def: ModuleDef<typeof PORTS>): string[] => assignsIn(textOf(def));

describe('a hint', () => {
  it('names the wire of its value where the text needs one, and makes none where it does not', () => {
    const def = hw('Top', { a: In(U(8)), b: In(U(8)), x: Out(U(8)), y: Out(U(9)), z: Out(U(8)) }, (_m, io) => {
      const total = io.a.addGrow(io.b).named('total');
      io.x = total.trunc(8);
      io.y = total;
      io.z = io.a.and(io.b).named('inline');
    });
    expect(assignsIn(textOf(def))).toEqual(['total = {1\'d0, a} + {1\'d0, b}', 'x = total[7:0]', 'y = total', 'z = a & b']);
    expect(namesInText(elaborate(def))).toEqual([{ module: 'Top', count: 1, invented: [] }]);
  });

  it('is given to every kind of value: numbers, truth values, members, vectors, bundles', () => {
    const Pair = bundle('Pair', { high: U(4), low: U(4) });
    const text = textOf(hw('Top', { a: In(U(4)), b: In(U(4)), c: In(B), x: Out(U(4)), y: Out(U(4)), z: Out(B) }, (_m, io) => {
      const swapped = named('swapped', io.c.mux(valueOf(Pair, { high: io.a, low: io.b }), valueOf(Pair, { high: io.b, low: io.a })));
      const lanes = io.c.mux(vecOf([io.a, io.b]), vecOf([io.b, io.a])).named('lanes');
      const isSmall = io.a.lt(io.b).named('isSmall');
      io.x = swapped.high.and(swapped.low);
      io.y = isSmall.mux(lanes.at(0), lanes.at(1));
      io.z = isSmall.not().and(named('isEqual', io.a.eq(io.b)));
    }));
    expect([...text.matchAll(/^ {2}(?:logic|pair_t).* (\w+);$/gm)].map((m) => m[1])).toEqual(['swapped', 'isSmall', 'lanes']);
  });

  it('is the last one given, of one value and not of a copy', () => {
    const def = top((_m, io) => {
      const sum = io.a.addWrap(io.b).named('first');
      io.x = sum.trunc(4);
      io.y = sum.named('second').slice(7, 4);
    });
    expect(assigns(def)).toEqual(['second = a + b', 'x = second[3:0]', 'y = second[7:4]']);
  });

  it('says nothing of what has a name, nor of what turns out to be constant', () => {
    const def = top((m, io) => {
      const { sum } = m.let({ sum: io.a.addWrap(io.b) });
      io.x = sum.named('other').trunc(4);
      io.y = io.a.named('another').trunc(4).or(U(4).lit(3).addWrap(1).named('four'));
    });
    expect(textOf(def)).not.toMatch(/other|four/);
  });

  it('stays with what a pass puts in the place of the value', () => {
    const def = (give: (v: UInt) => UInt) => top((_m, io) => {
      const sum = give(io.a.addWrap(io.b)).named('kept').exact(8);
      io.x = sum.trunc(4);
      io.y = sum.slice(7, 4);
    });
    const on = bool(true);
    const ways: ((v: UInt) => UInt)[] = [
      (v) => v, (v) => v.and(255), (v) => v.addWrap(0), (v) => on.mux(v, v.lit(3)), (v) => v.not().not(), (v) => v.asSInt().asUInt(),
      (v) => v.zext(8), (v) => vecOf([v, v.not()]).at(0), (v) => v.shr(0), (v) => on.and(true).mux(v.or(0).xor(0), v.not()),
    ];
    for (const way of ways) expect(assigns(def(way))).toEqual(['kept = a + b', 'x = kept[3:0]', 'y = kept[7:4]']);
  });

  it('stays its own where it takes the place of a value with another', () => {
    const def = top((_m, io) => {
      const sum = io.a.addWrap(io.b).named('own');
      io.x = sum.trunc(4);
      io.y = sum.or(0).named('other').slice(7, 4);
    });
    expect(assigns(def)).toEqual(['own = a + b', 'x = own[3:0]', 'y = own[7:4]']);
  });

  it('comes by itself where the language needs a step between a value that has a name and what was asked for', () => {
    const def = hw('Top', { a: In(S(8)), i: In(U(3)), x: Out(B), y: Out(S(4)) }, (_m, io) => {
      io.x = io.a.bit(io.i);
      io.y = io.a.mul(io.a).named('square').sat(4);
    });
    expect(namesInText(elaborate(def))).toEqual([{ module: 'Top', count: 3, invented: [] }]);
    expect(textOf(def)).toMatch(/logic \[7:0\] +a_from;[^]*logic \[12:0\] +square_top;/);
  });

  it('stays where vectors are taken apart whose parts follow each other', () => {
    const text = textOf(hw('Top', { a: In(U(4)), out: Out(vec(U(4), 3)) }, (m, io) => {
      const w = m.wires({ v: vec(U(4), 3) });
      w.v.put(0, io.a);
      for (const i of [0, 1]) w.v.put(i + 1, w.v.at(i).addGrow(io.a).named(`sum${i}`).slice(4, 1));
      io.out = w.v;
    }));
    expect(text).toContain('assign sum0 = {1\'d0, v_0} + {1\'d0, a};');
    expect(text).toContain('assign sum1 = {1\'d0, v_1} + {1\'d0, a};');
  });

  it('stays in the loop over lanes in which its value stands, and where that is written out', () => {
    const text = textOf(hw('Top', { a: In(vec(U(4), 3)), b: In(vec(U(4), 3)), one: Out(vec(U(4), 3)), last: Out(vec(U(4), 3)) }, (m, io) => {
      m.each(3, (i) => io.one.put(i, io.a.at(i).addGrow(io.b.at(i)).named('total').slice(4, 1)));
      const w = m.wires({ chain: vec(U(4), 3) });
      m.each(3, (i) => {
        const sum = w.chain.near(i, -1, io.a.at(0)).addGrow(io.b.at(i));
        w.chain.put(i, i.eq(1).mux(sum, sum.not()).named('kept').slice(4, 1));
      });
      io.last = w.chain;
    }));
    expect(text).toMatch(/begin : \w+\n +logic \[4:0\] total;\n +assign total = /);
    expect([...text.matchAll(/^ +logic \[4:0\] (\w+);/gm)].map((m) => m[1]).sort()).toEqual(['chain_0_kept', 'chain_1_kept', 'chain_2_kept', 'total']);
  });

  it('makes way for what is declared and for words of the language', () => {
    const text = textOf(hw('Top', { sum: In(U(8)), b: In(U(8)), x: Out(U(4)), y: Out(U(4)), flag: Out(B) }, (m, io) => {
      const { carry } = m.let({ carry: io.sum.addGrow(io.b).named('carry').bit(8) });
      io.x = io.sum.addWrap(io.b).named('sum').trunc(4);
      io.y = io.sum.subWrap(io.b).named('module').trunc(4);
      io.flag = carry;
    }));
    expect(assignsIn(text)).toEqual([
      'carry_1 = {1\'d0, sum} + {1\'d0, b}', 'sum_1 = sum + b', 'module_1 = sum - b', 'carry = carry_1[8]', 'x = sum_1[3:0]', 'y = module_1[3:0]', 'flag = carry',
    ]);
  });

  it.each(['', '1st', 'a b', 'a.b', 'ü', '_x', 'x'.repeat(101)])('is an identifier: %j is none', (name) => {
    expect(() => elaborate(top((_m, io) => void io.a.addWrap(io.b).named(name)))).toThrow(/^bad-name: '[^\n]* at test\/gen\/print\/naming\.test\.ts:\d+; use /);
    expect(() => named(name, U(4).lit(1))).toThrow(DesignError);
  });
});

describe('a wire without a hint, or with one that others have too', () => {
  it('is called after what needs it first and what it is', () => {
    const def = hw('Top', { a: In(U(8)), b: In(U(8)), i: In(U(1)), x: Out(U(4)), v: Out(vec(U(4), 2)), s: Out(bundle('Pair', { p: U(4), q: U(4) })) }, (m, io) => {
      const r = m.regs({ kept: U(4) });
      const memory = m.mem('words', U(4), 4);
      io.x = io.a.addWrap(io.b).trunc(4);
      io.v.put(0, io.x);
      io.v.put(1, io.a.mul(io.b).slice(9, 6));
      io.s = { p: io.a.xor(1).slice(7, 4).named('top'), q: io.a.subWrap(io.b).trunc(4) };
      m.when(io.a.addWrap(1).bit(7), () => {
        r.kept = io.a.addWrap(3).slice(5, 2);
      });
      m.when(io.a.bit(0), () => memory.write(io.a.subWrap(7).trunc(2), r.kept));
      m.assert('even', io.a.addWrap(9).bit(0).or(memory.read(io.a.trunc(2)).bit(1)));
    });
    const [{ invented }] = namesInText(elaborate(def));
    expect([...invented].sort()).toEqual(['even_sum', 'even_word', 's_p_differ', 's_q_difference', 'v_1_product', 'words_difference', 'x_sum', 'kept_sum', 'kept_sum_1'].sort());
  });

  it('is called after the first that needs it, in the order of the statements', () => {
    const def = top((m, io) => {
      const sum = io.a.addWrap(io.b);
      const { first } = m.let({ first: sum.bit(7) });
      io.x = sum.trunc(4);
      io.y = first.mux(sum.slice(7, 4), 3);
    });
    expect(assigns(def)).toEqual(['first_sum = a + b', 'first = first_sum[7]', 'x = first_sum[3:0]', 'y = first ? first_sum[7:4] : 4\'d3']);
  });

  it('is told apart by what needs it, then by numbers', () => {
    const def = hw('Top', { ...PORTS, z: Out(U(9)) }, (_m, io) => {
      for (const [port, add] of [['x', 1], ['y', 2]] as const) io[port] = io.a.addWrap(add).named('moved').slice(7, 4);
      io.z = io.a.addWrap(3).named('alone').slice(7, 4).cat(io.b.addWrap(4).named('twice').slice(7, 5), io.b.addWrap(5).named('twice').slice(1, 0)).exact(9);
    });
    expect(assignsIn(textOf(def))).toEqual([
      'x_moved = a + 8\'d1', 'y_moved = a + 8\'d2', 'alone = a + 8\'d3', 'z_twice = b + 8\'d4', 'z_twice_1 = b + 8\'d5',
      'x = x_moved[7:4]', 'y = y_moved[7:4]', 'z = {alone[7:4], z_twice[7:5], z_twice_1[1:0]}',
    ]);
  });

  it('keeps its name whatever is added elsewhere', () => {
    const all = Object.fromEntries(Array.from({ length: 12 }, (_, i) => [`out${i}`, Out(U(4))]));
    type Line = (io: Record<string, UInt>, out: string) => void;
    for (let seed = 1; seed <= 20; seed++) {
      const rng = new Rng(seed);
      // Hints of several lines, of one line, and none: those that are added have no hint that others have alone. No two lines have a value
      // in common: it would be called after the first of them.
      const lines = Array.from({ length: 12 }, (_, i): Line => {
        const [kind, amount, hint] = [rng.below(4), 1 + i * 16 + rng.below(16), rng.pick(['', 'sum', 'moved', 'sum', `own${i}`])];
        return (io, out) => {
          const terms = [
            io.a.addWrap(amount), io.a.xor(io.b).subWrap(amount), io.a.mul(io.b.addWrap(amount)).trunc(8),
            io.a.addWrap(io.b).addWrap(amount),
          ];
          const value = hint === '' ? terms[kind] : terms[kind].named(hint);
          io[out] = value.slice(5, 2).addWrap(value.slice(7, 4)).addWrap(io.b.subWrap(amount).trunc(4));
        };
      });
      const design = (used: readonly number[]): string[] => assignsIn(textOf(hw('Top', { a: In(U(8)), b: In(U(8)), ...all }, (_m, io) => {
        const ports = io as unknown as Record<string, UInt>;
        // Two of each, so that no hint becomes one of several by what is added.
        for (const add of [0, 1]) {
          const [one, other] = [ports.a.addWrap(add + 1).named('sum'), ports.b.addWrap(add + 1).named('moved')].map((x) => x.slice(5, 2));
          ports[`out${10 + add}`] = one.addWrap(other);
        }
        for (let i = 0; i < 10; i++) {
          if (used.includes(i)) lines[i](ports, `out${i}`);
          else ports[`out${i}`] = ports.a.slice(7, 4);
        }
      })));
      const whole = design(Array.from({ length: 10 }, (_, i) => i));
      const without = rng.below(10);
      const rest = design(Array.from({ length: 10 }, (_, i) => i).filter((i) => i !== without));
      const isOther = (line: string): boolean => !line.startsWith(`out${without} `);
      expect(rest.filter(isOther).filter((line) => !whole.includes(line))).toEqual([]);
    }
  });
});

describe('variables of loops', () => {
  it.skipIf(!has('verilator'))('make way for signals of the same name', { timeout: 20_000 }, () => {
    const Cell = hw('Cell', { a: In(U(8)), o: Out(U(8)) }, (m, io) => {
      const s = m.regs({ held: U(8, 0) });
      s.held = io.a;
      io.o = s.held;
    });
    const Top = hw('Top', { r: In(vec(U(8), 2)), c: In(U(4)), e: In(U(3)), i: In(U(4)), out: Out(vec(U(8), 2)), q: Out(U(8)) }, (m, io) => {
      const w = m.wires({ g_a: U(8), unused_g: B });
      w.g_a = io.r.at(0);
      w.unused_g = w.g_a.orR();
      const g = m.grid('g', Cell, 2, 2);
      g.fromWest('a', 'o', vecOf([w.g_a, io.r.at(1)]));
      io.out = g.columnOut('o', 1);
      const mem = m.mem('store', U(8), 16);
      m.when(w.unused_g, () => mem.writeMasked(io.c, io.q, io.i));
      io.q = mem.readSync('word', io.e.zext(4));
    });
    const files = printDesign(elaborate(Top));
    expect(files[1].text).toContain('for (genvar r_1 = 0;');
    expect(files[1].text).toContain('for (int i_1 = 0;');
    expect(files[1].text).toContain('g_a_1 [0:1][0:2] /* verilator split_var */;');
    expect(inDirectory(files, (dir) => lintWithVerilator(dir, files, 'Top'))).toBe('');
  });
});

describe('declarations and loops', () => {
  it('tell what the designer has named from what nobody has', () => {
    const text = textOf(hw('Top', { a: In(U(8)), b: In(U(8)), x: Out(U(4)), y: Out(U(4)), z: Out(U(4)) }, (m, io) => {
      const r = m.regs(Object.fromEntries(Array.from({ length: 10 }, (_, i) => [`r${i}`, U(8, 0)])));
      for (const key of Object.keys(r)) r[key] = io.a;
      io.x = io.a.addWrap(io.b).named('total').trunc(4);
      io.y = io.a.subWrap(io.b).trunc(4);
      io.z = Object.values(r).reduce((sum, v) => sum.xor(v)).trunc(4);
    }));
    const under = (comment: string): string[] => {
      const lines = text.split('\n');
      const from = lines.indexOf(`  // ${comment}`) + 1;
      return lines.slice(from, lines.indexOf('', from)).map((l) => l.replace(/.* (\w+);/, '$1'));
    };
    expect(under('Values with a name of their own.')).toEqual(['total']);
    expect(under('Values in between.')).toEqual(['y_difference', 'z_differ']);
  });

  it('are called after what a loop drives, however that is called', () => {
    const labels = (name: string): string[] => {
      const text = textOf(hw('Top', { a: In(vec(U(4), 3)), b: Out(vec(U(4), 3)), gen_v: In(B) }, (m, io) => {
        io.b = m.map(name, 3, (i) => io.a.at(i).addWrap(io.gen_v.mux(U(4).lit(1), 2)));
      }));
      return [...text.matchAll(/begin : (\w+)/g)].map((found) => found[1]);
    };
    expect(labels('z_lanes')).toEqual(['gen_z_lanes']);
    expect(labels('v')).toEqual(['gen_v_1']);
  });
});
