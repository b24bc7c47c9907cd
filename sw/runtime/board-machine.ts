// The simulated board (the RTL with main memory) as a machine that the driver can use, on either cycle-accurate engine.
// Must not know: networks, how engines work.
import { UserError } from '../../gen/user-error.ts';
import type { Module } from '../../gen/ir/module.ts';
import type { ChipConfig } from '../../hw/soc/config.ts';
import { RAM_BASE } from '../../hw/soc/memory-map.ts';
import { RAM_PATH, boardDesign } from '../../sim/board.ts';
import { hangOfBoard } from '../../sim/debug/hang.ts';
import { parseElf } from '../../sim/elf.ts';
import { createWasmSimulator } from '../../sim/engine/index.ts';
import { loadBoard, patienceOf } from '../../sim/run-elf.ts';
import { createVerilatorSimulator } from '../../sim/verilator/index.ts';
import type { ProgramMachine } from './driver.ts';

export interface BoardMachineOptions {
  /** Lines about what takes time before the first run. */
  readonly onPrepare?: (line: string) => void;
}

/** Clock cycles between two reports of progress. */
const SLICE = 100_000;

/** Paths of the memories of a module and all below it, but for those that begin with contents. */
function memoryPaths(module: Module, prefix = ''): readonly string[] {
  const own = module.memories.filter(({ init = [] }) => init.every((word) => word === 0n));
  return [...own.map(({ name }) => prefix + name), ...module.instances.flatMap((i) => memoryPaths(i.module, `${prefix}${i.name}.`))];
}

/** A chip of this configuration; it is built once, and for every program as it is after power-up. */
export async function boardMachine(
  config: ChipConfig, engine: 'wasm' | 'verilator', { onPrepare }: BoardMachineOptions = {},
): Promise<ProgramMachine> {
  const design = boardDesign(config, patienceOf({ config }));
  const hooks = onPrepare === undefined ? {} : { onProgress: onPrepare };
  const simulator = engine === 'wasm' ? createWasmSimulator(design) : await createVerilatorSimulator(design, hooks);
  const ram = simulator.memory(RAM_PATH);
  // No reset clears them, and what the program before taught the branch predictor would change the cycles of the next.
  const memories = memoryPaths(design.top).filter((path) => path !== RAM_PATH).map((path) => simulator.memory(path));
  return {
    engine,
    loadElf(elf, file) {
      for (const memory of memories) memory.write(0, new Uint8Array(memory.bytes));
      loadBoard(simulator, parseElf(elf, file));
    },
    writeMemory: (address, bytes) => ram.write(address - RAM_BASE, bytes),
    readMemory: (address, length) => ram.read(address - RAM_BASE, length),
    run({ maxCycles = Infinity, onProgress } = {}) {
      let cycles = 0;
      let stopped = false;
      while (!stopped && cycles < maxCycles) {
        const result = simulator.runUntil('halted', Math.min(SLICE, maxCycles - cycles));
        cycles += result.cycles;
        stopped = result.stopped;
        onProgress?.(cycles);
      }
      const value = Number(simulator.peek('exitValue'));
      const hang = hangOfBoard(simulator);
      if (hang !== undefined) throw new UserError(`compiled program: ${hang}`);
      // Halted without a result: its trap handler traps.
      const ended = simulator.peek('stop') === 1n;
      return { exit: ended ? value >>> 1 : undefined, cycles, instret: Number(simulator.peek('instret')) };
    },
    close: () => simulator.close(),
  };
}
