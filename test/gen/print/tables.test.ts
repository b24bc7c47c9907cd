/** Comparisons of one value with constants as a `case`, and constants that have names. What they mean is compared in all tools. */
import { describe, expect, it } from 'vitest';
import { B, In, Out, S, U, elaborate, enumeration, hw, vec } from '../../../gen/index.ts';
import type { Design, UInt } from '../../../gen/index.ts';
import type { PortMap } from '../../../gen/index.ts';
import { printDesign } from '../../../gen/print/systemverilog.ts';
import { has, inDirectory, lintWithVerilator, simulate, throughYosys } from '../tools.ts';
import { engineLines, testbench, vectorsFor } from './side-by-side.ts';

const designOf = <P extends PortMap>(ports: P, body: Parameters<typeof hw<P>>[2]): Design => elaborate(hw('Top', ports, body));
const textOf = (design: Design): string => printDesign(design)[0].text;
/** A block of the text without its indentation. */
const blockOf = (text: string, first: string): string[] => {
  const lines = text.split('\n');
  const from = lines.findIndex((l) => l.trim() === first);
  const indent = /^ */.exec(lines[from] ?? '')?.[0] ?? '';
  const to = lines.findIndex((l, i) => i > from && l === `${indent}end`);
  return lines.slice(from, to + 1).map((l) => l.slice(indent.length));
};

const byte = U<number>(8);
const words = { s: In(U<number>(3)), a: In(byte), b: In(byte), y: Out(byte) };
type Words = Readonly<Record<'s' | 'a' | 'b', UInt>>;
/** `values` by number, the first comparison last. */
function select(on: UInt, values: readonly UInt[], otherwise: UInt): UInt {
  return values.reduce((rest, v, i) => on.eq(i).mux(v, rest), otherwise);
}
const four = (io: Words): UInt => select(io.s, [io.a, io.b, io.a.addWrap(io.b), io.a.xor(io.b)], U(8).lit(7));

/** Design, and what output `y` is. */
const CASES: Readonly<Record<string, () => readonly [Design, ((v: ReadonlyMap<string, bigint>) => bigint)?]>> = {
  'a wire': () => [designOf(words, (_m, io) => void (io.y = four(io as unknown as Words))), (v) => {
    const [s, a, b] = ['s', 'a', 'b'].map((n) => v.get(n) ?? 0n);
    return [a, b, (a + b) & 255n, a ^ b][Number(s)] ?? 7n;
  }],
  'an operand': () => [designOf(words, (_m, io) => void (io.y = four(io as unknown as Words).addWrap(io.b)))],
  'two values of one table': () => [designOf({ ...words, z: Out(byte) }, (_m, io) => {
    const value = four(io as unknown as Words).named('chosen');
    io.y = value.addWrap(io.b);
    io.z = value.xor(io.a);
  })],
  'a part of a table': () => [designOf({ ...words, z: Out(U(4)) }, (_m, io) => {
    io.y = four(io as unknown as Words);
    io.z = four(io as unknown as Words).slice(6, 3);
  })],
  'a table in a table': () => [designOf(words, (_m, io) => {
    io.y = select(io.a.slice(1, 0), [four(io as unknown as Words), io.a, io.b], four(io as unknown as Words).not());
  })],
  'the same comparison twice': () => [designOf(words, (_m, io) => {
    const late = io.s.eq(1).mux(U(8).lit(1), io.s.eq(3).mux(U(8).lit(2), io.s.eq(2).mux(U(8).lit(4), U(8).lit(3))));
    io.y = io.s.eq(1).mux(io.a, io.s.eq(2).mux(io.b, late));
  })],
  'several values a branch': () => [designOf(words, (_m, io) => {
    io.y = io.s.eq(1).or(io.s.eq(2)).mux(io.a, io.s.eq(2).or(io.s.eq(5)).mux(io.b, io.s.eq(3).mux(U(8).lit(2), U(8).lit(3))));
  })],
  'all values': () => [designOf(words, (_m, io) => {
    io.y = select(io.s, Array.from({ length: 8 }, (_, i) => io.a.addWrap(i)), io.b);
  })],
  'a signed value': () => [designOf({ s: In(S(3)), a: In(S(8)), y: Out(S(8)) }, (_m, io) => {
    io.y = io.s.eq(-4).mux(io.a, io.s.eq(-1).mux(io.a.negWrap(), io.s.eq(2).mux(S(8).lit(-128), S(8).lit(-3))));
  })],
  'an enumeration in states': () => {
    const State = enumeration('State', 'idle', 'run', 'stop', 'done');
    return [designOf({ a: In(U(8)), y: Out(U(8)) }, (m, io) => {
      const r = m.regs({ state: State.resetTo('idle') });
      m.when(io.a.bit(0), () => m.switch(r.state, {
        idle: () => { r.state = State.run; }, run: () => { r.state = State.stop; },
        stop: () => { r.state = State.done; }, done: () => { r.state = State.idle; },
      }));
      io.y = r.state.eq('run').mux(U(8).lit(1), r.state.eq('stop').mux(U(8).lit(2), r.state.eq('done').mux(U(8).lit(3), U(8).lit(0))));
    })];
  },
  'conditions after each other': () => [designOf({ s: In(U(3)), a: In(U(8)), y: Out(U(8)), z: Out(byte) }, (m, io) => {
    const r = m.regs({ first: U(8, 1), second: U(8, 0) });
    m.when(io.s.eq(3), () => {
      r.first = io.a;
    }).elseWhen(io.s.eq(1), () => {
      r.first = io.a.addWrap(1);
      r.second = io.a;
    }).elseWhen(io.s.eq(3).or(io.s.eq(2)), () => {
      r.second = r.first;
    }).elseWhen(io.s.eq(4), () => {
      m.when(io.a.bit(3), () => {
        r.first = U(8).lit(9);
      });
    }).elseWhen(io.a.bit(1), () => {
      r.second = U(8).lit(5);
    });
    io.y = r.first;
    io.z = r.second;
  })],
  'a table in a block and in a loop': () => [designOf({ s: In(U(2)), v: In(vec(byte, 5)), y: Out(byte), z: Out(vec(byte, 5)) }, (m, io) => {
    const r = m.regs({ held: U<number>(8, 3) });
    m.when(io.v.at(0).bit(0), () => {
      r.held = select(io.s, [io.v.at(1), io.v.at(2), r.held.addWrap(1)], r.held);
    });
    io.y = r.held;
    m.each(5, (i) => io.z.put(i, select(io.s, [io.v.at(i), io.v.at(i).not(), i.zext(8)], io.v.at(i).addWrap(io.v.at(0)))));
  })],
  'an element beside others': () => [designOf({ ...words, v: Out(vec(byte, 3)) }, (_m, io) => {
    io.v.put(0, four(io as unknown as Words));
    io.v.put(1, io.a);
    io.v.put(2, io.b.not());
    io.y = io.a;
  })],
  'more comparisons than a line is deep': () => [designOf({ s: In(U(9)), y: Out(U<number>(9)) }, (_m, io) => {
    const labels = Array.from({ length: 400 }, (_, i) => (i * 37) % 512);
    io.y = labels.reduce((rest: UInt, v, i) => io.s.eq(v).mux(U(9).lit(i), rest), U(9).lit(511));
  })],
  'named constants everywhere': () => {
    const [one, low, high] = [U(8).lit(1).named('ONE'), S(4).lit(-8).named('LEAST'), U(8).lit(200).named('HIGH')];
    return [designOf({ a: In(U(8)), t: In(S(4)), y: Out(U(8)), z: Out(B), p: Out(U(16)), q: Out(S(8)) }, (m, io) => {
      const r = m.regs({ r: U(8, 5) });
      const two = U(8).lit(2).named('TWO');
      m.switchOn(io.a.and(7), [[one, () => { r.r = high; }], [[two, 3], () => { r.r = one; }]], () => { r.r = io.a.and(high); });
      io.y = r.r.addWrap(one);
      io.z = io.t.eq(low).or(io.t.lt(S(4).lit(-2).named('EDGE'))).or(io.a.gt(high));
      io.p = io.a.mul(high);
      io.q = io.t.mul(low);
    })];
  },
};

describe.each(Object.keys(CASES))('%s', (name) => {
  const [design, model] = CASES[name]();
  const files = printDesign(design);
  const vectors = [1, 2, 3].flatMap((seed) => vectorsFor(design, seed));
  // Cycle 0 is the first reset: registers have no value before it.
  const wanted = engineLines(design, vectors).slice(1);

  if (model) {
    it('is right in the built-in engine', () => {
      expect(wanted).toEqual(vectors.slice(1).map((v) => String(model(v))));
    });
  }

  it.skipIf(!has('iverilog'))('is the same in Icarus', () => {
    expect(simulate(files, testbench(design, vectors)).slice(1)).toEqual(wanted);
  });

  it.skipIf(!has('iverilog') || !has('yosys'))('is the same after Yosys', () => {
    expect(simulate([throughYosys(files)], testbench(design, vectors)).slice(1)).toEqual(wanted);
  });

  it.skipIf(!has('verilator'))('passes Verilator without a warning', () => {
    expect(inDirectory(files, (dir) => lintWithVerilator(dir, files, 'Top'))).toBe('');
  });
});

describe('a table', () => {
  it('is a case with ascending labels, of which the first comparison with a value counts', () => {
    const text = textOf(CASES['the same comparison twice']()[0]);
    expect(blockOf(text, 'always_comb begin')).toEqual([
      'always_comb begin', '  case (s)', '    3\'d1: y = a;', '    3\'d2: y = b;', '    3\'d3: y = 8\'d2;', '    default: y = 8\'d3;', '  endcase', 'end',
    ]);
  });

  it('has labels of one branch together', () => {
    expect(blockOf(textOf(CASES['several values a branch']()[0]), 'always_comb begin')).toEqual([
      'always_comb begin', '  case (s)', '    3\'d1, 3\'d2: y = a;', '    3\'d3: y = 8\'d2;', '    3\'d5: y = b;', '    default: y = 8\'d3;', '  endcase', 'end',
    ]);
  });

  it('inside of an expression has its name', () => {
    const text = textOf(designOf(words, (_m, io) => void (io.y = four(io as unknown as Words).named('chosen').addWrap(io.b))));
    expect(text).toContain('assign y = chosen + b;');
    expect(text).toContain('3\'d2: chosen = a + b;');
  });

  it('of two comparisons is a choice', () => {
    expect(textOf(designOf(words, (_m, io) => void (io.y = select(io.s, [io.a, io.b], U(8).lit(7)))))).toContain('assign y = s == 3\'d1 ? b : s == 3\'d0 ? a : 8\'d7;');
  });

  it('is made of conditions after each other, of which each is told apart from the rest', () => {
    const text = textOf(CASES['conditions after each other']()[0]);
    expect(blockOf(text, 'always_ff @(posedge clk) begin').map((l) => l.trim()).filter((l) => /^(case|3'd|default)/.test(l))).toEqual([
      'case (s)', '3\'d3: first <= a;', '3\'d1: begin', '3\'d2: second <= first;', '3\'d4: begin', 'default: begin',
    ]);
  });

  it('is of one value: comparisons of others end it', () => {
    const text = textOf(designOf({ s: In(U(3)), t: In(U(3)), y: Out(byte), z: Out(byte) }, (_m, io) => {
      io.y = io.s.eq(1).mux(U(8).lit(1), io.t.eq(2).mux(U(8).lit(2), io.s.eq(3).mux(U(8).lit(3), U(8).lit(4))));
      io.z = io.s.eq(1).or(io.t.eq(2)).mux(U(8).lit(1), io.s.eq(2).mux(U(8).lit(2), io.s.eq(3).mux(U(8).lit(3), U(8).lit(4))));
    }));
    expect(text).not.toContain('case');
    expect(text).toContain('t == 3\'d2');
  });

  it('is none where a condition has a name', () => {
    const text = textOf(designOf({ s: In(U(2)), y: Out(U(2)) }, (m, io) => {
      const { isTwo } = m.let({ isTwo: io.s.eq(2) });
      io.y = io.s.eq(0).mux(U(2).lit(1), isTwo.mux(U(2).lit(0), io.s.eq(1).mux(U(2).lit(3), U(2).lit(2))));
    }));
    expect(text).not.toContain('case');
    expect(text).toContain('isTwo ?');
  });
});

describe('a switch on a number', () => {
  it('needs no default where all values have their branches', () => {
    const text = textOf(designOf({ s: In(U(2)), y: Out(byte) }, (m, io) => {
      m.switchOn(io.s, [[0, () => { io.y = U(8).lit(1); }], [[1, 3], () => { io.y = U(8).lit(2); }], [2, () => { io.y = U(8).lit(3); }]]);
    }));
    expect(blockOf(text, 'always_comb begin').map((l) => l.trim())).toEqual([
      'always_comb begin', 'case (s)', '2\'d0: y = 8\'d1;', '2\'d1, 2\'d3: y = 8\'d2;', 'default: y = 8\'d3;', 'endcase', 'end',
    ]);
  });

  it('that is constant is its branch, and one without branches what is left', () => {
    const text = textOf(designOf({ a: In(byte), y: Out(byte), z: Out(byte) }, (m, io) => {
      m.switchOn(U(3).lit(2).named('CHOSEN'), [[1, () => { io.y = io.a; }], [2, () => { io.y = io.a.not(); }]], () => { io.y = io.a.addWrap(1); });
      m.switchOn(io.a, [], () => { io.z = io.a; });
    }));
    expect(text.split('\n').filter((l) => /assign|case/.test(l))).toEqual(['  assign y = ~a;', '  assign z = a;']);
  });

  it('of a lane is no case: nothing would ever wake it', () => {
    const text = textOf(designOf({ y: Out(vec(byte, 6)) }, (m, io) => {
      m.each(6, (i) => io.y.put(i, i.eq(0).mux(U(8).lit(9), i.eq(2).mux(U(8).lit(10), i.eq(5).mux(U(8).lit(11), U(8).lit(1))))));
    }));
    expect(text).not.toContain('case');
  });
});

describe('a named constant', () => {
  const of = (body: (a: UInt) => UInt): string => textOf(designOf({ a: In(byte), y: Out(byte) }, (_m, io) => void (io.y = body(io.a))));

  it('is declared once, and written by its name wherever it stands', () => {
    const mask = U(8).lit(0x3c).named('FRAME');
    const text = of((a) => a.and(mask).eq(mask).mux(mask, a));
    expect(text.match(/localparam/g)).toHaveLength(1);
    expect(text).toContain('localparam logic [7:0] FRAME = 8\'d60;');
    expect(text).toContain('(a & FRAME) == FRAME ? FRAME : a');
  });

  it('makes way for other names, and for other values of its name', () => {
    const text = of((a) => a.and(U(8).lit(3).named('a')).or(U(8).lit(4).named('bit_2')).xor(U(8).lit(8).named('bit_2')));
    expect(text).toMatch(/localparam logic \[7:0\] a_1 = 8'd3;/);
    expect(text.match(/ bit_2(_\d)? = 8'd\d;/g)).toHaveLength(2);
  });

  it('is the label of its branch', () => {
    const text = textOf(CASES['named constants everywhere']()[0]);
    expect(text).toContain('ONE: r <= HIGH;');
    expect(text).toContain('TWO, 8\'d3: r <= ONE;');
  });

  it('is no name of what it is folded into', () => {
    expect(of((a) => a.addWrap(U(8).lit(3).named('THREE').addWrap(1)))).not.toContain('THREE');
  });

  it('has its own width only', () => {
    const base = U(8).lit(0x51).named('BASE');
    const text = textOf(designOf({ a: In(U(8)), x: Out(U(9)), y: Out(B) }, (_m, io) => {
      io.x = io.a.addGrow(base);
      io.y = io.a.eq(base);
    }));
    expect(text.match(/localparam .*/g)).toEqual(['localparam logic [7:0] BASE = 8\'d81;']);
    expect(text).toContain('a == BASE');
  });

  it('tells apart only what a switch can tell apart', () => {
    expect(() => textOf(designOf({ a: In(U(8)), y: Out(U(8)) }, (m, io) => {
      m.switchOn(io.a, [[io.a, () => { io.y = io.a; }]], () => { io.y = io.a; });
    }))).toThrow(/type-mismatch: a branch of a switch is for a value that is not constant .*; use when\(\)/);
  });
});
