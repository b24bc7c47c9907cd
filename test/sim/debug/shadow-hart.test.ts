import { describe, expect, it } from 'vitest';
import { CSR } from '../../../hw/isa/csr.ts';
import { RAM_BASE } from '../../../hw/soc/memory-map.ts';
import { eventOfStep } from '../../../sim/debug/hart-event.ts';
import { ShadowHart, accessOf } from '../../../sim/debug/shadow-hart.ts';
import { GoldenModel } from '../../../sim/model/golden-model.ts';
import { fastCore } from '../../../hw/core/config.ts';
import { randomProgram } from '../../support/random-program.ts';

const WATCHED = [CSR.mstatus, CSR.mie, CSR.mtvec, CSR.mscratch, CSR.mepc, CSR.mcause, CSR.mtval].map((csr) => csr.address);

describe('the shadow of a hart', () => {
  it.each([1, 2, 3, 4, 5, 6])('knows registers, pc, CSRs and stores of random program %i from its trace alone', (seed) => {
    const built = randomProgram(seed, { isa: fastCore.isa, pieces: 60, interrupts: true });
    const model = new GoldenModel({ isa: fastCore.isa, ramBytes: built.bytes.length });
    model.write(RAM_BASE, built.bytes);
    const shadow = new ShadowHart(model.isa, model.pc);
    let events = 0;
    let traps = 0;
    while (events < 5000 && !model.stuck) {
      // Interrupts come and go as they please.
      if (events % 97 === 0) model.setInterrupt('timer', events % 2 === 0);
      const step = model.step();
      const event = eventOfStep(step, events++);
      if (step.kind === 'retired' && step.store) {
        expect(accessOf(step.word, (n) => shadow.x[n])).toEqual({ address: step.store.address, bytes: step.store.size, isStore: true });
      }
      shadow.apply(event);
      if (event.kind === 'trap') traps++;
      const where = `event ${events} at ${event.pc.toString(16)}`;
      if (shadow.pc !== model.pc) expect(shadow.pc, where).toBe(model.pc);
      for (let n = 0; n < 32; n++) if (shadow.x[n] !== model.register(n)) expect(shadow.x[n], `${where}, x${n}`).toBe(model.register(n));
      for (const csr of WATCHED) if (shadow.csrs.read(csr) !== model.csrs.read(csr)) expect(shadow.csrs.read(csr), `${where}, CSR ${csr.toString(16)}`).toBe(model.csrs.read(csr));
    }
    expect(events).toBeGreaterThan(100);
    expect(traps).toBeGreaterThan(0);
  });
});
