/** Machine mode as the privileged specification 1.12 has it: by explicit values, and on the model at every instruction. */
import { describe, expect, it } from 'vitest';
import { balancedCore, fastCore, smallCore } from '../../../hw/core/config.ts';
import type { CoreConfig } from '../../../hw/core/config.ts';
import { CSR, INTERRUPT, MSTATUS } from '../../../hw/isa/csr.ts';
import { RAM_BASE, addressOf } from '../../../hw/soc/memory-map.ts';
import type { Simulator } from '../../../sim/simulator.ts';
import { createBench } from '../../support/core-runner.ts';
import { runLockstep } from '../../support/lockstep.ts';
import { imageOf } from '../../sim/model/programs.ts';

const RAM_BYTES = 0x4_0000;
const RESULTS = RAM_BASE + 0x3_0000;

const withIsa = (config: CoreConfig, isa: Partial<CoreConfig['isa']>): CoreConfig => ({ ...config, isa: { ...config.isa, ...isa } });
const CONFIGS: Readonly<Record<string, CoreConfig>> = {
  small: smallCore,
  'small with counters and 16-bit instructions': { ...withIsa(smallCore, { c: true, zicntr: true }), counters: true },
  balanced: balancedCore,
  fast: fastCore,
  'fast without 16-bit instructions': withIsa(fastCore, { c: false, zbs: false }),
};
const MISA: Readonly<Record<keyof typeof CONFIGS, number>> = {
  small: 0x4000_0100, 'small with counters and 16-bit instructions': 0x4000_0104, balanced: 0x4000_1104, fast: 0x4000_1106,
  // B stands for Zba, Zbb and Zbs: two of them are not enough.
  'fast without 16-bit instructions': 0x4000_1100,
};

const benches = new Map<string, Simulator>();

/**
 * Runs `body` on core and model and returns the words that it stored from s6 on. The trap handler counts in s4, leaves mcause,
 * mtval and mepc in s8, s7 and s5, and goes on behind the instruction, of 4 bytes, after an exception; for an interrupt it takes the
 * request of the software interrupt back.
 */
function run(name: string, body: string): Uint32Array {
  const config = { ...CONFIGS[name], trace: true };
  const sim = benches.get(name) ?? createBench(config, { ramWords: RAM_BYTES / 4, stalls: false });
  benches.set(name, sim);
  const clear = Array.from({ length: 31 }, (_, i) => `li x${i + 1}, 0`).join('\n');
  const image = imageOf(`
    _start: ${clear}
    csrw mscratch, x0
    la t0, handler
    csrw mtvec, t0
    li s6, ${RESULTS}
    ${body}
    la t0, tohost
    li t1, 1
    sw t1, 0(t0)
    j .
    .balign 4
    handler: addi s4, s4, 1
    csrr s8, mcause
    csrr s7, mtval
    csrr s5, mepc
    bltz s8, interrupt
    addi t6, s5, 4
    csrw mepc, t6
    mret
    interrupt: li t6, ${addressOf('msip')}
    sw x0, 0(t6)
    lw t6, 0(t6)
    mret
    .balign 16
    tohost: .word 0`, RAM_BYTES);
  runLockstep(sim, config, image, { interrupts: false, seed: 1, maxCycles: 1_000_000 });
  const bytes = sim.memory('ram').read(RESULTS - RAM_BASE, 0x1000);
  return new Uint32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
}
const first = (results: Uint32Array, count: number): number[] => [...results.slice(0, count)];

/** Stores registers, or CSRs by way of t0. */
const keep = (...names: string[]): string => names.map((name) => {
  const isRegister = /^[xast]\d+$/.test(name);
  return `${isRegister ? '' : `csrr t0, ${name}\n`}sw ${isRegister ? name : 't0'}, 0(s6)\naddi s6, s6, 4\n`;
}).join('');
const write = (csr: string, value: number): string => `li t1, ${value >>> 0}\ncsrw ${csr}, t1\n`;
const ALL = 0xffff_ffff;

describe.each(Object.keys(CONFIGS))('machine mode (%s)', (name) => {
  const { isa, counters } = CONFIGS[name];

  it('has exactly the CSRs of a hart without other modes, and refuses writes to those that are read-only', () => {
    const range = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, i) => from + i);
    const writable = [
      0x300, 0x301, 0x304, 0x305, 0x310, 0x320, ...range(0x323, 0x33f), ...range(0x340, 0x344),
      0xb00, ...range(0xb02, 0xb1f), 0xb80, ...range(0xb82, 0xb9f),
    ];
    const readOnly = [...(isa.zicntr ? [0xc00, 0xc01, 0xc02, 0xc80, 0xc81, 0xc82] : []), ...range(0xf11, 0xf15)];
    // Traps of reading, and of writing what is there already.
    const body = Array.from({ length: 4096 }, (_, a) => `
      li s4, 0\ncsrr t0, ${a}\ncsrrs t0, ${a}, t1
      sb s4, 0(s6)\naddi s6, s6, 1`);
    const traps = new Uint8Array(run(name, `li t1, 0\n${body.join('')}`).buffer);
    const having = (count: number): number[] => [...traps.keys()].filter((a) => traps[a] === count);
    expect(having(0)).toEqual(writable);
    expect(having(1)).toEqual(readOnly);
    expect(having(2).length).toBe(4096 - writable.length - readOnly.length);
  });

  it('tells what it is, whatever is written', () => {
    const names = ['misa', 'mvendorid', 'marchid', 'mimpid', 'mhartid', 'mconfigptr', 'mstatush'];
    const values = [MISA[name], 0, 0, CSR.mimpid.reset, 0, 0, 0];
    expect(first(run(name, keep(...names)), 7)).toEqual(values);
    const written = `${write('misa', ALL)} ${write('mstatush', ALL)} ${keep(...names)} ${write('misa', 0)} ${keep('misa')}`;
    expect(first(run(name, written), 8)).toEqual([...values, MISA[name]]);
  });

  it('keeps the bits of its CSRs that mean something, and no others', () => {
    const bits: Readonly<Record<string, readonly [whenOnes: number, whenZeros: number]>> = {
      mie: [0x888, 0], mtvec: [0xffff_fffd, 0], mscratch: [ALL, 0], mepc: [isa.c ? 0xffff_fffe : 0xffff_fffc, 0],
      mcause: [0x8000_001f, 0], mtval: [ALL, 0], mip: [0, 0], mcountinhibit: [counters ? 5 : 0, 0],
      mhpmcounter3: [0, 0], mhpmcounter31: [0, 0], mhpmcounter3h: [0, 0], mhpmcounter31h: [0, 0], mhpmevent3: [0, 0], mhpmevent31: [0, 0],
      mstatus: [0x1888, 0x1800],
    };
    const names = Object.keys(bits);
    for (const [i, value] of [ALL, 0].entries()) {
      // Interrupts stay off until the value is kept.
      const body = names.map((csr) => `${write(csr, value)} csrr t2, ${csr}\ncsrw mie, x0\ncsrci mstatus, 8\n${keep('t2')}`);
      const results = run(name, body.join(''));
      expect(names.map((csr, n) => [csr, results[n]])).toEqual(names.map((csr) => [csr, bits[csr][i]]));
    }
  });

  it('stops the counters that mcountinhibit names', () => {
    const results = run(name, `
      ${write('mcountinhibit', 4)} csrr s0, minstret\nnop\nnop\ncsrr s1, minstret\nsub s1, s1, s0\n${keep('s1')}
      ${write('mcountinhibit', 5)} csrr s0, mcycle\nnop\nnop\ncsrr s1, mcycle\nsub s1, s1, s0\n${keep('s1')}
      ${write('minstret', 100)} ${keep('minstret')} csrw mcountinhibit, x0\n${keep('minstret')}
      csrr s0, mcycle\nnop\nnop\ncsrr s1, mcycle\nsltu s1, s0, s1\n${keep('s1')}`);
    expect(first(results, 5)).toEqual(counters ? [0, 0, 100, 100, 1] : [0, 0, 0, 0, 0]);
  });

  it('raises exceptions with their cause, pc and value', () => {
    const cases: readonly (readonly [code: string, cause: number, value: number | 'pc'])[] = [
      ['ecall', 11, 0], ['ebreak', 3, 'pc'], ['.word 0xffffffff', 2, ALL], ['csrw mhartid, x0', 2, 0xf140_1073],
      ['lw t1, 0(x0)', 5, 0], ['sb t1, 77(x0)', 7, 77],
      // sstatus, sret and sfence.vma belong to modes that are not there.
      ['csrr x0, 0x100', 2, 0x1000_2073], ['.word 0x10200073', 2, 0x1020_0073], ['.word 0x12000073', 2, 0x1200_0073],
    ];
    const body = cases.map(([code], i) => `c${i}: ${code}\nla t0, c${i}\nsub s5, s5, t0\nsub s9, s7, t0\n${keep('s8', 's5', 's7', 's9')}`);
    const results = run(name, body.join(''));
    for (const [i, [code, cause, value]] of cases.entries()) {
      const [mcause, offset, mtval, distance] = results.slice(4 * i, 4 * i + 4);
      expect([code, mcause, offset, value === 'pc' ? distance : mtval]).toEqual([code, cause, 0, value === 'pc' ? 0 : value]);
    }
  });

  it('traps at misaligned loads and stores, which change nothing', () => {
    const accesses = [['lh', 2], ['lhu', 2], ['lw', 4], ['sh', 2], ['sw', 4]] as const;
    const tries = accesses.flatMap(([mnemonic, size]) =>
      [1, 2, 3].filter((offset) => offset % size !== 0).map((offset) => ({ mnemonic, offset })));
    const at = RAM_BASE + 0x2_0000;
    const results = run(name, `li s10, ${at}\nli t1, 0x12345678\nsw t1, 0(s10)\nsw t1, 4(s10)\n${tries
      .map(({ mnemonic, offset }) => `li a0, 0x55\n${mnemonic} a0, ${offset}(s10)\n${keep('s8', 's7', 'a0')}`).join('')}
      lw a1, 0(s10)\nlw a2, 4(s10)\n${keep('a1', 'a2')}`);
    expect(first(results, 3 * tries.length + 2)).toEqual(
      [...tries.flatMap(({ mnemonic, offset }) => [mnemonic.startsWith('l') ? 4 : 6, at + offset, 0x55]), 0x1234_5678, 0x1234_5678],
    );
  });

  it.runIf(isa.c)('never finds a jump target misaligned', () => {
    const results = run(name, `
      la a0, there\njalr ra, 2(a0)\nli s0, 1
      .balign 4
      there: .word 0x00010001
      ${keep('s0', 's4')}`);
    expect(first(results, 2)).toEqual([0, 0]);
  });

  it.runIf(!isa.c)('traps at the jump whose target is misaligned, which writes no register', () => {
    const where = (label: string): string => `la t0, ${label}\nsub t1, s5, t0\nsub t2, s7, t0\n${keep('s4', 's8', 't1', 't2')}`;
    const results = run(name, `
      la a0, jump\nli a1, 7
      jump: jalr a1, 10(a0)
      ${where('jump')} ${keep('a1')}
      branch: beq x0, x0, branch + 6
      ${where('branch')}
      bne x0, x0, branch + 2
      ${keep('s4')}`);
    expect(first(results, 10)).toEqual([1, 0, 0, 10, 7, 2, 0, 0, 6, 2]);
  });

  it('saves and restores the interrupt enable, and always returns to machine mode', () => {
    const results = run(name, `
      la t0, inspect\ncsrw mtvec, t0\nli t1, ${MSTATUS.MIE | MSTATUS.MPIE}\ncsrs mstatus, t1
      ecall
      ${keep('mstatus')} csrci mstatus, ${MSTATUS.MIE}
      ecall
      ${keep('mstatus')}
      li t1, ${MSTATUS.MPP}\ncsrc mstatus, t1\n${keep('mstatus')}
      j done
      .balign 4
      inspect: ${keep('mstatus')}
      csrr t0, mepc\naddi t0, t0, 4\ncsrw mepc, t0\nmret
      done:`);
    expect(first(results, 5)).toEqual([0x1880, 0x1888, 0x1800, 0x1880, 0x1880]);
  });

  it.each([0, 1])('goes to the handler of mtvec in mode %i, whose base is a multiple of 4', (vectored) => {
    const results = run(name, `
      la t0, table\naddi t0, t0, ${vectored}\ncsrw mtvec, t0\n
      li t1, ${1 << INTERRUPT.software}\ncsrw mie, t1\ncsrsi mstatus, ${MSTATUS.MIE}
      li s10, ${addressOf('msip')}\nli t1, 1\nsw t1, 0(s10)\nlw x0, 0(s10)\nnop\nnop
      ecall
      ${keep('s0', 's1')} j done
      .balign 8
      nop
      table: j take
      addi s1, s1, 100
      addi s1, s1, 100
      j software
      take: addi s0, s0, 1\nj after
      software: addi s1, s1, 1
      after: j handler
      done:`);
    expect(first(results, 2)).toEqual(vectored ? [1, 1] : [2, 0]);
  });

  it('waits in wfi until an enabled interrupt is pending, and takes it only if all are enabled', () => {
    const request = `li s10, ${addressOf('msip')}\nli t1, 1\nsw t1, 0(s10)\nlw x0, 0(s10)`;
    const results = run(name, `
      li t1, ${1 << INTERRUPT.software}\ncsrw mie, t1\n${request}
      wfi\n${keep('s4', 'mip')} sw x0, 0(s10)\nlw x0, 0(s10)\n${keep('mip')}
      ${request}
      csrsi mstatus, ${MSTATUS.MIE}\nnop\nnop\n${keep('s4', 's8', 'mip')}`);
    expect(first(results, 6)).toEqual([0, 8, 0, 1, 0x8000_0003, 0]);
  });
});
