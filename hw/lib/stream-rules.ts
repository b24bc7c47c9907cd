/** The rules of ready-valid streams as assertions, for parts that depend on their neighbours keeping them. */
import { Flag } from '../../gen/index.ts';
import type { Bool, Builder } from '../../gen/index.ts';

/** Asserts that an offer (`valid` without `ready`) is not withdrawn. `name` must be free in the module. */
export function assertStays(m: Builder, name: string, valid: Bool, ready: Bool): void {
  const r = m.regs({ [`${name}Waits`]: Flag(false) });
  const waits = r[`${name}Waits`];
  r[`${name}Waits`] = valid.and(ready.not());
  m.assert(`${name}Stays`, waits.not().or(valid), `${name}: valid fell before the transfer`);
}
