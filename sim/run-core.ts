/** Runs programs on a core alone, on any cycle-accurate engine. Must not know a particular program. */
import { elaborate } from '../gen/index.ts';
import type { CoreConfig } from '../hw/core/config.ts';
import { BENCH_MARKS, BENCH_PATHS, BENCH_RAM_BYTES, BENCH_UART_BYTES, CoreBench, MARK_WORDS } from './core-bench.ts';
import type { ElfImage } from './elf.ts';
import { createWasmSimulator } from './engine/index.ts';
import { keepLast } from './keep-last.ts';
import { checkExtensions, planLoad, watchedWord } from './load-program.ts';
import type { LoadPlace } from './load-program.ts';
import type { Simulator } from './simulator.ts';
import { createVerilatorSimulator } from './verilator/index.ts';

/** One store to the program's symbol `mark`. */
export interface Mark {
  readonly value: number;
  /** Clock cycle since reset in which the store was on the bus, modulo 2³²; the timer counts the same. */
  readonly cycle: number;
  /** Instructions retired before that cycle, modulo 2³². */
  readonly instret: number;
}

export interface CoreRun {
  /** 0: passed; n: test n failed; undefined: it did not end. */
  readonly exit: number | undefined;
  readonly cycles: number;
  readonly instret: number;
  /** Time of the run itself. */
  readonly seconds: number;
  /** The last `BENCH_MARKS` of them. */
  readonly marks: readonly Mark[];
  /** The last `BENCH_UART_BYTES` characters that it sent. */
  readonly text: string;
}

export interface CoreBenchRunner {
  readonly engine: 'wasm' | 'verilator';
  /** Clears the memory, loads, resets, runs. Throws UserError where the program does not fit. */
  run(elf: ElfImage, maxCycles: number, onProgress?: (cycles: number) => void): CoreRun;
  close(): void;
}

const BENCH: LoadPlace = { ramBytes: BENCH_RAM_BYTES, more: 'make the program smaller' };
/** Clock cycles between two reports of progress. */
const SLICE = 1_000_000;

/** Whether a core in this bench can run a program, before it is built. Throws UserError. */
export function checkCoreProgram(elf: ElfImage, name: string, { isa }: CoreConfig): void {
  checkExtensions(elf, { name: `core ${name}`, isa, file: undefined });
  planLoad(elf, BENCH);
  watchedWord(elf, 'mark', BENCH);
}

const KEPT_BENCHES = 3;
const benchDesign = keepLast(KEPT_BENCHES, (config: CoreConfig) => elaborate(CoreBench(config)));

/** A core with its memory, on an engine; for as many programs as one likes. */
export async function openCoreBench(config: CoreConfig, engine: 'wasm' | 'verilator', onProgress?: (line: string) => void): Promise<CoreBenchRunner> {
  const design = benchDesign(config);
  const sim = engine === 'wasm' ? createWasmSimulator(design) : await createVerilatorSimulator(design, onProgress ? { onProgress } : {});
  return { engine, run: (elf, maxCycles, onProgress) => run(sim, elf, maxCycles, onProgress), close: () => sim.close() };
}

function run(sim: Simulator, elf: ElfImage, maxCycles: number, onProgress: (cycles: number) => void = () => undefined): CoreRun {
  const { pieces, tohost } = planLoad(elf, BENCH);
  const mark = watchedWord(elf, 'mark', BENCH);
  const ram = sim.memory(BENCH_PATHS.ram);
  ram.write(0, new Uint8Array(BENCH_RAM_BYTES));
  for (const { offset, bytes } of pieces) ram.write(offset, bytes);
  sim.poke('tohost', tohost ?? 0);
  sim.poke('mark', mark ?? 0);
  sim.poke('rst', 1);
  sim.step(2);
  sim.poke('rst', 0);
  const start = performance.now();
  let cycles = 0;
  let stopped = false;
  while (!stopped && cycles < maxCycles) {
    const part = sim.runUntil('stop', Math.min(SLICE, maxCycles - cycles));
    cycles += part.cycles;
    stopped = part.stopped;
    onProgress(cycles);
  }
  const seconds = (performance.now() - start) / 1000;
  const value = Number(sim.peek('exitValue'));
  return {
    exit: !stopped ? undefined : value === 1 ? 0 : value >>> 1, cycles, instret: Number(sim.peek('instret')), seconds, marks: marksOf(sim),
    text: new TextDecoder().decode(latest(sim, BENCH_PATHS.uartLog, Number(sim.peek('uartCount')), BENCH_UART_BYTES)),
  };
}

/** The last elements of a log of which `count` were written, oldest first. */
function latest(sim: Simulator, path: string, count: number, capacity: number): Uint8Array {
  const log = sim.memory(path);
  const bytes = log.wordBytes;
  if (count <= capacity) return log.read(0, count * bytes);
  const from = (count % capacity) * bytes;
  return Uint8Array.from([...log.read(from, capacity * bytes - from), ...log.read(0, from)]);
}

function marksOf(sim: Simulator): Mark[] {
  const bytes = latest(sim, BENCH_PATHS.marks, Number(sim.peek('markCount')), BENCH_MARKS);
  const { wordBytes } = sim.memory(BENCH_PATHS.marks);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const word = (mark: number, i: number): number => view.getUint32(mark * wordBytes + 4 * i, true);
  if (wordBytes < 4 * MARK_WORDS) throw new RangeError('a mark does not fit its word');
  return Array.from({ length: bytes.length / wordBytes }, (_, i) => ({ value: word(i, 0), cycle: word(i, 1), instret: word(i, 2) }));
}
