import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { RISCV_INSTRUCTIONS, COMPRESSED, decode, expandCompressed } from '../../../hw/isa/riscv.ts';
import { TENSOR_INSTRUCTIONS } from '../../../hw/isa/tensor.ts';
import { EventText, instructionText, traceTo, traceToFile } from '../../../sim/debug/trace-log.ts';
import type { HartEvent } from '../../../sim/debug/hart-event.ts';
import { disassemble } from '../../../sim/model/disassemble.ts';
import { runElf } from '../../../sim/run-elf.ts';
import type { Engine } from '../../../sim/run-elf.ts';
import { COUNTING, COUNTING_DATA, FINISH, config, program } from './programs.ts';

async function traced(body: string, engine: Engine, data = ''): Promise<{ events: HartEvent[]; lines: string[]; instret: number }> {
  const elf = program(body, data);
  const events: HartEvent[] = [];
  let text = '';
  const log = traceTo({ write: (more) => text += more, close: () => undefined }, elf);
  const onEvent = (event: HartEvent): void => {
    events.push(event);
    log.write(event);
  };
  const { instret } = await runElf({ config, elf, engine, maxCycles: 100_000, onEvent });
  log.close();
  return { events, lines: text.trimEnd().split('\n'), instret };
}

const TRAPS = `
  la t0, handler
  csrw mtvec, t0
  li t0, 0x02000000
  li t1, 1
  csrwi mie, 8
  csrsi mstatus, 8
  sw t1, 0(t0)
  nop
  nop
  ebreak
.align 2
.globl handler
handler:
  csrr t2, mcause
  bltz t2, interrupted
  li a0, 1
  j finish
interrupted:
  sw zero, 0(t0)
  mret
${FINISH}`;

describe('the log of instructions', () => {
  it('has a line for each, with place, encoding, text and register', async () => {
    const { lines, instret } = await traced(COUNTING, 'model', COUNTING_DATA);
    expect(lines).toHaveLength(instret);
    expect(lines.slice(3, 10)).toEqual([
      '         3 8000000c again                    010000ef jal ra, 0x8000001c <count>           ra=80000010',
      '         4 8000001c count                    00000297 auipc t0, 0x0                        t0=8000001c',
      '         5 80000020 count+0x4                03828293 addi t0, t0, 56                      t0=80000054',
      '         6 80000024 count+0x8                0002a503 lw a0, 0(t0)                         a0=00000000',
      '         7 80000028 count+0xc                00150513 addi a0, a0, 1                       a0=00000001',
      '         8 8000002c store                    00a2a023 sw a0, 0(t0)',
      '         9 80000030 store+0x4                00008067 jalr zero, 0(ra)',
    ]);
  });

  it.each(['wasm'] as const)('is the same on %s as on the model, but for cycles', async (engine) => {
    const [a, b] = [await traced(COUNTING, engine, COUNTING_DATA), await traced(COUNTING, 'model', COUNTING_DATA)];
    expect(a.lines.map((line) => line.slice(11))).toEqual(b.lines.map((line) => line.slice(11)));
    expect(a.instret).toBe(a.lines.length);
    const cycles = a.events.map((event) => event.cycle);
    expect(cycles).toEqual([...cycles].sort((x, y) => x - y));
  });

  it.each(['wasm', 'model'] as const)('has traps and interrupts on lines of their own on %s', async (engine) => {
    const { lines, events } = await traced(TRAPS, engine);
    const traps = lines.filter((line) => line.includes(' ! '));
    expect(traps).toHaveLength(2);
    expect(traps[0]).toMatch(/^ +\d+ 800000\w\w _start\+0x\w+ +! software interrupt \(interrupt 3\)$/);
    expect(traps[1]).toMatch(/^ +\d+ 800000\w\w _start\+0x\w+ +00100073 ! breakpoint \(exception 3\), tval 800000\w\w$/);
    expect(events.filter((event) => event.kind === 'trap').map((event) => event.cause)).toEqual([3, 3]);
  });

  it('loses nothing of a long run on an engine whose ring of events is short', async () => {
    const { lines, instret } = await traced(`li t0, 2000\nloop: addi t0, t0, -1\nbnez t0, loop\nli a0, 1\n${FINISH}`, 'wasm');
    expect(instret).toBeGreaterThan(4000);
    expect(lines).toHaveLength(instret);
  });

  it('goes into a file in large pieces, all of it', () => {
    const folder = mkdtempSync(join(tmpdir(), 'trace-'));
    try {
      const log = traceToFile(join(folder, 'log'));
      const event: HartEvent = { kind: 'retired', cycle: 1, pc: 0x8000_0000, word: 0x13, rd: 0, value: 0 };
      for (let i = 0; i < 10_000; i++) log.write(event);
      log.close();
      expect(readFileSync(join(folder, 'log'), 'utf8').split('\n')).toHaveLength(10_001);
      expect(() => traceToFile(join(folder, 'log', 'none'))).toThrow(/none: cannot be written: .* \(ENOTDIR\); choose another place$/);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('shows a compressed instruction by its four digits and what it stands for', () => {
    expect(instructionText(0x8000_0000, 0x4515)).toBe('80000000                          4515     addi a0, zero, 5');
    expect(instructionText(0x8000_0000, 0x0000)).toBe('80000000                          0000     .half 0x0000');
  });

  it('follows code that changes', () => {
    const text = new EventText();
    const event = (word: number): HartEvent => ({ kind: 'retired', cycle: 0, pc: 0, word, rd: 0, value: 0 });
    expect(text.line(event(0x13))).toContain('addi zero, zero, 0');
    expect(text.line(event(0x0010_0073))).toContain('ebreak');
  });
});

describe('the text of instructions', () => {
  it('exists for every instruction that there is, and names it', () => {
    for (const { mnemonic, match } of [...RISCV_INSTRUCTIONS, ...TENSOR_INSTRUCTIONS]) expect(disassemble(match).split(' ')[0]).toBe(mnemonic);
  });

  it('of a compressed instruction, expanded, is that of what it stands for', () => {
    for (const { match, mnemonic } of COMPRESSED) {
      // Registers and immediates that are nowhere reserved.
      const half = match | (mnemonic === 'c.ebreak' || mnemonic === 'c.nop' || mnemonic === 'c.addi16sp' ? 0 : 0x0100) | 0x20;
      const full = expandCompressed(half);
      if (full === undefined) continue;
      expect(disassemble(half, { expand: true }).split(' ')[0]).toBe(decode(full)!.mnemonic);
      expect(disassemble(half, { expand: true, pc: 0x100 })).toBe(disassemble(full, { pc: 0x100 }));
    }
  });
});
