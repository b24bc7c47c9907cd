/** The printed text of small designs, word for word, and what the tools say of it: nothing. */
import { describe, expect, it } from 'vitest';
import { elaborate } from '../../../gen/index.ts';
import { printDesign } from '../../../gen/print/systemverilog.ts';
import type { SourceFile } from '../../../gen/print/systemverilog.ts';
import { checkWithYosys, compileWithIcarus, has, inDirectory, lintWithVerilator } from '../tools.ts';
import { DESIGNS } from './designs.ts';

/** Cells of a target's library, for the tools that read the synthesis side of a black box. */
const LIBRARY: SourceFile = {
  name: 'SB_MAC16.v',
  text: '(* blackbox *) module SB_MAC16 (input CLK, input [15:0] A, B, output [31:0] O);\nparameter A_SIGNED = 0; parameter [1:0] TOPOUTPUT_SELECT = 0;\nendmodule\n',
};

describe.each(Object.keys(DESIGNS))('%s', (name) => {
  const design = elaborate(DESIGNS[name]);
  const files = printDesign(design);
  const top = design.top.name;

  it('is printed as it was read and approved', async () => {
    await expect(files.map((f) => f.text).join('\n')).toMatchFileSnapshot(`goldens/${name}.sv`);
  });

  it('is printed the same again', () => {
    expect(printDesign(elaborate(DESIGNS[name]))).toEqual(files);
  });

  it('has one file a module, called after it, with lines of at most 120 characters', () => {
    for (const f of files) {
      expect(f.text).toContain(`module ${f.name.replace(/\.sv$/, '')} (`);
      expect(f.text.match(/^module /gm)).toHaveLength(1);
      expect(f.text.split('\n').filter((l) => l.length > 120 && !l.trimStart().startsWith('//'))).toEqual([]);
    }
  });

  it.skipIf(!has('verilator'))('passes Verilator without a warning', { timeout: 20_000 }, () => {
    expect(inDirectory(files, (dir) => lintWithVerilator(dir, files, top))).toBe('');
  });

  it.skipIf(!has('iverilog'))('compiles with Icarus', { timeout: 20_000 }, () => {
    expect(inDirectory(files, (dir) => compileWithIcarus(dir, files, top))).toBe('');
  });

  it.skipIf(!has('yosys'))('is read and checked by Yosys', { timeout: 20_000 }, () => {
    const all = [...files, LIBRARY];
    expect(inDirectory(all, (dir) => checkWithYosys(dir, all, top))).toBe('');
  });
});
