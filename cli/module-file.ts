// A user's TypeScript file that exports modules of the hardware language.
// Must not know: verbs, what is done with the modules.
import { register } from 'node:module';
import { extname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { openInput } from '../gen/files/input.ts';
import type { ModuleDef } from '../gen/lang/definition.ts';
import type { PortMap } from '../gen/lang/ports.ts';
import { nounOf } from '../gen/lang/strict.ts';
import { UserError } from '../gen/user-error.ts';
import { short } from './options.ts';

const WANTED = { wanted: 'give a TypeScript file that exports a module', mostBytes: 2 ** 26 };
const ENDINGS: readonly string[] = ['.ts', '.mts', '.js', '.mjs'];

/** Runs the file and returns the module that it exports under `name`, or its only one. @throws UserError, and what the file throws */
export async function loadModule(file: string, name?: string): Promise<ModuleDef<PortMap>> {
  if (!ENDINGS.includes(extname(file))) throw new UserError(`${short(file)}: is no TypeScript file; ${WANTED.wanted}`);
  openInput(file, WANTED);
  const exported = await run(file);
  const modules = new Map(Object.entries(exported).filter((entry): entry is [string, ModuleDef<PortMap>] => nounOf(entry[1]) === 'definition'));
  const names = [...modules.keys()].join(', ');
  if (modules.size === 0) {
    const [maker] = Object.entries(exported).flatMap(([key, value]) => (typeof value === 'function' ? [key] : []));
    const made = maker === undefined ? '' : `, and ${maker} is a function: a module that it makes has to be exported, too`;
    throw new UserError(`${file}: exports no module${made}; export one: export const Top = ${maker === undefined || maker === 'default' ? 'hw' : maker}(…)`);
  }
  // One module may be exported under several names.
  const { size } = new Set(modules.values());
  if (name === undefined && size > 1) throw new UserError(`${file}: exports ${size} modules; give one of them: --export ${names}`);
  const found = name === undefined ? [...modules.values()][0] : modules.get(name);
  if (!found) throw new UserError(`--export ${short(name ?? '')}: ${file} exports no such module; it exports ${names}`);
  return found;
}

async function run(file: string): Promise<object> {
  readAsModules();
  return (await import(pathToFileURL(resolve(file)).href)) as object;
}

/**
 * In a folder without a package.json that says `"type": "module"`, TypeScript is taken for CommonJS (tsx marks the addresses of such
 * files), in which a circle of imports ends in Node itself and `systole` is not known: so all of it is modules here. And `systole` is this
 * Systole, wherever the file lies and whatever is installed there: two would not know each other's modules.
 */
const HOOK = `
const root = ${JSON.stringify(new URL('..', import.meta.url).href)};
const isOwn = (url) => /^file:.*\\.ts($|\\?)/.test(url) && !url.includes('/node_modules/');
export const resolve = async (name, context, next) => {
  const [, path] = /^systole(?:\\/(.+))?$/.exec(name) ?? [];
  const found = await next(name === 'systole' ? root + 'gen/index.ts' : path ? root + path : name, context);
  const url = found.url.replace(/(%3F|\\?)tsx-commonjs.*$/, '');
  return isOwn(url) ? { ...found, url, format: 'module' } : found;
};
export const load = (url, context, next) => next(url, isOwn(url) ? { ...context, format: 'module' } : context);`;

let isRead = false;

function readAsModules(): void {
  if (!isRead) register(`data:text/javascript,${encodeURIComponent(HOOK)}`);
  isRead = true;
}
