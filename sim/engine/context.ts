/**
 * The design's hierarchy as the engine walks it: a context is one place of a module (an instance, a cell of a grid, or
 * the cell that stands for all in a grid's loop), with the memory in which its registers live. Must not know expressions.
 */
import type { Lanes } from '../../gen/ir/lanes.ts';
import { fieldPlace } from '../../gen/ir/leaves.ts';
import type { Grid, Memory, Module, Signal } from '../../gen/ir/module.ts';
import type { Type, VecType } from '../../gen/ir/types.ts';
import { isScalar, widthOf } from '../../gen/ir/types.ts';
import { UserError } from '../../gen/user-error.ts';
import { ModuleDrivers } from './drivers.ts';
import type { LeastLanes } from './lane-drivers.ts';
import type { Node } from './nodes.ts';
import type { Box, Rope } from './rope.ts';
import type { Arena, Slot } from './slots.ts';
import { storageBytes } from './slots.ts';

/** A scalar part of a value's bits. */
export interface LeafRange {
  readonly lo: number;
  readonly width: number;
}

/** Leaves by ascending position of their bits. */
export function leafRanges(type: Type, lo = 0): LeafRange[] {
  if (isScalar(type)) return [{ lo, width: widthOf(type) }];
  if (type.kind === 'vec') {
    const w = widthOf(type.element);
    return Array.from({ length: type.length }, (_, i) => leafRanges(type.element, lo + i * w)).flat();
  }
  return [...type.fields].reverse().flatMap((f) => leafRanges(f.type, lo + fieldPlace(type, f.name).lo));
}

/** Part of a signal's bits that lies in one box. */
export interface Placed {
  readonly lo: number;
  /** That of the box. */
  readonly width: number;
  readonly box: Box;
}

/** Lines of a grid and columns are padded to this many elements, so that vector operations may run past the last one. */
const LANES = 16;
/** Elements from which a vector of anything but scalars lies in columns. */
const MIN_COLUMN = 16;

/**
 * The vector, if each leaf of its elements has a column of its own, with the leaf of all elements one after the other, instead of each
 * element its leaves: loops over cells then find what they need of the next element behind that of the present one.
 */
export function columnsOf(type: Type): VecType | undefined {
  return type.kind === 'vec' && type.length >= MIN_COLUMN && !isScalar(type.element) ? type : undefined;
}

/** Elements of a column, with what loops over cells may overwrite past its end. */
export const columnLength = (type: VecType): number => Math.ceil(type.length / LANES) * LANES;

/** Fresh memory for a value, leaf by leaf, by ascending bits, or in columns; dense neighbours share a box. */
export function place(arena: Arena, name: string, type: Type): Placed[] {
  const leaves = leafRanges(type);
  const columns = columnsOf(type);
  const [elements, column] = columns ? [columns.length, columnLength(columns)] : [1, 1];
  const inElement = leaves.length / elements;
  const start = arena.allocate(column * leaves.slice(0, inElement).reduce((n, l) => n + storageBytes(l.width), 0));
  const slot = arena.slot(name);
  const out: Placed[] = [];
  /** Bytes of the leaves before, in the present element. */
  let before = 0;
  for (const [i, leaf] of leaves.entries()) {
    const bytes = storageBytes(leaf.width);
    if (i % inElement === 0) before = 0;
    const address = start + column * before + Math.floor(i / inElement) * bytes;
    before += bytes;
    const last = out.at(-1);
    if (last && last.box.width === last.box.bytes * 8 && leaf.width === bytes * 8 && last.box.address + last.box.bytes === address) {
      const box = { ...last.box, width: last.box.width + leaf.width, bytes: last.box.bytes + bytes };
      out[out.length - 1] = { lo: last.lo, width: box.width, box };
    } else {
      out.push({ lo: leaf.lo, width: leaf.width, box: { slot, base: 'abs', address, width: leaf.width, bytes } });
    }
  }
  return out;
}

/** One scalar of at most 64 bits for every cell of a grid, in padded lines: row-major with one line and one column around. */
export interface CellArray {
  readonly slot: Slot;
  readonly address: number;
  readonly width: number;
  readonly bytes: number;
}

/** The storage of a grid's cells, as a structure of arrays. */
export class GridStorage {
  readonly pitch: number;
  /** Parts of registers by `path.register` relative to the cell; the same for every cell. */
  readonly registers = new Map<string, readonly { readonly lo: number; readonly array: CellArray }[]>();
  constructor(
    readonly path: string,
    readonly rows: number,
    readonly columns: number,
    private readonly arena: Arena,
  ) {
    this.pitch = Math.ceil(columns / LANES) * LANES + LANES;
  }

  array(name: string, width: number): CellArray {
    const bytes = storageBytes(width);
    // The neighbour above is addressed relative to a cell, with a lower offset.
    this.arena.startAt((this.pitch + 1) * bytes);
    return {
      slot: this.arena.slot(`${this.path}.${name}`),
      address: this.arena.allocate((this.rows + 2) * this.pitch * bytes),
      width,
      bytes,
    };
  }

  /** Element number of a cell; row and column may be one outside. */
  element(row: number, column: number): number {
    return (row + 1) * this.pitch + column + 1;
  }

  register(name: string, type: Type): readonly { readonly lo: number; readonly array: CellArray }[] {
    let parts = this.registers.get(name);
    if (!parts) {
      parts = leafRanges(type).flatMap((leaf) => {
        const limbs: { lo: number; array: CellArray }[] = [];
        for (let at = 0; at < leaf.width; at += 64)
          limbs.push({ lo: leaf.lo + at, array: this.array(`${name}@${leaf.lo + at}`, Math.min(64, leaf.width - at)) });
        return limbs;
      });
      this.registers.set(name, parts);
    }
    return parts;
  }
}

/** Where a context's registers live. */
export type Home =
  | { readonly kind: 'plain' }
  | { readonly kind: 'cell'; readonly storage: GridStorage; readonly row: number; readonly column: number }
  | { readonly kind: 'loop'; readonly storage: GridStorage };

/** How a context's inputs are fed. */
export type Link =
  | { readonly kind: 'top' }
  /** On its own, with these values. */
  | { readonly kind: 'given'; readonly inputs: ReadonlyMap<string, Rope> }
  | { readonly kind: 'instance'; readonly parent: Context; readonly connections: ReadonlyMap<string, Signal> }
  | { readonly kind: 'cell'; readonly parent: Context; readonly grid: Grid; readonly row: number; readonly column: number }
  | { readonly kind: 'loop'; readonly parent: Context; readonly grid: Grid };

export interface MemoryStorage {
  readonly slot: Slot;
  readonly address: number;
  readonly elementBytes: number;
  readonly memory: Memory;
  readonly path: string;
}

/** What all contexts of one design share. */
export class Shared {
  private readonly drivers = new Map<Module, ModuleDrivers>();
  constructor(
    readonly arena: Arena,
    private readonly leastLanes: LeastLanes,
  ) {}

  driversOf(m: Module): ModuleDrivers {
    let d = this.drivers.get(m);
    if (!d) {
      d = new ModuleDrivers(m, this.leastLanes);
      this.drivers.set(m, d);
    }
    return d;
  }
}

export class Context {
  readonly module: Module;
  readonly drivers: ModuleDrivers;
  private readonly instances = new Map<string, Context>();
  private readonly cells = new Map<string, Context>();
  private readonly storages = new Map<string, GridStorage>();
  private readonly placed = new Map<Signal, readonly Placed[]>();
  private readonly memories = new Map<Memory, MemoryStorage>();

  constructor(
    private readonly shared: Shared,
    module: Module,
    /** Dotted, empty for the top module. */
    readonly path: string,
    readonly link: Link,
    readonly home: Home,
    /** Path from the cell that owns the storage; names registers in it. */
    private readonly relativePath: string,
  ) {
    if (module.blackBox && !module.blackBox.behaviour) {
      throw new UserError(
        `simulator: module ${module.name} is a black box without a behaviour; give it one to simulate ${path || 'the design'}`,
      );
    }
    this.module = module.blackBox?.behaviour ?? module;
    this.drivers = shared.driversOf(this.module);
  }

  pathOf(name: string): string {
    return this.path === '' ? name : `${this.path}.${name}`;
  }

  instance(name: string): Context {
    let c = this.instances.get(name);
    if (!c) {
      const i = this.module.instances.find((x) => x.name === name);
      if (!i) throw new Error(`engine: no instance ${name} in ${this.module.name}`);
      c = new Context(
        this.shared,
        i.module,
        this.pathOf(name),
        { kind: 'instance', parent: this, connections: i.connections },
        this.home,
        `${this.relativePath}${name}.`,
      );
      this.instances.set(name, c);
    }
    return c;
  }

  storageOf(grid: Grid): GridStorage {
    let s = this.storages.get(grid.name);
    if (!s) {
      s = new GridStorage(this.pathOf(grid.name), grid.rows, grid.columns, this.shared.arena);
      this.storages.set(grid.name, s);
    }
    return s;
  }

  cell(grid: Grid, row: number, column: number): Context {
    const name = `${grid.name}[${row}][${column}]`;
    let c = this.cells.get(name);
    if (!c) {
      const link: Link = { kind: 'cell', parent: this, grid, row, column };
      // A grid inside a cell of another grid: its cells' registers belong to the outer grid's storage.
      c =
        this.home.kind === 'plain'
          ? new Context(this.shared, grid.module, this.pathOf(name), link, { kind: 'cell', storage: this.storageOf(grid), row, column }, '')
          : new Context(this.shared, grid.module, this.pathOf(name), link, this.home, `${this.relativePath}${name}.`);
      this.cells.set(name, c);
    }
    return c;
  }

  /** The cell that stands for every cell in the grid's loop; not cached, a failed attempt leaves no trace. */
  loopCell(grid: Grid): Context {
    const link: Link = { kind: 'loop', parent: this, grid };
    return new Context(this.shared, grid.module, this.pathOf(`${grid.name}[*]`), link, { kind: 'loop', storage: this.storageOf(grid) }, '');
  }

  /** The boxes that hold a register, by ascending bits; dense neighbours are one box. */
  register(reg: Signal): readonly Placed[] {
    let p = this.placed.get(reg);
    if (!p) {
      p = this.home.kind === 'plain' ? place(this.shared.arena, this.pathOf(reg.name), reg.type) : this.placeInGrid(reg, this.home);
      this.placed.set(reg, p);
    }
    return p;
  }

  private placeInGrid(reg: Signal, home: Exclude<Home, { kind: 'plain' }>): Placed[] {
    return home.storage.register(this.relativePath + reg.name, reg.type).map(({ lo, array }) => {
      const { slot, width, bytes } = array;
      if (home.kind === 'loop') return { lo, width, box: { slot, base: 'cell', address: array.address, width, bytes } };
      return { lo, width, box: { slot, base: 'abs', address: array.address + home.storage.element(home.row, home.column) * bytes, width, bytes } };
    });
  }

  memory(mem: Memory): MemoryStorage {
    let s = this.memories.get(mem);
    if (!s) {
      const elementBytes = storageBytes(widthOf(mem.type));
      // One element more than the depth stays 0: reads past the end go there.
      const address = this.shared.arena.allocate((mem.depth + 1) * elementBytes);
      const path = this.pathOf(mem.name);
      s = { slot: this.shared.arena.slot(path), address, elementBytes, memory: mem, path };
      this.memories.set(mem, s);
    }
    return s;
  }

  /** Instances and cells directly below, cells row by row. */
  children(): Context[] {
    const out = this.module.instances.map((i) => this.instance(i.name));
    for (const g of this.module.grids) {
      for (let r = 0; r < g.rows; r++) for (let c = 0; c < g.columns; c++) out.push(this.cell(g, r, c));
    }
    return out;
  }
}

/** A round of loops in a context: what bodies mean by their lanes. */
export class LaneContext {
  readonly path: string;
  constructor(
    readonly base: Context,
    /** Number of the round by its loop. */
    readonly rounds: ReadonlyMap<Lanes, Node>,
    number: number,
  ) {
    this.path = `${base.path}#${number}`;
  }
}

/** Where an expression is evaluated. */
export type Where = Context | LaneContext;
