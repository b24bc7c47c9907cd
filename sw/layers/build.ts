// One layer as a program of its own, for benchmarks: operands and result in main memory.
// Must not know: engines.
import { UserError } from '../../gen/user-error.ts';
import { programTime } from '../../sim/timing/program-timing.ts';
import { programWork } from '../../sim/timing/program-work.ts';
import type { ProgramWork } from '../../sim/timing/program-work.ts';
import { fetchOf, memoryLatencyOf, memoryOutstandingOf } from '../compiler/chip-target.ts';
import type { ChipTarget } from '../compiler/chip-target.ts';
import { generate } from '../compiler/codegen.ts';
import { buildImage, startTimer } from '../compiler/image.ts';
import type { DataBlock } from '../compiler/image.ts';
import type { Scope } from '../compiler/program.ts';
import { Random } from '../data/random.ts';
import type { RunnableProgram } from '../runtime/driver.ts';
import { addReference, packAddRecords, randomAdd } from './add-numbers.ts';
import { addProgram, addRecords } from './add-program.ts';
import { packGroups } from './image-form.ts';
import { elementsOf, macsOf, windowed } from './layer.ts';
import type { AddLayer, Layer, WindowedLayer } from './layer.ts';
import { randomInt8, randomNumbers, windowedReference } from './numbers.ts';
import { packKernels, packOutput, packWindowedRecords } from './windowed-data.ts';
import { planWindowed } from './windowed-plan.ts';
import type { WindowedPlan } from './windowed-plan.ts';
import { SYMBOLS, windowedProgram } from './windowed-program.ts';

export interface LayerProgram {
  readonly layer: Layer;
  readonly program: RunnableProgram;
  /** What to write to `input`, and what must then be in `output`. */
  readonly input: Int8Array;
  readonly expected: Int8Array;
  readonly macs: number;
  /** By the cycle model; undefined: of a serial unit, which it does not know, or not asked for. */
  readonly estimatedCycles: number | undefined;
  readonly work: ProgramWork;
}

export interface LayerOptions {
  readonly seed?: number;
  /** The first plan is taken, and nothing estimated: for who only wants to know what comes out. */
  readonly untimed?: boolean;
}

/** Alignment of everything that the chip moves in bursts. */
const DATA_ALIGN = 64;

/** @throws UserError where the chip cannot compute such a layer */
export function buildLayer(layer: Layer, chip: ChipTarget, options: LayerOptions = {}): LayerProgram {
  switch (layer.kind) {
    case 'add': return buildAdd(layer, chip, options);
    // A pixel with as many channels as there are inputs.
    case 'dense': {
      const { name, inputs, outputs } = layer;
      const pixel = windowed('conv', name, { height: 1, width: 1, channels: inputs }, { channels: outputs });
      return { ...buildWindowed(pixel, chip, options), layer };
    }
    default: return buildWindowed(layer, chip, options);
  }
}

/** Both inputs lie in groups of channels behind each other, and so does the output. */
function buildAdd(layer: AddLayer, chip: ChipTarget, { seed = 1, untimed = false }: LayerOptions): LayerProgram {
  const { tensor } = chip;
  if (!tensor.elementwise) {
    throw new UserError(`layer ${layer.name}: the chip's tensor unit adds no images; set tensor.elementwise = true and tensor.overlap = "full"`);
  }
  if (addRecords(tensor) > tensor.channels) {
    throw new UserError(`layer ${layer.name}: adding takes ${addRecords(tensor)} channel records and the chip has ${tensor.channels}; raise tensor.channels`);
  }
  const random = new Random(seed);
  const numbers = randomAdd(random);
  const inputs = [0, 1].map(() => randomInt8(elementsOf(layer.input), random));
  const { channels } = layer.input;
  const packed = inputs.map((values) => packGroups(values, channels, tensor.rows));
  const rows = packed[0].length / tensor.rows;
  const sum = packGroups(addReference(numbers, inputs[0], inputs[1]), channels, tensor.rows);
  // Lanes that no channel is in are 0 on both sides, and their sum need not be.
  const beyond = addReference(numbers, new Int8Array(1), new Int8Array(1))[0];
  const isChannel = packGroups(new Int8Array(elementsOf(layer.input)).fill(1), channels, tensor.rows);
  const expected = sum.map((value, index) => (isChannel[index] === 1 ? value : beyond));
  const data: DataBlock[] = [
    { symbol: SYMBOLS.records, section: '.rodata', align: DATA_ALIGN, content: packAddRecords(numbers, tensor.vectorLanes) },
    { symbol: SYMBOLS.input, section: '.bss', align: DATA_ALIGN, content: 2 * packed[0].length },
    { symbol: SYMBOLS.output, section: '.bss', align: DATA_ALIGN, content: expected.length },
  ];
  const made = layerImage(layer, addProgram(layer.name, rows, tensor), data, chip, untimed ? 'none' : 'thorough');
  return { layer, ...made, input: Int8Array.from([...packed[0], ...packed[1]]), expected, macs: 0 };
}

function buildWindowed(layer: WindowedLayer, chip: ChipTarget, { seed = 1, untimed = false }: LayerOptions): LayerProgram {
  const { tensor } = chip;
  const random = new Random(seed);
  if (!tensor.convolution) {
    throw new UserError(`layer ${layer.name}: the chip's tensor unit takes no windows; set tensor.convolution = true and tensor.overlap = "full"`);
  }
  const numbers = randomNumbers(layer, random);
  const input = randomInt8(elementsOf(layer.input), random);
  const plans = planWindowed(layer, tensor);
  // Steps are the same in all of them, and so is the output.
  const expected = packOutput(windowedReference(layer, numbers, input), plans[0], tensor);
  const make = (plan: WindowedPlan, isTrial: boolean): Made => {
    const kernels = isTrial ? plan.steps.length * plan.weightRows * tensor.rows : packKernels(plan, numbers, tensor.rows);
    const data: DataBlock[] = [
      { symbol: SYMBOLS.weights, section: '.rodata', align: DATA_ALIGN, content: kernels },
      { symbol: SYMBOLS.records, section: '.rodata', align: DATA_ALIGN, content: packWindowedRecords(layer, numbers) },
      { symbol: SYMBOLS.input, section: '.bss', align: DATA_ALIGN, content: plan.form.bytes },
      { symbol: SYMBOLS.output, section: '.bss', align: DATA_ALIGN, content: expected.length },
    ];
    return layerImage(layer, windowedProgram(plan, tensor, numbers.inputZeroPoint), data, chip, untimed ? 'none' : isTrial ? 'short' : 'thorough');
  };
  const plan = fastest(untimed ? plans.slice(0, 1) : plans, (one) => make(one, true).estimatedCycles ?? Infinity);
  return { layer, ...make(plan, false), input: plan.form.pack(input, numbers.inputZeroPoint), expected, macs: macsOf(layer) };
}

/**
 * `thorough`: rows of a loop move from bank to bank of the scratchpad, and what meets in one bank does not in the next, which loops that
 * are not followed to their end do not show.
 */
type Timing = 'none' | 'short' | 'thorough';

type Made = Pick<LayerProgram, 'program' | 'estimatedCycles' | 'work'>;

/** The first of those that take the fewest cycles. */
function fastest<T>(candidates: readonly T[], cyclesOf: (candidate: T) => number): T {
  const timed = candidates.length === 1 ? [] : candidates.map((candidate) => ({ candidate, cycles: cyclesOf(candidate) }));
  return timed.reduce((best, one) => (one.cycles < best.cycles ? one : best), { candidate: candidates[0], cycles: Infinity }).candidate;
}

/** The executable around a layer's commands, and what is known of it before it runs. @throws UserError where the chip has too little RAM */
function layerImage(layer: Layer, scope: Scope, data: readonly DataBlock[], chip: ChipTarget, timing: Timing): Made {
  const { tensor, countsCycles = true } = chip;
  const lines = generate([scope], { afterSetup: () => startTimer(countsCycles) });
  const image = buildImage({ tensor, lines, data, words: {}, timerInLines: true, countsCycles });
  if (image.ramBytes > chip.ramBytes) {
    throw new UserError(`layer ${layer.name}: program and data take ${image.ramBytes} bytes and the chip has ${chip.ramBytes} of RAM; raise simulation.ram`);
  }
  const bytesOf = (symbol: string): number => data.filter((block) => block.symbol === symbol)
    .reduce((sum, { content }) => sum + (typeof content === 'number' ? content : content.length), 0);
  const memory = { memoryLatencyCycles: memoryLatencyOf(chip), memoryOutstanding: memoryOutstandingOf(chip) };
  const isTimed = timing !== 'none' && tensor.overlap !== 'serial';
  const input = { tensor, fetch: fetchOf(chip), ...memory, ...image.timed, isThorough: timing === 'thorough' };
  const time = isTimed ? programTime(input) : undefined;
  return {
    program: { elf: image.elf, symbols: image.symbols, inputBytes: bytesOf(SYMBOLS.input), outputBytes: bytesOf(SYMBOLS.output) },
    estimatedCycles: time?.cycles, work: programWork({ tensor, ...image.timed }),
  };
}
