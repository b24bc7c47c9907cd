/**
 * The module around the top module. Its ports become members of Verilator's C++ class, where names such as `name` or
 * `eval` are taken; so they carry a prefix that no such name has.
 */
import type { Design } from '../../gen/ir/module.ts';
import { widthOf } from '../../gen/ir/types.ts';
import { NamePool } from '../../gen/names/pool.ts';

export const PORT_PREFIX = 'p_';

/** Name of the shell, which no module of the design has, nor any file. */
export function shellName({ modules }: Design): string {
  const names = modules.flatMap((m) => [m.name, ...(m.blackBox?.behaviour ? [m.blackBox.behaviour.name] : [])]);
  return new NamePool(names, { ignoresCase: true }).fresh('SystoleShell');
}

/** Name of the top module's instance in the shell: its own, unless a port of the shell has that. */
export function topInstance({ top }: Design): string {
  return new NamePool(['clk', 'rst', ...top.ports.map((p) => p.name)].map((p) => PORT_PREFIX + p)).fresh(top.name);
}

/** SystemVerilog of the shell. */
export function shellText(design: Design): string {
  const { top } = design;
  const clocked = top.clocked ? ['clk', 'rst'].map((name) => ({ name, direction: 'input', width: 1 })) : [];
  const ports = [...clocked, ...top.ports.map(({ name, kind, type }) => ({ name, direction: kind, width: widthOf(type) }))];
  const declarations = ports.map(({ name, direction, width }) => `  ${direction} logic [${width - 1}:0] ${PORT_PREFIX}${name}`);
  const connections = ports.map(({ name }) => `    .${name}(${PORT_PREFIX}${name})`);
  return `module ${shellName(design)} (\n${declarations.join(',\n')}\n);\n  ${top.name} ${topInstance(design)} (\n${connections.join(',\n')}\n  );\nendmodule\n`;
}
