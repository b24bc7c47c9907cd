/**
 * The `verilator` engine: the reference on the emitted SystemVerilog. Needs Verilator and a C++ compiler; builds a native
 * addon on first use of a design and keeps it in the cache.
 */
import { createRequire } from 'node:module';
import type { Design } from '../../gen/ir/module.ts';
import { printDesign } from '../../gen/print/systemverilog.ts';
import type { SourceFile } from '../../gen/print/systemverilog.ts';
import { UserError } from '../../gen/user-error.ts';
import { checkDesign } from '../given.ts';
import { buildAddon } from './build.ts';
import { controlFile } from './control-file.ts';
import type { NativeModule } from './native.ts';
import { shellName, shellText } from './shell.ts';
import { VerilatorSimulator, type SimulatorHooks } from './simulator.ts';

export { missingTools } from './toolchain.ts';
export type { VerilatorSimulator } from './simulator.ts';

export interface VerilatorOptions extends SimulatorHooks {
  /** Keeps named wires and inner ports visible to `peek` and waves too; makes the simulation slower. */
  readonly observeWires?: boolean;
  /** Receives one line a stage of the build; by default they go to stderr. */
  readonly onProgress?: (line: string) => void;
  /** The emitted files, if the caller has printed the design already. */
  readonly files?: readonly SourceFile[];
}

/**
 * A simulator on the emitted SystemVerilog of `design`, with all state 0.
 * @throws UserError when Verilator or the compiler is missing or refuses the design
 */
export async function createVerilatorSimulator(design: Design, options: VerilatorOptions = {}): Promise<VerilatorSimulator> {
  checkDesign(design);
  const missing = design.modules.find((m) => m.blackBox && !m.blackBox.behaviour);
  if (missing) throw new UserError(`engine verilator: black box ${missing.name} has no behaviour; give it one to simulate it`);
  const shell = shellName(design);
  const source = {
    name: design.top.name,
    top: shell,
    files: [...(options.files ?? printDesign(design)), { name: `${shell}.sv`, text: shellText(design) }],
    control: controlFile(design, options.observeWires ?? false),
  };
  const onProgress = options.onProgress ?? ((line: string) => process.stderr.write(`${line}\n`));
  const addon = await buildAddon(source, onProgress);
  const { NativeSimulation } = load(addon.path);
  return new VerilatorSimulator(design, new NativeSimulation(), addon.buildSeconds, options);
}

/** @throws UserError where a library that was built here does not load here: after a change of the system's libraries, say */
function load(path: string): NativeModule {
  try {
    return createRequire(import.meta.url)(path) as NativeModule;
  } catch (error) {
    const reason = (error instanceof Error ? error.message : String(error)).split('\n')[0];
    throw new UserError(`engine verilator: ${path} cannot be loaded (${reason}); remove its folder to have it built again`);
  }
}
