/** Help for tests of error texts: the error a body throws, and the places that its message must name. */
import { readFileSync } from 'node:fs';
import { relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DesignError, elaborate } from '../../gen/index.ts';
import type { ModuleDef, PortMap } from '../../gen/index.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** The design error that `body` throws. */
export function errorOf(body: () => unknown): DesignError {
  try {
    body();
  } catch (e) {
    if (e instanceof DesignError) return e;
    throw e;
  }
  throw new Error('no error was thrown');
}

/** Message of the error that elaboration of a definition throws. */
export function elaborationError<P extends PortMap>(def: ModuleDef<P>): string {
  return errorOf(() => elaborate(def)).message;
}

/** For a test file: `at('name')` is `file:line` of the line that ends in the comment `// @name`. */
export function placesIn(url: string): (marker: string) => string {
  const path = fileURLToPath(url);
  const file = relative(ROOT, path).split(sep).join('/');
  const lines = readFileSync(path, 'utf8').split('\n');
  return (marker) => {
    const found = lines.flatMap((l, i) => (l.trimEnd().endsWith(`// @${marker}`) ? [i + 1] : []));
    if (found.length !== 1) throw new Error(`marker ${marker} stands ${found.length} times in ${file}`);
    return `${file}:${found[0]}`;
  };
}
