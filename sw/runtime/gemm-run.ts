// Runs one benchmark product on a machine and checks every element of its result.
// Must not know: engines, the command line.
import type { GemmProgram } from '../compiler/gemm.ts';
import { runProgram } from './driver.ts';
import type { ProgramMachine, RunLimits } from './driver.ts';

export interface GemmRun {
  /** From the first tensor instruction to completion; undefined where the engine knows no time. */
  readonly cycles: number | undefined;
  readonly seconds: number;
}

/** @throws Error where the machine computes a wrong element: that is a fault of chip or compiler, not of the user */
export async function runGemm(
  machine: ProgramMachine, { program, input, expected, shape, result }: GemmProgram, limits: RunLimits = {},
): Promise<GemmRun> {
  const run = await runProgram(machine, program, input, limits);
  const bytes = new Uint8Array(run.output).buffer;
  const output = result === 'int32' ? new Int32Array(bytes) : new Int8Array(bytes);
  const wrong = expected.findIndex((value, index) => output[index] !== value);
  if (wrong >= 0) {
    const { m, n, k } = shape;
    const place = `${m}x${n}x${k} on ${machine.engine}: element [${Math.floor(wrong / n)}][${wrong % n}]`;
    throw new Error(`${place} is ${output[wrong]}, not ${expected[wrong]}`);
  }
  return { cycles: run.cycles, seconds: run.seconds };
}
