/** What single cells of grids are fed, what grids show of them, and the ports behind signals between modules. Must not know nodes. */
import type { Grid, Signal } from '../../gen/ir/module.ts';
import { widthOf } from '../../gen/ir/types.ts';
import type { Context, Link } from './context.ts';
import type { Rope } from './rope.ts';
import { concatRopes, constRope } from './rope.ts';

export interface SignalReader {
  read(ctx: Context, signal: Signal, lo: number, width: number): Rope;
}

export function readCellInput(low: SignalReader, cell: Link & { readonly kind: 'cell' }, port: Signal, lo: number, width: number): Rope {
  const { parent, grid, row, column } = cell;
  const input = grid.inputs.get(port.name);
  if (!input) return constRope(0n, width);
  const w = widthOf(port.type);
  const element = (i: number): Rope => low.read(parent, input.signal, i * w + lo, width);
  switch (input.kind) {
    case 'all':
      return element(0);
    case 'row':
      return element(row);
    case 'column':
      return element(column);
    case 'cell':
      return element(row * grid.columns + column);
    case 'neighbour': {
      const [dr, dc] = stepTo(input.from);
      const [r, c] = [row + dr, column + dc];
      if (r < 0 || r >= grid.rows) return element(column);
      if (c < 0 || c >= grid.columns) return element(row);
      const neighbour = parent.cell(grid, r, c);
      return low.read(neighbour, portNamed(neighbour, input.output), lo, width);
    }
  }
}

export function readGridOutput(low: SignalReader, ctx: Context, signal: Signal, lo: number, width: number): Rope {
  for (const grid of ctx.module.grids) {
    for (const output of grid.outputs) {
      if (output.signal !== signal) continue;
      const w = widthOf(portOfGrid(grid, output.port).type);
      const parts: Rope[] = [];
      for (let at = lo; at < lo + width;) {
        const i = Math.floor(at / w);
        const n = Math.min((i + 1) * w, lo + width) - at;
        const [r, c] =
          output.kind === 'row'
            ? [output.row, i]
            : output.kind === 'column'
              ? [i, output.column]
              : [Math.floor(i / grid.columns), i % grid.columns];
        const cell = ctx.cell(grid, r, c);
        parts.push(low.read(cell, portNamed(cell, output.port), at - i * w, n));
        at += n;
      }
      return concatRopes(parts);
    }
  }
  throw new Error(`engine: ${signal.name} is the output of no grid`);
}

function portOfGrid(grid: Grid, name: string): Signal {
  const port = grid.module.ports.find((p) => p.name === name);
  if (!port) throw new Error(`engine: no port ${name} in ${grid.module.name}`);
  return port;
}

export function portNamed(ctx: Context, name: string): Signal {
  const p = ctx.module.ports.find((x) => x.name === name);
  if (!p) throw new Error(`engine: no port ${name} in ${ctx.module.name}`);
  return p;
}

export function portOf(signal: Signal): { readonly instance: string; readonly port: string } {
  if (!signal.port) throw new Error(`engine: ${signal.name} names no port`);
  return signal.port;
}

/** Row and column distance to the neighbour in a direction. */
export function stepTo(from: 'west' | 'north' | 'east' | 'south'): readonly [number, number] {
  return from === 'west' ? [0, -1] : from === 'east' ? [0, 1] : from === 'north' ? [-1, 0] : [1, 0];
}
