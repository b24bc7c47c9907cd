/**
 * Who waits for ever is told so: which unit, at which command, what for. Whoever only takes long is left alone: that a unit at work
 * is never taken for one that waits is asserted in every simulation of a tensor unit (test/support/tensor-bench.ts).
 */
import { describe, expect, it } from 'vitest';
import { Flag, bool, elaborate, hw } from '../../gen/index.ts';
import { parseConfig } from '../../hw/soc/config.ts';
import type { ChipConfig } from '../../hw/soc/config.ts';
import { SimBoard, betweenPorts } from '../../sim/board.ts';
import type { BoardOptions } from '../../sim/board.ts';
import { hangOfBoard, hangOfModel } from '../../sim/debug/hang.ts';
import { parseElf } from '../../sim/elf.ts';
import type { ElfImage } from '../../sim/elf.ts';
import { createWasmSimulator } from '../../sim/engine/index.ts';
import { GoldenModel } from '../../sim/model/golden-model.ts';
import { endOfBoard, loadBoard, modelOptions, runElf } from '../../sim/run-elf.ts';
import { assemble, programToElf } from '../../sw/assembler/index.ts';
import { smallChip } from '../support/small-chip.ts';

const FORMS = ['full', 'serial'] as const;
type Form = (typeof FORMS)[number];
const PATIENCE = { stillCycles: 400, answers: 50 };
/** Main memory does not answer here. */
const DEAF = 0x8000_8000;
const DEAF_BITS = 12;

const configOf = (form: Form, latency = 1): ChipConfig =>
  parseConfig(smallChip({ name: 'patient', overlap: form, queueDepth: form === 'serial' ? 1 : 2, latency }), 'patient.toml');

const program = (body: string): ElfImage => parseElf(programToElf(assemble(`.globl _start
_start:
${body}
  li a0, 1
  la a1, tohost
  sw a0, 0(a1)
last: j last
.data
.globl tohost
tohost: .word 0
`)), 'test.elf');

type Between = NonNullable<BoardOptions['between']>;
/** Main memory, asked for anything in the deaf region, does not even take the request, or takes it and says nothing from then on. */
const deaf = (how: 'takes nothing' | 'answers nothing'): Between => (bus) => hw('Deaf', betweenPorts(bus), (m, io) => {
  const { chip, memory } = io;
  m.connect(chip.w, memory.w);
  const state = m.regs({ readsDeaf: Flag(false), writesDeaf: Flag(false) });
  for (const [from, to, name] of [[chip.ar, memory.ar, 'readsDeaf'], [chip.aw, memory.aw, 'writesDeaf']] as const) {
    const isDeaf = from.bits.addr.slice(31, DEAF_BITS).eq(DEAF / 2 ** DEAF_BITS);
    const takes = how === 'takes nothing' ? isDeaf.not() : bool(true);
    to.bits = from.bits;
    to.valid = from.valid.and(takes);
    from.ready = to.ready.and(takes);
    m.when(from.valid.and(isDeaf), () => {
      state[name] = bool(how === 'answers nothing');
    });
  }
  for (const [from, to, name] of [[memory.r, chip.r, 'readsDeaf'], [memory.b, chip.b, 'writesDeaf']] as const) {
    to.bits = from.bits;
    to.valid = from.valid.and(state[name].not());
    from.ready = to.ready.and(state[name].not());
  }
});

/** Commands of four rows. */
const command = (mnemonic: string, address: number): string => `li t0, ${address}\n  li t1, 0x00040000\n  ${mnemonic} t0, t1\n`;

describe.each(FORMS.flatMap((form) => (['takes nothing', 'answers nothing'] as const).map((how) => [form, how] as const)))('%s: a memory that %s', (form, how) => {
  const board = createWasmSimulator(elaborate(SimBoard(configOf(form), { patience: PATIENCE, between: deaf(how) })));
  const hang = (body: string): string | undefined => {
    loadBoard(board, program(body));
    const { stopped } = board.runUntil('halted', 5000);
    expect({ stopped, end: endOfBoard(board) }).toEqual({ stopped: true, end: 'hang' });
    return hangOfBoard(board);
  };

  it.each([['tn.ld', 'load', 'read'], ['tn.ldp', 'load', 'read'], ['tn.st', 'store', 'write'], ['tn.sta', 'store', 'write']] as const)(
    'is named where %s waits for it', (mnemonic, unit, access) => {
      // Commands before that are answered: they are not the ones to be named.
      const before = `${command('tn.ld', 0x8000_1000)}${command('tn.sta', 0x8000_1000)}`;
      expect(hang(`${before}${command(mnemonic, DEAF)}  tn.fence a2\n`)).toBe(
        `the tensor unit waits for ever: its ${unit} unit, at ${mnemonic}, has had no answer of main memory to a ${access} for 400 cycles; the core waits for tn.fence`);
    });

  it('is named while a program polls', () => {
    expect(hang(`${command('tn.st', DEAF)}again: tn.poll a2\n  bnez a2, again\n`)).toMatch(
      /^the tensor unit waits for ever: its store unit, at tn.st, has had no answer of main memory to a write for 400 cycles/);
  });
});

const LOOP = 'addi s1, s1, -1\n  bnez s1, again';
describe.each([['full', 'wasm'], ['serial', 'wasm'], ['full', 'model']] as const)('a program that asks in vain, %s on %s', (form, engine) => {
  const config = configOf(form);
  const board = engine === 'model' ? undefined : createWasmSimulator(elaborate(SimBoard(config, { patience: PATIENCE })));
  /** How it ends, and what the watchdog says. */
  const run = (body: string): { readonly end: string; readonly hang: string | undefined } => {
    const elf = program(body);
    if (!board) {
      const model = new GoldenModel({ ...modelOptions(config), patience: PATIENCE.answers });
      model.load(elf);
      return { end: model.run(100_000).stopped, hang: hangOfModel(model) };
    }
    loadBoard(board, elf);
    return { end: board.runUntil('halted', 100_000).stopped ? endOfBoard(board) : 'limit', hang: hangOfBoard(board) };
  };

  it.each([
    ['for a unit to be busy', 'again: tn.poll a2\n  beqz a2, again', 'tn.poll', '0x0'],
    ['for an error', 'li t0, 0\n  tn.ld t0, t0\nagain: tn.fence a2\n  addi s1, s1, 1\n  srli a3, a2, 16\n  beqz a3, again', 'tn.fence', '0x1'],
  ])('%s is told so', (_, body, question, value) => {
    expect(run(body)).toEqual({
      end: 'hang',
      hang: `the program waits for ever: ${question} has given ${value} 50 times one after the other, and the tensor unit has nothing to do that could change it; `
        + 'give a command before, or wait for something else',
    });
  });

  it.each([
    ['asks seldom', `li s1, 100\nagain: tn.poll a2\n  li s2, 40\nwork: addi s2, s2, -1\n  bnez s2, work\n  ${LOOP}`],
    ['asks for what never changes', `li s1, 200\nagain: tn.info a2, zero\n  ${LOOP}`],
    ['gives commands between', `li s1, 100\nagain: tn.poll a2\n  ${command('tn.ld', 0x8000_1000)}  tn.fence a2\n  ${LOOP}`],
    ['is interrupted between', `la t0, handler\n  csrw mtvec, t0\n  li s1, 100\nagain: tn.poll a2\n  ecall\n  ${LOOP}\n  j done\n`
      + '.align 2\nhandler: csrr t1, mepc\n  addi t1, t1, 4\n  csrw mepc, t1\n  mret\ndone:'],
    ['asks two things in turn', `li s1, 100\nagain: tn.poll a2\n  tn.fence a4\n  ${LOOP}`],
    ['asks a little less often than that', `li s1, 50\nagain: tn.poll a2\n  ${LOOP}`],
    // Four rows of four elements of some forty cycles each.
    ['polls a unit at work', 'li t0, 0x03004000\n  tn.rq t0, zero\nagain: tn.poll a2\n  bnez a2, again'],
  ])('is left alone if it %s', (_, body) => {
    expect(run(body)).toEqual({ end: 'tohost', hang: undefined });
  });
});

it.each(['wasm', 'model'] as const)('a run of %s ends with what the watchdog says, and where', async (engine) => {
  const elf = program('.globl here\nhere: tn.poll a2\n  beqz a2, here');
  const { stopped, exit, crash } = await runElf({ config: configOf('serial'), elf, engine, maxCycles: 20_000, patience: PATIENCE });
  expect({ stopped, exit, reason: crash?.reason }).toEqual({ stopped: 'hang', exit: undefined, reason: 'hang' });
  expect(crash?.lines[0]).toMatch(/^the program waits for ever: tn.poll has given 0x0 50 times .*; it was stopped at 0x8000000\d <(_start|here)\S*>$/);
});

describe.each(FORMS)('slow memory, %s', (form) => {
  it('raises no alarm with the patience that belongs to it', async () => {
    const body = `${command('tn.ld', 0x8000_1000)}${command('tn.sta', 0x8000_1000)}again: tn.poll a2\n  bnez a2, again\n  tn.fence a2`;
    const { stopped, exit, cycles } = await runElf({ config: configOf(form, 1000), elf: program(body), maxCycles: 1_000_000 });
    expect({ stopped, exit }).toEqual({ stopped: 'tohost', exit: 0 });
    expect(cycles).toBeGreaterThan(5000);
  });
});
