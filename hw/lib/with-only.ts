/** Ports and fields that exist or not, as a configuration says. Must not know any. */

/**
 * A map of ports, or of a bundle's fields, without those that a configuration lacks (`present[name]` is false). TypeScript still sees
 * all of them: what is not there must not be touched.
 */
export function withOnly<P extends Readonly<Record<string, unknown>>>(ports: P, present: { readonly [K in keyof P]?: boolean }): P {
  return Object.fromEntries(Object.entries(ports).filter(([name]) => present[name] ?? true)) as P;
}
