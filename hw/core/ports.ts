/** The core's ports, by configuration. */
import { B, In, Out, U } from '../../gen/index.ts';
import { xifCore } from '../lib/cv-x-if.ts';
import { ObiData, ObiFetch } from '../lib/obi.ts';
import { xifOf } from './config.ts';
import type { CoreConfig } from './config.ts';
import { DEBUG } from './debug.ts';
import { withOnly } from '../lib/with-only.ts';

/**
 * One event a cycle in which `valid` is 1: an instruction that retired, or (`trap`) an exception or interrupt that was taken
 * instead. `instr` holds 16 bits of a compressed instruction, and nothing useful for an interrupt or a failed fetch.
 * `rdWrite` is 0 where rd is x0.
 */
export const TRACE = {
  valid: Out(B), pc: Out(U(32)), instr: Out(U(32)), rd: Out(U(5)), rdWrite: Out(B), rdValue: Out(U(32)),
  trap: Out(B), cause: Out(U(5)), tval: Out(U(32)), interrupt: Out(B),
};

const allPorts = (config: CoreConfig) => ({
  ibus: ObiFetch,
  dbus: ObiData,
  /** Present if config.xif. */
  xif: xifCore(xifOf(config)),
  /** Interrupt lines, level sensitive. */
  irqSoftware: In(B),
  irqTimer: In(B),
  irqExternal: In(B),
  /** For the time CSR. Present if config.isa.zicntr. */
  mtime: In(U(64)),
  /** One cycle for every fence.i: drop all cached instructions. */
  fenceI: Out(B),
  /** They are dropped. Looked at from the cycle after `fenceI` on; 1 for ever where there is no instruction cache. */
  fenceIDone: In(B),
  /** Present if config.trace. */
  trace: TRACE,
  /** Present if config.debug. */
  debug: DEBUG,
});

/** Ports as TypeScript sees them: those that the configuration leaves out are missing at run time and must not be touched. */
export type CorePorts = ReturnType<typeof allPorts>;

export function corePorts(config: CoreConfig): CorePorts {
  return withOnly(allPorts(config), { xif: config.xif, mtime: config.isa.zicntr, trace: config.trace, debug: config.debug });
}
