import { describe, expect, it } from 'vitest';
import { B, In, Out, S, U, UserError, blackBox, bundle, elaborate, enumeration, hw, vec, vecOf } from '../../../gen/index.ts';
import type { ModuleDef } from '../../../gen/index.ts';
import { Compilation } from '../../../sim/engine/compile.ts';
import { createWasmSimulator } from '../../../sim/engine/index.ts';
import { AssertionError } from '../../../sim/simulator.ts';
import type { Simulator } from '../../../sim/simulator.ts';

function simulate(def: ModuleDef<never> | ModuleDef<Record<string, never>> | { elaborate(): unknown }): Simulator {
  return createWasmSimulator(elaborate(def as ModuleDef<Record<string, never>>));
}

function word(sim: Simulator, memory: string, index: number): bigint {
  const m = sim.memory(memory);
  return m.read(index * m.wordBytes, m.wordBytes).reduceRight((v, b) => (v << 8n) | BigInt(b), 0n);
}

describe('registers', () => {
  const Def = hw('Registers', { a: In(U(8)), en: In(B), x: Out(U(8)), y: Out(U(8)) }, (m, io) => {
    const r = m.regs({ first: U(8, 7), second: U(8) });
    m.when(io.en, () => {
      r.first = r.second;
      r.second = r.first;
      m.when(io.a.eq(5), () => {
        r.second = io.a;
      });
    });
    io.x = r.first;
    io.y = r.second;
  });

  it('start at 0, whatever their reset value', () => {
    expect(simulate(Def).peek('x')).toBe(0n);
  });

  it('take their reset literal at an edge in reset; the others follow their assignment', () => {
    const sim = simulate(Def);
    sim.poke('rst', 1);
    sim.poke('en', 1);
    sim.poke('a', 5);
    sim.step(3);
    expect([sim.peek('x'), sim.peek('y')]).toEqual([7n, 5n]);
    expect(sim.peek('rst')).toBe(1n);
  });

  it('exchange their values: every register sees the old state', () => {
    const sim = simulate(Def);
    sim.poke('rst', 1);
    sim.poke('en', 1);
    sim.step();
    sim.poke('rst', 0);
    sim.step();
    expect([sim.peek('x'), sim.peek('y')]).toEqual([0n, 7n]);
    sim.step();
    expect([sim.peek('x'), sim.peek('y')]).toEqual([7n, 0n]);
  });

  it('keep their value when nothing assigns them, and take the last of several assignments', () => {
    const sim = simulate(Def);
    sim.poke('a', 5);
    sim.step();
    expect(sim.peek('y')).toBe(0n);
    sim.poke('en', 1);
    sim.step();
    expect(sim.peek('y')).toBe(5n);
  });

  it('are reset leaf by leaf', () => {
    const Pair = bundle('Pair', { a: U(8, 3), b: U(70), c: vec(U(4, 9), 3) });
    const sim = simulate(
      hw('Leaves', { v: In(U(70)), o: Out(U(8)) }, (m, io) => {
        const r = m.regs({ pair: Pair });
        r.pair.a = r.pair.a.addWrap(1);
        r.pair.b = io.v;
        r.pair.c.put(1, r.pair.c.at(0));
        r.pair.c.put(0, r.pair.c.at(2));
        r.pair.c.put(2, U(4).lit(1));
        io.o = r.pair.a;
      }),
    );
    sim.poke('rst', 1);
    sim.poke('v', 1n << 69n);
    sim.step();
    expect([sim.peek('pair.a'), sim.peek('pair.b'), sim.peek('pair.c[0]'), sim.peek('pair.c[1]'), sim.peek('pair.c')]).toEqual([
      3n,
      1n << 69n,
      9n,
      9n,
      0x999n,
    ]);
    expect(sim.peek('pair')).toBe((3n << 82n) | (1n << 81n) | 0x999n);
  });
});

describe('wires and outputs', () => {
  it('show the final value everywhere in the module, also before it is assigned', () => {
    const sim = simulate(
      hw('Order', { a: In(U(8)), early: Out(U(8)) }, (m, io) => {
        const w = m.wires({ x: U(8) });
        io.early = w.x.addWrap(1);
        w.x = io.a;
        m.when(io.a.gt(10), () => {
          w.x = U(8).lit(100);
        });
      }),
    );
    sim.poke('a', 4);
    expect(sim.peek('early')).toBe(5n);
    sim.poke('a', 11);
    expect(sim.peek('early')).toBe(101n);
  });

  it('let the fields of a bundle and the elements of a vector depend on each other', () => {
    const Two = bundle('Two', { a: U(8), b: U(8) });
    const sim = simulate(
      hw('Fields', { i: In(U(8)), o: Out(U(8)), last: Out(U(8)) }, (m, io) => {
        const w = m.wires({ two: Two, v: vec(U(8), 6), whole: vec(U(8), 3) });
        w.two.b = w.two.a.addWrap(1);
        w.two.a = io.i;
        w.v.put(0, io.i);
        for (let k = 1; k < 6; k++) w.v.put(k, w.v.at(k - 1).addWrap(k));
        w.whole = vecOf([io.i, w.whole.at(0).addWrap(1), w.whole.at(1).addWrap(1)]);
        io.o = w.two.b;
        io.last = w.v.at(5).addWrap(w.whole.at(2));
      }),
    );
    sim.poke('i', 20);
    expect([sim.peek('o'), sim.peek('last')]).toEqual([21n, 57n]);
  });

  it('ignore a dynamic assignment past the end and read 0 there', () => {
    const sim = simulate(
      hw('Past', { i: In(U(4)), values: In(vec(U(8), 5)), o: Out(U(8)), all: Out(U(40 as number)) }, (m, io) => {
        const w = m.wires({ v: vec(U(8), 5) });
        w.v = io.values;
        w.v.put(io.i, U(8).lit(255));
        io.all = w.v.asUInt();
        io.o = io.values.at(io.i);
      }),
    );
    sim.poke('values', 0x0504030201n);
    for (const [i, o, all] of [
      [0, 1n, 0x05040302ffn],
      [4, 5n, 0xff04030201n],
      [5, 0n, 0x0504030201n],
      [15, 0n, 0x0504030201n],
    ] as const) {
      sim.poke('i', i);
      expect([sim.peek('o'), sim.peek('all')]).toEqual([o, all]);
    }
  });

  it('follow a switch over an enumeration', () => {
    const State = enumeration('State', 'idle', 'run', 'stop');
    const sim = simulate(
      hw('Machine', { go: In(B), isRun: Out(B), n: Out(U(8)) }, (m, io) => {
        const r = m.regs({ state: State, count: U(8, 0) });
        m.switch(r.state, {
          idle: () =>
            m.when(io.go, () => {
              r.state = State.run;
            }),
          run: () => {
            r.count = r.count.addWrap(1);
            m.when(r.count.eq(2), () => {
              r.state = State.stop;
            });
          },
        });
        io.isRun = r.state.eq('run');
        io.n = r.count;
      }),
    );
    sim.step(4);
    expect(sim.peek('isRun')).toBe(0n);
    sim.poke('go', 1);
    sim.step(2);
    expect(sim.peek('isRun')).toBe(1n);
    sim.step(10);
    expect([sim.peek('state'), sim.peek('n')]).toEqual([2n, 3n]);
  });
});

describe('instances', () => {
  it('are not atomic: one output may feed another input of the same instance', () => {
    const Two = hw('TwoPaths', { a: In(U(8)), b: In(U(8)), fromA: Out(U(8)), fromB: Out(U(8)) }, (_, io) => {
      io.fromA = io.a.addWrap(1);
      io.fromB = io.b.shlWrap(1);
    });
    const sim = simulate(
      hw('Crossed', { i: In(U(8)), o: Out(U(8)) }, (m, io) => {
        const u = m.inst('u', Two);
        u.a = io.i;
        u.b = u.fromA;
        io.o = u.fromB;
      }),
    );
    sim.poke('i', 5);
    expect(sim.peek('o')).toBe(12n);
    expect(sim.peek('u.b')).toBe(6n);
  });

  it('use the behaviour of a black box, or name the module that has none', () => {
    const ports = { a: In(U(8)), o: Out(U(8)) };
    const use = (box: ModuleDef<typeof ports>): { elaborate(): unknown } =>
      hw('User', ports, (m, io) => {
        const u = m.inst('u', box);
        u.a = io.a;
        io.o = u.o;
      });
    const sim = simulate(
      use(
        blackBox('Cell8', ports, {
          cell: 'CELL8',
          behaviour: (_, io) => {
            io.o = io.a.not();
          },
        }),
      ),
    );
    sim.poke('a', 1);
    expect(sim.peek('o')).toBe(254n);
    const none = use(blackBox('Cell9', ports, { cell: 'CELL9' }));
    expect(() => simulate(none)).toThrow(UserError);
    expect(() => simulate(none)).toThrow('module Cell9 is a black box without a behaviour');
  });

  it('may be combinational chains far deeper than the stack', () => {
    const Add = hw('Add', { a: In(U(32)), o: Out(U(32)) }, (_, io) => {
      io.o = io.a.addWrap(1);
    });
    const sim = simulate(
      hw('Deep', { i: In(U(32)), o: Out(U(32)) }, (m, io) => {
        let value = io.i;
        for (let k = 0; k < 3000; k++) {
          const u = m.inst(`u${k}`, Add);
          u.a = value;
          value = u.o;
        }
        for (let k = 0; k < 6000; k++) {
          value = value.xor(k).addWrap(1);
          if (k % 300 === 299) ({ [`part${k}`]: value } = m.let({ [`part${k}`]: value }));
        }
        io.o = value;
      }),
    );
    let expected = 3005;
    for (let k = 0; k < 6000; k++) expected = ((expected ^ k) + 1) >>> 0;
    sim.poke('i', 5);
    expect(sim.peek('o')).toBe(BigInt(expected));
  });
});

describe('memories', () => {
  const Def = hw(
    'Memories',
    { addr: In(U(4)), data: In(U(32)), mask: In(U(4)), en: In(B), read: Out(U(32)), sync: Out(U(32)), nibble: Out(U(12)) },
    (m, io) => {
      const words = m.mem('words', U(32), 10, { init: [11n, 22n] });
      const small = m.mem('nibbles', U(12), 16);
      m.when(io.en, () => {
        words.writeMasked(io.addr, io.data, io.mask);
        small.writeMasked(io.addr, io.data.trunc(12), io.mask);
        m.when(io.data.eq(0xffffffff), () => words.write(io.addr, U(32).lit(1)));
      });
      io.read = words.read(io.addr);
      io.sync = words.readSync('out', io.addr);
      io.nibble = small.read(io.addr);
    },
  );
  const set = (sim: Simulator, values: Readonly<Record<string, number>>): void => {
    for (const [k, v] of Object.entries(values)) sim.poke(k, v);
  };

  it('start with their init words, the rest 0', () => {
    const sim = simulate(Def);
    expect([0, 1, 2].map((i) => word(sim, 'words', i))).toEqual([11n, 22n, 0n]);
    sim.poke('addr', 1);
    expect(sim.peek('read')).toBe(22n);
  });

  it('give the old word in the cycle of a write', () => {
    const sim = simulate(Def);
    set(sim, { addr: 1, data: 99, mask: 15, en: 1 });
    expect(sim.peek('read')).toBe(22n);
    sim.step();
    expect([sim.peek('read'), sim.peek('sync')]).toEqual([99n, 22n]);
    sim.step();
    expect(sim.peek('sync')).toBe(99n);
  });

  it('write the lanes that the mask names, in bytes and in parts of bytes', () => {
    const sim = simulate(Def);
    set(sim, { addr: 3, data: 0x11223344, mask: 15, en: 1 });
    sim.step();
    set(sim, { data: 0x55667788, mask: 0b0101 });
    sim.step();
    expect([word(sim, 'words', 3), word(sim, 'nibbles', 3)]).toEqual([0x11663388n, (0x344n & 0xe38n) | (0x788n & 0x1c7n)]);
  });

  it('take the last of several writes', () => {
    const sim = simulate(Def);
    set(sim, { addr: 3, data: 0xffffffff, mask: 3, en: 1 });
    sim.step();
    expect(word(sim, 'words', 3)).toBe(1n);
  });

  it('ignore a write past the end and read 0 there', () => {
    const sim = simulate(Def);
    set(sim, { addr: 10, data: 5, mask: 15, en: 1 });
    sim.step();
    expect(sim.peek('read')).toBe(0n);
    expect(Array.from({ length: 10 }, (_, i) => word(sim, 'words', i))).toEqual([11n, 22n, ...Array.from({ length: 8 }, () => 0n)]);
  });

  it('are bytes through the back door: powers of two up to 8, then multiples of 8', () => {
    const sim = simulate(
      hw('Widths', { a: In(U(1)), o: Out(U(1)) }, (m, io) => {
        const reads = [1, 9, 17, 33, 65, 128].map((w) => m.mem(`m${w}`, U(w), 2).read(io.a).bit(0));
        io.o = reads.reduce((x, y) => x.xor(y)).asUInt();
      }),
    );
    expect([1, 9, 17, 33, 65, 128].map((w) => sim.memory(`m${w}`).wordBytes)).toEqual([1, 2, 4, 8, 16, 16]);
    const m = sim.memory('m65');
    m.write(
      16,
      Uint8Array.from({ length: 16 }, () => 0xff),
    );
    expect(word(sim, 'm65', 1)).toBe((1n << 65n) - 1n);
    sim.poke('a', 1);
    expect(sim.peek('o')).toBe(1n);
    expect(() => m.read(30, 3)).toThrow('m65: bytes 30 to 32 are outside its 32 bytes');
    expect(() => sim.memory('m66')).toThrow('m66: not a memory of the design');
  });
});

describe('assertions and covers', () => {
  const Inner = hw('Checked', { n: In(U(8)) }, (m, io) => {
    m.assert('isSmall', io.n.lt(5), 'n must stay small');
    m.cover('three', io.n.eq(3));
  });
  const Def = hw('Checks', { n: Out(U(8)) }, (m, io) => {
    const r = m.regs({ count: U(8, 0) });
    r.count = r.count.addWrap(1);
    const u = m.inst('inner', Inner);
    u.n = r.count;
    m.cover('everyCycle', r.count.ge(0));
    io.n = r.count;
  });

  it('stop the run in the exact cycle, with path and message', () => {
    const sim = simulate(Def);
    sim.poke('rst', 1);
    sim.step(3);
    sim.poke('rst', 0);
    let error: unknown;
    try {
      sim.step(1000);
    } catch (e) {
      error = e;
    }
    expect(error).toBeInstanceOf(AssertionError);
    expect((error as AssertionError).failure).toEqual({ path: 'inner.isSmall', message: 'n must stay small', cycle: 8 });
    expect([sim.cycle, sim.peek('n')]).toEqual([9, 6n]);
  });

  it('are not evaluated in reset', () => {
    const sim = simulate(Def);
    sim.poke('rst', 1);
    sim.step(20);
    expect([...sim.covers()]).toEqual([
      ['everyCycle', 0],
      ['inner.three', 0],
    ]);
    sim.poke('rst', 0);
    sim.step(5);
    expect([...sim.covers()]).toEqual([
      ['everyCycle', 5],
      ['inner.three', 1],
    ]);
  });
});

describe('the simulator', () => {
  const Def = hw('Interface', { a: In(U(70)), done: Out(B), sum: Out(U(70)) }, (m, io) => {
    const r = m.regs({ n: U(8, 0) });
    r.n = r.n.addWrap(1);
    const { twice } = m.let({ twice: io.a.addWrap(io.a) });
    io.sum = twice.addWrap(1);
    io.done = r.n.eq(200).or(io.a.eq(7));
  });

  it('runs until an output is 1 before an edge', () => {
    const sim = simulate(Def);
    expect(sim.runUntil('done', 100)).toEqual({ cycles: 100, stopped: false });
    expect(sim.runUntil('done', 10_000)).toEqual({ cycles: 100, stopped: true });
    expect(sim.runUntil('done', 10)).toEqual({ cycles: 0, stopped: true });
    expect(sim.cycle).toBe(200);
  });

  it('settles at once after a poke', () => {
    const sim = simulate(Def);
    sim.poke('a', 5);
    expect([sim.peek('a'), sim.peek('sum'), sim.peek('twice')]).toEqual([5n, 11n, 10n]);
    sim.poke('a', (1n << 70n) - 1n);
    expect(sim.peek('sum')).toBe((1n << 70n) - 1n);
  });

  it('names what it does not know', () => {
    const sim = simulate(Def);
    expect(() => sim.poke('b', 1)).toThrow(/^simulator: b: not an input of the top module {2}at \S+; it has rst, a$/);
    expect(() => sim.peek('x.y')).toThrow('simulator: x.y: not a port, register or wire of the design');
    expect(() => sim.runUntil('sum', 1)).toThrow('simulator: sum: not a 1-bit output of the top module');
    expect(() => sim.step(-1)).toThrow('simulator: -1 is not a number of cycles');
  });

  it('lists ports, registers and wires', () => {
    expect(simulate(Def).signals()).toEqual([
      { path: 'a', width: 70 },
      { path: 'done', width: 1 },
      { path: 'sum', width: 70 },
      { path: 'n', width: 8 },
      { path: 'twice', width: 70 },
    ]);
  });

  it('compiles a design to the same bytes every time', () => {
    const bytes = (): Uint8Array => new Compilation(elaborate(Def)).encode();
    expect(bytes()).toEqual(bytes());
  });

  it('computes wide and signed arithmetic', () => {
    const sim = simulate(
      hw('Wide', { a: In(S(100)), b: In(S(60)), n: In(U(8)), product: Out(S(160)), quotient: Out(S(100)), isLess: Out(B) }, (_, io) => {
        io.product = io.a.mul(io.b);
        io.quotient = io.a.shr(io.n);
        io.isLess = io.a.lt(io.b.sext(100));
      }),
    );
    sim.poke('a', BigInt.asUintN(100, -(3n ** 60n)));
    sim.poke('b', 7n ** 20n);
    sim.poke('n', 70);
    expect(BigInt.asIntN(160, sim.peek('product'))).toBe(-(3n ** 60n) * 7n ** 20n);
    expect(BigInt.asIntN(100, sim.peek('quotient'))).toBe(-(3n ** 60n) >> 70n);
    expect(sim.peek('isLess')).toBe(1n);
  });
});
