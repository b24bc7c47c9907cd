/**
 * Random designs whose repetition is written as loops over lanes: every form of loop that the language has, over wires, registers,
 * bundles and cells of a grid, alone, within each other, under conditions and after defaults. Whatever is declared is an output.
 */
import { B, In, Out, S, U, bitsOf, bundle, enumeration, hw, resetTo, vec, vecOf } from '../../gen/index.ts';
import type { Bool, Builder, ModuleDef, PortMap, SInt, UInt, Value, Vec } from '../../gen/index.ts';
import { RandomExpressions } from './random-expressions.ts';
import type { Leaves } from './random-expressions.ts';
import type { Rng } from './rng.ts';

type Lane = Parameters<Parameters<Builder['each']>[1]>[0];

const Mode = enumeration('Mode', 'off', 'slow', 'fastPath');
const Pair = bundle('Pair', { high: U(5, 3), low: S(7, -2) });

/** What a lane sees: its own elements and what all share. */
interface World {
  readonly m: Builder;
  readonly rng: Rng;
  readonly count: number;
  /** Vectors with an element a lane. */
  readonly words: Vec<UInt>[];
  readonly signed: Vec<SInt>[];
  readonly flags: Vec<Bool>[];
  readonly shared: Leaves;
  readonly shown: Map<string, Value>;
  serial: number;
}

const Cell = hw('Cell', { x: In(U(6)), carry: In(U(6)), y: Out(U(6)), sum: Out(U(6)) }, (m, io) => {
  const r = m.regs({ held: U(6, 1) });
  r.held = io.x.xor(r.held);
  io.y = r.held;
  io.sum = io.carry.addWrap(io.x);
});

function lane(w: World, i: Lane): RandomExpressions {
  const { rng, words, signed, flags, shared } = w;
  const near = <V>(v: Vec<V>): V => v.near(i, rng.between(-2, 2), v.at(rng.chance(0.5) ? 0 : i));
  const any = rng.pick(words);
  // As wide as the lane itself it would be one, which selects only what exists for all lanes.
  const number = (width: number): UInt => i.zext(Math.max(i.width + 1, width));
  return new RandomExpressions(rng, {
    uints: [...words.map((v) => v.at(i)), near(any), number(rng.between(4, 9)), ...shared.uints.slice(0, 2)],
    sints: [...signed.map((v) => v.at(i)), near(signed[0]), ...shared.sints],
    bools: [...flags.map((v) => v.at(i)), i.eq(rng.below(w.count + 2)), near(flags[0]), ...shared.bools],
    vectors: shared.vectors,
  });
}

const fresh = (w: World, what: string): string => `${what}${w.serial++}`;

function show(w: World, name: string, value: unknown): void {
  w.shown.set(name, value as Value);
}

/** Forms of loops. Each declares what it drives. */
const FORMS: readonly ((w: World) => void)[] = [
  function values(w) {
    const { m, count } = w;
    const [a, b, c] = ['sum', 'part', 'flag'].map((x) => fresh(w, x));
    const wires = m.wires({ [a]: vec(U(8), count), [b]: vec(S(7), count), [c]: vec(B, count) }) as unknown as Record<string, Vec<Value>>;
    m.each(count, (i) => {
      const e = lane(w, i);
      wires[a].put(i, e.uint(8, 2));
      wires[b].put(i, e.sint(7, 2));
      wires[c].put(i, e.bool(2));
    });
    w.words.push(wires[a] as unknown as Vec<UInt>);
    w.signed.push(wires[b] as unknown as Vec<SInt>);
    w.flags.push(wires[c] as unknown as Vec<Bool>);
    for (const x of [a, b, c]) show(w, x, wires[x]);
  },
  function declaredInside(w) {
    const { m, count, rng } = w;
    const [a, b, c, p, out] = ['named', 'local', 'state', 'pair', 'inside'].map((x) => fresh(w, x));
    const outside = m.wires({ [out]: vec(U(30), count) }) as unknown as Record<string, Vec<UInt>>;
    m.each(count, (i) => {
      const e = lane(w, i);
      const named = m.let({ [a]: e.uint(6, 2) })[a];
      const own = m.wires({ [b]: U(6) }) as unknown as Record<string, UInt>;
      const state = m.regs({ [c]: U(6, 9) }) as unknown as Record<string, UInt>;
      const pairs = m.regs({ [p]: Pair }) as unknown as Record<string, { high: UInt; low: SInt }>;
      own[b] = e.uint(6, 1);
      m.when(e.bool(1), () => {
        own[b] = named;
        state[c] = state[c].xor(named);
      }).elseWhen(e.bool(1), () => {
        pairs[p].high = e.uint(5, 1);
      }).otherwise(() => {
        if (rng.chance(0.5)) state[c] = own[b];
        pairs[p].low = e.sint(7, 1);
      });
      outside[out].put(i, bitsOf(pairs[p]).cat(named, own[b], state[c]));
      m.assert(fresh(w, 'holds'), e.bool(1).or(true), 'always');
      m.cover(fresh(w, 'seen'), e.bool(1));
    });
    show(w, out, outside[out]);
  },
  function underConditions(w) {
    const { m, count, rng, shared } = w;
    const name = fresh(w, 'kept');
    const r = m.regs({ [name]: vec(U(8, 5), count) }) as unknown as Record<string, Vec<UInt>>;
    const loop = (mayBeWhole = true): void => m.each(count, (i) => {
      const e = lane(w, i);
      if (mayBeWhole && rng.chance(0.5)) r[name].put(i, e.uint(8, 1));
      else m.when(e.bool(1), () => r[name].put(i, e.uint(8, 1)));
    });
    const [c, d] = [rng.pick(shared.bools), rng.pick(shared.bools)];
    m.when(c, () => {
      const hasDefault = rng.chance(0.5);
      if (hasDefault) (r as Record<string, unknown>)[name] = vecOf(Array.from({ length: count }, (_, k) => U(8).lit(k)));
      loop(!hasDefault);
    }).elseWhen(d, () => loop());
    if (rng.chance(0.6)) m.when(d, () => loop());
    if (rng.chance(0.3)) m.when(c.and(d), () => r[name].put(rng.below(count), U(8).lit(77)));
    w.words.push(r[name]);
    show(w, name, r[name]);
  },
  function afterDefault(w) {
    const { m, count, rng, shared } = w;
    const name = fresh(w, 'chosen');
    const wires = m.wires({ [name]: vec(U(8), count) }) as unknown as Record<string, Vec<UInt>>;
    const isConstant = rng.chance(0.5);
    (wires as Record<string, unknown>)[name] = vecOf(w.words[0].map((v) => (isConstant ? U(8).lit(3) : v.zext(17).trunc(8))));
    m.when(rng.pick(shared.bools), () => m.each(count, (i) => {
      const e = lane(w, i);
      m.when(e.bool(1), () => wires[name].put(i, e.uint(8, 2)));
    }));
    w.words.push(wires[name]);
    show(w, name, wires[name]);
  },
  function computedPlaces(w) {
    const { m, count, rng } = w;
    const [name, held] = ['mixed', 'stored'].map((x) => fresh(w, x));
    const wires = m.wires({ [name]: vec(U(8), count) }) as unknown as Record<string, Vec<UInt>>;
    const resets = Array.from({ length: count }, () => rng.below(256));
    const r = m.regs({ [held]: resetTo(vec(U(8), count), resets) }) as unknown as Record<string, Vec<UInt>>;
    (wires as Record<string, unknown>)[name] = vecOf(w.words[0].map((v) => v.zext(17).trunc(8)));
    const place = (i: Lane): UInt => rng.pick([() => i.not(), () => i.addWrap(1), () => i.xor(rng.below(2)), () => i.shr(1), () => i])();
    m.each(count, (i) => {
      const e = lane(w, i);
      m.when(e.bool(1).xor(w.shared.bools[0]), () => wires[name].put(place(i), e.uint(8, 1)));
      m.when(e.bool(1), () => r[held].put(i, e.uint(8, 1)));
      m.when(e.bool(1), () => r[held].put(place(i), e.uint(8, 1)));
    });
    w.words.push(wires[name], r[held]);
    for (const x of [name, held]) show(w, x, x === name ? wires[name] : r[held]);
  },
  function shifted(w) {
    const { m, count, rng } = w;
    const name = fresh(w, 'delay');
    const r = m.regs({ [name]: vec(U(8, rng.chance(0.5) ? 4 : 0), count) }) as unknown as Record<string, Vec<UInt>>;
    if (count > 1) m.each(count - 1, (i) => r[name].put(i.plus(1), r[name].at(i)));
    r[name].put(0, w.words[0].at(rng.below(count)).zext(17).trunc(8));
    w.words.push(r[name]);
    show(w, name, r[name]);
  },
  function chained(w) {
    const { m, count } = w;
    const name = fresh(w, 'chain');
    const wires = m.wires({ [name]: vec(U(8), count) }) as unknown as Record<string, Vec<UInt>>;
    wires[name].put(0, w.words[0].at(0).zext(17).trunc(8));
    const step = (i: Lane): void => wires[name].put(i.plus(1), wires[name].at(i).addWrap(w.words[0].at(i.plus(1)).zext(17).trunc(8)));
    if (count > 1) m.each(count - 1, step);
    w.words.push(wires[name]);
    show(w, name, wires[name]);
  },
  function interleaved(w) {
    const { m, count } = w;
    const name = fresh(w, 'both');
    const length = 2 * count + 1;
    const wires = m.wires({ [name]: vec(U(8), length) }) as unknown as Record<string, Vec<UInt>>;
    m.each(count, (i) => {
      const e = lane(w, i);
      wires[name].put(i.times(2), e.uint(8, 1));
      wires[name].put(i.times(2).plus(1), e.uint(8, 1));
    });
    wires[name].put(2 * count, U(8).lit(1));
    show(w, name, wires[name]);
  },
  function lastWins(w) {
    const { m, count } = w;
    const name = fresh(w, 'last');
    const wires = m.wires({ [name]: U(8) }) as unknown as Record<string, UInt>;
    wires[name] = U(8).lit(255);
    m.each(count, (i) => {
      const e = lane(w, i);
      // Not constant: Icarus does not run a block that reads nothing.
      m.when(e.bool(1).xor(w.shared.bools[0]), () => (wires[name] = e.uint(8, 1)));
    });
    show(w, name, wires[name]);
  },
  function reduced(w) {
    const { m, rng } = w;
    const [s, t, f, g] = ['total', 'largest', 'lowest', 'signedTotal'].map((x) => fresh(w, x));
    show(w, s, m.sum(s, rng.pick(w.words)));
    show(w, g, m.sum(g, rng.pick(w.signed)));
    const isLess = fresh(w, 'isLess');
    show(w, t, m.fold(t, rng.pick(w.words), (a, b) => m.let({ [isLess]: a.lt(b) })[isLess].mux(b, a)));
    const { valid, index } = m.first(f, rng.pick(w.flags));
    show(w, `${f}valid`, valid);
    show(w, `${f}index`, index);
  },
  function nested(w) {
    const { m, count, rng } = w;
    const inner = rng.between(1, 4);
    const [a, b, row, out] = ['matrix', 'memory', 'row', 'cells'].map((x) => fresh(w, x));
    const outside = m.wires({ [out]: vec(vec(U(8), inner), count) }) as unknown as Record<string, Vec<Vec<UInt>>>;
    m.each(count, (i) => {
      const e = lane(w, i);
      const value = e.uint(5, 1);
      const chosen = m.wires({ [row]: vec(U(3), 3) }) as unknown as Record<string, Vec<UInt>>;
      (chosen as Record<string, unknown>)[row] = vecOf([U(3).lit(1), U(3).lit(2), U(3).lit(3)]);
      m.when(e.bool(1), () => chosen[row].put(e.uint(2, 1), e.uint(3, 1)));
      m.each(inner, (j) => {
        const leaves = {
          uints: [value, j.zext(4), i.zext(Math.max(i.width + 1, 5)), e.uint(4, 1), chosen[row].at(e.uint(2, 0))],
          sints: w.shared.sints, bools: [j.eq(1 % inner), i.lt(2 % count), e.bool(1)], vectors: w.shared.vectors,
        };
        const f = new RandomExpressions(rng, leaves);
        const known = m.let({ [a]: f.uint(4, 1) })[a];
        const r = m.regs({ [b]: U(4, 2) }) as unknown as Record<string, UInt>;
        m.when(f.bool(1).xor(w.shared.bools[0]), () => (r[b] = f.uint(4, 1)));
        outside[out].at(i).put(j, known.cat(r[b]));
      });
    });
    show(w, out, outside[out]);
  },
  function switched(w) {
    const { m, count, rng, shared } = w;
    const name = fresh(w, 'mode');
    const r = m.regs({ [name]: vec(Mode.resetTo('slow'), count) }) as unknown as Record<string, Vec<Value>>;
    const set = (i: Lane): void => r[name].put(i, rng.pick([Mode.off, Mode.slow, Mode.fastPath]));
    const some = (i: Lane): void => void m.when(lane(w, i).bool(1), () => set(i));
    m.switchOn(shared.uints[0].zext(9).trunc(2), [[0, () => m.each(count, set)], [[1, 3], () => m.each(count, some)]]);
    show(w, name, r[name]);
  },
  function cells(w) {
    const { m, count } = w;
    const [name, x] = ['grid', 'fed'].map((n) => fresh(w, n));
    const wires = m.wires({ [x]: vec(U(6), count) }) as unknown as Record<string, Vec<UInt>>;
    m.each(count, (i) => wires[x].put(i, lane(w, i).uint(6, 1)));
    const grid = m.grid(name, Cell, 1, count);
    grid.cell('x', wires[x] as never);
    grid.fromWest('carry', 'sum', vecOf([U(6).lit(1)]) as never);
    const y = grid.rowOut('y', 0);
    w.words.push(y as unknown as Vec<UInt>);
    show(w, `${name}y`, y);
    show(w, `${name}sum`, grid.rowOut('sum', 0));
  },
];

function describe(m: Builder, io: Inputs, rng: Rng, count: number): Map<string, Value> {
  const mem = m.mem('lookup', U(8), 8, { init: [1n, 200n, 3n, 77n] });
  mem.write(io.sel, io.a.at(0).exact(8));
  const mask = vecOf(Array.from({ length: count }, (_, k) => io.mask.bit(k)));
  const w: World = {
    m, rng, count, serial: 0, shown: new Map(), words: [io.a], signed: [io.b], flags: [mask],
    shared: { uints: [io.sel, io.word], sints: [io.b.at(0)], bools: [io.go, io.stop], vectors: [io.a as unknown as Vec<Value>] },
  };
  const { read } = m.wires({ read: vec(U(8), count) });
  m.each(count, (i) => read.put(i, mem.read(io.a.at(i).trunc(3))));
  w.words.push(read);
  show(w, 'read', read);
  for (let n = rng.between(3, 6); n > 0; n--) rng.pick(FORMS)(w);
  return w.shown;
}

/** Inputs as the body sees them. */
interface Inputs {
  readonly a: Vec<UInt>;
  readonly b: Vec<SInt>;
  readonly mask: UInt;
  readonly sel: UInt<3>;
  readonly word: UInt;
  readonly go: Bool;
  readonly stop: Bool;
}

/** Makes module `name` of a seed, with at most `mostLanes` lanes. */
export function randomLanes(name: string, rng: () => Rng, mostLanes = 7): ModuleDef<PortMap> {
  const count = rng().between(1, mostLanes);
  const inputs = {
    a: In(vec(U(8), count)), b: In(vec(S(7), count)), mask: In(U(count)), sel: In(U(3)), word: In(U(16)), go: In(B), stop: In(B),
  };
  // What there will be to show is known when it has been described once.
  const widths = new Map<string, number>();
  hw(`${name}Draft`, inputs, (m, io) => {
    for (const [what, value] of describe(m, io as Inputs, rng(), count)) widths.set(what, bitsOf(value).width);
  }).elaborate();
  const outputs = Object.fromEntries([...widths].map(([what, width]) => [`o_${what}`, Out(U(width))]));
  return hw(name, { ...inputs, ...outputs }, (m, io) => {
    const out = io as unknown as Record<string, UInt>;
    for (const [what, value] of describe(m, io as unknown as Inputs, rng(), count)) out[`o_${what}`] = bitsOf(value);
  });
}
