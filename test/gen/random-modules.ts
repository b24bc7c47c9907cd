/** Random small modules of statements: registers, wires, memories, vectors and bundles under `when`, `switch` and dynamic indices. */
import { B, Flag, In, Out, S, U, bitsOf, bundle, enumeration, hw, valueOf, vec } from '../../gen/index.ts';
import type { Bool, Builder, ModuleDef, PortMap, SInt, UInt, Value, Vec } from '../../gen/index.ts';
import { RandomExpressions } from './random-expressions.ts';
import type { Leaves } from './random-expressions.ts';
import type { Rng } from './rng.ts';

export const INPUTS = { ua: U(3), ub: U(8), sa: S(8), sb: S(12), ba: B, bb: B } as const;

const Mode = enumeration('Mode', 'off', 'slow', 'fastPath');
const Pair = bundle('Pair', { high: U(5, 3), low: S(7, -2) });

/** Makes module `name`; the same generator state makes the same module. */
export function randomModule(name: string, rng: Rng): ModuleDef<PortMap> {
  const inputs = Object.fromEntries(Object.entries(INPUTS).map(([n, shape]) => [n, In<unknown>(shape)]));
  const outputs = {
    regA: Out(U(8)), regB: Out(S(12)), regC: Out(B), regPair: Out(U(12)), regLanes: Out(U(15)), regMode: Out(U(2)), regFree: Out(U(6)),
    wireA: Out(U(8)), wireB: Out(S(12)), wireC: Out(B), wirePair: Out(U(12)), wireLanes: Out(U(12)), word: Out(U(12)), held: Out(U(12)),
  };
  return hw(name, { ...inputs, ...outputs }, (m, io) => {
    const at = io as unknown as Record<string, Value>;
    const out = io as unknown as Record<string, unknown>;
    const r = m.regs({ a: U(8, 5), b: S(12, -3), c: Flag(true), pair: Pair, lanes: vec(U(5, 9), 3), mode: Mode.resetTo('slow'), free: U(6) });
    const w = m.wires({ wa: U(8), wb: S(12), wc: B, wpair: Pair, wlanes: vec(S(4), 3) });
    const mem = m.mem('store', U(12), 10);
    const word = mem.read(bits(at, 4));
    const held = mem.readSync('heldWord', bits(at, 4), at.bb as Bool);

    const stored: Leaves = {
      uints: [at.ua as UInt, at.ub as UInt, r.a, r.pair.high, r.free, word, held, r.mode.asUInt()],
      sints: [at.sa as SInt, at.sb as SInt, r.b, r.pair.low],
      bools: [at.ba as Bool, at.bb as Bool, r.c, r.mode.eq('fastPath')],
      vectors: [r.lanes as unknown as Vec<Value>],
    };
    const early = new RandomExpressions(rng, stored);
    // A wire may read the wires before it, in the same `when` too.
    const afterA = new RandomExpressions(rng, { ...stored, uints: [w.wa, w.wa, ...stored.uints] });
    const afterB = new RandomExpressions(rng, { ...stored, uints: [w.wa, ...stored.uints], sints: [w.wb, w.wb, ...stored.sints] });

    w.wa = early.uint(8, 1);
    w.wb = afterA.sint(12, 1);
    w.wc = afterB.bool(1);
    w.wpair = valueOf(Pair, { high: afterB.uint(5, 1), low: afterB.sint(7, 1) });
    w.wlanes = valueOf(vec(S(4), 3), [1, 2, 3].map(() => afterB.sint(4, 1)));
    r.free = early.uint(6, 1);

    const assigns: (() => void)[] = [
      () => (w.wa = early.uint(8, 1)),
      () => (w.wb = afterA.sint(12, 1)),
      () => (w.wc = afterB.bool(1)),
      () => (w.wpair.high = afterB.uint(5, 1)),
      () => (w.wpair = valueOf(Pair, { high: afterB.uint(5, 1), low: 3 })),
      () => w.wlanes.put(afterB.uint(rng.between(1, 3), 1), afterB.sint(4, 1)),
      () => w.wlanes.put(1, afterB.sint(4, 1)),
      () => (r.a = afterB.uint(8, 2)),
      () => (r.b = afterB.sint(12, 2)),
      () => (r.c = afterB.bool(1)),
      () => (r.pair.low = afterB.sint(7, 1)),
      () => (r.pair = valueOf(Pair, { high: 1, low: afterB.sint(7, 1) })),
      () => r.lanes.put(afterB.uint(rng.between(1, 4), 1), afterB.uint(5, 1)),
      () => (r.mode = rng.pick([Mode.off, Mode.slow, Mode.fastPath])),
      () => (r.mode = early.bool(0).mux(Mode.off, Mode.fastPath)),
      () => (r.free = afterB.uint(6, 1)),
      () => mem.write(bits(at, 4), afterB.uint(12, 1)),
      () => mem.writeMasked(early.uint(4, 1), afterB.uint(12, 1), early.uint(rng.pick([1, 2, 3, 4, 6, 12]), 1)),
    ];
    /** Each place at most once in a scope, as the language asks. */
    const scope = (depth: number): void => {
      const targets = shuffled(rng, groups);
      for (const group of targets.slice(0, rng.between(1, 3))) assigns[rng.pick(group)]();
      if (depth > 0 && rng.chance(0.7)) branch(depth - 1);
    };
    const branch = (depth: number): void => {
      const kind = rng.below(4);
      if (kind === 0) {
        const partial = rng.chance(0.5);
        const off = partial ? {} : { off: () => scope(depth) };
        const rest = partial && rng.chance(0.5) ? () => scope(depth) : undefined;
        m.switch(r.mode, { slow: () => scope(depth), fastPath: () => scope(depth), ...off }, rest);
      } else if (kind === 1) {
        const otherwise = rng.chance(0.5) ? () => scope(depth) : undefined;
        m.switchOn(early.uint(3, 1), [[[1, 2], () => scope(depth)], [5, () => scope(depth)]], otherwise);
      } else {
        chain(m, rng, () => early.bool(1), () => scope(depth));
      }
    };
    // Everything is driven somewhere, whatever the dice say afterwards.
    m.when(at.ba as Bool, () => {
      for (const group of groups) assigns[group[group.length - 1]]();
    });
    for (let i = 0; i < 4; i++) branch(2);

    const show: Record<string, Value> = {
      regA: r.a, regB: r.b, regC: r.c, regPair: bitsOf(r.pair), regLanes: r.lanes.asUInt(), regMode: r.mode.asUInt(), regFree: r.free,
      wireA: w.wa, wireB: w.wb, wireC: w.wc, wirePair: bitsOf(w.wpair), wireLanes: w.wlanes.asUInt(), word, held,
    };
    for (const [n, v] of Object.entries(show)) out[n] = v;
  });
}

/** Indices of assignments by what they drive: the whole of a signal counts with its parts. */
const groups: readonly (readonly number[])[] = [[0], [1], [2], [3, 4], [5, 6], [7], [8], [9], [10, 11], [12], [13, 14], [15], [16, 17]];

function bits(at: Readonly<Record<string, Value>>, width: number): UInt {
  return (at.ub as UInt).trunc(width);
}

function chain(m: Builder, rng: Rng, cond: () => Bool, body: () => void): void {
  let next = m.when(cond(), body);
  while (rng.chance(0.4)) next = next.elseWhen(cond(), body);
  if (rng.chance(0.5)) next.otherwise(body);
}

function shuffled<T>(rng: Rng, items: readonly T[]): T[] {
  const rest = [...items];
  return items.map(() => rest.splice(rng.below(rest.length), 1)[0]);
}
