/** A whole design in Icarus and in the built-in engine, on the same inputs: what its outputs show before each clock edge. */
import type { Design } from '../../../gen/index.ts';
import { widthOf } from '../../../gen/ir/types.ts';
import { createWasmSimulator } from '../../../sim/engine/index.ts';
import { Rng } from '../rng.ts';

const CYCLES = 12;

const inFirst = (cycle: number): boolean => cycle === 0;

/** A testbench that pokes the vectors, the first of them in reset. */
export function testbench(design: Design, vectors: readonly ReadonlyMap<string, bigint>[], isReset = inFirst): string {
  const { name, ports, clocked } = design.top;
  const outputs = ports.filter((p) => p.kind === 'output').map((p) => p.name);
  return [
    'module tb;',
    '  logic clk = 0, rst = 0;',
    ...ports.map((p) => `  logic [${widthOf(p.type) - 1}:0] p_${p.name};`),
    `  ${name} dut (${[...(clocked ? ['.clk(clk)', '.rst(rst)'] : []), ...ports.map((p) => `.${p.name}(p_${p.name})`)].join(', ')});`,
    '  initial begin',
    ...vectors.flatMap((v, cycle) => [
      `    rst = ${isReset(cycle) ? 1 : 0};`,
      ...[...v].map(([port, value]) => `    p_${port} = ${value};`),
      `    #1 $display("${outputs.map(() => '%0d').join(' ')}", ${outputs.map((o) => `p_${o}`).join(', ')});`,
      '    clk = 1; #1 clk = 0;',
    ]),
    '  end',
    'endmodule',
    '',
  ].join('\n');
}

export function vectorsFor(design: Design, seed: number): Map<string, bigint>[] {
  const rng = new Rng(seed);
  const inputs = design.top.ports.filter((p) => p.kind === 'input');
  return Array.from({ length: CYCLES }, () => new Map(inputs.map((p) => [p.name, rng.bits(widthOf(p.type))])));
}

/** What the built-in engine shows for the vectors. */
export function engineLines(design: Design, vectors: readonly ReadonlyMap<string, bigint>[], isReset = inFirst): string[] {
  const sim = createWasmSimulator(design);
  const outputs = design.top.ports.filter((p) => p.kind === 'output').map((p) => p.name);
  return vectors.map((v, cycle) => {
    if (design.top.clocked) sim.poke('rst', isReset(cycle) ? 1 : 0);
    for (const [port, value] of v) sim.poke(port, value);
    const line = outputs.map((o) => sim.peek(o)).join(' ');
    sim.step();
    return line;
  });
}
