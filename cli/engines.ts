// The engines that a program can run on, by their names on the command line.
// Must not know: verbs, networks.
import type { ChipConfig } from '../hw/soc/config.ts';
import type { ProgramMachine } from '../sw/runtime/driver.ts';

export const ENGINES = ['wasm', 'verilator', 'model'] as const;
export type EngineName = (typeof ENGINES)[number];

/** A chip of this configuration on an engine. @throws UserError where the engine cannot run here */
export async function openMachine(config: ChipConfig, engine: EngineName, onPrepare?: (line: string) => void): Promise<ProgramMachine> {
  if (engine === 'model') {
    const { goldenMachine } = await import('../sw/runtime/golden-machine.ts');
    const { hartOptions } = await import('../sim/model/hart-options.ts');
    return goldenMachine({ ...hartOptions(config.core), ramBytes: config.simulation.ramBytes, tensor: config.tensor });
  }
  const { boardMachine } = await import('../sw/runtime/board-machine.ts');
  return boardMachine(config, engine, onPrepare === undefined ? {} : { onPrepare });
}
