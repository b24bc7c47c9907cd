/** No file of the language's room imports one that imports it, by however many steps: not for its values, nor for its types. */
import { readFileSync, readdirSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const ROOM = fileURLToPath(new URL('../../gen', import.meta.url));

/** Circles of types that stay, and why. */
const KEPT: Readonly<Record<string, string>> = {
  'lang/arguments.ts lang/scalars.ts lang/value.ts': 'a value of whichever kind can be seen as UInt: the type of that method stands with what all values share',
};

/** What each file imports. */
function importsOf(withTypes: boolean): Map<string, string[]> {
  const files = readdirSync(ROOM, { recursive: true, encoding: 'utf8' }).filter((f) => f.endsWith('.ts'));
  return new Map(files.map((file) => {
    const text = readFileSync(join(ROOM, file), 'utf8');
    const imports = [...text.matchAll(/^(?:import|export) (type )?(?:[^;']*? from )?'(\.[^']+)';/gm), ...text.matchAll(/(\s)import\('(\.[^']+)'\)/g)];
    return [file, imports.filter(([, type]) => withTypes || type !== 'type ').map(([, , path]) => relative(ROOM, join(ROOM, dirname(file), path)))];
  }));
}

/** Sets of files that reach each other, each in order. */
function circles(graph: ReadonlyMap<string, readonly string[]>): string[][] {
  const reach = new Map([...graph.keys()].map((from) => {
    const seen = new Set<string>();
    const stack = [...(graph.get(from) ?? [])];
    for (let f = stack.pop(); f !== undefined; f = stack.pop()) {
      if (seen.has(f)) continue;
      seen.add(f);
      stack.push(...(graph.get(f) ?? []));
    }
    return [from, seen] as const;
  }));
  const leads = (from: string, to: string): boolean => reach.get(from)?.has(to) === true;
  const all = [...graph.keys()];
  const groups = all.filter((f) => leads(f, f)).map((f) => all.filter((g) => leads(f, g) && leads(g, f)).sort());
  return [...new Set(groups.map((g) => g.join(' ')))].sort().map((g) => g.split(' '));
}

it('imports in gen/ run one way, those of types too but for what is kept', () => {
  const graph = importsOf(true);
  expect(graph.size).toBeGreaterThan(50);
  for (const path of ['ir/types.ts', 'ir/literal.ts', 'ir/lanes.ts']) expect(graph.get('ir/expr.ts')).toContain(path);
  expect(importsOf(false).get('index.ts')).toContain('lang/functions.ts');
  expect(circles(new Map([['a', ['b']], ['b', ['c']], ['c', ['a', 'd']], ['d', []]]))).toEqual([['a', 'b', 'c']]);

  expect(circles(importsOf(false))).toEqual([]);
  expect(circles(graph).map((c) => c.join(' '))).toEqual(Object.keys(KEPT));
});
