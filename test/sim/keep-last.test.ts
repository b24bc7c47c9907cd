/** What is made once for several calls, and that those who share it do not disturb each other. */
import { describe, expect, it } from 'vitest';
import { B, Flag, In, Out, U, elaborate, hw } from '../../gen/index.ts';
import { loadConfig } from '../../hw/soc/config-file.ts';
import { boardDesign } from '../../sim/board.ts';
import { createWasmSimulator } from '../../sim/engine/index.ts';
import { keepLast } from '../../sim/keep-last.ts';
import type { Simulator } from '../../sim/simulator.ts';

describe('keepLast', () => {
  const counted = (count: number) => {
    const made: string[] = [];
    const ask = keepLast(count, (a: Readonly<Record<string, unknown>>, b?: number) => {
      made.push(`${JSON.stringify(a)} ${b}`);
      return { a, b };
    });
    return { made, ask };
  };

  it('makes the same once, by content', () => {
    const { made, ask } = counted(2);
    expect(ask({ x: [1, 2] }, 3)).toBe(ask({ x: [1, 2] }, 3));
    expect(made).toHaveLength(1);
    for (const [a, b] of [[{ x: [1, 3] }, 3], [{ x: [1, 2] }, 4], [{ x: [1, 2] }, undefined], [{ x: [1, 2], y: undefined }, 3], [{ x: '1,2' }, 3]] as const) {
      expect(ask(a, b)).not.toBe(ask({ x: [1, 2] }, 3));
    }
  });

  it('takes arguments as they are at the call', () => {
    const { ask } = counted(2);
    const a = { x: 1 };
    const first = ask(a);
    a.x = 2;
    expect(ask(a)).not.toBe(first);
  });

  it('forgets what was not asked for longest, and keeps nothing of what fails', () => {
    const { made, ask } = counted(2);
    for (const x of [1, 2, 1, 3, 1, 2]) ask({ x });
    expect(made.map((call) => call.slice(5, 6))).toEqual(['1', '2', '3', '2']);
    let calls = 0;
    const fails = keepLast(2, () => {
      calls += 1;
      throw new Error('no');
    });
    for (let i = 0; i < 2; i++) expect(() => fails()).toThrow('no');
    expect(calls).toBe(2);
  });

  it('knows a chip by its content', () => {
    const nano = boardDesign(loadConfig('nano'));
    expect(boardDesign(loadConfig('nano'))).toBe(nano);
    expect(boardDesign({ ...loadConfig('nano'), core: { ...loadConfig('nano').core, counters: true } })).not.toBe(nano);
  });
});

/** A memory with contents, a register, and wires that are computed when somebody looks. */
const Twin = hw('Twin', { add: In(U(64)), sum: Out(U(64)), word: Out(U(8)) }, (m, io) => {
  const r = m.regs({ total: U(64, 5), odd: Flag(false) });
  const cells = m.mem('cells', U(8), 16, { init: [1n, 2n, 3n, 4n] });
  const w = m.wires({ next: U(64), isOdd: B });
  w.next = r.total.addWrap(io.add);
  w.isOdd = w.next.bit(0);
  r.total = w.next;
  r.odd = w.isOdd;
  m.when(r.odd, () => cells.write(r.total.slice(3, 0), w.next.slice(7, 0)));
  io.sum = r.total;
  io.word = cells.read(io.add.slice(3, 0));
  m.assert('below', r.total.lt(1000), 'the sum is large');
});

describe('simulators of one design', () => {
  /** All that can be seen of one. */
  const seen = (sim: Simulator) => ({
    cycle: sim.cycle, values: ['sum', 'total', 'word', 'next', 'isOdd', 'odd'].map((path) => sim.peek(path)), cells: [...sim.memory('cells').read(0, 16)],
  });
  const drive = (sim: Simulator, add: number, cycles: number) => {
    sim.poke('add', add);
    sim.step(cycles);
    return seen(sim);
  };
  const alone = (adds: readonly number[]) => {
    const sim = createWasmSimulator(elaborate(Twin));
    sim.poke('rst', 1);
    sim.step();
    sim.poke('rst', 0);
    return adds.map((add, i) => drive(sim, add, 1 + i));
  };

  it('do not see each other, whenever each is made, looked into and closed', () => {
    const design = elaborate(Twin);
    const open = () => {
      const sim = createWasmSimulator(design);
      sim.poke('rst', 1);
      sim.step();
      sim.poke('rst', 0);
      return sim;
    };
    const [one, other] = [[3, 8, 1, 2], [7, 1, 4, 9]];
    const a = open();
    const b = open();
    const aSeen = [drive(a, one[0], 1)];
    const bSeen = [drive(b, other[0], 1), drive(b, other[1], 2)];
    aSeen.push(drive(a, one[1], 2));
    const watch = a.watch(['next', 'total']);
    b.close();
    aSeen.push(drive(a, one[2], 3));
    const late = open();
    const lateSeen = other.slice(0, 2).map((add, i) => drive(late, add, 1 + i));
    aSeen.push(drive(a, one[3], 4));
    const told: bigint[] = [];
    watch.changes((_, value) => told.push(value));
    expect(aSeen).toEqual(alone(one));
    expect(told).toEqual([a.peek('next'), a.peek('total')]);
    expect(bSeen).toEqual(alone(other).slice(0, 2));
    expect(lateSeen).toEqual(bSeen);
    expect(() => b.peek('total')).toThrow();
    late.poke('add', 900);
    expect(() => late.step(9)).toThrow('the sum is large');
    expect(a.peek('total')).toBe(aSeen[3].values[1]);
  });
});
