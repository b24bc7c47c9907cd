/** Grids of equal cells with neighbour wiring that stays symbolic down to the printer and the engine. */
import { DesignError } from '../design-error.ts';
import type { Grid, GridInput, GridOutput, Module, Signal } from '../ir/module.ts';
import { sameType, typeName } from '../ir/types.ts';
import type { Type } from '../ir/types.ts';
import { here } from '../site.ts';
import type { Site } from '../site.ts';
import type { Vec } from './aggregates.ts';
import { ANY, NUMBER, TEXT, faces } from './arguments.ts';
import type { Face } from './arguments.ts';
import { wrap } from './handles.ts';
import type { Recorder } from './recorder.ts';
import { checkedType, within } from './limits.ts';
import type { Port, PortMap } from './ports.ts';
import type { About } from './strict.ts';
import { toExpr } from './value.ts';

type Ins<P> = { [K in keyof P]: P[K] extends Port<'in', unknown> ? K : never }[keyof P] & string;
type Outs<P> = { [K in keyof P]: P[K] extends Port<'out', unknown> ? K : never }[keyof P] & string;
type ValueAt<P, K extends keyof P> = P[K] extends Port<'in' | 'out', infer V> ? V : never;
/** Outputs whose value type is the input's. */
type OutsLike<P, K extends keyof P> = { [O in keyof P]: P[O] extends Port<'out', ValueAt<P, K>> ? O : never }[keyof P] & string;

/**
 * Wires a grid. Row 0 is north, column 0 is west. Every input of the cell must be wired exactly once. Ports of cells are
 * scalars or vectors.
 */
export class GridBuilder<P extends PortMap> {
  private readonly inputs = new Map<string, GridInput>();
  private readonly outputs: GridOutput[] = [];

  constructor(
    private readonly builder: Recorder,
    private readonly name: string,
    private readonly module: Module,
    readonly rows: number,
    readonly columns: number,
    site: Site,
    register: (g: Grid) => void,
  ) {
    for (const count of [rows, columns, rows * columns]) within('cells', count, `grid ${name} of ${rows} × ${columns}`, site);
    if (module.blackBox) throw new DesignError('grid-wiring', `cells of grid ${name} are black boxes (${module.name})`, site, undefined, 'wrap the box in a module');
    register({ name, module, rows, columns, site, inputs: this.inputs, outputs: this.outputs });
  }

  /** Every cell gets the same value. */
  all<K extends Ins<P>>(port: K, value: ValueAt<P, K>): void {
    this.wire(port, value, 'all', (signal) => ({ kind: 'all', signal }), (t) => t);
  }
  /** Every cell of row r gets `values.at(r)`. */
  row<K extends Ins<P>>(port: K, values: Vec<ValueAt<P, K>>): void {
    this.wire(port, values, 'row', (signal) => ({ kind: 'row', signal }), (element) => ({ kind: 'vec', element, length: this.rows }));
  }
  /** Every cell of column c gets `values.at(c)`. */
  column<K extends Ins<P>>(port: K, values: Vec<ValueAt<P, K>>): void {
    this.wire(port, values, 'col', (signal) => ({ kind: 'column', signal }), (element) => ({ kind: 'vec', element, length: this.columns }));
  }
  /** Cell (r, c) gets `values.at(r * columns + c)`. */
  cell<K extends Ins<P>>(port: K, values: Vec<ValueAt<P, K>>): void {
    this.wire(port, values, 'cell', (signal) => ({ kind: 'cell', signal }), (element) => ({ kind: 'vec', element, length: this.rows * this.columns }));
  }
  /** Cell (r, c) gets output `output` of cell (r, c-1); column 0 gets `edge.at(r)`. */
  fromWest<K extends Ins<P>>(port: K, output: OutsLike<P, K>, edge: Vec<ValueAt<P, K>>): void {
    this.neighbour(port, output, edge, 'west', this.rows);
  }
  /** Cell (r, c) gets output `output` of cell (r-1, c); row 0 gets `edge.at(c)`. */
  fromNorth<K extends Ins<P>>(port: K, output: OutsLike<P, K>, edge: Vec<ValueAt<P, K>>): void {
    this.neighbour(port, output, edge, 'north', this.columns);
  }
  /** Cell (r, c) gets output `output` of cell (r, c+1); the last column gets `edge.at(r)`. */
  fromEast<K extends Ins<P>>(port: K, output: OutsLike<P, K>, edge: Vec<ValueAt<P, K>>): void {
    this.neighbour(port, output, edge, 'east', this.rows);
  }
  /** Cell (r, c) gets output `output` of cell (r+1, c); the last row gets `edge.at(c)`. */
  fromSouth<K extends Ins<P>>(port: K, output: OutsLike<P, K>, edge: Vec<ValueAt<P, K>>): void {
    this.neighbour(port, output, edge, 'south', this.columns);
  }

  /** Output `port` of the cells of row `row`, west to east. */
  rowOut<K extends Outs<P>>(port: K, row: number): Vec<ValueAt<P, K>> {
    this.checkPlace('row', row, this.rows);
    return this.gather(port, `row${row}`, this.columns, (signal) => ({ kind: 'row', row, port, signal }));
  }
  /** Output `port` of the cells of column `column`, north to south. */
  columnOut<K extends Outs<P>>(port: K, column: number): Vec<ValueAt<P, K>> {
    this.checkPlace('column', column, this.columns);
    return this.gather(port, `col${column}`, this.rows, (signal) => ({ kind: 'column', column, port, signal }));
  }
  /** Output `port` of all cells, row-major. */
  allOut<K extends Outs<P>>(port: K): Vec<ValueAt<P, K>> {
    return this.gather(port, 'all', this.rows * this.columns, (signal) => ({ kind: 'all', port, signal }));
  }

  get about(): About {
    return { name: `grid ${this.name}` };
  }

  checkOpen(method: string): void {
    this.builder.checkOpen(method);
  }

  private checkPlace(what: string, at: number, count: number): void {
    if (!(Number.isInteger(at) && at >= 0 && at < count)) {
      throw new DesignError('out-of-range', `${what} ${at} of grid ${this.name} (${this.rows} × ${this.columns})`, here(), undefined, `use 0..${count - 1}`);
    }
  }

  private neighbour(port: string, output: string, edge: unknown, from: 'west' | 'north' | 'east' | 'south', length: number): void {
    const site = here();
    const out = this.find(output, 'output', site);
    const inp = this.find(port, 'input', site);
    if (!sameType(out.type, inp.type)) {
      throw new DesignError('grid-wiring', `${this.name}: input ${port} (${typeName(inp.type)}) ← output ${output} (${typeName(out.type)})`, site, out.site, 'wire ports of one type');
    }
    this.wire(port, edge, 'edge', (signal) => ({ kind: 'neighbour', from, output, signal }), (element) => ({ kind: 'vec', element, length }));
  }

  private find(port: string, kind: 'input' | 'output', site: Site): Signal {
    const found = this.module.ports.find((p) => p.name === port && p.kind === kind);
    if (!found) {
      const names = this.module.ports.filter((p) => p.kind === kind).map((p) => p.name).join(', ');
      throw new DesignError('grid-wiring', `${this.module.name} has no ${kind} '${port}'`, site, this.module.site, `${kind}s are ${names}`);
    }
    return found;
  }

  private wire(port: string, value: unknown, suffix: string, input: (signal: Signal) => GridInput, typeOf: (port: Type) => Type): void {
    const site = here();
    const cellPort = this.find(port, 'input', site);
    const before = this.inputs.get(port);
    if (before) throw new DesignError('grid-wiring', `input ${port} of ${this.name} is wired twice`, site, before.signal.site, 'keep one');
    const type = checkedType(typeOf(cellPort.type), site);
    const signal = this.builder.addJoined({ name: `${this.name}_${port}${suffix === 'all' ? '' : `_${suffix}`}`, kind: 'gridIn', type, site });
    this.inputs.set(port, input(signal));
    const expr = toExpr(value, type, site, cellPort.site, `${this.name}.${port}`);
    this.builder.atTop(() => this.builder.drive(signal, [], expr, site));
  }

  private gather<V>(port: string, suffix: string, length: number, output: (signal: Signal) => GridOutput): Vec<V> {
    const site = here();
    const cellPort = this.find(port, 'output', site);
    const type = checkedType<Type>({ kind: 'vec', element: cellPort.type, length }, site);
    const signal = this.builder.addJoined({ name: `${this.name}_${port}_${suffix}`, kind: 'gridOut', type, site });
    this.outputs.push(output(signal));
    return wrap({ op: 'ref', type, signal }) as Vec<V>;
  }
}

const FROM = { port: TEXT, output: TEXT, edge: ANY };
const GRID = {
  all: { port: TEXT, value: ANY }, row: { port: TEXT, values: ANY }, column: { port: TEXT, values: ANY }, cell: { port: TEXT, values: ANY },
  fromWest: FROM, fromNorth: FROM, fromEast: FROM, fromSouth: FROM,
  rowOut: { port: TEXT, row: NUMBER }, columnOut: { port: TEXT, column: NUMBER }, allOut: { port: TEXT },
} as const;

/** What a body gets of a grid. */
export type PublicGrid<P extends PortMap> = Face<GridBuilder<P>, typeof GRID, 'rows' | 'columns'>;

const faceOf = faces<GridBuilder<PortMap>, typeof GRID, 'rows' | 'columns'>(GRID, {
  name: (g) => g.about, before: (g, method) => g.checkOpen(method), reads: ['rows', 'columns'],
});

export function gridFace<P extends PortMap>(grid: GridBuilder<P>): PublicGrid<P> {
  return faceOf(grid as unknown as GridBuilder<PortMap>) as unknown as PublicGrid<P>;
}
