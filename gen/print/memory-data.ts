/**
 * Initial contents of memories: a few words stand in the module, more in a file that `$readmemh` reads, because synthesis takes minutes
 * over thousands of assignments. The file lies beside the module's; tools that run elsewhere are told where with the macro
 * SYSTOLE_DATA, a string that ends in `/`. Must not know the rest of a module.
 */
import type { Memory, Module } from '../ir/module.ts';
import { widthOf } from '../ir/types.ts';
import type { Item, Stmt, SvModule } from '../verilog/form.ts';

/** Words of a memory whose contents stand in the module. */
const MOST_INLINE = 64;

export interface DataFile {
  /** `Module.memory.hex`. */
  readonly name: string;
  readonly text: string;
}

/** Memories whose contents are files, with the names of these. */
function filesOfMemories(m: Module): Map<Memory, string> {
  const names = new Map<Memory, string>();
  const used = new Set<string>();
  for (const x of m.memories) {
    if (!x.init || x.depth <= MOST_INLINE) continue;
    let name = `${m.name}.${x.name}.hex`;
    // Some file systems take names for one that differ in case only.
    for (let n = 2; used.has(name.toLowerCase()); n++) name = `${m.name}.${x.name}_${n}.hex`;
    used.add(name.toLowerCase());
    names.set(x, name);
  }
  return names;
}

/** Files that the printed module reads: one word a line, all words of the memory. */
export function dataFiles(m: Module): DataFile[] {
  return [...filesOfMemories(m)].map(([x, name]) => {
    const digits = Math.ceil(widthOf(x.type) / 4);
    const words = Array.from({ length: x.depth }, (_, i) => (x.init?.[i] ?? 0n).toString(16).padStart(digits, '0'));
    return { name, text: `${words.join('\n')}\n` };
  });
}

/** What stands before a module that reads files: where they are, if nobody says otherwise. */
export function dataFolder(m: Module): SvModule['macros'] {
  return filesOfMemories(m).size === 0 ? [] : [{ name: 'SYSTOLE_DATA', value: '"./"' }];
}

/** Gives the module's memories their contents. */
export function memoryInits(m: Module, loopVariable: () => string): Item[] {
  const files = filesOfMemories(m);
  return m.memories.flatMap((x): Item[] => {
    const file = files.get(x);
    if (file !== undefined) return [{ kind: 'readMemory', file: `{\`SYSTOLE_DATA, "${file}"}`, memory: x.name }];
    return x.init ? [{ kind: 'initial', body: inline(x, x.init, loopVariable) }] : [];
  });
}

function inline(x: Memory, init: readonly bigint[], loopVariable: () => string): Stmt[] {
  const w = widthOf(x.type);
  const word = (at: string, value: bigint): Stmt => ({ kind: 'set', target: `${x.name}[${at}]`, op: '=', value: `${w}'h${value.toString(16)}` });
  const words = init.map((v, n) => word(String(n), v));
  if (init.length === x.depth) return words;
  const variable = loopVariable();
  return [...words, { kind: 'for', variable, from: init.length, to: x.depth, body: [word(variable, 0n)] }];
}
