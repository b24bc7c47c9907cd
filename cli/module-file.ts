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

/** Runs the file and returns the module that it exports under `name`, or its only one. @throws UserError */
export async function loadModule(file: string, name?: string): Promise<ModuleDef<PortMap>> {
  if (!ENDINGS.includes(extname(file))) throw new UserError(`${short(file)}: is no TypeScript file; ${WANTED.wanted}`);
  openInput(file, WANTED);
  const exported = await run(file);
  const modules = new Map(Object.entries(exported).filter((entry): entry is [string, ModuleDef<PortMap>] => nounOf(entry[1]) === 'definition'));
  const names = [...modules.keys()].join(', ');
  if (modules.size === 0) throw new UserError(`${file}: exports no module; export one: export const Top = hw(…)`);
  if (name === undefined && modules.size > 1) throw new UserError(`${file}: exports ${modules.size} modules; give one of them: --export ${names}`);
  const found = name === undefined ? [...modules.values()][0] : modules.get(name);
  if (!found) throw new UserError(`--export ${short(name ?? '')}: ${file} exports no such module; it exports ${names}`);
  return found;
}

async function run(file: string): Promise<object> {
  readAsModules();
  try {
    return (await import(pathToFileURL(resolve(file)).href)) as object;
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError(`${file}: ${reasonOf(error)}; mend the program`);
  }
}

/**
 * In a folder without a package.json that says `"type": "module"`, Node takes TypeScript for CommonJS, which would get a hardware language
 * of its own beside ours: two languages that do not know each other's modules.
 */
const HOOK = `export const load = (url, context, next) =>
  next(url, /^file:.*\\.ts($|\\?)/.test(url) && !url.includes('/node_modules/') ? { ...context, format: 'module' } : context);`;

let isRead = false;

function readAsModules(): void {
  if (!isRead) register(`data:text/javascript,${encodeURIComponent(HOOK)}`);
  isRead = true;
}

/** What is wrong with a program, in one line: the translator's first message, or what the program has thrown. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return `throws ${String(error)}`;
  const translated = /:(\d+):\d+: (?:ERROR|error): (.+)/.exec(error.message);
  if (translated) return `line ${translated[1]}: ${translated[2]}`;
  const [said] = error.message.split('\n');
  const isMissing = (error as NodeJS.ErrnoException).code === 'ERR_MODULE_NOT_FOUND';
  return isMissing ? said : `throws ${error.name}: ${said}`;
}
