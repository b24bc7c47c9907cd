/**
 * Combinational modules with few input bits and much logic, such as instruction decoders: their results are remembered. Each
 * instance has a table in memory that is looked up with the inputs' bits; only for inputs that are not there (or no more) a
 * function computes all outputs, into the table. Programs see the same few inputs again and again. Must not know code.
 *
 * A table is a direct-mapped cache: the key's Fibonacci hash (Knuth, The Art of Computer Programming 3, 6.4) selects the entry, the
 * key itself is the entry's tag. Every instance has its own, so that an entry outlives the step in which it was looked up.
 */
import { moduleExpressions, walkExpressions } from '../../gen/ir/leaves.ts';
import type { Module, Signal } from '../../gen/ir/module.ts';
import { widthOf } from '../../gen/ir/types.ts';
import type { WriteAction } from './actions.ts';
import { storesOf } from './actions.ts';
import { Context, leafRanges } from './context.ts';
import type { Shared } from './context.ts';
import type { Graph, Node, WordType } from './nodes.ts';
import type { Box, Rope, Words } from './rope.ts';
import { boxRope, concatRopes, nodeRope, sliceRope } from './rope.ts';
import type { AccessBytes, Arena, Slot } from './slots.ts';
import { storageBytes } from './slots.ts';

/** Operations from which a lookup is cheaper, if the user says nothing else. */
export const MIN_MEMO_OPERATIONS = 100;
/** More than this in one function is slow to compile. */
const MAX_OPERATIONS = 4000;
const MAX_KEY_BITS = 64;
const MAX_ENTRY_BYTES = 256;
/** Entries of a table, as a power of two. */
const INDEX_BITS = 12;

/** Part of an output's bits, `at` bytes into an entry. */
interface Field {
  readonly lo: number;
  readonly width: number;
  readonly at: number;
}

/** How a module's results lie in an entry: the tag, then scalars, the large ones first. */
export interface EntryLayout {
  readonly module: Module;
  readonly keyType: WordType;
  readonly keyBits: number;
  readonly fields: ReadonlyMap<Signal, readonly Field[]>;
  readonly bytes: number;
}

export interface MemoTable {
  readonly id: number;
  readonly layout: EntryLayout;
  readonly slot: Slot;
  readonly address: number;
  /** Logarithm of the number of entries. */
  readonly indexBits: number;
}

const inputsOf = (m: Module): Signal[] => m.ports.filter((p) => p.kind === 'input');
const outputsOf = (m: Module): Signal[] => m.ports.filter((p) => p.kind === 'output');
export const tagBytes = (l: EntryLayout): 4 | 8 => (l.keyType === 'i32' ? 4 : 8);

/** Operations that a module's logic takes, with the modules in it; undefined if it is not purely combinational. */
function operationsOf(module: Module): number | undefined {
  const m = module.blackBox?.behaviour ?? module;
  if (m.clocked || m.checks.length > 0 || m.memories.length > 0 || m.grids.length > 0) return undefined;
  let count = 0;
  walkExpressions(moduleExpressions(m), (e) => {
    if (e.op === 'mux' || e.op === 'binary' || e.op === 'unary' || e.op === 'index') count++;
  });
  for (const i of m.instances) {
    const inner = operationsOf(i.module);
    if (inner === undefined) return undefined;
    count += inner;
  }
  return count;
}

function layoutOf(module: Module, minOperations: number): EntryLayout | undefined {
  const operations = operationsOf(module);
  if (operations === undefined || operations < minOperations || operations > MAX_OPERATIONS) return undefined;
  const m = module.blackBox?.behaviour ?? module;
  const keyBits = inputsOf(m).reduce((n, p) => n + widthOf(p.type), 0);
  if (keyBits === 0 || keyBits > MAX_KEY_BITS) return undefined;
  const keyType = keyBits <= 32 ? 'i32' : 'i64';
  const scalars = outputsOf(m).flatMap((signal) => leafRanges(signal.type).map((leaf) => ({ signal, ...leaf })));
  const fields = new Map<Signal, Field[]>(outputsOf(m).map((signal) => [signal, []]));
  let at = keyType === 'i32' ? 4 : 8;
  for (const { signal, lo, width } of scalars.sort((a, b) => storageBytes(b.width) - storageBytes(a.width))) {
    const bytes = storageBytes(width);
    const align = Math.min(bytes, 8);
    at = Math.ceil(at / align) * align;
    fields.get(signal)?.push({ lo, width, at });
    at += bytes;
  }
  if (at > MAX_ENTRY_BYTES) return undefined;
  return { module: m, keyType, keyBits, fields, bytes: Math.ceil(at / 16) * 16 };
}

/** What the tables need of the rest of the engine. */
export interface MemoHost {
  readonly graph: Graph;
  readonly words: Words;
  readonly arena: Arena;
  readonly shared: Shared;
  read(ctx: Context, signal: Signal, lo: number, width: number): Rope;
}

/** Thrown when an instance's inputs turn out to depend on its outputs: it must be evaluated piece by piece. Then start again. */
export class NotMemoisable {}

export class Memos {
  readonly tables: MemoTable[] = [];
  private readonly layouts = new Map<Module, EntryLayout | undefined>();
  private readonly entries = new Map<Context, { readonly table: MemoTable; readonly entry: Node }>();
  private readonly refused = new Set<Context>();
  private readonly open = new Set<Context>();

  constructor(
    private readonly host: MemoHost,
    private readonly minOperations: number,
  ) {}

  /** Bits of an output of an instance, from its table; undefined if it has none. */
  output(ctx: Context, port: Signal, lo: number, width: number): Rope | undefined {
    const layout = this.layout(ctx);
    if (!layout) return undefined;
    const found = this.entries.get(ctx) ?? this.lookUp(ctx, layout);
    const parts: Rope[] = [];
    for (const f of [...(layout.fields.get(port) ?? [])].sort((a, b) => a.lo - b.lo)) {
      const start = Math.max(lo, f.lo);
      const end = Math.min(lo + width, f.lo + f.width);
      if (start < end) parts.push(boxRope(boxOf(found.table.slot, found.entry, found.table.address, f), start - f.lo, end - start));
    }
    return concatRopes(parts);
  }

  /** To be called before values are read again after an exception. */
  restart(): void {
    this.open.clear();
  }

  /** Whether an instance's outputs come from a table. */
  isRemembered(ctx: Context): boolean {
    return this.layout(ctx) !== undefined;
  }

  private layout(ctx: Context): EntryLayout | undefined {
    if (ctx.home.kind !== 'plain' || this.refused.has(ctx)) return undefined;
    if (!this.layouts.has(ctx.module)) this.layouts.set(ctx.module, layoutOf(ctx.module, this.minOperations));
    return this.layouts.get(ctx.module);
  }

  private lookUp(ctx: Context, layout: EntryLayout): { readonly table: MemoTable; readonly entry: Node } {
    const { graph, words, arena } = this.host;
    if (this.open.has(ctx)) {
      this.refused.add(ctx);
      throw new NotMemoisable();
    }
    this.open.add(ctx);
    const inputs = inputsOf(layout.module).map((p) => this.host.read(ctx, p, 0, widthOf(p.type)));
    this.open.delete(ctx);
    const key = words.word(concatRopes(inputs), layout.keyType);
    const indexBits = Math.min(INDEX_BITS, layout.keyBits);
    const table: MemoTable = {
      id: this.tables.length,
      layout,
      slot: arena.slot(`results of ${ctx.path}`),
      address: arena.allocate(layout.bytes << indexBits),
      indexBits,
    };
    this.tables.push(table);
    const found = { table, entry: graph.memo(key, table.id, bitsFor(layout.bytes << indexBits)) };
    this.entries.set(ctx, found);
    return found;
  }

  /** What a function with the parameters address of an entry and key does: computes the results and stores them there. */
  fill(layout: EntryLayout): WriteAction {
    const { graph, words, shared, arena } = this.host;
    const slot = arena.slot(`results of ${layout.module.name}`);
    const entry = graph.param(0, 'i32', 32);
    const key = graph.param(1, layout.keyType, layout.keyBits);
    const inputs = new Map<string, Rope>();
    let at = 0;
    for (const p of inputsOf(layout.module)) {
      const width = widthOf(p.type);
      inputs.set(p.name, sliceRope(nodeRope(key, layout.keyBits), at, width));
      at += width;
    }
    const ctx = new Context(shared, layout.module, '', { kind: 'given', inputs }, { kind: 'plain' }, '');
    const parts = [...layout.fields].flatMap(([port, fields]) => {
      const value = this.host.read(ctx, port, 0, widthOf(port.type));
      return fields.flatMap((f) => storesOf(words, sliceRope(value, f.lo, f.width), boxOf(slot, entry, 0, f), true));
    });
    const tag = { address: 0, bytes: tagBytes(layout) as AccessBytes, value: key };
    return { kind: 'write', slot, enable: graph.bool(true), offset: entry, parts: [...parts, tag], full: [] };
  }
}

function boxOf(slot: Slot, entry: Node, address: number, f: Field): Box {
  return { slot, base: 'dynamic', dynamic: entry, address: address + f.at, width: f.width, bytes: storageBytes(f.width) };
}

const bitsFor = (bytes: number): number => Math.ceil(Math.log2(bytes));
