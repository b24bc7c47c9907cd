/**
 * Node where it is there, for what the rooms that also run in a browser do better with it. They import nothing of Node's: a bundler
 * would look for it. Must not know what it is used for.
 */
import type * as Fs from 'node:fs';
import type * as NodeModules from 'node:module';
import type * as WorkerThreads from 'node:worker_threads';

interface BuiltIn {
  readonly 'node:fs': typeof Fs;
  readonly 'node:module': typeof NodeModules;
  readonly 'node:worker_threads': typeof WorkerThreads;
}

/** The process, if this is Node. */
export function nodeProcess(): NodeJS.Process | undefined {
  const { process } = globalThis as { readonly process?: NodeJS.Process & { readonly versions?: Readonly<Record<string, string>> } };
  return process?.versions?.node === undefined ? undefined : process;
}

/** A module of Node's own, if this is Node. */
export function nodeModule<K extends keyof BuiltIn>(name: K): BuiltIn[K] | undefined {
  return nodeProcess()?.getBuiltinModule(name) as BuiltIn[K] | undefined;
}
