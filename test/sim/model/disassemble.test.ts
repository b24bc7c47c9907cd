import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseElf } from '../../../sim/elf.ts';
import { disassemble } from '../../../sim/model/disassemble.ts';
import { assemble, programToElf } from '../../../sw/assembler/index.ts';
import { checkProperty } from '../../support/property.ts';

describe('the disassembler', () => {
  it.each([
    [0x0050_0513, 'addi a0, zero, 5'], [0x4051_5093, 'srai ra, sp, 5'], [0xffc1_2503, 'lw a0, -4(sp)'], [0xfea1_2e23, 'sw a0, -4(sp)'],
    [0x0005_0067, 'jalr zero, 0(a0)'], [0x1234_5537, 'lui a0, 0x12345'],
    [0x3004_6073, 'csrrsi zero, mstatus, 8'], [0x7c00_2573, 'csrrs a0, 0x7c0, zero'],
    [0x0ff0_000f, 'fence iorw, iorw'], [0x0000_100f, 'fence.i'], [0x3020_0073, 'mret'],
    [0x6980_5013 | (10 << 7) | (11 << 15), 'rev8 a0, a1'],
    [0x0000_250b, 'tn.poll a0'], [0x00b5_302b, 'tn.mm a0, a1'], [0x0005_850b, 'tn.info a0, a1'],
    [0x4515, 'c.li a0, 5'], [0x6105, 'c.addi16sp sp, 32'], [0x0028, 'c.addi4spn a0, sp, 8'],
    [0x8082, 'c.jr ra'], [0x852e, 'c.mv a0, a1'], [0x4502, 'c.lwsp a0, 0(sp)'],
    [0x0000, '.half 0x0000'], [0xffff_ffff, '.word 0xffffffff'],
  ])('%#x reads %s', (word, text) => {
    expect(disassemble(word)).toBe(text);
  });

  it('writes jump targets relative, absolute, or with the nearest symbol', () => {
    const jump = 0x0080_006f;
    expect(disassemble(jump)).toBe('jal zero, . + 8');
    expect(disassemble(0xff9f_f06f)).toBe('jal zero, . - 8');
    expect(disassemble(jump, { pc: 0x8000_0000 })).toBe('jal zero, 0x80000008');
    const elf = parseElf(programToElf(assemble('_start: nop; there: nop; nop; nop')), 'test');
    expect(disassemble(jump, { pc: 0x8000_0000, symbols: elf })).toBe('jal zero, 0x80000008 <there+0x4>');
    expect(disassemble(0xc111, { pc: 0x8000_0000, symbols: elf })).toBe('c.beqz a0, 0x80000004 <there>');
  });

  it('gives, for every 32-bit word, text that assembles to the same word', () => {
    checkProperty(fc.property(fc.integer(), (noise) => {
      const word = (noise | 3) >>> 0;
      const text = disassemble(word);
      // Unused fields are not written: fence's, fence.i's and those of tensor instructions.
      if (/^(fence|tn\.)/.test(text)) return;
      const [section] = assemble(text).sections;
      expect(new DataView(section!.bytes.buffer).getUint32(0, true), text).toBe(word);
    }), { runs: 2000 });
  });
});
