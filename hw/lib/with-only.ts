/** Ports that exist or not, as a configuration says. Must not know any. */
import type { PortMap } from '../../gen/index.ts';

/**
 * A map of ports without those that a configuration lacks (`present[name]` is false). TypeScript still sees all of them: what is
 * not there must not be touched.
 */
export function withOnly<P extends PortMap>(ports: P, present: { readonly [K in keyof P]?: boolean }): P {
  return Object.fromEntries(Object.entries(ports).filter(([name]) => present[name] ?? true)) as P;
}
