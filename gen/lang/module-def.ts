/** A module that can be built. Must not know how. */
import type { Module } from '../ir/module.ts';
import type { PortMap } from './ports.ts';

export interface ModuleDef<P extends PortMap> {
  readonly name: string;
  readonly ports: P;
  /** Builds the module, once. */
  elaborate(): Module;
}
