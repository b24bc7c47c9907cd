/**
 * An instruction is what the whole match and mask of its row say: no bit that a row fixes may be another one, and rows that differ in
 * any bit at all are different instructions, wherever that bit is.
 */
import { describe, expect, it } from 'vitest';
import { B, In, Out, U, elaborate, hw, vecOf } from '../../../gen/index.ts';
import { ALL_FEATURES, NO_FEATURES } from '../../../hw/isa/tensor-rows.ts';
import { decodeTensor } from '../../../hw/isa/tensor-decode.ts';
import { CUSTOM_0, CUSTOM_1, TENSOR, tensorOpsWith } from '../../../hw/isa/tensor.ts';
import type { Cube } from '../../../hw/lib/cubes.ts';
import { parseConfig } from '../../../hw/soc/config.ts';
import { FORM, checkForms } from '../../../hw/tensor/commands.ts';
import { tableDecoder } from '../../../hw/tensor/decode.ts';
import type { TensorParams } from '../../../hw/tensor/params.ts';
import { parseElf } from '../../../sim/elf.ts';
import { createWasmSimulator } from '../../../sim/engine/index.ts';
import { runElf } from '../../../sim/run-elf.ts';
import { assemble, programToElf } from '../../../sw/assembler/index.ts';
import { Random } from '../../../sw/data/random.ts';
import { smallChip } from '../../support/small-chip.ts';
import { tensorBench } from '../../support/tensor-bench.ts';
import { JOINED, SPLIT } from '../../support/xif/signals.ts';

const row = (opcode: number, funct3: number, funct7: number): Cube =>
  ({ match: ((funct7 << 25) | (funct3 << 12) | opcode) >>> 0, mask: 0xfe00707f });
const TABLES: Readonly<Record<string, Readonly<Record<string, Cube>>>> = {
  'that differ by opcode and funct3': { a: row(CUSTOM_0, 0, 0), b: row(CUSTOM_0, 1, 0), c: row(CUSTOM_1, 0, 0), d: row(CUSTOM_1, 7, 0) },
  'that differ by funct7 alone': { a: row(CUSTOM_1, 3, 0), b: row(CUSTOM_1, 3, 1), c: row(CUSTOM_1, 3, 0x40) },
  'that differ by funct7 alone, among others': { ...TENSOR, x: row(CUSTOM_1, 3, 0x60), y: row(CUSTOM_1, 5, 0x7f), z: row(CUSTOM_0, 0, 0x20) },
  'that fix different bits': {
    a: row(CUSTOM_0, 2, 0), b: { match: ((1 << 25) | (2 << 12) | CUSTOM_0) >>> 0, mask: 0x0200_707f },
    c: { match: (5 << 20) | (3 << 12) | CUSTOM_0, mask: 0xfff0_707f },
    d: { match: (4 << 20) | (3 << 12) | CUSTOM_0, mask: 0xfff0_707f },
  },
};

describe('rows', () => {
  it.each(Object.entries(TABLES))('%s are told apart in every word', (_, table) => {
    const names = Object.keys(table);
    const decoder = tableDecoder(table);
    const ports = { instr: In(U(32)), is: Out(U(names.length)), isFirstOrLast: Out(B) };
    const sim = createWasmSimulator(elaborate(hw('Decode', ports, (_, io) => {
      const is = decoder.is(decoder.key(io.instr));
      io.is = vecOf(names.map((name) => is(name))).asUInt();
      io.isFirstOrLast = is(names[0], names[names.length - 1]);
    })));
    const random = new Random(1);
    for (const [i, name] of names.entries()) {
      const { match, mask } = table[name];
      for (let n = 0; n < 64; n++) {
        sim.poke('instr', ((match & mask) | (random.uint32() & ~mask)) >>> 0);
        expect(sim.peek('is'), name).toBe(1n << BigInt(i));
        expect(sim.peek('isFirstOrLast'), name).toBe(i === 0 || i === names.length - 1 ? 1n : 0n);
      }
    }
  });

  it('of which a word could be both are refused', () => {
    expect(() => tableDecoder({ ...TENSOR, again: row(CUSTOM_1, 3, 0) })).toThrow('cannot tell mm from again');
    expect(() => tableDecoder({ a: row(CUSTOM_0, 0, 1), b: { match: CUSTOM_0, mask: 0x7f } })).toThrow('cannot tell a from b');
  });
});

it('commands that a unit would take for each other are refused', () => {
  expect(() => checkForms(FORM)).not.toThrow();
  expect(() => checkForms({ ...FORM, sta: 'main' })).toThrow('the store unit cannot tell st from sta: give each a form of its own');
});

const full: TensorParams = {
  rows: 4, columns: 4, scratchpadRows: 32, accumulatorRows: 16, channels: 16, scratchpadBanks: 1, accumulatorBanks: 1, vectorLanes: 1,
  requantiser: 'iterative', queueDepth: 2, hazardBlocks: 4, counters: true, busBytes: 4, idBits: 1, pipelineEvery: 1, ...ALL_FEATURES, multiplier: 'generic',
};
const serial: TensorParams = { ...full, queueDepth: 1, hazardBlocks: 1, counters: false, ...NO_FEATURES, overlap: 'serial' };

/** Every combination of what rows fix in custom-0 and custom-1, with anything in the other bits. */
function allWords(random: Random): number[] {
  return [CUSTOM_0, CUSTOM_1].flatMap((opcode) => Array.from({ length: 1024 }, (_, n) =>
    ((row(opcode, n & 7, n >> 3).match | (random.uint32() & 0x01ff_8f80)) >>> 0)));
}

/** With four units, and without the optional instructions. */
const plain: TensorParams = { ...full, ...NO_FEATURES };

describe.each(Object.entries({ full, plain, serial }))('the unit, %s', (_, p) => {
  it.each(Object.entries({ JOINED, SPLIT }))('%s, accepts a word if and only if it is one of the table, as that row says', (_, xif) => {
    const sim = createWasmSimulator(tensorBench(p, xif));
    sim.poke('rst', 1);
    sim.step(2);
    sim.poke('rst', 0);
    const random = new Random(3);
    const ops = tensorOpsWith(p);
    let known = 0;
    // Each row's own words with every one of its fixed bits changed, too: the opcode's among them.
    const changed = Object.values(TENSOR).flatMap(({ match, mask }) =>
      Array.from({ length: 32 }, (_, bit) => 2 ** bit).filter((bit) => (mask & bit) !== 0).map((bit) => (match ^ bit) >>> 0));
    for (const word of [...allWords(random), ...changed]) {
      sim.poke('xif_issue_req_instr', word);
      const found = { accept: sim.peek('xif_issue_resp_accept'), writeback: sim.peek('xif_issue_resp_writeback'), reads: sim.peek('xif_issue_resp_register_read') };
      const decoded = decodeTensor(word);
      const instruction = decoded && ops.includes(decoded.name) ? decoded.instruction : undefined;
      if (instruction) known++;
      const reads = instruction ? (instruction.rs1.length > 0 ? 1n : 0n) + (instruction.rs2.length > 0 ? 2n : 0n) : 0n;
      expect(found, word.toString(16)).toEqual({ accept: instruction ? 1n : 0n, writeback: instruction?.writesRd ? 1n : 0n, reads });
    }
    // One of each row, and none of the changed words but those that are another row.
    expect(known).toBeGreaterThanOrEqual(ops.length);
    expect(known).toBeLessThan(100);
  });
});

const chip = (overlap: string): string => smallChip({ name: 'illegal', overlap });

/**
 * A program with these words among its instructions. Its handler wants each to be an illegal instruction, and counts them; at the end
 * the unit must have heard of nothing.
 */
const trapping = (words: readonly number[]): string => `.globl _start
_start:
  la t0, handler
  csrw mtvec, t0
  li s0, 0
${words.map((word) => `  .word ${word}`).join('\n')}
  li t0, ${words.length}
  li a0, 5
  bne s0, t0, end
  tn.fence t1
  li a0, 7
  bnez t1, end
  li t2, 2
  tn.state t1, t2
  li a0, 9
  bnez t1, end
  li a0, 1
end:
  la a1, tohost
  sw a0, 0(a1)
last: j last
.align 2
handler:
  csrr t5, mcause
  li t6, 2
  li a0, 11
  bne t5, t6, end
  csrr t5, mepc
  lw t6, 0(t5)
  csrr t4, mtval
  li a0, 13
  bne t4, t6, end
  addi t5, t5, 4
  csrw mepc, t5
  addi s0, s0, 1
  mret
.data
.globl tohost
tohost: .word 0
`;

describe('a chip', () => {
  const words = allWords(new Random(5)).filter((word) => decodeTensor(word) === undefined);
  const elf = parseElf(programToElf(assemble(trapping(words))), 'test.elf');
  it.each([['wasm', 'full'], ['wasm', 'serial'], ['model', 'full']] as const)('on %s, %s: every word beside the table is an illegal instruction', async (engine, overlap) => {
    expect(words.length).toBe(2048 - Object.keys(TENSOR).length);
    const { exit } = await runElf({ config: parseConfig(chip(overlap), 'test.toml'), elf, engine, maxCycles: 300_000 });
    expect(exit).toBe(0);
  });
});
