/**
 * Loops over lanes in the engine: that they are loops, whatever the number of lanes, and that nothing shows whether one was run as a loop
 * or written out.
 */
import { describe, expect, it } from 'vitest';
import { B, In, Out, S, U, bundle, elaborate, hw, vec } from '../../../gen/index.ts';
import type { Bool, ModuleDef, PortMap, UInt, Vec } from '../../../gen/index.ts';
import type { Expr } from '../../../gen/ir/expr.ts';
import type { Design, Statement } from '../../../gen/ir/module.ts';
import { Compilation } from '../../../sim/engine/compile.ts';
import { createWasmSimulator } from '../../../sim/engine/index.ts';
import type { WasmOptions } from '../../../sim/engine/index.ts';
import { LEAST_LANES } from '../../../sim/engine/lane-drivers.ts';
import { randomLanes } from '../../gen/random-lanes.ts';
import { Rng } from '../../gen/rng.ts';
import { IS_LONG } from '../../support/effort.ts';
import { Interpreter } from '../../support/interpreter.ts';
import { randomInputs } from '../../support/random-design.ts';

/** Every loop that can be one is one. */
const ALWAYS: WasmOptions = { minLanes: 2 };
const NEVER: WasmOptions = { minLanes: Number.MAX_SAFE_INTEGER };

interface Size {
  readonly bytes: number;
  readonly nodes: number;
  readonly sweeps: number;
}

function sizeOf(def: ModuleDef<PortMap>, minLanes?: number): Size {
  const compilation = new Compilation(elaborate(def), undefined, minLanes);
  const { length } = compilation.encode();
  const { nodes } = compilation.graph;
  return { bytes: length, nodes: nodes.length, sweeps: nodes.filter((n) => n.sweep).length };
}

/** The first signal in which two runs of a design differ. */
function firstDifference(design: Design, seed: number, cycles: number, a: WasmOptions, b: WasmOptions): string | undefined {
  const [x, y] = [createWasmSimulator(design, a), createWasmSimulator(design, b)];
  let cycle = 0;
  for (const pokes of randomInputs(seed, design.top, cycles)) {
    for (const [port, value] of pokes) for (const sim of [x, y]) sim.poke(port, value);
    for (const { path } of x.signals()) {
      const [is, should] = [x.peek(path), y.peek(path)];
      if (is !== should) return `cycle ${cycle}: ${path} is 0x${is.toString(16)}, should be 0x${should.toString(16)}`;
    }
    for (const sim of [x, y]) sim.step();
    cycle++;
  }
  const covers = JSON.stringify([...x.covers()]);
  return covers === JSON.stringify([...y.covers()]) ? undefined : `covers: ${covers}`;
}

const expectSame = (def: ModuleDef<PortMap>, cycles = 40): void => {
  const design = elaborate(def);
  expect(firstDifference(design, 1, cycles, ALWAYS, NEVER)).toBeUndefined();
};

/** Registers with neighbours, conditions, bits of words, bundles, reads of a memory, and a delay line. */
function registers(n: number): ModuleDef<PortMap> {
  const Entry = bundle('Entry', { busy: B, count: U(20), tag: U(3) });
  const ports = { x: In(vec(U(8), n)), mask: In(U(n)), go: In(B), y: Out(vec(U(8), n)), last: Out(U(5)), tag: Out(U(3)) };
  return hw('Registers', ports, (m, io) => {
    const mem = m.mem('lookup', U(8), 256);
    mem.write(io.x.at(0), io.x.at(1));
    const vectors = { kept: vec(U(8, 0), n), line: vec(U(5, 3), n), both: vec(U(9, 0), 2 * n), entries: vec(Entry, n), read: vec(U(8), n) };
    const r = m.regs(vectors);
    m.each(n, (i) => {
      const west = r.kept.near(i, -1, U(8).lit(0));
      const east = r.kept.near(i, 2, io.x.at(0));
      const { mean } = m.let({ mean: west.addGrow(east).shr(1).trunc(8) });
      const own = m.regs({ steps: U(4, 0) });
      m.when(io.mask.bit(i).and(io.go), () => {
        r.kept.put(i, mean);
        own.steps = own.steps.addWrap(1);
      }).elseWhen(i.eq(n - 1), () => r.kept.put(i, io.x.at(i)));
      r.both.put(i.times(2), west.zext(9));
      r.both.put(i.times(2).plus(1), r.both.at(i.times(2)));
      r.read.put(i, mem.read(io.x.at(i)));
      const entry = r.entries.at(i);
      m.when(io.go, () => r.entries.put(i, { busy: io.mask.bit(i), count: entry.count.addWrap(1), tag: io.x.at(i).slice(2, 0) }));
      m.assert('few', own.steps.le(15), 'a lane takes at most 15');
      m.cover('seven', own.steps.eq(7));
    });
    m.each(n - 1, (i) => r.line.put(i.plus(1), r.line.at(i)));
    r.line.put(0, io.x.at(0).trunc(5));
    io.y = r.kept;
    io.last = r.line.at(n - 1);
    io.tag = r.entries.at(n - 1).tag;
  });
}

/** Sum, largest, and first of the elements. */
function reductions(n: number): ModuleDef<PortMap> {
  const index = Math.max(1, Math.ceil(Math.log2(n)));
  return hw('Reductions', { x: In(vec(U(8), n)), total: Out(U(8 + index)), largest: Out(U(8)), first: Out(U(index)), any: Out(B) }, (m, io) => {
    const r = m.regs({ kept: vec(U(8, 0), n) });
    m.each(n, (i) => r.kept.put(i, io.x.at(i).xor(r.kept.at(i))));
    io.total = m.sum('sum', r.kept).exact(8 + index);
    io.largest = m.fold('most', r.kept, (a, b) => a.lt(b).mux(b, a));
    const { valid, index: lowest } = m.first('lowest', m.map('hits', n, (i) => r.kept.at(i).eq(io.x.at(i))) as Vec<Bool>);
    io.first = lowest;
    io.any = valid;
  });
}

describe('the size of a loop over lanes', () => {
  it('does not depend on their number', () => {
    const [few, many] = [256, 4096].map((n) => sizeOf(registers(n), 2));
    expect(few.sweeps).toBeGreaterThan(4);
    // Numbers of addresses and lanes are longer.
    expect(many.bytes).toBeLessThan(1.2 * few.bytes);
    expect(many.nodes).toBeLessThan(1.1 * few.nodes);
    expect(many.sweeps).toBe(few.sweeps);
  });

  it('grows with the levels of reductions only', () => {
    const [few, many] = [256, 4096].map((n) => sizeOf(reductions(n), 2));
    expect(many.bytes).toBeLessThan(2 * few.bytes);
    expect(many.nodes).toBeLessThan(2 * few.nodes);
  });

  it('is that of what is written out below the threshold', () => {
    const add = (n: number): ModuleDef<PortMap> => hw('Add', { x: In(vec(U(8), n)), y: Out(U(8)) }, (m, io) => {
      const r = m.regs({ kept: vec(U(8, 0), n) });
      m.each(n, (i) => r.kept.put(i, io.x.at(i).addWrap(r.kept.at(i))));
      io.y = r.kept.at(0);
    });
    const shift = (n: number): ModuleDef<PortMap> => hw('Shift', { x: In(vec(U(8), n)), y: Out(U(8)) }, (m, io) => {
      const r = m.regs({ kept: vec(U(8, 0), n) });
      m.each(n, (i) => r.kept.put(i, r.kept.at(i).shr(io.x.at(i)).addWrap(1)));
      io.y = r.kept.at(0);
    });
    expect(sizeOf(add(LEAST_LANES.inVectors - 1)).sweeps).toBe(0);
    expect(sizeOf(add(LEAST_LANES.inVectors)).sweeps).toBe(1);
    expect(sizeOf(shift(LEAST_LANES.oneByOne - 1)).sweeps).toBe(0);
    expect(sizeOf(shift(LEAST_LANES.oneByOne)).sweeps).toBe(1);
  });
});

describe('a loop over lanes does what its lanes would do one by one', () => {
  it.each([3, 8, 9, 16, 33])('with %i lanes', (n) => {
    expectSame(registers(n));
    expectSame(reductions(n));
  });

  it('when vectors take from each other what they held before', () => {
    expectSame(hw('Swap', { x: In(vec(U(8), 20)), go: In(B), y: Out(U(8)) }, (m, io) => {
      const r = m.regs({ a: vec(U(8, 1), 20), b: vec(U(8, 2), 20), c: vec(U(8, 3), 20), sum: U(8, 0) });
      m.each(20, (i) => r.a.put(i, r.b.near(i, 1, io.x.at(0))));
      m.each(20, (i) => m.when(io.go, () => r.b.put(i, r.c.at(i).addWrap(r.a.near(i, -2, io.x.at(1))))));
      m.each(20, (i) => m.when(io.x.at(i).bit(0), () => r.c.put(i, r.a.at(i).xor(r.b.at(i)))));
      r.sum = r.sum.addWrap(r.a.at(3)).xor(r.c.at(19));
      io.y = r.sum;
    }));
  });

  it('when what a loop makes is read by much that comes later', () => {
    // Far more than one function holds: what the loop has made is there in the next one, and not made again from what has changed.
    expectSame(hw('Long', { x: In(vec(U(8), 20)), y: Out(U(8)) }, (m, io) => {
      const r = m.regs({ kept: vec(U(8, 1), 20), ...Object.fromEntries(Array.from({ length: 600 }, (_, k) => [`r${k}`, U(8, k % 256)])) });
      const others = r as unknown as Record<string, UInt<8>>;
      const made = m.map('made', 20, (i) => r.kept.at(i).addWrap(io.x.at(i)));
      m.each(20, (i) => r.kept.put(i, made.near(i, 1, io.x.at(0))));
      for (let k = 0; k < 600; k++) {
        others[`r${k}`] = Array.from({ length: 8 }, (_, j) => made.at((k * 7 + j) % 20).xor(others[`r${(k + j) % 600}`]))
          .reduce((a, b) => a.addWrap(b)).xor((k * 5) % 256);
      }
      io.y = others.r0;
    }), 12);
  });

  it('where a vector is driven by several loops and by itself', () => {
    expectSame(hw('Parts', { x: In(vec(U(8), 24)), go: In(B), y: Out(vec(U(8), 24)) }, (m, io) => {
      const r = m.regs({ kept: vec(U(8, 5), 24) });
      m.each(10, (i) => r.kept.put(i.plus(1), r.kept.at(i)));
      m.each(10, (i) => r.kept.put(i.plus(14), r.kept.at(i).xor(io.x.at(i))));
      r.kept.put(0, io.x.at(0));
      r.kept.put(11, io.x.at(1));
      m.when(io.go, () => {
        r.kept.put(12, io.x.at(12));
        r.kept.put(13, r.kept.at(23));
      });
      const { w } = m.wires({ w: vec(U(8), 24) });
      m.each(12, (i) => w.put(i.times(2), r.kept.at(i)));
      m.each(12, (i) => w.put(i.times(2).plus(1), io.x.at(i.times(2)).addWrap(r.kept.at(i.plus(3)))));
      io.y = w;
    }));
  });

  it('with more lanes than a byte can count', () => {
    expectSame(hw('Numbers', { x: In(U(10)), y: Out(vec(U(10), 300)) }, (m, io) => {
      const r = m.regs({ kept: vec(U(10, 0), 300) });
      m.each(300, (i) => m.when(i.lt(io.x.trunc(9)), () => r.kept.put(i, i.zext(10).addWrap(r.kept.near(i, 1, io.x)))));
      io.y = r.kept;
    }), 6);
  });

  it('within others', () => {
    expectSame(hw('Matrix', { x: In(vec(U(6), 9)), go: In(B), y: Out(U(6)) }, (m, io) => {
      const r = m.regs({ cells: vec(vec(U(6, 1), 9), 18), sums: vec(U(8, 0), 18) });
      m.each(18, (i) => {
        const { half } = m.let({ half: r.sums.at(i).shr(1).trunc(6) });
        m.each(9, (j) => {
          const west = r.cells.at(i).near(j, -1, io.x.at(0));
          m.when(io.go.or(j.eq(4)), () => r.cells.at(i).put(j, west.addWrap(half).xor(io.x.at(j))));
        });
        r.sums.put(i, r.cells.at(i).at(2).addGrow(r.cells.at(i).at(5)).zext(8));
      });
      io.y = r.cells.at(17).at(8);
    }));
  });

  it('with words wider than any vector, and with all bits of large vectors at once', () => {
    expectSame(hw('Wide', { x: In(vec(U(100), 19)), s: In(vec(S(33), 70)), y: Out(U(100)), all: Out(B), some: Out(B), odd: Out(B) }, (m, io) => {
      const r = m.regs({ kept: vec(U(100, 7), 19), least: vec(S(33, -1), 70) });
      m.each(19, (i) => r.kept.put(i, r.kept.near(i, 1, io.x.at(0)).addWrap(io.x.at(i))));
      m.each(70, (i) => m.when(io.s.at(i).lt(r.least.at(i)), () => r.least.put(i, io.s.at(i).subWrap(r.least.near(i, -1, S(33).lit(-9))))));
      const less = m.map('less', 70, (i) => r.least.at(i).lt(5)).asUInt();
      const wide = m.map('wide', 70, (i) => r.least.at(i).asUInt().or(io.s.at(i).asUInt())).asUInt();
      io.y = r.kept.at(18);
      io.all = less.andR().or(wide.andR());
      io.some = less.orR();
      io.odd = less.xorR().xor(wide.xorR());
    }));
  });

  it('where a circle through vectors is none through their elements', () => {
    const Step = hw('Step', { x: In(vec(U(8), 12)), y: Out(vec(U(8), 12)) }, (m, io) => m.each(12, (i) => io.y.put(i, io.x.at(i).addWrap(1))));
    const { top, modules } = elaborate(hw('Chain', { x: In(vec(U(8), 12)), y: Out(vec(U(8), 12)) }, (m, io) => {
      const step = m.inst('step', Step);
      step.x = io.x;
      io.y = step.y;
    }));
    // The language refuses it, since it looks at ports as wholes: here each element but the first takes what the one before it gives.
    const result = top.instances[0].connections.get('y');
    if (!result) throw new Error('no result');
    const chained = (s: Statement): Statement[] => {
      const { type } = s.kind === 'assign' ? s.value : result;
      if (s.kind !== 'assign' || s.target.kind !== 'instIn' || type.kind !== 'vec') return [s];
      const at = (of: Expr, index: number): Expr => ({ op: 'index', type: type.element, of, index });
      const before = (k: number): Expr => (k === 0 ? at(s.value, 0) : at({ op: 'ref', type: result.type, signal: result }, k - 1));
      return Array.from({ length: 12 }, (_, index) => ({ ...s, path: [{ index }], value: before(index) }));
    };
    const chain = { ...top, body: top.body.flatMap(chained) };
    const sim = createWasmSimulator({ top: chain, modules: modules.map((x) => (x === top ? chain : x)) }, ALWAYS);
    sim.poke('x', 7n);
    expect(sim.peek('y') >> 88n).toBe(7n + 12n);
  });

  it('where instances show what loops have made, and take it', () => {
    const Inner = hw('Inner', { x: In(vec(U(8), 20)), flags: In(U(20)), y: Out(vec(U(8), 20)) }, (m, io) => {
      const r = m.regs({ kept: vec(U(8, 0), 20) });
      m.each(20, (i) => m.when(io.flags.bit(i), () => r.kept.put(i, io.x.at(i).addWrap(r.kept.at(i)))));
      io.y = r.kept;
    });
    expectSame(hw('Outer', { x: In(vec(U(8), 20)), y: Out(vec(U(8), 20)) }, (m, io) => {
      const [a, b] = ['a', 'b'].map((name) => m.inst(name, Inner));
      m.each(20, (i) => a.x.put(i, io.x.at(i).xor(b.y.near(i, 1, io.x.at(0)))));
      a.flags = m.map('flags', 20, (i) => io.x.at(i).bit(2)).asUInt().exact(20);
      b.x = a.y;
      b.flags = a.flags.not();
      io.y = m.map('both', 20, (i) => a.y.at(i).addWrap(b.y.at(i)));
    }));
  });
});

describe('random designs with loops', { timeout: 600_000 }, () => {
  const [COUNT, LARGE] = IS_LONG ? [3000, 600] : [30, 15];

  it('agree with the interpreter', () => {
    let sweeps = 0;
    for (let seed = 1; seed <= COUNT; seed++) {
      const design = elaborate(randomLanes(`Lanes${seed}`, () => new Rng(seed)));
      sweeps += new Compilation(design, undefined, ALWAYS.minLanes).graph.nodes.filter((n) => n.sweep).length;
      const sim = createWasmSimulator(design, { ...ALWAYS, observeWires: seed % 3 === 0 });
      const reference = new Interpreter(design.top);
      const { signals } = reference.names();
      for (const pokes of randomInputs(seed, design.top, 10)) {
        for (const [port, value] of pokes) {
          sim.poke(port, value);
          reference.poke(port, value);
        }
        for (const s of signals) {
          if (sim.peek(s) !== reference.peek(s)) throw new Error(`seed ${seed}: ${s} is ${sim.peek(s)}, should be ${reference.peek(s)}`);
        }
        sim.step();
        reference.step();
      }
      expect(new Map([...sim.covers()].sort()), `seed ${seed}`).toEqual(new Map([...reference.covers].sort()));
    }
    expect(sweeps).toBeGreaterThan(2 * COUNT);
  });

  it('of up to 40 lanes are the same as loops and written out', () => {
    for (let seed = 1; seed <= LARGE; seed++) {
      const design = elaborate(randomLanes(`Lanes${seed}`, () => new Rng(seed), 40));
      const difference = firstDifference(design, seed, 8, ALWAYS, NEVER);
      expect(difference && `seed ${seed}: ${difference}`).toBeUndefined();
    }
  });
});
