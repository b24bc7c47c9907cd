/** The hart of the golden model that is what a core's configuration is. Must not know how either works. */
import type { CoreConfig } from '../../hw/core/config.ts';
import type { PmpRegions } from '../../hw/isa/csr.ts';
import type { IsaOptions } from './csr-file.ts';

export interface HartOptions {
  readonly isa: IsaOptions;
  readonly pmpRegions: PmpRegions;
}

export const hartOptions = ({ isa, counters, pmpRegions }: CoreConfig): HartOptions => ({ isa: { ...isa, counters }, pmpRegions });
