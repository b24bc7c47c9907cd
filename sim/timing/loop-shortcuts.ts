/**
 * Leaves out iterations of a loop that has become regular: whenever everything that decides about time is as it was one or a few iterations
 * ago, the iterations to come take as long as those did. Must not know what takes the time.
 */
import type { ProgramWalk } from './program-walk.ts';

/** Iterations after which state may repeat: buffers alternate, and rows that do not fill beats come round after a few. */
const LONGEST_PERIOD = 16;

interface Iteration {
  readonly time: number;
  readonly state: string;
  readonly registers: Int32Array;
}

export class LoopShortcuts {
  private readonly loops = new Map<number, Iteration[]>();

  /**
   * The branch at `pc` goes back to the beginning of its loop. Moves the registers on by the iterations that can be left out.
   * @returns cycles of what is left out
   */
  skip(pc: number, time: number, state: string, walk: ProgramWalk): number {
    const past = this.loops.get(pc) ?? [];
    this.loops.set(pc, past);
    past.unshift({ time, state, registers: walk.x.slice() });
    past.length = Math.min(past.length, 2 * LONGEST_PERIOD + 1);
    for (let period = 1; 2 * period < past.length; period++) {
      const [now, once, twice] = [past[0], past[period], past[2 * period]];
      if (now.state !== once.state || once.state !== twice.state || now.time - once.time !== once.time - twice.time) continue;
      if (!now.registers.every((x, r) => ((x - once.registers[r]) | 0) === ((once.registers[r] - twice.registers[r]) | 0))) continue;
      const counter = walk.counterOf(pc);
      const step = once.registers[counter] - now.registers[counter];
      // One more period is followed to its end, so that whatever comes behind the loop finds the unit as it would be.
      const periods = step <= 0 ? 0 : Math.floor(now.registers[counter] / step) - 1;
      if (periods < 1) return 0;
      walk.x.forEach((x, r) => {
        walk.x[r] = x + Math.imul(periods, (now.registers[r] - once.registers[r]) | 0);
      });
      this.loops.delete(pc);
      return periods * (now.time - once.time);
    }
    return 0;
  }
}
