/**
 * What a step consists of: stores of next values, memory writes, checks, loops over grids, copies, in terms of nodes. Also how
 * ropes become stores. Must not know modules or WebAssembly.
 */
import type { Graph, Node } from './nodes.ts';
import type { Box, Rope, Words } from './rope.ts';
import { RopeReader, boxRope, isAccess, sameRope } from './rope.ts';
import type { AccessBytes, Slot } from './slots.ts';

export interface Store {
  readonly slot: Slot;
  readonly base: 'abs' | 'cell';
  readonly address: number;
  readonly bytes: AccessBytes;
  readonly value: Node;
}

/** Stores that happen together. With `enable` they are skipped when it is 0; `always` are the same without a condition. */
export interface StoresAction {
  readonly kind: 'stores';
  readonly enable?: Node;
  readonly stores: readonly Store[];
  readonly always: readonly Store[];
}

/** Part of a memory write: `value` under `condition`, or merged into what is there under `bits`. */
export interface WritePart {
  readonly address: number;
  readonly bytes: AccessBytes;
  readonly value: Node;
  readonly condition?: Node;
  readonly bits?: Node;
}

export interface WriteAction {
  readonly kind: 'write';
  readonly slot: Slot;
  readonly enable: Node;
  /** Byte offset of the element. */
  readonly offset: Node;
  readonly parts: readonly WritePart[];
  /** If given, 1 means that every lane is written, as `full` says in fewer stores. */
  readonly isFull?: Node;
  readonly full: readonly WritePart[];
}

/** The number of the first node that is 1, plus 1, is left at `address`. */
export interface ChecksAction {
  readonly kind: 'checks';
  readonly any: Node;
  readonly fails: readonly Node[];
  readonly address: number;
}

export interface CoverAction {
  readonly kind: 'cover';
  readonly hit: Node;
  readonly address: number;
}

/** One sweep over the cells of a grid. */
export interface LoopPass {
  readonly rowsDown: boolean;
  readonly columnsDown: boolean;
  /** What lies after the last column is still needed: nothing may be stored there. */
  readonly keepsEastEdge: boolean;
  readonly actions: readonly StoresAction[];
}

export interface LoopAction {
  readonly kind: 'loop';
  readonly name: string;
  readonly rows: number;
  readonly columns: number;
  readonly pitch: number;
  /** Into arrays that only the loop reads: inputs and edges. */
  readonly prepare: readonly Store[];
  /** Values from outside that the passes use. */
  readonly invariants: readonly Node[];
  readonly passes: readonly LoopPass[];
  readonly writes: readonly Slot[];
}

/** Bytes as they lie, after `after` has put them there. */
export interface CopyAction {
  readonly kind: 'copy';
  readonly enable: Node;
  readonly after?: Node;
  readonly copies: readonly { readonly slot: Slot; readonly from: number; readonly to: number; readonly bytes: number }[];
}

/** Evaluates early, before what is read changes. */
export interface EvaluateAction {
  readonly kind: 'evaluate';
  readonly node: Node;
}

/** Keeps a value for a later function. */
export interface SpillAction {
  readonly kind: 'spill';
  readonly node: Node;
  readonly address: number;
}

export type Action = StoresAction | WriteAction | ChecksAction | CoverAction | LoopAction | CopyAction | EvaluateAction | SpillAction;

export function slotsWritten(a: Action): Slot[] {
  switch (a.kind) {
    case 'stores':
      return a.stores.map((s) => s.slot);
    case 'write':
      return [a.slot];
    case 'loop':
      return [...a.writes];
    case 'copy':
      return a.copies.map((c) => c.slot);
    default:
      return [];
  }
}

/** Nodes that an action uses. */
export function rootsOf(a: Action): Node[] {
  switch (a.kind) {
    case 'stores':
      return [...(a.enable ? [a.enable] : []), ...a.stores.map((s) => s.value)];
    case 'write':
      return [a.enable, a.offset, ...(a.isFull ? [a.isFull] : []), ...[...a.parts, ...a.full].flatMap(partRoots)];
    case 'checks':
      return [a.any, ...a.fails];
    case 'cover':
      return [a.hit];
    case 'loop':
      return [...a.prepare.map((s) => s.value), ...a.invariants];
    case 'copy':
      return a.after ? [a.enable, a.after] : [a.enable];
    case 'evaluate':
    case 'spill':
      return [a.node];
  }
}

export function partRoots(p: WritePart): Node[] {
  return [p.value, ...(p.condition ? [p.condition] : []), ...(p.bits ? [p.bits] : [])];
}

/** A piece of a box as `storesOf` cuts it. */
interface Chunk {
  readonly lo: number;
  readonly width: number;
  readonly bytes: AccessBytes;
}

function chunksOf(r: Rope, box: Box): Chunk[] {
  if (isAccess(box.bytes) && (box.bytes < 8 || r.length <= 2 || box.base === 'cell'))
    return [{ lo: 0, width: box.width, bytes: box.bytes }];
  const out: Chunk[] = [];
  // Not dense: one scalar in whole limbs.
  if (box.width !== box.bytes * 8) {
    for (let lo = 0; lo < box.width; lo += 64) out.push({ lo, width: Math.min(64, box.width - lo), bytes: 8 });
    return out;
  }
  const ends: number[] = [];
  let end = 0;
  for (const p of r) ends.push((end += p.width));
  let i = 0;
  for (let lo = 0; lo < box.width;) {
    while (ends[i] <= lo) i++;
    const room = ends[i] - lo >= 8 ? ends[i] - lo : box.width - lo;
    const width = room >= 64 ? 64 : room >= 32 ? 32 : room >= 16 ? 16 : 8;
    out.push({ lo, width, bytes: (width / 8) as AccessBytes });
    lo += width;
  }
  return out;
}

/** The stores that put `r` into `box`; parts that would keep their value are left out unless `keepAll`. */
export function storesOf(words: Words, r: Rope, box: Box, keepAll = false): (Store & { readonly present: Node })[] {
  const out: (Store & { readonly present: Node })[] = [];
  const reader = new RopeReader(r);
  for (const c of chunksOf(r, box)) {
    const part = reader.slice(c.lo, c.width);
    const own = boxRope(box, c.lo, c.width);
    if (!keepAll && sameRope(part, own)) continue;
    const type = c.bytes === 8 ? 'i64' : 'i32';
    const value = words.word(part, type);
    const present = words.word(own, type);
    if (!keepAll && value === present) continue;
    const stored = c.width === c.bytes * 8 ? words.graph.low(value, c.width) : value;
    out.push({
      slot: box.slot,
      base: box.base === 'cell' ? 'cell' : 'abs',
      address: box.address + c.lo / 8,
      bytes: c.bytes,
      value: stored,
      present,
    });
  }
  return out;
}

/** Deepest nest of multiplexers that is searched for the register's own value. */
const MAX_NEST = 24;

interface Enabled {
  readonly enable: Node;
  readonly value: Node;
}

/** When `value` differs from `present`, and what it is then. */
export function splitEnable(g: Graph, value: Node, present: Node): Enabled {
  // Multiplexers are shared: along each way to one of them, the search would take time that doubles with every statement.
  const found = new Map<number, Enabled>();
  const split = (v: Node, depth: number): Enabled => {
    if (v === present) return { enable: g.bool(false), value: v };
    if (v.op !== 'select' || depth > MAX_NEST) return { enable: g.bool(true), value: v };
    const key = v.id * (MAX_NEST + 1) + depth;
    const known = found.get(key);
    if (known) return known;
    const [c, x, y] = v.args;
    const result = joined(g, v, c, split(x, depth + 1), split(y, depth + 1));
    found.set(key, result);
    return result;
  };
  return split(value, 0);
}

/** Of the multiplexer `whole`: `c ? a : b`. */
function joined(g: Graph, whole: Node, c: Node, a: Enabled, b: Enabled): Enabled {
  if (g.isConst(a.enable, 1n) && g.isConst(b.enable, 1n)) return { enable: g.bool(true), value: whole };
  const aNever = g.isConst(a.enable, 0n);
  const bNever = g.isConst(b.enable, 0n);
  return { enable: g.select(c, a.enable, b.enable), value: aNever ? b.value : bNever ? a.value : g.select(c, a.value, b.value) };
}

/** Groups stores by the condition under which they change anything. */
export function groupStores(g: Graph, stores: readonly (Store & { readonly present: Node })[]): StoresAction[] {
  const groups = new Map<Node, { stores: Store[]; always: Store[] }>();
  const out: StoresAction[] = [];
  for (const s of stores) {
    const { enable, value } = splitEnable(g, s.value, s.present);
    if (enable.op === 'const') {
      out.push({ kind: 'stores', stores: [s], always: [s] });
      continue;
    }
    let group = groups.get(enable);
    if (!group) {
      group = { stores: [], always: [] };
      groups.set(enable, group);
      out.push({ kind: 'stores', enable, ...group });
    }
    group.stores.push({ ...s, value });
    group.always.push(s);
  }
  return out;
}
