import { describe, expect, it } from 'vitest';
import { elaborate } from '../../../gen/index.ts';
import { balancedCore, fastCore, smallCore } from '../../../hw/core/config.ts';
import { Decoder } from '../../../hw/core/decoder.ts';
import { Expander } from '../../../hw/core/expander.ts';
import { instructionsOf } from '../../../hw/core/instruction-set.ts';
import { formatWritesRd, immediateOf, makeDecoder } from '../../../hw/isa/encoding.ts';
import { RV32I, expandCompressed } from '../../../hw/isa/riscv.ts';
import { createWasmSimulator } from '../../../sim/engine/index.ts';
import { Random } from '../../../sw/data/random.ts';

describe('the decoder', () => {
  for (const [name, config] of Object.entries({ smallCore, balancedCore, fastCore })) {
    it(`of ${name} knows exactly its instructions, and their immediates and destinations`, () => {
      const table = instructionsOf(config.isa);
      const find = makeDecoder(table);
      const sim = createWasmSimulator(elaborate(Decoder(config)));
      const random = new Random(7);
      for (let n = 0; n < 20_000; n++) {
        // Every second word is made from an instruction, every fourth with one bit turned.
        const i = table[n % table.length];
        const made = ((i.match | (random.uint32() & ~i.mask)) ^ (n % 4 === 1 ? 1 << random.uint32() % 32 : 0)) >>> 0;
        const word = n % 2 === 0 ? random.uint32() : made;
        const expected = find(word);
        sim.poke('instr', word);
        const where = `${expected?.mnemonic} 0x${word.toString(16)}`;
        if ((sim.peek('legal') === 1n) !== (expected !== undefined)) throw new Error(`legal of ${where}`);
        if (!expected) continue;
        expect(sim.peek('writesRd') === 1n, where).toBe(formatWritesRd(expected.format));
        const usesAddress = ['load', 'store', 'branch', 'J', 'U'].includes(expected.format) || expected === RV32I.jalr;
        if (usesAddress) expect(Number(sim.peek('addressImmediate')), where).toBe(immediateOf(expected.format, word) >>> 0);
        if (expected.format === 'I') expect(Number(sim.peek('operandImmediate')), where).toBe(immediateOf('I', word) >>> 0);
      }
    });
  }
});

describe('the expander', () => {
  it('agrees with the table for every halfword', () => {
    const sim = createWasmSimulator(elaborate(Expander));
    for (let half = 0; half < 0x1_0000; half++) {
      if ((half & 3) === 3) continue;
      sim.poke('half', half);
      const expected = expandCompressed(half);
      if ((sim.peek('legal') === 1n) !== (expected !== undefined)) throw new Error(`legal of 0x${half.toString(16)}`);
      if (expected !== undefined && Number(sim.peek('instr')) !== expected) throw new Error(`expansion of 0x${half.toString(16)}`);
    }
  });
});
