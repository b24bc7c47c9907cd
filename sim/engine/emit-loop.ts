/**
 * Loops over cells in WebAssembly, of a grid or of a row of lanes: rows outside, columns inside, one running element number per element
 * size.
 */
import { pushAll } from '../../gen/collections.ts';
import type { Action, LoopAction, LoopPass, StoresAction } from './actions.ts';
import { VectorBody } from './emit-vector.ts';
import { Emitter } from './emit.ts';
import type { Pointers } from './emit.ts';
import { columnsAtOnce, vectorNodes } from './lanes.ts';
import type { Graph, Node } from './nodes.ts';
import { withEarlyLoads } from './schedule.ts';
import type { CellsFill } from './sweeps.ts';
import type { AccessBytes } from './slots.ts';
import type { Code } from './wasm-encoder.ts';
import { OP } from './wasm-opcodes.ts';

/** Columns from which vectors pay. */
const MIN_VECTOR_COLUMNS = 3;

const SIZES: readonly AccessBytes[] = [1, 2, 4, 8];

/** Locals that hold a running number times an element size; made when first asked for. */
class Scaled {
  readonly locals = new Map<AccessBytes, number>();
  constructor(private readonly code: Code) {}
  get(bytes: AccessBytes): number {
    let l = this.locals.get(bytes);
    if (l === undefined) this.locals.set(bytes, (l = this.code.local('i32')));
    return l;
  }
}

/** How cells lie: their number and that of the first cell of a row, which begins `pitch` elements after the one before. */
interface Cells {
  readonly rows: number;
  readonly columns: number;
  readonly pitch: number;
  readonly first: number;
}

export function emitLoop(graph: Graph, code: Code, loop: LoopAction, local: (n: Node) => number): void {
  for (const pass of loop.passes) emitPass(graph, code, { ...loop, first: loop.pitch + 1 }, pass, local);
}

/** The cells of one row, whose numbers count from 0. */
export function emitRow(graph: Graph, code: Code, { count, actions }: CellsFill, local: (n: Node) => number): void {
  const pass: LoopPass = { rowsDown: false, columnsDown: false, keepsEastEdge: false, actions };
  emitPass(graph, code, { rows: 1, columns: count, pitch: 0, first: 0 }, pass, local);
}

/** The cell's work on `count` columns at a time. */
interface Body {
  readonly count: number;
  readonly actions: readonly Action[];
  /** Before the loop. */
  prepare(pointers: Pointers): void;
  emit(pointers: Pointers): void;
}

function scalarBody(graph: Graph, code: Code, pass: LoopPass, local: (n: Node) => number): Body {
  const actions = withEarlyLoads(graph, pass.actions, (n) => !n.isVariant);
  const atHand = (n: Node): (() => void) | undefined =>
    n.isVariant || n.op === 'const' ? undefined : () => code.opIndex(OP.localGet, local(n));
  return { count: 1, actions, prepare: () => undefined, emit: (pointers) => new Emitter(code, graph, actions, atHand, pointers).emit() };
}

function vectorBody(code: Code, loop: Cells, pass: LoopPass, local: (n: Node) => number): Body | undefined {
  if (pass.keepsEastEdge || loop.columns < MIN_VECTOR_COLUMNS) return undefined;
  // A condition that differs from cell to cell is part of the value instead.
  const actions = pass.actions.map((a): StoresAction => (a.enable?.isVariant ? { kind: 'stores', stores: a.always, always: a.always } : a));
  const nodes = vectorNodes(actions);
  if (!nodes) return undefined;
  const count = columnsAtOnce(loop.columns);
  let body: VectorBody | undefined;
  return {
    count,
    actions,
    prepare: (pointers) => {
      body = new VectorBody(code, nodes, actions, count, pointers, local);
      body.prepare();
    },
    emit: () => body?.emit(),
  };
}

function emitPass(graph: Graph, code: Code, loop: Cells, pass: LoopPass, local: (n: Node) => number): void {
  const body = vectorBody(code, loop, pass, local) ?? scalarBody(graph, code, pass, local);
  const { count } = body;
  const cells = new Scaled(code);
  const rows = new Scaled(code);
  const columns = new Scaled(code);
  const row = code.local('i32');
  const column = code.local('i32');
  const chunks = Math.ceil(loop.columns / count);
  const [rowFirst, rowStep] = pass.rowsDown ? [loop.rows - 1, -1] : [0, 1];
  const [columnFirst, columnStep] = pass.columnsDown ? [(chunks - 1) * count, -count] : [0, count];

  const use = usedSizes(body.actions);
  for (const b of use.cell) cells.get(b);
  for (const b of use.row) rows.get(b);
  for (const b of use.column) columns.get(b);
  const pointers: Pointers = { cell: (b) => cells.get(b), row: (b) => rows.get(b), column: (b) => columns.get(b) };
  body.prepare(pointers);

  code.i32(rowFirst);
  code.opIndex(OP.localSet, row);
  code.op(OP.loop, OP.void);
  for (const [bytes, l] of rows.locals) {
    code.opIndex(OP.localGet, row);
    code.i32(bytes);
    code.op(OP.i32Mul);
    code.opIndex(OP.localSet, l);
  }
  for (const [bytes, l] of cells.locals) {
    // (row * pitch + first + columnFirst) * bytes
    code.opIndex(OP.localGet, row);
    code.i32(loop.pitch * bytes);
    code.op(OP.i32Mul);
    code.i32((loop.first + columnFirst) * bytes);
    code.op(OP.i32Add);
    code.opIndex(OP.localSet, l);
  }
  for (const [bytes, l] of columns.locals) {
    code.i32(columnFirst * bytes);
    code.opIndex(OP.localSet, l);
  }
  if (chunks > 1) {
    code.i32(chunks);
    code.opIndex(OP.localSet, column);
    code.op(OP.loop, OP.void);
  }
  body.emit(pointers);
  if (chunks > 1) {
    for (const scaled of [cells, columns]) {
      for (const [bytes, l] of scaled.locals) bump(code, l, columnStep * bytes);
    }
    bump(code, column, -1);
    code.opIndex(OP.localGet, column);
    code.opIndex(OP.brIf, 0);
    code.op(OP.end);
  }
  bump(code, row, rowStep);
  code.opIndex(OP.localGet, row);
  if (pass.rowsDown) {
    code.i32(0);
    code.op(OP.i32GeS);
  } else {
    code.i32(loop.rows);
    code.op(OP.i32Sub);
  }
  code.opIndex(OP.brIf, 0);
  code.op(OP.end);
}

function bump(code: Code, local: number, by: number): void {
  code.opIndex(OP.localGet, local);
  code.i32(by);
  code.op(OP.i32Add);
  code.opIndex(OP.localSet, local);
}

/** Element sizes that the body uses, so that only those are kept running. */
function usedSizes(actions: readonly Action[]): Record<'cell' | 'row' | 'column', AccessBytes[]> {
  const used = { cell: new Set<AccessBytes>(), row: new Set<AccessBytes>(), column: new Set<AccessBytes>() };
  const seen = new Set<Node>();
  const stack: Node[] = [];
  for (const a of actions) {
    if (a.kind === 'evaluate') stack.push(a.node);
    if (a.kind !== 'stores') continue;
    if (a.enable) stack.push(a.enable);
    for (const s of a.stores) {
      used.cell.add(s.bytes);
      stack.push(s.value);
    }
  }
  for (let n = stack.pop(); n; n = stack.pop()) {
    if (seen.has(n) || !n.isVariant) continue;
    seen.add(n);
    const base = n.access?.base;
    if (n.op === 'lane' || n.access?.base === 'bit') used.cell.add(1);
    if (n.access && (base === 'cell' || base === 'row' || base === 'column')) used[base].add(n.access.bytes);
    pushAll(stack, n.args);
  }
  const sorted = (s: Set<AccessBytes>): AccessBytes[] => SIZES.filter((b) => s.has(b));
  return { cell: sorted(used.cell), row: sorted(used.row), column: sorted(used.column) };
}
