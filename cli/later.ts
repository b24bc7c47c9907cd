// Rooms that a verb enters only when it runs, so that the others start fast; and rooms that are not there yet.
// Must not know: what a room does.
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { UserError } from '../gen/user-error.ts';

const pathOf = (module: string): string => fileURLToPath(new URL(`../${module}`, import.meta.url));

/** True if the room has been built. */
export const isThere = (module: string): boolean => existsSync(pathOf(module));

/**
 * A function that a module exports, by their names: for rooms that grow beside this one, which the type checker may not see yet.
 * The caller names the type it relies on.
 * @throws UserError where the module is not there
 */
export async function enter<T>(module: string, name: string, what: string): Promise<T> {
  if (!isThere(module)) throw new UserError(`${what}: is not part of this version of Systole (${module} is missing); update Systole`);
  const exported = await import(new URL(`../${module}`, import.meta.url).href) as Readonly<Record<string, unknown>>;
  const found = exported[name];
  if (typeof found !== 'function') throw new UserError(`${what}: ${module} has no function ${name}; update Systole`);
  return found as T;
}
