import { describe, expect, it } from 'vitest';
import { UserError } from '../../gen/user-error.ts';
import { balancedCore, fastCore, smallCore } from '../../hw/core/config.ts';
import { addressOf, RAM_BASE } from '../../hw/soc/memory-map.ts';
import { BENCH_MARKS, BENCH_RAM_BYTES } from '../../sim/core-bench.ts';
import { parseElf } from '../../sim/elf.ts';
import type { ElfImage } from '../../sim/elf.ts';
import { openCoreBench } from '../../sim/run-core.ts';
import { assemble, programToElf } from '../../sw/assembler/index.ts';

/** A program that ends with what it leaves in a0. */
const program = (body: string): ElfImage => parseElf(programToElf(assemble(
  `.globl _start\n_start:\n${body}\nla a1, tohost\nsw a0, 0(a1)\nlast: j last\n.data\n.globl tohost\ntohost: .word 0\n.globl mark\nmark: .word 0\n`)), 'test.elf');
const CORES = Object.entries({ small: smallCore, balanced: balancedCore, fast: fastCore });
const MOST = 20_000;

describe.each(CORES)('core bench, %s', (name, core) => {
  it('notes every store to the mark with its cycle and the instructions before it', async () => {
    const bench = await openCoreBench(core, 'wasm');
    const elf = program(`la t0, mark\nli t1, 5\nsw t1, 0(t0)\n${'nop\n'.repeat(10)}sw t0, 0(t0)\nli a0, 1`);
    const { exit, marks, instret, cycles } = bench.run(elf, MOST);
    expect(exit).toBe(0);
    expect(marks.map((m) => m.value)).toEqual([5, elf.symbols.get('mark')]);
    const [first, second] = marks;
    expect(second.instret - first.instret).toBe(11);
    // A store takes two cycles where it stays in execute until its response.
    expect(second.cycle - first.cycle).toBe(name === 'small' ? 12 : 11);
    expect(instret).toBeGreaterThan(11);
    expect(cycles).toBeGreaterThan(second.cycle - 10);
    bench.close();
  });

  it('gives time, a serial line and software interrupts, and errors elsewhere', async () => {
    const bench = await openCoreBench(core, 'wasm');
    const { exit, text } = bench.run(program(`
      li s0, ${addressOf('uartData')}
      lw t0, ${addressOf('uartStatus') - addressOf('uartData')}(s0)
      addi t0, t0, 'A' - 1
      sw t0, 0(s0)
      li t1, ${addressOf('mtimeLo')}
      lw t2, 0(t1)
      lw t3, 0(t1)
      sub t3, t3, t2
      li a0, 3
      blez t3, end
      la t0, handler
      csrw mtvec, t0
      li a0, 5
      lw t0, 0x700(zero)
      j end
    handler:
      li a0, 1
      csrr t0, mcause
      addi t0, t0, -5
      beqz t0, end
      li a0, 7
    end:`), MOST);
    expect(exit).toBe(0);
    expect(text).toBe('A');
    bench.close();
  });

  it('runs one program after another, each in fresh memory', async () => {
    const bench = await openCoreBench(core, 'wasm');
    const counting = program('la t0, mark\nlw t1, 0(t0)\naddi t1, t1, 1\nsw t1, 0(t0)\nslli a0, t1, 1\naddi a0, a0, -1');
    const [first, second] = [bench.run(counting, MOST), bench.run(counting, MOST)];
    expect(first.exit).toBe(0);
    expect({ ...second, seconds: 0 }).toEqual({ ...first, seconds: 0 });
    bench.close();
  });
});

describe('core bench', () => {
  it('keeps the last marks of many', async () => {
    const bench = await openCoreBench(fastCore, 'wasm');
    const { marks } = bench.run(program(`la t0, mark\nli t1, ${BENCH_MARKS + 5}\nagain:\nsw t1, 0(t0)\naddi t1, t1, -1\nbnez t1, again\nli a0, 1`), MOST);
    expect(marks).toHaveLength(BENCH_MARKS);
    expect(marks.map((m) => m.value)).toEqual(Array.from({ length: BENCH_MARKS }, (_, i) => BENCH_MARKS - i));
    bench.close();
  });

  it('tells of a program that does not end', async () => {
    const bench = await openCoreBench(smallCore, 'wasm');
    expect(bench.run(program('forever: j forever'), 100)).toMatchObject({ exit: undefined, cycles: 100 });
    bench.close();
  });

  it('refuses what does not fit', async () => {
    const bench = await openCoreBench(smallCore, 'wasm');
    const large: ElfImage = { ...program('nop'), segments: program('nop').segments.map((s) => ({ ...s, memSize: BENCH_RAM_BYTES + 4 })) };
    expect(() => bench.run(large, 1)).toThrow(new UserError(
      'test.elf: segment 0x80000000…0x80100004 is outside RAM 0x80000000…0x80100000; mend the linker script or make the program smaller'));
    expect(() => bench.run({ ...large, entry: RAM_BASE + 4 }, 1)).toThrow(UserError);
    bench.close();
  });
});
