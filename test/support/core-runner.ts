/** Runs programs on a core in its test bench with the built-in engine. */
import { elaborate } from '../../gen/index.ts';
import { balancedCore, clockedCore, fastCore, smallCore } from '../../hw/core/config.ts';
import type { CoreConfig } from '../../hw/core/config.ts';
import { RAM_BASE } from '../../hw/soc/memory-map.ts';
import type { ElfImage } from '../../sim/elf.ts';
import { createWasmSimulator } from '../../sim/engine/index.ts';
import { keepLast } from '../../sim/keep-last.ts';
import type { Simulator } from '../../sim/simulator.ts';
import { CoreBench } from './core-bench.ts';
import type { BenchOptions } from './core-bench.ts';

const withIsa = (config: CoreConfig, isa: Partial<CoreConfig['isa']>): CoreConfig => ({ ...config, isa: { ...config.isa, ...isa } });

/** The presets, and variants in which every parameter takes each of its values at least once. */
export const CORES: Readonly<Record<string, CoreConfig>> = {
  small: smallCore,
  'small with multiplication and 16-bit instructions': withIsa(smallCore, { m: true, c: true }),
  'small in flip-flops with all counters and a two-word queue': {
    ...withIsa(smallCore, { zicntr: true, zbb: true }), registerFile: 'flipflop', counters: true, prefetch: 2, xif: false,
  },
  'small with prediction': { ...withIsa(smallCore, { c: true }), predictorEntries: 16 },
  'small with prediction, late redirection and a two-word queue': {
    ...withIsa(smallCore, { m: true }), prefetch: 2, predictorEntries: 16, redirect: 'registered', multiplier: 'stepped',
  },
  balanced: balancedCore,
  'balanced with a serial shifter and load bypass': { ...withIsa(balancedCore, { zba: true, zbs: true }), shifter: 'serial', loadBypass: true },
  'balanced with late redirection and memory protection': { ...balancedCore, redirect: 'registered', pmpRegions: 4 },
  fast: fastCore,
  'fast with a tiny predictor in block RAM and an overlapping unit': { ...fastCore, predictorEntries: 4, registerFile: 'block', xifOverlap: true },
  'fast without 16-bit instructions': { ...withIsa(fastCore, { c: false }), xif: false },
  clocked: clockedCore,
};

export interface CoreRun {
  /** 0: passed; n: test n failed; undefined: it did not end. */
  readonly exit: number | undefined;
  readonly cycles: number;
}

/** As many as there are cores, for files that try them all. */
const benchDesign = keepLast(Object.keys(CORES).length,
  (config: CoreConfig, options: BenchOptions) => elaborate(CoreBench(config, options)));

export function createBench(config: CoreConfig, options: BenchOptions): Simulator {
  return createWasmSimulator(benchDesign(config, options));
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
