import { describe, expect, it } from 'vitest';
import { runElf } from '../../../sim/run-elf.ts';
import type { Engine, RunElfResult } from '../../../sim/run-elf.ts';
import { crashJson } from '../../../sim/debug/crash.ts';
import { FINISH, config, program } from './programs.ts';

const run = (body: string, engine: Engine, maxCycles = 100_000): Promise<RunElfResult> =>
  runElf({ config, elf: program(body), engine, maxCycles });

const LOAD_OF_NOTHING = 'li t0, 0x40000000\n.globl bad\nbad:\nnop\nlw t1, 4(t0)\nj bad';

describe.each(['wasm', 'model'] as const)('a crash on %s', (engine) => {
  it('without a trap handler ends the run at once and tells of the exception that began it', async () => {
    const { crash, stopped, exit, cycles } = await run(LOAD_OF_NOTHING, engine);
    expect({ stopped, exit }).toEqual({ stopped: 'stuck', exit: undefined });
    expect(cycles).toBeLessThan(1000);
    expect(crashJson(crash!)).toEqual({ reason: 'stuck', pc: 0x8000_0008, cause: 5, causeName: 'load fault', tval: 0x4000_0004, symbol: 'bad', offset: 4 });
    expect(crash!.lines.slice(0, 3)).toEqual([
      'the program crashed: load fault (exception 5), tval 40000004, at 0x80000008 <bad+0x4>: load from where there is nothing',
      'the trap handler\'s first instruction, at 0x00000000, traps too: instruction fault (exception 1), tval 00000000; mtvec is 0, where no handler is',
      'last instructions (cycle, address, encoding, register written):',
    ]);
    expect(crash!.lines[3]).toMatch(/ 80000000 _start .* 400002b7 lui t0, 0x40000/);
    expect(crash!.lines[5]).toMatch(/ 80000008 bad\+0x4 .* 0042a303 ! load fault \(exception 5\), tval 40000004$/);
  });

  it('in a handler whose own first instruction traps tells of both', async () => {
    const { crash, stopped } = await run(`la t0, handler\ncsrw mtvec, t0\necall\n.align 2\n.globl handler\nhandler: lw t0, 1(zero)\n`, engine);
    expect(stopped).toBe('stuck');
    expect(crash!.lines[0]).toMatch(/^the program crashed: machine call \(exception 11\), tval 00000000, at 0x8000000c <_start\+0xc>: ecall$/);
    expect(crash!.lines[1]).toMatch(/^the trap handler's first instruction, at 0x\w+ <handler>, traps too: load misaligned \(exception 4\), tval 00000001; mend the handler, or mtvec$/);
  });

  it('by a jump to nowhere says where that was, and what came before', async () => {
    const { crash } = await run('li t0, 0x40000000\njr t0', engine);
    expect(crash).toMatchObject({ reason: 'stuck', pc: 0x4000_0000, cause: 1, symbol: undefined, offset: undefined });
    expect(crash!.lines.join('\n')).toMatch(/80000004 _start\+0x4 +00028067 jalr zero, 0\(t0\)\n/);
  });

  it('is no crash where a handler works', async () => {
    // The handler goes on after the instruction that trapped; the same instruction traps many times.
    const body = 'la t0, handler\ncsrw mtvec, t0\nli s0, 20\nloop: ecall\naddi s0, s0, -1\nbnez s0, loop\nli a0, 1\nj finish\n'
      + `.align 2\nhandler: csrr t1, mepc\naddi t1, t1, 4\ncsrw mepc, t1\nmret\n${FINISH}`;
    expect(await run(body, engine)).toMatchObject({ stopped: 'tohost', exit: 0, crash: undefined });
  });

  it('may be the end of the cycles allowed', async () => {
    const { crash, stopped } = await run('.globl here\nhere: j here', engine, 2000);
    expect(stopped).toBe('limit');
    // What there was not is not there, in JSON neither.
    const json: unknown = JSON.parse(JSON.stringify(crashJson(crash!)));
    expect(json).toMatchObject({ reason: 'limit', pc: 0x8000_0000 });
    for (const name of ['cause', 'causeName', 'tval']) expect(json).not.toHaveProperty(name);
    expect(crash!.lines[0]).toMatch(/^the program did not end; it was stopped at 0x80000000 <(_start|here)>$/);
    expect(crash!.lines).toHaveLength(10);
  });

  it('may be a result other than success, with the last exception', async () => {
    expect((await run(`li a0, 11\n${FINISH}`, engine)).crash!.lines[0]).toMatch(/^the program failed with 5, at 0x\w+ <(finish|last)\S*>$/);
    const { crash } = await run(`la t0, handler\ncsrw mtvec, t0\n.globl wrong\nwrong: .word 0xffffffff\n.align 2\nhandler: csrr a0, mcause\nslli a0, a0, 1\nori a0, a0, 1\n${FINISH}`, engine);
    expect(crashJson(crash!)).toMatchObject({ reason: 'failed', cause: 2, causeName: 'illegal instruction', tval: 0xffff_ffff, symbol: 'wrong', offset: 0 });
    expect(crash!.lines[1]).toMatch(/^its last exception: illegal instruction \(exception 2\), tval ffffffff, at 0x\w+ <wrong>: unknown instruction or CSR/);
  });
});

it('tells on the model why the tensor unit refused a command', async () => {
  const { crash } = await run(`li t0, 0\ntn.ld t0, t0\nli a0, 11\n${FINISH}`, 'model');
  expect(crash!.lines.slice(0, 2)).toEqual([
    expect.stringMatching(/^the program failed with 5, at /), 'the tensor unit refused a command, the last one: tn.ld: count = 0; must be at least 1',
  ]);
  expect((await run(`li a0, 11\n${FINISH}`, 'model')).crash!.lines[1]).not.toContain('tensor unit');
});
