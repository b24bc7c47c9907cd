/**
 * Where each named thing of a design is in the emitted SystemVerilog: paths as every engine spells them
 * (`core.fetch.pc`, `mesh[2][3].acc`) to scope and variable as Verilator spells them. Pure; must not know how the simulator
 * is built or run.
 */
import { findField } from '../../gen/ir/leaves.ts';
import type { Design, Memory, Module, Signal } from '../../gen/ir/module.ts';
import { BOOL, widthOf, type Type } from '../../gen/ir/types.ts';
import { DesignNames } from '../../gen/names/text-names.ts';
import { cellScope } from '../../gen/names/text-names.ts';
import type { TextNames } from '../../gen/names/text-names.ts';
import { unreadConstants } from '../../gen/passes/carry-constants.ts';
import { shellName, topInstance } from './shell.ts';

/** A packed variable of the emitted design. */
export interface Variable {
  readonly path: string;
  /** Hierarchical name of the scope, starting with the shell; empty for a port of the top module. */
  readonly scope: string;
  readonly name: string;
  readonly type: Type;
  /** What a wire holds for ever that the text leaves out. */
  readonly value?: bigint | undefined;
}

export interface MemoryVariable extends Variable {
  readonly depth: number;
}

export interface Hierarchy {
  readonly inputs: ReadonlyMap<string, Variable>;
  readonly outputs: ReadonlyMap<string, Variable>;
  readonly registers: ReadonlyMap<string, Variable>;
  readonly memories: ReadonlyMap<string, MemoryVariable>;
  /** Cover counters by path of the cover point. */
  readonly covers: ReadonlyMap<string, Variable>;
  /** Assertions by path, with their rank: a module's own in order of declaration, then those of its children. */
  readonly asserts: ReadonlyMap<string, { readonly rank: number; readonly message: string }>;
  /** Paths of the modules that have assertions, without the top module's name, by their scopes. */
  readonly scopes: ReadonlyMap<string, string>;
  /** Wires, and ports below the top module; the emitted design may lack some of them. */
  readonly wires: ReadonlyMap<string, Variable>;
}

/** What the printer emits for a cover point. */
const COUNTER: Type = { kind: 'uint', width: 32 };

export function hierarchyOf(design: Design): Hierarchy {
  const inputs = new Map<string, Variable>();
  const outputs = new Map<string, Variable>();
  const registers = new Map<string, Variable>();
  const memories = new Map<string, MemoryVariable>();
  const covers = new Map<string, Variable>();
  const asserts = new Map<string, { rank: number; message: string }>();
  const scopes = new Map<string, string>();
  const wires = new Map<string, Variable>();
  const names = new DesignNames(design);
  const given = new Map<Module, TextNames>();
  const constants = new Map<Module, ReadonlyMap<Signal, bigint>>();

  const visit = (printed: Module, prefix: string, scope: string): void => {
    const module = printed.blackBox?.behaviour ?? printed;
    let text = given.get(module);
    if (!text) given.set(module, (text = names.of(module)));
    const variable = (s: Signal | Memory): Variable => ({ path: prefix + s.name, scope, name: text.of(s), type: s.type });
    for (const r of module.regs) registers.set(prefix + r.name, variable(r));
    for (const m of module.memories) memories.set(prefix + m.name, { ...variable(m), depth: m.depth });
    let held = constants.get(module);
    if (!held) constants.set(module, (held = unreadConstants(module)));
    for (const w of module.wires) wires.set(prefix + w.name, { ...variable(w), value: held.get(w) });
    if (module.checks.some((c) => c.kind === 'assert')) scopes.set(scope, prefix);
    for (const check of module.checks) {
      const path = prefix + check.name;
      if (check.kind === 'assert') asserts.set(path, { rank: asserts.size, message: check.message });
      else covers.set(path, { path, scope, name: text.cover(check), type: COUNTER });
    }
    if (prefix !== '') {
      for (const { name, type } of module.ports) wires.set(prefix + name, { path: prefix + name, scope, name, type });
    }
    for (const { name, module: child } of module.instances) visit(child, `${prefix}${name}.`, `${scope}.${name}`);
    for (const g of module.grids) {
      for (let r = 0; r < g.rows; r++) {
        for (let c = 0; c < g.columns; c++) visit(g.module, `${prefix}${g.name}[${r}][${c}].`, `${scope}.${cellScope(g, text.grid(g), r, c)}`);
      }
    }
  };
  visit(design.top, '', `${shellName(design)}.${topInstance(design)}`);

  // Clock and reset are added by the printer; the clock belongs to the engine.
  if (design.top.clocked) inputs.set('rst', { path: 'rst', scope: '', name: 'rst', type: BOOL });
  for (const { name, kind, type } of design.top.ports) {
    (kind === 'input' ? inputs : outputs).set(name, { path: name, scope: '', name, type });
  }
  return { inputs, outputs, registers, memories, covers, asserts, scopes, wires };
}

/** Path of an assertion of a design as Verilator reports it (`TOP.SystoleShell.Top.core.pcAligned`). */
export function pathOfReported(reported: string, scopes: Hierarchy['scopes']): string {
  const [, scope, name] = /^TOP\.(.*)\.([^.]*)$/.exec(reported) ?? ['', '', reported];
  return `${scopes.get(scope) ?? ''}${name}`;
}

/** Some bits of a variable. */
export interface Bits {
  readonly variable: Variable;
  readonly low: number;
  readonly width: number;
}

/** Finds `path` in `variables`: by the whole name, or the fields and elements behind one (`pair.low`, `lanes[3].sum`). */
export function findBits(path: string, variables: (path: string) => Variable | undefined): Bits | undefined {
  const whole = variables(path);
  if (whole) return { variable: whole, low: 0, width: widthOf(whole.type) };
  for (let end = path.length - 1; end > 0; end--) {
    if (path[end] !== '.' && path[end] !== '[') continue;
    const variable = variables(path.slice(0, end));
    if (!variable) continue;
    const part = sliceOf(variable.type, path.slice(end));
    return part && { variable, ...part };
  }
  return undefined;
}

function sliceOf(type: Type, selectors: string): { low: number; width: number } | undefined {
  if (!/^(?:\.\w+|\[\d+\])+$/.test(selectors)) return undefined;
  let low = 0;
  let rest = type;
  for (const selector of selectors.match(/\.\w+|\[\d+/g) ?? []) {
    const token = selector.slice(1);
    const field = selector[0] === '.' ? findField(rest, token) : undefined;
    if (field) {
      low += field.lo;
      rest = field.type;
    } else if (rest.kind === 'vec' && selector[0] === '[') {
      const index = Number(token);
      if (!(index < rest.length)) return undefined;
      low += index * widthOf(rest.element);
      rest = rest.element;
    } else {
      return undefined;
    }
  }
  return { low, width: widthOf(rest) };
}
