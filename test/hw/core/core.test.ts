import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { elaborate } from '../../../gen/index.ts';
import { printDesign } from '../../../gen/print/systemverilog.ts';
import { CORE_PRESETS, balancedCore, clockedCore, fastCore, smallCore } from '../../../hw/core/config.ts';
import { Core } from '../../../hw/core/core.ts';
import { RV32I, RV32M, encode } from '../../../hw/isa/riscv.ts';
import { RAM_BASE } from '../../../hw/soc/memory-map.ts';
import { BENCH_UNIT } from '../../support/bench-unit.ts';
import { bench, costs, trace } from '../../support/retired.ts';

const { addi, lui, lw, sw, beq, slli } = RV32I;
const nop = encode(addi);

describe('with memories of one cycle', () => {
  /** Five nops lead in, x2 points into RAM. */
  const lead = [encode(lui, { rd: 2, imm: RAM_BASE }), nop, nop, nop, nop, nop];
  const load = encode(lw, { rd: 5, rs1: 2, imm: 64 });
  const use = encode(addi, { rd: 6, rs1: 5, imm: 1 });
  const store = encode(sw, { rs1: 2, rs2: 7, imm: 1024 });
  const branch = encode(beq, { rs1: 0, rs2: 0, imm: 8 });

  it('three stages do one instruction a cycle, and lose one cycle for the use of a load and for a jump', () => {
    const sim = bench({ ...fastCore, loadBypass: false, predictorEntries: 0 });
    expect(costs(sim, [...lead, nop, use, nop], 4)).toEqual([1, 1, 1, 1]);
    expect(costs(sim, [...lead, load, nop, use], 4)).toEqual([1, 1, 1, 1]);
    expect(costs(sim, [...lead, load, use, nop], 4)).toEqual([1, 2, 1, 1]);
    expect(costs(sim, [...lead, store, load, store], 4)).toEqual([1, 1, 1, 1]);
    expect(costs(sim, [...lead, branch, nop, nop], 3)).toEqual([1, 2, 1]);
    expect(costs(sim, [...lead, encode(RV32M.mul, { rd: 5, rs1: 2, rs2: 2 }), nop], 2)).toEqual([1, 1]);
  });

  it('a bypass for loads saves the cycle of their use, late redirection costs one more for a jump', () => {
    expect(costs(bench({ ...fastCore, loadBypass: true }), [...lead, load, use, nop], 4)).toEqual([1, 1, 1, 1]);
    expect(costs(bench({ ...fastCore, redirect: 'registered' }), [...lead, branch, nop, nop], 3)).toEqual([1, 3, 1]);
    expect(costs(bench({ ...fastCore, multiplier: 'stepped' }), [...lead, encode(RV32M.mul, { rd: 5, rs1: 2, rs2: 2 }), nop], 2)).toEqual([4, 1]);
  });

  it('a branch that goes where it went before costs nothing', () => {
    // A loop of three instructions: after its first rounds every one of them takes one cycle.
    const loop = [encode(addi, { rd: 5, rs1: 5, imm: 1 }), nop, encode(beq, { rs1: 0, rs2: 0, imm: -8 })];
    expect(costs(bench(fastCore), [...lead, ...loop], 18).slice(-9)).toEqual(Array(9).fill(1));
  });

  it('two stages also lose one for every load and store', () => {
    const sim = bench(smallCore);
    expect(costs(sim, [...lead, nop, use, nop], 4)).toEqual([1, 1, 1, 1]);
    expect(costs(sim, [...lead, load, use, store], 4)).toEqual([2, 1, 2, 1]);
    expect(costs(sim, [...lead, branch, nop, nop], 3)).toEqual([1, 2, 1]);
    expect(costs(sim, [...lead, encode(slli, { rd: 5, rs1: 2, imm: 7 }), nop], 2)).toEqual([8, 1]);
  });
});

describe('an extension unit', () => {
  const program = [
    encode(addi, { rd: 1, rs1: 0, imm: 30 }),
    encode(addi, { rd: 2, rs1: 0, imm: 12 }),
    encode(BENCH_UNIT.sum, { rd: 3, rs1: 1, rs2: 2 }),
    encode(BENCH_UNIT.keep, { rd: 4, rs1: 3, rs2: 0 }),
    encode(BENCH_UNIT.sum, { rd: 5, rs1: 3, rs2: 3 }),
    encode(BENCH_UNIT.recall, { rd: 6 }),
    encode(BENCH_UNIT.sum, { rd: 0, rs1: 3, rs2: 3 }),
    // The unit does not know funct3 = 7.
    (encode(BENCH_UNIT.sum, { rd: 7 }) | 0x7000) >>> 0,
  ];
  const splitCore = { ...fastCore, xifSplit: true, xifIdBits: 4 };
  for (const [name, config] of Object.entries({ smallCore, balancedCore, fastCore, splitCore })) {
    for (const stalls of [false, true]) {
      it(`gets its instructions from ${name}${stalls ? ' with slow memories' : ''}, and what it refuses is illegal`, () => {
        const events = trace(bench(config, stalls), program, program.length);
        const results = events.map((e) => [e.rd, e.rd ? e.value : 0]);
        expect(results).toEqual([[1, 30], [2, 12], [3, 42], [0, 0], [5, 84], [6, 42], [0, 0], [0, 0]]);
        expect(events.slice(0, -1).every((e) => !e.trap)).toBe(true);
        expect(events[7]).toMatchObject({ trap: true, cause: 2, tval: program[7], pc: RAM_BASE + 28 });
      });
    }
  }
});

describe('the emitted SystemVerilog', () => {
  const has = (tool: string): boolean => spawnSync(tool, ['--version']).error === undefined;
  const cores = {
    ...CORE_PRESETS, traced: { ...balancedCore, trace: true }, debugged: { ...clockedCore, debug: true },
    overlapped: { ...fastCore, xifOverlap: true }, split: { ...smallCore, xifSplit: true }, guessing: { ...smallCore, predictorEntries: 4 },
  };
  for (const [name, config] of Object.entries(cores)) {
    it(`of ${name} has no warning in Verilator and is read by Icarus`, { timeout: 30_000 }, () => {
      const directory = mkdtempSync(join(tmpdir(), 'systole-core-'));
      try {
        const files = printDesign(elaborate(Core(config))).map(({ name: file, text }) => {
          writeFileSync(join(directory, file), text);
          return join(directory, file);
        });
        const complaints = (tool: string, ...options: string[]): string =>
          spawnSync(tool, [...options, ...files], { encoding: 'utf8' }).stderr;
        if (has('verilator')) expect(complaints('verilator', '--lint-only', '-Wall', '--top-module', 'Core')).toBe('');
        if (has('iverilog')) expect(complaints('iverilog', '-g2012', '-o', '/dev/null')).toBe('');
      } finally {
        rmSync(directory, { recursive: true });
      }
    });
  }
});
