// The application: handwritten digits through a chip, compared with the labels and with the network in floating point.
// Must not know: which engine executes, how anything is compiled.
import { SILENT, during } from '../gen/progress.ts';
import type { Progress } from '../gen/progress.ts';
import { UserError } from '../gen/user-error.ts';
import type { ChipConfig } from '../hw/soc/config.ts';
import type { ChipTarget } from './compiler/chip-target.ts';
import { compileModel } from './compiler/compile.ts';
import type { CompileReport } from './compiler/build.ts';
import { DIGIT_PIXELS, loadMnistSplit } from './data/mnist-digits.ts';
import type { DigitSet } from './data/mnist-digits.ts';
import { importModel } from './frontends/import-model.ts';
import { elementCount } from './graph/graph.ts';
import type { Graph } from './graph/graph.ts';
import { macsOf, quantiseInput } from './quantise/quantised-graph.ts';
import type { QuantisedGraph } from './quantise/quantised-graph.ts';
import { quantiseModel } from './quantise/quantise.ts';
import { argmaxRows, executeFloatSingle, normaliseInput, singleInput } from './reference/float-executor.ts';
import { runBatches } from './runtime/driver.ts';
import type { ProgramMachine } from './runtime/driver.ts';

export interface MnistOptions {
  /** A GGUF file. */
  readonly model: string;
  /** How many of the held-out digits. */
  readonly images: number;
  readonly config: ChipConfig;
  /** Makes the machine that runs the program. */
  readonly open: (config: ChipConfig) => ProgramMachine | Promise<ProgramMachine>;
  /** Images in one run of the program; default: as many as asked for, at most 100. */
  readonly batch?: number;
  readonly progress?: Progress;
}

export interface MnistResult {
  readonly images: number;
  readonly correct: number;
  readonly accuracy: number;
  /** Share of the images for which the chip and the network in floating point choose the same digit. */
  readonly agreement: number;
  readonly floatAccuracy: number;
  /** null where the engine knows no time. */
  readonly cycles: number | null;
  readonly cyclesPerImage: number | null;
  readonly macs: number;
  /** Multiply-accumulates done, of those that the mesh could have done in the time. */
  readonly utilization: number | null;
  /** Of simulation. */
  readonly seconds: number;
  readonly cyclesPerSecond: number | null;
  readonly engine: string;
  readonly batch: number;
  readonly estimatedCycles: number;
}

const LONGEST_BATCH = 100;
/** Training digits that the ranges of activations are measured on. */
const CALIBRATION_DIGITS = 500;

/** A quantised network of digits with its floating-point original. */
export interface DigitNetwork {
  readonly graph: Graph;
  readonly quantised: QuantisedGraph;
  readonly heldOut: DigitSet;
}

/**
 * Reads a model and calibrates it on training digits. @throws UserError where it takes no digits, or where a chip with `ramBytes` of RAM
 * cannot hold its weights: better known before minutes of calibration than after
 */
export function loadDigitNetwork(model: string, ramBytes: number): DigitNetwork {
  const graph = importModel(model);
  const weights = graph.values.reduce((sum, value) => sum + (value.op === 'constant' ? elementCount(value.shape) : 0), 0);
  if (weights > ramBytes) {
    throw new UserError(`${model}: has ${weights} weights and the chip ${ramBytes} bytes of RAM; use a smaller model or raise simulation.ram`);
  }
  const size = elementCount(singleInput(graph).shape);
  if (size !== DIGIT_PIXELS) {
    throw new UserError(`${model}: takes inputs of ${size} values, not digits of ${DIGIT_PIXELS} pixels; give a network for MNIST`);
  }
  const { train, heldOut } = loadMnistSplit();
  return { graph, quantised: quantiseModel(graph, train.pixels.subarray(0, CALIBRATION_DIGITS * DIGIT_PIXELS)), heldOut };
}

/** @throws UserError for a bad model, more images than there are, or a chip on which the network does not fit */
export async function runMnist(options: MnistOptions): Promise<MnistResult> {
  const { config, images, progress = SILENT } = options;
  const { graph, quantised, heldOut } = loadDigitNetwork(options.model, config.simulation.ramBytes);
  if (!(Number.isInteger(images) && images >= 1 && images <= heldOut.count)) {
    throw new UserError(`images ${images}: is not a whole number from 1 to ${heldOut.count}, the digits held out of training; give one`);
  }
  const runs = Math.ceil(images / (options.batch ?? LONGEST_BATCH));
  const batch = options.batch ?? Math.ceil(images / runs);
  const program = compileModel(quantised, chipOf(config), { batch });
  const pixels = heldOut.pixels.subarray(0, images * DIGIT_PIXELS);
  const machine = await options.open(config);
  try {
    const input = quantiseInput(quantised, pixels);
    const run = await during(progress, 'simulation', (task) =>
      runBatches(machine, program, input, images, (share) => task.at(share, `${Math.floor(share * images)} of ${images} images`)));
    const classes = elementCount(quantised.output.shape);
    const chosen = argmaxRows(run.output, classes);
    const reference = argmaxRows(executeFloatSingle(graph, normaliseInput(singleInput(graph), pixels), images), classes);
    const count = (matches: (index: number) => boolean): number => chosen.reduce((sum, _, index) => sum + (matches(index) ? 1 : 0), 0);
    const correct = count((index) => chosen[index] === heldOut.labels[index]);
    const macs = images * macsOf(quantised);
    const cycles = run.cycles ?? null;
    const { rows, columns } = config.tensor;
    return {
      images, correct, accuracy: correct / images,
      agreement: count((index) => chosen[index] === reference[index]) / images,
      floatAccuracy: count((index) => reference[index] === heldOut.labels[index]) / images,
      cycles, cyclesPerImage: cycles === null ? null : cycles / images, macs,
      utilization: cycles === null ? null : macs / (cycles * rows * columns),
      seconds: run.seconds, cyclesPerSecond: cycles === null ? null : cycles / run.seconds,
      engine: machine.engine, batch, estimatedCycles: estimateOf(program.report, run.runs),
    };
  } finally {
    machine.close?.();
  }
}

const estimateOf = (report: CompileReport, runs: number): number => report.estimatedCycles * runs;

/** The part of a configuration that the compiler needs. */
export function chipOf(config: ChipConfig): ChipTarget {
  const { tensor, core, simulation } = config;
  return { tensor, ramBytes: simulation.ramBytes, memoryLatencyCycles: simulation.latencyCycles, countsCycles: core.counters };
}
