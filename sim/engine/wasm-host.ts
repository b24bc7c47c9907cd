/** The part of the WebAssembly JavaScript API that the engine uses; the type libraries that the project loads do not declare it. */

export interface HostMemory {
  /** Another one after `grow`. */
  readonly buffer: ArrayBuffer;
  grow(pages: number): number;
}
export type HostExports = Readonly<Record<string, (...args: number[]) => number>>;
interface HostApi {
  readonly Memory: new (descriptor: { initial: number }) => HostMemory;
  readonly Module: new (bytes: Uint8Array) => HostModule;
  readonly Instance: new (module: HostModule, imports: object) => { readonly exports: HostExports };
}

const api = (globalThis as unknown as { WebAssembly: HostApi }).WebAssembly;

export function createMemory(pages: number): HostMemory {
  return new api.Memory({ initial: pages });
}

/** Compiled code, to be instantiated with any number of memories. */
export type HostModule = object;

/** Compiles at once; `bytes` imports its memory as `env.memory`. */
export function compile(bytes: Uint8Array): HostModule {
  return new api.Module(bytes);
}

export function instantiate(module: HostModule, memory: HostMemory): HostExports {
  return new api.Instance(module, { env: { memory } }).exports;
}
