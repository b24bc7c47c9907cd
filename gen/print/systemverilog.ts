/** A design as SystemVerilog: one file a module, children first, in the subset that Verilator, Yosys and Icarus all take. */
import type { Design, Module } from '../ir/module.ts';
import { DesignNames } from '../names/text-names.ts';
import { printModule } from './module.ts';

export interface SourceFile {
  /** File name, `Module.sv`. */
  readonly name: string;
  readonly text: string;
}

/** Prints every module of the design. Same design, same text. */
export function printDesign(design: Design): SourceFile[] {
  const names = new DesignNames(design);
  return printableModules(design).map((m) => ({ name: `${m.name}.sv`, text: printModule(m, names.of(m)) }));
}

/** Modules that have a body to print: black boxes stand in the target's library, their behaviour is for simulation. */
function printableModules(design: Design): Module[] {
  const seen = new Set<string>();
  return design.modules
    .flatMap((m) => (m.blackBox ? (m.blackBox.behaviour ? [m.blackBox.behaviour] : []) : [m]))
    .filter((m) => !seen.has(m.name) && seen.add(m.name));
}
