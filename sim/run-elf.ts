/**
 * Runs a bare-metal program on a chip's configuration, on any engine: loads it through the memory's back door, lets it run
 * until it writes `tohost`, passes on what it sends to the UART. Must not know any particular program.
 */
import { elaborate } from '../gen/index.ts';
import { UserError } from '../gen/user-error.ts';
import type { ChipConfig } from '../hw/soc/config.ts';
import { RAM_BASE } from '../hw/soc/memory-map.ts';
import { TENSOR_COUNTERS } from '../hw/isa/tensor.ts';
import { RAM_PATH, SimBoard, UART_LOG_BYTES, UART_LOG_PATH } from './board.ts';
import type { ElfImage } from './elf.ts';
import { createWasmSimulator } from './engine/index.ts';
import { GoldenModel } from './model/golden-model.ts';
import type { GoldenModelOptions } from './model/golden-model.ts';
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
  /** tohost: the program ended; limit: it did not within `maxCycles`; stuck (model): its trap handler traps. */
  readonly stopped: 'tohost' | 'limit' | 'stuck';
}

/** Bounds of what is run at a time: the UART log must not overflow even at a byte a cycle. */
const CHUNK = { min: 1000, max: UART_LOG_BYTES, seconds: 0.1 } as const;
/** While there is input, the UART is looked after this often. */
const INPUT_CHUNK_CYCLES = 500;
const MODEL_CHUNK = 5_000_000;

/** Runs `elf` to its end. Throws UserError for bad input and AssertionError when the design breaks one of its own rules. */
export async function runElf(options: RunElfOptions): Promise<RunElfResult> {
  const engine = options.engine ?? 'wasm';
  if (engine === 'model') return runModel(options);
  checkFits(options.elf, options.config.simulation.ramBytes);
  const design = elaborate(SimBoard(options.config));
  const onProgress = options.onPrepare;
  const simulator = engine === 'wasm' ? createWasmSimulator(design) : await createVerilatorSimulator(design, onProgress ? { onProgress } : {});
  try {
    return runBoard(simulator, engine, options);
  } finally {
    simulator.close();
  }
}

/** Segments must lie in RAM. */
function checkFits(elf: ElfImage, ramBytes: number): void {
  for (const { address, memSize } of elf.segments) {
    if (address >= RAM_BASE && address + memSize <= RAM_BASE + ramBytes) continue;
    const hex = (n: number): string => `0x${n.toString(16)}`;
    throw new UserError(`${elf.file}: segment ${hex(address)}…${hex(address + memSize)} is outside RAM ${hex(RAM_BASE)}…${hex(RAM_BASE + ramBytes)}; mend the linker script or enlarge simulation.ram`);
  }
}

/** Loads a program into a fresh board and leaves reset. The core starts at `RAM_BASE`. */
export function loadBoard(simulator: Simulator, elf: ElfImage): void {
  if (elf.entry !== RAM_BASE) {
    throw new UserError(`${elf.file}: entry 0x${elf.entry.toString(16)} is not the start of RAM, where the core begins; mend the linker script`);
  }
  const ram = simulator.memory(RAM_PATH);
  for (const { address, bytes } of elf.segments) ram.write(address - RAM_BASE, bytes);
  simulator.poke('tohost', elf.symbols.get('tohost') ?? 0);
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
  const start = performance.now();
  const elapsed = (): number => (performance.now() - start) / 1000;
  let cycles = 0;
  let stopped = false;
  let chunk: number = CHUNK.min;
  let input = options.uartInput ?? new Uint8Array(0);
  while (!stopped && cycles < limit) {
    if (input.length > 0 && simulator.peek('uartRx_ready') === 1n) {
      simulator.poke('uartRx_bits', input[0]);
      simulator.poke('uartRx_valid', 1);
      waves?.sample();
      simulator.step();
      cycles++;
      simulator.poke('uartRx_valid', 0);
      input = input.subarray(1);
    }
    const goal = Math.min(input.length > 0 ? INPUT_CHUNK_CYCLES : chunk, limit - cycles);
    if (waves) {
      for (let i = 0; i < goal && !stopped; i++, cycles++) {
        stopped = simulator.peek('stop') === 1n;
        if (stopped) break;
        waves.sample();
        simulator.step();
      }
    } else {
      const result = simulator.runUntil('stop', goal);
      cycles += result.cycles;
      stopped = result.stopped;
    }
    uart();
    options.onProgress?.(cycles);
    // Long enough to be fast, short enough to show what the program prints.
    chunk = Math.max(CHUNK.min, Math.min(CHUNK.max, Math.round((cycles / elapsed()) * CHUNK.seconds)));
  }
  const seconds = elapsed();
  waves?.close();
  const value = Number(simulator.peek('exitValue'));
  return {
    engine, exit: stopped ? exitOf(value) : undefined, cycles, instret: Number(simulator.peek('instret')), seconds,
    cyclesPerSecond: cycles / seconds, stopped: stopped ? 'tohost' : 'limit',
  };
}

/** 1 is success, any other odd value v tells that test v >> 1 failed. */
function exitOf(value: number): number {
  return value === 1 ? 0 : value >>> 1;
}

/** A function that passes on what the program has sent since its last call. */
function uartReader(simulator: Simulator, onUart: ((bytes: Uint8Array) => void) | undefined): () => void {
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
  const { zicntr: _zicntr, ...isa } = config.core.isa;
  const { rows, columns, scratchpadRows, accumulatorRows, channels, busBytes, queueDepth, vectorLanes, counters } = config.tensor;
  return {
    isa, ramBytes: config.simulation.ramBytes,
    tensor: {
      rows, columns, scratchpadRows, accumulatorRows, channels, busBytes, queueDepth, vectorLanes,
      counters: counters ? TENSOR_COUNTERS.length : 0,
    },
  };
}

function runModel(options: RunElfOptions): RunElfResult {
  if (options.wave !== undefined) throw new UserError(`${options.wave}: the model engine has no waves; use engine wasm or verilator`);
  let sent: number[] = [];
  const model = new GoldenModel({ ...modelOptions(options.config), uart: (byte) => sent.push(byte) });
  model.load(options.elf);
  if (options.uartInput) model.sendUart(options.uartInput);
  const limit = options.maxCycles ?? Infinity;
  const start = performance.now();
  for (;;) {
    const result = model.run(Math.min(MODEL_CHUNK, limit - model.instret));
    if (sent.length > 0) options.onUart?.(Uint8Array.from(sent));
    sent = [];
    options.onProgress?.(model.instret);
    if (result.stopped === 'limit' && model.instret < limit) continue;
    const seconds = (performance.now() - start) / 1000;
    return {
      engine: 'model', exit: result.exit, cycles: model.instret, instret: model.instret, seconds, cyclesPerSecond: model.instret / seconds,
      stopped: result.stopped,
    };
  }
}
