/** A small chip and small programs for tests of what looks into running programs. */
import { parseConfig } from '../../../hw/soc/config.ts';
import { parseElf } from '../../../sim/elf.ts';
import type { ElfImage } from '../../../sim/elf.ts';
import { assemble, programToElf } from '../../../sw/assembler/index.ts';

export const RAM_BYTES = 64 * 1024;

export const config = parseConfig(`[chip]
name = "test"
[bus]
bytes = 8
[core]
preset = "fast"
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

/** A program of which `body` is all that runs; `data` follows the word `tohost`, and 64 bytes of stack below `top` that. */
export function elfBytes(body: string, data = ''): Uint8Array {
  const source = `.globl _start\n_start:\n${body}\n.data\n.globl tohost\ntohost: .word 0\n${data}\n.zero 64\n.globl top\ntop: .word 0\n`;
  return programToElf(assemble(source));
}

export const program = (body: string, data = ''): ElfImage => parseElf(elfBytes(body, data), 'test.elf');

/** Ends a program with the value that it leaves in a0. */
export const FINISH = '.globl finish\nfinish:\nla a1, tohost\nsw a0, 0(a1)\nlast: j last';

/** Counts `word` to 5 in a function, and ends. */
export const COUNTING = `
  la sp, top
  li s0, 5
.globl again
again:
  jal count
  bne a0, s0, again
  li a0, 1
  j finish
.globl count
count:
  la t0, word
  lw a0, 0(t0)
  addi a0, a0, 1
.globl store
store:
  sw a0, 0(t0)
  ret
${FINISH}`;
export const COUNTING_DATA = '.globl word\nword: .word 0';
