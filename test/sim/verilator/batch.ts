/** Several designs side by side under one top module, so that one build serves them all. */
import type { Assign, Design, Grid, Instance, Module, Signal } from '../../../gen/ir/module.ts';
import { here } from '../../../gen/site.ts';

/** Port `port` of design `i` becomes port `d<i>_<port>`, its signal `path` becomes `d<i>.path`. */
export function batch(designs: readonly Design[]): Design {
  const site = here();
  const modules: Module[] = [];
  const ports: Signal[] = [];
  const instances: Instance[] = [];
  const body: Assign[] = [];
  for (const [i, design] of designs.entries()) {
    const top = renamed(design, `B${i}`, modules);
    const name = `d${i}`;
    const connections = new Map<string, Signal>();
    for (const port of top.ports) {
      const isInput = port.kind === 'input';
      const outer: Signal = { name: `${name}_${port.name}`, kind: port.kind, type: port.type, site };
      const place = { instance: name, port: port.name };
      const inner: Signal = { name: `${name}_${port.name}_i`, kind: isInput ? 'instIn' : 'instOut', type: port.type, site, port: place };
      const [target, source] = isInput ? [inner, outer] : [outer, inner];
      ports.push(outer);
      connections.set(port.name, inner);
      body.push({ kind: 'assign', target, path: [], value: { op: 'ref', type: port.type, signal: source }, site });
    }
    instances.push({ name, module: top, site, connections });
  }
  const clocked = instances.some((i) => i.module.clocked);
  const empty = { wires: [], regs: [], memories: [], grids: [], checks: [] };
  const top: Module = { name: 'Batch', site, doc: '', ports, instances, body, clocked, ...empty };
  return { top, modules: [...modules, top] };
}

/** Adds the design's modules, their names prefixed, to `modules`; returns its top module. */
function renamed(design: Design, prefix: string, modules: Module[]): Module {
  const now = new Map<Module, Module>();
  const child = <T extends Instance | Grid>(x: T): T => ({ ...x, module: now.get(x.module) as Module });
  for (const m of design.modules) {
    const copy = { ...m, name: `${prefix}${m.name}`, instances: m.instances.map(child), grids: m.grids.map(child) };
    now.set(m, copy);
    modules.push(copy);
  }
  return now.get(design.top) as Module;
}
