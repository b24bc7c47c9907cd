/**
 * Reads of vectors at an index that is computed: a tree of multiplexers, or a load if the elements lie in memory at equal
 * distances or are constants. Must not know expressions or modules.
 */
import type { Arithmetic } from './arithmetic.ts';
import type { Node } from './nodes.ts';
import type { Box, Rope } from './rope.ts';
import { boxRope, constRope, ropeWidth, sliceRope } from './rope.ts';
import type { Arena, Slot } from './slots.ts';
import { storageBytes } from './slots.ts';

/** Elements from which a load beats a tree of multiplexers. */
const MIN_TABLE = 4;

/** Constants that the design indexes. */
export interface Table {
  readonly address: number;
  readonly elementBytes: number;
  readonly values: readonly bigint[];
}

export class DynamicReads {
  readonly tables: Table[] = [];
  private tableSlot: Slot | undefined;

  constructor(
    private readonly arithmetic: Arithmetic,
    private readonly arena: Arena,
  ) {}

  /** Element `index` of `elements` (each `width` bits); 0 past the end. */
  read(elements: readonly Rope[], index: Rope, width: number): Rope {
    const table = elements.length < MIN_TABLE ? undefined : this.table(elements, this.bounded(index, elements.length, 0), width);
    return table ?? this.muxTree(elements, index, width);
  }

  /** Constants in memory, densely. */
  constants(value: bigint, width: number): Box {
    const bytes = storageBytes(width);
    this.tableSlot ??= this.arena.slot('tables');
    const address = this.arena.allocate(bytes);
    const words = Array.from({ length: Math.ceil(width / 64) }, (_, i) => BigInt.asUintN(64, value >> BigInt(64 * i)));
    this.tables.push({ address, elementBytes: Math.min(bytes, 8), values: words });
    return { slot: this.tableSlot, base: 'abs', address, width, bytes };
  }

  private muxTree(elements: readonly Rope[], index: Rope, width: number): Rope {
    const a = this.arithmetic;
    const zero = constRope(0n, width);
    const indexBits = ropeWidth(index);
    let level: readonly Rope[] = elements;
    let bit = 0;
    for (; bit < indexBits && level.length > 1; bit++) {
      const b = a.words.word(sliceRope(index, bit, 1));
      const next: Rope[] = [];
      for (let k = 0; k < level.length; k += 2) next.push(a.mux(b, level[k + 1] ?? zero, level[k]));
      level = next;
    }
    if (bit === indexBits) return level[0];
    return a.mux(a.words.word(a.unary('orR', sliceRope(index, bit, indexBits - bit))), zero, level[0]);
  }

  /** The index as an i32 that is below `limit` (else 0), and whether it was. */
  bounded(index: Rope, limit: number, past: number): { index: Node; inside: Node } {
    const g = this.arithmetic.graph;
    const words = this.arithmetic.words;
    const width = ropeWidth(index);
    const low = words.word(sliceRope(index, 0, Math.min(32, width)));
    let inside = width < 32 && 2 ** width <= limit ? g.bool(true) : g.binary('ltU', low, g.constant('i32', limit));
    if (width > 32) inside = g.binary('and', inside, g.not(words.word(this.arithmetic.unary('orR', sliceRope(index, 32, width - 32)))));
    return { index: g.select(inside, low, g.constant('i32', past)), inside };
  }

  /** Elements that lie in memory at equal distances, or are constants, are read at a computed address; undefined if they do not. */
  table(elements: readonly Rope[], { index: i, inside }: { readonly index: Node; readonly inside: Node }, width: number): Rope | undefined {
    const g = this.arithmetic.graph;
    const dynamic = (stride: number): Node => g.binary('mul', i, g.constant('i32', stride));
    const finish = (r: Rope): Rope => this.arithmetic.mux(inside, r, constRope(0n, width));
    const first = elements[0].length === 1 ? elements[0][0] : undefined;
    if (first?.kind === 'box' && first.box.base === 'abs') {
      const second = elements.at(1)?.at(0);
      if (second?.kind !== 'box') return undefined;
      const at = (k: number): number => {
        const p = elements[k][0];
        return p.kind === 'box' && elements[k].length === 1 && p.box.slot === first.box.slot && p.box.base === 'abs'
          ? p.box.address * 8 + p.lo
          : NaN;
      };
      const stride = at(1) - at(0);
      const same = elements.every((_, k) => at(k) === at(0) + k * stride);
      if (!same || stride <= 0 || stride % 8 !== 0) return undefined;
      // The box around the first element, cut to what the elements have in common.
      const skip = first.lo - (first.lo % 8);
      const partWidth = (first.lo % 8) + width;
      const dense = first.box.width === first.box.bytes * 8;
      const box: Box =
        dense || first.lo > 0
          ? {
              ...first.box,
              base: 'dynamic',
              dynamic: dynamic(stride / 8),
              address: first.box.address + skip / 8,
              width: partWidth,
              bytes: storageBytes(partWidth),
            }
          : { ...first.box, base: 'dynamic', dynamic: dynamic(stride / 8) };
      // Only whole scalars are known to be zero above their width.
      if (box.width !== box.bytes * 8 && !(first.lo === 0 && width === first.box.width)) return undefined;
      return finish(boxRope(box, first.lo % 8, width));
    }
    const constants = elements.map((r) => (r.length === 1 && r[0].kind === 'const' ? r[0].value : undefined));
    if (constants.some((v) => v === undefined) || constants.every((v) => v === constants[0])) return undefined;
    const bytes = storageBytes(width);
    this.tableSlot ??= this.arena.slot('tables');
    const address = this.arena.allocate(elements.length * bytes);
    this.tables.push({ address, elementBytes: bytes, values: constants.map((v) => v ?? 0n) });
    return finish(boxRope({ slot: this.tableSlot, base: 'dynamic', address, dynamic: dynamic(bytes), width, bytes }));
  }
}
