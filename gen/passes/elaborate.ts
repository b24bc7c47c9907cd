/**
 * From a definition to a checked, simplified design in which every distinct module stands once. The one post-pass IR that
 * printer and engines share.
 */
import { DesignError } from '../design-error.ts';
import type { Expr } from '../ir/expr.ts';
import { walkUp } from '../ir/expr.ts';
import type { Lanes } from '../ir/lanes.ts';
import { branchesOf, mapStatements, walkStatements } from '../ir/leaves.ts';
import type { Design, Module, Signal } from '../ir/module.ts';
import { typeName } from '../ir/types.ts';
import type { ModuleDef } from '../lang/definition.ts';
import type { PortMap } from '../lang/ports.ts';
import { NamePool } from '../names/pool.ts';
import { checkDrivers } from './check-drivers.ts';
import { combPaths } from './comb-paths.ts';
import { PASSES } from './passes.ts';
import type { Watch } from './passes.ts';

/** Elaborates, checks and simplifies `top` and all below it. Throws DesignError. `watch` sees each module at each stage (`STAGES`). */
export function elaborate<P extends PortMap>(top: ModuleDef<P>, watch?: Watch): Design {
  const order: Module[] = [];
  const seen = new Set<Module>();
  const topModule = top.elaborate();
  checkTopPorts(topModule);
  collect(topModule, seen, order);

  const replacement = new Map<Module, Module>();
  const byText = new Map<string, Module>();
  const names = moduleNames(order);
  const modules: Module[] = [];
  const behaviours = new Set(order.flatMap((m) => (m.blackBox?.behaviour ? [m.blackBox.behaviour] : [])));
  for (const m of order) {
    checkDrivers(m);
    combPaths(m);
    const relinked = relink(m, replacement);
    watch?.('describe', relinked);
    const clean = m.blackBox ? relinked : passed(relinked, watch);
    checkRegisters(clean);
    const text = structure(clean);
    const twin = byText.get(text);
    if (twin) {
      replacement.set(m, twin);
      continue;
    }
    const named = { ...clean, name: names(m) };
    watch?.('share', named);
    byText.set(text, named);
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

/** Canonical text of a module: equal texts mean interchangeable modules. Source positions do not count. */
function structure(m: Module): string {
  const ids = new Map<Expr, number>();
  const lines: string[] = [];
  const lanes = new Map<Lanes, number>();
  const laneId = (x: Lanes): number => lanes.get(x) ?? (lanes.set(x, lanes.size), lanes.size - 1);
  const ref = (root: Expr): string => {
    walkUp(root, (e) => ids.has(e), (e) => {
      ids.set(e, ids.size);
      lines.push(e.op === 'lane' ? `lane ${laneId(e.lanes)} ${fullType(e.type)} ${e.scale} ${e.offset}` : describe(e, (x) => ids.get(x) as number));
    });
    return `#${ids.get(root)}`;
  };
  const signal = (s: Module['ports'][number]): string => `${s.kind} ${s.name} ${typeName(s.type)} ${fullType(s.type)} ${(s.reset ?? []).map((r) => r?.value ?? '-').join()}`;
  const head = [
    m.name.replace(/_\d+$/, ''), ...m.ports.map(signal), ...m.wires.map(signal), ...m.regs.map(signal),
    ...m.memories.map((x) => `mem ${x.name} ${fullType(x.type)} ${x.depth} ${x.style} ${x.collisionFree} ${(x.init ?? []).join()}`),
    ...m.instances.map((i) => `inst ${i.name} ${i.module.name}`),
    ...m.grids.map((g) => `grid ${g.name} ${g.module.name} ${g.rows} ${g.columns} ${[...g.inputs].map(([p, i]) => `${p}:${i.kind}:${'from' in i ? `${i.from}.${i.output}` : ''}:${i.signal.name}`).join()} ${g.outputs.map((o) => `${o.port}:${o.kind}:${o.signal.name}`).join()}`),
    JSON.stringify(m.blackBox ? { ...m.blackBox, behaviour: m.blackBox.behaviour?.name } : null),
  ];
  const statements: string[] = [];
  const stack: { readonly label: string; readonly body: Module['body']; next: number }[] = [{ label: 'body', body: mapStatements(m.body, (e) => e), next: 0 }];
  for (let top = stack.at(-1); top; top = stack.at(-1)) {
    if (top.next === 0) statements.push(`${top.label}:`);
    if (top.next === top.body.length) {
      statements.push('end');
      stack.pop();
      continue;
    }
    const s = top.body[top.next++];
    if (s.kind === 'assign') {
      statements.push(`${s.target.name}${s.path.map((p) => ('field' in p ? `.${p.field}` : `[${typeof p.index === 'number' ? p.index : ref(p.index)}]`)).join('')} = ${ref(s.value)}`);
    } else if (s.kind === 'memWrite') {
      statements.push(`${s.mem.name}[${ref(s.addr)}] = ${ref(s.data)} ${s.mask ? ref(s.mask) : ''}`);
    } else {
      statements.push(`${s.kind} ${s.kind === 'for' ? `${laneId(s.lanes)} ${s.lanes.count}` : ref(s.kind === 'when' ? s.cond : s.on)}`);
      const labels = s.kind === 'for' ? ['body'] : s.kind === 'when' ? ['then', 'else'] : [...s.cases.map((c) => c.values.join()), 'default'];
      const branches = branchesOf(s);
      for (let i = branches.length - 1; i >= 0; i--) stack.push({ label: labels[i], body: branches[i], next: 0 });
    }
  }
  const checks = m.checks.map((c) => `${c.kind} ${c.name} ${ref(c.cond)} ${c.message}`);
  return [...head, ...statements, ...checks, ...lines].join('\n');
}

function describe(e: Exclude<Expr, { op: 'lane' }>, id: (x: Expr) => number): string {
  const t = fullType(e.type);
  switch (e.op) {
    case 'lit':
      return `${t} ${e.value}`;
    case 'ref':
      return `ref ${e.signal.name}`;
    case 'field':
      return `field ${id(e.of)} ${e.name}`;
    case 'index':
      return `index ${id(e.of)} ${typeof e.index === 'number' ? e.index : `#${id(e.index)}`}`;
    case 'unary':
      return `${t} ${e.fn} ${id(e.a)}`;
    case 'binary':
      return `${t} ${e.fn} ${id(e.a)} ${id(e.b)}`;
    case 'mux':
      return `mux ${id(e.cond)} ${id(e.a)} ${id(e.b)}`;
    case 'slice':
      return `${t} slice ${id(e.of)} ${e.lo}`;
    case 'cat':
      return `cat ${e.parts.map(id).join()}`;
    case 'cast':
    case 'extend':
      return `${t} ${e.op} ${id(e.of)}`;
    case 'memRead':
      return `read ${e.mem.name} ${id(e.addr)}`;
    case 'bundle':
      return `${t} {${e.fields.map(id).join()}}`;
    case 'vec':
      return `${t} [${e.items.map(id).join()}]`;
  }
}

function fullType(t: Expr['type']): string {
  return JSON.stringify(t);
}
