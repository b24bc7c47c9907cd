/**
 * How long the language takes over a construct at one size: to elaborate (describe and check), to print and to compile for the built-in
 * engine. Must not know which constructs there are.
 */
import { elaborate } from '../../gen/index.ts';
import { printDesign } from '../../gen/print/systemverilog.ts';
import { createWasmSimulator } from '../../sim/engine/index.ts';
import type { Construct } from './constructs.ts';

export interface Times {
  readonly elaborateSeconds: number;
  readonly printSeconds: number;
  readonly compileSeconds: number;
}

/** Runs at one size: of other work on the computer the fastest has least. */
const RUNS = 2;

function timed<T>(work: () => T): { readonly result: T; readonly seconds: number } {
  const start = performance.now();
  const result = work();
  return { result, seconds: (performance.now() - start) / 1000 };
}

function once({ make }: Construct, size: number): Times {
  const elaborated = timed(() => elaborate(make(size)));
  const printed = timed(() => printDesign(elaborated.result));
  const compiled = timed(() => createWasmSimulator(elaborated.result));
  compiled.result.close();
  return { elaborateSeconds: elaborated.seconds, printSeconds: printed.seconds, compileSeconds: compiled.seconds };
}

export function timesOf(construct: Construct, size: number): Times {
  const runs = Array.from({ length: RUNS }, () => once(construct, size));
  const least = (name: keyof Times): number => Math.min(...runs.map((r) => r[name]));
  return { elaborateSeconds: least('elaborateSeconds'), printSeconds: least('printSeconds'), compileSeconds: least('compileSeconds') };
}

export const totalOf = (t: Times): number => t.elaborateSeconds + t.printSeconds + t.compileSeconds;
