/** A design as SystemVerilog: one file a module, children first, in the subset that Verilator, Yosys and Icarus all take. */
import { DesignError } from '../design-error.ts';
import { designFault } from '../design-given.ts';
import type { Design, Module } from '../ir/module.ts';
import { DesignNames } from '../names/text-names.ts';
import { here } from '../site.ts';
import { dataFiles } from './memory-data.ts';
import type { DataFile } from './memory-data.ts';
import { declaredNames, printModule } from './module.ts';
import type { DeclaredNames, PrintOptions } from './module.ts';

export interface SourceFile {
  /** File name, `Module.sv`. */
  readonly name: string;
  readonly text: string;
  /** Files that it reads, to lie beside it: initial contents of memories. */
  readonly data?: readonly DataFile[];
}

/** All files of a printed design, those that are read included: what has to lie in one folder. */
export function filesOf(sources: readonly SourceFile[]): DataFile[] {
  return sources.flatMap((s) => [{ name: s.name, text: s.text }, ...(s.data ?? [])]);
}

/** Prints every module of the design. Same design, same text, from wherever it comes. */
export function printDesign(design: Design, options: PrintOptions = {}): SourceFile[] {
  const fault = designFault(design);
  if (fault) throw new DesignError('type-mismatch', `printDesign(): ${fault.what}`, here(), undefined, fault.mend);
  const names = new DesignNames(design);
  return printableModules(design).map((m) => {
    const named = names.of(m);
    // Under the names that the text gives.
    const data = dataFiles({ ...m, memories: m.memories.map((x) => ({ ...x, name: named.others.get(x) ?? x.name })) });
    return { name: `${m.name}.sv`, text: printModule(m, named, options), ...(data.length > 0 ? { data } : {}) };
  });
}

/** What the text of each module declares, to measure how much of it nobody named. */
export function namesInText(design: Design): ({ readonly module: string } & DeclaredNames)[] {
  const names = new DesignNames(design);
  return printableModules(design).map((m) => ({ module: m.name, ...declaredNames(m, names.of(m)) }));
}

/** Modules that have a body to print: black boxes stand in the target's library, their behaviour is for simulation. */
function printableModules(design: Design): Module[] {
  const seen = new Set<string>();
  return design.modules
    .flatMap((m) => (m.blackBox ? (m.blackBox.behaviour ? [m.blackBox.behaviour] : []) : [m]))
    .filter((m) => !seen.has(m.name) && seen.add(m.name));
}
