/**
 * Names for parts of names: of a part by number, read in an `always_comb`, Icarus 11 says that it is sorry, so there parts are wires of
 * their own. Must not know expressions.
 */
import { uintType } from '../../ir/types.ts';
import type { TextNames } from '../../names/text-names.ts';
import type { Hoisted, HoistedWires, Scope } from '../hoisted.ts';
import type { OpenLoops } from '../loops.ts';
import { rangeText } from './selection.ts';
import type { Selection } from './selection.ts';

/** A part of a name under a name of its own. */
interface Part {
  readonly wire: Hoisted;
  /** Where it is declared, if not in the module. */
  readonly loop: Scope | undefined;
  isThere: boolean;
}

export class Parts {
  private readonly ofModule = new Map<string, Part>();
  /** Of the block that is being printed, if it is one in which parts need names, those of what its loop has. */
  private ofBlock: Map<string, Part> | undefined;
  /** Those that are there, in their order. */
  private readonly made: Part[] = [];

  constructor(private readonly pool: TextNames, private readonly wires: HoistedWires, private readonly loops: OpenLoops) {}

  /** Prints what stands in an `always_comb`. */
  combinational<T>(print: () => T): T {
    return this.within(new Map(), print);
  }

  /** Prints what stands elsewhere, for the sake of what stands in one. */
  outsideOfBlocks<T>(print: () => T): T {
    return this.within(undefined, print);
  }

  private within<T>(parts: Map<string, Part> | undefined, print: () => T): T {
    const outer = this.ofBlock;
    this.ofBlock = parts;
    try {
      return print();
    } finally {
      this.ofBlock = outer;
    }
  }

  /** Name of a selection, where it must have one; made on first use. */
  nameOf(s: Selection): string | undefined {
    if (!this.ofBlock || s.steps || (s.base === s.root && s.width === s.of)) return undefined;
    const text = rangeText(s);
    const loop = this.wires.isLocal(s.root) || this.loops.isLane(s.root) ? this.loops.innermost : undefined;
    const known = loop ? this.ofBlock : this.ofModule;
    let part = known.get(text);
    if (!part) {
      const name = this.pool.fresh(text.replaceAll(/[.[:]/g, '_').replaceAll(']', ''));
      part = { wire: { name, type: uintType(s.width), value: text, isNamed: false }, loop, isThere: false };
      known.set(text, part);
    }
    if (!part.isThere) {
      part.isThere = true;
      this.wires.add(part.wire, part.loop);
      this.made.push(part);
    }
    return part.wire.name;
  }

  /** Prints, and takes back the parts that came up if the text is of no use. */
  ifUseful<T>(print: () => T, isUseful: (text: T) => boolean): T | undefined {
    const before = this.made.length;
    const text = print();
    if (isUseful(text)) return text;
    for (const part of this.made.splice(before)) {
      part.isThere = false;
      this.wires.remove(part.wire, part.loop);
    }
    return undefined;
  }
}
