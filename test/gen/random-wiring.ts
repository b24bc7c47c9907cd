/**
 * Random modules in which signals are wired to each other without regard to loops, and random drivers of vectors by lane, right and wrong:
 * what the quick forms of the checks say of them is compared with what the slow ones say. They are described, not elaborated.
 */
import { B, In, Out, U, bitsOf, bundle, hw, vec, vecOf } from '../../gen/index.ts';
import type { Bool, Builder, UInt } from '../../gen/index.ts';
import type { Module } from '../../gen/ir/module.ts';
import type { Rng } from './rng.ts';

type Lane = Parameters<Parameters<Builder['each']>[1]>[0];

const Pair = bundle('Pair', { high: U(4), low: U(4) });

const Half = hw('Half', { a: In(U(4)), b: In(U(4)), fromA: Out(U(4)), fromBoth: Out(U(4)), late: Out(U(4)) }, (m, io) => {
  const r = m.regs({ kept: U(4, 0) });
  const w = m.wires({ pair: Pair });
  r.kept = io.b;
  w.pair.high = io.a;
  w.pair.low = io.b;
  io.fromA = w.pair.high;
  io.fromBoth = io.a.xor(w.pair.low);
  io.late = r.kept;
});

/** Wires, fields, elements, instances and cells, each driven once by some of the others: now and then in a loop. */
export function randomWiring(rng: Rng): Module {
  const count = rng.between(2, 4);
  return hw('Wiring', { a: In(U(4)), v: In(vec(U(4), count)), go: In(B), x: Out(U(4)), y: Out(vec(U(4), count)) }, (m, io) => {
    const w = m.wires({ one: U(4), two: U(4), pair: Pair, lanes: vec(U(4), count), fed: vec(U(4), count), flag: B });
    const r = m.regs({ kept: U(4, 0) });
    const half = m.inst('half', Half);
    const grid = m.grid('cells', Half, 1, count);
    grid.cell('a', w.fed);
    grid.fromWest('b', rng.pick(['fromA', 'fromBoth', 'late']), vecOf([w.two]));
    const out = grid.rowOut(rng.pick(['fromA', 'fromBoth', 'late']), 0);
    const known: (() => UInt)[] = [() => io.a, () => io.v.at(rng.below(count)), () => r.kept, () => half.late];
    const others: (() => UInt)[] = [
      () => w.one, () => w.two, () => w.pair.high, () => w.pair.low, () => bitsOf(w.pair).slice(7, 4).exact(4),
      () => half.fromA, () => half.fromBoth, () => w.lanes.at(rng.below(count)), () => w.lanes.at(w.two), () => out.at(rng.below(count)),
    ];
    const source = (): UInt => rng.pick(rng.chance(0.98) ? known : others)();
    const some = (): UInt<4> => {
      const value = source();
      return (rng.chance(0.5) ? value : rng.chance(0.5) ? value.xor(source()) : w.flag.mux(value, source())).exact(4);
    };
    w.flag = rng.chance(0.8) ? io.go : some().eq(1);
    // What is driven may be read by those after it, now and then by one before it.
    const drives: readonly (readonly [() => void, ...(() => UInt)[]])[] = [
      [() => (w.one = some()), () => w.one],
      [() => (w.two = some()), () => w.two],
      [() => (half.a = some()), () => half.fromA],
      [() => (half.b = some())],
      [() => (w.pair.high = some()), () => w.pair.high],
      [() => {
        w.pair.low = some();
        m.when(rng.chance(0.8) ? io.go : w.flag, () => (w.pair.low = some()));
      }, () => w.pair.low],
      [() => m.each(count, (i) => {
        w.lanes.put(i, rng.chance(0.5) ? io.v.at(i) : w.lanes.near(i, rng.pick([-1, -1, 1, 0]), some()));
        if (rng.chance(0.3)) m.when(i.eq(rng.below(count)), () => w.lanes.put(i, some()));
      }), () => w.lanes.at(rng.below(count)), () => w.lanes.at(w.two)],
      [() => m.each(count, (i) => w.fed.put(i, rng.chance(0.7) ? w.lanes.at(i) : out.near(i, -1, some()))), () => out.at(rng.below(count))],
    ];
    const shuffled = drives.map((of) => ({ of, rank: rng.below(1000) })).sort((a, b) => a.rank - b.rank);
    for (const { of: [drive, ...reads] } of shuffled) {
      drive();
      known.push(...reads);
    }
    r.kept = some();
    io.x = some();
    io.y = out;
  }).elaborate();
}

/** Vectors, of bundles and of vectors too, whose elements loops drive: all of them or some, once or twice, on all paths or not. */
export function randomDrivers(rng: Rng): Module {
  // Long enough for all places below.
  const length = 9;
  return hw('Drivers', { go: In(B), sel: In(U(2)), word: In(U(4)) }, (m, io) => {
    const w = m.wires({ flat: vec(U(4), length), pairs: vec(Pair, length), matrix: vec(vec(U(4), length), length), one: U(4) });
    const value = (i?: Lane): UInt<4> => (i && rng.chance(0.5) ? i.zext(4).exact(4) : io.word);
    const condition = (i?: Lane): Bool => (i && rng.chance(0.5) ? i.eq(0) : io.go);
    const place = (i: Lane | undefined): Lane | UInt | number => {
      if (rng.chance(0.03)) return io.sel;
      if (!i || rng.chance(0.05)) return rng.below(length);
      return rng.pick([() => i, () => i, () => i.plus(rng.below(3)), () => i.times(2), () => i.times(2).plus(1)])();
    };
    // Most of what stands together drives one vector.
    let usual = 0;
    const drive = (lanes: readonly Lane[]): void => {
      const [i, j] = rng.chance(0.9) ? lanes : [...lanes].reverse();
      const forms: readonly (() => void)[] = [
        () => w.flat.put(place(i), value(i)),
        () => (w.pairs.at(place(i)).high = value(i)),
        () => (w.pairs.at(place(i)).low = value(i)),
        () => w.matrix.at(place(i)).put(place(rng.chance(0.8) ? j : i), value(i)),
        () => w.matrix.at(place(i)).put(place(j), value(i)),
        () => (w.one = value(i)),
      ];
      forms[rng.chance(0.9) ? usual : rng.below(forms.length)]();
    };
    const statements = (depth: number, lanes: readonly Lane[]): void => {
      for (let n = rng.between(1, 3); n > 0; n--) {
        const inner = (): void => statements(depth - 1, lanes);
        const form = depth === 0 ? 0 : rng.below(10);
        if (form < 4) drive(lanes);
        else if (form < 6) m.when(condition(rng.pick([...lanes, undefined])), inner);
        else if (form < 8) m.when(condition(rng.pick([...lanes, undefined])), inner).otherwise(inner);
        else if (form < 9) m.switchOn(io.sel, [[0, inner], [[1, 3], inner]], rng.chance(0.5) ? inner : undefined);
        else m.each(rng.between(1, 4), (k) => statements(depth - 1, [...lanes, k]));
      }
    };
    for (let n = rng.between(1, 3); n > 0; n--) {
      usual = rng.below(6);
      if (rng.chance(0.2)) statements(1, []);
      else m.each(rng.between(1, 4), (i) => statements(rng.below(3), [i]));
    }
  }).elaborate();
}
