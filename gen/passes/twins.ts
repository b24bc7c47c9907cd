/** Modules of equal content, wherever in the program they were described and by which definition. Must not know what becomes of them. */
import type { Expr } from '../ir/expr.ts';
import { walkUp } from '../ir/expr.ts';
import type { Lanes } from '../ir/lanes.ts';
import { branchesOf, mapStatements } from '../ir/leaves.ts';
import type { Module } from '../ir/module.ts';
import { typeName } from '../ir/types.ts';

interface Entry<T> {
  readonly m: Module;
  readonly value: T;
  text?: string;
}

/** What was noted of modules, found again by any that is equal to one of them. */
export class Twins<T> {
  /** Most modules differ from all others in what is quick to see: only the others are written out to be compared. */
  private readonly alike = new Map<string, Entry<T>[]>();

  find(m: Module): T | undefined {
    const entries = this.alike.get(outline(m));
    if (!entries) return undefined;
    const text = structure(m);
    return entries.find((e) => (e.text ??= structure(e.m)) === text)?.value;
  }

  add(m: Module, value: T): void {
    const key = outline(m);
    const entries = this.alike.get(key);
    if (entries) entries.push({ m, value });
    else this.alike.set(key, [{ m, value }]);
  }
}

/** Without the number that tells modules of one name apart. */
const ownName = (m: Module): string => m.name.replace(/_\d+$/, '');

/** The same of modules that are equal. */
function outline(m: Module): string {
  return [ownName(m), ...[m.ports, m.wires, m.regs, m.memories, m.instances, m.grids, m.checks].map((list) => list.length)].join();
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
    ownName(m), ...m.ports.map(signal), ...m.wires.map(signal), ...m.regs.map(signal),
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
