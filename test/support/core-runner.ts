/** Runs programs on a core in its test bench with the built-in engine. */
import { elaborate } from '../../gen/index.ts';
import type { CoreConfig } from '../../hw/core/config.ts';
import { RAM_BASE } from '../../hw/soc/memory-map.ts';
import type { ElfImage } from '../../sim/elf.ts';
import { createWasmSimulator } from '../../sim/engine/index.ts';
import type { Simulator } from '../../sim/simulator.ts';
import { CoreBench } from './core-bench.ts';
import type { BenchOptions } from './core-bench.ts';

export interface CoreRun {
  /** 0: passed; n: test n failed; undefined: it did not end. */
  readonly exit: number | undefined;
  readonly cycles: number;
}

export function createBench(config: CoreConfig, options: BenchOptions): Simulator {
  return createWasmSimulator(elaborate(CoreBench(config, options)));
}

/** Puts the bench into the state after reset. */
export function reset(sim: Simulator): void {
  sim.poke('rst', 1);
  sim.step(2);
  sim.poke('rst', 0);
}

/** Clears the bench's RAM and copies a program there. Its entry must be the core's boot address. */
export function loadElf(sim: Simulator, elf: ElfImage): void {
  const ram = sim.memory('ram');
  ram.write(0, new Uint8Array(ram.bytes));
  for (const { address, bytes } of elf.segments) ram.write(address - RAM_BASE, bytes);
  sim.poke('tohostAddress', elf.symbols.get('tohost') ?? 0);
}

/** Resets, loads and runs. */
export function runElf(sim: Simulator, elf: ElfImage, maxCycles: number): CoreRun {
  loadElf(sim, elf);
  reset(sim);
  const { cycles, stopped } = sim.runUntil('finished', maxCycles);
  return { exit: stopped ? Number(sim.peek('tohost')) >>> 1 : undefined, cycles };
}
