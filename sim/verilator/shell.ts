/**
 * The module around the top module. Its ports become members of Verilator's C++ class, where names such as `name` or
 * `eval` are taken; so they carry a prefix that no such name has.
 */
import type { Design } from '../../gen/ir/module.ts';
import { widthOf } from '../../gen/ir/types.ts';

export const SHELL = 'SystoleShell';
export const PORT_PREFIX = 'p_';

/** SystemVerilog of the shell; the top module's instance in it has the name of the module. */
export function shellText({ top }: Design): string {
  const clocked = top.clocked ? ['clk', 'rst'].map((name) => ({ name, direction: 'input', width: 1 })) : [];
  const ports = [...clocked, ...top.ports.map(({ name, kind, type }) => ({ name, direction: kind, width: widthOf(type) }))];
  const declarations = ports.map(({ name, direction, width }) => `  ${direction} logic [${width - 1}:0] ${PORT_PREFIX}${name}`);
  const connections = ports.map(({ name }) => `    .${name}(${PORT_PREFIX}${name})`);
  return `module ${SHELL} (\n${declarations.join(',\n')}\n);\n  ${top.name} ${top.name} (\n${connections.join(',\n')}\n  );\nendmodule\n`;
}
