// `design.json`: a design's modules, ports, instances and counts, for programs that read designs.
// Must not know: any design.
import type { Design, Module, Signal } from '../gen/ir/module.ts';
import { typeName, widthOf } from '../gen/ir/types.ts';

export interface ModuleSummary {
  readonly name: string;
  readonly doc: string;
  readonly ports: readonly { readonly name: string; readonly direction: string; readonly type: string; readonly bits: number }[];
  readonly instances: readonly { readonly name: string; readonly module: string; readonly count: number }[];
  readonly registerBits: number;
  readonly memoryBits: number;
  /** How often the module occurs in the whole design. */
  readonly count: number;
}

export interface DesignSummary {
  readonly top: string;
  readonly modules: readonly ModuleSummary[];
  readonly counts: { readonly modules: number; readonly instances: number; readonly registerBits: number; readonly memoryBits: number };
}

const bitsOf = (signals: readonly Signal[]): number => signals.reduce((sum, { type }) => sum + widthOf(type), 0);

function childrenOf(module: Module): ModuleSummary['instances'] {
  return [
    ...module.instances.map(({ name, module: child }) => ({ name, module: child.name, count: 1 })),
    ...module.grids.map(({ name, module: child, rows, columns }) => ({ name, module: child.name, count: rows * columns })),
  ];
}

export function summariseDesign({ top, modules }: Design): DesignSummary {
  const counts = new Map<string, number>([[top.name, 1]]);
  // Children stand before parents: from the top down every parent's count is known before its children's.
  for (const module of [...modules].reverse()) {
    for (const child of childrenOf(module)) {
      counts.set(child.module, (counts.get(child.module) ?? 0) + child.count * (counts.get(module.name) ?? 0));
    }
  }
  const summaries = modules.map((module): ModuleSummary => ({
    name: module.name, doc: module.doc,
    ports: module.ports.map(({ name, kind, type }) => ({ name, direction: kind, type: typeName(type), bits: widthOf(type) })),
    instances: childrenOf(module),
    registerBits: bitsOf(module.regs),
    memoryBits: module.memories.reduce((sum, { type, depth }) => sum + widthOf(type) * depth, 0),
    count: counts.get(module.name) ?? 0,
  }));
  const total = (of: (module: ModuleSummary) => number): number => summaries.reduce((sum, module) => sum + of(module) * module.count, 0);
  return {
    top: top.name, modules: summaries,
    counts: {
      modules: summaries.length, instances: total(() => 1),
      registerBits: total((module) => module.registerBits), memoryBits: total((module) => module.memoryBits),
    },
  };
}
