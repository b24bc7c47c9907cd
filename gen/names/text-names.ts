/**
 * The one place in which the names are given that the text of a design uses: what a design declares keeps its name wherever
 * SystemVerilog and the tools let it, and everything that printing adds (members and types of enumerations and bundles, counters of
 * covers, blocks of grids, wires of expressions) makes way for it. Same design, same names: whoever must find something in the
 * printed text asks here, too. Must not know how anything is printed.
 */
import { pushAll } from '../collections.ts';
import { expressionsOf, walkExpressions, walkStatements } from '../ir/leaves.ts';
import type { Check, Design, Grid, Memory, Module, Signal } from '../ir/module.ts';
import type { BundleType, EnumType, Type } from '../ir/types.ts';
import { NamePool } from './pool.ts';
import { isCppWord, isReserved } from './reserved.ts';

/** Names of the generate blocks of a grid, and of the cell in them. A direction of one cell has no block. */
export interface GridNames {
  readonly row: string;
  readonly column: string;
  readonly cell: string;
}

/** Where a cell stands in its module: the blocks around it, and its instance. */
export function cellScope({ rows, columns }: Grid, { row, column, cell }: GridNames, r: number, c: number): string {
  return [...(rows > 1 ? [`${row}[${r}]`] : []), ...(columns > 1 ? [`${column}[${c}]`] : []), cell].join('.');
}

const upperSnake = (s: string): string => s.replace(/([a-z0-9])([A-Z])/g, '$1_$2').toUpperCase();
const lowerSnake = (s: string): string => s.replace(/([a-z0-9])([A-Z])/g, '$1_$2').toLowerCase();

/** Name of a field in the text: Verilator keeps some words that may be fields otherwise for itself. A struct is a scope of its own. */
export function fieldText(of: BundleType, field: string): string {
  return isCppWord(field) ? new NamePool(of.fields.map((f) => f.name)).fresh(field) : field;
}

/** What modules of one design see of each other's names. */
export class DesignNames {
  private readonly top: Module;
  /** Modules and cells of the target: one scope for the whole of the text. */
  private readonly modules = new Set<string>();
  /** Names of the instances of a module. */
  private readonly instances = new Map<Module, Set<string>>();

  constructor(design: Design) {
    this.top = design.top.blackBox?.behaviour ?? design.top;
    for (const { name, blackBox } of design.modules) {
      this.modules.add(name);
      if (blackBox) this.modules.add(blackBox.cell);
      if (blackBox?.behaviour) this.modules.add(blackBox.behaviour.name);
    }
    // Parents first: what they call the cells of their grids depends on what they are called themselves.
    for (const m of [...design.modules].reverse().map((x) => x.blackBox?.behaviour ?? x)) {
      for (const i of m.instances) this.note(i.module, i.name);
      if (m.grids.length === 0) continue;
      for (const [g, cell] of takeCellNames(m, poolOf(m, this.above(m)), this.above(m))) this.note(g.module, cell);
    }
  }

  /** Names of `m`, given anew: the same ones each time. */
  of(m: Module): TextNames {
    return new TextNames(m, this.modules, this.above(m), m === this.top);
  }

  /** What is above `m` and would be hidden by a variable or member in it: Verilator warns of that, or fails. */
  private above(m: Module): ReadonlySet<string> {
    return new Set([m.name, ...(this.instances.get(m) ?? [])]);
  }

  private note(module: Module, instance: string): void {
    const m = module.blackBox?.behaviour ?? module;
    const names = this.instances.get(m);
    if (names) names.add(instance);
    else this.instances.set(m, new Set([instance]));
  }
}

/** Names of one module. What is not known before printing is given when it is asked for, out of the same pool. */
export class TextNames {
  private readonly pool: NamePool;
  private readonly moved = new Map<Signal | Memory, string>();
  /** By the grid's name, and that of the check. */
  private readonly grids = new Map<string, GridNames>();
  private readonly covers = new Map<string, string>();
  /** By the text of the type: two structs of one name can differ in the widths of their fields. */
  private readonly types = new Map<string, string>();
  private readonly members = new Map<string, readonly string[]>();
  private readonly membersOf = new Map<EnumType, readonly string[]>();
  /** Where tools read a name that is a type as one, whatever is meant: names of modules, fields and ports of instances. */
  private readonly noTypes: ReadonlySet<string>;

  /** Whether Verilator would warn of names of ports, which are the module's contract: those of the top that are words of C++. */
  readonly hasCppPorts: boolean;

  constructor(m: Module, private readonly modules: ReadonlySet<string>, private readonly above: ReadonlySet<string>, isTop: boolean) {
    this.hasCppPorts = isTop && m.ports.some((p) => isCppWord(p.name));
    this.pool = poolOf(m, above);
    const cells = takeCellNames(m, this.pool, above);
    for (const x of [...signalsOf(m), ...m.memories]) if (mustMove(x, above)) this.moved.set(x, this.fresh(x.name));
    for (const [g, cell] of cells) this.grids.set(g.name, { row: this.fresh(`${g.name}_row`), column: this.fresh(`${g.name}_col`), cell });
    for (const c of m.checks) if (c.kind === 'cover') this.covers.set(c.name, this.fresh(`cover_${c.name}`));
    const { enums, fields } = typesIn(m);
    const children = new Set([...m.instances, ...m.grids].map((i) => i.module));
    this.noTypes = new Set([...fields, ...[...children].flatMap((c) => c.ports.map((p) => p.name))]);
    // By name, so that what else the module does changes none of them.
    for (const t of [...enums].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0))) this.namesOfMembers(t);
  }

  /** A name that nothing else has here, like the one wished for. */
  fresh(wish: string): string {
    return this.pool.fresh(wish, (name) => this.above.has(name));
  }

  /** Signals and memories that cannot have their own names in the text, and those that they have instead. */
  get others(): ReadonlyMap<Signal | Memory, string> {
    return this.moved;
  }

  of(x: Signal | Memory): string {
    return this.moved.get(x) ?? x.name;
  }

  /** Blocks and cell of a grid. */
  grid(g: Grid): GridNames {
    const names = this.grids.get(g.name);
    if (!names) throw new Error(`grid ${g.name} is of another module`);
    return names;
  }

  /** Counter of a cover. */
  cover(c: Check): string {
    return this.covers.get(c.name) ?? c.name;
  }

  /** Type of an enumeration or a bundle. */
  type(t: BundleType | EnumType): string {
    const key = JSON.stringify(t);
    let name = this.types.get(key);
    if (name === undefined) {
      const avoid = (n: string): boolean => this.above.has(n) || this.modules.has(n) || this.noTypes.has(n);
      this.types.set(key, (name = this.pool.fresh(`${lowerSnake(t.name)}_t`, avoid)));
    }
    return name;
  }

  /** The member that `value` is; undefined if it is none. */
  member(t: EnumType, value: bigint): string | undefined {
    return this.namesOfMembers(t)[Number(value)];
  }

  private namesOfMembers(t: EnumType): readonly string[] {
    let names = this.membersOf.get(t);
    if (!names) {
      const key = `${t.name}:${t.members.join()}`;
      names = this.members.get(key) ?? this.membersInCapitals(t);
      this.members.set(key, names);
      this.membersOf.set(t, names);
    }
    return names;
  }

  /** `LIGHT_RED`; members that would be one word in capitals stay as they are written: `LIGHT_red`, `LIGHT_Red`. */
  private membersInCapitals(t: EnumType): readonly string[] {
    const words = t.members.map(upperSnake);
    const isAlone = (word: string): boolean => words.indexOf(word) === words.lastIndexOf(word);
    return words.map((word, i) => this.fresh(`${upperSnake(t.name)}_${isAlone(word) ? word : t.members[i]}`));
  }
}

/** Signals that are no ports: a port's name is the module's contract with everybody. */
function signalsOf(m: Module): Signal[] {
  return [
    ...m.wires, ...m.regs, ...m.instances.flatMap((i) => [...i.connections.values()]),
    ...m.grids.flatMap((g) => [...[...g.inputs.values()].map((i) => i.signal), ...g.outputs.map((o) => o.signal)]),
  ];
}

function mustMove(x: Signal | Memory, above: ReadonlySet<string>): boolean {
  return above.has(x.name) || isReserved(x.name);
}

/** Holds what keeps its name. */
function poolOf(m: Module, above: ReadonlySet<string>): NamePool {
  const kept = [...signalsOf(m), ...m.memories].filter((x) => !mustMove(x, above));
  return new NamePool([...m.ports, ...m.instances, ...m.grids, ...m.checks, ...kept].map((x) => x.name));
}

/** Names of the cells' instances: one for all that stand in blocks of their own; none that a port of a cell would hide. */
function takeCellNames(m: Module, pool: NamePool, above: ReadonlySet<string>): readonly (readonly [Grid, string])[] {
  const ports = new Set(m.grids.flatMap((g) => g.module.ports.map((p) => p.name)));
  const take = (wish: string): string => pool.fresh(wish, (name) => above.has(name) || ports.has(name));
  let inBlocks: string | undefined;
  return m.grids.map((g) => [g, g.rows * g.columns === 1 ? take(`${g.name}_cell`) : (inBlocks ??= take('cell_i'))]);
}

/** Enumerations and names of fields that the text of a module can hold. */
function typesIn(m: Module): { readonly enums: ReadonlySet<EnumType>; readonly fields: ReadonlySet<string> } {
  const enums = new Set<EnumType>();
  const fields = new Set<string>();
  const seen = new Set<Type>();
  const note = (t: Type): void => {
    if (seen.has(t)) return;
    seen.add(t);
    if (t.kind === 'enum') enums.add(t);
    else if (t.kind === 'vec') note(t.element);
    else if (t.kind === 'bundle') {
      for (const f of t.fields) {
        fields.add(fieldText(t, f.name));
        note(f.type);
      }
    }
  };
  for (const s of [...m.ports, ...signalsOf(m), ...m.memories]) note(s.type);
  const roots = m.checks.map((c) => c.cond);
  walkStatements(m.body, (s) => pushAll(roots, expressionsOf(s)));
  walkExpressions(roots, (e) => note(e.type));
  return { enums, fields };
}
