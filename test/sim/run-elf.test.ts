import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../hw/soc/config.ts';
import { addressOf } from '../../hw/soc/memory-map.ts';
import type { ElfImage } from '../../sim/elf.ts';
import { parseElf } from '../../sim/elf.ts';
import { runElf } from '../../sim/run-elf.ts';
import type { Engine, RunElfOptions, RunElfResult } from '../../sim/run-elf.ts';
import { assemble, programToElf } from '../../sw/assembler/index.ts';

const config = parseConfig(`[chip]
name = "test"
[bus]
bytes = 8
[core]
preset = "small"
[soc]
instructionCache = "256 B"
[tensor]
rows = 4
columns = 4
scratchpad = "1 KiB"
accumulators = "1 KiB"
channels = 16
vectorLanes = 4
[simulation]
ram = "64 KiB"
latency = 2
`, 'test.toml');

/** A program that ends with what it leaves in a0. */
const program = (body: string, base?: number): ElfImage => {
  const source = `.globl _start\n_start:\n${body}\nla a1, tohost\nsw a0, 0(a1)\nlast: j last\n.data\n.globl tohost\ntohost: .word 0\n`;
  return parseElf(programToElf(assemble(source, base === undefined ? {} : { base })), 'test.elf');
};

const HELLO = `
  li s0, ${addressOf('uartData')}
  li t0, 0
next:
  addi t1, t0, 'A'
  sw t1, 0(s0)
  addi t0, t0, 1
  li t2, 26
  bne t0, t2, next
  li a0, 1`;
const ECHO = `
  li s0, ${addressOf('uartData')}
again:
  lw t0, 0(s0)
  bltz t0, again
  sw t0, 0(s0)
  li t1, '.'
  bne t0, t1, again
  li a0, 1`;

type More = Partial<Pick<RunElfOptions, 'maxCycles' | 'uartInput' | 'wave' | 'onProgress'>>;
async function run(elf: ElfImage, engine: Engine, more: More = {}): Promise<RunElfResult & { text: string }> {
  let text = '';
  const onUart = (bytes: Uint8Array): void => {
    text += Buffer.from(bytes).toString();
  };
  const result = await runElf({ config, elf, engine, maxCycles: 100_000, onUart, ...more });
  return { ...result, text };
}

describe('running a program', () => {
  for (const engine of ['wasm', 'model'] as const) {
    it(`on ${engine} shows what it prints and how it ends`, async () => {
      expect(await run(program(HELLO), engine)).toMatchObject({ engine, exit: 0, stopped: 'tohost', text: 'ABCDEFGHIJKLMNOPQRSTUVWXYZ' });
      expect(await run(program('li a0, 11'), engine)).toMatchObject({ exit: 5, stopped: 'tohost', text: '' });
    });

    it(`on ${engine} gives it its input`, async () => {
      expect(await run(program(ECHO), engine, { uartInput: Buffer.from('hello.') })).toMatchObject({ exit: 0, text: 'hello.' });
    });

    it(`on ${engine} gives up after as many cycles as allowed`, async () => {
      const result = await run(program('here: j here'), engine, { maxCycles: 3000 });
      expect(result).toMatchObject({ exit: undefined, stopped: 'limit', cycles: 3000 });
    });
  }

  it('retires the same instructions on every engine', async () => {
    const elf = program(HELLO);
    expect((await run(elf, 'wasm')).instret).toBe((await run(elf, 'model')).instret);
  });

  it('traps on addresses where nothing is, for loads, stores and fetches', async () => {
    const elf = program(`
      la t0, handler
      csrw mtvec, t0
      li s0, 0
      li t0, 0x40000000
      lw t1, 0(t0)
      sw t1, 0(t0)
      li t0, 0x90000000
      lw t1, 0(t0)
      la ra, back
      li t0, 0x1000
      jr t0
    back:
      li t0, ${5 + 7 * 16 + 5 * 256 + 1 * 4096}
      li a0, 1
      beq s0, t0, finish
      li a0, 3
      j finish
    handler:
      csrr t2, mcause
      li t3, 1
      mv t4, s1
    shift:
      beqz t4, shifted
      slli t2, t2, 4
      addi t4, t4, -1
      j shift
    shifted:
      or s0, s0, t2
      addi s1, s1, 1
      csrr t2, mcause
      beq t2, t3, fetch
      csrr t2, mepc
      addi t2, t2, 4
      csrw mepc, t2
      mret
    fetch:
      csrw mepc, ra
      mret
    finish:`);
    for (const engine of ['model', 'wasm'] as const) expect(await run(elf, engine)).toMatchObject({ exit: 0 });
  });

  it('writes waves', async () => {
    const wave = join(mkdtempSync(join(tmpdir(), 'wave-')), 'run.vcd');
    const at: number[] = [];
    expect(await run(program('li a0, 1'), 'wasm', { wave, onProgress: (cycles) => void at.push(cycles) })).toMatchObject({ exit: 0 });
    // Where a thousand cycles take seconds, it is told more often.
    expect(at.length).toBeGreaterThan(1);
    expect(at[0]).toBeLessThanOrEqual(10);
    expect(readFileSync(wave, 'utf8')).toContain('uartCount');
    await expect(run(program('li a0, 1'), 'model', { wave })).rejects.toThrow('the model engine has no waves');
  });

  it('refuses programs that do not fit', async () => {
    await expect(run(program('li a0, 1', 0x8001_0000),
      'wasm')).rejects.toThrow(/^test\.elf: segment 0x80010000…0x8001\w+ is outside RAM 0x80000000…0x80010000; mend the linker script or enlarge simulation\.ram$/);
    await expect(run(program('li a0, 1', 0x8000_0100), 'wasm')).rejects.toThrow('entry 0x80000100 is not the start of RAM');
  });
});
