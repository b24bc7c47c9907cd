/**
 * Bits at places that are computed: from a fixed bit on, and further by a stride for each step of some indices. Where they lie in memory,
 * leaf by leaf, and how they are cut out of words. Must not know expressions or modules.
 */
import { fieldPlace } from '../../gen/ir/leaves.ts';
import type { Type } from '../../gen/ir/types.ts';
import { isScalar, widthOf } from '../../gen/ir/types.ts';
import { columnLength, columnsOf } from './context.ts';
import type { Graph, Node } from './nodes.ts';
import type { Box, Rope, Words } from './rope.ts';
import { boxRope, concatRopes, isAccess, nodeRope, ropeWidth } from './rope.ts';
import type { AccessBytes, Slot } from './slots.ts';
import { storageBytes } from './slots.ts';

/** `stride` bits further for each of the index, which is of interest from `least` to `most`; loose: it may be a little outside of that. */
export interface Term {
  readonly index: Node;
  readonly stride: number;
  readonly least: number;
  readonly most: number;
  readonly isLoose?: boolean;
}

export interface Offset {
  readonly lo: number;
  readonly terms: readonly Term[];
}

export const further = (o: Offset, bits: number): Offset => ({ lo: o.lo + bits, terms: o.terms });

export const along = (o: Offset, term: Term): Offset => ({ lo: o.lo, terms: [...o.terms, term] });

/** The bits that are reached with any of the indices of interest: `lo` to `end`, of which a piece of `width` bits is meant. */
export function reachOf(o: Offset, width: number): { readonly lo: number; readonly end: number } {
  let [lo, end] = [o.lo, o.lo + width];
  for (const t of o.terms) {
    lo += t.stride * t.least;
    end += t.stride * t.most;
  }
  return { lo, end };
}

/** A value in memory, leaf by leaf by ascending bits without gaps, or in columns (`place`). */
export interface Storage {
  readonly slot: Slot;
  readonly address: number;
  readonly type: Type;
  /** The sweep that fills it. */
  readonly after?: Node;
}

const sizes = new WeakMap<object, number>();

/** Bytes that a value takes, leaf by leaf. */
export function bytesOf(type: Type): number {
  if (isScalar(type)) return storageBytes(widthOf(type));
  let known = sizes.get(type);
  if (known === undefined) {
    known = type.kind === 'vec' ? type.length * bytesOf(type.element) : type.fields.reduce((n, f) => n + bytesOf(f.type), 0);
    sizes.set(type, known);
  }
  return known;
}

/** Part of what was asked for: `width` bits of one leaf, from `offset` in it on. */
export interface Located {
  readonly box: Box;
  readonly offset: Offset;
  readonly width: number;
}

/**
 * How a leaf of `bytes` bytes lies in a row of cells of `size` bytes, if a loop over cells steps from one to the next: every cell is
 * the leaf, or to be read a few that follow each other, among them the leaf, `within` bytes from the start.
 */
function cellAt(
  steps: readonly { readonly index: Node; readonly bytes: number }[], at: number, bytes: number, toRead: boolean,
): { readonly size: AccessBytes; readonly within: number } | undefined {
  const [step, second] = steps;
  if (!step || second || step.index.op !== 'lane' || !isAccess(bytes) || !isAccess(step.bytes)) return undefined;
  if (step.bytes === bytes) return { size: bytes, within: 0 };
  if (!toRead || step.bytes < bytes) return undefined;
  return { size: step.bytes, within: at - Math.floor(at / step.bytes) * step.bytes };
}

/** Bytes that it takes as a whole. */
export function storedBytes(type: Type): number {
  const columns = columnsOf(type);
  return columns ? columnLength(columns) * bytesOf(columns.element) : bytesOf(type);
}

/** A place on the way down to a leaf: so many bytes from the start, and further by some for each of an index. */
interface Spot {
  readonly at: number;
  readonly steps: readonly { readonly index: Node; readonly bytes: number }[];
}

const moved = (s: Spot, bytes: number): Spot => ({ at: s.at + bytes, steps: s.steps });

/** Of a value in columns, where the leaf of one element lies that is at a place in its element. */
function inColumn(elements: number, element: Spot, inElement: Spot, bytes: number): Spot {
  const times = (steps: Spot['steps'], n: number): Spot['steps'] => steps.map((s) => ({ index: s.index, bytes: s.bytes * n }));
  return { at: elements * inElement.at + element.at * bytes, steps: [...times(element.steps, bytes), ...times(inElement.steps, elements)] };
}

/**
 * The leaves in which bits of a stored value lie, by ascending bits; undefined where which leaf it is cannot be said for all indices.
 * `toRead`: what is to be read may lie among others.
 */
export function locate(g: Graph, storage: Storage, offset: Offset, width: number, toRead = false): Located[] | undefined {
  const out: Located[] = [];
  const vector = columnsOf(storage.type);
  const columns = vector && columnLength(vector);
  /** `element`: of a value in columns, which one, counted in elements; `spot` lies in it then. */
  const visit = (type: Type, element: Spot | undefined, spot: Spot, o: Offset, n: number): boolean => {
    const { lo, end } = reachOf(o, n);
    if (isScalar(type)) {
      if (lo < 0 || end > widthOf(type)) return false;
      const leaf = columns && element ? inColumn(columns, element, spot, storageBytes(widthOf(type))) : spot;
      out.push(leafAt(g, storage, type, leaf, o, n, toRead));
      return true;
    }
    if (type.kind === 'bundle') {
      // The field that holds the least significant bits stands last.
      let byte = 0;
      for (const f of [...type.fields].reverse()) {
        const place = fieldPlace(type, f.name);
        const w = widthOf(f.type);
        if (o.terms.length > 0) {
          if (lo >= place.lo && end <= place.lo + w) return visit(f.type, element, moved(spot, byte), further(o, -place.lo), n);
        } else {
          const [from, to] = [Math.max(lo, place.lo), Math.min(end, place.lo + w)];
          if (from < to && !visit(f.type, element, moved(spot, byte), { lo: from - place.lo, terms: [] }, to - from)) return false;
        }
        byte += bytesOf(f.type);
      }
      return o.terms.length === 0;
    }
    const w = widthOf(type.element);
    const isOutermost = columns !== undefined && element === undefined;
    const size = isOutermost ? 1 : bytesOf(type.element);
    const outer = o.terms.filter((t) => t.stride % w === 0).map((t) => ({ index: t.index, bytes: (t.stride / w) * size }));
    const inner = o.terms.filter((t) => t.stride % w !== 0);
    const down = (number: number, rest: Offset, part: number): boolean => {
      const next: Spot = { at: spot.at + number * size, steps: [...spot.steps, ...outer] };
      return isOutermost ? visit(type.element, next, { at: 0, steps: [] }, rest, part) : visit(type.element, element, next, rest, part);
    };
    let number = Math.floor(o.lo / w);
    let rest: Offset = { lo: o.lo - number * w, terms: inner };
    const within = reachOf(rest, n);
    if (within.lo >= 0 && within.end <= w) return down(number, rest, n);
    if (inner.length > 0) return false;
    for (let left = n; left > 0; number++) {
      const part = Math.min(left, w - rest.lo);
      if (!down(number, rest, part)) return false;
      left -= part;
      rest = { lo: 0, terms: [] };
    }
    return true;
  };
  return visit(storage.type, undefined, { at: 0, steps: [] }, offset, width) ? out : undefined;
}

function leafAt(g: Graph, storage: Storage, type: Type, { at, steps }: Spot, o: Offset, n: number, toRead: boolean): Located {
  const { slot, after } = storage;
  const width = widthOf(type);
  const bytes = storageBytes(width);
  const common = { slot, width, bytes, ...(after ? { after } : {}) };
  const inRow = cellAt(steps, at, bytes, toRead);
  if (inRow) {
    const { size, within } = inRow;
    const address = storage.address + at - within;
    return { box: { ...common, base: 'cell', address, bytes: size, width: size === bytes ? width : size * 8 }, offset: further(o, within * 8), width: n };
  }
  const address = storage.address + at;
  if (steps.length === 0) return { box: { ...common, base: 'abs', address }, offset: o, width: n };
  const dynamic = steps.map((s) => g.binary('mul', s.index, g.constant('i32', s.bytes))).reduce((a, b) => g.binary('add', a, b));
  return { box: { ...common, base: 'dynamic', dynamic, address }, offset: o, width: n };
}

/** Bits of a stored value; undefined as in `locate`. */
export function readStored(words: Words, storage: Storage, offset: Offset, width: number): Rope | undefined {
  const parts = locate(words.graph, storage, offset, width, true);
  if (!parts) {
    const { slot, address, type, after } = storage;
    const bytes = bytesOf(type);
    if (widthOf(type) !== bytes * 8 || columnsOf(type)) return undefined;
    return readPacked(words, { slot, base: 'abs', address, width: bytes * 8, bytes, ...(after ? { after } : {}) }, offset, width);
  }
  return concatRopes(parts.map(({ box, offset: o, width: n }) => {
    if (o.terms.length === 0) return boxRope(box, o.lo, n);
    if (box.width <= 64 && !isBitOfLane(o, n)) return cutOut(words, boxRope(box), o, n);
    return readPacked(words, box, o, n);
  }));
}

/** Bits of a rope of at most 64. */
export function cutOut(words: Words, r: Rope, o: Offset, width: number): Rope {
  const g = words.graph;
  const word = words.word(r);
  const amount = words.convert(bitNumber(g, o), word.type);
  const shifted = g.binary('shrU', word, amount);
  return nodeRope(g.mask(ropeWidth(r) === width ? word : shifted, width), width);
}

/** Where the bits begin, as an i32. */
export function bitNumber(g: Graph, o: Offset): Node {
  return o.terms.reduce((sum, t) => g.binary('add', sum, g.binary('mul', t.index, g.constant('i32', t.stride))), g.constant('i32', o.lo));
}

/** Whether a bit is meant whose number is that of the cell of a loop. */
export function isBitOfLane({ lo, terms: [term, second] }: Offset, width: number): boolean {
  return width === 1 && second === undefined && term?.index.op === 'lane' && term.stride === 1 && lo % 8 === 0;
}

/** Bits of what lies densely packed at a box, whatever its size. */
export function readPacked(words: Words, box: Box, o: Offset, width: number): Rope {
  const g = words.graph;
  const start = Math.floor(o.lo / 8);
  const inByte = o.lo - 8 * start;
  const base = { slot: box.slot, base: 'dynamic' as const, ...(box.after ? { after: box.after } : {}) };
  const add = (n: Node): Node => (box.dynamic ? g.binary('add', box.dynamic, n) : n);
  if (!box.dynamic && isBitOfLane(o, width)) {
    const access = { slot: box.slot, base: 'bit' as const, address: box.address + start, bytes: 1 as const, signed: false };
    return nodeRope(g.load('i32', access, 1, box.after ? [box.after] : []), 1);
  }
  const [term] = o.terms;
  const size = term.stride / 8;
  if (!box.dynamic && o.terms.length === 1 && term.index.op === 'lane' && isAccess(size) && o.lo - Math.floor(o.lo / term.stride) * term.stride + width <= term.stride) {
    const cell = Math.floor(o.lo / term.stride);
    return boxRope({ ...base, base: 'cell', address: box.address + cell * size, width: term.stride, bytes: size }, o.lo - cell * term.stride, width);
  }
  if (o.terms.every((t) => t.stride % 8 === 0)) {
    const bytes = storageBytes(inByte + width);
    const dynamic = add(bitNumber(g, { lo: 0, terms: o.terms.map((t) => ({ ...t, stride: t.stride / 8 })) }));
    return boxRope({ ...base, dynamic, address: box.address + start, width: bytes * 8, bytes }, inByte, width);
  }
  if (width > 57) return concatRopes([readPacked(words, box, o, 32), readPacked(words, box, further(o, 32), width - 32)]);
  const bit = bitNumber(g, { lo: inByte, terms: o.terms });
  const dynamic = add(g.binary('shrU', bit, g.constant('i32', 3)));
  const bytes = width === 1 ? 1 : storageBytes(width + 7);
  const word = words.word(boxRope({ ...base, dynamic, address: box.address + start, width: bytes * 8, bytes }));
  const amount = words.convert(g.binary('and', bit, g.constant('i32', 7)), word.type);
  return nodeRope(g.mask(g.binary('shrU', word, amount), width), width);
}
