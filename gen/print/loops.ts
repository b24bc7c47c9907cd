/**
 * Loops whose inside is being printed: what depends on which of them, and what their lanes are called. Must not know how expressions are
 * written.
 */
import { dependsOnLane, laneRange, readsState } from '../ir/expr.ts';
import type { Expr, LaneIndex } from '../ir/expr.ts';
import type { Lanes } from '../ir/lanes.ts';
import { widthOf } from '../ir/types.ts';
import type { TextNames } from '../names/text-names.ts';
import { dependentOn } from '../passes/unroll.ts';
import type { Declaration } from '../verilog/form.ts';
import type { Hoisted } from './hoisted.ts';

/** A loop whose inside is being printed. */
export interface Loop {
  readonly lanes: Lanes;
  readonly variable: string;
  /** Expressions that differ from lane to lane. */
  readonly dependent: ReadonlySet<Expr>;
  /** Wires of its inside. */
  readonly hoisted: Hoisted[];
  /** Values of its lane as numbers of some width. */
  readonly parameters: Map<string, Declaration>;
  /** Warnings of Verilator that the lane would cause at the edges, where comparisons with it are constant and places guarded. */
  readonly edges: Set<string>;
}

const LOOP_VARIABLES = ['i', 'j', 'k'];

/** The loops around what is being printed. */
export class OpenLoops {
  private readonly open: Loop[] = [];
  private readonly laneNames = new Map<string, string>();
  /** By depth. */
  private readonly variables: string[] = [];

  constructor(private readonly pool: TextNames) {}

  /** Variable of a loop inside of those that are open. */
  get variable(): string {
    const depth = this.open.length;
    return (this.variables[depth] ??= this.pool.fresh(LOOP_VARIABLES[depth] ?? 'i'));
  }

  /** Prints the inside of a loop: what depends on its lane gets its name there. */
  within<T>(lanes: Lanes, roots: readonly Expr[], print: (loop: Loop) => T): T {
    const { variable } = this;
    const loop: Loop = { lanes, variable, dependent: dependentOn(lanes, roots), hoisted: [], parameters: new Map(), edges: new Set() };
    this.open.push(loop);
    try {
      return print(loop);
    } finally {
      this.open.pop();
    }
  }

  /** The innermost loop that an expression depends on. */
  loopOf(e: Expr): Loop | undefined {
    return this.open.findLast((loop) => loop.dependent.has(e));
  }

  /** Whether it is what a lane is called. */
  isLane(name: string): boolean {
    return this.open.some(({ parameters }) => [...parameters.values()].some((p) => p.name === name));
  }

  get innermost(): Loop | undefined {
    return this.open.at(-1);
  }

  private loopFor(lanes: Lanes): Loop {
    const loop = this.open.find((x) => x.lanes === lanes);
    if (!loop) throw new Error('a lane outside of its loop');
    return loop;
  }

  /** The lane's variable, times `by`. */
  laneText({ lanes, scale }: LaneIndex, by: number): string {
    const { variable } = this.loopFor(lanes);
    return scale * by === 1 ? variable : `${variable} * ${scale * by}`;
  }

  /** The lane as a value of its width: tools take a loop's variable as 32 bits. */
  laneName(e: LaneIndex): string {
    const loop = this.loopFor(e.lanes);
    const { parameters } = loop;
    const width = widthOf(e.type);
    const key = `${e.scale} ${e.offset} ${width}`;
    const known = parameters.get(key);
    if (known) return known.name;
    // Loops beside each other may use one name.
    const place = `${this.open.indexOf(loop)}:${parameters.size}`;
    const name = this.laneNames.get(place) ?? this.pool.fresh('lane');
    this.laneNames.set(place, name);
    const value = `${this.laneText(e, 1)}${e.offset > 0 ? ` + ${e.offset}` : ''}`;
    parameters.set(key, { lead: 'localparam ', type: `logic [${width - 1}:0]`, name, rest: ` = ${value}` });
    return name;
  }
}

/** Whether a value is a number in each round of the loops: made of lanes and literals alone. */
export function isKnownInRounds(e: Expr): boolean {
  return dependsOnLane(e) && !readsState(e);
}

/** Whether a lane's number is the least or the most of its width in some round; nothing for what is no such number. */
export function laneBounds(e: Expr): { readonly hasLeast: boolean; readonly hasMost: boolean } | undefined {
  if (e.op === 'lane') {
    const { least, most } = laneRange(e);
    return { hasLeast: least === 0, hasMost: most === 2 ** widthOf(e.type) - 1 };
  }
  if (e.op === 'extend') return laneBounds(e.of) && { hasLeast: true, hasMost: false };
  return (e.op === 'cast' || e.op === 'slice') && laneBounds(e.of) ? { hasLeast: true, hasMost: true } : undefined;
}
