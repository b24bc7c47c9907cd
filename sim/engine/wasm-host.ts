/** The part of the WebAssembly JavaScript API that the engine uses; the type libraries that the project loads do not declare it. */

export interface HostMemory {
  /** Another one after `grow`. */
  readonly buffer: ArrayBuffer;
  grow(pages: number): number;
}
export type HostExports = Readonly<Record<string, (...args: number[]) => number>>;
interface HostApi {
  readonly Memory: new (descriptor: { initial: number }) => HostMemory;
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object, imports: object) => { readonly exports: HostExports };
}

const api = (globalThis as unknown as { WebAssembly: HostApi }).WebAssembly;

export function createMemory(pages: number): HostMemory {
  return new api.Memory({ initial: pages });
}

/** Compiles and instantiates at once; `bytes` imports its memory as `env.memory`. */
export function instantiate(bytes: Uint8Array, memory: HostMemory): HostExports {
  return new api.Instance(new api.Module(bytes), { env: { memory } }).exports;
}
