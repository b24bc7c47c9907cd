/** The commands of one unit and what each waits for, as `hw/tensor/unit-queue.ts` keeps them. */
import { WAITS, conflictsOf, waitsFor } from '../../hw/tensor/hazards.ts';
import type { Unit, Wait } from '../../hw/tensor/hazards.ts';
import type { TensorParams } from '../../hw/tensor/params.ts';
import type { BlockRange, CommandTiming } from './commands.ts';

interface Counted {
  readonly other: Unit;
  readonly wait: Wait;
  readonly state: Readonly<UnitState>;
}

interface Entry {
  readonly command: CommandTiming;
  /** By what is counted: how many commands of the other unit it must still see complete, or follow the last of. */
  readonly left: number[];
}

/** What a unit's oldest command allows and says in a cycle. */
export interface UnitState {
  followable: boolean;
  done: boolean;
}
export type UnitStates = Readonly<Record<Unit, UnitState>>;

export class QueueTiming {
  private readonly counted: readonly Counted[];
  private readonly conflicts: Readonly<Record<Unit, ReturnType<typeof conflictsOf>>>;
  private readonly entries: Entry[] = [];
  private entering: Entry | undefined;
  private started = 0;

  /** `states`: of all units in the present cycle, while it lasts. */
  constructor(private readonly unit: Unit, private readonly p: TensorParams, private readonly states: UnitStates) {
    const of = (x: Unit): ReturnType<typeof conflictsOf> => conflictsOf(x, unit, p);
    this.conflicts = { load: of('load'), mesh: of('mesh'), vector: of('vector'), store: of('store') };
    this.counted = WAITS.flatMap((wait) => waitsFor(unit, wait, p).map((other) => ({ other, wait, state: states[other] })));
  }

  get held(): number {
    return this.entries.length;
  }

  get isFull(): boolean {
    return this.entries.length === this.p.queueDepth;
  }

  /** The command that may start in this cycle. */
  next(): CommandTiming | undefined {
    const { counted, started, entries } = this;
    if (started >= entries.length) return undefined;
    const { left, command } = entries[started];
    for (let i = 0; i < counted.length; i++) {
      const { wait, state } = counted[i];
      const mayStart = wait === 'followLate' || isFree(wait, left[i], state);
      if (!mayStart) return undefined;
    }
    return command;
  }

  /** What the command that started last reads late can be followed. */
  get lateIsThere(): boolean {
    const { counted, started, entries } = this;
    if (started === 0) return true;
    const { left } = entries[started - 1];
    for (let i = 0; i < counted.length; i++) {
      const { wait, state } = counted[i];
      if (wait === 'followLate' && !isFree(wait, left[i], state)) return false;
    }
    return true;
  }

  /** A command is taken in this cycle; before `clock` of any queue. */
  enter(command: CommandTiming, queues: Readonly<Record<Unit, QueueTiming>>): void {
    this.entering = { command, left: this.counted.map(({ other, wait }) => queues[other].conflicting(this.unit, command, wait)) };
  }

  /** The end of a cycle. */
  clock(starts: boolean): void {
    const { counted, entries } = this;
    if (this.entering) entries.push(this.entering);
    this.entering = undefined;
    for (let i = 0; i < counted.length; i++) {
      if (!counted[i].state.done) continue;
      for (const { left } of entries) if (left[i] > 0) left[i] -= 1;
    }
    if (starts) this.started += 1;
    if (this.states[this.unit].done) {
      entries.shift();
      this.started -= 1;
    }
  }

  state(): string {
    return `${this.started}:${this.entries.map(({ left }) => left.join()).join(';')}`;
  }

  /** How many of these commands, from the oldest on, one of unit `x` must wait for. */
  private conflicting(x: Unit, command: CommandTiming, wait: Wait): number {
    const conflicts = this.conflicts[x];
    for (let i = this.entries.length - 1; i >= 0; i--) {
      const theirs = this.entries[i].command;
      if (conflicts === 'always' || conflicts.some((pair) => pair.wait === wait && overlap(command.blocks[pair.mine], theirs.blocks[pair.theirs]))) {
        return i + 1;
      }
    }
    return 0;
  }
}

const overlap = (a: BlockRange | undefined, b: BlockRange | undefined): boolean =>
  a !== undefined && b !== undefined && a.low <= b.high && b.low <= a.high;
const isFree = (wait: Wait, left: number, { followable }: UnitState): boolean => left === 0 || (wait !== 'complete' && left === 1 && followable);
