import { describe, expect, it } from 'vitest';
import { csrsOf } from '../../../hw/isa/csr.ts';
import { RAM_BASE, addressOf } from '../../../hw/soc/memory-map.ts';
import { parseElf } from '../../../sim/elf.ts';
import { GoldenModel, runElf } from '../../../sim/model/golden-model.ts';
import type { GoldenModelOptions } from '../../../sim/model/golden-model.ts';
import { assemble, programToElf } from '../../../sw/assembler/index.ts';
import { loadSource, runSource, stepSource } from './programs.ts';

/** Runs `body` with a trap handler that writes mcause, mepc − _start, mtval to s0, s1, s2 and ends the program. */
function trapOf(body: string, options: GoldenModelOptions = {}): { cause: number; offset: number; tval: number; model: GoldenModel } {
  const { model, result } = runSource(`
    _start: la t0, handler; csrw mtvec, t0
    begin: ${body}
    j .
    .align 6
    handler: csrr s0, mcause; csrr s1, mepc; csrr s2, mtval; la t0, begin; sub s1, s1, t0
    li t1, 1; la t0, tohost; sw t1, 0(t0); j .
    .data
    tohost: .word 0, 0`, 100, options);
  expect(result.stopped).toBe('tohost');
  const [cause, offset, tval] = ['s0', 's1', 's2'].map((r) => model.register(r)) as [number, number, number];
  return { cause, offset: offset | 0, tval, model };
}

describe('exceptions', () => {
  it.each<[string, string, number, number, number]>([
    ['an illegal word', '.word 0xffffffff', 2, 0, 0xffff_ffff],
    ['an illegal halfword', 'nop; .half 0, 0', 2, 4, 0],
    ['a CSR that does not exist', 'csrr a0, 0x180', 2, 0, 0x1800_2573],
    ['a write to a read-only CSR', 'csrw mhartid, a0', 2, 0, 0xf145_1073],
    ['a write of the cycle counter by way of set bits', 'csrs cycle, a0', 2, 0, 0xc005_2073],
    ['ebreak', 'nop; ebreak', 3, 4, RAM_BASE + 16],
    ['ecall', 'ecall', 11, 0, 0],
    ['a misaligned lw', 'li a0, 0x80000002; lw a0, 0(a0)', 4, 8, 0x8000_0002],
    ['a misaligned lh', 'li a0, 0x80000003; lhu a0, 0(a0)', 4, 8, 0x8000_0003],
    ['a misaligned sw', 'li a0, 0x80000001; sw a0, 0(a0)', 6, 8, 0x8000_0001],
    ['a misaligned sh', 'li a0, 0x80000001; sh a0, 0(a0)', 6, 8, 0x8000_0001],
    ['a load from nowhere', 'li a0, 0x40; lb a0, 1(a0)', 5, 4, 0x41],
    ['a load behind RAM', 'li a0, 0x80010000; lw a0, 0(a0)', 5, 4, 0x8001_0000],
    ['a store to nowhere', 'li a0, 0x7ffffffc; sw a0, 0(a0)', 7, 8, 0x7fff_fffc],
    ['a misaligned access to nowhere, which counts as misaligned', 'li a0, 0x41; sw a0, 0(a0)', 6, 4, 0x41],
    ['a jump to nowhere', 'li a0, 0x1000; jr a0', 1, 0x1000 - RAM_BASE - 12, 0x1000],
  ])('%s traps with the right mcause, mepc and mtval', (_, body, cause, offset, tval) => {
    expect(trapOf(body)).toMatchObject({ cause, offset: offset | 0, tval });
  });

  it('of an instruction whose second half is behind RAM points at that half', () => {
    const model = new GoldenModel({ ramBytes: 4096 });
    model.write(RAM_BASE + 4094, new Uint8Array([0x13, 0]));
    model.pc = RAM_BASE + 4094;
    expect(model.step()).toMatchObject({ kind: 'trap', cause: 1, pc: RAM_BASE + 4094, tval: RAM_BASE + 4096 });
  });

  it('for misaligned jump targets exist only without C, at the jump, and leave rd alone', () => {
    const options = { isa: { c: false } };
    expect(trapOf('jal a0, . + 6', options)).toMatchObject({ cause: 0, offset: 0, tval: RAM_BASE + 12 + 6 });
    expect(trapOf('jal a0, . + 6', options).model.register('a0')).toBe(0);
    expect(trapOf('beq x0, x0, . + 10', options)).toMatchObject({ cause: 0, offset: 0, tval: RAM_BASE + 12 + 10 });
    expect(trapOf('li a0, 0x80000003; jalr a1, 0(a0)', options)).toMatchObject({ cause: 0, offset: 8, tval: 0x8000_0002 });
    expect(trapOf('bne x0, x0, . + 10; ecall', options)).toMatchObject({ cause: 11, offset: 4 });
  });

  it('do not retire and leave the destination register alone', () => {
    const { results, model } = stepSource('li a0, 1; lw a0, 0(a0)', 2);
    expect(results[1]).toEqual({ kind: 'trap', pc: RAM_BASE + 4, word: 0x0005_2503, nextPc: 0, interrupt: false, cause: 4, tval: 1 });
    expect([model.register('a0'), model.instret]).toEqual([1, 1]);
  });

  it('that the handler itself raises at once end the run as stuck', () => {
    expect(runSource('.word 0', 1e9).result).toEqual({ exit: undefined, instret: 0, stopped: 'stuck' });
    expect(runSource('la t0, 1f; csrw mtvec, t0; ecall; .align 2; 1: ecall', 1e9).result).toMatchObject({ stopped: 'stuck', instret: 3 });
  });
});

describe('mstatus and mret', () => {
  it('stack the interrupt enable through a trap and back', () => {
    const { model } = runSource(`
      la t0, handler; csrw mtvec, t0; csrsi mstatus, 8
      ecall
      csrr s1, mstatus; ebreak
      .align 2
      handler: csrr s0, mstatus; csrr t1, mepc; addi t1, t1, 4; csrw mepc, t1; mret`, 12);
    expect([model.register('s0'), model.register('s1')]).toEqual([0x1880, 0x1888]);
  });

  it('keep MPP at machine mode whatever is written', () => {
    const { model } = stepSource('csrw mstatus, x0; csrr a0, mstatus; li a1, -1; csrw mstatus, a1; csrr a2, mstatus', 5);
    expect([model.register('a0'), model.register('a2')]).toEqual([0x1800, 0x1888]);
  });
});

describe('CSRs', () => {
  it('keep exactly the bits that the table calls writable', () => {
    const counters = ['mcycle', 'mcycleh', 'minstret', 'minstreth'];
    for (const { name, access, reset, writable } of csrsOf({ zicntr: true, counters: true, pmpRegions: 0 })) {
      if (access === 'r' || counters.includes(name) || name === 'misa') continue;
      const model = new GoldenModel({ ramBytes: 4096 });
      model.setCsr(name, 0xffff_ffff);
      expect([name, model.csr(name)]).toEqual([name, (reset | writable) >>> 0]);
      model.setCsr(name, 0);
      expect([name, model.csr(name)]).toEqual([name, (reset & ~writable) >>> 0]);
    }
  });

  it('tell the extensions, and mepc keeps bit 1 only with C', () => {
    const model = new GoldenModel({ ramBytes: 4096, isa: { c: false, zbs: false } });
    model.setCsr('mepc', 7);
    expect([model.csr('misa'), model.csr('mepc')]).toEqual([0x4000_1100, 4]);
  });

  it('exist only as far as the hart has them', () => {
    const model = new GoldenModel({ ramBytes: 4096, isa: { zicntr: false } });
    for (const name of ['cycle', 'time', 'instreth', 'pmpcfg0', 'pmpaddr15']) expect(() => model.csr(name)).toThrow(`no CSR ${name}`);
    const full = new GoldenModel({ ramBytes: 4096, pmpRegions: 4 });
    expect(['cycle', 'time', 'instreth', 'pmpcfg3', 'pmpaddr15'].map((name) => full.csr(name))).toEqual([0, 0, 0, 0, 0]);
  });

  it('set and clear bits, and swap', () => {
    const { model } = stepSource(`
      li a0, 0xf0; csrrw a1, mscratch, a0; csrrsi a2, mscratch, 5; csrrci a3, mscratch, 4; li a4, 0x30
      csrrc a5, mscratch, a4; csrr a6, mscratch; csrrs a0, mscratch, a0`, 8);
    expect(['a1', 'a2', 'a3', 'a5', 'a6', 'a0'].map((r) => model.register(r))).toEqual([0, 0xf0, 0xf5, 0xf1, 0xc1, 0xc1]);
    expect(model.csr('mscratch')).toBe(0xf1);
  });

  it('count instructions; a write holds for the next instruction; inhibited counters stand still', () => {
    const { model } = stepSource(`
      csrr a0, minstret; csrr a1, minstret; li t0, 100; csrw minstret, t0; csrr a2, minstret; csrr a3, instret
      csrwi mcountinhibit, 4; csrr a4, minstret; nop; csrr a5, minstret; csrw mcountinhibit, x0; csrr a6, minstret
      li t0, -1; csrw minstret, t0; csrr s0, minstreth; csrr s1, minstreth`, 17);
    expect(['a0', 'a1', 'a2', 'a3', 'a4', 'a5', 'a6'].map((r) => model.register(r))).toEqual([0, 1, 100, 101, 103, 103, 103]);
    expect(['s0', 's1'].map((r) => model.register(r))).toEqual([0, 1]);
  });

  it('can be answered by somebody else in lockstep', () => {
    const options: GoldenModelOptions = {
      overrideCsr: (address) => (address === 0xc00 ? 1234 : undefined),
      overrideDevice: (address) => (address === addressOf('mtimeLo') ? 99 : undefined),
    };
    const { model } = stepSource('rdcycle a0; csrr a1, instret; li t0, 0x0200bff8; lw a2, 0(t0)', 5, options);
    expect(['a0', 'a1', 'a2'].map((r) => model.register(r))).toEqual([1234, 1, 99]);
  });
});

const INTERRUPT_PROGRAM = (vectored: boolean): string => `
    la t0, vector; ${vectored ? 'ori t0, t0, 1;' : ''} csrw mtvec, t0
    ${vectored ? '' : 'nop'}
    li t0, 0x888; csrw mie, t0; csrsi mstatus, 8
    loop: addi a0, a0, 1; j loop
    .align 6
    vector: ${Array.from({ length: 16 }, (_, i) => `li s0, ${i}; `).join('')}
    spin: j spin`;

describe('interrupts', () => {
  it.each([['external', 11], ['software', 3], ['timer', 7]] as const)('%s: are taken, disable themselves and save pc', (line, cause) => {
    const model = loadSource(INTERRUPT_PROGRAM(false));
    model.run(20);
    expect(model.csr('mcause')).toBe(0);
    model.setInterrupt(line, true);
    const pc = model.pc;
    expect(model.csr('mip')).toBe(1 << cause);
    expect(model.step()).toEqual({ kind: 'trap', pc, word: 0, nextPc: model.pc, interrupt: true, cause, tval: 0 });
    const csrs = ['mcause', 'mepc', 'mtval', 'mstatus'].map((name) => model.csr(name));
    expect(csrs).toEqual([(0x8000_0000 | cause) >>> 0, pc, 0, 0x1880]);
    expect(model.step()).toMatchObject({ kind: 'retired' });
  });

  it.each([['external', 11], ['software', 3], ['timer', 7]] as const)('%s: go to their own place when vectored', (line, cause) => {
    const model = loadSource(INTERRUPT_PROGRAM(true));
    model.run(20);
    model.setInterrupt(line, true);
    model.run(1);
    expect(model.register('s0')).toBe(cause);
  });

  it('are taken in the order external, software, timer', () => {
    const model = loadSource(INTERRUPT_PROGRAM(false));
    model.run(20);
    for (const line of ['timer', 'software', 'external'] as const) model.setInterrupt(line, true);
    const order = [11, 3, 7].map((cause) => {
      const taken = model.step();
      model.setInterrupt(({ 11: 'external', 3: 'software', 7: 'timer' } as const)[cause as 3]!, false);
      model.setCsr('mstatus', 0x1888);
      return taken.kind === 'trap' && taken.cause;
    });
    expect(order).toEqual([11, 3, 7]);
  });

  it('come from the timer at the very instruction, alike when stepping and running', () => {
    const source = `
      la t0, handler; csrw mtvec, t0
      li t0, 0x02004000; li t1, 50; sw t1, 0(t0); sw x0, 4(t0)
      li t1, 0x80; csrw mie, t1; csrsi mstatus, 8
      1: addi a0, a0, 1; j 1b
      .align 2
      handler: csrr s0, mepc; rdtime s1; li t1, 1; la t0, tohost; sw t1, 0(t0)
      .data
      tohost: .word 0`;
    const { model: ran, result } = runSource(source, 1000);
    const stepped = loadSource(source);
    let steps = 0;
    while (stepped.exit === undefined && steps++ < 1000) stepped.step();
    expect(result).toMatchObject({ exit: 0, stopped: 'tohost' });
    for (const r of ['a0', 's0', 's1']) expect(ran.register(r)).toBe(stepped.register(r));
    expect(ran.register('s1')).toBe(51);
    expect(ran.instret).toBe(stepped.instret);
  });

  it('come from a store to msip, and wfi waits for none', () => {
    const { model } = runSource(`
      la t0, handler; csrw mtvec, t0; li t0, 8; csrw mie, t0; csrsi mstatus, 8; wfi
      li t0, 0x02000000; li t1, 1; sb t1, 0(t0); li a0, 77
      .align 2
      handler: li s0, 5; sw x0, 0(t0); csrr s1, mip; csrr s2, mcause; 1: j 1b`, 30);
    expect(['s0', 's1', 's2', 'a0'].map((r) => model.register(r))).toEqual([5, 0, 0x8000_0003, 0]);
  });
});

describe('devices', () => {
  it('send and receive bytes through the UART', () => {
    const sent: number[] = [];
    const model = loadSource(`
      li t0, 0x10000000; lw a0, 4(t0); 1: lw a1, 0(t0); bltz a1, 2f; sw a1, 0(t0); j 1b
      2: lw a2, 4(t0); lw a3, 0(t0); li t1, 0x4142; sb t1, 1(t0); sh t1, 0(t0)
      lw a4, 8(t0); lhu a5, 2(t0); nop`, { uart: (byte) => sent.push(byte) });
    model.sendUart(new TextEncoder().encode('ok!'));
    model.run(25);
    expect(String.fromCharCode(...sent)).toBe('ok!B');
    expect(['a0', 'a2', 'a3', 'a4', 'a5'].map((r) => model.register(r))).toEqual([3, 1, 0x8000_0000, 0, 0x8000]);
  });

  it('keep 64-bit time, which software can set', () => {
    const { model } = stepSource(`
      li t0, 0x0200c000; li t1, -2; sw x0, -4(t0); sw t1, -8(t0); lw a0, -8(t0); lw a1, -4(t0)
      lw a2, -8(t0); lw a3, -4(t0); csrr a4, timeh; li t2, 7; sb t2, -3(t0); lw a5, -4(t0)`, 15);
    expect(['a0', 'a1', 'a2', 'a3', 'a4', 'a5'].map((r) => model.register(r))).toEqual([0xffff_fffe, 0, 0, 1, 1, 0x0701]);
  });
});

describe('a program', () => {
  const program = (value: number, store = 'sw'): string =>
    `li t1, ${value}; la t0, tohost; ${store} t1, 0(t0); 1: j 1b; .data; tohost: .word 0, 0`;

  it('ends with what it writes to tohost', () => {
    expect(runSource(program(1), 100).result).toEqual({ exit: 0, instret: 4, stopped: 'tohost' });
    expect(runSource(program(7), 100).result).toMatchObject({ exit: 3 });
    expect(runSource(program(1, 'sb'), 100).result).toMatchObject({ stopped: 'limit' });
    expect(runSource(program(6), 100).result).toEqual({ exit: undefined, instret: 100, stopped: 'limit' });
  });

  it('is run by one call', () => {
    expect(runElf(parseElf(programToElf(assemble(program(1)))), {}, 100)).toEqual({ exit: 0, instret: 4, stopped: 'tohost' });
  });

  it('that does not fit RAM is refused with one clear line', () => {
    expect(() => loadSource('.space 8192', { ramBytes: 4096 })).toThrow(
      'test: segment 0x80000000…0x80002000 is outside RAM 0x80000000…0x80001000; mend the linker script or enlarge simulation.ram');
    expect(() => loadSource('nop', { ramBytes: 4097 })).toThrow(
      'RAM of 4097 bytes: must be a multiple of 4 from 4 to 2147479552; change the memory size');
  });

  it('does the same when stepped as when run, instruction by instruction', () => {
    const source = `
      li s0, 0; li s1, 12345
      1: li t0, 1103515245; mul s1, s1, t0; addi s1, s1, 1234; srli t1, s1, 16; andi t1, t1, 0xfc; la t2, table; add t2, t2, t1
      lw t3, 0(t2); xor t3, t3, s1; sw t3, 0(t2); sh3add s2, t3, s2; rev8 s3, s2; divu s4, s3, s1; bltu s4, s2, 2f; maxu s5, s4, s3
      2: addi s0, s0, 1; li t4, 300; bne s0, t4, 1b
      li t1, 1; la t0, tohost; sw t1, 0(t0)
      .data
      tohost: .word 0
      table: .space 256`;
    const { model: ran } = runSource(source, 1e6);
    const stepped = loadSource(source);
    while (stepped.exit === undefined) {
      const result = stepped.step();
      if (result.kind === 'retired' && result.rd !== 0) expect(stepped.register(result.rd)).toBe(result.value);
    }
    expect(stepped.instret).toBe(ran.instret);
    for (let r = 0; r < 32; r++) expect(stepped.register(r)).toBe(ran.register(r));
    expect(stepped.read(RAM_BASE, 4096)).toEqual(ran.read(RAM_BASE, 4096));
  });
});
