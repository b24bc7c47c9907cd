/**
 * A grid of cells as nested generate loops. The wires between neighbours are unpacked arrays with one more entry than there
 * are cells in the direction of flow: entry 0 is the edge, entry i+1 is what cell i drives.
 */
import type { Grid, GridInput, Signal } from '../ir/module.ts';
import { widthOf } from '../ir/types.ts';
import { plainType } from './types.ts';

type Neighbour = GridInput & { kind: 'neighbour' };

export function printGrid(g: Grid, read: (s: Signal) => string): string[] {
  const { rows, columns, name } = g;
  const lines: string[] = [`  // ${rows} x ${columns} grid of ${g.module.name}: ${g.site}`];
  const arrays: string[] = [];
  const inCell: string[] = [];
  const edges: string[] = [];
  const cellConnections: string[] = g.module.clocked ? ['.clk(clk)', '.rst(rst)'] : [];

  const neighbours = [...g.inputs].filter((x): x is [string, Neighbour] => x[1].kind === 'neighbour');
  // Outputs: the first chain that an output feeds is also its array; the others copy from it.
  const chainOf = new Map<string, { port: string; input: Neighbour }>();
  for (const [port, input] of neighbours) if (!chainOf.has(input.output)) chainOf.set(input.output, { port, input });

  for (const [port, input] of neighbours) {
    const type = g.inputs.get(port) && g.module.ports.find((p) => p.name === port)?.type;
    if (!type) continue;
    const vertical = input.from === 'north' || input.from === 'south';
    const array = `${name}_${port}`;
    arrays.push(`  ${plainType(type)} ${array} [0:${vertical ? rows : rows - 1}][0:${vertical ? columns - 1 : columns}];`);
    edges.push(...edgeLines(g, array, input, widthOf(type), read));
    if (chainOf.get(input.output)?.port !== port) {
      inCell.push(`      assign ${array}${out(input)} = ${outputPlace(g, input.output, chainOf)};`);
    }
    cellConnections.push(`.${port}(${array}${inp(input)})`);
  }
  for (const [port, input] of g.inputs) {
    if (input.kind === 'neighbour') continue;
    const type = g.module.ports.find((p) => p.name === port)?.type;
    if (!type) continue;
    const w = widthOf(type);
    const source = read(input.signal);
    const index = { all: '', row: 'r', column: 'c', cell: `(r * ${columns} + c)` }[input.kind];
    const select = index === '' || widthOf(input.signal.type) === w ? '' : w === 1 ? `[${index}]` : `[${index} * ${w} +: ${w}]`;
    cellConnections.push(`.${port}(${source}${select})`);
  }
  const gathered: string[] = [];
  for (const p of g.module.ports) {
    if (p.kind !== 'output') continue;
    if (!chainOf.has(p.name)) arrays.push(`  ${plainType(p.type)} ${name}_${p.name} [0:${rows - 1}][0:${columns - 1}];`);
    cellConnections.push(`.${p.name}(${outputPlace(g, p.name, chainOf)})`);
  }
  const unread: string[] = [];
  for (const o of g.outputs) gathered.push(...gatherLines(g, o, chainOf));
  for (const p of g.module.ports) {
    if (p.kind === 'output' && !chainOf.has(p.name) && !g.outputs.some((o) => o.port === p.name)) unread.push(`${name}_${p.name}[0][0]`);
  }

  lines.push(...arrays, ...edges);
  lines.push(`  for (genvar r = 0; r < ${rows}; r++) begin : ${name}_row`, `    for (genvar c = 0; c < ${columns}; c++) begin : ${name}_col`);
  lines.push(`      ${g.module.name} cell_i (`, ...cellConnections.map((c, i) => `        ${c}${i < cellConnections.length - 1 ? ',' : ''}`), '      );');
  lines.push(...inCell, '    end', '  end', ...gathered);
  if (unread.length > 0) lines.push(`  logic unused_${name};`, `  assign unused_${name} = &{1'b0, ${unread.join(', ')}};`);
  return lines;
}

/** Entry of a chain array that cell (r, c) reads. */
function inp(i: Neighbour): string {
  return { west: '[r][c]', north: '[r][c]', east: '[r][c + 1]', south: '[r + 1][c]' }[i.from];
}
/** Entry that it drives. */
function out(i: Neighbour): string {
  return { west: '[r][c + 1]', north: '[r + 1][c]', east: '[r][c]', south: '[r][c]' }[i.from];
}

function outputPlace(g: Grid, port: string, chainOf: ReadonlyMap<string, { port: string; input: Neighbour }>): string {
  const chain = chainOf.get(port);
  return chain ? `${g.name}_${chain.port}${out(chain.input)}` : `${g.name}_${port}[r][c]`;
}

function edgeLines(g: Grid, array: string, input: Neighbour, w: number, read: (s: Signal) => string): string[] {
  const along = input.from === 'west' || input.from === 'east' ? g.rows : g.columns;
  const source = read(input.signal);
  const select = along === 1 ? '' : w === 1 ? '[e]' : `[e * ${w} +: ${w}]`;
  const place = { west: `[e][0]`, east: `[e][${g.columns}]`, north: `[0][e]`, south: `[${g.rows}][e]` }[input.from];
  return [`  for (genvar e = 0; e < ${along}; e++) begin : gen_${array}_edge`, `    assign ${array}${place} = ${source}${select};`, '  end'];
}

function gatherLines(g: Grid, o: Grid['outputs'][number], chainOf: ReadonlyMap<string, { port: string; input: Neighbour }>): string[] {
  const port = g.module.ports.find((p) => p.name === o.port);
  if (!port) return [];
  const w = widthOf(port.type);
  const chain = chainOf.get(o.port);
  const array = chain ? `${g.name}_${chain.port}` : `${g.name}_${o.port}`;
  const dr = chain?.input.from === 'north' ? 1 : 0;
  const dc = chain?.input.from === 'west' ? 1 : 0;
  const plus = (v: string, d: number): string => (d === 0 ? v : `${v} + ${d}`);
  const place = (at: string, whole: boolean): string => (whole ? '' : w === 1 ? `[${at}]` : `[(${at}) * ${w} +: ${w}]`.replace(/\((\w+)\)/, '$1'));
  const label = `gen_${o.signal.name}`;
  if (o.kind === 'row') {
    return [`  for (genvar c = 0; c < ${g.columns}; c++) begin : ${label}`, `    assign ${o.signal.name}${place('c', g.columns === 1)} = ${array}[${o.row + dr}][${plus('c', dc)}];`, '  end'];
  }
  if (o.kind === 'column') {
    return [`  for (genvar r = 0; r < ${g.rows}; r++) begin : ${label}`, `    assign ${o.signal.name}${place('r', g.rows === 1)} = ${array}[${plus('r', dr)}][${o.column + dc}];`, '  end'];
  }
  return [
    `  for (genvar r = 0; r < ${g.rows}; r++) begin : ${label}_row`,
    `    for (genvar c = 0; c < ${g.columns}; c++) begin : ${label}_col`,
    `      assign ${o.signal.name}${place(`r * ${g.columns} + c`, g.rows * g.columns === 1)} = ${array}[${plus('r', dr)}][${plus('c', dc)}];`,
    '    end',
    '  end',
  ];
}
