/**
 * From a definition to a checked, simplified design in which every distinct module stands once. The one post-pass IR that
 * printer and engines share.
 */
import { DesignError } from '../design-error.ts';
import { walkStatements } from '../ir/leaves.ts';
import type { Design, Module, Signal } from '../ir/module.ts';
import type { ModuleDef } from '../lang/definition.ts';
import type { PortMap } from '../lang/ports.ts';
import { NamePool } from '../names/pool.ts';
import { checkDrivers } from './check-drivers.ts';
import { checkPaths } from './comb-paths.ts';
import { PASSES } from './passes.ts';
import type { Watch } from './passes.ts';
import { Twins } from './twins.ts';

/** Elaborates, checks and simplifies `top` and all below it. Throws DesignError. `watch` sees each module at each stage (`STAGES`). */
export function elaborate<P extends PortMap>(top: ModuleDef<P>, watch?: Watch): Design {
  const order: Module[] = [];
  const seen = new Set<Module>();
  const topModule = top.elaborate();
  checkTopPorts(topModule);
  collect(topModule, seen, order);

  const replacement = new Map<Module, Module>();
  const twins = new Twins<Module>();
  const names = moduleNames(order);
  const modules: Module[] = [];
  const behaviours = new Set(order.flatMap((m) => (m.blackBox?.behaviour ? [m.blackBox.behaviour] : [])));
  for (const m of order) {
    checkDrivers(m);
    checkPaths(m);
    const relinked = relink(m, replacement);
    watch?.('describe', relinked);
    const clean = m.blackBox ? relinked : passed(relinked, watch);
    checkRegisters(clean);
    const twin = twins.find(clean);
    if (twin) {
      replacement.set(m, twin);
      continue;
    }
    const named = { ...clean, name: names(m) };
    watch?.('share', named);
    twins.add(clean, named);
    replacement.set(m, named);
    // What a black box does in simulation is part of the box, not a module of the design.
    if (!behaviours.has(m)) modules.push(named);
  }
  return { top: modules[modules.length - 1], modules };
}

function passed(m: Module, watch?: Watch): Module {
  return PASSES.reduce((before, pass) => {
    const after = pass.run(before);
    watch?.(pass.name, after);
    return after;
  }, m);
}

function collect(m: Module, seen: Set<Module>, order: Module[]): void {
  if (seen.has(m)) return;
  seen.add(m);
  for (const i of m.instances) collect(i.module, seen, order);
  for (const g of m.grids) collect(g.module, seen, order);
  if (m.blackBox?.behaviour) collect(m.blackBox.behaviour, seen, order);
  order.push(m);
}

/** Points instances and grids at the simplified children. */
function relink(m: Module, replacement: ReadonlyMap<Module, Module>): Module {
  const child = (x: Module): Module => {
    const r = replacement.get(x);
    if (!r) throw new DesignError('no-module', `${x.name} was not elaborated before ${m.name}`, m.site);
    return r;
  };
  const { blackBox } = m;
  return {
    ...m,
    instances: m.instances.map((i) => ({ ...i, module: child(i.module) })),
    grids: m.grids.map((g) => ({ ...g, module: child(g.module) })),
    ...(blackBox?.behaviour ? { blackBox: { ...blackBox, behaviour: child(blackBox.behaviour) } } : {}),
  };
}

/** A register that is neither reset nor ever assigned, once conditions that are constantly false are gone, has no value. */
function checkRegisters(m: Module): void {
  const driven = new Set<Signal>();
  walkStatements(m.body, (s) => s.kind === 'assign' && driven.add(s.target));
  for (const r of m.regs) {
    if (driven.has(r) || r.reset?.some((l) => l !== undefined)) continue;
    throw new DesignError('undriven', `${m.name}.${r.name}: no condition around its assignments can hold`, undefined, r.site, 'give it a reset value or remove it');
  }
}

/** The top's ports are seen from outside of the design, where nothing can be called otherwise. */
function checkTopPorts(m: Module): void {
  for (const p of m.ports) {
    if (p.name === m.name) {
      throw new DesignError('hidden-name', `port ${p.name} of the top module is called like it`, p.site, undefined, 'choose another name for one of them');
    }
  }
}

/**
 * Names in the one scope that modules share with each other, with the cells of the target's library, and, since files are called
 * after them, with names that differ in case only. The top keeps its name. Of different modules that wish for one name the second gets
 * a number, with which nobody is called already.
 */
function moduleNames(order: readonly Module[]): (m: Module) => string {
  const pool = new NamePool([], { ignoresCase: true, first: 2 });
  const cells = new Set(order.flatMap((m) => (m.blackBox ? [m.blackBox.cell.toLowerCase()] : [])));
  const wishes = new Set(order.map((m) => m.name.toLowerCase()));
  // A box is printed as its cell: it may be called like it.
  const fresh = (m: Module): string =>
    pool.fresh(m.name, (name) => (!m.blackBox && cells.has(name.toLowerCase())) || (name !== m.name && wishes.has(name.toLowerCase())));
  const top = order[order.length - 1];
  const topName = fresh(top);
  return (m) => (m === top ? topName : fresh(m));
}
