import { describe, expect, it } from 'vitest';
import { B, In, Out, S, U, elaborate, hw, vec } from '../../../gen/index.ts';
import type { ModuleDef } from '../../../gen/index.ts';
import { Compilation } from '../../../sim/engine/compile.ts';
import { createWasmSimulator } from '../../../sim/engine/index.ts';
import { Interpreter } from '../../support/interpreter.ts';
import { randomInputs } from '../../support/random-design.ts';

type AnyDef = ModuleDef<Record<string, never>>;

/** Runs the engine and the interpreter side by side. */
function compare(def: { elaborate(): unknown }, cycles: number): void {
  const design = elaborate(def as AnyDef);
  const sim = createWasmSimulator(design);
  const reference = new Interpreter(design.top);
  const { signals } = reference.names();
  let cycle = 0;
  for (const pokes of randomInputs(1, design.top, cycles)) {
    for (const [port, value] of pokes) {
      sim.poke(port, value);
      reference.poke(port, value);
    }
    for (const s of signals) {
      const [found, expected] = [sim.peek(s), reference.peek(s)];
      if (found !== expected) expect(found, `${s} in cycle ${cycle}`).toBe(expected);
    }
    sim.step();
    reference.step();
    cycle++;
  }
}

function loopsOf(def: { elaborate(): unknown }): number {
  return new Compilation(elaborate(def as AnyDef)).collected.tasks.flat().filter((a) => a.kind === 'loop').length;
}

const Pe = hw(
  'Pe',
  { load: In(B), wIn: In(S(8)), aIn: In(S(8)), pIn: In(S(32)), wOut: Out(S(8)), aOut: Out(S(8)), pOut: Out(S(32)) },
  (m, io) => {
    const r = m.regs({ w: S(8), a: S(8, -1), p: S(32, 5) });
    m.when(io.load, () => {
      r.w = io.wIn;
    });
    r.a = io.aIn;
    r.p = io.pIn.addWrap(io.aIn.mul(r.w).sext(32));
    io.wOut = r.w;
    io.aOut = r.a;
    io.pOut = r.p;
  },
);

const mesh = (rows: number, columns: number): { elaborate(): unknown } =>
  hw(
    'Mesh',
    {
      load: In(B),
      w: In(vec(S(8), columns)),
      a: In(vec(S(8), rows)),
      p: In(vec(S(32), columns)),
      out: Out(vec(S(32), columns)),
      east: Out(vec(S(8), rows)),
    },
    (m, io) => {
      const g = m.grid('pe', Pe, rows, columns);
      g.all('load', io.load);
      g.fromNorth('wIn', 'wOut', io.w);
      g.fromWest('aIn', 'aOut', io.a);
      g.fromNorth('pIn', 'pOut', io.p);
      io.out = g.rowOut('pOut', rows - 1);
      io.east = g.columnOut('aOut', columns - 1);
    },
  );

/** A cell that holds what comes from one side, or mixes two. */
const Hold = hw('Hold', { x: In(U(12)), y: In(U(12)), k: In(U(5)), outX: Out(U(12)), outY: Out(U(12)) }, (m, io) => {
  const r = m.regs({ first: U(12), second: U(12) });
  r.first = io.x.addWrap(io.k.zext(12));
  r.second = io.y.xor(r.first);
  io.outX = r.first;
  io.outY = r.second;
});

describe('grids', () => {
  for (const [rows, columns] of [
    [3, 5],
    [4, 4],
    [1, 20],
    [7, 1],
    [2, 17],
    [5, 33],
  ]) {
    it(`of ${rows} by ${columns} multiply-accumulate cells behave as their cells do`, () => {
      compare(mesh(rows, columns), 25);
    });
  }

  it('become one loop, whatever their size', () => {
    expect(loopsOf(mesh(3, 5))).toBe(1);
    const bytes = (n: number): number => new Compilation(elaborate(mesh(n, n) as AnyDef)).encode().length;
    expect(bytes(32) - bytes(16)).toBeLessThan(2500);
  });

  for (const [first, second] of [
    ['fromWest', 'fromNorth'],
    ['fromEast', 'fromSouth'],
    ['fromWest', 'fromEast'],
    ['fromNorth', 'fromSouth'],
    ['fromSouth', 'fromWest'],
  ] as const) {
    it(`take values ${first} and ${second} before the neighbours change`, () => {
      const [rows, columns] = [4, 5];
      const size = (from: string): number => (from === 'fromWest' || from === 'fromEast' ? rows : columns);
      const def = hw(
        'Flow',
        {
          a: In(vec(U(12), size(first))),
          b: In(vec(U(12), size(second))),
          k: In(vec(U(5), rows * columns)),
          all: Out(vec(U(12), rows * columns)),
        },
        (m, io) => {
          const g = m.grid('g', Hold, rows, columns);
          g[first]('x', 'outX', io.a);
          g[second]('y', 'outX', io.b);
          g.cell('k', io.k);
          io.all = g.allOut('outY');
        },
      );
      compare(def, 15);
      expect(loopsOf(def)).toBe(1);
    });
  }

  it('read per-row and per-column inputs', () => {
    const Add = hw('AddCell', { r: In(S(70)), c: In(U(3)), n: In(B), o: Out(S(70)), odd: Out(B) }, (m, io) => {
      const q = m.regs({ sum: S(70) });
      q.sum = io.n.mux(io.r.addWrap(io.c.zext(70).asSInt()), q.sum.addWrap(io.r));
      io.o = q.sum;
      io.odd = q.sum.bit(0).xor(io.n);
    });
    const def = hw(
      'Lines',
      { r: In(vec(S(70), 3)), c: In(vec(U(3), 6)), n: In(B), o: Out(vec(S(70), 18)), odd: Out(vec(B, 6)) },
      (m, io) => {
        const g = m.grid('g', Add, 3, 6);
        g.row('r', io.r);
        g.column('c', io.c);
        g.all('n', io.n);
        io.o = g.allOut('o');
        io.odd = g.rowOut('odd', 1);
      },
    );
    compare(def, 15);
    expect(loopsOf(def)).toBe(1);
  });

  it('with combinational chains through their cells are unrolled', () => {
    const Chain = hw('Chain', { a: In(U(8)), s: In(U(16)), o: Out(U(16)) }, (m, io) => {
      const r = m.regs({ held: U(8) });
      r.held = io.a;
      io.o = io.s.addWrap(r.held.zext(16));
    });
    const def = hw('Sum', { a: In(vec(U(8), 12)), first: In(vec(U(16), 1)), o: Out(vec(U(16), 1)) }, (m, io) => {
      const g = m.grid('g', Chain, 1, 12);
      g.cell('a', io.a);
      g.fromWest('s', 'o', io.first);
      io.o = g.columnOut('o', 11);
    });
    compare(def, 12);
  });

  it('whose neighbours see more than a register still become a loop', () => {
    const Mix = hw('Mix', { x: In(U(9)), o: Out(U(9)) }, (m, io) => {
      const r = m.regs({ held: U(9) });
      r.held = io.x.addWrap(1);
      io.o = r.held.xor(0x55);
    });
    const def = hw('Mixes', { x: In(vec(U(9), 3)), o: Out(vec(U(9), 3)) }, (m, io) => {
      const g = m.grid('g', Mix, 3, 7);
      g.fromEast('x', 'o', io.x);
      io.o = g.columnOut('o', 0);
    });
    compare(def, 15);
    expect(loopsOf(def)).toBe(1);
  });

  it('may have instances, memories and checks in their cells', () => {
    const Inner = hw('InnerCell', { d: In(U(16)), q: Out(U(16)) }, (m, io) => {
      const r = m.regs({ held: U(16, 3) });
      r.held = io.d;
      io.q = r.held;
    });
    const cell = (withMemory: boolean): ModuleDef<{ d: ReturnType<typeof In<unknown>> }> =>
      hw('Store', { d: In(U(16)), at: In(U(2)), q: Out(U(16)) }, (m, io) => {
        const u = m.inst('u', Inner);
        u.d = io.d;
        m.cover('big', u.q.gt(0x8000));
        if (withMemory) {
          const cells = m.mem('cells', U(16), 4);
          cells.write(io.at, u.q);
          io.q = cells.read(io.at);
        } else {
          io.q = u.q.addWrap(io.at.zext(16));
        }
      }) as never;
    for (const withMemory of [false, true]) {
      const def = hw('Stores', { d: In(vec(U(16), 6)), at: In(U(2)), q: Out(vec(U(16), 6)) }, (m, io) => {
        const g = m.grid('g', cell(withMemory) as never, 2, 3) as unknown as {
          cell(p: string, v: unknown): void;
          all(p: string, v: unknown): void;
          allOut(p: string): never;
        };
        g.cell('d', io.d);
        g.all('at', io.at);
        io.q = g.allOut('q');
      });
      compare(def, 20);
      expect(loopsOf(def)).toBe(withMemory ? 0 : 1);
    }
  });
});
