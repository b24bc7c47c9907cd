/**
 * A grid of cells as nested generate loops. The wires between neighbours are unpacked arrays with one more entry than there
 * are cells in the direction of flow: entry 0 is the edge, entry i+1 is what cell i drives.
 */
import { pushAll } from '../collections.ts';
import type { Grid, GridInput, Signal } from '../ir/module.ts';
import { widthOf } from '../ir/types.ts';
import type { TextNames } from '../names/text-names.ts';
import type { Connection, Declaration, Item, SvLoop } from '../verilog/form.ts';
import { plainType } from './types.ts';

type Neighbour = GridInput & { kind: 'neighbour' };

/** `read`: name of what drives an input; `place`: behind what the comment says of the grid. */
export function printGrid(g: Grid, read: (s: Signal) => string, names: TextNames, place: string): Item {
  return { kind: 'paragraph', items: new GridPrinter(g, read, names, place).print() };
}

class GridPrinter {
  private readonly r: string;
  private readonly c: string;
  private readonly e: string;
  /** Outputs: the first chain that an output feeds is also its array; the others copy from it. */
  private readonly chainOf = new Map<string, { port: string; input: Neighbour }>();
  /** Arrays by the port that they are called after. */
  private readonly arrays = new Map<string, string>();

  constructor(
    private readonly g: Grid, private readonly read: (s: Signal) => string, private readonly names: TextNames,
    private readonly place: string,
  ) {
    [this.r, this.c, this.e] = ['r', 'c', 'e'].map((v) => names.fresh(v));
    for (const [port, input] of g.inputs) {
      if (input.kind !== 'neighbour') continue;
      if (!this.chainOf.has(input.output)) this.chainOf.set(input.output, { port, input });
      this.arrays.set(port, names.fresh(`${g.name}_${port}`));
    }
    for (const p of g.module.ports) if (p.kind === 'output' && !this.chainOf.has(p.name)) this.arrays.set(p.name, names.fresh(`${g.name}_${p.name}`));
  }

  print(): Item[] {
    const { g, r, c } = this;
    const { rows, columns, name } = g;
    const { row, column, cell } = this.names.grid(g);
    const declarations: Item[] = [];
    const inCell: Item[] = [];
    const edges: Item[] = [];
    const ports: Connection[] = g.module.clocked ? [...CLOCK] : [];
    for (const p of g.module.ports) {
      const input = g.inputs.get(p.name);
      if (input?.kind === 'neighbour') {
        const vertical = input.from === 'north' || input.from === 'south';
        const array = this.array(p.name);
        // Without it Verilator sees one signal that depends on itself where cells pass values on within a cycle, and may evaluate it late.
        const rest = ` [0:${vertical ? rows : rows - 1}][0:${vertical ? columns - 1 : columns}] /* verilator split_var */`;
        declarations.push(declare({ type: plainType(p.type), name: array, rest }));
        edges.push(this.edge(array, input, widthOf(p.type)));
        if (this.chainOf.get(input.output)?.port !== p.name) inCell.push(assign(`${array}${this.out(input)}`, this.outputPlace(input.output)));
        ports.push({ port: p.name, text: `${array}${this.inp(input)}` });
      } else if (input) {
        ports.push({ port: p.name, text: this.shared(input, widthOf(p.type)) });
      }
    }
    const unread: string[] = [];
    for (const p of g.module.ports) {
      if (p.kind !== 'output') continue;
      ports.push({ port: p.name, text: this.outputPlace(p.name) });
      if (this.chainOf.has(p.name)) continue;
      declarations.push(declare({ type: plainType(p.type), name: this.array(p.name), rest: ` [0:${rows - 1}][0:${columns - 1}]` }));
      if (!g.outputs.some((o) => o.port === p.name)) unread.push(`${this.array(p.name)}[0][0]`);
    }
    const items: Item[] = [
      { kind: 'comment', text: `${rows} x ${columns} grid of ${g.module.name}${this.place}` },
      ...declarations, ...edges,
      loop(r, rows, row, loop(c, columns, column, { kind: 'instance', module: g.module.name, name: cell, parameters: [], ports }, ...inCell)),
      ...g.outputs.flatMap((o) => this.gather(o)),
    ];
    if (unread.length > 0) pushAll(items, unusedBits(this.names.fresh(`unused_${name}`), unread));
    return items;
  }

  private array(port: string): string {
    return this.arrays.get(port) ?? `${this.g.name}_${port}`;
  }

  /** What an input that is fed from outside of the grid takes in cell (r, c). */
  private shared(input: Exclude<GridInput, Neighbour>, w: number): string {
    const index = { all: '', row: this.r, column: this.c, cell: `(${this.r} * ${this.g.columns} + ${this.c})` }[input.kind];
    const select = index === '' || widthOf(input.signal.type) === w ? '' : w === 1 ? `[${index}]` : `[${index} * ${w} +: ${w}]`;
    return `${this.read(input.signal)}${select}`;
  }

  /** Entry of a chain array that cell (r, c) reads. */
  private inp(i: Neighbour): string {
    const { r, c } = this;
    return { west: `[${r}][${c}]`, north: `[${r}][${c}]`, east: `[${r}][${c} + 1]`, south: `[${r} + 1][${c}]` }[i.from];
  }
  /** Entry that it drives. */
  private out(i: Neighbour): string {
    const { r, c } = this;
    return { west: `[${r}][${c} + 1]`, north: `[${r} + 1][${c}]`, east: `[${r}][${c}]`, south: `[${r}][${c}]` }[i.from];
  }

  private outputPlace(port: string): string {
    const chain = this.chainOf.get(port);
    return chain ? `${this.array(chain.port)}${this.out(chain.input)}` : `${this.array(port)}[${this.r}][${this.c}]`;
  }

  private edge(array: string, input: Neighbour, w: number): Item {
    const { g, e } = this;
    const along = input.from === 'west' || input.from === 'east' ? g.rows : g.columns;
    const select = along === 1 ? '' : w === 1 ? `[${e}]` : `[${e} * ${w} +: ${w}]`;
    const place = { west: `[${e}][0]`, east: `[${e}][${g.columns}]`, north: `[0][${e}]`, south: `[${g.rows}][${e}]` }[input.from];
    return loop(e, along, this.names.fresh(`gen_${array}_edge`), assign(`${array}${place}`, `${this.read(input.signal)}${select}`));
  }

  private gather(o: Grid['outputs'][number]): Item[] {
    const { g, r, c } = this;
    const port = g.module.ports.find((p) => p.name === o.port);
    if (!port) return [];
    const w = widthOf(port.type);
    const chain = this.chainOf.get(o.port);
    const array = this.array(chain?.port ?? o.port);
    const dr = chain?.input.from === 'north' ? 1 : 0;
    const dc = chain?.input.from === 'west' ? 1 : 0;
    const plus = (v: string, d: number): string => (d === 0 ? v : `${v} + ${d}`);
    const place = (at: string, whole: boolean): string => (whole ? '' : w === 1 ? `[${at}]` : `[${/^\w+$/.test(at) ? at : `(${at})`} * ${w} +: ${w}]`);
    const label = (suffix = ''): string => this.names.fresh(`gen_${o.signal.name}${suffix}`);
    const collect = (at: string, whole: boolean, row: string, column: string): Item => assign(`${o.signal.name}${place(at, whole)}`, `${array}[${row}][${column}]`);
    if (o.kind === 'row') return [loop(c, g.columns, label(), collect(c, g.columns === 1, String(o.row + dr), plus(c, dc)))];
    if (o.kind === 'column') return [loop(r, g.rows, label(), collect(r, g.rows === 1, plus(r, dr), String(o.column + dc)))];
    const [outer, inner] = [label('_row'), label('_col')];
    const all = collect(`${r} * ${g.columns} + ${c}`, g.rows * g.columns === 1, plus(r, dr), plus(c, dc));
    return [loop(r, g.rows, outer, loop(c, g.columns, inner, all))];
  }
}

/** How a module that has state is clocked. */
export const CLOCK: readonly Connection[] = [{ port: 'clk', text: 'clk' }, { port: 'rst', text: 'rst' }];

const declare = (d: Declaration): Item => ({ kind: 'declarations', groups: [{ of: [d] }] });
const assign = (target: string, value: string): Item => ({ kind: 'assign', target, value });
const loop = (variable: string, count: number, label: string, ...items: readonly Item[]): SvLoop => ({ kind: 'loop', variable, count, label, items });

/** Says to every linter that nothing reads these bits. */
export function unusedBits(name: string, terms: readonly string[]): Item[] {
  return [declare({ type: 'logic', name }), assign(name, `&{1'b0, ${terms.join(', ')}}`)];
}
