/** Designs of any size: no stack overflows, and the work grows no faster than n log n. */
import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { CONSTRUCTS } from '../../cli/gen-bench/constructs.ts';
import { In, Out, U, elaborate, hw, vec } from '../../gen/index.ts';
import type { ModuleDef, PortMap } from '../../gen/index.ts';
import { printDesign } from '../../gen/print/systemverilog.ts';
import { createWasmSimulator } from '../../sim/engine/index.ts';
import type { Simulator } from '../../sim/simulator.ts';
import { IS_LONG, someOf } from '../support/effort.ts';
import { operationsOf } from '../support/operations.ts';

const simulatorOf = (def: ModuleDef<PortMap>): Simulator => createWasmSimulator(elaborate(def));

function construct(name: string): (n: number) => ModuleDef<PortMap> {
  const found = CONSTRUCTS.find((c) => c.name === name);
  if (!found) throw new Error(`no construct ${name}`);
  return found.make;
}

/** What is told in JavaScript besides: the constructs' arithmetic. */
const xorOf = (i: number): number => (i * 40503) % 65536;

const STAGES = ['describe', 'print', 'compile'];

const LARGE = someOf(CONSTRUCTS, 10);

describe.each(CONSTRUCTS)('$name', ({ name, make, size }) => {
  const stages = (n: number): number[] => {
    const def = make(n);
    let design: ReturnType<typeof elaborate> | undefined;
    const built = operationsOf(() => void (design = elaborate(def)));
    if (!design) throw new Error('not elaborated');
    const whole = design;
    return [built, operationsOf(() => void printDesign(whole)), operationsOf(() => createWasmSimulator(whole).close())];
  };

  it('takes hardly more than four times the work at four times the size, to describe, print and compile', () => {
    const small = stages(150);
    const large = stages(600);
    // n log n: 4 * log 600 / log 150 = 5.1
    for (const [i, count] of large.entries()) expect(count / small[i], STAGES[i]).toBeLessThan(5.1);
  });

  it('takes no more than twice the work for each of 24 as for each of 8: nothing is done along every way through what is shared', () => {
    const [small, large] = [stages(8), stages(24)];
    for (const [i, count] of large.entries()) expect(count / small[i], STAGES[i]).toBeLessThan(6);
  });

  if (!LARGE.some((c) => c.name === name)) return;
  it(`elaborates, prints and runs at ${IS_LONG ? 'its full size' : 'a twentieth of its size, but 2,500 at least'}`, async () => {
    const design = elaborate(make(IS_LONG ? size : Math.max(size / 20, Math.min(size, 2500))));
    // So that the test runner is heard in between.
    await setImmediate();
    expect(printDesign(design)).toHaveLength(1);
    await setImmediate();
    const s = createWasmSimulator(design);
    s.step(3);
    s.close();
  });
});

describe('what large designs compute', () => {
  it('is right for chains', () => {
    const n = 3000;
    const s = simulatorOf(construct('chain')(n));
    for (const [x, y] of [[1, 2], [40000, 123], [65535, 65535]]) {
      let value = x;
      for (let i = 0; i < n; i++) {
        const next = [value + y, value ^ xorOf(i), value - ((i * 30011) % 65536), value < y ? ~value : (value << 1) | 1];
        value = next[i % 4] & 0xffff;
      }
      s.poke('x', x);
      s.poke('y', y);
      expect(s.peek('out')).toBe(BigInt(value));
    }
  });

  it.each(['arms', 'cases'])('is right for %s, the first, the last and none', (name) => {
    const n = 2000;
    const s = simulatorOf(construct(name)(n));
    s.poke('x', 0x1234);
    for (const i of [0, 1, 63, 64, 65, 1000, n - 1]) {
      s.poke('select', i);
      expect(s.peek('out'), `${i}`).toBe(BigInt(0x1234 ^ xorOf(i)));
    }
  });

  it('is right for registers in arms, each driven in its own', () => {
    const n = 300;
    const s = simulatorOf(construct('arms of registers')(n));
    s.poke('rst', 1);
    s.step();
    s.poke('rst', 0);
    const registers = Array.from({ length: n }, (_, i) => i);
    for (const [select, x] of [[0, 7], [64, 9], [65, 11], [299, 13], [300, 15], [65, 17]]) {
      s.poke('select', select);
      s.poke('x', x);
      s.step();
      if (select < n) registers[select] = x;
      expect(s.peek('out')).toBe(BigInt(registers.reduce((a, b) => a ^ b)));
    }
    for (const i of [0, 1, 64, 65, 66, 299]) expect(s.peek(`r${i}`)).toBe(BigInt(registers[i]));
  });

  it('is right for levels of when, in the engine and where bodies wait for the outermost', () => {
    const n = 1000;
    const s = simulatorOf(construct('levels')(n));
    s.poke('x', 0xff);
    for (const level of [1, 63, 64, 65, 199, 200, 201, 600, 1000]) {
      s.poke('level', level);
      s.step();
      expect(s.peek('out'), `${level}`).toBe(BigInt(0xff ^ xorOf(level - 1)));
    }
  });

  it('counts assertions and reads names in bodies that wait', () => {
    const Deep = hw('Deep', { x: In(U(16)) }, (m, io) => {
      const nest = (i: number): void => {
        m.when(io.x.gt(i), () => {
          if (i % 100 === 0) m.cover(`level${i}`, io.x.bit(0));
          if (i < 450) nest(i + 1);
        });
      };
      nest(0);
    });
    const s = simulatorOf(Deep);
    for (const x of [1, 151, 301, 302, 1001]) {
      s.poke('x', x);
      s.step();
    }
    expect([...s.covers().values()]).toEqual([4, 3, 2, 2, 1]);
  });

  it.each(['delay line', 'delay elements'])('is right for a %s', (name) => {
    const n = 300;
    const s = simulatorOf(construct(name)(n));
    if (name === 'delay line') s.poke('shift', 1);
    for (let i = 0; i < n + 20; i++) {
      s.poke('x', i);
      s.step();
      if (i >= n - 1) expect(s.peek('out')).toBe(BigInt(i - (n - 1)));
    }
  });

  it('is right for an array of registers: indices past the end, later assignments before earlier ones, all at once', () => {
    const n = 100;
    const bits = 8;
    const Arrays = hw('Arrays', {
      one: In(U(1)), two: In(U(1)), clear: In(U(1)), to: In(U(bits)), other: In(U(bits)), from: In(U(bits)), x: In(U(13)),
      out: Out(U(13)), fixed: Out(U(13)),
    }, (m, io) => {
      const r = m.regs({ words: vec(U(13, 5), n) });
      m.when(io.one.asBool(), () => r.words.put(io.to, io.x));
      m.when(io.two.asBool(), () => {
        r.words.put(io.other, r.words.at(io.from).addWrap(1));
        m.when(io.x.bit(0), () => r.words.put(3, io.x.not()));
      });
      m.when(io.clear.asBool(), () => {
        r.words = Array.from({ length: n }, (_, i) => i) as unknown as typeof r.words;
      });
      io.out = r.words.at(io.from);
      io.fixed = r.words.at(99);
    });
    const s = simulatorOf(Arrays);
    s.poke('rst', 1);
    s.step();
    s.poke('rst', 0);
    let words = Array.from({ length: n }, () => 5);
    let seed = 1;
    const random = (limit: number): number => {
      seed = (seed * 1103515245 + 12345) % 2147483648;
      return Math.floor((seed / 2147483648) * limit);
    };
    for (let i = 0; i < 400; i++) {
      const [one, two, clear] = [random(2), random(2), random(20) === 0 ? 1 : 0];
      const [to, other, from, x] = [random(120), random(5) === 0 ? 3 : random(120), random(120), random(8192)];
      for (const [name, value] of Object.entries({ one, two, clear, to, other, from, x })) s.poke(name, value);
      expect(s.peek('out')).toBe(BigInt(words[from] ?? 0));
      s.step();
      const next = [...words];
      if (one && to < n) next[to] = x;
      if (two && other < n) next[other] = ((words[from] ?? 0) + 1) & 8191;
      if (two && x % 2 === 1) next[3] = ~x & 8191;
      words = clear ? words.map((_, k) => k) : next;
      expect(s.peek('fixed')).toBe(BigInt(words[99]));
      const k = random(n);
      expect(s.peek(`words[${k}]`)).toBe(BigInt(words[k]));
    }
  });
});
