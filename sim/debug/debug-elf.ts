/** Runs a program with a debugger at its side, on any engine. Must not know the debugger's protocol. */
import { UserError } from '../../gen/user-error.ts';
import { checkProgram } from '../load-program.ts';
import type { RunElfOptions, RunElfResult } from '../run-elf.ts';
import { crashOf, createBoard, exitReasonOf, modelOptions, patienceOf } from '../run-elf.ts';
import { BoardHart } from './board-hart.ts';
import type { DebugHart, HartOptions } from './debug-hart.ts';
import { serveGdb } from './gdb-server.ts';
import { ModelHart } from './model-hart.ts';
import { Stops } from './stops.ts';

export interface DebugElfOptions extends Omit<RunElfOptions, 'wave' | 'uartInput'> {
  /** TCP port on 127.0.0.1; 0: any that is free. */
  readonly port: number;
  /** The port, once a debugger can connect. */
  readonly onListening?: (port: number) => void;
}

/** Loads `elf`, lets debuggers drive it, and returns when it has ended or one of them has killed it. */
export async function debugElf(options: DebugElfOptions): Promise<RunElfResult> {
  const engine = options.engine ?? 'wasm';
  checkProgram(options.elf, options.config);
  const hart = await openHart(engine, options);
  const start = performance.now();
  const onSlice = (): void => {
    hart.flushUart();
    options.onProgress?.(hart.cycles);
  };
  try {
    const end = await serveGdb(new Stops(hart), {
      port: options.port, onSlice, ...(options.onListening ? { onListening: options.onListening } : {}),
    });
    hart.flushUart();
    const seconds = (performance.now() - start) / 1000;
    const { exit, cycles, instret } = hart;
    const stopped = end === 'killed' ? 'killed' : hart.end ?? 'killed';
    return {
      engine, exit, exitReason: exitReasonOf(exit, options.elf), cycles, instret, seconds, cyclesPerSecond: cycles / seconds, stopped,
      crash: stopped === 'killed' ? undefined : crashOf(stopped, { ...hart.recorded(), exit }, options.elf),
      kept: options.keep && hart.read(options.keep.address, options.keep.bytes),
    };
  } finally {
    hart.close();
  }
}

async function openHart(engine: NonNullable<RunElfOptions['engine']>, options: DebugElfOptions): Promise<DebugHart> {
  const { config, elf, onEvent, onUart } = options;
  const { maxCycles = Infinity } = options;
  const hartOptions: HartOptions = { maxCycles, ...(onEvent ? { onEvent } : {}), ...(onUart ? { onUart } : {}) };
  const shape = { ...modelOptions(config), patience: patienceOf(options).answers };
  if (engine === 'model') return new ModelHart(elf, shape, hartOptions);
  // The registers are followed by the trace, and it does not tell what the extension unit writes later.
  if (config.core.xifOverlap) throw new UserError(`${config.file}: core.xifOverlap: the debugger cannot follow it on engine ${engine}; use --engine model or set it to false`);
  const simulator = await createBoard(engine, { ...options, config: { ...config, core: { ...config.core, debug: true } } });
  return new BoardHart(simulator, elf, config.core, hartOptions);
}
