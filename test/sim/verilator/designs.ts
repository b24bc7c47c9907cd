/** Small designs that between them have everything the engine makes accessible. */
import { B, Flag, In, Out, S, U, bool, bundle, cat, hw, vec, vecOf } from '../../../gen/index.ts';

/** Counts; asserts that its count stays below 100 and covers its wrap at 10. */
export const Counter = hw('Counter', { enable: In(B), count: Out(U(8)), atTen: Out(B) }, (m, io) => {
  const r = m.regs({ value: U(8, 0) });
  m.when(io.enable, () => {
    r.value = r.value.addWrap(1);
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
    io.constant = m.mem('rom', U(12), 10, { init: [5n, 6n] }).read(io.addr);

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
