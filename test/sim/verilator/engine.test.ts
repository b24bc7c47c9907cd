import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { elaborate } from '../../../gen/index.ts';
import { UserError } from '../../../gen/user-error.ts';
import { AssertionError, type Simulator } from '../../../sim/simulator.ts';
import { createVerilatorSimulator, missingTools } from '../../../sim/verilator/index.ts';
import { Assortment, Counter, Gates } from './designs.ts';

const missing = missingTools();
const skip = missing !== undefined && !process.env.CI;
if (skip) console.warn(`skipped: ${missing}`);

const BUILD_TIMEOUT = 120_000;
const progress: string[] = [];
const options = { onProgress: (line: string): void => void progress.push(line) };

describe.skipIf(skip)('the verilator engine', () => {
  let sim: Simulator;
  beforeAll(async () => {
    sim = await createVerilatorSimulator(elaborate(Assortment), options);
    sim.poke('rst', 1);
    sim.step();
    sim.poke('rst', 0);
  }, BUILD_TIMEOUT);
  afterAll(() => sim?.close());

  it('counts cycles from its creation', () => {
    expect(sim.engine).toBe('verilator');
    const before = sim.cycle;
    sim.step(3);
    sim.step();
    expect(sim.cycle).toBe(before + 4);
    sim.step(0);
    expect(sim.cycle).toBe(before + 4);
  });

  it('shows a poked input in outputs at once and in state after an edge', () => {
    const data = (1n << 69n) | 0x1234_5678_9abc_def0n;
    sim.poke('addr', 5);
    sim.poke('data', data);
    sim.poke('write', 1);
    expect(sim.peek('read')).toBe(0n);
    expect(sim.peek('data')).toBe(data);
    sim.step();
    sim.poke('write', 0);
    expect(sim.peek('read')).toBe(data);
    expect(sim.peek('seen')).toBe(1n);
    sim.poke('addr', 6);
    expect(sim.peek('read')).toBe(0n);
  });

  it('shows registers by path: whole, by field, by element, in instances and in grids', () => {
    sim.poke('rst', 1);
    sim.step();
    sim.poke('rst', 0);
    sim.poke('rows', 0x05fd); // row 0: -3, row 1: 5
    sim.poke('enable', 1);
    sim.step(2);
    expect(sim.peek('pair')).toBe(0x206n);
    expect(sim.peek('pair.high')).toBe(2n);
    expect(sim.peek('pair.low')).toBe(6n);
    expect([0, 1, 2].map((i) => sim.peek(`lanes[${i}]`))).toEqual([2n, 30n, 1n]);
    expect(sim.peek('counter.value')).toBe(2n);
    expect(sim.peek('mesh[0][0].held')).toBe(0xfdn);
    expect(sim.peek('mesh[1][0].held')).toBe(5n);
    expect(sim.peek('mesh[1][1].held')).toBe(5n);
    expect(sim.peek('mesh[0][0].sum')).toBe(0xfffen); // edge 1, plus -3
    expect(sim.peek('mesh[1][0].sum')).toBe(3n);
    expect(sim.peek('sums') & 0xffffn).toBe(3n);
    expect(() => sim.peek('counter.nothing')).toThrow(UserError);
    expect(() => sim.peek('counter.nothing')).toThrow('simulator: counter.nothing: neither a port of the top module nor a register');
  });

  it('runs until an output is 1 before an edge', () => {
    sim.poke('rst', 1);
    sim.step();
    sim.poke('rst', 0);
    sim.poke('enable', 1);
    expect(sim.runUntil('done', 4)).toEqual({ cycles: 4, stopped: false });
    expect(sim.runUntil('done', 100)).toEqual({ cycles: 6, stopped: true });
    expect(sim.peek('count')).toBe(10n);
    expect(sim.runUntil('done', 100)).toEqual({ cycles: 0, stopped: true });
    expect(sim.peek('count')).toBe(10n);
    expect(() => sim.runUntil('count', 1)).toThrow('simulator: count: not a 1-bit output of the top module');
  });

  it('reads and writes memories behind the design, wide words included', () => {
    const wide = sim.memory('wide');
    expect([wide.wordBytes, wide.bytes]).toEqual([16, 256]);
    sim.poke('addr', 9);
    wide.write(9 * 16, new Uint8Array(16).fill(0xff));
    expect(sim.peek('read')).toBe((1n << 70n) - 1n); // bits beyond the width are dropped
    wide.write(9 * 16 + 1, Uint8Array.of(0x12));
    expect(sim.peek('read')).toBe(((1n << 70n) - 1n) ^ 0xed00n);
    expect([...wide.read(9 * 16, 10)]).toEqual([0xff, 0x12, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x3f, 0]);

    const rom = sim.memory('rom');
    expect([rom.wordBytes, rom.bytes]).toEqual([2, 200]);
    expect([...rom.read(0, 6)]).toEqual([5, 0, 6, 0, 0, 0]);
    rom.write(18, Uint8Array.of(0xab, 0xfc));
    expect(sim.peek('constant')).toBe(0xcabn);
    sim.poke('addr', 12);
    expect(sim.peek('constant')).toBe(0n);
    expect(() => sim.memory('ram')).toThrow(/^simulator: ram: not a memory of the design {2}at \S+; it has wide, rom$/);
  });

  it('lists every port and register for waves', () => {
    const widths = new Map(sim.signals().map((s) => [s.path, s.width]));
    expect(widths.get('data')).toBe(70);
    expect(widths.get('sums')).toBe(48);
    expect(widths.get('pair')).toBe(12);
    expect(widths.get('mesh[1][2].sum')).toBe(16);
    for (const path of widths.keys()) expect(sim.peek(path)).toBeTypeOf('bigint');
  });

  it('builds a design once: the next simulator of it starts at once, with state of its own', async () => {
    const lines: string[] = [];
    const start = performance.now();
    const other = await createVerilatorSimulator(elaborate(Assortment), { onProgress: (line) => lines.push(line) });
    expect(performance.now() - start).toBeLessThan(5000);
    expect([other.buildSeconds, lines]).toEqual([0, []]);
    expect([other.cycle, other.peek('count'), other.peek('counter.value')]).toEqual([0, 0n, 0n]);
    other.poke('enable', 1);
    other.step(7);
    const here = sim.peek('count');
    expect(other.peek('count')).toBe(7n);
    sim.step();
    expect(other.peek('count')).toBe(7n);
    expect(sim.peek('count')).not.toBe(here);
    other.close();
    other.close();
    expect(() => other.peek('count')).toThrow('simulator: used after close()');
    expect(sim.peek('count')).toBeTypeOf('bigint');
  });
});

describe.skipIf(skip)('checks of a design under verilator', () => {
  let sim: Simulator;
  beforeAll(async () => {
    sim = await createVerilatorSimulator(elaborate(Counter), { ...options, observeWires: true });
    sim.poke('enable', 1);
  }, BUILD_TIMEOUT);
  afterAll(() => sim?.close());

  it('count cover points and stop at a failed assertion, and leave the process alive', () => {
    expect(sim.covers()).toEqual(new Map([['reachedTen', 0]]));
    sim.step(50);
    expect(sim.covers()).toEqual(new Map([['reachedTen', 1]]));
    const expected = new AssertionError({ path: 'bounded', message: 'the count must stay below 100', cycle: 100 });
    expect(() => sim.step(1000)).toThrow(expected);
    expect(sim.cycle).toBe(101);
    expect(() => sim.runUntil('atTen', 1000)).toThrow('assertion bounded failed in cycle 101');
    sim.poke('rst', 1);
    sim.step(20); // reset disables them
    expect(sim.peek('value')).toBe(0n);
  });

  it('show wires when asked to', () => {
    sim.poke('rst', 0);
    sim.step(10);
    expect(sim.peek('isTen')).toBe(1n);
    expect(sim.signals()).toContainEqual({ path: 'isTen', width: 1 });
    // Held by a constant that readers carry: the text has no such wire.
    expect(sim.peek('increment')).toBe(1n);
    expect(sim.peek('increment')).toBe(1n);
    expect(sim.signals()).toContainEqual({ path: 'increment', width: 8 });
    const told: unknown[] = [];
    sim.watch(['isTen', 'increment']).changes((...change) => told.push(change));
    expect(told).toEqual([[0, 1n], [1, 1n]]);
  });
});

describe.skipIf(skip)('the build', () => {
  it('takes a design without state, and ports named like members of C++ classes', async () => {
    const sim = await createVerilatorSimulator(elaborate(Gates), options);
    sim.poke('a', 9);
    sim.poke('b', 8);
    expect([sim.peek('name'), sim.peek('eval')]).toEqual([17n, 1n]);
    expect(sim.runUntil('eval', 5)).toEqual({ cycles: 0, stopped: true });
    sim.poke('b', 10);
    expect(sim.runUntil('eval', 5)).toEqual({ cycles: 5, stopped: false });
    expect(sim.cycle).toBe(5);
    sim.close();
  }, BUILD_TIMEOUT);

  it('reports the first error of the tool and where its log is', async () => {
    const text = 'module Gates (\n  input logic [3:0] a,\n  output logic oops\n);\n  assign oops = b;\nendmodule\n';
    const files = [{ name: 'Gates.sv', text }];
    const error = await createVerilatorSimulator(elaborate(Gates), { ...options, files }).catch((e: unknown) => e as Error);
    expect(error).toBeInstanceOf(UserError);
    const [, line, log] = /^engine verilator: (.*); the full log is (.*)$/.exec((error as Error).message) ?? [];
    expect(line).toMatch(/^%Error: Gates\.sv:5:17: Can't find definition of variable: 'b'/);
    expect(await readFile(log, 'utf8')).toContain(line);
  }, BUILD_TIMEOUT);
});
