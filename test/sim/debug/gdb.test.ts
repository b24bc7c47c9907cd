/** The stock debugger against our side of its protocol, driven by a script. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { debugElf } from '../../../sim/debug/debug-elf.ts';
import { CSR, csrsOf } from '../../../hw/isa/csr.ts';
import { REGIONS } from '../../../hw/soc/memory-map.ts';
import { parseElf } from '../../../sim/elf.ts';
import type { Engine, RunElfResult } from '../../../sim/run-elf.ts';
import { isInstalled } from '../../../tools/prerequisites.ts';
import { COUNTING, COUNTING_DATA, FINISH, config, elfBytes } from './programs.ts';

const GDB = 'gdb-multiarch';
const hasGdb = isInstalled(GDB);
if (!hasGdb) console.log(`skipping the stock debugger: no ${GDB}; apt-get install ${GDB}`);

const SCRIPT = `
set confirm off
set pagination off
set width 0
x/i $pc
stepi
info registers pc sp
printf "mtvec %x, mstatus %x\\n", $mtvec, $mstatus
break *count
continue
x/2i $pc
info registers ra s0
hbreak *finish
watch *(int *) &word
continue
printf "word %d at %x\\n", *(int *) &word, $pc
delete 3
continue
set {int} &word = 3
delete 1
continue
printf "word %d, a0 %d at %x\\n", *(int *) &word, $a0, $pc
monitor cycles
monitor reset
maintenance flush register-cache
printf "again at %x\\n", $pc
delete
`;

/** A call, three faults and an interrupt, each of which a handler looks at and returns from by `mret`: instructions are words. */
const TRAPS = `
  la t0, handler
  csrw mtvec, t0
  li s0, 0
call:
  ecall
  li s1, 4
fault:
  lw a0, 0(s1)
  sw a0, 0(s1)
illegal:
  .word 0
  li t1, 8
  csrw mie, t1
  csrw mstatus, t1
  li t2, ${REGIONS.clint.base}
  li t1, 1
raise:
  sw t1, 0(t2)
wait:
  beqz s2, wait
  addi s0, s0, 16
  li a0, 1
  j finish
.balign 4
.globl handler
handler:
  csrr t3, mcause
  bltz t3, interrupt
  csrr t4, mepc
  addi t4, t4, 4
  csrw mepc, t4
  addi s0, s0, 1
  mret
interrupt:
  sw zero, 0(t2)
  lw t5, 0(t2)
  li s2, 1
.globl back
back:
  mret
${FINISH}`;
const MOST_STEPS = 200;
/** Steps to the end of the program, and says where it stands after each. */
const STEPS = `
set confirm off
set $steps = 0
while $pc != &finish && $steps < ${MOST_STEPS}
  stepi
  printf "at %x\\n", $pc
  set $steps = $steps + 1
end
printf "s0 %d after %d\\n", $s0, $steps
kill
`;

/** The engines on which stepping is tried; the build for Verilator takes too long for every day. */
const STEPPED: readonly Engine[] = ['model', 'wasm', ...(process.env.SYSTOLE_GDB_VERILATOR ? ['verilator' as const] : [])];

/** What GDB says to a script, after it has connected to a program that runs under it. */
async function debug(
  engine: Engine, script: string, bytes = elfBytes(COUNTING, COUNTING_DATA),
): Promise<{ said: string; run: RunElfResult }> {
  const folder = mkdtempSync(join(tmpdir(), 'gdb-'));
  try {
    const file = join(folder, 'test.elf');
    writeFileSync(file, bytes);
    let said: Promise<string> = Promise.resolve('');
    const run = await debugElf({
      config, elf: parseElf(bytes, file), engine, port: 0, maxCycles: 1e7,
      onListening: (port) => {
        writeFileSync(join(folder, 'script'), `set architecture riscv:rv32\ntarget remote 127.0.0.1:${port}\n${script}`);
        said = new Promise((resolve, reject) => execFile(
          GDB, ['-nx', '-batch', '-x', join(folder, 'script'), file], { timeout: 60_000 },
          (error, stdout, stderr) => (error ? reject(new Error(`${error.message}\n${stdout}\n${stderr}`)) : resolve(`${stdout}\n${stderr}`)),
        ));
      },
    });
    return { said: await said, run };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe.skipIf(!hasGdb)('GDB', () => {
  it.each(['model', 'wasm'] as const)('steps, breaks, watches and writes memory on %s', async (engine) => {
    const { said, run } = await debug(engine, `${SCRIPT}kill\n`);
    for (const line of [
      '=> 0x80000000 <_start>:\tauipc\tsp,0x0', 'mtvec 0, mstatus 1800', '=> 0x8000001c <count>:\tauipc\tt0,0x0',
      'Old value = 0', 'New value = 1',
      // GDB itself goes on to the end of a function that is about to return.
      'word 1 at 80000010', 'word 5, a0 1 at 80000034', 'again at 80000000',
    ]) expect(said).toContain(line);
    expect(said).toMatch(/ra +0x80000010/);
    expect(said).toMatch(/s0 +0x5/);
    // Three times around instead of five, because 3 was written to the word: 3 + 3 · 8 + 2 instructions.
    expect(said).toMatch(/\d+ cycles, 29 instructions/);
    expect(run).toMatchObject({ stopped: 'killed', exit: undefined });
  });

  it('sees the program end', async () => {
    const { said, run } = await debug('model', 'continue\n');
    expect(said).toMatch(/\[Inferior 1 \(.*\) exited normally\]/);
    expect(run).toMatchObject({ stopped: 'tohost', exit: 0 });
  });

  it.each(['model', 'wasm'] as const)('writes registers on %s', async (engine) => {
    const { said } = await debug(engine, 'break *count\ncontinue\nset $s0 = 1\nset $pc = &store\nprint $s0\nprint $pc\ndelete\ncontinue\n');
    expect(said).toMatch(/\$1 = .*0x1\n/);
    expect(said).toMatch(/\$2 = .*0x8000002c <store>/);
  });

  it.each(STEPPED)('steps over calls, faults, an interrupt and mret as the hart does, on %s', { timeout: 400_000 }, async (engine) => {
    const bytes = elfBytes(TRAPS);
    const elf = parseElf(bytes, 'test.elf');
    const { said } = await debug(engine, STEPS, bytes);
    const places = [...said.matchAll(/^at ([0-9a-f]+)$/gm)].map(([, digits]) => Number.parseInt(digits, 16));
    const at = (name: string): number => elf.symbols.get(name)!;
    const [handler, end] = [at('handler'), at('finish')];
    const isHandler = (pc: number): boolean => pc >= handler && pc < end;
    // Every instruction of the program is a word, and all of them are seen in their order, but for turns of the loop that waits.
    const main = places.filter((pc, i) => !isHandler(pc) && pc < handler && pc !== places[i - 1]);
    const straight = Array.from({ length: (handler - elf.entry) / 4 - 1 }, (_, i) => elf.entry + 4 * (i + 1));
    expect([...new Set(main)]).toEqual(straight);
    // The handler is gone through from its first instruction to its last, once for each trap; what comes next is where `mepc` points.
    const entries = places.flatMap((pc, i) => (pc === handler ? [i] : []));
    expect(entries.map((i) => places[i - 1])).toEqual([at('call'), at('fault'), at('fault') + 4, at('illegal'), expect.any(Number)]);
    for (const i of entries.slice(0, 4)) {
      expect(places.slice(i, i + 8)).toEqual([...[0, 4, 8, 12, 16, 20, 24].map((offset) => handler + offset), places[i - 1] + 4]);
    }
    const last = entries[4];
    expect(places.slice(last, last + 6)).toEqual([handler, handler + 4, ...[-12, -8, -4, 0].map((offset) => at('back') + offset)]);
    expect(places[last + 6]).toBe(places[last - 1]);
    expect(said).toMatch(/^s0 20 after \d+$/m);
  });

  it.each(['model', 'wasm'] as const)('shows every CSR and writes those that can be written, on %s', async (engine) => {
    const csrs = csrsOf({ ...config.core, zicntr: config.core.isa.zicntr });
    const shown = csrs.map(({ name }) => `printf "${name} = %x\\n", $${name}`).join('\n');
    const { said } = await debug(engine, [
      shown, 'set $mscratch = 0x12345678', 'set $minstret = 1000', 'set $mcycle = 5000', 'set $mtvec = 0xffffffff', 'stepi', 'stepi',
      'maintenance flush register-cache',
      'printf "scratch %x, retired %d, vector %x\\n", $mscratch, $minstret, $mtvec', 'printf "cycles %d\\n", $mcycle > 5000 && $mcycle < 6000',
      'info registers csr', 'kill', '',
    ].join('\n'));
    for (const { name, reset } of csrs) {
      expect(said).toMatch(new RegExp(`^${name} = [0-9a-f]+$`, 'm'));
      expect(said).toMatch(new RegExp(`^${name} +0x`, 'm'));
      if (reset !== 0) expect(said).toContain(`${name} = ${reset.toString(16)}\n`);
    }
    expect(said).toContain(`scratch 12345678, retired 1002, vector ${CSR.mtvec.writable.toString(16)}\n`);
    expect(said).toContain('cycles 1\n');
  });
});
