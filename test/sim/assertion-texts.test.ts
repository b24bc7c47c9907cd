/** The text of an assertion is the same from every engine and in the printed SystemVerilog, whatever characters it has. */
import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { elaborate } from '../../gen/index.ts';
import { printDesign } from '../../gen/print/systemverilog.ts';
import { createWasmSimulator } from '../../sim/engine/index.ts';
import { AssertionError, type Simulator } from '../../sim/simulator.ts';
import { createVerilatorSimulator, missingTools } from '../../sim/verilator/index.ts';
import { has, inDirectory } from '../gen/tools.ts';
import { TOLD, Texts } from '../support/assertion-texts.ts';
import type { Told } from '../support/assertion-texts.ts';
import { Interpreter } from '../support/interpreter.ts';

const design = elaborate(Texts);

/** What fails when `failing` is `value`. */
function failure(sim: Simulator, value: number): Told {
  sim.poke('failing', value);
  try {
    sim.step();
  } catch (error) {
    if (error instanceof AssertionError) return { value, path: error.failure.path, message: error.failure.message };
    throw error;
  }
  throw new Error(`nothing fails for ${value}`);
}

describe('the text of an assertion', () => {
  it('is whole from the wasm engine', () => {
    const sim = createWasmSimulator(design);
    expect(TOLD.map(({ value }) => failure(sim, value))).toEqual(TOLD);
  });

  it.skipIf(missingTools() !== undefined && !process.env.CI)('is whole from the verilator engine', async () => {
    const sim = await createVerilatorSimulator(design, { onProgress: () => undefined });
    expect(TOLD.map(({ value }) => failure(sim, value))).toEqual(TOLD);
    sim.close();
  }, 120_000);

  it('is of the lane that the interpreter finds', () => {
    const run = new Interpreter(design.top);
    for (const { value } of TOLD) {
      run.poke('failing', BigInt(value));
      run.step();
    }
    expect(run.failures.map(({ path }) => path)).toEqual(TOLD.map(({ path }) => path));
  });

  it.skipIf(!has('iverilog'))('is whole in the printed SystemVerilog under Icarus', () => {
    const testbench = `module tb;
  logic clk = 0;
  logic [7:0] failing = 0;
  Texts dut(.clk(clk), .rst(1'b0), .failing(failing));
  initial begin
${TOLD.map(({ value }) => `    failing = ${value}; #1 clk = 1; #1 clk = 0;`).join('\n')}
  end
endmodule
`;
    const said = inDirectory([...printDesign(design), { name: 'Tb.sv', text: testbench }], (dir) => {
      execFileSync('iverilog', ['-g2012', '-s', 'tb', '-o', 'tb.vvp', 'Texts.sv', 'Tb.sv'], { cwd: dir });
      return execFileSync('vvp', ['-n', 'tb.vvp'], { cwd: dir, encoding: 'utf8' });
    });
    let rest = said;
    const skip = (pattern: RegExp): void => {
      expect(rest).toMatch(pattern);
      rest = rest.replace(pattern, '');
    };
    for (const { path, message } of TOLD) {
      skip(/^ERROR: Texts\.sv:\d+: /);
      const text = `tb.dut.${path}${message === '' ? '' : `: ${message}`}\n`;
      expect(rest.slice(0, text.length)).toBe(text);
      rest = rest.slice(text.length);
      skip(/^ +Time: \d+ +Scope: tb\.dut\n/);
    }
    expect(rest).toBe('');
  });
});
