/** The stock debugger against our side of its protocol, driven by a script. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { debugElf } from '../../../sim/debug/debug-elf.ts';
import { parseElf } from '../../../sim/elf.ts';
import type { Engine, RunElfResult } from '../../../sim/run-elf.ts';
import { isInstalled } from '../../../tools/prerequisites.ts';
import { COUNTING, COUNTING_DATA, config, elfBytes } from './programs.ts';

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

/** What GDB says to a script, after it has connected to a program that runs under it. */
async function debug(engine: Engine, script: string): Promise<{ said: string; run: RunElfResult }> {
  const folder = mkdtempSync(join(tmpdir(), 'gdb-'));
  try {
    const file = join(folder, 'test.elf');
    const bytes = elfBytes(COUNTING, COUNTING_DATA);
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
});
