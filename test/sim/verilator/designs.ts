/** Small designs that between them have everything the engine makes accessible. */
import { B, Flag, In, Out, S, U, bool, bundle, cat, hw, vec, vecOf } from '../../../gen/index.ts';
import type { UInt } from '../../../gen/index.ts';

/** Counts; asserts that its count stays below 100 and covers its wrap at 10. */
export const Counter = hw('Counter', { enable: In(B), count: Out(U(8)), atTen: Out(B) }, (m, io) => {
  const r = m.regs({ value: U(8, 0) });
  const { increment } = m.let({ increment: U(8).lit(1) });
  m.when(io.enable, () => {
    r.value = r.value.addWrap(increment);
  });
  const { isTen } = m.let({ isTen: r.value.eq(10) });
  m.cover('reachedTen', isTen);
  m.assert('bounded', r.value.lt(100), 'the count must stay below 100');
  io.count = r.value;
  io.atTen = isTen;
});

/** Passes its input east with one cycle's delay and sums north to south. */
const Cell = hw('SumCell', { westIn: In(S(8)), northIn: In(S(16)), eastOut: Out(S(8)), southOut: Out(S(16)) }, (m, io) => {
  const r = m.regs({ held: S(8, 0), sum: S(16, 0) });
  r.held = io.westIn;
  r.sum = io.northIn.addWrap(io.westIn.sext(16));
  io.eastOut = r.held;
  io.southOut = r.sum;
});

const Pair = bundle('Pair', { high: U(4, 0), low: U(8, 0) });

/** A child, a 2 × 3 grid, a bundle, a vector, a wide memory, and a memory that only the back door writes. */
export const Assortment = hw(
  'Assortment',
  {
    enable: In(B), rows: In(vec(S(8), 2)), addr: In(U(4)), data: In(U(70)), write: In(B),
    read: Out(U(70)), constant: Out(U(12)), sums: Out(vec(S(16), 3)), count: Out(U(8)), done: Out(B), state: Out(U(28 as number)),
  },
  (m, io) => {
    const counter = m.inst('counter', Counter);
    counter.enable = io.enable;
    io.count = counter.count;
    io.done = counter.atTen;

    const r = m.regs({ pair: Pair, lanes: vec(U(5, 0), 3), seen: Flag(false) });
    r.pair.low = r.pair.low.addWrap(3);
    r.pair.high = r.pair.high.addWrap(1);
    r.lanes.put(0, r.lanes.at(0).addWrap(1));
    r.lanes.put(1, r.lanes.at(1).subWrap(1));
    r.lanes.put(2, r.lanes.at(0));
    m.when(io.write, () => {
      r.seen = bool(true);
    });

    io.state = cat(r.pair.high, r.pair.low, r.lanes, r.seen);

    const wide = m.mem('wide', U(70), 16);
    m.when(io.write, () => wide.write(io.addr, io.data));
    io.read = wide.read(io.addr);
    // Large enough that its contents are a file.
    io.constant = m.mem('rom', U(12), 100, { init: [5n, 6n] }).read(io.addr.zext(7));

    const grid = m.grid('mesh', Cell, 2, 3);
    grid.fromWest('westIn', 'eastOut', io.rows);
    grid.fromNorth('northIn', 'southOut', vecOf([1, 2, 3].map((edge) => S(16).lit(edge))));
    io.sums = grid.rowOut('southOut', 1);
  },
);

/** Nothing but gates: it has neither clock nor reset. Its outputs are named like members of Verilator's class. */
export const Gates = hw('Gates', { a: In(U(4)), b: In(U(4)), name: Out(U(5)), eval: Out(B) }, (_m, io) => {
  io.name = io.a.addGrow(io.b);
  io.eval = io.a.gt(io.b);
});

/** Passes on, and asserts that its sum stays small; its state is called like the blocks and cells of a grid. */
const NastyCell = hw('SystoleShell', { a: In(U(4)), o: Out(U(4)) }, (m, io) => {
  const r = m.regs({ cell_i: U(4, 0), mesh_row: U(4, 0) });
  r.cell_i = io.a;
  r.mesh_row = r.cell_i;
  m.assert('bounded', r.mesh_row.lt(12), 'the row must stay small');
  io.o = r.mesh_row;
});

/** Names that meet in the text: of the shell, of its ports, of the module itself, of blocks of grids, of counters of covers. */
export const Nasty = hw('p_a', { a: In(U(4)), out: Out(U(4)) }, (m, io) => {
  const long = 'x'.repeat(100);
  const kept = m.regs({ [long]: U(4, 0) }) as Record<string, UInt<4>>;
  kept[long] = io.a;
  const r = m.regs({ cover_x: U(4, 0), p_a: bundle('Own', { list: U(4, 0), other: U(4, 0) }), mesh_row: U(4, 0), mesh_col: U(4, 0) });
  r.cover_x = io.a;
  r.p_a.list = r.cover_x;
  r.p_a.other = r.p_a.list;
  r.mesh_row = r.p_a.other;
  r.mesh_col = r.mesh_row;
  const ram = m.mem('cell_i', U(4), 16, { init: [3n] });
  ram.write(io.a, kept[long]);
  m.cover('x', r.cover_x.eq(5));
  m.assert('below', r.mesh_col.lt(14), 'the column must stay small');
  const mesh = m.grid('mesh', NastyCell, 1, 2);
  mesh.fromWest('a', 'o', vecOf([r.mesh_col]));
  io.out = mesh.columnOut('o', 1).at(0).xor(ram.read(io.a));
});
