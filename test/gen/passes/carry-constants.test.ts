/** Constants go through wires to those who read them, and the wires can be looked at all the same. */
import { describe, expect, it } from 'vitest';
import { B, In, Out, S, U, bool, bundle, elaborate, hw, valueOf, vec, vecOf } from '../../../gen/index.ts';
import type { Bool, ModuleDef, PortMap, SInt, UInt, Value, Vec } from '../../../gen/index.ts';
import { moduleText } from '../../../gen/ir/text.ts';
import { widthOf } from '../../../gen/ir/types.ts';
import { faultsOf } from '../../../gen/ir/verify.ts';
import { carryConstants, constantWires } from '../../../gen/passes/carry-constants.ts';
import { simplify } from '../../../gen/passes/simplify.ts';
import { printDesign } from '../../../gen/print/systemverilog.ts';
import { createWasmSimulator } from '../../../sim/engine/index.ts';
import { Interpreter } from '../evaluate.ts';
import { RandomExpressions } from '../random-expressions.ts';
import { Rng } from '../rng.ts';

const textOf = (def: ModuleDef<PortMap>): string => printDesign(elaborate(def))[0].text;

describe('a wire that a constant drives', () => {
  const Pair = bundle('Pair', { high: U(4), low: U(4) });
  const Carried = hw('Carried', {
    a: In(U(8)), c: In(B), free: Out(B), taken: Out(U(8)), sum: Out(U(8)), both: Out(U(8)), high: Out(U(4)), second: Out(U(4)),
    early: Out(U(8)), own: Out(U(8)),
  }, (m, io) => {
    const w = m.wires({ late: U(8), never: B, settled: B, pair: Pair, words: vec(U(4), 3), copy: U(8) });
    // Read before it is driven.
    io.early = io.a.addWrap(w.late);
    w.late = U(8).lit(0x0f);
    w.never = bool(false);
    w.settled = w.never.not();
    io.free = io.c.and(w.settled);
    const { offset } = m.let({ offset: U(8).lit(0x20).named('BASE') });
    io.sum = io.a.addWrap(offset);
    io.taken = io.a;
    m.when(w.never, () => {
      io.taken = U(8).lit(1);
    });
    // Constant only because a condition is.
    w.copy = U(8).lit(3);
    m.when(w.never, () => {
      w.copy = io.a;
    });
    io.both = io.a.xor(w.copy);
    w.pair = valueOf(Pair, { high: 5, low: 6 });
    io.high = w.pair.high;
    w.words = valueOf(vec(U(4), 3), [7, 8, 9]);
    io.second = w.words.at(1);
    io.own = U(8).lit(9);
    m.assert('runs', w.settled);
  });

  it('is read as the constant, under its name, and is no part of the text but for checks that it decides', () => {
    const text = textOf(Carried);
    const assigned = Object.fromEntries([...text.matchAll(/assign (\w+) = (.*);/g)].map(([, name, value]) => [name, value]));
    expect(assigned).toEqual({
      early: 'a + 8\'d15', free: 'c', sum: 'a + BASE', taken: 'a', both: 'a ^ 8\'d3', high: '4\'d5', second: '4\'d8', own: '8\'d9', settled: '1\'b1',
    });
    expect(text).toContain('localparam logic [7:0] BASE = 8\'d32;');
    expect(text).not.toMatch(/late|never|offset|copy|pair|words/);
    expect(text).toContain('if (!rst && !settled)');
  });

  it('keeps its name where an element of it is looked for', () => {
    const text = textOf(hw('Looked', { at: In(U(3)), i: In(U(2)), found: Out(B), word: Out(U(4)) }, (m, io) => {
      const { flags } = m.let({ flags: U(8).lit(0x5a) });
      const w = m.wires({ words: vec(U(4), 4) });
      w.words = valueOf(vec(U(4), 4), [3, 1, 4, 1]);
      io.found = flags.bit(io.at);
      io.word = w.words.at(io.i);
    }));
    expect(text).toContain('= flags >> at;');
    expect(text).toMatch(/assign word = words\[/);
  });

  it('can be looked at in a simulation', () => {
    const sim = createWasmSimulator(elaborate(Carried));
    sim.poke('a', 0x81);
    const values = { late: 15n, never: 0n, settled: 1n, offset: 32n, copy: 3n, pair: 0x56n, 'pair.low': 6n, words: 0x987n, 'words[2]': 9n };
    expect(Object.fromEntries(Object.keys(values).map((path) => [path, sim.peek(path)]))).toEqual(values);
    expect(sim.signals()).toContainEqual({ path: 'offset', width: 8 });
    const told: unknown[] = [];
    const watch = sim.watch(['copy', 'both', 'pair.high']);
    watch.changes((...change) => told.push(change));
    sim.poke('a', 0);
    watch.changes((...change) => told.push(change));
    expect(told).toEqual([[0, 3n], [1, 0x82n], [2, 5n], [1, 3n]]);
  });
});

const COUNT = 8;

/** Wires that read each other in one order and are driven in another: half of them by constants, some under conditions that are. */
function randomWires(rng: Rng): ModuleDef<PortMap> {
  const all = Array.from({ length: COUNT }, (_, i) => i);
  const outputs = Object.fromEntries(all.flatMap((i) => [[`ox${i}`, Out(U(8))], [`oy${i}`, Out(S(8))], [`oz${i}`, Out(B)]]));
  return hw('Wires', { ua: In(U(8)), sa: In(S(8)), ba: In(B), ...outputs }, (m, io) => {
    const out = io as unknown as Record<string, Value>;
    const w: Record<string, Value> = {};
    const shapes = Object.fromEntries(all.flatMap((i) => [[`x${i}`, U(8)], [`y${i}`, S(8)], [`z${i}`, B]]));
    const wires = m.wires(shapes) as unknown as Record<string, Value>;
    const [uints, sints, bools] = [[io.ua as UInt], [io.sa as SInt], [io.ba as Bool]];
    const drive: (() => void)[] = [];
    for (const i of all) {
      const vectors = [vecOf([uints[0]]) as unknown as Vec<Value>];
      const before = new RandomExpressions(rng, { uints: [...uints], sints: [...sints], bools: [...bools], vectors });
      const value = (constant: Value, other: () => Value): Value => (rng.chance(0.5) ? constant : other());
      w[`x${i}`] = value(U(8).lit(rng.bits(8)), () => before.uint(8, 1));
      w[`y${i}`] = value(S(8).lit(BigInt.asIntN(8, rng.bits(8))), () => before.sint(8, 1));
      w[`z${i}`] = value(bool(rng.chance(0.5)), () => before.bool(1));
      for (const [name, again] of [[`x${i}`, () => before.uint(8, 1)], [`y${i}`, () => before.sint(8, 1)], [`z${i}`, () => before.bool(1)]] as const) {
        const cond = rng.chance(0.4) ? rng.pick(bools) : undefined;
        const other = cond && again();
        drive.splice(rng.below(drive.length + 1), 0, () => {
          wires[name] = w[name];
          if (cond && other) m.when(cond, () => void (wires[name] = other));
        });
      }
      uints.push(wires[`x${i}`] as UInt);
      sints.push(wires[`y${i}`] as SInt);
      bools.push(wires[`z${i}`] as Bool);
    }
    for (const d of drive) d();
    for (const i of all) for (const kind of ['x', 'y', 'z']) out[`o${kind}${i}`] = wires[`${kind}${i}`];
  });
}

describe('random wires', () => {
  it('hold what they held, whatever is carried', () => {
    let carried = 0;
    for (let seed = 1; seed <= 10; seed++) {
      const rng = new Rng(seed);
      const def = randomWires(rng);
      const described = def.elaborate();
      const before = simplify(described);
      const after = carryConstants(before);
      expect(faultsOf(after)).toEqual([]);
      expect(moduleText(carryConstants(after))).toBe(moduleText(after));
      carried += constantWires(after).size - constantWires(before).size;
      const sim = createWasmSimulator(elaborate(def));
      const models = [described, after].map((m) => new Interpreter(m));
      for (let run = 0; run < 4; run++) {
        for (const p of described.ports) {
          if (p.kind !== 'input') continue;
          const bits = rng.bits(widthOf(p.type));
          for (const model of models) model.set(p.name, bits);
          sim.poke(p.name, bits);
        }
        for (const model of models) model.settle();
        for (const s of [...described.wires, ...described.ports]) {
          const was = models[0].get(s.name);
          const is = { carried: models[1].get(s.name), peeked: sim.peek(s.name) };
          expect({ seed, name: s.name, ...is }).toEqual({ seed, name: s.name, carried: was, peeked: was });
        }
      }
    }
    // Through other wires, too.
    expect(carried).toBeGreaterThan(10);
  });
});
