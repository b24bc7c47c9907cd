/**
 * Names for the wires that printing must introduce. A person would have named them as the TypeScript does: if the line that
 * made the expression reads `const sum = …`, the wire is called `sum`.
 */
import { readFileSync } from 'node:fs';
import type { Expr } from '../ir/expr.ts';
import { isReserved } from '../lang/names.ts';

const sources = new Map<string, readonly string[]>();

function sourceLine(path: string, line: number): string {
  let lines = sources.get(path);
  if (!lines) {
    try {
      lines = readFileSync(path, 'utf8').split('\n');
    } catch {
      lines = [];
    }
    sources.set(path, lines);
  }
  return lines[line - 1] ?? '';
}

/** Name that the source gives to this expression, if its line declares one. */
export function nameFromSource(e: Expr): string | undefined {
  if (!e.site) return undefined;
  const { path, line } = e.site.position;
  const name = /^\s*(?:const|let)\s+([A-Za-z]\w*)\s*(?::[^=]+)?=(?!=)/.exec(sourceLine(path, line))?.[1];
  return name && !isReserved(name) ? name : undefined;
}

/** Hands out names that are unique within a module. */
export class NamePool {
  private readonly used: Set<string>;
  /** Per wish the number to try next. */
  private readonly next = new Map<string, number>();
  constructor(names: Iterable<string>) {
    this.used = new Set(names);
  }
  fresh(wish: string): string {
    let name = wish;
    let n = this.next.get(wish) ?? 1;
    for (; this.used.has(name); n++) name = `${wish}_${n}`;
    this.next.set(wish, n);
    this.used.add(name);
    return name;
  }
}
