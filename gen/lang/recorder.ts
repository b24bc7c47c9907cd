/** What memories, grids and reductions need of the builder whose module they belong to. Must not know who records. */
import type { Expr } from '../ir/expr.ts';
import type { MemWrite, Signal } from '../ir/module.ts';
import type { Type } from '../ir/types.ts';
import type { Site } from '../site.ts';
import type { Lane, LaneNest } from './lanes.ts';
import type { Bool } from './scalars.ts';
import type { Driver } from './views.ts';

export interface Recorder extends Driver {
  when(cond: Bool, body: () => void): unknown;
  each(count: number, body: (lane: Lane) => void): void;
  assert(name: string, cond: Bool, message?: string): void;
  write(statement: MemWrite): void;
  /** Throws where nothing can be added to the module: not by its own body, or when that has ended. */
  checkOpen(method: string): void;
  /** Throws in the body of an `each`. */
  checkNoLane(what: string, site: Site, mend: string): void;
  addJoined(signal: Signal): Signal;
  addRegister(name: string, type: Type, site: Site): Signal;
  addWire(name: string, type: Type, site: Site): Signal;
  /** The same for a wire that the designer did not name: it makes way. */
  addJoinedWire(name: string, type: Type, site: Site): Signal;
  /** Loops around the present line. */
  readonly nest: LaneNest;
  inNest<T>(nest: LaneNest, f: () => T): T;
  /** Runs what runs several times though it is written once: names that it gives get `suffix`, and make way. */
  again<T>(suffix: string, f: () => T): T;
  /** Conjunction of the conditions under which the present line is reached; undefined at the top level. */
  enable(): Expr | undefined;
  unclaimed(wish: string): string;
  atFinish(action: () => void): void;
  /** Runs `body` with statements recorded at the module's top level. */
  atTop(body: () => void): void;
}
