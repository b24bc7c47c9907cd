/** Module definitions: `hw(name, ports, body)` and black boxes. Parameterised modules are functions that return one. */
import { DesignError } from '../design-error.ts';
import type { BlackBox, Module, Signal } from '../ir/module.ts';
import { here } from '../site.ts';
import type { Site } from '../site.ts';
import { Builder } from './builder.ts';
import type { PublicBuilder } from './builder.ts';
import { within } from './limits.ts';
import type { ModuleDef } from './module-def.ts';
import { checkName } from './names.ts';
import type { Inside, PortMap } from './ports.ts';
import { strictObject } from './strict.ts';
import { flattenPorts, portsView } from './views.ts';

export type { ModuleDef } from './module-def.ts';

/** What a body gets of its module's builder. */
export type Body<P extends PortMap> = (m: PublicBuilder, io: Inside<P>) => void;

/** Bodies that are running, each in the one before. */
let level = 0;

function define<P extends PortMap>(name: string, ports: P, site: Site, body: (m: Builder, io: Inside<P>) => void): ModuleDef<P> {
  checkName(name, site);
  let module: Module | undefined;
  let busy = false;
  return strictObject('definition', {
    name,
    ports,
    elaborate(): Module {
      if (module) return module;
      if (busy) throw new DesignError('no-module', `${name} contains itself`, site, undefined, 'break the recursion with a parameter');
      within('levels', level + 1, `${name} stands ${level} modules deep`, here());
      busy = true;
      level++;
      try {
        return (module = build());
      } finally {
        level--;
        busy = false;
      }
    },
  });

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
export function hw<P extends PortMap>(name: string, ports: P, body: Body<P>): ModuleDef<P> {
  return define(name, ports, here(), (m, io) => body(m.face, io));
}

export interface BlackBoxOptions<P extends PortMap> {
  /** Name of the cell in the target library; the ports' names are the cell's. */
  readonly cell: string;
  readonly parameters?: BlackBox['parameters'];
  readonly clock?: string;
  /** How the cell behaves, for simulation. */
  readonly behaviour?: Body<P>;
}

/** A cell of the target's library that is instantiated, not described. */
export function blackBox<P extends PortMap>(name: string, ports: P, options: BlackBoxOptions<P>): ModuleDef<P> {
  const site = here();
  const { behaviour } = options;
  checkCell(options, site);
  return define(name, ports, site, (m) => {
    m.blackBox = {
      cell: options.cell,
      parameters: options.parameters ?? [],
      ...(options.clock ? { clock: options.clock } : {}),
      ...(behaviour ? { behaviour: define(`${name}Behaviour`, ports, site, (inner, io) => behaviour(inner.face, io)).elaborate() } : {}),
    };
  });
}

/** What is printed as the designer gave it must be what the place allows, and no more. */
function checkCell({ cell, clock, parameters = [] }: Pick<BlackBoxOptions<PortMap>, 'cell' | 'clock' | 'parameters'>, site: Site): void {
  for (const name of [cell, ...(clock === undefined ? [] : [clock]), ...parameters.map((p) => p.name)]) {
    if (!/^[A-Za-z_][A-Za-z0-9_$]*$/.test(name)) throw new DesignError('bad-name', `'${name}' is no identifier`, site, undefined, 'give a name of the cell library');
  }
  for (const { name, value } of parameters) {
    if (/^(-?\d+(\.\d+)?|(\d+)?'s?[bodhBODH][0-9a-fA-FxXzZ_]+|"[^"\\\n]*")$/.test(value)) continue;
    throw new DesignError('bad-text', `parameter ${name} is ${value}`, site, undefined, "give a number (5), a sized literal (4'b1001) or a string in quotes");
  }
}
