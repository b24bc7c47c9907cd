/**
 * Places that an index finds while the hardware runs: how they are read, how they are driven, and what keeps an index that is past the end
 * away. Must not know what the indices are.
 */
import { isLaneIndex } from '../../ir/expr.ts';
import type { Expr } from '../../ir/expr.ts';
import { fieldPlace } from '../../ir/leaves.ts';
import type { PathElement } from '../../ir/module.ts';
import { indexWidth, uintType, widthOf } from '../../ir/types.ts';
import type { Type } from '../../ir/types.ts';
import type { Constants } from '../constants.ts';
import type { HoistedWires } from '../hoisted.ts';
import type { Inner } from './inner.ts';
import { isKnownInRounds } from '../loops.ts';
import type { OpenLoops } from '../loops.ts';
import { BINARY, PRIMARY, paren } from './operators.ts';
import type { Text } from './operators.ts';
import type { Reads } from '../reads.ts';
import { member, rangeText, wholeOf } from './selection.ts';
import type { Selection } from './selection.ts';
import type { Selector } from './selector.ts';

/** A place that an assignment can drive. */
export interface Place {
  readonly text: string;
  /** Found by an index: Yosys 0.23 then computes the right side in the width of the whole, which only an atomic right side survives. */
  readonly dynamic: boolean;
  /** Condition under which there is such a place, if that is not always. */
  readonly guard?: string;
}

interface DynamicStep {
  readonly index: Expr;
  readonly length: number;
  readonly width: number;
}

export class PlacePrinter {
  constructor(
    private readonly inner: Pick<Inner, 'print' | 'selectable' | 'address'>,
    private readonly constants: Constants,
    private readonly selector: Selector,
    private readonly loops: OpenLoops,
    private readonly wires: HoistedWires,
    private readonly reads: Reads,
  ) {}

  /** The element, of this type, of a vector at an index that is no constant. */
  element(of: Expr, index: Expr, type: Type): Text {
    const base = this.inner.selectable(of);
    // In each lane one place is looked up, or none: a linter sees that the others are not, and what the guard keeps out.
    if (isKnownInRounds(index)) {
      if (this.wires.isLocal(base)) this.reads.forget(base);
      this.loops.loopOf(index)?.edges.add('SELRANGE');
    }
    const w = widthOf(type);
    const length = widthOf(of.type) / w;
    const exact = indexWidth(length);
    if (length === 1) return this.guarded(index, length, base, w);
    const at = this.elementIndex(index, exact);
    return this.guarded(index, length, w === 1 ? `${base}[${at}]` : `${base}[${this.offset(at, length, w)} +: ${w}]`, w);
  }

  /** `access`, or 0 if the index is past the end. */
  guarded(index: Expr, length: number, access: string, width: number): Text {
    const guard = this.inRange(index, length);
    return guard ? { text: `${guard} ? ${access} : ${width}'d0`, prec: 0 } : { text: access, prec: PRIMARY };
  }

  /** A signal, or what a path leads to in it. */
  driven({ name, type: whole }: { readonly name: string; readonly type: Type }, path: readonly PathElement[]): Place {
    let sel = wholeOf(name, widthOf(whole), whole.kind === 'bundle');
    let type = whole;
    const steps: DynamicStep[] = [];
    for (const p of path) {
      if ('field' in p) {
        sel = member(sel, type, p.field);
        type = fieldPlace(type, p.field).type;
      } else if (type.kind === 'vec') {
        const w = widthOf(type.element);
        if (typeof p.index === 'number') sel = { ...sel, lo: sel.lo + p.index * w, width: w, struct: false };
        else if (isLaneIndex(p.index, type)) sel = this.selector.laneElement(sel, p.index, w);
        else {
          steps.push({ index: p.index, length: type.length, width: w });
          sel = { ...sel, width: w, struct: false };
        }
        type = type.element;
      }
    }
    if (steps.length === 0) return { text: rangeText(sel), dynamic: false };
    // The place first: it may name an index, and the guard then reads all of that name.
    const text = this.dynamicPlace(sel, steps);
    const guards = steps.flatMap((s) => this.inRange(s.index, s.length) ?? []);
    return { text, dynamic: true, ...(guards.length > 0 ? { guard: guards.join(' && ') } : {}) };
  }

  /** The selected bits of `sel.base`, moved up by the dynamic steps. */
  private dynamicPlace(sel: Selection, steps: readonly DynamicStep[]): string {
    const real = steps.filter((s) => s.length > 1);
    if (real.length === 0) return rangeText(sel);
    const bits = indexWidth(sel.of);
    const terms = real.map((s) => {
      const at = this.elementIndex(s.index, indexWidth(s.length));
      const text = s.width === 1 ? at : this.offset(at, s.length, s.width);
      const pad = bits - indexWidth(s.length * s.width);
      return pad > 0 ? `{${pad}'d0, ${text}}` : text;
    });
    if (sel.lo > 0) terms.push(`${bits}'d${sel.lo}`);
    for (const s of sel.steps ?? []) terms.push(s.text);
    const from = terms.join(' + ');
    return sel.width === 1 ? `${sel.base}[${from}]` : `${sel.base}[${from} +: ${sel.width}]`;
  }

  /** Condition that an index is not past the end; none if it cannot be. */
  private inRange(index: Expr, length: number): string | undefined {
    const width = widthOf(index.type);
    if (2 ** width <= length) return undefined;
    return `${paren(this.inner.print(index), BINARY.lt.prec + 1)} < ${this.constants.text(uintType(width), BigInt(length))}`;
  }

  /** Text of an index in exactly as many bits as the vector's length needs. */
  private elementIndex(index: Expr, bits: number): string {
    const given = widthOf(index.type);
    if (given > bits) return this.selector.read({ ...wholeOf(this.inner.selectable(index), given), width: bits });
    return given < bits ? `{${bits - given}'d0, ${this.inner.print(index).text}}` : this.inner.address(index);
  }

  /** Bit position of element `at` of `length` elements of `w` bits, in exactly as many bits as the whole needs. */
  private offset(at: string, length: number, w: number): string {
    const shift = Math.log2(w);
    if (Number.isInteger(shift)) return `{${at}, ${shift}'d0}`;
    const bits = indexWidth(length * w);
    return `{${bits - indexWidth(length)}'d0, ${at}} * ${bits}'d${w}`;
  }
}
