/**
 * Cycles and estimates of compiled programs on a chip's RTL, as rows to be compared with goldens: single products, each layer of the test
 * networks on its own, and whole networks. Must not know the goldens.
 */
import { setImmediate } from 'node:timers/promises';
import type { ChipConfig } from '../../hw/soc/config.ts';
import { compileModel } from '../../sw/compiler/compile.ts';
import { buildGemm, parseShapes } from '../../sw/compiler/gemm.ts';
import type { GemmShape } from '../../sw/compiler/gemm.ts';
import { chipOf, runMnist } from '../../sw/mnist.ts';
import { boardMachine } from '../../sw/runtime/board-machine.ts';
import { runGemm } from '../../sw/runtime/gemm-run.ts';
import { runProgram } from '../../sw/runtime/driver.ts';
import type { ProgramMachine } from '../../sw/runtime/driver.ts';
import { network, randomInput } from '../sw/compiler/networks.ts';

export interface Figures {
  readonly cycles: number;
  readonly estimatedCycles: number;
}

/** What is run on a chip. */
export interface Workload {
  /** `MxNxK`, separated by commas, with results of int8. */
  readonly products: string;
  /** The same with results of int32. */
  readonly sums: string;
  /** Networks of random numbers: sizes of their layers, and the batch. */
  readonly networks: readonly { readonly sizes: readonly number[]; readonly batch: number }[];
  /** Digits for `mnist-fc`; 0: it is left out. */
  readonly digits: number;
}

/** Runs all of it on a board with the built-in engine. Every result is compared with the reference. Rows by name. */
export async function measure(config: ChipConfig, { products, sums, networks, digits }: Workload): Promise<ReadonlyMap<string, Figures>> {
  const chip = chipOf(config);
  const machine = await boardMachine(config, 'wasm');
  const rows = new Map<string, Figures>();
  const product = async (name: string, shape: GemmShape, result: 'int8' | 'int32'): Promise<void> => {
    const gemm = buildGemm(shape, chip, { result });
    const { cycles } = await runGemm(machine, gemm);
    rows.set(name, { cycles: known(cycles), estimatedCycles: gemm.program.report.estimatedCycles });
    // A simulation never gives up the processor; the test runner wants to hear of its worker between two.
    await setImmediate();
  };
  for (const result of ['int8', 'int32'] as const) {
    const shapes = result === 'int8' ? products : sums;
    for (const shape of shapes === '' ? [] : parseShapes(shapes)) await product(`${shape.m}x${shape.n}x${shape.k} ${result}`, shape, result);
  }
  for (const { sizes, batch } of networks) {
    const name = `${sizes.join('-')} batch ${batch}`;
    for (const [i, n] of sizes.slice(1).entries()) await product(`${name}, layer ${i + 1}`, { m: batch, n, k: sizes[i] }, 'int8');
    const graph = network(sizes, 1);
    const program = compileModel(graph, chip, { batch });
    const { cycles } = await runProgram(machine, program, randomInput(graph, batch, 1));
    rows.set(name, { cycles: known(cycles), estimatedCycles: program.report.estimatedCycles });
  }
  if (digits > 0) {
    const model = new URL('../../models/mnist-fc.gguf', import.meta.url).pathname;
    const open = (): ProgramMachine => ({ ...machine, close: () => undefined });
    const { cycles, estimatedCycles } = await runMnist({ model, images: digits, config, open });
    rows.set(`mnist-fc batch ${digits}`, { cycles: known(cycles ?? undefined), estimatedCycles });
  }
  machine.close?.();
  return rows;
}

function known(cycles: number | undefined): number {
  if (cycles === undefined) throw new Error('the engine knows no time');
  return cycles;
}
