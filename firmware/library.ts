/**
 * Start-up code and library, as a program links them. Whoever builds several programs in one process compiles them once for all that are
 * made alike: their objects are kept under all that decides what they are, to the last byte. Must not know what programs are made of
 * beside them, nor how the compiler is started.
 */
import { readdirSync } from 'node:fs';
import { basename, isAbsolute, join } from 'node:path';
import { readInput } from '../gen/files/input.ts';

const WANTED = { wanted: 'install Systole again', mostBytes: 2 ** 20 };
const OBJECT = { wanted: 'build again', mostBytes: 2 ** 26 };

/** What stands before and after the user's sources. */
export interface Library {
  readonly start: string;
  readonly sources: readonly string[];
  /** Of headers. */
  readonly folder: string;
}

/** @param home the folder that holds them */
export function libraryIn(home: string): Library {
  const folder = join(home, 'lib');
  const sources = readdirSync(folder).filter((file) => file.endsWith('.c')).sort().map((file) => join(folder, file));
  return { start: join(home, 'crt0.S'), sources, folder };
}

/** How they are compiled. */
export interface Compilation {
  readonly library: Library;
  readonly compiler: string;
  /** All that stand before the sources. */
  readonly flags: readonly string[];
  /** Folder of the header that is made, whose name the debug information holds. */
  readonly include: string;
  /** Text of that header. */
  readonly header: string;
}

/** Flags that read no file and make no other than the object, and with which the compiler has nothing to say of our sources. */
const PLAIN = /^-(std=\w+|O[0-3sgz]?|Ofast|g[0-3]?|D\w+(=\w*)?|falign-(functions|loops)=\d+|Wall|Wextra|Werror|w)$/;
/** With these the compiler looks for headers and for its own parts where we do not. */
const ELSEWHERE = ['CPATH', 'C_INCLUDE_PATH', 'COMPILER_PATH', 'GCC_EXEC_PREFIX'] as const;

export const isPlain = (flags: readonly string[]): boolean =>
  flags.every((flag) => PLAIN.test(flag)) && ELSEWHERE.every((name) => process.env[name] === undefined);

/** All that the objects depend on: what is compiled, how, and where, which the debug information tells. */
export function keyOf({ library, compiler, flags, include, header }: Compilation): string {
  const files = [library.start, ...library.sources, ...readdirSync(library.folder).filter((file) => file.endsWith('.h')).sort().map((file) => join(library.folder, file))];
  const contents = files.map((file) => [file, new TextDecoder().decode(readInput(file, WANTED))]);
  return JSON.stringify([compiler, isAbsolute(compiler) ? '' : process.env.PATH, process.cwd(), flags, include, header, contents]);
}

/** Objects by the names of their files. */
export type Objects = ReadonlyMap<string, Uint8Array>;

/** Each is some ten kilobytes; nobody builds in more ways at a time. */
const MOST_KEPT = 16;
const KEPT = new Map<string, Objects>();

export const keptObjects = (key: string): Objects | undefined => KEPT.get(key);

export function keepObjects(key: string, files: readonly string[]): void {
  for (const oldest of KEPT.keys()) {
    if (KEPT.size < MOST_KEPT) break;
    KEPT.delete(oldest);
  }
  KEPT.set(key, new Map(files.map((file) => [basename(file), readInput(file, OBJECT)])));
}
