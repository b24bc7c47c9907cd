/** What the runner of the external suites promises: nothing of one test is left for the next. */
import { describe, expect, it } from 'vitest';
import { RAM_BASE } from '../../hw/soc/memory-map.ts';
import { parseElf } from '../../sim/elf.ts';
import { missingTools } from '../../sim/verilator/index.ts';
import { assemble, programToElf } from '../../sw/assembler/index.ts';
import { openSuiteRunner, suiteConfig } from './suite-runner.ts';

const REGISTERS = Array.from({ length: 31 }, (_, i) => i + 1);
const FAR = RAM_BASE + 0x10_0000;

const program = (body: string): ReturnType<typeof parseElf> => parseElf(programToElf(assemble(`
.globl _start
_start:
  ${body}
  sw x1, 0(x2)
last: j last
.data
.globl tohost
tohost: .word 0
`)), 'test.elf');

/** Ends with 0 if all of x1 to x31 and a word of RAM are 0. */
const LOOK = program(`
  ${REGISTERS.slice(1).map((r) => `or x1, x1, x${r}`).join('\n  ')}
  lui x2, ${FAR >>> 12}
  lw x3, 0(x2)
  or x1, x1, x3
  sltu x1, x0, x1
  slli x1, x1, 1
  ori x1, x1, 1
  la x2, tohost`);

/** Leaves none of them 0. */
const FILL = program(`
  ${REGISTERS.slice(2).map((r) => `li x${r}, ${0x1000 + r}`).join('\n  ')}
  lui x2, ${FAR >>> 12}
  sw x2, 0(x2)
  la x2, tohost
  li x1, 1`);

const hasVerilator = missingTools() === undefined && process.env.SYSTOLE_SUITE_ENGINES?.includes('verilator') === true;

describe('a suite runner', () => {
  it.each(['small', 'fast'])('begins every program on %s with memory and registers of 0', async (core) => {
    for (const engine of ['wasm', 'model', ...(hasVerilator ? ['verilator' as const] : [])] as const) {
      const runner = openSuiteRunner(suiteConfig(core), engine);
      for (const elf of [LOOK, FILL, LOOK]) expect((await runner.run(elf)).exit, engine).toBe(0);
    }
  });
});
