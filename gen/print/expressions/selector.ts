/**
 * Which bits of which name an expression is, if it is no more than that, and the text of those bits, of which it notes that they are read.
 * Must not know operations: what is not a part of something has a name first.
 */
import { isLaneIndex } from '../../ir/expr.ts';
import type { Expr, LaneIndex } from '../../ir/expr.ts';
import { sameLayout, widthOf } from '../../ir/types.ts';
import type { HoistedWires } from '../hoisted.ts';
import type { Inner } from './inner.ts';
import type { OpenLoops } from '../loops.ts';
import type { Parts } from './parts.ts';
import type { Reads } from '../reads.ts';
import { member, positions, rangeText, sideBySide, wholeOf } from './selection.ts';
import type { LaneStep, Selection } from './selection.ts';

export class Selector {
  constructor(
    private readonly inner: Pick<Inner, 'isApart' | 'name'>,
    private readonly loops: OpenLoops,
    private readonly wires: HoistedWires,
    private readonly parts: Parts,
    private readonly reads: Reads,
  ) {}

  /** The bits that an expression is. */
  select(e: Expr): Selection | undefined {
    return this.inner.isApart(e) ? this.ofName(e) : this.selectPart(e);
  }

  /** Those that it is without its own name. */
  selectPart(e: Expr): Selection | undefined {
    switch (e.op) {
      case 'ref':
        return wholeOf(e.signal.name, widthOf(e.type), e.type.kind === 'bundle' && e.signal.kind !== 'input');
      case 'lane':
        return wholeOf(this.loops.laneName(e), widthOf(e.type));
      case 'field':
      case 'slice': {
        const of = this.select(e.of);
        return of && this.narrow(e, of);
      }
      case 'index': {
        const of = typeof e.index === 'number' || isLaneIndex(e.index, e.of.type) ? this.select(e.of) : undefined;
        return of && this.narrow(e, of);
      }
      case 'cast': {
        const of = this.select(e.of);
        // The text knows the fields of what is declared, not those of what it is taken for.
        return of && { ...of, struct: of.struct && sameLayout(e.type, e.of.type) };
      }
      default:
        return undefined;
    }
  }

  /** All bits of an expression under its name. */
  ofName(e: Expr): Selection {
    // Yosys finds no members of what is declared inside of a loop.
    return wholeOf(this.inner.name(e), widthOf(e.type), e.type.kind === 'bundle' && !this.loops.loopOf(e));
  }

  /** Those that it is, under its name if it is not only a part of another. */
  selectOrName(e: Expr): Selection {
    return this.select(e) ?? this.ofName(e);
  }

  /** Of the bits of what is selected from, those that are. */
  narrow(e: Expr, of: Selection): Selection {
    if (e.op === 'slice') return { ...of, lo: of.lo + e.lo, width: widthOf(e.type), struct: false };
    if (e.op === 'index') {
      const width = widthOf(e.type);
      if (typeof e.index === 'number') return { ...of, lo: of.lo + e.index * width, width, struct: false };
      if (isLaneIndex(e.index, e.of.type)) return this.laneElement(of, e.index, width);
    }
    if (e.op === 'field') return member(of, e.of.type, e.name);
    throw new Error(`cannot select with ${e.op}`);
  }

  /** The lane's element, of so many bits, of what is selected. */
  laneElement(of: Selection, e: LaneIndex, width: number): Selection {
    const step: LaneStep = { text: this.loops.laneText(e, width), bits: e.scale * width, lanes: e.lanes };
    return { ...of, lo: of.lo + e.offset * width, width, struct: false, steps: [...(of.steps ?? []), step] };
  }

  /** The one place of a name that an expression is, part by part if need be; nothing for what a note stands beside. */
  placeOf(e: Expr): Selection | undefined {
    if (e.note !== undefined) return undefined;
    if (this.inner.isApart(e)) return this.ofName(e);
    switch (e.op) {
      case 'cast': {
        const of = this.placeOf(e.of);
        return of && { ...of, struct: false };
      }
      case 'cat':
        return this.placeOfAll(e.parts);
      case 'vec':
        return this.placeOfAll([...e.items].reverse());
      case 'slice':
      case 'field':
        return this.narrow(e, this.selectOrName(e.of));
      case 'index':
        return typeof e.index === 'number' ? this.narrow(e, this.selectOrName(e.of)) : this.select(e);
      default:
        return this.select(e);
    }
  }

  /** That of what is joined, the most significant first. */
  placeOfAll(parts: readonly Expr[]): Selection | undefined {
    let all: Selection | undefined;
    for (const part of parts) {
      const place = this.placeOf(part);
      all = all && place ? sideBySide(all, place) : all ? undefined : place;
      if (!all) return undefined;
    }
    return all;
  }

  /** Text that reads these bits. */
  read(s: Selection): string {
    // Of what there is once a lane, another part is read in each: to a linter the others are unread.
    if (!s.steps || !this.wires.isLocal(s.root)) for (const at of positions(s)) this.reads.add(s.root, s.rootLo + at, s.width);
    const name = this.parts.nameOf(s);
    if (name === undefined) return rangeText(s);
    this.reads.add(name, 0, s.width);
    return name;
  }
}
