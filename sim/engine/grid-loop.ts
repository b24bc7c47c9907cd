/**
 * Lowers a grid of cells to one loop over structure-of-arrays state: the cell is evaluated once, symbolically; a
 * neighbour is a load at a fixed distance; edges and inputs are put into the arrays' padding before the loop. Updates run
 * against the flow of data, so that every cell still finds its neighbours' old state. Must not know code.
 */
import { pushAll } from '../../gen/collections.ts';
import type { Grid, GridInput, Signal } from '../../gen/ir/module.ts';
import { widthOf } from '../../gen/ir/types.ts';
import type { LoopAction, LoopPass, Store, StoresAction } from './actions.ts';
import { groupStores, storesOf } from './actions.ts';
import { settleGroups } from './blocks.ts';
import type { CellArray, Context, GridStorage } from './context.ts';
import { leafRanges } from './context.ts';
import { stepTo } from './grid-reads.ts';
import type { Lowering, LoopInputs } from './lower.ts';
import { NotLoopable } from './lower.ts';
import type { Node } from './nodes.ts';
import type { Box, Rope } from './rope.ts';
import { boxRope, concatRopes, sliceRope } from './rope.ts';
import type { Arena, Base, Slot } from './slots.ts';

/** Smallest number of cells for which a loop is made. */
const MIN_CELLS = 4;

type Direction = 'west' | 'north' | 'east' | 'south';
const OPPOSITE: Readonly<Record<Direction, Direction>> = { west: 'east', east: 'west', north: 'south', south: 'north' };

interface Limb {
  readonly lo: number;
  readonly width: number;
}

/** Scalars of at most 64 bits that make up a port. */
function limbsOf(port: Signal): Limb[] {
  return leafRanges(port.type).flatMap((leaf) => {
    const out: Limb[] = [];
    for (let at = 0; at < leaf.width; at += 64) out.push({ lo: leaf.lo + at, width: Math.min(64, leaf.width - at) });
    return out;
  });
}

/** Values of one input limb, by row, column or cell, that the loop reads from an array of its own. */
interface FedArray {
  readonly input: GridInput;
  readonly array: CellArray;
  readonly limb: Limb;
  readonly portWidth: number;
}

/** One output limb as the neighbours see it. */
interface PortArray {
  readonly array: CellArray;
  /** The cells' own register, or an array that a pass of its own fills. */
  readonly isState: boolean;
}

export class GridLoop implements LoopInputs {
  private readonly storage: GridStorage;
  private readonly cell: Context;
  private readonly fed = new Map<string, FedArray>();
  private readonly ports = new Map<string, PortArray>();
  private readonly openPorts = new Set<string>();
  /** Edge values by array and direction. */
  private readonly edges = new Map<string, FedArray & { readonly from: Direction }>();
  /** Directions from which old state is read in place. */
  private readonly flows = new Set<Direction>();
  private readonly passes: { readonly array: CellArray; readonly value: Rope }[] = [];

  constructor(
    private readonly lowering: Lowering,
    private readonly arena: Arena,
    private readonly parent: Context,
    private readonly grid: Grid,
  ) {
    this.cell = parent.loopCell(grid);
    this.storage = parent.storageOf(grid);
  }

  /** The loop, or undefined if the grid must be unrolled. */
  lower(): LoopAction | undefined {
    if (this.grid.rows * this.grid.columns < MIN_CELLS || this.parent.home.kind !== 'plain') return undefined;
    const before = this.lowering.loopInputs;
    this.lowering.loopInputs = this;
    try {
      return this.build();
    } catch (e) {
      if (e instanceof NotLoopable) return undefined;
      throw e;
    } finally {
      this.lowering.loopInputs = before;
    }
  }

  private build(): LoopAction {
    const words = this.lowering.arithmetic.words;
    const g = this.lowering.graph;
    const isInvariant = (n: Node): boolean => !n.isVariant;
    const stores: (Store & { present: Node })[] = [];
    const visit = (ctx: Context): void => {
      if (ctx.drivers.writes.length > 0) throw new NotLoopable();
      for (const reg of ctx.module.regs) {
        const next = this.lowering.run(() => this.lowering.nextState(ctx, reg));
        if (!next) continue;
        let at = 0;
        for (const p of ctx.register(reg)) {
          pushAll(stores, storesOf(words, sliceRope(next, p.lo, p.box.width), p.box));
          at += p.box.width;
        }
        if (at !== widthOf(reg.type)) throw new Error('engine: a register is not wholly placed');
      }
      for (const child of ctx.children()) visit(child);
    };
    visit(this.cell);

    const passes: LoopPass[] = this.passes.map((p) => ({
      rowsDown: false,
      columnsDown: false,
      keepsEastEdge: this.edges.has(`${p.array.address}:east`),
      actions: [this.single(this.cellBox(p.array, 0, 0), p.value)],
    }));
    if (stores.length > 0) {
      const actions = settleGroups<StoresAction>(g, groupStores(g, stores), isInvariant);
      passes.push({ rowsDown: this.flows.has('north'), columnsDown: this.flows.has('west'), keepsEastEdge: false, actions });
    }
    const prepare = this.lowering.run(() => [...this.fed.values(), ...this.edges.values()].flatMap((f) => this.feed(f)));
    return {
      kind: 'loop',
      name: this.storage.path,
      rows: this.grid.rows,
      columns: this.grid.columns,
      pitch: this.storage.pitch,
      prepare,
      invariants: invariantsOf(passes),
      passes,
      writes: [...new Set<Slot>([...prepare.map((s) => s.slot), ...stores.map((s) => s.slot)])],
    };
  }

  private single(box: Box, value: Rope): StoresAction {
    const stores = storesOf(this.lowering.arithmetic.words, value, box, true);
    return { kind: 'stores', stores, always: stores };
  }

  private cellBox(array: CellArray, dr: number, dc: number): Box {
    const address = array.address + (dr * this.storage.pitch + dc) * array.bytes;
    return { slot: array.slot, base: 'cell', address, width: array.width, bytes: array.bytes };
  }

  // ── inputs ──

  read(ctx: Context, grid: Grid, input: GridInput, port: Signal, lo: number, width: number): Rope {
    const link = ctx.link;
    if (link.kind !== 'loop' || grid !== this.grid) throw new Error('engine: input of another loop');
    if (input.kind === 'all') return this.lowering.read(link.parent, input.signal, lo, width);
    const parts: Rope[] = [];
    const portWidth = widthOf(port.type);
    for (const limb of limbsOf(port)) {
      const start = Math.max(lo, limb.lo);
      const end = Math.min(lo + width, limb.lo + limb.width);
      if (start >= end) continue;
      const box = input.kind === 'neighbour' ? this.neighbour(ctx, input, limb, portWidth) : this.ownInput(port, input, limb, portWidth);
      parts.push(boxRope(box, start - limb.lo, end - start));
    }
    return concatRopes(parts);
  }

  private ownInput(port: Signal, input: GridInput & { kind: 'row' | 'column' | 'cell' }, limb: Limb, portWidth: number): Box {
    const key = `${port.name}@${limb.lo}`;
    let f = this.fed.get(key);
    if (!f) {
      f = { input, array: this.inputArray(input.kind, key, limb.width), limb, portWidth };
      this.fed.set(key, f);
    }
    const base: Base = input.kind;
    return { slot: f.array.slot, base, address: f.array.address, width: limb.width, bytes: f.array.bytes };
  }

  private inputArray(kind: 'row' | 'column' | 'cell', name: string, width: number): CellArray {
    if (kind === 'cell') return this.storage.array(`in.${name}`, width);
    const model = this.storage.array(`in.${name}`, width);
    const n = (kind === 'row' ? this.grid.rows : this.grid.columns) + 32;
    return { ...model, address: this.arena.allocate(n * model.bytes) };
  }

  private neighbour(ctx: Context, input: GridInput & { kind: 'neighbour' }, limb: Limb, portWidth: number): Box {
    const [dr, dc] = stepTo(input.from);
    const port = this.portArray(ctx, input.output, limb, input);
    const edgeKey = `${port.array.address}:${input.from}`;
    if (!this.edges.has(edgeKey)) this.edges.set(edgeKey, { input, array: port.array, limb, portWidth, from: input.from });
    return this.cellBox(port.array, dr, dc);
  }

  /** The array in which neighbours in a direction find an output. */
  private portArray(ctx: Context, output: string, limb: Limb, input: GridInput & { kind: 'neighbour' }): PortArray {
    const key = `${output}@${limb.lo}:${input.from}:${input.signal.name}`;
    const known = this.ports.get(key);
    if (known) return known;
    if (this.openPorts.has(key)) throw new NotLoopable();
    this.openPorts.add(key);
    const signal = ctx.module.ports.find((p) => p.name === output);
    if (!signal) throw new Error(`engine: no port ${output} in ${ctx.module.name}`);
    let value: Rope;
    try {
      value = this.lowering.read(ctx, signal, limb.lo, limb.width);
    } finally {
      this.openPorts.delete(key);
    }
    const state = this.stateArray(value, limb.width);
    const isFree = state !== undefined && !this.flows.has(OPPOSITE[input.from]) && this.edgeIsFree(state, input, limb);
    let result: PortArray;
    if (state && isFree) {
      this.flows.add(input.from);
      result = { array: state, isState: true };
    } else {
      result = { array: this.storage.array(`out.${key}`, limb.width), isState: false };
      this.passes.push({ array: result.array, value });
    }
    this.ports.set(key, result);
    return result;
  }

  /** One register may be seen as several outputs, or as several parts of one: beyond the edge they differ. */
  private edgeIsFree(array: CellArray, input: GridInput & { kind: 'neighbour' }, limb: Limb): boolean {
    const other = this.edges.get(`${array.address}:${input.from}`);
    return !other || (other.input.signal === input.signal && other.limb.lo === limb.lo);
  }

  /** The register array that an output shows unchanged. */
  private stateArray(value: Rope, width: number): CellArray | undefined {
    const p = value.length === 1 ? value[0] : undefined;
    if (p?.kind !== 'box' || p.lo !== 0 || p.width !== width || p.box.width !== width) return undefined;
    for (const parts of this.storage.registers.values()) {
      for (const { array } of parts) if (array.slot === p.box.slot && array.address === p.box.address) return array;
    }
    return undefined;
  }

  // ── before the loop ──

  private feed(f: FedArray & { readonly from?: Direction }): Store[] {
    const { rows, columns } = this.grid;
    const line = (count: number, first: number, address: number, step = 1): Store[] => {
      const values = Array.from({ length: count }, (_, i) => this.element(f, first + i));
      return this.put(values, f.array, address, step);
    };
    const at = (row: number, column: number): number => f.array.address + this.storage.element(row, column) * f.array.bytes;
    switch (f.input.kind) {
      case 'row':
        return line(rows, 0, f.array.address);
      case 'column':
        return line(columns, 0, f.array.address);
      case 'cell':
        return Array.from({ length: rows }, (_, r) => line(columns, r * columns, at(r, 0))).flat();
      case 'neighbour':
        switch (f.from) {
          case 'west':
            return line(rows, 0, at(0, -1), this.storage.pitch);
          case 'east':
            return line(rows, 0, at(0, columns), this.storage.pitch);
          case 'north':
            return line(columns, 0, at(-1, 0));
          default:
            return line(columns, 0, at(rows, 0));
        }
      default:
        return [];
    }
  }

  private element(f: FedArray, i: number): Rope {
    return this.lowering.read(this.parent, f.input.signal, i * f.portWidth + f.limb.lo, f.limb.width);
  }

  /** Stores values one after the other, or `step` elements apart. */
  private put(values: readonly Rope[], array: CellArray, address: number, step: number): Store[] {
    const words = this.lowering.arithmetic.words;
    const box = (at: number, width: number, bytes: number): Box => ({ slot: array.slot, base: 'abs', address: at, width, bytes });
    if (step === 1 && array.width === array.bytes * 8) {
      return storesOf(words, concatRopes(values), box(address, array.width * values.length, array.bytes * values.length), true);
    }
    return values.flatMap((v, i) => storesOf(words, v, box(address + i * step * array.bytes, array.width, array.bytes), true));
  }
}

/** Nodes outside the loop that its passes use. */
function invariantsOf(passes: readonly LoopPass[]): Node[] {
  const seen = new Set<Node>();
  const out = new Set<Node>();
  // Vectors store what `always` says where the condition differs from cell to cell.
  const actions = passes.flatMap((p) => p.actions);
  const stack = actions.flatMap((a) => [...(a.enable ? [a.enable] : []), ...[...a.stores, ...a.always].map((s) => s.value)]);
  for (let n = stack.pop(); n; n = stack.pop()) {
    if (seen.has(n)) continue;
    seen.add(n);
    if (n.isVariant) for (const a of n.args) stack.push(a);
    else if (n.op !== 'const') out.add(n);
  }
  return [...out].sort((a, b) => a.id - b.id);
}
