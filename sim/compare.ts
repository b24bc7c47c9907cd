/**
 * Two simulators of one design in lockstep: the same inputs, and the first signal in which they disagree. Works through
 * the interface alone; must not know any engine or design.
 */
import { AssertionError, type AssertionFailure, type Simulator } from './simulator.ts';

/** Inputs to poke before the edge of `cycle`, by port name; ports that are not named keep their value. */
export type Stimuli = (cycle: number) => Iterable<readonly [port: string, value: bigint | number]>;

export interface LockstepOptions {
  /** Every so many cycles (default 16), and in the last, all common signals are compared; in the others those of the top module. */
  readonly deepEvery?: number;
}

export interface Difference {
  /** Signal, or assertion, in which the two differ. */
  readonly path: string;
  readonly cycle: number;
  readonly a: string;
  readonly b: string;
}

export interface LockstepResult {
  /** Clock edges that both have made. */
  readonly cycles: number;
  readonly difference?: Difference;
  /** An assertion that both reported alike; it ends the run. */
  readonly failure?: AssertionFailure;
}

/** Paths that both simulators have with the same width: the top module's own, and all. */
function commonSignals(a: Simulator, b: Simulator): { top: string[]; all: string[] } {
  const widths = new Map(b.signals().map((s) => [s.path, s.width]));
  const all = a
    .signals()
    .filter((s) => widths.get(s.path) === s.width)
    .map((s) => s.path);
  return { all, top: all.filter((path) => !/[.[]/.test(path)) };
}

function firstDifference(a: Simulator, b: Simulator, paths: readonly string[], cycle: number): Difference | undefined {
  for (const path of paths) {
    const inA = a.peek(path);
    const inB = b.peek(path);
    if (inA !== inB) return { path, cycle, a: `0x${inA.toString(16)}`, b: `0x${inB.toString(16)}` };
  }
  return undefined;
}

/** One edge; the failure if an assertion did not hold at it. */
function stepOf(simulator: Simulator): AssertionFailure | undefined {
  try {
    simulator.step();
    return undefined;
  } catch (error) {
    if (error instanceof AssertionError) return error.failure;
    throw error;
  }
}

/**
 * Runs both for `cycles` edges, comparing settled values after the inputs are poked and before each edge, and once more
 * after the last. Both must be in the same state at the start.
 */
export function runLockstep(a: Simulator, b: Simulator, stimuli: Stimuli, cycles: number, options: LockstepOptions = {}): LockstepResult {
  const deepEvery = options.deepEvery ?? 16;
  const { top, all } = commonSignals(a, b);
  for (let cycle = 0; cycle < cycles; cycle++) {
    for (const [port, value] of stimuli(cycle)) {
      a.poke(port, value);
      b.poke(port, value);
    }
    const difference = firstDifference(a, b, cycle % deepEvery === 0 ? all : top, cycle);
    if (difference) return { cycles: cycle, difference };
    const failureA = stepOf(a);
    const failureB = stepOf(b);
    if (failureA && failureB && failureA.path === failureB.path) return { cycles: cycle + 1, failure: failureA };
    if (failureA || failureB) {
      const path = (failureA ?? failureB)?.path ?? '?';
      return { cycles: cycle + 1, difference: { path, cycle, a: outcome(failureA), b: outcome(failureB) } };
    }
  }
  return { cycles, difference: firstDifference(a, b, all, cycles) };
}

function outcome(failure: AssertionFailure | undefined): string {
  return failure ? `${failure.path} failed: ${failure.message}` : 'no assertion failed';
}

/** The difference in one line. */
export function describeDifference(d: Difference): string {
  return `${d.path} differs in cycle ${d.cycle}: ${d.a} against ${d.b}`;
}
