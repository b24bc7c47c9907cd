/** The built-in engine: a design compiled straight to WebAssembly. */
export { createWasmSimulator } from './simulator.ts';
export type { WasmOptions } from './simulator.ts';
