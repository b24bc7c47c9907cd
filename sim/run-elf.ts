/**
 * Runs a bare-metal program on a chip's configuration, on any engine: loads it through the memory's back door, lets it run
 * until it writes `tohost`, passes on what it sends to the UART. Must not know any particular program.
 */
import { UserError } from '../gen/user-error.ts';
import type { ChipConfig } from '../hw/soc/config.ts';
import { RAM_BASE } from '../hw/soc/memory-map.ts';
import { featuresOf } from '../hw/isa/tensor-rows.ts';
import { TENSOR_COUNTERS } from '../hw/isa/tensor.ts';
import { RAM_PATH, UART_LOG_BYTES, UART_LOG_PATH, boardDesign } from './board.ts';
import { BoardEvents } from './debug/board-events.ts';
import { SHOWN_INSTRUCTIONS, describeCrash } from './debug/crash.ts';
import type { Crash, Recorded } from './debug/crash.ts';
import { hangOfBoard, hangOfModel } from './debug/hang.ts';
import type { HartEvent } from './debug/hart-event.ts';
import { ModelRecord } from './debug/model-record.ts';
import type { MemoryRange } from './debug/signature.ts';
import type { ElfImage } from './elf.ts';
import { createWasmSimulator } from './engine/index.ts';
import { EVENT_RING } from './event-recorder.ts';
import { exitReason } from './exit-reasons.ts';
import { checkProgram, planLoad, simulatedRam } from './load-program.ts';
import { GoldenModel } from './model/golden-model.ts';
import type { GoldenModelOptions } from './model/golden-model.ts';
import { hartOptions } from './model/hart-options.ts';
import { patienceFor } from './patience.ts';
import type { Patience } from './patience.ts';
import type { Simulator } from './simulator.ts';
import { openVcd } from './vcd.ts';
import { createVerilatorSimulator } from './verilator/index.ts';

export const ENGINES = ['wasm', 'verilator', 'model'] as const;
export type Engine = (typeof ENGINES)[number];

export interface RunElfOptions {
  readonly config: ChipConfig;
  readonly elf: ElfImage;
  /** Default: `wasm`. */
  readonly engine?: Engine;
  /** Clock cycles, for `model` instructions, after which to give up; default: none. */
  readonly maxCycles?: number;
  /** File for waves in VCD format; not with `model`. Makes the run slow. */
  readonly wave?: string;
  /** Bytes that the program receives on its UART. */
  readonly uartInput?: Uint8Array;
  /** Receives what the program sends to the UART, as it comes. */
  readonly onUart?: (bytes: Uint8Array) => void;
  /** Receives every instruction that retired and every trap, in order. Makes the run slower. */
  readonly onEvent?: (event: HartEvent) => void;
  /** Memory to be kept in the result. */
  readonly keep?: MemoryRange;
  /** How long the chip may wait for nothing; default: what the latency of its memory asks for. */
  readonly patience?: Patience;
  /** Called several times a second. */
  readonly onProgress?: (cycles: number) => void;
  /** Lines about what takes time before the run. */
  readonly onPrepare?: (line: string) => void;
}

export interface RunElfResult {
  readonly engine: Engine;
  /** 0: passed, n: test n failed; undefined: the program did not end. */
  readonly exit: number | undefined;
  /** Clock cycles; for `model`, which has no clock, instructions. */
  readonly cycles: number;
  readonly instret: number;
  /** Time of the run itself, without preparations. */
  readonly seconds: number;
  readonly cyclesPerSecond: number;
  /**
   * tohost: the program ended; limit: it did not within `maxCycles`; stuck: its trap handler traps; hang: it waits for ever; killed: by
   * a debugger.
   */
  readonly stopped: 'tohost' | 'limit' | 'stuck' | 'hang' | 'killed';
  /** What the program itself says of its exit value; undefined: nothing, or it passed. */
  readonly exitReason: string | undefined;
  /** What went wrong; undefined: the program passed. */
  readonly crash: Crash | undefined;
  /** The bytes asked for by `keep`, as the program left them. */
  readonly kept: Uint8Array | undefined;
}

/** Bounds of what is run at a time: the UART log must not overflow even at a byte a cycle. */
const CHUNK = { min: 1000, max: UART_LOG_BYTES, seconds: 0.1 } as const;
/** A cycle whose waves are written takes hundreds of times as long. */
const WAVES_CHUNK_MIN = 10;
/** While there is input, the UART is looked after this often. */
const INPUT_CHUNK_CYCLES = 500;
const MODEL_CHUNK = 5_000_000;
const TRACED_CHUNK = 100_000;
/** Events among the last few instructions, traps counted: there may be one before each, hardly more. */
const MOST_REPLAYED = 4 * SHOWN_INSTRUCTIONS;

/** Runs `elf` to its end. Throws UserError for bad input and AssertionError when the design breaks one of its own rules. */
export async function runElf(options: RunElfOptions): Promise<RunElfResult> {
  const engine = options.engine ?? 'wasm';
  checkProgram(options.elf, options.config);
  if (engine === 'model') return runModel(options);
  const simulator = await createBoard(engine, options);
  try {
    return runBoard(simulator, engine, options);
  } finally {
    simulator.close();
  }
}

/** The board of a configuration on a cycle-accurate engine. */
export async function createBoard(
  engine: 'wasm' | 'verilator', options: Pick<RunElfOptions, 'config' | 'patience' | 'onPrepare'>,
): Promise<Simulator> {
  const design = boardDesign(options.config, patienceOf(options));
  const onProgress = options.onPrepare;
  return engine === 'wasm' ? createWasmSimulator(design) : createVerilatorSimulator(design, onProgress ? { onProgress } : {});
}

export const patienceOf = ({ patience, config }: Pick<RunElfOptions, 'config' | 'patience'>): Patience =>
  patience ?? patienceFor(config.simulation.latencyCycles);

/** Simulators whose memory may hold something: a new one holds zeros. */
const used = new WeakSet<Simulator>();
/** Written at a time where memory is cleared. */
const ZEROS = new Uint8Array(2 ** 20);

/** Puts a program into a board's memory, the rest of which becomes zero, and leaves reset. The core starts at `RAM_BASE`. */
export function loadBoard(simulator: Simulator, elf: ElfImage): void {
  const ram = simulator.memory(RAM_PATH);
  const { pieces, tohost } = planLoad(elf, simulatedRam(ram.bytes));
  if (used.has(simulator)) {
    for (let at = 0; at < ram.bytes; at += ZEROS.length) ram.write(at, ZEROS.subarray(0, ram.bytes - at));
  }
  used.add(simulator);
  for (const { offset, bytes } of pieces) ram.write(offset, bytes);
  simulator.poke('tohost', tohost ?? 0);
  simulator.poke('uartRx_valid', 0);
  simulator.poke('rst', 1);
  simulator.step(2);
  simulator.poke('rst', 0);
}

function runBoard(simulator: Simulator, engine: 'wasm' | 'verilator', options: RunElfOptions): RunElfResult {
  loadBoard(simulator, options.elf);
  const limit = options.maxCycles ?? Infinity;
  const waves = options.wave === undefined ? undefined : openVcd(options.wave, simulator, { top: 'board' });
  const uart = uartReader(simulator, options.onUart);
  const events = new BoardEvents(simulator);
  const { onEvent } = options;
  const passOn = (): void => {
    if (onEvent) events.take().forEach(onEvent);
  };
  const start = performance.now();
  const elapsed = (): number => (performance.now() - start) / 1000;
  let cycles = 0;
  let halted = false;
  const least = waves === undefined ? CHUNK.min : WAVES_CHUNK_MIN;
  let chunk = least;
  let input = options.uartInput ?? new Uint8Array(0);
  try {
    while (!halted && cycles < limit) {
      if (input.length > 0 && simulator.peek('uartRx_ready') === 1n) {
        simulator.poke('uartRx_bits', input[0]);
        simulator.poke('uartRx_valid', 1);
        waves?.sample();
        simulator.step();
        cycles++;
        simulator.poke('uartRx_valid', 0);
        input = input.subarray(1);
      }
      // With the byte above, no more cycles than the ring of events holds.
      const goal = Math.min(input.length > 0 ? INPUT_CHUNK_CYCLES : chunk, onEvent ? EVENT_RING - 1 : Infinity, limit - cycles);
      if (waves) {
        for (let i = 0; i < goal && !halted; i++, cycles++) {
          halted = simulator.peek('halted') === 1n;
          if (halted) break;
          waves.sample();
          simulator.step();
        }
      } else {
        const result = simulator.runUntil('halted', goal);
        cycles += result.cycles;
        halted = result.stopped;
      }
      uart();
      passOn();
      options.onProgress?.(cycles);
      // Long enough to be fast, short enough to show what the program prints.
      chunk = Math.max(least, Math.min(CHUNK.max, Math.round((cycles / elapsed()) * CHUNK.seconds)));
    }
  } finally {
    // An assertion of the design that fails ends the run too: what came before it is what one wants to see.
    uart();
    passOn();
    waves?.close();
  }
  const seconds = elapsed();
  const hang = hangOfBoard(simulator);
  const stopped = halted ? endOfBoard(simulator) : 'limit';
  const exit = stopped === 'tohost' ? exitOf(Number(simulator.peek('exitValue'))) : undefined;
  return {
    engine, exit, exitReason: exitReasonOf(exit, options.elf), cycles, instret: Number(simulator.peek('instret')), seconds, cyclesPerSecond: cycles / seconds, stopped,
    crash: crashOf(stopped, { recent: events.recent(), exception: events.exception(), exit, hang }, options.elf),
    kept: options.keep && simulator.memory(RAM_PATH).read(options.keep.address - RAM_BASE, options.keep.bytes),
  };
}

/** Why a board has halted. */
export function endOfBoard(simulator: Pick<Simulator, 'peek'>): 'tohost' | 'stuck' | 'hang' {
  const is = (port: string): boolean => simulator.peek(port) === 1n;
  return is('stop') ? 'tohost' : is('stuck') ? 'stuck' : 'hang';
}

/** What there is to tell about an end; undefined: nothing. */
export function crashOf(stopped: 'tohost' | 'limit' | 'stuck' | 'hang', recorded: Recorded, elf: ElfImage): Crash | undefined {
  if (recorded.exit === 0) return undefined;
  return describeCrash(stopped === 'tohost' ? 'failed' : stopped, recorded, elf, exitReasonOf(recorded.exit, elf));
}

/** What a program says of its exit value; undefined: nothing. */
export const exitReasonOf = (exit: number | undefined, { exitReasons }: ElfImage): string | undefined =>
  (exit === undefined ? undefined : exitReason(exitReasons, exit));

/** 1 is success, any other odd value v tells that test v >> 1 failed. */
export function exitOf(value: number): number {
  return value === 1 ? 0 : value >>> 1;
}

/** A function that passes on what the program has sent since its last call. */
export function uartReader(simulator: Simulator, onUart: ((bytes: Uint8Array) => void) | undefined): () => void {
  const log = simulator.memory(UART_LOG_PATH);
  let seen = 0;
  return () => {
    const sent = Number(simulator.peek('uartCount'));
    const count = (sent - seen) >>> 0;
    if (count > 0 && onUart) {
      const from = seen % UART_LOG_BYTES;
      const first = log.read(from, Math.min(count, UART_LOG_BYTES - from));
      onUart(first);
      if (first.length < count) onUart(log.read(0, count - first.length));
    }
    seen = sent;
  };
}

/** The golden model of a configuration. */
export function modelOptions(config: ChipConfig): GoldenModelOptions {
  const { rows, columns, scratchpadRows, accumulatorRows, channels, busBytes, queueDepth, vectorLanes, counters } = config.tensor;
  return {
    ...hartOptions(config.core), ramBytes: config.simulation.ramBytes,
    tensor: {
      rows, columns, scratchpadRows, accumulatorRows, channels, busBytes, queueDepth, vectorLanes, ...featuresOf(config.tensor),
      counters: counters ? TENSOR_COUNTERS.length : 0,
    },
  };
}

function runModel(options: RunElfOptions): RunElfResult {
  if (options.wave !== undefined) throw new UserError(`${options.wave}: the model engine has no waves; use engine wasm or verilator`);
  let sent: number[] = [];
  const { answers } = patienceOf(options);
  const model = new GoldenModel({ ...modelOptions(options.config), uart: (byte) => sent.push(byte), patience: answers });
  model.load(options.elf);
  if (options.uartInput) model.sendUart(options.uartInput);
  const record = new ModelRecord(model);
  const limit = options.maxCycles ?? Infinity;
  const { onEvent } = options;
  const start = performance.now();
  for (;;) {
    const left = limit - model.instret;
    const result = onEvent ? record.run(Math.min(TRACED_CHUNK, left), onEvent) : model.run(Math.min(MODEL_CHUNK, left));
    if (sent.length > 0) options.onUart?.(Uint8Array.from(sent));
    sent = [];
    options.onProgress?.(model.instret);
    if (result.stopped === 'limit' && model.instret < limit) continue;
    const seconds = (performance.now() - start) / 1000;
    const { exit, stopped } = result;
    const { exception } = model;
    const recent = (): readonly HartEvent[] => (onEvent ? record.recent : replay(options, model));
    const recorded = (): Recorded => ({ recent: recent(), exception, exit, hang: hangOfModel(model), refusal: model.tensor?.lastRefusal });
    return {
      engine: 'model', exit, exitReason: exitReasonOf(exit, options.elf), cycles: model.instret, instret: model.instret, seconds, cyclesPerSecond: model.instret / seconds, stopped,
      crash: exit === 0 ? undefined : crashOf(stopped, recorded(), options.elf),
      kept: options.keep && model.read(options.keep.address, options.keep.bytes),
    };
  }
}

/**
 * The last events of a run that ended badly, by doing it once more: the model does the same every time, and a record kept by
 * every run would cost each of them a fifth of its speed.
 */
function replay({ config, elf, uartInput }: RunElfOptions, ended: GoldenModel): readonly HartEvent[] {
  const model = new GoldenModel(modelOptions(config));
  model.load(elf);
  if (uartInput) model.sendUart(uartInput);
  const hasEnded = (): boolean => model.exit !== undefined || model.stuck;
  const from = ended.instret - SHOWN_INSTRUCTIONS;
  // Instructions that trap count for `run`, so that it may need several turns.
  while (model.instret < from && !hasEnded()) model.run(Math.min(MODEL_CHUNK, from - model.instret));
  const record = new ModelRecord(model);
  const isThere = (): boolean => hasEnded() || (model.instret >= ended.instret && !ended.stuck);
  for (let left = MOST_REPLAYED; left > 0 && !isThere(); left--) record.step();
  return record.recent;
}
