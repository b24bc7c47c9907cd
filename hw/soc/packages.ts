/**
 * The packages that read configurations: TOML, and mathjs for formulas, which takes half a second to load. In Node they are loaded when
 * they are first needed; elsewhere whoever bundles this hands them in. Must not know what is done with them.
 */
import type * as MathJsModule from 'mathjs';
import { nodeModule } from '../../gen/node.ts';

export type MathJs = typeof MathJsModule;
export interface Toml {
  parse(text: string): Record<string, unknown>;
}

interface Packages {
  readonly '@iarna/toml': Toml;
  readonly mathjs: MathJs;
}

const given: Partial<Packages> = {};

/** To be called before the first configuration is read, where there is no Node. */
export function providePackages(packages: Partial<Packages>): void {
  Object.assign(given, packages);
}

export function packageOf<K extends keyof Packages>(name: K): Packages[K] {
  const known = given[name];
  if (known) return known;
  const loaded = nodeModule('node:module')?.createRequire(import.meta.url)(name) as Packages[K] | undefined;
  if (!loaded) throw new Error(`${name} is needed to read configurations: hand it in with providePackages()`);
  given[name] = loaded;
  return loaded;
}
