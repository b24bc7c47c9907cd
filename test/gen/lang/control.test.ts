/** What statements, streams, instances and memories mean, run in the reference interpreter or read from the printed text. */
import { describe, expect, it } from 'vitest';
import { B, Flag, In, Out, S, Sink, Source, U, bool, bundle, elaborate, enumeration, flip, hw, valueOf, vec } from '../../../gen/index.ts';
import type { Builder, ModuleDef, PortMap } from '../../../gen/index.ts';
import { printDesign } from '../../../gen/print/systemverilog.ts';
import { Interpreter } from '../evaluate.ts';

/** Value of output `out` for each input word `a` of three bits. */
function tableOf(body: (m: Builder, io: { readonly a: ReturnType<typeof bits>; out: ReturnType<typeof number> }) => void): number[] {
  const run = new Interpreter(hw('Top', { a: In(U(3)), out: Out(U(4)) }, (m, io) => body(m, io)).elaborate());
  return Array.from({ length: 8 }, (_, a) => {
    run.set('a', BigInt(a));
    run.settle();
    return Number(run.get('out'));
  });
}
const bits = () => U(3).lit(0);
const number = () => U(4).lit(0);
const n = (value: number) => U(4).lit(value);
const textOf = <P extends PortMap>(def: ModuleDef<P>): string => printDesign(elaborate(def)).at(-1)?.text ?? '';

describe('when', () => {
  it('takes the first branch whose condition holds', () => {
    expect(tableOf((m, io) => {
      m.when(io.a.bit(0), () => (io.out = n(1)))
        .elseWhen(io.a.bit(1), () => (io.out = n(2)))
        .elseWhen(io.a.bit(2), () => (io.out = n(3)))
        .otherwise(() => (io.out = n(4)));
    })).toEqual([4, 1, 2, 1, 3, 1, 2, 1]);
  });

  it('overrides what stands before it, the last one last', () => {
    expect(tableOf((m, io) => {
      io.out = n(0);
      m.when(io.a.bit(0), () => (io.out = n(1)));
      m.when(io.a.bit(1), () => {
        m.when(io.a.bit(2), () => (io.out = n(2)));
      });
    })).toEqual([0, 1, 0, 1, 0, 1, 2, 2]);
  });

  it('sees signals as they are in the whole cycle, not as they are assigned so far', () => {
    expect(tableOf((m, io) => {
      const w = m.wires({ x: U(4), y: U(4) });
      w.y = w.x.addWrap(1);
      w.x = n(2);
      m.when(io.a.bit(0), () => (w.x = n(7)));
      io.out = w.y;
    })).toEqual([3, 8, 3, 8, 3, 8, 3, 8]);
  });

  it('guards checks with the conditions around them', () => {
    const text = textOf(hw('Top', { a: In(B), b: In(B), c: In(B) }, (m, io) => {
      m.when(io.a, () => undefined).elseWhen(io.b, () => {
        m.assert('held', io.c);
      }).otherwise(() => {
        m.cover('seen', io.c);
      });
    }));
    expect(text).toContain('if (!rst && !a && b && !c) $error("%m.held");');
    expect(text).toContain('if (!rst && (!a && !b && c)) cover_seen <= cover_seen + 1;');
  });

  it('reads well when printed', () => {
    const text = textOf(hw('Top', { a: In(U(2)), x: Out(U(2)) }, (m, io) => {
      m.when(io.a.eq(1), () => (io.x = U(2).lit(3)))
        .elseWhen(io.a.eq(2), () => (io.x = U(2).lit(1)))
        .otherwise(() => (io.x = io.a));
    }));
    expect(text).toContain([
      '  always_comb begin', '    if (a == 2\'d1) begin', '      x = 2\'d3;', '    end else if (a == 2\'d2) begin', '      x = 2\'d1;', '    end else begin', '      x = a;', '    end', '  end',
    ].join('\n'));
  });
});

describe('switch', () => {
  it('on numbers takes the branch that names the value, or otherwise', () => {
    expect(tableOf((m, io) => {
      m.switchOn(io.a, [[[0, 7], () => (io.out = n(1))], [3, () => (io.out = n(2))]], () => (io.out = n(9)));
    })).toEqual([1, 9, 9, 2, 9, 9, 9, 1]);
    expect(tableOf((m, io) => {
      io.out = n(5);
      m.switchOn(io.a, [[2, () => (io.out = n(6))]]);
    })).toEqual([5, 5, 6, 5, 5, 5, 5, 5]);
  });

  const State = enumeration('State', 'a', 'b', 'c');
  const overStates = (body: (m: Builder, io: { readonly s: typeof State.a; out: ReturnType<typeof number> }) => void): number[] => {
    const run = new Interpreter(hw('Top', { s: In(State), out: Out(U(4)) }, (m, io) => body(m, io)).elaborate());
    return [0, 1, 2, 3].map((s) => {
      run.set('s', BigInt(s));
      run.settle();
      return Number(run.get('out'));
    });
  };

  it('on an enumeration gives bit patterns without a member to otherwise, or else to the last branch', () => {
    expect(overStates((m, io) => {
      m.switch(io.s, { a: () => (io.out = n(1)), b: () => (io.out = n(2)), c: () => (io.out = n(3)) });
    })).toEqual([1, 2, 3, 3]);
    expect(overStates((m, io) => {
      m.switch(io.s, { b: () => (io.out = n(2)) }, () => (io.out = n(8)));
    })).toEqual([8, 2, 8, 8]);
  });

  it('leaves alone what an enumeration\'s missing branches would drive', () => {
    expect(overStates((m, io) => {
      io.out = n(4);
      m.switch(io.s, { b: () => (io.out = n(2)) });
    })).toEqual([4, 2, 4, 4]);
  });
});

describe('registers', () => {
  it('keep their value, take the last assignment and reset', () => {
    const Top = hw('Top', { a: In(U(3)), out: Out(U(4)), free: Out(U(3)) }, (m, io) => {
      const r = m.regs({ x: U(4, 9), plain: U(3) });
      m.when(io.a.bit(0), () => (r.x = n(1)));
      m.when(io.a.bit(1), () => (r.x = r.x.addWrap(1)));
      r.plain = io.a;
      io.out = r.x;
      io.free = r.plain;
    });
    const run = new Interpreter(Top.elaborate());
    const seen: string[] = [];
    for (const [a, reset] of [[0, true], [0, false], [1, false], [0, false], [2, false], [3, false], [5, true]] as const) {
      run.set('a', BigInt(a));
      run.tick(reset);
      seen.push(`${run.get('out')}/${run.get('free')}`);
    }
    expect(seen).toEqual(['9/0', '9/0', '1/1', '1/0', '2/2', '3/3', '9/5']);
  });

  it('that are not reset follow their inputs even during reset', () => {
    const text = textOf(hw('Top', { a: In(U(3)), out: Out(U(3)), pair: Out(U(6)) }, (m, io) => {
      const r = m.regs({ plain: U(3), both: bundle('Pair', { one: U(3, 5), two: U(3) }) });
      r.plain = io.a;
      r.both.one = io.a;
      r.both.two = r.both.one;
      io.out = r.plain;
      io.pair = r.both.one.cat(r.both.two).exact(6);
    }));
    expect(text).toContain('    plain <= a;\n    both.one <= a;\n    both.two <= both.one;\n    if (rst) both.one <= 3\'d5;\n  end');
  });
});

describe('vectors', () => {
  const Top = (length: number, width: number) => hw('Top', { i: In(U(width)), x: In(U(4)), out: Out(vec(U(4), length)), at: Out(U(4)) }, (m, io) => {
    const r = m.regs({ v: vec(U(4, 0), length) });
    r.v.put(io.i, io.x);
    io.out = r.v;
    io.at = r.v.at(io.i);
  });

  it('read 0 and drive nothing past the end', () => {
    const run = new Interpreter(Top(3, 2).elaborate());
    run.set('x', 7n);
    for (const i of [0n, 2n, 3n]) {
      run.set('i', i);
      run.tick();
    }
    expect([run.get('out'), run.get('at')]).toEqual([0x707n, 0n]);
  });

  it('are guarded in the text only where an index can be past the end', () => {
    expect(textOf(Top(3, 2))).toContain('if (i < 2\'d3) v[{i, 2\'d0} +: 4] <= x;');
    expect(textOf(Top(3, 2))).toContain('assign at = i < 2\'d3 ? v[{i, 2\'d0} +: 4] : 4\'d0;');
    expect(textOf(Top(4, 2))).toContain('assign at = v[{i, 2\'d0} +: 4];');
    expect(textOf(Top(4, 3))).toContain('assign at = i < 3\'d4 ? v[{i[1:0], 2\'d0} +: 4] : 4\'d0;');
    expect(textOf(Top(4, 1))).toContain('assign at = v[{{1\'d0, i}, 2\'d0} +: 4];');
    expect(textOf(Top(1, 2))).toContain('assign at = i < 2\'d1 ? v : 4\'d0;');
  });
});

describe('memories', () => {
  const Top = (depth: number) => hw('Top', { addr: In(U(2)), data: In(U(8)), mask: In(U(2)), write: In(B), now: Out(U(8)), later: Out(U(8)) }, (m, io) => {
    const mem = m.mem('store', U(8), depth, { init: [0x11n] });
    m.when(io.write, () => mem.writeMasked(io.addr, io.data, io.mask));
    io.now = mem.read(io.addr);
    io.later = mem.readSync('word', io.addr, io.write);
  });

  it('give the old word to a read in the cycle of a write, 0 past the end, and keep a synchronous result', () => {
    const run = new Interpreter(Top(3).elaborate());
    const step = (addr: number, data: number, mask: number, write: boolean): string => {
      for (const [name, v] of Object.entries({ addr, data, mask, write: Number(write) })) run.set(name, BigInt(v));
      run.settle();
      const now = run.get('now');
      run.tick();
      return `${now.toString(16)} ${run.get('later').toString(16)}`;
    };
    const steps: Parameters<typeof step>[] = [
      [0, 0xab, 2, true], [0, 0xff, 3, false], [2, 0xcd, 3, true], [2, 0, 0, false], [3, 0xee, 3, true], [3, 0, 0, false],
    ];
    expect(steps.map((args) => step(...args)))
      .toEqual(['11 11', 'a1 11', '0 0', 'cd 0', '0 0', '0 0']);
  });

  it('guard reads in the text only where an address can be past the end', () => {
    expect(textOf(Top(3))).toContain('assign now = addr < 2\'d3 ? store[addr] : 8\'d0;');
    expect(textOf(Top(4))).toContain('assign now = store[addr];');
  });

  it('start as told, and 0 in the rest', () => {
    expect(textOf(Top(4))).toContain('    store[0] = 8\'h11;\n    for (int i = 1; i < 4; i++) store[i] = 8\'h0;');
  });
});

describe('streams and instances', () => {
  const Word = bundle('Word', { tag: U(2), data: U(8) });
  const Stage = hw('Stage', { from: Sink(Word), to: Source(Word) }, (m, io) => {
    m.connect(io.from, io.to);
  });

  it('connect valid and bits forward, ready back', () => {
    const ports = Stage.elaborate().ports.map((p) => `${p.kind} ${p.name}`);
    expect(ports).toEqual([
      'input from_valid', 'input from_bits_tag', 'input from_bits_data', 'output from_ready',
      'output to_valid', 'output to_bits_tag', 'output to_bits_data', 'input to_ready',
    ]);
    const text = textOf(Stage);
    for (const line of ['to_valid = from_valid', 'to_bits_tag = from_bits_tag', 'to_bits_data = from_bits_data', 'from_ready = to_ready']) expect(text).toContain(`assign ${line};`);
  });

  it('fire when valid meets ready', () => {
    const text = textOf(hw('Top', { from: Sink(U(8)), isFree: In(B), took: Out(B) }, (_m, io) => {
      io.from.ready = io.isFree;
      io.took = io.from.fire;
    }));
    expect(text).toContain('assign took = from_valid && from_ready;');
  });

  it('nest in records, and flip', () => {
    const Bus = { req: Source(Word), rsp: Sink(U(8)), irq: In(B), more: { level: Out(U(3)) } };
    const Device = hw('Device', { bus: flip(Bus) }, (m, io) => {
      const r = m.regs({ got: U(8, 0) });
      io.bus.req.ready = bool(true);
      m.when(io.bus.req.fire, () => (r.got = io.bus.req.bits.data));
      io.bus.rsp.valid = bool(true);
      io.bus.rsp.bits = r.got;
      io.bus.irq = io.bus.more.level.orR().and(io.bus.rsp.ready);
    });
    expect(Device.elaborate().ports.map((p) => `${p.kind} ${p.name}`)).toEqual([
      'input bus_req_valid', 'input bus_req_bits_tag', 'input bus_req_bits_data', 'output bus_req_ready',
      'output bus_rsp_valid', 'output bus_rsp_bits', 'input bus_rsp_ready', 'output bus_irq', 'input bus_more_level',
    ]);
    expect(Object.keys(flip(flip(Bus)))).toEqual(Object.keys(Bus));
    expect(flip(flip(Bus))).toEqual(Bus);
  });

  it('link record to record, whichever way its members flow', () => {
    const Bus = { req: Source(Word), rsp: Sink(U(8)), irq: In(B), more: { level: Out(U(3)), lanes: Out(vec(U(2), 2)) } };
    const Manager = hw('Manager', { bus: Bus }, (_m, io) => {
      io.bus.req.valid = io.bus.irq;
      io.bus.req.bits = valueOf(Word, { tag: 1, data: 7 });
      io.bus.rsp.ready = io.bus.req.ready;
      io.bus.more.level = U(3).lit(5);
      io.bus.more.lanes = valueOf(vec(U(2), 2), [1, 2]);
    });
    const Device = hw('Device', { bus: flip(Bus) }, (_m, io) => {
      io.bus.req.ready = bool(true);
      io.bus.rsp.valid = io.bus.req.valid;
      io.bus.rsp.bits = io.bus.req.bits.data;
      io.bus.irq = io.bus.more.lanes.at(0).orR();
    });
    const byHand = hw('Top', { out: Bus, into: flip(Bus) }, (m, io) => {
      const [a, b] = [m.inst('a', Manager), m.inst('b', Device)];
      for (const [from, to] of [[a.bus, io.out], [io.into, b.bus]] as const) {
        m.connect(from.req, to.req);
        m.connect(to.rsp, from.rsp);
        from.irq = to.irq;
        to.more.level = from.more.level;
        to.more.lanes = from.more.lanes;
      }
    });
    const linked = (parts: boolean) => hw('Top', { out: Bus, into: flip(Bus) }, (m, io) => {
      const [a, b] = [m.inst('a', Manager), m.inst('b', Device)];
      m.link(a.bus, io.out);
      if (!parts) m.link(io.into, b.bus);
      else {
        m.link(b.bus, io.into, ['req', 'irq']);
        m.link(b.bus, io.into, ['rsp']);
        m.link(b.bus.more, io.into.more);
      }
    });
    const plain = (text: string): string[] => text.replace(/\S+\.ts:\d+/g, '').split('\n').sort();
    const expected = plain(textOf(byHand));
    expect(expected).toContain('    .bus_req_bits_tag(into_req_bits_tag),');
    expect(plain(textOf(linked(false)))).toEqual(expected);
    expect(plain(textOf(linked(true)))).toEqual(expected);
    // Two instances that face each other.
    const Pair = textOf(hw('Pair', {}, (m) => m.link(m.inst('a', Manager).bus, m.inst('b', Device).bus)));
    expect(Pair).toContain('.bus_more_level(a_bus_more_level)');
  });

  it('wire instances directly to what they are connected to', () => {
    const text = textOf(hw('Top', { from: Sink(Word), to: Source(Word), off: In(B), tags: Out(U(2)) }, (m, io) => {
      const stage = m.inst('stage', Stage);
      stage.from.valid = io.from.valid.and(io.off.not());
      stage.from.bits = valueOf(Word, { tag: 3, data: io.from.bits.data });
      io.from.ready = stage.from.ready;
      m.connect(stage.to, io.to);
      io.tags = io.from.bits.tag;
    }));
    expect(text).toContain('.from_bits_tag(2\'d3)');
    expect(text).toContain('.from_bits_data(from_bits_data)');
    expect(text).toContain('.to_valid(to_valid)');
    expect(text).toContain('.from_valid(stage_from_valid)');
    expect(text).toContain('assign stage_from_valid = from_valid && !off;');
  });
});

describe('signed arithmetic in the text', () => {
  const expression = (body: (a: ReturnType<typeof signed>, b: ReturnType<typeof plain>) => ReturnType<typeof signed>): string =>
    /assign out = (.*);/.exec(textOf(hw('Top', { a: In(S(8)), b: In(U(8)), out: Out(S(8)) }, (_m, io) => (io.out = body(io.a, io.b)))))?.[1] ?? '';
  const signed = () => S(8).lit(0);
  const plain = () => U(8).lit(0);

  it('casts only where the language would read it wrong', () => {
    expect(expression((a) => a.shr(2))).toBe('a >>> 3\'d2');
    expect(expression((_a, b) => b.asSInt().shr(2))).toBe('$signed(b) >>> 3\'d2');
    expect(expression((a, b) => a.shr(2).addWrap(b.asSInt()))).toBe('$signed(a >>> 3\'d2) + b');
    expect(expression((a, b) => a.trunc(4).mul(b.trunc(4).asSInt()))).toBe('$signed(a[3:0]) * $signed(b[3:0])');
    expect(expression((a, b) => a.lt(b.asSInt()).mux(a, -1))).toBe('a < $signed(b) ? a : -8\'sd1');
    expect(expression((a) => a.trunc(1).sext(8))).toBe('{{7{a[0]}}, a[0]}');
    expect(expression((a) => a.eq(-128).mux(a.negWrap(), S(8).lit(-128)))).toBe('a == 8\'sh80 ? -a : 8\'sh80');
  });

  it('prints a flag with the sign of one bit', () => {
    expect(expression((a) => a.trunc(1).lt(S(1).lit(0)).mux(a, 0))).toBe('$signed(a[0]) < 1\'sb0 ? a : 8\'sd0');
  });
});

describe('Flag', () => {
  it('resets, B does not', () => {
    expect([Flag(true).reset[0]?.value, Flag(false).reset[0]?.value, B.reset[0]]).toEqual([1n, 0n, undefined]);
  });
});
