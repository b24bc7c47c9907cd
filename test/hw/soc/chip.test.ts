import { describe, expect, it } from 'vitest';
import { elaborate } from '../../../gen/index.ts';
import { printDesign } from '../../../gen/print/systemverilog.ts';
import { Chip, chipPorts } from '../../../hw/soc/chip.ts';
import { loadConfig, presetNames } from '../../../hw/soc/config-file.ts';
import { compileWithIcarus, has, inDirectory, lintWithVerilator } from '../../gen/tools.ts';

describe('the chip', () => {
  for (const preset of presetNames()) {
    it.skipIf(!has('verilator'))(`${preset} is taken by Verilator without a warning`, () => {
      const files = printDesign(elaborate(Chip(loadConfig(preset))));
      inDirectory(files, (dir) => expect(lintWithVerilator(dir, files, 'Chip')).toBe(''));
    }, 60_000);
  }

  it.skipIf(!has('iverilog'))('nano is taken by Icarus', () => {
    const files = printDesign(elaborate(Chip(loadConfig('nano'))));
    inDirectory(files, (dir) => expect(compileWithIcarus(dir, files, 'Chip')).toBe(''));
  }, 60_000);

  it('shows the trace only when it is configured', () => {
    const config = loadConfig('nano');
    expect(Object.keys(chipPorts(config))).toEqual(['mem', 'uartTx', 'uartRx']);
    expect(Object.keys(chipPorts({ ...config, core: { ...config.core, trace: true } }))).toContain('trace');
  });
});
