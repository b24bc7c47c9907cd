// Runs one layer by itself on a machine and checks every element of its result.
// Must not know: engines, the command line.
import type { LayerProgram } from '../layers/build.ts';
import { runProgram } from './driver.ts';
import type { ProgramMachine, RunLimits } from './driver.ts';

export interface LayerRun {
  /** From the first tensor instruction to completion; undefined where the engine knows no time. */
  readonly cycles: number | undefined;
  readonly seconds: number;
}

/** @throws Error where the machine computes a wrong element: that is a fault of chip or compiler, not of the user */
export async function runLayer(
  machine: ProgramMachine, { layer, program, input, expected }: LayerProgram, limits: RunLimits = {},
): Promise<LayerRun> {
  const { output, cycles, seconds } = await runProgram(machine, program, input, limits);
  const bytes = new Int8Array(new Uint8Array(output).buffer);
  const wrong = expected.findIndex((value, index) => bytes[index] !== value);
  if (wrong >= 0) throw new Error(`layer ${layer.name} on ${machine.engine}: byte ${wrong} of the output is ${bytes[wrong]}, not ${expected[wrong]}`);
  return { cycles, seconds };
}
