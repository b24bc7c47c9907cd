import { existsSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { CELLS_FILE, cellsScript, progressOf, readCells } from '../../../explore/estimators/cells.ts';
import { findYosys, runYosys, versionOfSystem } from '../../../explore/estimators/yosys.ts';
import { UserError } from '../../../gen/user-error.ts';

const hasPackage = process.env.CI !== undefined || existsSync(new URL('../../../fpga/node_modules/@yowasp/yosys/package.json', import.meta.url));
const hasSystem = process.env.CI !== undefined || spawnSync('sh', ['-c', 'command -v yosys']).status === 0;

/** Four cells of eight flip-flops and a product each, without a grid. */
const FILES = {
  'Cell.sv': 'module Cell (input logic clk, input logic [7:0] a, output logic [7:0] q); always_ff @(posedge clk) q <= a ^ q; endmodule\n',
  'Four.sv': `module Four (input logic clk, input logic [7:0] a, output logic [7:0] q);
  logic [7:0] x, y, z;
  Cell c0 (.clk, .a, .q(x)); Cell c1 (.clk, .a(x), .q(y)); Cell c2 (.clk, .a(y), .q(z)); Cell c3 (.clk, .a(z), .q);
endmodule\n`,
};
const FOUR = { files: FILES, top: 'Four', gridCells: ['Cell'] };

describe('finding Yosys', () => {
  const offline = (): Promise<void> => Promise.reject(new UserError('fpga tools: installation failed (offline); connect and run npm ci'));

  it('falls back to the system where the package cannot be installed, and says so', async () => {
    const notes: string[] = [];
    expect(await findYosys((line) => notes.push(line), offline, () => Promise.resolve('Yosys 0.23'))).toEqual({ kind: 'system', version: 'Yosys 0.23' });
    expect(notes).toEqual(['fpga tools: installation failed (offline); connect and run npm ci; going on with the system\'s Yosys 0.23']);
  });

  it('fails with one clear line where there is none', async () => {
    await expect(findYosys(() => {}, offline, () => Promise.resolve(undefined)))
      .rejects.toThrow('fpga tools: installation failed (offline); connect and run npm ci; or install a Yosys (Debian: apt install yosys)');
  });
});

describe.each([['package', hasPackage], ['system', hasSystem]] as const)('Yosys from the %s', (kind, isThere) => {
  it.skipIf(!isThere)('counts a cell that is used four times four times', async () => {
    if (kind === 'package') expect((await findYosys(() => {})).version).toMatch(/^@yowasp\/yosys 0\.\d+/);
    else expect(await versionOfSystem()).toMatch(/^Yosys \d/);
    const shares: (number | undefined)[] = [];
    const text = await runYosys({ kind, version: '' }, cellsScript(FOUR), FILES, CELLS_FILE, (line) => shares.push(progressOf(line)));
    expect(readCells(text)).toMatchObject({ ff: 32, lut: 32, total: 64, types: { FDRE: 32, LUT2: 32 } });
    expect(shares).toContain(0.97);
  });

  it.skipIf(!isThere)('tells an error in its own words', async () => {
    await expect(runYosys({ kind, version: '' }, 'read_verilog -sv Bad.sv; hierarchy -top Bad', { 'Bad.sv': 'module Bad (; endmodule' }, 'x'))
      .rejects.toThrow(/^synthesis failed: .*ERROR: syntax error/);
  });
});
