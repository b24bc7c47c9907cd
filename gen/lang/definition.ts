/** Module definitions: `hw(name, ports, body)` and black boxes. Parameterised modules are functions that return one. */
import { DesignError } from '../design-error.ts';
import type { BlackBox, Module, Signal } from '../ir/module.ts';
import { here } from '../site.ts';
import type { Site } from '../site.ts';
import { Builder } from './builder.ts';
import { checkName } from './names.ts';
import type { Inside, PortMap } from './ports.ts';
import { flattenPorts, portsView } from './views.ts';

export interface ModuleDef<P extends PortMap> {
  readonly name: string;
  readonly ports: P;
  /** Builds the module, once. */
  elaborate(): Module;
}

function define<P extends PortMap>(name: string, ports: P, site: Site, body: (m: Builder, io: Inside<P>) => void): ModuleDef<P> {
  checkName(name, site);
  let module: Module | undefined;
  let busy = false;
  return {
    name,
    ports,
    elaborate() {
      if (module) return module;
      if (busy) throw new DesignError('no-module', `${name} contains itself`, site, undefined, 'break the recursion with a parameter');
      busy = true;
      try {
        return (module = build());
      } finally {
        busy = false;
      }
    },
  };

  function build(): Module {
    const m = new Builder(name);
    const byName = new Map<string, Signal>();
    for (const p of flattenPorts(ports)) {
      const signal = m.addSignal({ name: p.name, kind: p.direction === 'in' ? 'input' : 'output', type: p.shape.type, site });
      m.ports.push(signal);
      byName.set(p.name, signal);
    }
    const io = portsView(ports, (flat) => m.portAccessor(byName.get(flat) as Signal), name, site) as Inside<P>;
    m.run(() => body(m, io));
    return m.finish(site);
  }
}

/** Defines a module: its name, its ports, and a body that describes it. Elaborated once, on first use. */
export function hw<P extends PortMap>(name: string, ports: P, body: (m: Builder, io: Inside<P>) => void): ModuleDef<P> {
  return define(name, ports, here(), body);
}

export interface BlackBoxOptions<P extends PortMap> {
  /** Name of the cell in the target library; the ports' names are the cell's. */
  readonly cell: string;
  readonly parameters?: BlackBox['parameters'];
  readonly clock?: string;
  /** How the cell behaves, for simulation. */
  readonly behaviour?: (m: Builder, io: Inside<P>) => void;
}

/** A cell of the target's library that is instantiated, not described. */
export function blackBox<P extends PortMap>(name: string, ports: P, options: BlackBoxOptions<P>): ModuleDef<P> {
  const site = here();
  const { behaviour } = options;
  return define(name, ports, site, (m) => {
    m.blackBox = {
      cell: options.cell,
      parameters: options.parameters ?? [],
      ...(options.clock ? { clock: options.clock } : {}),
      ...(behaviour ? { behaviour: define(`${name}Behaviour`, ports, site, behaviour).elaborate() } : {}),
    };
  });
}
