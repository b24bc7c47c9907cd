import { describe, expect, it } from 'vitest';
import { runElf } from '../../../sim/run-elf.ts';
import { signatureRange, signatureText } from '../../../sim/debug/signature.ts';
import { FINISH, RAM_BYTES, config, program } from './programs.ts';

const DATA = '.globl begin_signature\nbegin_signature: .word 0xdeadbeef\n.word 7\n.word 0\n.globl end_signature\nend_signature:';

describe('a signature', () => {
  it.each(['wasm', 'model'] as const)('is the memory between its symbols after the run on %s', async (engine) => {
    const elf = program(`la t0, begin_signature\nli t1, 0x0badcafe\nsw t1, 4(t0)\nsb t1, 8(t0)\nli a0, 1\n${FINISH}`, DATA);
    const { kept, exit } = await runElf({ config, elf, engine, maxCycles: 10_000, keep: signatureRange(elf, RAM_BYTES) });
    expect(exit).toBe(0);
    expect(signatureText(kept!)).toBe('deadbeef\n0badcafe\n000000fe\n');
  });

  it('may be empty', () => {
    const elf = program('nop', '.globl begin_signature\nbegin_signature:\n.globl end_signature\nend_signature:');
    expect(signatureText(new Uint8Array(signatureRange(elf, RAM_BYTES).bytes))).toBe('');
  });

  it('is refused in one line where its symbols are missing or make no sense', () => {
    const refusal = (data: string): (() => unknown) => () => signatureRange(program('nop', data), RAM_BYTES);
    expect(refusal('')).toThrow(/^test\.elf: has no symbol begin_signature; a signature needs begin_signature and end_signature/);
    expect(refusal('.globl begin_signature\nbegin_signature:')).toThrow('test.elf: has no symbol end_signature');
    expect(refusal('.globl end_signature\nend_signature: .word 0\n.globl begin_signature\nbegin_signature:')).toThrow('end_signature is before begin_signature');
    expect(refusal('.globl begin_signature\nbegin_signature: .byte 1\n.globl end_signature\nend_signature:')).toThrow('is not of whole words; align both labels');
    const elf = program('nop', DATA);
    expect(() => signatureRange(elf, 4)).toThrow(/is outside RAM 0x80000000…0x80000004; mend the linker script or enlarge simulation\.ram$/);
  });
});
