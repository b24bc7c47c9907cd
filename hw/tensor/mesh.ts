/**
 * The systolic mesh: R × C weight-stationary multiply-accumulate cells with two weights each, so that the next tile comes in
 * while the present one is used. Knows nothing of memories or commands.
 *
 * Values pass from cell to cell without a register within tiles of `pipelineEvery` cells each way; p is that number. Timing, with an
 * activation row given in cycle t: row r of the mesh sees its lane in cycle t + ⌊r/p⌋ (skew), column c ⌊c/p⌋ cycles later, and `sums`
 * holds all columns of that row in cycle t + R/p + C/p - 1 (deskew). `bank` tells which of the two weights an activation row uses, and
 * it travels with the row.
 *
 * The weights of a column, given with `load` of their bank, wait for nobody: row r takes its lane ⌊r/p⌋ cycles later, as it takes
 * activations. An activation row finds those of column c in place if it comes less than ⌊c/p⌋ cycles before them, or after them; they may
 * be replaced ⌊c/p⌋ cycles after the last row that needs them came, or later.
 */
import { B, Flag, In, Out, S, U, cat, hw, indexWidth, resetTo, vec, vecOf } from '../../gen/index.ts';
import type { Bool, ModuleDef, SInt, UInt, Vec } from '../../gen/index.ts';
import { DualMultiplier } from '../lib/ice40.ts';
import { withOnly } from '../lib/with-only.ts';
import { partialSumBits, weightsPerCycle } from './params.ts';
import type { TensorParams } from './params.ts';

/** One cell: `pOut = pIn + a·w[bank]` one cycle later; `a` and `bank` go east, `p` and the orders to load a weight go south. */
const Pe = (sumBits: number) =>
  hw(
    'Pe',
    {
      load0In: In(B), load1In: In(B), w: In(S(8)), aIn: In(S(8)), bankIn: In(B), pIn: In(S(sumBits)),
      load0Out: Out(B), load1Out: Out(B), aOut: Out(S(8)), bankOut: Out(B), pOut: Out(S(sumBits)),
    },
    (m, io) => {
      m.doc('Weight-stationary multiply-accumulate cell with two weights: one in use, one coming in.');
      const r = m.regs({ load0: Flag(false), load1: Flag(false), w0: S(8), w1: S(8), a: S(8), bank: B, p: S(sumBits) });
      r.load0 = io.load0In;
      r.load1 = io.load1In;
      m.when(io.load0In, () => {
        r.w0 = io.w;
      });
      m.when(io.load1In, () => {
        r.w1 = io.w;
      });
      r.a = io.aIn;
      r.bank = io.bankIn;
      const { weight } = m.let({ weight: io.bankIn.mux(r.w1, r.w0) });
      const product = io.aIn.mul(weight).named('product');
      r.p = io.pIn.addWrap(product.sext(sumBits));
      io.load0Out = r.load0;
      io.load1Out = r.load1;
      io.aOut = r.a;
      io.bankOut = r.bank;
      io.pOut = r.p;
    },
  );

/** Two cells above each other that share one DSP block of an iCE40 (two 8×8 products). */
const PePair = (sumBits: number) =>
  hw(
    'PePair',
    {
      load0In: In(B), load1In: In(B), w: In(vec(S(8), 2)), aIn: In(vec(S(8), 2)), bankIn: In(vec(B, 2)), pIn: In(S(sumBits)),
      load0Out: Out(B), load1Out: Out(B), aOut: Out(vec(S(8), 2)), bankOut: Out(vec(B, 2)), pOut: Out(S(sumBits)),
    },
    (m, io) => {
      m.doc('Two weight-stationary cells, north and south, on one dual 8x8 multiplier.');
      const r = m.regs({
        load0: resetTo(vec(B, 2), [false, false]), load1: resetTo(vec(B, 2), [false, false]),
        w0: vec(S(8), 2), w1: vec(S(8), 2), a: vec(S(8), 2), bank: vec(B, 2), north: S(sumBits), south: S(sumBits),
      });
      r.load0 = vecOf([io.load0In, r.load0.at(0)]);
      r.load1 = vecOf([io.load1In, r.load1.at(0)]);
      for (const [weights, orders] of [[r.w0, [io.load0In, r.load0.at(0)]], [r.w1, [io.load1In, r.load1.at(0)]]] as const) {
        for (const [i, order] of orders.entries()) {
          m.when(order, () => {
            weights.put(i, io.w.at(i));
          });
        }
      }
      r.a = io.aIn;
      r.bank = io.bankIn;
      const multiply = m.inst('multiply', DualMultiplier('ice40'));
      multiply.a0 = io.aIn.at(0);
      multiply.b0 = io.bankIn.at(0).mux(r.w1.at(0), r.w0.at(0));
      multiply.a1 = io.aIn.at(1);
      multiply.b1 = io.bankIn.at(1).mux(r.w1.at(1), r.w0.at(1));
      r.north = io.pIn.addWrap(multiply.p0.sext(sumBits));
      r.south = r.north.addWrap(multiply.p1.sext(sumBits));
      io.load0Out = r.load0.at(1);
      io.load1Out = r.load1.at(1);
      io.aOut = r.a;
      io.bankOut = r.bank;
      io.pOut = r.south;
    },
  );

/** `size` × `size` cells with registers at the east and south sides only; each column adds its products to what comes from the north. */
const Tile = (sumBits: number, size: number, multiplier: TensorParams['multiplier'], several: boolean) => {
  const lanes = vec(S(8), size);
  const orders = vec(B, size);
  const sums = vec(S(sumBits), size);
  return hw(
    'Tile',
    withOnly({
      load0In: In(orders), load1In: In(orders), w: In(lanes), wOfColumns: In(vec(lanes, size)),
      aIn: In(lanes), bankIn: In(B), pIn: In(sums),
      load0Out: Out(orders), load1Out: Out(orders), aOut: Out(lanes), bankOut: Out(B), pOut: Out(sums),
    }, { w: !several, wOfColumns: several }),
    (m, io) => {
      m.doc(`${size} x ${size} weight-stationary cells that pass on within one cycle what they get.`);
      const none = upTo(size).map(() => false);
      const r = m.regs({
        load0: resetTo(orders, none), load1: resetTo(orders, none), w0: vec(lanes, size), w1: vec(lanes, size), a: lanes, bank: B, p: sums,
      });
      r.load0 = io.load0In;
      r.load1 = io.load1In;
      m.each(size, (column) => {
        m.when(io.load0In.at(column), () => {
          r.w0.put(column, several ? io.wOfColumns.at(column) : io.w);
        });
        m.when(io.load1In.at(column), () => {
          r.w1.put(column, several ? io.wOfColumns.at(column) : io.w);
        });
      });
      const weights = m.map('weights', size, (column) => io.bankIn.mux(r.w1.at(column), r.w0.at(column)));
      r.a = io.aIn;
      r.bank = io.bankIn;
      const added = m.wires({ added: vec(S(16 + Math.ceil(Math.log2(size))), size) }).added;
      if (multiplier === 'ice40' && size % 2 === 0) {
        for (const column of upTo(size)) {
          const products = upTo(size / 2).flatMap((pair) => {
            const multiply = m.inst(`multiply${column}_${pair}`, DualMultiplier('ice40'));
            [multiply.a0, multiply.b0] = [io.aIn.at(2 * pair), weights.at(column).at(2 * pair)];
            [multiply.a1, multiply.b1] = [io.aIn.at(2 * pair + 1), weights.at(column).at(2 * pair + 1)];
            return [multiply.p0, multiply.p1];
          });
          added.put(column, total(products).sext(added.at(column).width));
        }
      } else {
        m.each(size, (column) => {
          const products = upTo(size).map((row) => io.aIn.at(row).mul(weights.at(column).at(row)).named(`product${row}`));
          added.put(column, total(products).sext(added.at(0).width));
        });
      }
      m.each(size, (column) => {
        r.p.put(column, io.pIn.at(column).addWrap(added.at(column).sext(sumBits)));
      });
      io.load0Out = r.load0;
      io.load1Out = r.load1;
      io.aOut = r.a;
      io.bankOut = r.bank;
      io.pOut = r.p;
    },
  );
};

/** Exact sum, as a balanced tree: the path through a tile grows with the logarithm of its size. */
const total = (terms: readonly SInt[]): SInt =>
  (terms.length === 1 ? terms[0] : total(terms.slice(0, terms.length / 2)).addGrow(total(terms.slice(terms.length / 2))));

/** Lane i leaves `delays[i]` cycles after it came. */
const DelayLanes = <W extends number>(name: string, bits: W, delays: readonly number[]) =>
  hw(name, { lanesIn: In(vec(S(bits), delays.length)), lanesOut: Out(vec(S(bits), delays.length)) }, (m, io) => {
    m.doc(`Delays lane i by ${describe(delays)} cycles.`);
    for (const [i, delay] of delays.entries()) {
      const lane = io.lanesIn.at(i);
      if (delay === 0) {
        io.lanesOut.put(i, lane);
        continue;
      }
      const key = `lane${i}`;
      const r = m.regs({ [key]: vec(S(bits), delay) });
      const stages = r[key];
      r[key] = vecOf([lane, ...stages.toArray().slice(0, -1)]);
      io.lanesOut.put(i, stages.at(delay - 1));
    }
  });

/** Of delays that grow or fall by one a lane, or by one every few lanes, as the mesh needs them. */
function describe(delays: readonly number[]): string {
  const most = Math.max(...delays);
  const each = delays.length / (most + 1);
  const lane = each === 1 ? 'i' : `(i / ${each})`;
  return most === 0 ? '0' : delays[0] === 0 ? lane.replace(/[()]/g, '') : `${most} - ${lane}`;
}

const upTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

/** Row and column of a grid's cell from its number; `columns` is a power of two. */
function split(cell: UInt, columns: number): { readonly row: UInt; readonly column: UInt } {
  const bits = Math.log2(columns);
  const row = bits === 0 ? cell : cell.width > bits ? cell.slice(cell.width - 1, bits) : U(1).lit(0);
  return { row, column: bits === 0 ? U(1).lit(0) : cell.slice(bits - 1, 0) };
}
/** Place `i` of group `group` of as many as `size`, which is a power of two. */
const inside = (group: UInt, size: number, i: number): UInt => cat(group, U(Math.log2(size)).lit(i));

const inGroups = <V>(items: readonly V[], size: number): Vec<Vec<V>> =>
  vecOf(upTo(items.length / size).map((i) => vecOf(items.slice(size * i, size * (i + 1)))));

const allPorts = (p: TensorParams) => ({
  a: In(vec(S(8), p.rows)),
  bank: In(B),
  /** Weights of one column, and for which bank, if for any. */
  w: In(vec(S(8), p.rows)),
  load0: In(B),
  load1: In(B),
  loadColumn: In(U(indexWidth(p.columns))),
  /** Where several columns can be loaded at once (`weightsPerCycle`): all from `loadColumn` on, which is a multiple of their number. */
  loadAll: In(B),
  /** In the place of `w`: column c takes its weights from number c modulo `weightsPerCycle`. */
  wAll: In(vec(vec(S(8), p.rows), weightsPerCycle(p))),
  sums: Out(vec(S(partialSumBits(p)), p.columns)),
});
export const meshPorts = (p: TensorParams): ReturnType<typeof allPorts> => {
  const several = weightsPerCycle(p) > 1;
  return withOnly(allPorts(p), { w: !several, loadAll: several, wAll: several });
};

export function Mesh(p: TensorParams): ModuleDef<ReturnType<typeof meshPorts>> {
  const sumBits = partialSumBits(p);
  return hw('Mesh', meshPorts(p), (m, io) => {
    m.doc(`Weight-stationary mesh of ${p.rows} x ${p.columns} cells with skewed inputs and aligned outputs.`);
    const tile = p.pipelineEvery;
    const skewed = DelayLanes('Skew', 8, upTo(p.rows).map((row) => Math.floor(row / tile)));
    const skew = m.inst('skew', skewed);
    skew.lanesIn = io.a;
    const W = weightsPerCycle(p);
    const several = W > 1;
    const skewedLike = (name: string, lanes: Vec<SInt<8>>): Vec<SInt<8>> => {
      const delayed = m.inst(name, skewed);
      delayed.lanesIn = lanes;
      return delayed.lanesOut;
    };
    const weights = several ? vecOf(upTo(W).map((i) => skewedLike(`skewWeights${i}`, io.wAll.at(i)))) : vecOf([skewedLike('skewWeights', io.w)]);
    const groupBits = Math.log2(W);
    const loads = (name: string, load: Bool): Vec<Bool> =>
      m.map(name, p.columns, (i) => {
        const column = i.zext(io.loadColumn.width);
        if (!several) return load.and(io.loadColumn.eq(column));
        const inGroup = W === p.columns ? io.loadAll : io.loadAll.and(io.loadColumn.shr(groupBits).eq(column.shr(groupBits)));
        return load.and(io.loadColumn.eq(column).or(inGroup));
      });
    const [loads0, loads1] = [loads('loads0', io.load0), loads('loads1', io.load1)];
    const banks: Bool[] = [io.bank];
    if (p.rows > tile) {
      const r = m.regs({ bankDelay: vec(B, p.rows / tile - 1) });
      const stages = r.bankDelay.toArray();
      banks.push(...stages);
      r.bankDelay = vecOf([io.bank, ...stages.slice(0, -1)]);
    }
    const zero = vecOf(upTo(p.columns).map(() => S(sumBits).lit(0)));
    const form = tile > 1 ? tiles : p.multiplier === 'ice40' && p.rows % 2 === 0 ? pairs : cells;
    const bottom = form(skew.lanesOut, banks, zero);
    const deskew = m.inst('deskew', DelayLanes('Deskew', sumBits, upTo(p.columns).reverse().map((column) => Math.floor(column / tile))));
    deskew.lanesIn = bottom;
    io.sums = deskew.lanesOut;

    /** Weights of a column; the low bits of its number tell. */
    function ofColumn(column: UInt): Vec<SInt<8>> {
      return weights.at(column.width > groupBits ? column.slice(groupBits - 1, 0) : column);
    }

    function cells(a: Vec<SInt<8>>, bank: readonly Bool[], north: Vec<SInt>): Vec<SInt> {
      const grid = m.grid('pe', Pe(sumBits), p.rows, p.columns);
      grid.fromNorth('load0In', 'load0Out', loads0);
      grid.fromNorth('load1In', 'load1Out', loads1);
      if (several) {
        grid.cell('w', m.map('cellWeights', p.rows * p.columns, (i) => {
          const { row, column } = split(i, p.columns);
          return ofColumn(column).at(row);
        }));
      } else grid.row('w', weights.at(0));
      grid.fromWest('aIn', 'aOut', a);
      grid.fromWest('bankIn', 'bankOut', vecOf(bank));
      grid.fromNorth('pIn', 'pOut', north);
      return grid.rowOut('pOut', p.rows - 1);
    }

    function pairs(a: Vec<SInt<8>>, bank: readonly Bool[], north: Vec<SInt>): Vec<SInt> {
      const grid = m.grid('pair', PePair(sumBits), p.rows / 2, p.columns);
      const two = <V>(items: readonly V[]): Vec<Vec<V>> => inGroups(items, 2);
      grid.fromNorth('load0In', 'load0Out', loads0);
      grid.fromNorth('load1In', 'load1Out', loads1);
      if (several) {
        grid.cell('w', m.map('pairWeights', (p.rows / 2) * p.columns, (i) => {
          const { row, column } = split(i, p.columns);
          return vecOf(upTo(2).map((half) => ofColumn(column).at(inside(row, 2, half))));
        }));
      } else grid.row('w', two(weights.at(0).toArray()));
      grid.fromWest('aIn', 'aOut', two(a.toArray()));
      grid.fromWest('bankIn', 'bankOut', two(bank));
      grid.fromNorth('pIn', 'pOut', north);
      return grid.rowOut('pOut', p.rows / 2 - 1);
    }

    function tiles(a: Vec<SInt<8>>, bank: readonly Bool[], north: Vec<SInt>): Vec<SInt> {
      const grid = m.grid('tile', Tile(sumBits, tile, p.multiplier, several), p.rows / tile, p.columns / tile);
      grid.fromNorth('load0In', 'load0Out', inGroups(loads0.toArray(), tile));
      grid.fromNorth('load1In', 'load1Out', inGroups(loads1.toArray(), tile));
      if (several) {
        grid.cell('wOfColumns', m.map('tileWeights', (p.rows / tile) * (p.columns / tile), (i) => {
          const { row, column } = split(i, p.columns / tile);
          return vecOf(upTo(tile).map((c) => vecOf(upTo(tile).map((r) => ofColumn(inside(column, tile, c)).at(inside(row, tile, r))))));
        }));
      } else grid.row('w', inGroups(weights.at(0).toArray(), tile));
      grid.fromWest('aIn', 'aOut', inGroups(a.toArray(), tile));
      grid.fromWest('bankIn', 'bankOut', vecOf(bank));
      grid.fromNorth('pIn', 'pOut', inGroups(north.toArray(), tile));
      return vecOf(grid.rowOut('pOut', p.rows / tile - 1).toArray().flatMap((sums) => sums.toArray()));
    }
  });
}
