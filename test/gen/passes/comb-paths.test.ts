/** Combinational loops, at the granularity of parts, through instances and grids. */
import { describe, expect, it } from 'vitest';
import { B, In, Out, U, blackBox, bundle, elaborate, hw, vec, vecOf } from '../../../gen/index.ts';
import { combPaths } from '../../../gen/passes/comb-paths.ts';
import { elaborationError, placesIn } from '../errors.ts';

const at = placesIn(import.meta.url);

const Through = hw('Through', { a: In(U(4)), b: In(U(4)), fast: Out(U(4)), slow: Out(U(4)) }, (m, io) => {
  const r = m.regs({ held: U(4, 0) });
  r.held = io.b;
  io.fast = io.a.addWrap(1);
  io.slow = r.held;
});

describe('combinational-loop', () => {
  it('shows the path with the place of each assignment', () => {
    const Top = hw('Top', { out: Out(U(4)) }, (m, io) => {
      const w = m.wires({ a: U(4), b: U(4) });
      w.a = w.b.addWrap(1); // @a
      w.b = w.a.not(); // @b
      io.out = w.a;
    });
    expect(elaborationError(Top)).toBe(`combinational-loop: Top: a (${at('a')}) ← b (${at('b')}) ← a (${at('a')}); put a register into the loop`);
  });

  it('counts conditions and dynamic indices as dependencies', () => {
    expect(elaborationError(hw('Top', { out: Out(B) }, (m, io) => {
      io.out = io.out.not().and(false);
      void m;
    }))).toMatch(/^combinational-loop: Top: out \(\S+\) ← out \(\S+\); put a register into the loop$/);
    expect(elaborationError(hw('Top', { c: In(B), out: Out(B) }, (m, io) => {
      io.out = io.c;
      m.when(io.out, () => {
        io.out = io.c.not();
      });
    }))).toMatch(/^combinational-loop: Top: out /);
    expect(elaborationError(hw('Top', { v: In(vec(U(2), 4)), out: Out(U(2)) }, (_m, io) => {
      io.out = io.v.at(io.out);
    }))).toMatch(/^combinational-loop: Top: out /);
  });

  it('goes through an instance only where it is combinational', () => {
    const Top = (port: 'fast' | 'slow') => hw('Top', { out: Out(U(4)) }, (m, io) => {
      const t = m.inst('through', Through);
      t.a = t[port].not();
      t.b = t.fast;
      io.out = t.slow;
    });
    expect(() => elaborate(Top('slow'))).not.toThrow();
    expect(elaborationError(Top('fast'))).toMatch(/^combinational-loop: Top: through_a \(\S+\) ← through_fast ← through_a \(\S+\); /);
  });

  it('assumes the worst of a black box without clock', () => {
    const box = (clock?: string) => blackBox('Box', { a: In(B), out: Out(B) }, { cell: 'BOX', ...(clock ? { clock } : {}) });
    const Top = (clock?: string) => hw('Top', {}, (m) => {
      const b = m.inst('box', box(clock));
      b.a = b.out.not();
    });
    expect(() => elaborate(Top('C'))).not.toThrow();
    expect(elaborationError(Top())).toMatch(/^combinational-loop: Top: box_a /);
  });

  it('distinguishes fields, elements and slices of what was joined', () => {
    const Pair = bundle('Pair', { high: U(4), low: U(4) });
    const Top = hw('Top', { a: In(U(4)), out: Out(U(4)) }, (m, io) => {
      const w = m.wires({ pair: Pair, v: vec(U(4), 4), joined: vec(U(2), 2) });
      w.pair.low = io.a;
      w.pair.high = w.pair.low.addWrap(1);
      w.v.put(0, w.pair.high);
      for (const i of [0, 1, 2]) w.v.put(i + 1, w.v.at(i).addWrap(1));
      w.joined = vecOf([io.a.trunc(2), w.joined.asUInt().slice(1, 0)]);
      io.out = w.v.at(3).xor(w.joined.asUInt().exact(4));
    });
    expect(() => elaborate(Top)).not.toThrow();
  });

  it('finds cells of a grid that pass a value back and forth', () => {
    const Cell = hw('Cell', { w: In(B), e: In(B), toEast: Out(B), toWest: Out(B) }, (_m, io) => { // @cell
      io.toEast = io.w.xor(io.e);
      io.toWest = io.e.and(io.w);
    });
    const edge = vecOf([B, B].map(() => hwBool()));
    const Top = hw('Top', {}, (m) => {
      const g = m.grid('mesh', Cell, 2, 2); // @grid
      g.fromWest('w', 'toEast', edge);
      g.fromEast('e', 'toWest', edge);
    });
    expect(elaborationError(Top)).toBe(
      `combinational-loop: cells of grid Top.mesh pass toEast back and forth  at ${at('grid')}, declared at ${at('cell')}; put a register into the cell`,
    );
  });

  it('finds a loop from a grid\'s output to its edge', () => {
    const Cell = hw('Cell', { a: In(U(4)), out: Out(U(4)) }, (_m, io) => {
      io.out = io.a.addWrap(1);
    });
    const Top = hw('Top', {}, (m) => {
      const g = m.grid('mesh', Cell, 2, 2);
      const w = m.wires({ west: vec(U(4), 2) });
      g.fromWest('a', 'out', w.west);
      w.west = g.columnOut('out', 1);
    });
    expect(elaborationError(Top)).toMatch(/^combinational-loop: Top: .*mesh_out_col1/);
  });

  it('survives chains of thousands of signals', () => {
    const Top = hw('Top', { a: In(U(4)), out: Out(U(4)) }, (m, io) => {
      const names = Array.from({ length: 5000 }, (_, i) => `w${i}`);
      const w = m.wires(Object.fromEntries(names.map((n) => [n, U(4)])));
      for (const [i, n] of names.entries()) w[n] = (i === 0 ? io.a : w[names[i - 1]]).not();
      io.out = w.w4999;
    });
    expect(() => elaborate(Top)).not.toThrow();
  });
});

describe('combPaths', () => {
  it('summarises which outputs follow which inputs', () => {
    const summary = combPaths(Through.elaborate());
    expect(Object.fromEntries([...summary].map(([k, v]) => [k, [...v]]))).toEqual({ fast: ['a'], slow: [] });
  });

  it('follows an expression of 20,000 operations', () => {
    const Chain = hw('Chain', { a: In(U(4)), b: In(U(4)), out: Out(U(4)) }, (_m, io) => {
      let sum = io.a;
      for (let i = 0; i < 20_000; i++) sum = sum.addWrap(i % 2 === 0 ? io.b : 1);
      io.out = sum;
    });
    expect(combPaths(Chain.elaborate()).get('out')).toEqual(new Set(['a', 'b']));
  });
});

function hwBool() {
  return U(1).lit(1).asBool();
}
