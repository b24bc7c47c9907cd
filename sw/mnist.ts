// The application: handwritten digits through a chip, compared with the labels and with the network in floating point.
// Must not know: which engine executes, how anything is compiled.
import { numberText } from '../gen/number-text.ts';
import { SILENT, during } from '../gen/progress.ts';
import type { Progress } from '../gen/progress.ts';
import { UserError } from '../gen/user-error.ts';
import type { ChipConfig } from '../hw/soc/config.ts';
import type { ChipTarget } from './compiler/chip-target.ts';
import { compileModel } from './compiler/compile.ts';
import type { CompileReport } from './compiler/build.ts';
import { DIGIT_PIXELS, loadMnistSplit } from './data/mnist-digits.ts';
import type { DigitSet, DigitSplit } from './data/mnist-digits.ts';
import { isOwnModel } from './data/own-model.ts';
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
  /** How many digits: those held out of training first, then those to train on. */
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
  /** How many of the images each side of the project's split gave. */
  readonly split: { readonly heldOut: number; readonly training: number };
  /** Whether the model was trained on some of the images; unknown of a model that did not come with Systole. */
  readonly trainedOn: 'none' | 'some' | 'unknown';
  /** These four are absent where the engine knows no time. */
  readonly cycles?: number;
  readonly cyclesPerImage?: number;
  /** Multiply-accumulates done, of those that the mesh could have done in the time. */
  readonly utilization?: number;
  readonly cyclesPerSecond?: number;
  readonly macs: number;
  /** Of simulation. */
  readonly seconds: number;
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
  readonly digits: DigitSplit;
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
  const digits = loadMnistSplit();
  return { graph, quantised: quantiseModel(graph, digits.train.pixels.subarray(0, CALIBRATION_DIGITS * DIGIT_PIXELS)), digits };
}

/** @throws UserError for a bad model, more images than there are, or a chip on which the network does not fit */
export async function runMnist(options: MnistOptions): Promise<MnistResult> {
  const { config, images, progress = SILENT } = options;
  const { graph, quantised, digits: { heldOut, train } } = loadDigitNetwork(options.model, config.simulation.ramBytes);
  const most = heldOut.count + train.count;
  if (!(Number.isInteger(images) && images >= 1 && images <= most)) {
    throw new UserError(`images ${images}: is not a whole number from 1 to ${most}, the digits that there are; give one`);
  }
  const { pixels, labels, split } = firstDigits({ heldOut, train }, images);
  const runs = Math.ceil(images / (options.batch ?? LONGEST_BATCH));
  const batch = options.batch ?? Math.ceil(images / runs);
  const program = compileModel(quantised, chipOf(config), { batch });
  const machine = await options.open(config);
  try {
    const input = quantiseInput(quantised, pixels);
    const run = await during(progress, 'simulation', (task) =>
      runBatches(machine, program, input, images, (share) => task.at(share, `${numberText(Math.floor(share * images), 'count')} of ${numberText(images, 'count')} images`)));
    const classes = elementCount(quantised.output.shape);
    const chosen = argmaxRows(run.output, classes);
    const reference = argmaxRows(executeFloatSingle(graph, normaliseInput(singleInput(graph), pixels), images), classes);
    const count = (matches: (index: number) => boolean): number => chosen.reduce((sum, _, index) => sum + (matches(index) ? 1 : 0), 0);
    const correct = count((index) => chosen[index] === labels[index]);
    const macs = images * macsOf(quantised);
    const { cycles } = run;
    const { rows, columns } = config.tensor;
    return {
      images, correct, accuracy: correct / images,
      agreement: count((index) => chosen[index] === reference[index]) / images,
      floatAccuracy: count((index) => reference[index] === labels[index]) / images,
      split, trainedOn: !isOwnModel(options.model) ? 'unknown' : split.training > 0 ? 'some' : 'none',
      ...(cycles === undefined ? {} : {
        cycles, cyclesPerImage: cycles / images, utilization: macs / (cycles * rows * columns), cyclesPerSecond: cycles / run.seconds,
      }),
      macs, seconds: run.seconds,
      engine: machine.engine, batch, estimatedCycles: estimateOf(program.report, run.runs),
    };
  } finally {
    machine.close?.();
  }
}

/** The first digits: those held out of training, then those to train on. */
export function firstDigits({ heldOut, train }: DigitSplit, count: number): DigitSet & Pick<MnistResult, 'split'> {
  const training = Math.max(0, count - heldOut.count);
  const split = { heldOut: count - training, training };
  const joined = (of: 'pixels' | 'labels', each: number): Uint8Array => {
    const bytes = new Uint8Array(count * each);
    bytes.set(heldOut[of].subarray(0, split.heldOut * each));
    bytes.set(train[of].subarray(0, split.training * each), split.heldOut * each);
    return bytes;
  };
  return { count, pixels: joined('pixels', DIGIT_PIXELS), labels: joined('labels', 1), split };
}

const estimateOf = (report: CompileReport, runs: number): number => report.estimatedCycles * runs;

/** The part of a configuration that the compiler needs. */
export function chipOf(config: ChipConfig): ChipTarget {
  const { tensor, core, simulation, soc } = config;
  const fetch = {
    prefetch: core.prefetch, predicts: core.predictorEntries > 0, isLate: core.redirect === 'registered',
    cacheBytes: soc.instructionCacheBytes, lineBytes: soc.instructionLineBytes, busBytes: tensor.busBytes,
    prefetchesLines: soc.instructionPrefetch,
  };
  return {
    tensor, ramBytes: simulation.ramBytes, memoryLatencyCycles: simulation.latencyCycles, memoryOutstanding: simulation.outstanding, fetch,
    countsCycles: core.counters,
  };
}
