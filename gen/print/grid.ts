/**
 * A grid of cells as nested generate loops, of which one that would have a single round is none. The wires between neighbours are unpacked
 * arrays with one more entry than there are cells in the direction of flow: entry 0 is the edge, entry i+1 is what cell i drives.
 */
import { pushAll } from '../collections.ts';
import type { Grid, GridInput, Signal } from '../ir/module.ts';
import { widthOf } from '../ir/types.ts';
import type { TextNames } from '../names/text-names.ts';
import type { Connection, Declaration, Item } from '../verilog/form.ts';
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
    this.r = g.rows > 1 ? names.fresh('r') : '0';
    this.c = g.columns > 1 ? names.fresh('c') : '0';
    this.e = names.fresh('e');
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
        const array = this.array(p.name);
        // Without it Verilator sees one signal that depends on itself where cells pass values on within a cycle, and may evaluate it late.
        const rest = ` ${this.dimensions(input)} /* verilator split_var */`;
        declarations.push(declareArray({ type: plainType(p.type), name: array, rest }));
        pushAll(edges, this.edge(array, input, widthOf(p.type)));
        if (this.chainOf.get(input.output)?.port !== p.name) inCell.push(assign(this.out(array, input), this.outputPlace(input.output)));
        ports.push({ port: p.name, text: this.inp(array, input) });
      } else if (input) {
        ports.push({ port: p.name, text: this.shared(input, widthOf(p.type)) });
      }
    }
    const unread: string[] = [];
    for (const p of g.module.ports) {
      if (p.kind !== 'output') continue;
      ports.push({ port: p.name, text: this.outputPlace(p.name) });
      if (this.chainOf.has(p.name)) continue;
      const rest = this.dimensions();
      declarations.push(rest === '' ? declare({ type: plainType(p.type), name: this.array(p.name) }) : declareArray({ type: plainType(p.type), name: this.array(p.name), rest: ` ${rest}` }));
      if (!g.outputs.some((o) => o.port === p.name)) unread.push(this.entry(this.array(p.name), undefined, '0', '0'));
    }
    const items: Item[] = [
      { kind: 'comment', text: `${rows} x ${columns} grid of ${g.module.name}${this.place}` },
      ...declarations, ...edges,
      ...loop(r, rows, row, loop(c, columns, column, [{ kind: 'instance', module: g.module.name, name: cell, parameters: [], ports }, ...inCell])),
      ...g.outputs.flatMap((o) => this.gather(o)),
    ];
    if (unread.length > 0) pushAll(items, unusedBits(this.names.fresh(`unused_${name}`), unread));
    return items;
  }

  private array(port: string): string {
    return this.arrays.get(port) ?? `${this.g.name}_${port}`;
  }

  /** Entries of a chain's array, or of one that has one for each cell. A direction of one has no dimension. */
  private sizes(chain?: Neighbour): readonly [number, number] {
    const { rows, columns } = this.g;
    if (!chain) return [rows, columns];
    return chain.from === 'north' || chain.from === 'south' ? [rows + 1, columns] : [rows, columns + 1];
  }

  private dimensions(chain?: Neighbour): string {
    return this.sizes(chain).filter((size) => size > 1).map((size) => `[0:${size - 1}]`).join('');
  }

  private entry(array: string, chain: Neighbour | undefined, row: string, column: string): string {
    const sizes = this.sizes(chain);
    return array + [row, column].filter((_, i) => sizes[i] > 1).map((at) => `[${at}]`).join('');
  }

  /** Number of cell (r, c), row by row. */
  private get cellNumber(): string {
    const { g, r, c } = this;
    return g.rows === 1 ? c : g.columns === 1 ? r : `${r} * ${g.columns} + ${c}`;
  }

  /** What an input that is fed from outside of the grid takes in cell (r, c). */
  private shared(input: Exclude<GridInput, Neighbour>, w: number): string {
    const index = { all: '', row: this.r, column: this.c, cell: this.cellNumber }[input.kind];
    const isWhole = index === '' || widthOf(input.signal.type) === w;
    return `${this.read(input.signal)}${isWhole ? '' : elementOf(index, w)}`;
  }

  /** Entry of a chain's array that cell (r, c) reads. */
  private inp(array: string, i: Neighbour): string {
    return this.entry(array, i, plus(this.r, i.from === 'south' ? 1 : 0), plus(this.c, i.from === 'east' ? 1 : 0));
  }

  /** Entry that it drives. */
  private out(array: string, i: Neighbour): string {
    return this.entry(array, i, plus(this.r, i.from === 'north' ? 1 : 0), plus(this.c, i.from === 'west' ? 1 : 0));
  }

  private outputPlace(port: string): string {
    const chain = this.chainOf.get(port);
    return chain ? this.out(this.array(chain.port), chain.input) : this.entry(this.array(port), undefined, this.r, this.c);
  }

  private edge(array: string, input: Neighbour, w: number): readonly Item[] {
    const { g } = this;
    const along = input.from === 'west' || input.from === 'east' ? g.rows : g.columns;
    const e = along > 1 ? this.e : '0';
    const [row, column] = { west: [e, '0'], east: [e, String(g.columns)], north: ['0', e], south: [String(g.rows), e] }[input.from];
    const value = `${this.read(input.signal)}${along === 1 ? '' : elementOf(e, w)}`;
    return loop(e, along, this.names.fresh(`gen_${array}_edge`), [assign(this.entry(array, input, row, column), value)]);
  }

  private gather(o: Grid['outputs'][number]): readonly Item[] {
    const { g, r, c } = this;
    const port = g.module.ports.find((p) => p.name === o.port);
    if (!port) return [];
    const w = widthOf(port.type);
    const chain = this.chainOf.get(o.port);
    const array = this.array(chain?.port ?? o.port);
    const dr = chain?.input.from === 'north' ? 1 : 0;
    const dc = chain?.input.from === 'west' ? 1 : 0;
    const label = (suffix = ''): string => this.names.fresh(`gen_${o.signal.name}${suffix}`);
    const collect = (at: string, whole: boolean, row: string, column: string): Item =>
      assign(`${o.signal.name}${whole ? '' : elementOf(at, w)}`, this.entry(array, chain?.input, row, column));
    if (o.kind === 'row') return loop(c, g.columns, label(), [collect(c, g.columns === 1, String(o.row + dr), plus(c, dc))]);
    if (o.kind === 'column') return loop(r, g.rows, label(), [collect(r, g.rows === 1, plus(r, dr), String(o.column + dc))]);
    const [outer, inner] = [label('_row'), label('_col')];
    const all = collect(this.cellNumber, g.rows * g.columns === 1, plus(r, dr), plus(c, dc));
    return loop(r, g.rows, outer, loop(c, g.columns, inner, [all]));
  }
}

/** A number more than `v`, which is a variable or a number. */
const plus = (v: string, by: number): string => (by === 0 ? v : /^\d+$/.test(v) ? String(Number(v) + by) : `${v} + ${by}`);

/** Element `at` of elements of `w` bits. */
const elementOf = (at: string, w: number): string => (w === 1 ? `[${at}]` : `[${/^\w+$/.test(at) ? at : `(${at})`} * ${w} +: ${w}]`);

/** How a module that has state is clocked. */
export const CLOCK: readonly Connection[] = [{ port: 'clk', text: 'clk' }, { port: 'rst', text: 'rst' }];

/** Yosys takes every array for a memory, and warns where it makes wires of one that nobody told it to. */
const declareArray = (d: Declaration): Item => declare({ lead: '(* mem2reg *) ', ...d });
const declare = (d: Declaration): Item => ({ kind: 'declarations', groups: [{ of: [d] }] });
const assign = (target: string, value: string): Item => ({ kind: 'assign', target, value });
/** In a loop of one round its inside alone. */
const loop = (variable: string, count: number, label: string, items: readonly Item[]): readonly Item[] =>
  (count === 1 ? items : [{ kind: 'loop', variable, count, label, items }]);

/** Says to every linter that nothing reads these bits. */
export function unusedBits(name: string, terms: readonly string[]): Item[] {
  return [declare({ type: 'logic', name }), assign(name, `&{1'b0, ${terms.join(', ')}}`)];
}
