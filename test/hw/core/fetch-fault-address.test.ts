/** mtval of a failed fetch is the address of the part that is missing: of the second half, if the first one is there. */
import { describe, expect, it } from 'vitest';
import { EXCEPTION } from '../../../hw/isa/csr.ts';
import { RAM_BASE } from '../../../hw/soc/memory-map.ts';
import { CORES, createBench } from '../../support/core-runner.ts';
import { runLockstep } from '../../support/lockstep.ts';
import { Builder, RAM_BYTES, S10, S11 } from '../../support/programs/builder.ts';
import { emitEnd, emitHandler, emitStart, finish } from '../../support/random-program.ts';

describe('a long instruction over the end of memory fails at its second half', () => {
  for (const name of ['small with prediction', 'balanced', 'fast']) {
    it(`on ${name}`, () => {
      const config = { ...CORES[name], trace: true };
      const b = new Builder(1, config.isa);
      emitStart(b, 0);
      // Straight to it, and to the short instruction before.
      for (const [i, distance] of [2, 4].entries()) {
        b.loadAddress(S11, `behind${i}`);
        b.loadConstant(S10, RAM_BASE + RAM_BYTES);
        b.e.add('jalr', { rd: 0, rs1: S10, imm: -distance });
        b.e.label(`behind${i}`);
      }
      emitEnd(b);
      emitHandler(b);
      const program = finish(b);
      new DataView(program.bytes.buffer).setUint32(RAM_BYTES - 4, 0x0013_0001, true);
      const sim = createBench(config, { ramWords: RAM_BYTES / 4, stalls: true });
      const run = runLockstep(sim, config, program, { interrupts: false, seed: 1, maxCycles: 20_000 });
      expect(run.exceptions[EXCEPTION.instructionFault.cause]).toBe(2);
    });
  }
});
