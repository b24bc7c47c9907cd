/** Random modules of statements: cycle by cycle, Icarus on the printed text agrees with the interpreter on the IR before the passes. */
import { describe, expect, it } from 'vitest';
import type { ModuleDef, PortMap } from '../../../gen/index.ts';
import type { Module } from '../../../gen/ir/module.ts';
import { widthOf } from '../../../gen/ir/types.ts';
import { elaborate } from '../../../gen/passes/elaborate.ts';
import { printDesign } from '../../../gen/print/systemverilog.ts';
import type { SourceFile } from '../../../gen/print/systemverilog.ts';
import { Interpreter } from '../evaluate.ts';
import { INPUTS, randomModule } from '../random-modules.ts';
import { Rng } from '../rng.ts';
import { exceptConstants, has, inDirectory, lintWithVerilator, simulate, throughYosys } from '../tools.ts';

const SEED = Number(process.env.SYSTOLE_SEED ?? 1);
const MODULES = 8;
/** Yosys takes a second for each. */
const SYNTHESISED = 2;
const CYCLES = 60;
const RESET_CYCLES = [0, 1, 30];

const rng = new Rng(SEED);
interface RandomDesign {
  readonly def: ModuleDef<PortMap>;
  readonly module: Module;
  readonly files: readonly SourceFile[];
}

const all = Array.from({ length: MODULES }, (_, i): RandomDesign => {
  const def = randomModule(`Random${i}`, new Rng(SEED * 1000 + i));
  return { def, module: def.elaborate(), files: printDesign(elaborate(def)) };
});
const vector = (): Map<string, bigint> => new Map(Object.entries(INPUTS).map(([name, shape]) => [name, rng.bits(shape.width)]));
const stimulus = Array.from({ length: CYCLES }, vector);

/** All modules side by side; one line a cycle: every output of every module just before the clock edge. */
function testbench(designs: readonly RandomDesign[]): string {
  const outputs = (i: number): string[] => designs[i].module.ports.filter((p) => p.kind === 'output').map((p) => p.name);
  const shown = designs.flatMap((_, i) => outputs(i).map((o) => `m${i}_${o}`));
  // What reset leaves alone is unknown after it: both sides start it at 0.
  const unresetState = designs.flatMap((_, i) => [`    m${i}.free = 0;`, `    m${i}.heldWord = 0;`, `    for (int a = 0; a < 10; a++) m${i}.store[a] = 0;`]);
  return [
    'module tb;',
    '  logic clk = 0, rst = 0;',
    ...Object.entries(INPUTS).map(([name, shape]) => `  logic [${shape.width - 1}:0] ${name};`),
    ...designs.flatMap(({ module, def }, i) => [
      ...module.ports.filter((p) => p.kind === 'output').map((p) => `  logic [${widthOf(p.type) - 1}:0] m${i}_${p.name};`),
      `  ${def.name} m${i} (.clk(clk), .rst(rst), ${module.ports.map((p) => `.${p.name}(${p.kind === 'output' ? `m${i}_` : ''}${p.name})`).join(', ')});`,
    ]),
    '  initial begin',
    ...stimulus.flatMap((v, cycle) => [
      `    rst = ${RESET_CYCLES.includes(cycle) ? 1 : 0};`,
      ...[...v].map(([name, value]) => `    ${name} = ${INPUTS[name as keyof typeof INPUTS].width}'h${value.toString(16)};`),
      `    #1 $display("${shown.map(() => '%h').join(' ')}", ${shown.join(', ')});`,
      '    clk = 1; #1 clk = 0;',
      ...(cycle === 0 ? unresetState : []),
    ]),
    '  end',
    'endmodule',
    '',
  ].join('\n');
}

function disagreements(designs: readonly RandomDesign[], printed: readonly string[]): string[] {
  const wrong: string[] = [];
  const rows = printed.map((l) => l.split(' '));
  let column = 0;
  for (const { module, def } of designs) {
    const outputs = module.ports.filter((p) => p.kind === 'output');
    const model = new Interpreter(module);
    for (const [cycle, inputs] of stimulus.entries()) {
      for (const [name, value] of inputs) model.set(name, value);
      model.settle();
      // Cycle 0 is the first reset: state is unknown before it.
      if (cycle > 0) for (const [i, p] of outputs.entries()) {
        const got = rows[cycle][column + i];
        if (!/^[0-9a-f]+$/.test(got) || BigInt(`0x${got}`) !== model.get(p.name)) {
          wrong.push(`${def.name}.${p.name} in cycle ${cycle}: simulated ${got}, expected ${model.get(p.name).toString(16)}`);
        }
      }
      model.tick(RESET_CYCLES.includes(cycle));
      if (cycle === 0) model.clear(['free', 'heldWord', 'store']);
    }
    column += outputs.length;
  }
  return wrong;
}

describe('random modules', () => {
  const filesOf = (designs: readonly RandomDesign[]): SourceFile[] => designs.flatMap((d) => d.files);

  it.skipIf(!has('iverilog'))('behave in Icarus as the IR says, cycle by cycle', { timeout: 60_000 }, () => {
    expect(disagreements(all, simulate(filesOf(all), testbench(all))).slice(0, 5)).toEqual([]);
  });

  it.skipIf(!has('iverilog') || !has('yosys'))('behave the same after synthesis by Yosys', { timeout: 60_000 }, () => {
    const few = all.slice(0, SYNTHESISED);
    expect(disagreements(few, simulate([throughYosys(filesOf(few))], testbench(few))).slice(0, 5)).toEqual([]);
  });

  it.skipIf(!has('verilator'))('pass Verilator without a warning', { timeout: 60_000 }, () => {
    const lint = (d: RandomDesign): string => inDirectory(d.files, (dir) => lintWithVerilator(dir, d.files, d.def.name));
    expect(all.flatMap((d) => exceptConstants(lint(d)))).toEqual([]);
  });
});
