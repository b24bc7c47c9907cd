/**
 * Names for the wires that printing must introduce. A person would have named them as the TypeScript does: if the line that
 * made the expression reads `const sum = …`, the wire is called `sum`.
 */
import { readFileSync } from 'node:fs';
import type { Expr } from '../ir/expr.ts';
import { isReserved } from '../names/reserved.ts';

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

/** Name that the source gives to this expression, if its line declares one: not the name of a module that is defined in one line. */
export function nameFromSource(e: Expr): string | undefined {
  if (!e.site) return undefined;
  const { path, line } = e.site.position;
  const name = /^\s*(?:const|let)\s+([A-Za-z]\w*)\s*(?::[^=]+)?=(?!=)(?!\s*(?:hw|blackBox)\b)/.exec(sourceLine(path, line))?.[1];
  return name && !isReserved(name) ? name : undefined;
}
