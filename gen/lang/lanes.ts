/**
 * The lane that a body of `each()` is written for: a number that is constant in every round, so that what it selects is known to exist,
 * and how signals that are declared in such a body become vectors with an element a lane.
 */
import { DesignError } from '../design-error.ts';
import type { Expr, LaneIndex } from '../ir/expr.ts';
import type { Lanes } from '../ir/lanes.ts';
import type { PathElement } from '../ir/module.ts';
import { indexWidth, uintType } from '../ir/types.ts';
import type { Type, VecType } from '../ir/types.ts';
import { here } from '../site.ts';
import type { Site } from '../site.ts';
import { NUMBER, guard } from './arguments.ts';
import { LIMITS, checkedType, count } from './limits.ts';
import { UInt } from './scalars.ts';

/**
 * `times * lane + plus`, never negative, in as many bits as the largest needs. It selects elements (`vec.at(lane)`, `word.bit(lane)`),
 * is driven in (`vec.put(lane, …)`), and is a number like any other (`lane.eq(3)`).
 */
export class Lane extends UInt {
  readonly #index: LaneIndex;
  constructor(index: LaneIndex) {
    super(index);
    this.#index = index;
  }
  /** How many lanes there are. */
  get count(): number {
    return this.#index.lanes.count;
  }
  /** The lane `n` further up. */
  plus(n: number): Lane {
    const { lanes, scale, offset } = this.#index;
    return laneOf(lanes, scale, offset + n, here());
  }
  /** The lane `n` further down. */
  minus(n: number): Lane {
    return this.plus(-n);
  }
  /** Every `n`-th: of vectors that have `n` elements a lane, the first one. */
  times(n: number): Lane {
    const { lanes, scale, offset } = this.#index;
    return laneOf(lanes, scale * count(n, `lane times ${n}`), offset * n, here());
  }
}
guard<Lane, keyof UInt>(Lane, 'Lane', { plus: { n: NUMBER }, minus: { n: NUMBER }, times: { n: NUMBER } });

function laneOf(lanes: Lanes, scale: number, offset: number, site: Site): Lane {
  const most = scale * (lanes.count - 1) + offset;
  if (!Number.isSafeInteger(offset) || offset < 0 || !Number.isSafeInteger(most) || most > LIMITS.leaves.most) {
    const what = offset < 0 ? `lane ${offset} is none` : `lane ${most}`;
    throw new DesignError('out-of-range', what, site, lanes.site, offset < 0 ? 'use near(lane, offset, edge), which says what stands beyond the edge' : 'give whole numbers');
  }
  return new Lane({ op: 'lane', type: uintType(indexWidth(most + 1)), lanes, scale, offset, site });
}

/** Loops around a line, the outermost first. */
export class LaneNest {
  constructor(private readonly open: readonly Lanes[] = []) {}

  get isOpen(): boolean {
    return this.open.length > 0;
  }

  /** The lanes of the loops, the outermost first. */
  get all(): readonly Lanes[] {
    return this.open;
  }

  inside(lanes: Lanes): LaneNest {
    return new LaneNest([...this.open, lanes]);
  }

  /** The vector with an element of `type` for every lane. */
  typeOf(type: Type, site: Site): Type {
    return this.open.reduceRight<Type>((element, lanes) => checkedType<VecType>({ kind: 'vec', element, length: lanes.count }, site), type);
  }

  /** One entry a leaf of `typeOf`. */
  repeated<T>(leaves: readonly T[]): readonly T[] {
    const times = this.open.reduce((n, lanes) => n * lanes.count, 1);
    return times === 1 ? leaves : Array.from({ length: times }, () => leaves).flat();
  }

  /** Place of the present lane's element in a vector of `typeOf`. */
  get path(): readonly PathElement[] {
    return this.open.map((lanes) => ({ index: laneIn(lanes).expr }));
  }

  /** Every element of such a vector, with its place as text: `[3]`, of loops in loops `[3][0]`. */
  elements(vector: Expr): { readonly place: string; readonly element: Expr }[] {
    return this.open.reduce<{ readonly place: string; readonly element: Expr }[]>((all, lanes) => all.flatMap(({ place, element }) => {
      const { type } = element;
      if (type.kind !== 'vec') throw new Error('there is a vector for each loop');
      return Array.from({ length: lanes.count }, (_, index) => ({
        place: `${place}[${index}]`, element: { op: 'index' as const, type: type.element, of: element, index },
      }));
    }), [{ place: '', element: vector }]);
  }

  /** The present lane's element of such a vector. */
  element(vector: Expr): Expr {
    return this.open.reduce<Expr>((of, lanes) => {
      if (of.type.kind !== 'vec') throw new Error('there is a vector for each loop');
      return { op: 'index', type: of.type.element, of, index: laneIn(lanes).expr };
    }, vector);
  }
}

/** What the body of a loop is given. */
export function laneIn(lanes: Lanes): Lane {
  return laneOf(lanes, 1, 0, lanes.site);
}
