import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CORE_PRESETS } from '../../../hw/core/config.ts';
import { archOf, extensionsOf, marchOf, missingFrom } from '../../../hw/isa/arch-string.ts';
import { checkProperty } from '../../support/property.ts';

const NOTHING = { m: false, c: false, zba: false, zbb: false, zbs: false, zicntr: false };
const ALL = { m: true, c: true, zba: true, zbb: true, zbs: true, zicntr: true };

describe('an ISA string', () => {
  it('lists extensions with and without versions and underscores', () => {
    expect(extensionsOf('rv32i')).toEqual(['i']);
    expect(extensionsOf('rv32i2p1_m2p0_c2p0_zicsr2p0_zba1p0')).toEqual(['i', 'm', 'c', 'zicsr', 'zba']);
    expect(extensionsOf('RV32IMC_Zicsr_Zifencei')).toEqual(['i', 'm', 'c', 'zicsr', 'zifencei']);
    expect(extensionsOf('rv32i2p0m2p0a2p0')).toEqual(['i', 'm', 'a']);
    expect(extensionsOf('rv32i2m')).toEqual(['i', 'm']);
    expect(extensionsOf('rv32imzicsr2p0')).toEqual(['i', 'm', 'zicsr']);
    expect(extensionsOf('rv32e1p9_xtheadba1p0_zve32x1p0_zvl128b1p0_p0p9')).toEqual(['e', 'xtheadba', 'zve32x', 'zvl128b', 'p']);
    expect(extensionsOf('rv32gc')).toEqual(['i', 'm', 'a', 'f', 'd', 'zicsr', 'zifencei', 'c']);
  });

  it('is no other text', () => {
    const texts = ['', 'rv32', 'rv64i', 'rv32 i', 'rv32i__m', 'rv32i_', 'rv32i_2p0', 'x86', `rv32i${'_zba'.repeat(2000)}`, 'rv32i\u001b[31m'];
    for (const text of texts) expect(extensionsOf(text), text).toBeUndefined();
  });

  it('is read in no time whatever it holds', () => {
    const part = fc.constantFrom('i', 'm', '2', 'p', '0', '_', 'z', 'x', 'rv32', 'zba1p0', '1p0');
    checkProperty(fc.property(fc.array(part, { maxLength: 1500 }), (parts) => {
      extensionsOf(`rv32i${parts.join('')}`);
    }), { runs: 300, seconds: 5 });
  });

  it('is made for compilers and for attributes', () => {
    expect(Object.values(CORE_PRESETS).map(({ isa }) => marchOf(isa))).toEqual([
      'rv32i_zicsr_zifencei', 'rv32imc_zicsr_zifencei', 'rv32imc_zicsr_zifencei_zba_zbs', 'rv32imc_zicsr_zifencei_zba_zbb_zbs']);
    expect(archOf(new Set(['Zba', 'I', 'Machine', 'M', 'Xsystole']))).toBe('rv32i2p1_m2p0_zba1p0');
    expect(archOf([])).toBe('rv32i2p1');
    for (const { isa } of Object.values(CORE_PRESETS)) expect(missingFrom(isa, extensionsOf(marchOf(isa))!)).toEqual([]);
  });
});

describe('what a hart lacks', () => {
  it('is named as the specification names it, with what would give it', () => {
    expect(missingFrom(NOTHING, ['i', 'e', 'zicsr', 'zifencei'])).toEqual([]);
    expect(missingFrom(NOTHING, ['m', 'zmmul', 'zca', 'b', 'zicntr', 'v'])).toEqual([
      { name: 'M', needs: ['m'] }, { name: 'Zmmul', needs: ['m'] }, { name: 'Zca', needs: ['c'] }, { name: 'B', needs: ['zba', 'zbb', 'zbs'] },
      { name: 'Zicntr', needs: ['zicntr'] }, { name: 'V', needs: [] },
    ]);
    expect(missingFrom(ALL, ['m', 'zmmul', 'c', 'zca', 'b', 'zba', 'zbb', 'zbs', 'zicntr'])).toEqual([]);
    expect(missingFrom(ALL, ['a', 'f', 'd', 'zbc', 'constructor', '__proto__'])).toHaveLength(6);
    expect(missingFrom({ ...ALL, zbb: false }, ['b'])).toEqual([{ name: 'B', needs: ['zbb'] }]);
  });
});
