/**
 * A branch is learnt, then overwritten by an instruction that does not jump, and where it went is in the same entry of the predictor
 * as itself: the entry is then read in every cycle, and fetch must all the same learn that there is no branch any more.
 */
import { describe, expect, it } from 'vitest';
import type { CoreConfig } from '../../../hw/core/config.ts';
import { RISCV, encode } from '../../../hw/isa/riscv.ts';
import { CORES, createBench } from '../../support/core-runner.ts';
import { runLockstep } from '../../support/lockstep.ts';
import { Builder, GP, RAM_BYTES, S1, S10, S11 } from '../../support/programs/builder.ts';
import { encodeShort } from '../../support/programs/emitter.ts';
import { emitEnd, emitHandler, emitStart, finish } from '../../support/random-program.ts';
import type { RandomProgram } from '../../support/random-program.ts';

const NOPS = 0x0001_0001;

/** A loop over a word whose jump goes to `words` words further on (0: to its own upper half), before and after it becomes a nop. */
function program(config: CoreConfig, words: number): RandomProgram {
  const b = new Builder(1, config.isa);
  const { e } = b;
  emitStart(b, 0);
  e.add('addi', { rd: S1, rs1: 0, imm: 2 });
  e.label('again');
  e.add('addi', { rd: GP, rs1: 0, imm: 4 });
  e.toLabel('jal', 'slot', { rd: 0 });
  while (e.offset % 64 !== 0) e.add('addi');
  e.label('slot');
  if (words === 0) {
    e.half(encodeShort('c.j', { imm: 2 }));
    e.half(encodeShort('c.nop', {}));
  } else {
    e.add('jal', { rd: 0, imm: 4 * words });
    for (let n = 1; n < words; n++) e.add('addi');
  }
  e.add('addi', { rd: GP, rs1: GP, imm: -1 });
  e.toLabel('bne', 'slot', { rs1: GP, rs2: 0 });
  b.loadAddress(S10, 'slot');
  b.loadConstant(S11, words === 0 ? NOPS : encode(RISCV.addi));
  e.add('sw', { rs1: S10, rs2: S11, imm: 0 });
  e.add('fence.i');
  e.add('addi', { rd: S1, rs1: S1, imm: -1 });
  e.toLabel('bne', 'again', { rs1: S1, rs2: 0 });
  emitEnd(b);
  emitHandler(b);
  return finish(b);
}

describe('a prediction for what is no branch any more ends', () => {
  for (const [name, chosen] of Object.entries(CORES).filter(([, config]) => config.predictorEntries > 0)) {
    it(`on ${name}`, () => {
      const config = { ...chosen, trace: true };
      const sim = createBench(config, { ramWords: RAM_BYTES / 4, stalls: true });
      for (const words of [config.isa.c ? 0 : 1, 1, 2, config.predictorEntries, 2 * config.predictorEntries]) {
        for (const pace of ['never', 'aQuarter'] as const) {
          const run = runLockstep(sim, config, program(config, words), { interrupts: false, seed: 1, maxCycles: 20_000, pace });
          expect(run.retired).toBeGreaterThan(100);
        }
      }
    });
  }
});
